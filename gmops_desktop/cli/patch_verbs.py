"""What the verbs of `gmops patch` have in common: their options, and how one is carried out.

A verb is `recorded` (it asks no server), `asked` (it does), `begun` (a run goes on at the server
and is followed) or `queued` (a change comes of it).  Each shows the change as it is then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from gmops_desktop.cli import FAILED, UNPROVABLE
from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import AcceptFingerprint, Json, argument, moment_in, option
from gmops_desktop.cli.patch_lines import show
from gmops_desktop.cli.session import opened
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.language import tr

if TYPE_CHECKING:
    from gmops_desktop.addresses import Resource
    from gmops_desktop.cli.session import Session
    from gmops_desktop.context import Context
    from gmops_desktop.contract.runs import RunLook
    from gmops_desktop.services.patches import Change, Patches

Number = Annotated[str, argument("NUMBER", tr("A change, such as C-0001."))]
Reason = Annotated[str, option("--reason", tr("Why; it is recorded."))]
Days = Annotated[
    str,
    option("--person-days", tr("A number of person-days, such as 0.5."), metavar="DAYS"),
]
Begin = Annotated[
    str, option("--from", tr("Beijing time, such as 2018-11-22T22:00."), metavar="TIME")
]
End = Annotated[
    str, option("--until", tr("Beijing time, such as 2018-11-22T23:00."), metavar="TIME")
]
Told = Annotated[
    str,
    argument("AUDIENCE", tr("users, leaders or responsible.")),
]
Evidence = Annotated[str, option("--evidence", tr("How and where they were told."))]
Confirm = Annotated[
    str,
    option(
        "--confirm",
        tr("The number of the change, typed once more; without it nothing is done."),
        metavar="NUMBER",
    ),
]
Package = Annotated[
    list[str] | None,
    option("--package", tr("Only this package; may be given more than once."), metavar="NAME"),
]
SecurityOnly = Annotated[
    bool, typer.Option("--security-only", help=tr("Only updates that mend security faults."))
]
Ticket = Annotated[
    str,
    option("--ticket", tr("The ticket that it comes from."), metavar="NUMBER"),
]
Restart = Annotated[
    list[str] | None,
    option(
        "--restart",
        tr("Restart this unit at the end; may be given more than once."),
        metavar="UNIT",
    ),
]
NoRestarts = Annotated[bool, typer.Option("--no-restarts", help=tr("Restart no unit at the end."))]
Reboot = Annotated[
    bool | None,
    option("--reboot/--no-reboot", tr("Restart the server itself at the end, or leave it up.")),
]
Title = Annotated[str, option("--title", tr("Its title."))]


Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class At:
    """A verb at work: a change, its server, and where progress, notes and the log of a run go."""

    patches: Patches
    change: Change
    host: Resource
    context: Context
    follow: Callable[[RunLook], object]


def recorded(number: str, as_json: bool, verb: Callable[[Patches, Change], Change]) -> None:
    """Record something of a change; no server is asked."""
    with opened(as_json) as session:
        patches = session.services.patches
        show(session, verb(patches, patches.get(number)))


def asked(
    number: str, accept: str, as_json: bool, title: str, verb: Callable[[At], Change]
) -> Change:
    """Do something that needs the server of a change; return the change as it is then."""
    with opened(as_json) as session:
        changed = with_server(session, session.services.patches.get(number), accept, title, verb)
        show(session, changed)
        return changed


def asking(
    commands: typer.Typer,
    name: str,
    help: str,
    title: str,
    verb: Callable[[At], Change],
    code_of: Callable[[Change], int] = lambda _changed: 0,
) -> None:
    """Add a command that names a change and nothing else, and asks its server for something.

    `code_of` gives the exit code by the change as it is then.
    """

    @commands.command(name, cls=Command, help=help)
    def ask(
        number: Number, accept_fingerprint: AcceptFingerprint = "", as_json: Json = False
    ) -> None:
        if code := code_of(asked(number, accept_fingerprint, as_json, title, verb)):
            raise typer.Exit(code)


def begun(
    number: str, accept: str, as_json: bool, title: str, verb: Callable[[At], Change]
) -> None:
    """Begin or follow a run, its log on standard error; the exit code says how it ended.

    Ctrl+C only stops following: it goes on at the server, and how to attach again is told.
    """
    with opened(as_json) as session:
        change = session.services.patches.get(number)
        try:
            changed = with_server(session, change, accept, title, verb)
        except Cancelled:
            _tell_detached(session, session.services.patches.get(change.id))
            raise
        show(session, changed)
        raise typer.Exit(_code_of(changed))


def queued(
    resource: str,
    accept: str,
    as_json: bool,
    title: Callable[[Resource], str],
    verb: Callable[[Session, Resource, Context], Change],
) -> None:
    """Ask a server for what shall become a change, and show that one."""
    with opened(as_json) as session:
        host = server(session, resource, accept)
        show(session, session.run(lambda context: verb(session, host, context), title(host)))


def server(session: Session, name: str, accept: str = "") -> Resource:
    """Return the server of that name, its password in hand."""
    return _reached(session, session.resource(name, kind="host"), accept)


def units_in(given: list[str] | None, *, none: bool) -> list[str] | None:
    """Return the units that were named; None where it is left to what is proposed."""
    if given and none:
        raise typer.BadParameter(
            tr("it cannot go together with --restart"), param_hint="--no-restarts"
        )
    return [] if none else given or None


def window_in(begin: str, end: str) -> tuple[datetime, datetime]:
    """Return the window that was given, in Beijing time where it names no other."""
    return moment_in(begin, "--from", ZONE), moment_in(end, "--until", ZONE)


def days_in(said: str) -> Decimal | None:
    """Return the person-days that were given; None where nothing was."""
    if not said:
        return None
    try:
        days = Decimal(said)
    except InvalidOperation as error:
        raise typer.BadParameter(
            tr("it is a number such as 0.5"), param_hint="--person-days"
        ) from error
    if not days.is_finite():
        raise typer.BadParameter(tr("it is a number such as 0.5"), param_hint="--person-days")
    return days


def with_server(
    session: Session, change: Change, accept: str, title: str, verb: Callable[[At], Result]
) -> Result:
    """Do something with a change at its server; return what comes of it."""
    resources = session.services.contracts.resources()
    found = [one for one in resources if one.id == change.resource_id]
    if not found:
        raise OpsError(
            tr("The server of {number} is no longer in the contract.", number=change.number),
            hint=tr("Add it again, or cancel the change."),
            unharmed=tr("Nothing was done."),
        )
    # The checks look at the databases of the contract, and a release runs its SQL in one.
    session.prepare_given(resources)
    for one in resources:
        if one.id == change.plan.get("database"):
            session.prepare_one_of_many(one)
    host = _reached(session, found[0], accept)

    def job(context: Context) -> Result:
        return verb(At(session.services.patches, change, host, context, _log_to(context)))

    return session.run(job, f"{title}{tr(': ')}{change.number}")


def _reached(session: Session, host: Resource, accept: str) -> Resource:
    """Return a host, what it takes to log in there in hand."""
    session.prepare_host(host, accept=accept)
    return host


def _log_to(context: Context) -> Callable[[RunLook], None]:
    """Return what notes the log of a run line by line."""
    rest = ""

    def follow(look: RunLook) -> None:
        nonlocal rest
        *lines, rest = (rest + look.log).split("\n")
        if look.ended and not look.more and rest:
            lines, rest = [*lines, rest], ""
        for line in lines:
            context.note(line)

    return follow


def _tell_detached(session: Session, change: Change) -> None:
    """Say how a change stands that is not followed any more."""
    if change.running is not None:
        session.terminal.tell(
            tr("{number} goes on at the server. Follow it again with: gmops patch attach {number}",
               number=change.number)
        )  # fmt: skip
    else:
        session.terminal.tell(tr("{number} was not begun.", number=change.number))


def _code_of(change: Change) -> int:
    """Return 0 for a run that ended well, 1 for one that did not, 5 where nobody knows yet."""
    if change.running is not None:
        return UNPROVABLE
    return 0 if change.runs and change.runs[-1].state == "done" else FAILED
