"""`gmops contract`: contracts with their people, notices, duty roster, calendar and evidence."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json
from gmops_desktop.cli.session import opened
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.contract.terms import Contract, ServiceItem

commands = group("contract", tr("Contracts: terms, people, notices, duty, calendar, evidence."))

Name = Annotated[
    str,
    typer.Argument(metavar="PERSON", show_default=False, help=tr("A contact, by name or id.")),
]
Evidence = Annotated[
    str,
    typer.Option("--evidence", metavar="TEXT", show_default=False, help=tr("What proves it.")),
]
Day = Annotated[
    str,
    typer.Option("--on", metavar="YYYY-MM-DD", show_default=False, help=tr("The day; today.")),
]
From = Annotated[
    str, typer.Option("--from", metavar="YYYY-MM-DD", show_default=False, help=tr("First day."))
]
To = Annotated[
    str, typer.Option("--to", metavar="YYYY-MM-DD", show_default=False, help=tr("Last day."))
]


# ---------------------------------------------------------------- the terms


@commands.command("list", cls=Command, help=tr("List the contracts on record."))
def list_all(as_json: Json = False) -> None:
    with opened(as_json) as session:
        contracts = session.services.contracts
        current = contracts.current()
        session.terminal.table(
            {"contracts": contracts.all(), "shown": current.id if current else None},
            (tr("Number"), tr("Title"), tr("Party A"), tr("Period"), tr("Shown")),
            [
                (
                    one.number,
                    one.title,
                    one.party_a,
                    tr("{start} to {end}", start=one.start, end=one.end),
                    "*" if one == current else "",
                )
                for one in contracts.all()
            ],
        )


@commands.command("show", cls=Command, help=tr("Show a contract to the last figure."))
def show(
    number: Annotated[
        str,
        typer.Argument(metavar="[NUMBER]", show_default=False, help=tr("Which; the one shown.")),
    ] = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        _show(session, _wanted(session, number))


@commands.command("use", cls=Command, help=tr("Show this contract from now on, on this machine."))
def use(
    number: Annotated[
        str, typer.Argument(metavar="NUMBER", show_default=False, help=tr("A contract's number."))
    ],
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        contract = session.services.contracts.get(number)
        session.services.settings.change(contract=contract.id)
        _show(session, contract)


@commands.command(
    "new", cls=Command, help=tr("Record a new contract; what is not given is asked for.")
)
def new(
    title: Annotated[
        str, typer.Option("--title", metavar="TEXT", show_default=False, help=tr("Its title."))
    ] = "",
    number: Annotated[
        str, typer.Option("--number", metavar="TEXT", show_default=False, help=tr("Its number."))
    ] = "",
    party_a: Annotated[
        str, typer.Option("--party-a", metavar="NAME", show_default=False, help=tr("Party A."))
    ] = "",
    party_b: Annotated[
        str, typer.Option("--party-b", metavar="NAME", show_default=False, help=tr("Party B."))
    ] = "",
    start: From = "",
    end: To = "",
    signed: Annotated[
        str,
        typer.Option(
            "--signed", metavar="YYYY-MM-DD", show_default=False, help=tr("The day of signing.")
        ),
    ] = "",
    payable: Annotated[
        str,
        typer.Option(
            "--payable", metavar="YUAN", show_default=False, help=tr("What is to be paid.")
        ),
    ] = "",
    person_days: Annotated[
        str,
        typer.Option(
            "--person-days", metavar="DAYS", show_default=False, help=tr("Free person-days.")
        ),
    ] = "",
    item: Annotated[
        list[str] | None,
        typer.Option(
            "--item",
            metavar="KEY=AMOUNT=TITLE",
            show_default=False,
            help=tr("A service item; an empty amount is included in the others. Repeatable."),
        ),
    ] = None,
    like: Annotated[
        str,
        typer.Option(
            "--like",
            metavar="NUMBER",
            show_default=False,
            help=tr("Take over items and rules of this contract, or of the example."),
        ),
    ] = "example",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        contracts = session.services.contracts
        model = contracts.example() if like == "example" else contracts.get(like)
        items = tuple(_item(text, model) for text in item or ()) or model.items
        total = sum((one.amount for one in items if one.amount is not None), Decimal(0))
        first, last = _asked_day(session, start, "--from"), _asked_day(session, end, "--to")
        contract = replace(
            model,
            title=_asked(session, title, "--title"),
            number=_asked(session, number, "--number"),
            party_a=_asked(session, party_a, "--party-a"),
            party_b=_asked(session, party_b, "--party-b"),
            start=first,
            end=last,
            signed_on=_day(signed, "--signed") if signed else None,
            paid_on=None,
            items=items,
            total=total,
            payable=_money(payable, "--payable") if payable else total,
            person_days=_money(person_days, "--person-days") if person_days else model.person_days,
            renews="",
        )
        _show(session, contracts.add_contract(contract))


@commands.command("renew", cls=Command, help=tr("Continue a contract on its terms."))
def renew(
    number: Annotated[
        str, typer.Argument(metavar="NUMBER", show_default=False, help=tr("A contract's number."))
    ],
    new_number: Annotated[
        str,
        typer.Option("--number", metavar="TEXT", show_default=False, help=tr("The new number.")),
    ],
    start: From,
    end: To,
    signed: Annotated[
        str,
        typer.Option(
            "--signed", metavar="YYYY-MM-DD", show_default=False, help=tr("The day of signing.")
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        contracts = session.services.contracts
        renewed = contracts.renew(
            contracts.get(number).id,
            _day(start, "--from"),
            _day(end, "--to"),
            number=new_number,
            signed_on=_day(signed, "--signed") if signed else None,
        )
        _show(session, renewed)


# ---------------------------------------------------------------- people and notices


@commands.command("people", cls=Command, help=tr("List the people of both parties."))
def people(on: Day = "", as_json: Json = False) -> None:
    from gmops_desktop.contract.terms import word_of_post

    with opened(as_json) as session:
        found = session.services.contracts.contacts(_day(on, "--on") if on else None)
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


@commands.command(
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


@commands.command(
    "letter", cls=Command, help=tr("Make a notice as PDF: a change of contact, or the payment.")
)
def letter(
    name: Annotated[
        str,
        typer.Argument(
            metavar="PERSON|payment",
            show_default=False,
            help=tr("A contact, by name or id, or the word payment."),
        ),
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


@commands.command(
    "notified", cls=Command, help=tr("Record that a change of contact was told in writing (1.15).")
)
def notified(name: Name, evidence: Evidence, on: Day = "", as_json: Json = False) -> None:
    with opened(as_json) as session:
        contracts = session.services.contracts
        contact = contracts.contact(name)
        contracts.contact_notified(contact.id, evidence, _day(on, "--on") if on else None)
        found = [one for one in contracts.notices() if one.subject == contact.id]
        session.terminal.answer(
            found, *(f"{one.text()} · {one.due} · {one.done_on}" for one in found)
        )


@commands.command("paid", cls=Command, help=tr("Record that Party A has paid."))
def paid(on: Day, evidence: Evidence, as_json: Json = False) -> None:
    with opened(as_json) as session:
        contract = _wanted(session, "")
        day = _day(on, "--on")
        _show(session, session.services.contracts.record_payment(contract.id, day, evidence))


# ---------------------------------------------------------------- duty and calendar


@commands.command("duty", cls=Command, help=tr("Say who is on duty, day by day."))
def duty(start: From = "", end: To = "", as_json: Json = False) -> None:
    with opened(as_json) as session:
        first = _day(start, "--from") if start else date.today()
        last = _day(end, "--to") if end else date.fromordinal(first.toordinal() + 6)
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


@commands.command("assign", cls=Command, help=tr("Put people on duty; several take turns."))
def assign(
    names: Annotated[
        list[str],
        typer.Argument(metavar="PERSON...", show_default=False, help=tr("By name or id.")),
    ],
    start: From,
    end: To,
    days: Annotated[
        int, typer.Option("--days", min=1, help=tr("How many days each turn lasts."))
    ] = 7,
    reason: Annotated[
        str,
        typer.Option("--reason", show_default=False, help=tr("Why somebody else takes over.")),
    ] = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        roster, contracts = session.services.roster, session.services.contracts
        first, last = _day(start, "--from"), _day(end, "--to")
        ids = [contracts.contact(name).id for name in names]
        if len(ids) > 1:
            shifts = roster.rotate(ids, first, last, days)
        else:
            shifts = (roster.assign(ids[0], first, last, reason=reason),)
        session.terminal.answer(
            {"shifts": shifts},
            *(tr("{start} to {end}", start=one.first, end=one.last) for one in shifts),
        )


@commands.command("calendar", cls=Command, help=tr("Show or enter a year of public holidays."))
def calendar(
    year: Annotated[
        int, typer.Argument(metavar="YEAR", show_default=False, help=tr("Such as 2027."))
    ],
    off: Annotated[
        str,
        typer.Option(
            "--off",
            metavar="DAYS",
            show_default=False,
            help=tr("Weekdays that are off, such as 2027-10-01 to 2027-10-07."),
        ),
    ] = "",
    worked: Annotated[
        str,
        typer.Option(
            "--worked", metavar="DAYS", show_default=False, help=tr("Weekends that are worked.")
        ),
    ] = "",
    source: Annotated[
        str,
        typer.Option(
            "--source", metavar="TEXT", show_default=False, help=tr("Which notice says so.")
        ),
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


# ---------------------------------------------------------------- evidence


@commands.command("evidence", cls=Command, help=tr("Show the obligation matrix, and what is due."))
def evidence(as_json: Json = False) -> None:
    from gmops_desktop.contract.obligations import name_of_item, word_of_cell

    with opened(as_json) as session:
        overview = session.services.obligations.overview()
        if overview.contract is None:
            raise _no_contract()
        session.terminal.table(
            {
                "months": overview.matrix_months,
                "matrix": overview.matrix,
                "due": overview.due,
                "todos": overview.todos,
            },
            (tr("Service item"), *(f"{one:%Y-%m}" for one in overview.matrix_months)),
            [
                (name_of_item(row.item), *(word_of_cell(cell) for cell, _ in row.cells))
                for row in overview.matrix
            ],
        )
        for due in overview.due:
            session.terminal.tell(f"{due.word}  {due.text} {due.number}".rstrip())
        for todo in overview.todos:
            session.terminal.tell(todo.text)


@commands.command("clauses", cls=Command, help=tr("Show what the record holds for every clause."))
def clauses(as_json: Json = False) -> None:
    from gmops_desktop.contract.obligations import word_of_cell

    with opened(as_json) as session:
        found = session.services.obligations.clauses()
        if not found:
            raise _no_contract()
        session.terminal.table(
            {"clauses": found},
            (tr("Clause"), tr("What it asks"), tr("State"), tr("What the record shows")),
            [
                (
                    one.key,
                    one.title,
                    word_of_cell(one.state),
                    "; ".join([*one.facts, *(f"! {text}" for text in one.breaches)]),
                )
                for one in found
            ],
        )


# ---------------------------------------------------------------- inside


def _show(session: Session, contract: Contract) -> None:
    from gmops_desktop.contract.capitals import rmb_capitals

    lines = [
        f"{contract.number} {contract.title}",
        f"{contract.party_a} / {contract.party_b}",
        tr("{start} to {end}", start=contract.start, end=contract.end),
    ]
    for item in contract.items:
        amount = f"{item.amount:,.2f}" if item.amount is not None else ""
        lines.append(f"  {item.key:<13} {amount:>12}  {item.title} {item.remark}".rstrip())
    capitals = rmb_capitals(contract.payable)
    lines.append(tr("Sum {total}, payable {payable} ({capitals})",
                    total=f"{contract.total:,.2f}",
                    payable=f"{contract.payable:,.2f}",
                    capitals=capitals))  # fmt: skip
    days = f"{contract.person_days.normalize():f}"
    lines.append(tr("{days} free person-days", days=days))
    session.terminal.answer({"contract": contract, "capitals": capitals}, *lines)


def _wanted(session: Session, number: str) -> Contract:
    contracts = session.services.contracts
    contract = contracts.get(number) if number else contracts.current()
    if contract is None:
        raise _no_contract()
    return contract


def _no_contract() -> OpsError:
    return OpsError(
        tr("No contract has been recorded yet."),
        hint=tr("Record one with `gmops contract new`, or in the window's settings."),
    )


def _asked(session: Session, given: str, option: str) -> str:
    text = given.strip()
    if not text and session.terminal.can_ask:
        text = session.terminal.ask(f"{option[2:]}:")
    if not text:
        raise typer.BadParameter(tr("it is missing"), param_hint=option)
    return text


def _asked_day(session: Session, given: str, option: str) -> date:
    return _day(_asked(session, given, option), option)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            tr("it is a day, such as 2018-04-30"), param_hint=option
        ) from error


def _money(text: str, option: str) -> Decimal:
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation as error:
        raise typer.BadParameter(
            tr("it is a number, such as 6358.00"), param_hint=option
        ) from error


def _item(text: str, model: Contract) -> ServiceItem:
    from gmops_desktop.contract.terms import ServiceItem

    match = re.fullmatch(r"([a-z0-9_-]+)=([0-9.,]*)=(.+)", text.strip())
    if match is None:
        raise typer.BadParameter(
            tr("it is KEY=AMOUNT=TITLE, such as website=11636.70=官网运维"), param_hint="--item"
        )
    key, amount, title = match.groups()
    monthly = next((one.monthly for one in model.items if one.key == key), False)
    money = _money(amount, "--item") if amount else None
    return ServiceItem(key, title.strip(), money, "", monthly)
