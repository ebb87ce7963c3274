"""The tree of commands.  Importing its parts looks up help texts, so the language comes first."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import typer

from gmops_desktop.cli.help import group
from gmops_desktop.language import tr

# In the order of a working day: a group's module, and the modules that add commands to it.
_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "backup": ("prune", "backup_all"),
    "restore": ("import_",),
    "files": (),
    "drill": ("drill_copies",),
    "account": ("account_console",),
    "schedule": ("schedule_timer", "schedule_due"),
    "seal": (),
    "patch": ("patch_steps", "patch_runs", "patch_releases", "patch_waves", "patch_cloud"),
    "contract": ("contract_people",),
    "ticket": ("attachment", "ticket_facts", "ticket_clocks", "ticket_lists"),
    "attachment": (),
    "robot": (),
    "alerts": (),
    "resource": (),
    "thresholds": (),
    "expiry": (),
    "ledger": (),
    "report": ("report_text", "report_books", "report_sign", "report_evidence"),
    "sandbox": (),
}


def commands(word: str = "") -> typer.Typer:
    """Return `gmops` with everything it can do.

    Where the first `word` names a group, only that one is loaded: the others, with their help, are
    for whoever asks for them.
    """
    program = group(
        "gmops",
        tr("The operations engineer's desk: status, proved backups, patches, tickets, reports."),
    )
    if word not in _GROUPS:
        _part("status").add_to(program)
        _part("collect").add_to(program)
    for name in [word] if word in _GROUPS else _GROUPS:
        found: typer.Typer = _part(name).commands
        for more in _GROUPS[name]:
            _part(more).add_to(found)
        program.add_typer(found)
    if word not in _GROUPS:
        _part("record").add_to(program)
    return program


def _part(name: str) -> Any:
    return import_module(f"gmops_desktop.cli.{name}")
