"""`gmops contract`: people of both parties, what is owed to them, who is on duty, holidays."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

import typer

from gmops_desktop.cli.contract import Day, Evidence, From, To
from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json, argument, day_in, option
from gmops_desktop.cli.session import opened
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_verbs: Final = typer.Typer()

Name = Annotated[
    str,
    argument("PERSON", tr("A contact, by name or id.")),
]


def add_to(commands: typer.Typer) -> None:
    """Add the commands to `gmops contract`."""
    commands.registered_commands += _verbs.registered_commands


# ---------------------------------------------------------------- people and notices


@_verbs.command("people", cls=Command, help=tr("List the people of both parties."))
def people(on: Day = "", as_json: Json = False) -> None:
    from gmops_desktop.contract.terms import word_of_post

    with opened(as_json) as session:
        found = session.services.contracts.contacts(day_in(on, "--on") if on else None)
        session.terminal.table(
            {"people": found, "vacancies": session.services.contracts.vacancies()},
            (tr("Name"), tr("Party"), tr("Post"), tr("Phone"), tr("From"), tr("Until")),
            [
                (
                    one.name,
                    tr("Party A") if one.party == "A" else tr("Party B"),
                    word_of_post(one.post),
                    one.phone,
                    str(one.valid_from),
                    str(one.valid_to or ""),
                )
                for one in found
            ],
        )


@_verbs.command(
    "notices", cls=Command, help=tr("List what is owed within working days: notices, payment.")
)
def notices(
    letters: Annotated[
        bool,
        typer.Option("--letters", help=tr("Also print the letters that are still to be sent.")),
    ] = False,
    as_json: Json = False,
) -> None:
    from gmops_desktop.states import word_of

    with opened(as_json) as session:
        found = session.services.contracts.notices()
        today = date.today()
        session.terminal.table(
            {"notices": found},
            (tr("What"), tr("Since"), tr("Due"), tr("Done"), tr("State")),
            [
                (
                    one.text(),
                    str(one.since),
                    str(one.due) if one.certain else tr("about {day}", day=one.due),
                    str(one.done_on or ""),
                    word_of(one.state(today)),
                )
                for one in found
            ],
        )
        for one in found if letters else ():
            if one.done_on is None:
                session.terminal.tell(f"\n{session.services.contracts.letter(one)}")


@_verbs.command(
    "letter", cls=Command, help=tr("Make a notice as PDF: a change of contact, or the payment.")
)
def letter(
    name: Annotated[
        str,
        argument("PERSON|payment", tr("A contact, by name or id, or the word payment.")),
    ],
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        contracts, reports = session.services.contracts, session.services.reports
        subject = "" if name == "payment" else contracts.contact(name).id
        found = [
            one
            for one in contracts.notices()
            if (one.subject == subject if subject else one.what == "payment")
        ]
        if not found:
            raise OpsError(
                tr("No notice is owed for {name}.", name=name),
                hint=tr("`gmops contract notices` lists those that are."),
            )
        facts = contracts.letter_facts(found[-1])
        report = session.run(
            lambda context: reports.write_letter(facts, context),
            tr("Make the letter: {what}", what=found[-1].text()),
        )
        session.terminal.answer(report, report.number, str(report.path))


@_verbs.command(
    "notified", cls=Command, help=tr("Record that a change of contact was told in writing (1.15).")
)
def notified(name: Name, evidence: Evidence, on: Day = "", as_json: Json = False) -> None:
    with opened(as_json) as session:
        contracts = session.services.contracts
        contact = contracts.contact(name)
        contracts.contact_notified(contact.id, evidence, day_in(on, "--on") if on else None)
        found = [one for one in contracts.notices() if one.subject == contact.id]
        session.terminal.answer(
            found, *(f"{one.text()} · {one.due} · {one.done_on}" for one in found)
        )


# ---------------------------------------------------------------- duty and calendar


@_verbs.command("duty", cls=Command, help=tr("Say who is on duty, day by day."))
def duty(start: From = "", end: To = "", as_json: Json = False) -> None:
    with opened(as_json) as session:
        first = day_in(start, "--from") if start else date.today()
        last = day_in(end, "--to") if end else date.fromordinal(first.toordinal() + 6)
        found = session.services.roster.days(first, last)
        session.terminal.table(
            {"days": [{"day": day, "on_duty": one} for day, one in found]},
            (tr("Day"), tr("On duty"), tr("Phone"), tr("Remark")),
            [
                (
                    str(day),
                    one.person.name if one else tr("nobody"),
                    one.phone if one else "",
                    tr("instead of {name}", name=one.instead_of) if one and one.instead_of else "",
                )
                for day, one in found
            ],
        )


@_verbs.command("assign", cls=Command, help=tr("Put people on duty; several take turns."))
def assign(
    names: Annotated[
        list[str],
        argument("PERSON...", tr("By name or id.")),
    ],
    start: From,
    end: To,
    days: Annotated[
        int, typer.Option("--days", min=1, help=tr("How many days each turn lasts."))
    ] = 7,
    reason: Annotated[
        str,
        option("--reason", tr("Why somebody else takes over.")),
    ] = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        roster, contracts = session.services.roster, session.services.contracts
        first, last = day_in(start, "--from"), day_in(end, "--to")
        ids = [contracts.contact(name).id for name in names]
        if len(ids) > 1:
            shifts = roster.rotate(ids, first, last, days)
        else:
            shifts = (roster.assign(ids[0], first, last, reason=reason),)
        session.terminal.answer(
            {"shifts": shifts},
            *(tr("{start} to {end}", start=one.first, end=one.last) for one in shifts),
        )


@_verbs.command("calendar", cls=Command, help=tr("Show or enter a year of public holidays."))
def calendar(
    year: Annotated[int, argument("YEAR", tr("Such as 2027."))],
    off: Annotated[
        str,
        option(
            "--off", tr("Weekdays that are off, such as 2027-10-01 to 2027-10-07."), metavar="DAYS"
        ),
    ] = "",
    worked: Annotated[
        str,
        option("--worked", tr("Weekends that are worked."), metavar="DAYS"),
    ] = "",
    source: Annotated[
        str,
        option("--source", tr("Which notice says so."), metavar="TEXT"),
    ] = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.workdays import Holidays
    from gmops_desktop.services.calendars import described, parse_days

    with opened(as_json) as session:
        calendars = session.services.calendars
        if off or worked or source:
            days = frozenset(one for one in parse_days(off, year) if one.weekday() < 5)
            calendars.save(Holidays(year, days, parse_days(worked, year), source))
        known = calendars.calendar().holidays(year)
        if known is None:
            raise OpsError(
                tr("The public holidays of {year} are not known yet.", year=year),
                hint=tr("Enter them with --off, --worked and --source."),
            )
        session.terminal.answer(
            known,
            tr("Off: {days}", days=", ".join(described(known.off).splitlines())),
            tr("Worked: {days}", days=", ".join(described(known.worked).splitlines())),
            tr("Source: {said}", said=known.source or tr("known to the program")),
        )
