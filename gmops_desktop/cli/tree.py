"""The tree of commands.  Importing it looks up every help text, so the language comes first."""

from __future__ import annotations

import typer

from gmops_desktop.cli import (
    account,
    backup,
    backup_all,
    drill,
    files,
    import_,
    patch,
    prune,
    record,
    report,
    restore,
    sandbox,
    schedule,
    seal,
    status,
    ticket,
)
from gmops_desktop.cli.help import group
from gmops_desktop.language import tr


def commands() -> typer.Typer:
    """Return `gmops` with everything it can do, in the order of a working day."""
    program = group(
        "gmops",
        tr("The operations engineer's desk: status, proved backups, patches, tickets, reports."),
    )
    status.add_to(program)
    for module in (
        *(backup, restore, files, drill, account, schedule, seal),
        *(patch, ticket, report, sandbox),
    ):
        program.add_typer(module.commands)
    import_.add_to(restore.commands)
    prune.add_to(backup.commands)
    backup_all.add_to(backup.commands)
    record.add_to(program)
    return program
