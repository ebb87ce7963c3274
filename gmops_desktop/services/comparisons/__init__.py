"""What differs between two archives, or between an archive and a live database, row by row."""

from gmops_desktop.archive.cells import Cell
from gmops_desktop.services.comparisons import wording
from gmops_desktop.services.comparisons.results import (
    Compared,
    ObjectComparison,
    RowChange,
    RowKind,
    Side,
    TableComparison,
)
from gmops_desktop.services.comparisons.service import Comparisons, Source

__all__ = [
    "Cell",
    "Compared",
    "Comparisons",
    "ObjectComparison",
    "RowChange",
    "RowKind",
    "Side",
    "Source",
    "TableComparison",
    "wording",
]
