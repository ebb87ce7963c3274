"""`gmops collect`: one look at everything, started every few minutes by the system's timer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json
from gmops_desktop.cli.schedule_due import tell_group
from gmops_desktop.cli.session import opened
from gmops_desktop.language import tr
from gmops_desktop.states import worst

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session

_EVERY: Final = 300


def add_to(program: typer.Typer) -> None:
    """Add the command to `program`."""
    said = tr("Look at every resource for its history; for the system's timer.")
    program.command("collect", cls=Command, help=said)(collect)


def collect(
    every: Annotated[
        int, typer.Option("--every", metavar="SECONDS", min=15, max=1800,
                          help=tr("The interval at which it is started."))
    ] = _EVERY,
    as_json: Json = False,
) -> None:  # fmt: skip
    with opened(as_json) as session:
        from gmops_desktop.adapters.locks import Busy, held

        try:
            with held(session.services.home.locks / "collect.lock", tr("A round of looks")):
                _collect(session, every)
        except Busy as busy:  # it looks at everything: no fault, and nothing is missed
            session.terminal.answer({"at": datetime.now(UTC), "looks": [], "busy": True},
                                    busy.message)  # fmt: skip


def _collect(session: Session, every: int) -> None:
    services = session.services
    # While a window is open it looks by itself, more often: no reason to ask the servers twice.
    fresh = datetime.now(UTC) - timedelta(seconds=every / 2)
    seen = {look.resource_id for look in services.servers.glance() if look.at > fresh}
    resources = services.contracts.resources()
    due = [one for one in resources if one.id not in seen]
    session.prepare_given(resources)
    looks = session.run(
        lambda context: services.servers.look(due, context, every=every),
        tr("Looking at {count} resources", count=len(due)),
        terse=True,
    )
    while services.servers.roll_up():
        pass
    session.run(services.domains.ask_due, tr("Asking registries of domains"), terse=True)
    tickets = (*services.alerts.follow().tickets, *services.expiry_reminders.follow())
    tell_group(session)
    missed = [look for look in looks if look.state == "unknown"]
    session.terminal.answer(
        {
            "at": datetime.now(UTC),
            "state": worst(look.state for look in looks) if looks else None,
            "looks": looks,
            "left_out": len(seen),
            "tickets": [ticket.number for ticket in tickets],
        },
        tr(
            "{time}: {count} looked at, {missed} not reached, {fresh} looked at a moment ago.",
            time=f"{datetime.now():%Y-%m-%d %H:%M:%S}",
            count=len(looks),
            missed=len(missed),
            fresh=len(seen & {one.id for one in resources}),
        ),
        *(f"{look.name}{tr(': ')}{look.reason}" for look in missed),
        *(f"{ticket.number} {ticket.title}" for ticket in tickets),
    )
