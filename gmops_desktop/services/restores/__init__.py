"""Restores archives into live schemas: previewed, undoable, proved."""

from gmops_desktop.services.restores.service import (
    Preview,
    Restored,
    Restores,
    TableChange,
    Unfinished,
)

__all__ = ["Preview", "Restored", "Restores", "TableChange", "Unfinished"]
