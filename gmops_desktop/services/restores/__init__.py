"""Restores archives into live schemas: previewed, undoable, proved."""

from gmops_desktop.services.restores.choice import Choice, Definers
from gmops_desktop.services.restores.outcomes import Goal, Recovered, Restored, Unfinished
from gmops_desktop.services.restores.previewing import Preview, RowChange, TableChange, TableRows
from gmops_desktop.services.restores.service import Restores

__all__ = [
    "Choice",
    "Definers",
    "Goal",
    "Preview",
    "Recovered",
    "Restored",
    "Restores",
    "RowChange",
    "TableChange",
    "TableRows",
    "Unfinished",
]
