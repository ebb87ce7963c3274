"""`gmops sandbox`: a cloud in a box to try everything on.  The only product code that knows the
sandbox, and only where it is there: the wheel and the frozen program do not ship it."""

from __future__ import annotations

import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json, option
from gmops_desktop.cli.terminal import Terminal
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

if TYPE_CHECKING:
    from sandbox.box import Sandbox

commands = group("sandbox", tr("Real servers on this machine to try everything on."))

Folder = Annotated[
    Path | None,
    option("--folder", tr("Where it lives."), metavar="DIR"),
]
Small = Annotated[bool, typer.Option("--small", help=tr("A small database, ready in seconds."))]


@commands.command("start", cls=Command, help=tr("Start it; quick when it has run before."))
def start(folder: Folder = None, small: Small = False, as_json: Json = False) -> None:
    terminal = Terminal(as_json=as_json)
    box = _box(folder, small=small)
    facts = terminal.run(lambda context: box.start(), tr("Starting the sandbox"))
    variables = box.environment()
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    terminal.answer(
        {"facts": facts, "environment": variables},
        tr("The sandbox runs. In the shell where you want to use it:"),
        *lines,
    )


@commands.command("stop", cls=Command, help=tr("Stop every server of it; its data stays."))
def stop(folder: Folder = None, as_json: Json = False) -> None:
    terminal = Terminal(as_json=as_json)
    box = _box(folder)
    terminal.run(lambda context: box.stop(), tr("Stopping the sandbox"))
    terminal.answer({"stopped": True}, tr("The sandbox is stopped."))


@commands.command("status", cls=Command, help=tr("Show which of its servers run."))
def status(folder: Folder = None, as_json: Json = False) -> None:
    found = _box(folder).status()
    Terminal(as_json=as_json).table(
        found,
        (tr("Server"), tr("State"), tr("Port")),
        [
            (server.name, tr("runs") if server.running else tr("stopped"), str(server.port or ""))
            for server in found.servers
        ],
    )


@commands.command("reset", cls=Command, help=tr("Stop it and throw its data away."))
def reset(folder: Folder = None, as_json: Json = False) -> None:
    terminal = Terminal(as_json=as_json)
    box = _box(folder)
    terminal.run(lambda context: box.reset(), tr("Throwing the sandbox away"))
    terminal.answer({"reset": True}, tr("The sandbox is as new."))


def _box(folder: Path | None, *, small: bool = False) -> Sandbox:
    if find_spec("sandbox") is None:
        raise OpsError(
            tr("The sandbox is not part of this installation."),
            hint=tr("It comes with the sources: clone the project and type python3 dev.py run."),
        )
    from sandbox.box import Sandbox, default_folder

    return Sandbox(folder or default_folder(), small=small)
