"""The ten free person-days: what was estimated, agreed to, worked, and how much of them is used.

Each piece of work is a ticket.  The project manager estimates it (2.3-4), Party A agrees, and what
was worked is booked on it; what counts against the contract is each ticket's sum, rounded up to
the contract's step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Final, Literal

from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.terms import day_of
from gmops_desktop.contract.tickets import ENDED
from gmops_desktop.language import mark, tr

Level = Literal[0, 50, 80, 100]
Flaw = Literal["no_estimate", "no_consent", "over_estimate"]

_LEVELS: Final[tuple[Level, ...]] = (100, 80, 50)
_FLAWS: Final[dict[Flaw, str]] = {
    "no_estimate": mark("without the project manager's estimate"),
    "no_consent": mark("without Party A's consent"),
    "over_estimate": mark("more than Party A agreed to"),
}


@dataclass(frozen=True, slots=True)
class Booking:
    """Days worked on one day, as somebody wrote them down."""

    on: date
    days: Decimal
    actor: str
    text: str


@dataclass(frozen=True, slots=True)
class Consent:
    """Party A's agreement to an estimate: who, when, how."""

    by: str
    on: date
    channel: str
    days: Decimal


@dataclass(frozen=True, slots=True)
class WorkLine:
    """One ticket in the ledger: `worked` is what was booked, `counted` what the contract pays."""

    ticket_id: str
    number: str
    title: str
    estimate: Decimal | None
    estimated_by: str
    consent: Consent | None
    worked: Decimal
    counted: Decimal
    bookings: tuple[Booking, ...]
    over: bool = False  # whether the ticket has ended, and nothing of it is planned any more

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        """What the contract's way of doing it lacks; nothing while no day was worked."""
        if not self.worked:
            return ()
        found: list[Flaw] = []
        if self.estimate is None:
            found.append("no_estimate")
        if self.consent is None:
            found.append("no_consent")
        elif self.worked > self.consent.days:
            found.append("over_estimate")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All lines, and what they come to.  `planned` is agreed or estimated and not yet worked.

    `reached` says on which day each level of use (50, 80, 100 per cent) was first reached.
    """

    total: Decimal
    used: Decimal
    planned: Decimal
    lines: tuple[WorkLine, ...]
    reached: tuple[tuple[Level, date], ...] = ()

    @property
    def left(self) -> Decimal:
        """What is still free; below zero where more was worked than agreed."""
        return self.total - self.used

    @property
    def level(self) -> Level:
        """The highest level of use reached."""
        return level_of(self.used, self.total)


def word_of_flaw(flaw: Flaw) -> str:
    """Return what a line lacks."""
    return tr(_FLAWS[flaw])


def rounded(days: Decimal, step: Decimal) -> Decimal:
    """Return what counts of the days worked: rounded up to whole steps; a step of 0 is exactly."""
    if step <= 0:
        return days
    return (days / step).to_integral_value(ROUND_CEILING) * step


def level_of(used: Decimal, total: Decimal) -> Level:
    """Return which of 50, 80 and 100 per cent is reached, or 0."""
    if total <= 0:
        return 100 if used > 0 else 0
    return next((level for level in _LEVELS if used * 100 >= total * level), 0)


def line_of(
    ticket_id: str,
    number: str,
    title: str,
    entries: Iterable[EntryView],
    agreed: Iterable[EntryView],
    step: Decimal,
) -> WorkLine:
    """Return a ticket's line from its own entries and those of its consent (kind "days")."""
    estimate: Decimal | None = None
    by = ""
    state = ""
    bookings: list[Booking] = []
    for entry in sorted(entries, key=lambda one: one.order):
        state = entry.fields.get("state", state)
        if entry.fields.get("assessed_days") is not None:
            estimate = Decimal(entry.fields["assessed_days"])
            by = str(entry.fields.get("assessed_by", ""))
        if entry.action == "ticket.spent" and "person_days" in entry.note:
            days, text = Decimal(entry.note["person_days"]), str(entry.note.get("text", ""))
            bookings.append(Booking(day_of(entry.at), days, entry.actor, text))
    consent: Consent | None = None
    for entry in sorted(agreed, key=lambda one: one.order):
        if entry.action == "days.agreed":
            said = entry.fields
            on = date.fromisoformat(said["agreed_on"])
            consent = Consent(said["agreed_by"], on, said["channel"], Decimal(said["agreed_days"]))
        elif entry.action == "days.withdrawn":
            consent = None
    worked = sum((one.days for one in bookings), Decimal(0))
    return WorkLine(
        ticket_id,
        number,
        title,
        estimate,
        by,
        consent,
        worked,
        rounded(worked, step),
        tuple(bookings),
        state in ENDED,
    )


def ledger_of(total: Decimal, lines: Sequence[WorkLine], step: Decimal) -> Ledger:
    """Return the ledger that the lines make."""
    used = sum((line.counted for line in lines), Decimal(0))
    planned = sum((max(Decimal(0), _planned(line) - line.counted) for line in lines), Decimal(0))
    return Ledger(total, used, planned, tuple(lines), tuple(_reached(total, lines, step)))


def _planned(line: WorkLine) -> Decimal:
    if line.over:
        return Decimal(0)
    if line.consent is not None:
        return line.consent.days
    return line.estimate or Decimal(0)


def _reached(
    total: Decimal, lines: Sequence[WorkLine], step: Decimal
) -> Iterable[tuple[Level, date]]:
    """Yield each level with the day of the booking that reached it."""
    booked = sorted(
        ((one.on, line.ticket_id, one.days) for line in lines for one in line.bookings),
        key=lambda one: one[0],
    )
    worked: dict[str, Decimal] = {}
    before: Level = 0
    for on, ticket, days in booked:
        worked[ticket] = worked.get(ticket, Decimal(0)) + days
        level = level_of(sum((rounded(d, step) for d in worked.values()), Decimal(0)), total)
        for passed in (50, 80, 100):
            if before < passed <= level:
                yield next(one for one in _LEVELS if one == passed), on
        before = max(before, level)
