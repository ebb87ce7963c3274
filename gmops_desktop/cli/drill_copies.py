"""`gmops drill keep`, `kept` and `drop`: a backup restored to this computer, to look into."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gmops_desktop.cli.drill import Subject, file_named
from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json, argument
from gmops_desktop.cli.schedule import database_named
from gmops_desktop.cli.session import opened
from gmops_desktop.language import tr

if TYPE_CHECKING:
    from gmops_desktop.services.drills import Copy

_verbs: Final = typer.Typer()


def add_to(commands: typer.Typer) -> None:
    """Add the commands to `gmops drill`."""
    commands.registered_commands += _verbs.registered_commands


@_verbs.command(
    "keep",
    cls=Command,
    help=tr("Restore a backup to this computer, and let it run to look into; no line is needed."),
)
def keep(subject: Subject = "", as_json: Json = False) -> None:
    with opened(as_json) as session:
        drills = session.services.drills
        file = file_named(subject)
        if file is None:
            resource = database_named(session, subject)
            file = drills.newest(resource).path
        path = file
        copy = session.run(
            lambda context: drills.copies.keep(path, context),
            tr("Restoring {name} to this computer", name=path.name),
        )
        session.terminal.answer(copy, *_copy_lines(copy))


@_verbs.command("kept", cls=Command, help=tr("List the copies kept on this computer."))
def kept(
    password: Annotated[
        bool, typer.Option("--password", help=tr("Show their passwords, too."))
    ] = False,
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        drills = session.services.drills
        found = drills.copies.all()
        answer = [
            {"copy": one, **({"password": drills.copies.password(one)} if password else {})}
            for one in found
        ]
        lines = [line for one in found for line in _copy_lines(one)]
        session.terminal.answer(
            {"copies": answer}, *(lines or [tr("No copy is kept on this computer.")])
        )
        if password and not as_json:
            for one in found:
                # Not through `answer`, which strikes secrets out: this one was asked for.
                typer.echo(f"{one.address}{tr(': ')}{drills.copies.password(one)}")


@_verbs.command("drop", cls=Command, help=tr("Stop and remove a copy kept on this computer."))
def drop(
    copy_id: Annotated[
        str,
        argument("ID", tr("A copy; all without it.")),
    ] = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        drills = session.services.drills
        wanted = [one.id for one in drills.copies.all()] if not copy_id else [copy_id]
        for id in wanted:
            drills.copies.drop(id)
        gone = tr("Removed: {count}.", count=len(wanted))
        session.terminal.answer({"dropped": wanted}, gone)


def _copy_lines(copy: Copy) -> list[str]:
    state = tr("runs") if copy.running else tr("stopped")
    return [
        f"{copy.id}  {copy.address}  {copy.server}  {state}  {Path(copy.archive).name}",
        tr("Password: gmops drill kept --password. Remove it: gmops drill drop {id}", id=copy.id),
    ]
