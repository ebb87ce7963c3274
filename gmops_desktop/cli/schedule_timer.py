"""`gmops schedule install` and `remove`: the system's own timers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json, option
from gmops_desktop.cli.session import opened
from gmops_desktop.language import tr

if TYPE_CHECKING:
    from gmops_desktop.services.timers import TimerState

Collect = Annotated[
    bool,
    typer.Option(
        "--collect",
        help=tr("The timer that looks at the servers every 5 minutes, not the one of backups."),
    ),
]


_verbs: Final = typer.Typer()


def add_to(commands: typer.Typer) -> None:
    """Add the commands to `gmops schedule`."""
    commands.registered_commands += _verbs.registered_commands


@_verbs.command(
    "install", cls=Command, help=tr("Let the system's timer take what is due, every 10 minutes.")
)
def install(
    collect: Collect = False,
    password_file: Annotated[
        Path | None,
        option(
            "--password-file",
            tr(
                "For machines without a keyring: a file with the database's password, "
                "readable by its owner only."
            ),
            metavar="FILE",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        services = session.services
        timers = services.collecting if collect else services.timers
        timer = timers.install(password_file=password_file)
        lines = timer_lines(timer, timers.command)
        planned = any(one.plan and one.plan.enabled for one in services.schedules.outlooks())
        if not collect and not planned:
            lines.append(tr("Nothing has a schedule yet: `gmops schedule set --all --at 03:00`."))
        session.terminal.answer(timer, *lines)


@_verbs.command("remove", cls=Command, help=tr("Take the system's timer away; plans stay."))
def remove(collect: Collect = False, as_json: Json = False) -> None:
    with opened(as_json) as session:
        services = session.services
        was = (services.collecting if collect else services.timers).remove()
        done = tr("The timer is removed.") if was else tr("There was no timer.")
        session.terminal.answer({"removed": was}, done)


def timer_lines(timer: TimerState | None, command: Sequence[str]) -> list[str]:
    """Return how the timer of backups stands, and without one the way to it."""
    if timer is None:
        return [
            tr("No timer of the system is set up: only the open window takes what is due."),
            tr("Set it up: gmops schedule install. By hand, every 10 minutes: {command}",
               command=" ".join(command)),
        ]  # fmt: skip
    stands = tr("it runs") if timer.active else tr("it does not run")
    return [
        tr("Timer ({kind}): {stands}; {where}", kind=timer.kind, stands=stands, where=timer.where),
        *([timer.note] if timer.note else []),
    ]
