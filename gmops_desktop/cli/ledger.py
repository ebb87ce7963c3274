"""`gmops ledger`: the free person-days, and the registers of trainings, visits, questions ..."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json, argument, day_in, option
from gmops_desktop.cli.session import opened
from gmops_desktop.language import tr, tr_n

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.contract.person_days import WorkLine
    from gmops_desktop.contract.registers import Register

commands = group("ledger", tr("Person-days, trainings, visits, questions: what was given."))

Number = Annotated[str, argument("NUMBER", tr("A ticket, such as T-0001."))]
Days = Annotated[str, argument("DAYS", tr("A number like 0.5."))]
Why = Annotated[str, option("--why", tr("Why; it stands in the record."))]
Identity = Annotated[str, argument("ID", tr("A line, by its id."))]
By = Annotated[str, option("--by", tr("Who."), metavar="NAME")]
Text = Annotated[str, option("--text", tr("What to add."))]
Kind = Annotated[
    str,
    argument("REGISTER", tr("training, visit, question, inspection, verification or deviation.")),
]


@commands.command("days", cls=Command, help=tr("Show the ledger of the free person-days."))
def days(as_json: Json = False) -> None:
    from gmops_desktop.contract.person_days import word_of_flaw

    with opened(as_json) as session:
        ledger = session.services.ledgers.person_days()
        session.terminal.table(
            ledger,
            (
                tr("Ticket"),
                tr("Title"),
                tr("Estimate", context="days"),
                tr("Agreed", context="days"),
                tr("Worked", context="days"),
                tr("Counted", context="days"),
                tr("Remark"),
            ),
            [
                (
                    line.number,
                    line.title,
                    _number(line.estimate),
                    _number(line.consent.days) if line.consent else "",
                    _number(line.worked),
                    _number(line.counted),
                    "; ".join(word_of_flaw(flaw) for flaw in line.flaws),
                )
                for line in ledger.lines
            ],
        )
        session.terminal.tell(
            tr(
                "{used} of {total} used, {left} left, {planned} planned",
                used=_number(ledger.used),
                total=_number(ledger.total),
                left=_number(ledger.left),
                planned=_number(ledger.planned),
            )
        )


@commands.command(
    "estimate", cls=Command, help=tr("Record the project manager's estimate (2.3-4).")
)
def estimate(number: Number, amount: Days, by: By, text: Text = "", as_json: Json = False) -> None:
    with opened(as_json) as session:
        line = session.services.ledgers.estimate(number, _decimal(amount), by=by, text=text)
        _show(session, line)


@commands.command("agree", cls=Command, help=tr("Record that Party A agrees to the estimate."))
def agree(
    number: Number,
    by: By,
    channel: Annotated[str, option("--channel", tr("How: phone, mail, on paper."))],
    amount: Annotated[
        str,
        option("--days", tr("To how many days."), metavar="DAYS"),
    ] = "",
    text: Text = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        wanted = _decimal(amount) if amount else None
        line = session.services.ledgers.agree(
            number, by=by, channel=channel, days=wanted, text=text
        )
        _show(session, line)


@commands.command("book", cls=Command, help=tr("Book days worked on a ticket."))
def book(number: Number, amount: Days, text: Text = "", as_json: Json = False) -> None:
    with opened(as_json) as session:
        _show(session, session.services.ledgers.book(number, _decimal(amount), text))


@commands.command(
    "take-back", cls=Command, help=tr("Take back days booked by mistake; the booking stays.")
)
def take_back(number: Number, amount: Days, why: Why, as_json: Json = False) -> None:
    with opened(as_json) as session:
        _show(session, session.services.ledgers.take_back(number, _decimal(amount), why))


@commands.command("withdraw", cls=Command, help=tr("Record that Party A's consent is withdrawn."))
def withdraw(number: Number, why: Why, as_json: Json = False) -> None:
    with opened(as_json) as session:
        _show(session, session.services.ledgers.withdraw(number, why))


@commands.command("list", cls=Command, help=tr("List the lines of a register, or of all."))
def list_all(
    register: Annotated[str, option("--register", tr("Only this register."))] = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.registers import word_of_lack, word_of_register

    with opened(as_json) as session:
        wanted = _register(register, "--register") if register else None
        found = session.services.ledgers.records(wanted)
        session.terminal.table(
            {"records": found},
            (tr("Day"), tr("Register"), tr("Subject"), tr("People"), tr("Paper"), tr("Id")),
            [
                (
                    str(one.on),
                    word_of_register(one.register),
                    one.title,
                    ", ".join(one.people),
                    one.paper or word_of_lack(one.register),
                    one.id,
                )
                for one in found
            ],
        )


@commands.command("add", cls=Command, help=tr("Add a line to a register."))
def add(
    register: Kind,
    title: Annotated[str, argument("TITLE", tr("What it was about."))],
    on: Annotated[
        str,
        option("--on", tr("The day; today."), metavar="YYYY-MM-DD"),
    ] = "",
    people: Annotated[
        list[str] | None,
        option("--person", tr("Who took part."), metavar="NAME"),
    ] = None,
    by: By = "",
    paper: Annotated[
        str,
        option("--paper", tr("Sign-in sheet, service form, answer ...")),
    ] = "",
    ticket: Annotated[str, option("--ticket", tr("Its ticket."), metavar="NUMBER")] = "",
    hours: Annotated[str, option("--hours", tr("How long it took."))] = "",
    until: Annotated[
        str,
        option("--until", tr("Until when a verification holds."), metavar="YYYY-MM-DD"),
    ] = "",
    text: Text = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        record = session.services.ledgers.add(
            _register(register, "REGISTER"),
            title,
            on=day_in(on, "--on") if on else None,
            people=tuple(people or ()),
            by=by,
            paper=paper,
            ticket=ticket,
            text=text,
            hours=_decimal(hours) if hours else None,
            until=day_in(until, "--until") if until else None,
        )
        session.terminal.answer(record, f"{record.on} {record.title} · {record.id}")


@commands.command("complete", cls=Command, help=tr("Name the paper that proves a line."))
def complete(
    identity: Identity,
    paper: Annotated[
        str,
        option("--paper", tr("Sign-in sheet, service form, answer ...")),
    ],
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        record = session.services.ledgers.complete(identity, paper)
        session.terminal.answer(record, f"{record.on} {record.title} · {record.paper}")


@commands.command("amend", cls=Command, help=tr("Correct a line by a new entry that says why."))
def amend(
    identity: Identity,
    why: Why,
    title: Annotated[str, option("--title", tr("What it was about."))] = "",
    on: Annotated[str, option("--on", tr("The day."), metavar="YYYY-MM-DD")] = "",
    people: Annotated[
        list[str] | None,
        option("--person", tr("Who took part."), metavar="NAME"),
    ] = None,
    by: By = "",
    paper: Annotated[
        str,
        option("--paper", tr("Sign-in sheet, service form, answer ...")),
    ] = "",
    hours: Annotated[str, option("--hours", tr("How long it took."))] = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        given = {
            "title": title,
            "on": day_in(on, "--on") if on else None,
            "people": tuple(people or ()),
            "by": by,
            "paper": paper,
            "hours": _decimal(hours) if hours else None,
        }
        said = {name: value for name, value in given.items() if value}
        record = session.services.ledgers.amend(identity, why, **said)
        session.terminal.answer(record, f"{record.on} {record.title} · {record.paper}")


@commands.command("strike", cls=Command, help=tr("Strike out a line that was a mistake."))
def strike(identity: Identity, why: Why, as_json: Json = False) -> None:
    with opened(as_json) as session:
        session.services.ledgers.strike(identity, why)
        session.terminal.answer({"struck": identity}, tr("Struck out; the journal keeps it."))


@commands.command("sheet", cls=Command, help=tr("Make the sign-in sheet of a training as PDF."))
def sheet(identity: Identity, as_json: Json = False) -> None:
    with opened(as_json) as session:
        reports, facts = session.services.reports, session.services.ledgers.sign_in_facts(identity)
        report = session.run(
            lambda context: reports.print_sign_in(facts, context),
            tr("Make the sign-in sheet: {title}", title=facts.training.title),
        )
        session.terminal.answer(report, report.number, str(report.path))


@commands.command("export", cls=Command, help=tr("Write a ledger to a file for Excel, or CSV."))
def export(
    ledger: Annotated[
        str,
        argument("days|REGISTER", tr("Which: days, or a register.")),
    ],
    out: Annotated[
        Path,
        option("--out", tr("An .xlsx or .csv file."), metavar="FILE"),
    ],
    as_json: Json = False,
) -> None:
    from ui.export import write_table
    from ui.ledger_tables import days_table, register_table

    with opened(as_json) as session:
        ledgers = session.services.ledgers
        if ledger == "days":
            titles, rows = days_table(ledgers.person_days())
        else:
            titles, rows = register_table(ledgers.records(_register(ledger, "days|REGISTER")))
        path = session.run(
            lambda context: write_table(out.absolute(), titles, rows, context),
            tr("Writing {file}", file=out.name),
        )
        session.terminal.answer(
            {"file": path, "rows": len(rows)},
            tr_n("{count} row in {file}", "{count} rows in {file}", len(rows), file=path),
        )


def _show(session: Session, line: WorkLine) -> None:
    session.terminal.answer(
        line,
        tr(
            "{number}: estimate {estimate}, agreed {agreed}, worked {worked}",
            number=line.number,
            estimate=_number(line.estimate) or "—",
            agreed=_number(line.consent.days) if line.consent else "—",
            worked=_number(line.worked),
        ),
    )


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise typer.BadParameter(tr("it is a number, such as 0.5")) from error


def _register(text: str, option: str) -> Register:
    from gmops_desktop.contract.registers import REGISTERS

    known = next((one for one in REGISTERS if one == text), None)
    if known is None:
        raise typer.BadParameter(
            tr("it is one of {choices}", choices=", ".join(REGISTERS)), param_hint=option
        )
    return known
