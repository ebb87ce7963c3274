"""A comparison as one CSV file, a line for every cell that differs, as Excel opens it.

NULL is written NULL; a text that could be taken for something else (the text NULL, one that begins
with a quote, or that Excel would run as a formula) is written as an SQL string, in single quotes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.comparisons.results import Compared, RowChange, TableComparison
from gmops_desktop.services.comparisons.wording import key_text, object_word, plain, row_word


def write_csv(compared: Compared, path: Path, context: Context) -> Path:
    """Write all that differs to `path` (UTF-8 with a mark, so that Excel reads Chinese)."""
    part = path.with_name(path.name + ".part")
    total = sum(table.listed for table in compared.tables) or 1
    done, telling = 0, tr("Writing {name}", name=path.name)
    try:
        try:
            with part.open("w", encoding="utf-8-sig", newline="") as file:
                sheet = csv.writer(file)
                sheet.writerow(_titles())
                for table in compared.tables:
                    sheet.writerows(_of_definition(table))
                    for change in compared.rows(table.table):
                        sheet.writerows(_of_row(table, change))
                        done += 1
                        context.progress(done * 99 // total, telling)
                for thing in compared.objects:
                    sheet.writerow(
                        (
                            thing.name,
                            object_word(thing.state, thing.kind),
                            "",
                            "",
                            thing.create_before,
                            thing.create_after,
                        )
                    )
            with context.uncut():
                part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise OpsError(
            tr("The comparison could not be written to {path}: {why}.",
               path=path, why=error.strerror or error),
            hint=tr("Close the file in other programs, or choose another place."),
            unharmed=tr("Neither side was changed."),
        ) from error  # fmt: skip
    return path


def _titles() -> tuple[str, ...]:
    return (
        tr("Table"),
        tr("Change", context="comparison"),
        tr("Key", context="comparison"),
        tr("Column"),
        tr("Before", context="comparison"),
        tr("After", context="comparison"),
    )


def _of_definition(table: TableComparison) -> Iterator[tuple[str, ...]]:
    if table.state in ("definition", "added", "gone", "unknown"):
        state = "changed" if table.state == "definition" else table.state
        change = object_word(state, "table")
        yield table.table, change, "", "", table.create_before, table.create_after


def _of_row(table: TableComparison, change: RowChange) -> Iterator[tuple[str, ...]]:
    word, key = row_word(change.kind), key_text(table, change)
    places = change.changed if change.kind == "changed" else range(len(table.columns))
    for place in places:
        before = plain(change.before[place]) if change.before else ""
        after = plain(change.after[place]) if change.after else ""
        yield table.table, word, key, table.columns[place], before, after
