"""How a restore's preview is told: what happens to each table, in words and columns."""

from __future__ import annotations

from gmops_desktop.language import tr
from gmops_desktop.services.restores import TableChange
from ui import words
from ui.widgets.table_model import Column


def action_word(change: TableChange) -> str:
    """Return what happens to the table."""
    actions = {
        "same": tr("Unchanged"),
        "rows": tr("Rows change"),
        "replace": tr("Replaced"),
        "create": tr("Created"),
        "drop": tr("Removed"),
    }
    return actions[change.action]


def rows_of(change: TableChange) -> int:
    """Return how many rows change."""
    return change.added + change.changed + change.removed


def change_columns() -> tuple[Column[TableChange], ...]:
    """Return the columns of the list of tables."""
    return (
        Column(tr("Table"), lambda change: change.table, strong=lambda _change: True),
        Column(tr("What happens"), action_word, width=112),
        Column(
            tr("Added (rows)"),
            lambda change: words.number(change.added),
            width=104,
            key=lambda change: change.added,
            right=True,
        ),
        Column(
            tr("Changed (rows)"),
            lambda change: words.number(change.changed),
            width=112,
            key=lambda change: change.changed,
            right=True,
        ),
        Column(
            tr("Removed (rows)"),
            lambda change: words.number(change.removed),
            width=116,
            key=lambda change: change.removed,
            right=True,
        ),
        Column(
            tr("Written (KB)"),
            lambda change: words.number(change.text_bytes / 1000, 1),
            width=104,
            key=lambda change: change.text_bytes,
            right=True,
        ),
        Column(tr("Note"), lambda change: change.note, muted=True, tip=lambda change: change.note),
    )
