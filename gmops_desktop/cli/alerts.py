"""`gmops alerts`: what the looks found for long enough, and what is over."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json
from gmops_desktop.cli.session import opened
from gmops_desktop.language import tr
from gmops_desktop.states import word_of
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.contract.alerts import Alert

commands = group("alerts", tr("What the looks found for long enough to be told."))


@commands.command("list", cls=Command, help=tr("Show the alerts that stand, and those just over."))
def list_(
    days: Annotated[
        float, typer.Option("--days", metavar="N", min=0,
                            help=tr("Also those that were over in the last N days."))
    ] = 1.0,
    as_json: Json = False,
) -> None:  # fmt: skip
    with opened(as_json) as session:
        alerts = session.services.alerts
        active = alerts.active()
        over = alerts.cleared(datetime.now(UTC) - timedelta(days=days))
        session.terminal.table(
            {"active": active, "cleared": over},
            (tr("Id"), tr("State"), tr("Resource"), tr("What"), tr("Since"), tr("Until"),
             tr("Ticket")),
            [_row(one) for one in (*active, *over)],
        )  # fmt: skip


@commands.command("ack", cls=Command, help=tr("Note that you have seen an alert."))
def acknowledge(
    alert: Annotated[str, typer.Argument(metavar="ID", help=tr("The alert's id, or its end."))],
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        alerts = session.services.alerts
        ids = [one.id for one in alerts.active() if one.id.endswith(alert)]
        who = session.services.settings.current.actor or getpass.getuser()
        done = alerts.acknowledge(ids[0] if len(ids) == 1 else alert, who)
        session.terminal.answer(done, tr("Acknowledged by {name}.", name=done.acknowledged_by))


def _row(one: Alert) -> tuple[str, ...]:
    return (
        one.id[-8:],
        word_of(one.shown),
        one.resource,
        one.text,
        words.stamp(one.raised_at),
        words.stamp(one.cleared_at) if one.cleared_at else words.NOTHING,
        one.ticket or words.NOTHING,
    )
