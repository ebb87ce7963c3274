"""What today asks for: answers and promises, notices and payment, days running out, a roster."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from gmops_desktop.contract.notices import Notice
from gmops_desktop.contract.person_days import Ledger, word_of_flaw
from gmops_desktop.contract.registers import Record, word_of_lack, word_of_register
from gmops_desktop.contract.terms import Contract, Vacancy, day_of, word_of_post
from gmops_desktop.contract.workdays import Calendar
from gmops_desktop.language import tr
from gmops_desktop.services.obligations.opened import Open
from gmops_desktop.states import State

_TOLD: Final = timedelta(days=7)  # how long it is told that half of the days are used
_ANNOUNCED: Final = 11  # the month in which the State Council announces the next year


@dataclass(frozen=True, slots=True)
class Due:
    """Something to be done: a word for its badge, a text, and where it leads.

    `number` is that of a ticket or change; otherwise `page` names the page, and `identity` what to
    show there.
    """

    state: State
    word: str
    text: str
    number: str = ""
    page: str = ""
    identity: str = ""


def of_tickets(found: Iterable[Open], now: datetime) -> Iterable[Due]:
    """Yield promises that end today or are late, answers still owed, and conflicts."""
    today = day_of(now)
    for one in found:
        said = one.row.more.get("promised_for")
        until = datetime.fromisoformat(said) if said else None
        if one.row.conflicts:
            crossed = "merged_into" in one.row.conflicts
            text = (
                tr("Merged into each other on two devices: {title}", title=one.row.title)
                if crossed
                else tr("Two devices disagree: {title}", title=one.row.title)
            )
            yield Due("warning", tr("Conflict"), text, one.row.number)
        if until is not None and day_of(until) <= today:
            promise = one.clocks.get("promise")
            late = promise.state == "critical" if promise else not one.clocks and until < now
            word = f"{until.astimezone():%H:%M}" if day_of(until) == today else str(day_of(until))
            text = tr("Promise: {title}", title=one.row.title)
            yield Due("critical" if late else "warning", word, text, one.row.number)
            continue
        response = one.clocks.get("response")
        if response is not None and response.running and response.state != "ok":
            word = tr("Answer") if response.state == "warning" else tr("Too late")
            yield Due(response.state, word, one.row.title, one.row.number)


def of_notices(notices: Iterable[Notice], today: date) -> Iterable[Due]:
    """Yield what is owed within working days and not done yet."""
    for one in notices:
        if one.done_on is None and one.since <= today:
            word = str(one.due) if one.certain else tr("about {day}", day=one.due)
            yield Due(one.state(today), word, one.text(), "", "notice", one.key)


def of_days(ledger: Ledger, today: date) -> Iterable[Due]:
    """Yield the levels of person-days used, and bookings that lack estimate or consent."""
    level = ledger.level
    reached = dict(ledger.reached)
    if level == 100 or level == 80 or (level == 50 and today <= reached[50] + _TOLD):
        state: State = "critical" if level == 100 else "warning"
        text = tr(
            "{used} of {total} free person-days are used",
            used=f"{ledger.used.normalize():f}",
            total=f"{ledger.total.normalize():f}",
        )
        yield Due(state, tr("{share} % used", share=level), text, "", "ledger", "days")
    for line in ledger.lines:
        for flaw in line.flaws:
            text = tr(
                "{days} person-days {flaw}: {title}",
                days=f"{line.worked.normalize():f}",
                flaw=word_of_flaw(flaw),
                title=line.title,
            )
            yield Due("warning", tr("Person-days"), text, line.number)


def of_records(records: Iterable[Record], today: date) -> Iterable[Due]:
    """Yield the lines of registers of this month and the last whose paper is not named."""
    since = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    for one in records:
        if not one.complete and one.on >= since:
            word = word_of_lack(one.register)
            text = tr(
                "{what} {day}: {title}",
                what=word_of_register(one.register),
                day=f"{one.on:%m-%d}",
                title=one.title,
            )
            yield Due("warning", word, text, "", "ledger", one.id)


def of_people(
    vacant: Sequence[Vacancy], gaps: Sequence[tuple[date, date]], today: date
) -> Iterable[Due]:
    """Yield posts that too few people fill, and days on which nobody is on duty."""
    for one in vacant:
        text = tr(
            "{post}: {there} of {wanted} (2.3-1)",
            post=word_of_post(one.post),
            there=one.there,
            wanted=one.wanted,
        )
        yield Due("warning", tr("Post vacant"), text, "", "settings", "contract")
    if gaps:
        first, last = gaps[0]
        state: State = "critical" if first <= today else "warning"
        when = str(first) if first == last else tr("{first} to {last}", first=first, last=last)
        text = tr("Nobody is on duty: {when}", when=when)
        yield Due(state, tr("Duty"), text, "", "settings", "duty")


def of_calendar(calendar: Calendar, contract: Contract, today: date) -> Iterable[Due]:
    """Yield the years of the contract whose holidays are announced by now and not known here."""
    latest = date(today.year + (today.month >= _ANNOUNCED), 12, 31)
    for year in calendar.unknown_years(contract.start, min(contract.end, latest)):
        text = tr(
            "The public holidays of {year} are not known: only weekends count until they are "
            "entered.",
            year=year,
        )
        yield Due("warning", tr("Calendar"), text, "", "settings", "calendar")
