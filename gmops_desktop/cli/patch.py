"""`gmops patch`: what could be updated, and the queue of changes that will do it."""

from __future__ import annotations

from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import AcceptFingerprint, Json, ResourceName
from gmops_desktop.cli.patch_lines import show, show_plan, way_back_lines
from gmops_desktop.cli.patch_verbs import (
    NoRestarts,
    Number,
    Package,
    Reboot,
    Restart,
    SecurityOnly,
    Ticket,
    asked,
    queued,
    server,
    units_in,
)
from gmops_desktop.cli.session import opened
from gmops_desktop.language import tr
from ui import words

commands = group(
    "patch", tr("Scan servers for updates; lead changes through their gates, apply and roll back.")
)


@commands.command("scan", cls=Command, help=tr("Ask a server which updates are there for it."))
def scan(
    resource: ResourceName, accept_fingerprint: AcceptFingerprint = "", as_json: Json = False
) -> None:
    from gmops_desktop.cli import patch_scan

    with opened(as_json) as session:
        host = server(session, resource, accept_fingerprint)
        found = session.run(
            lambda context: session.services.patches.scan(host, context),
            tr("Asking {name} for its updates", name=host.name),
        )
        patch_scan.show(session.terminal, found)


@commands.command(
    "queue",
    cls=Command,
    help=tr("Simulate the updates on the server, and queue them as a change with exact versions."),
)
def queue(
    resource: ResourceName,
    package: Package = None,
    security_only: SecurityOnly = False,
    ticket: Ticket = "",
    restart: Restart = None,
    no_restarts: NoRestarts = False,
    reboot: Reboot = None,
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    units = units_in(restart, none=no_restarts)
    queued(
        resource, accept_fingerprint, as_json,
        lambda host: tr("Simulating the updates of {name}", name=host.name),
        lambda session, host, context: session.services.patches.queue(
            host, context, names=package or None, security_only=security_only, ticket=ticket,
            restarts=units, restart_host=reboot,
        ),
    )  # fmt: skip


@commands.command(
    "restarts",
    cls=Command,
    help=tr("Say which units, and whether the server itself, restart at the end of a change; "
            "without an option, what is proposed. Notices and release of the plan before lapse."),
)  # fmt: skip
def restarts(
    number: Number,
    restart: Restart = None,
    no_restarts: NoRestarts = False,
    reboot: Reboot = None,
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    units = units_in(restart, none=no_restarts)
    asked(
        number, accept_fingerprint, as_json, tr("Restarts"),
        lambda at: at.patches.set_restarts(
            at.host, at.change.id, at.context, restarts=units, restart_host=reboot
        ),
    )  # fmt: skip


@commands.command("list", cls=Command, help=tr("List the changes, newest first."))
def list_all(as_json: Json = False) -> None:
    from gmops_desktop.contract.changes import word_of_kind, word_of_state
    from gmops_desktop.contract.terms import ZONE, told_in

    with opened(as_json) as session, told_in(ZONE):
        changes = session.services.patches.all()
        names = {one.id: one.name for one in session.services.contracts.resources()}
        session.terminal.table(
            {"changes": changes},
            (tr("Number"), tr("Kind"), tr("Title"), tr("Server", context="change"), tr("State"),
             tr("Gates"), tr("Created at")),
            [
                (
                    change.number,
                    word_of_kind(change.kind),
                    change.title,
                    names.get(change.resource_id, words.NOTHING),
                    word_of_state(change.state),
                    f"{sum(gate.open for gate in change.gates)} / {len(change.gates)}",
                    words.stamp(change.created_at),
                )
                for change in changes
            ],
        )  # fmt: skip


@commands.command(
    "show", cls=Command, help=tr("Show one change: its plan, gates, way back, checks and steps.")
)
def show_one(number: Number, as_json: Json = False) -> None:
    with opened(as_json) as session:
        show(session, session.services.patches.get(number))


@commands.command(
    "plan", cls=Command, help=tr("Show what a change would do, and the way back from it.")
)
def plan(number: Number, as_json: Json = False) -> None:
    with opened(as_json) as session:
        change = session.services.patches.get(number)
        if as_json:
            session.terminal.answer({"plan": change.plan, "drift": change.drift,
                                     "way_back": change.way_back})  # fmt: skip
            return
        show_plan(session, change)
        session.terminal.answer(change, *way_back_lines(change.way_back))
