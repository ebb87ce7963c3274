"""The tree of commands.  Importing it looks up every help text, so the language comes first."""

from __future__ import annotations

import typer

from gmops_desktop.cli import sandbox
from gmops_desktop.cli.help import group
from gmops_desktop.language import tr


def commands() -> typer.Typer:
    """Return `gmops` with everything it can do, in the order of a working day."""
    program = group(
        "gmops",
        tr("The operations engineer's desk: status, proved backups, patches, tickets, reports."),
    )
    for module in (sandbox,):
        program.add_typer(module.commands)
    return program
