"""`gmops account console`: what people read in an account's console, for no interface tells it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json, argument, day_in, option
from gmops_desktop.cli.session import opened
from gmops_desktop.contract.consoles import Reading, notices_in, people_in
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n

_verbs = typer.Typer()


def add_to(commands: typer.Typer) -> None:
    """Add the command to `gmops account`."""
    commands.registered_commands += _verbs.registered_commands


@_verbs.command(
    "console",
    cls=Command,
    help=tr(
        "Record what somebody read in the account's console: notices of violations, and who may "
        "log in. No interface tells either. Without options: list what was read."
    ),
)
def console(
    name: Annotated[
        str,
        argument(
            "ACCOUNT", tr("An official account of the contract; not needed where there is one.")
        ),
    ] = "",
    on: Annotated[
        str,
        option("--on", tr("The day on which it was read (today)."), metavar="DAY"),
    ] = "",
    notice: Annotated[
        list[str] | None,
        option(
            "--notice",
            tr(
                "A notice: its day, its words, and after -> what was done. May be "
                "given several times."
            ),
            metavar="TEXT",
        ),
    ] = None,
    no_notice: Annotated[
        bool, typer.Option("--no-notice", help=tr("The console shows no notice of a violation."))
    ] = False,
    person: Annotated[
        list[str] | None,
        option(
            "--person",
            tr("Somebody who may log in, and as what. May be given several times."),
            metavar="NAME: ROLE",
        ),
    ] = None,
    strike: Annotated[
        str,
        option("--strike", tr("Strike out a reading that was recorded by mistake."), metavar="ID"),
    ] = "",
    why: Annotated[str, option("--why", tr("Why; it stands in the record."))] = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        services = session.services
        if strike:
            services.consoles.strike(strike, why)
            session.terminal.answer({"struck": strike}, tr("The reading was struck out."))
            return
        accounts = [one for one in services.contracts.resources() if one.kind == "account"]
        if not name and len(accounts) != 1:
            raise OpsError(
                tr("The contract has {count} official accounts.", count=len(accounts)),
                hint=tr("Name one of them: {names}.",
                        names=tr(", ").join(one.name for one in accounts))
                if accounts else tr("Add one in the window's settings."),
            )  # fmt: skip
        account = session.resource(name or accounts[0].id, kind="account")
        if not (notice or no_notice or person):
            _list(session.terminal.table, services.consoles.readings(account.id))
            return
        if notice and no_notice:
            raise typer.BadParameter(tr("it is one or the other"), param_hint="--no-notice")
        read = services.consoles.record(
            account.id,
            day_in(on, "--on") if on else date.today(),
            notices=notices_in("\n".join(notice or ())) if notice or no_notice else None,
            people=people_in("\n".join(person)) if person else None,
        )
        session.terminal.answer(
            read, tr("Recorded: the console of {name}, read on {day}.", name=account.name,
                     day=read.on),
        )  # fmt: skip


def _list(table: object, readings: tuple[Reading, ...]) -> None:
    assert callable(table)
    table(
        {"readings": readings},
        (tr("Read on"), tr("By whom"), tr("Notices", context="console"), tr("People"), tr("Id")),
        [
            (
                one.on.isoformat(),
                one.by,
                tr("not looked at", context="console") if one.notices is None
                else tr_n("{count} notice", "{count} notices", len(one.notices)),
                tr("not looked at", context="console") if one.people is None
                else tr(", ").join(person.name for person in one.people),
                one.id,
            )
            for one in readings
        ],
    )  # fmt: skip
