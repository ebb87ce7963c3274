"""`gmops patch`: what could be updated, and the queue of changes that will do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.addresses import SshAddress
from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import AcceptFingerprint, Json, ResourceName
from gmops_desktop.cli.session import opened
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.addresses import Resource
    from gmops_desktop.cli.session import Session
    from gmops_desktop.services.patches import Change, Update

commands = group("patch", tr("Scan servers for updates, and queue them as changes."))

Number = Annotated[
    str, typer.Argument(metavar="NUMBER", show_default=False, help=tr("A change, such as C-0001."))
]
Package = Annotated[
    list[str] | None,
    typer.Option(
        "--package",
        metavar="NAME",
        show_default=False,
        help=tr("Only this package; may be given more than once."),
    ),
]
SecurityOnly = Annotated[
    bool, typer.Option("--security-only", help=tr("Only updates that mend security faults."))
]


@commands.command("scan", cls=Command, help=tr("Ask a server which updates are there for it."))
def scan(
    resource: ResourceName, accept_fingerprint: AcceptFingerprint = "", as_json: Json = False
) -> None:
    with opened(as_json) as session:
        host = _host(session, resource, accept_fingerprint)
        found = session.run(
            lambda context: session.services.patches.scan(host, context),
            tr("Asking {name} for its updates", name=host.name),
        )
        terminal = session.terminal
        if found.unknown:
            terminal.answer(found, tr("Unknown: {why}", why=found.unknown))
            return
        _updates(session, found, found.updates)
        if not as_json:
            count = len(found.updates)
            security = sum(update.security for update in found.updates)
            terminal.answer(
                found,
                tr_n(
                    "{count} update, {security} for security.",
                    "{count} updates, {security} for security.",
                    count,
                    security=security,
                ),
            )


@commands.command(
    "queue",
    cls=Command,
    help=tr("Simulate the updates on the server, and queue them as a change with exact versions."),
)
def queue(
    resource: ResourceName,
    package: Package = None,
    security_only: SecurityOnly = False,
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        host = _host(session, resource, accept_fingerprint)
        change = session.run(
            lambda context: session.services.patches.queue(
                host, context, names=package or None, security_only=security_only
            ),
            tr("Simulating the updates of {name}", name=host.name),
        )
        _show(session, change)


@commands.command("list", cls=Command, help=tr("List the changes, newest first."))
def list_all(as_json: Json = False) -> None:
    from gmops_desktop.contract.changes import word_of_state

    with opened(as_json) as session:
        changes = session.services.patches.all()
        session.terminal.table(
            {"changes": changes},
            (tr("Number"), tr("Title"), tr("State"), tr("Packages"), tr("Created at")),
            [
                (
                    change.number,
                    change.title,
                    word_of_state(change.state),
                    words.number(len(change.updates.packages)) if change.updates else "",
                    words.stamp(change.created_at),
                )
                for change in changes
            ],
        )


@commands.command("show", cls=Command, help=tr("Show one change: its plan, gates and steps."))
def show(number: Number, as_json: Json = False) -> None:
    with opened(as_json) as session:
        _show(session, session.services.patches.get(number))


@commands.command(
    "announce", cls=Command, help=tr("Record that one of the three audiences has been told.")
)
def announce(
    number: Number,
    audience: Annotated[
        str,
        typer.Argument(
            metavar="AUDIENCE", show_default=False, help=tr("users, leaders or responsible.")
        ),
    ],
    evidence: Annotated[
        str,
        typer.Option("--evidence", show_default=False, help=tr("How and where they were told.")),
    ],
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.changes import AUDIENCES

    known = next((word for word in AUDIENCES if word == audience), None)
    if known is None:
        raise typer.BadParameter(
            tr("it is one of {choices}", choices=", ".join(AUDIENCES)), param_hint="AUDIENCE"
        )
    with opened(as_json) as session:
        change = session.services.patches.get(number)
        session.services.patches.announce(change.id, known, evidence)
        _show(session, session.services.patches.get(number))


@commands.command("cancel", cls=Command, help=tr("Take a change out of the queue."))
def cancel(
    number: Number,
    reason: Annotated[
        str, typer.Option("--reason", show_default=False, help=tr("Why; it is recorded."))
    ],
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        change = session.services.patches.get(number)
        session.services.patches.cancel(change.id, reason)
        _show(session, session.services.patches.get(number))


def _host(session: Session, name: str, accept: str) -> Resource:
    host = session.resource(name, kind="host")
    if not isinstance(host.address, SshAddress):
        raise OpsError(tr("{name} is not a server.", name=host.name))
    session.prepare(host.address, accept=accept)
    return host


def _show(session: Session, change: Change) -> None:
    from gmops_desktop.contract.changes import word_of_state

    terminal = session.terminal
    steps = session.services.patches.steps(change.id)
    if terminal.as_json:
        terminal.answer({"change": change, "steps": steps})
        return
    terminal.answer(change, f"{change.number} {change.title} · {word_of_state(change.state)}")
    _updates(session, change, change.updates.packages if change.updates else ())
    for gate in change.gates:
        mark = "✓" if gate.met else "·"
        terminal.answer(change, f"{mark} {gate.evidence if gate.met else gate.missing}")


def _updates(session: Session, result: object, updates: tuple[Update, ...]) -> None:
    session.terminal.table(
        result,
        (tr("Package"), tr("Version now"), tr("New version"), tr("For security")),
        [
            (update.name, update.old, update.new, tr("yes") if update.security else "")
            for update in updates
        ],
    )
