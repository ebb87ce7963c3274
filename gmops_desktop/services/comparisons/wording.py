"""The words of a comparison, for window, terminal and file: what happened, and to which row."""

from __future__ import annotations

from typing import Final

from gmops_desktop.archive.cells import Cell
from gmops_desktop.language import tr
from gmops_desktop.services.comparisons.results import RowChange, TableComparison

_RISKY: Final = ("=", "+", "-", "@", "\t", "\r", "'")  # Excel would run it, or we misread it


def table_word(table: TableComparison) -> str:
    """Return what happened to a table."""
    if table.state in ("same", "rows"):
        return tr("Same") if table.state == "same" else tr("Rows differ")
    return object_word("changed" if table.state == "definition" else table.state, "table")


def plain(cell: Cell) -> str:
    """Return a cell so that it cannot be taken for another."""
    if cell.kind == "text" and (cell.text.startswith(_RISKY) or cell.text == "NULL"):
        return "'" + cell.text.replace("\\", "\\\\").replace("'", "''") + "'"
    return cell.text


def key_text(table: TableComparison, change: RowChange) -> str:
    """Return a row's key: "5521", or "id=5521, lang=zh" for one of several columns."""
    if len(table.key) == 1:
        return plain(change.key[0])
    return ", ".join(
        f"{name}={plain(cell)}" for name, cell in zip(table.key, change.key, strict=True)
    )


def row_word(kind: str) -> str:
    """Return what happened to a row, in the user's language."""
    words = {
        "added": tr("Row added"),
        "changed": tr("Row changed"),
        "removed": tr("Row removed"),
    }
    return words[kind]


def object_word(state: str, kind: str) -> str:
    """Return what happened to a view, routine, trigger, event or sequence."""
    words = {
        "added": tr("{kind} added", kind=kind_word(kind)),
        "gone": tr("{kind} gone", kind=kind_word(kind)),
        "changed": tr("{kind} changed", kind=kind_word(kind)),
        "unknown": tr("{kind} unknown: it could not be read", kind=kind_word(kind)),
    }
    return words[state]


def kind_word(kind: str) -> str:
    """Return the name of a kind of definition."""
    words = {
        "table": tr("Table", context="definition"),
        "view": tr("View", context="definition"),
        "function": tr("Function", context="definition"),
        "procedure": tr("Procedure", context="definition"),
        "package": tr("Package", context="definition"),
        "package body": tr("Package body", context="definition"),
        "trigger": tr("Trigger", context="definition"),
        "event": tr("Event", context="definition"),
        "sequence": tr("Sequence", context="definition"),
    }
    return words[kind]
