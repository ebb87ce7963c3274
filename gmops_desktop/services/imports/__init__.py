"""Loads other tools' dumps into a new schema, from where the ordinary restore takes them."""

from gmops_desktop.services.imports.loading import Named
from gmops_desktop.services.imports.service import (
    Imported,
    Imports,
    ImportStopped,
    Look,
    Started,
)

__all__ = ["ImportStopped", "Imported", "Imports", "Look", "Named", "Started"]
