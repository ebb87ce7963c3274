"""`gmops contract`: contracts, their terms, payment and evidence."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json, argument, day_in, option
from gmops_desktop.cli.session import opened
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.contract.terms import Contract, ServiceItem

commands = group("contract", tr("Contracts: terms, people, notices, duty, calendar, evidence."))

Evidence = Annotated[
    str,
    option("--evidence", tr("What proves it."), metavar="TEXT"),
]
Day = Annotated[
    str,
    option("--on", tr("The day; today."), metavar="YYYY-MM-DD"),
]
From = Annotated[str, option("--from", tr("First day."), metavar="YYYY-MM-DD")]
To = Annotated[str, option("--to", tr("Last day."), metavar="YYYY-MM-DD")]


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
        argument("[NUMBER]", tr("Which; the one shown.")),
    ] = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        _show(session, _wanted(session, number))


@commands.command("use", cls=Command, help=tr("Show this contract from now on, on this machine."))
def use(
    number: Annotated[str, argument("NUMBER", tr("A contract's number."))],
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
    title: Annotated[str, option("--title", tr("Its title."), metavar="TEXT")] = "",
    number: Annotated[str, option("--number", tr("Its number."), metavar="TEXT")] = "",
    party_a: Annotated[str, option("--party-a", tr("Party A."), metavar="NAME")] = "",
    party_b: Annotated[str, option("--party-b", tr("Party B."), metavar="NAME")] = "",
    start: From = "",
    end: To = "",
    signed: Annotated[
        str,
        option("--signed", tr("The day of signing."), metavar="YYYY-MM-DD"),
    ] = "",
    payable: Annotated[
        str,
        option("--payable", tr("What is to be paid."), metavar="YUAN"),
    ] = "",
    person_days: Annotated[
        str,
        option("--person-days", tr("Free person-days."), metavar="DAYS"),
    ] = "",
    item: Annotated[
        list[str] | None,
        option(
            "--item",
            tr("A service item; an empty amount is included in the others. Repeatable."),
            metavar="KEY=AMOUNT=TITLE",
        ),
    ] = None,
    like: Annotated[
        str,
        option(
            "--like",
            tr("Take over items and rules of this contract, or of the example."),
            metavar="NUMBER",
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
            signed_on=day_in(signed, "--signed") if signed else None,
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
    number: Annotated[str, argument("NUMBER", tr("A contract's number."))],
    new_number: Annotated[
        str,
        option("--number", tr("The new number."), metavar="TEXT"),
    ],
    start: From,
    end: To,
    signed: Annotated[
        str,
        option("--signed", tr("The day of signing."), metavar="YYYY-MM-DD"),
    ] = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        contracts = session.services.contracts
        renewed = contracts.renew(
            contracts.get(number).id,
            day_in(start, "--from"),
            day_in(end, "--to"),
            number=new_number,
            signed_on=day_in(signed, "--signed") if signed else None,
        )
        _show(session, renewed)


@commands.command("paid", cls=Command, help=tr("Record that Party A has paid."))
def paid(on: Day, evidence: Evidence, as_json: Json = False) -> None:
    with opened(as_json) as session:
        contract = _wanted(session, "")
        day = day_in(on, "--on")
        _show(session, session.services.contracts.record_payment(contract.id, day, evidence))


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
    return day_in(_asked(session, given, option), option)


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
