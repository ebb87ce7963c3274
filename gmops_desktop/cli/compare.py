"""`gmops backup compare`: what differs between two backup files, or a file and a database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.cli import DIFFERENT
from gmops_desktop.cli.options import AcceptFingerprint, Json, Key, Ssh, argument, option
from gmops_desktop.cli.plain import plain
from gmops_desktop.cli.session import opened
from gmops_desktop.language import tr, tr_n
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.cli.terminal import Terminal
    from gmops_desktop.context import Context
    from gmops_desktop.services.comparisons import (
        Cell,
        Compared,
        ObjectComparison,
        RowChange,
        TableComparison,
    )

_WIDEST = 60  # characters of a value in a line for people

HELP = tr(
    "Compare two backup files, or a file with a database: tables, rows, other definitions. "
    "Exit 0 if nothing differs, 4 if something does."
)
_SIDE = tr("A backup file, mysql://user@host:port/schema, or a database of the contract.")

Before = Annotated[str, argument("BEFORE", _SIDE)]
After = Annotated[str, argument("AFTER", _SIDE)]
Tables = Annotated[
    list[str] | None,
    option("--table", tr("Look at this table only; may be given several times."), metavar="NAME"),
]
Csv = Annotated[
    Path | None,
    option("--csv", tr("Write every difference to this file, which Excel opens."), metavar="FILE"),
]
Limit = Annotated[
    int,
    typer.Option(
        "--limit",
        metavar="N",
        min=0,
        help=tr("How many changed rows of each table to show; a CSV file has them all."),
    ),
]


def compare(
    before: Before,
    after: After,
    tables: Tables = None,
    csv: Csv = None,
    limit: Limit = 20,
    ssh: Ssh = "",
    key: Key = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        sides = [
            _side(session, word, ssh=ssh, key=key, accept=accept_fingerprint)
            for word in (before, after)
        ]

        def job(context: Context) -> Compared:
            comparisons = session.services.comparisons
            found = comparisons.compare(sides[0], sides[1], context, tables=tables or ())
            try:
                if csv:
                    comparisons.export(found, csv.absolute(), context)
            except BaseException:
                found.close()
                raise
            return found

        title = tr("Comparing {before} with {after}", before=before, after=after)
        with session.run(job, title) as found:
            if as_json:
                session.terminal.answer(_document(found, limit))
            else:
                _show(session.terminal, found, limit)
            if not found.identical:
                raise typer.Exit(DIFFERENT)


def _side(session: Session, word: str, *, ssh: str, key: str, accept: str) -> Path | MysqlAddress:
    """Return what a word names: an address, a file, or a database of the contract."""
    path = Path(word)
    if "://" not in word and (path.exists() or path.suffix or len(path.parts) > 1):
        return path.absolute()
    address, _ = session.database(word, ssh=ssh, key=key, accept=accept)
    return address


# ---------------------------------------------------------------- for people


def _show(terminal: Terminal, found: Compared, limit: int) -> None:
    from gmops_desktop.services.comparisons import wording

    differing = [table for table in found.tables if table.state != "same"]
    if found.identical:
        terminal.answer(
            found,
            tr_n("Nothing differs in {count} table.", "Nothing differs in {count} tables.",
                 len(found.tables)),
        )  # fmt: skip
        return
    if differing:
        terminal.table(
            found,
            (
                tr("Table"),
                tr("Change", context="comparison"),
                tr("Added", context="comparison"),
                tr("Changed", context="comparison"),
                tr("Removed", context="comparison"),
            ),
            [
                (
                    table.table,
                    wording.table_word(table),
                    *map(words.number, (table.added, table.changed, table.removed)),
                )
                for table in differing
            ],
        )
    for table in differing:
        lines = [*_definition(table), *_rows(found, table, limit)]
        if table.note:
            lines.append(table.note)
        if lines:
            terminal.answer(found, "", f"[{table.table}]", *lines)
    for thing in found.objects:
        heading = f"[{wording.object_word(thing.state, thing.kind)}: {thing.name}]"
        terminal.answer(found, "", heading, *_definition(thing))


def _definition(thing: TableComparison | ObjectComparison) -> Sequence[str]:
    if thing.state in ("added", "gone", "unknown"):
        return ()  # all of it; the whole statement says no more than its name
    return [line for line in thing.definition if not line.startswith("@@")]


def _rows(found: Compared, table: TableComparison, limit: int) -> Iterator[str]:
    for change in islice(found.rows(table.table), limit):
        yield _line(table, change)
    if table.listed > limit:
        more = table.listed - limit
        yield tr_n("… and {count} more row (--limit, --csv)", "… and {count} more rows (--limit, "
                   "--csv)", more)  # fmt: skip


def _line(table: TableComparison, change: RowChange) -> str:
    from gmops_desktop.services.comparisons import wording

    sign = {"added": "+", "removed": "-", "changed": "~"}[change.kind]
    key = wording.key_text(table, change)
    if change.kind == "changed":
        cells = [
            f"{table.columns[place]}: {_short(change.before[place])} → "
            f"{_short(change.after[place])}"
            for place in change.changed
        ]
    else:
        cells = [
            f"{name}={_short(cell)}"
            for name, cell in zip(table.columns, change.after or change.before, strict=True)
            if cell.kind != "absent" and name not in table.key
        ]
    return " ".join(filter(None, (sign, key, ", ".join(cells))))


def _short(cell: Cell) -> str:
    text = cell.text if len(cell.text) <= _WIDEST else f"{cell.text[:_WIDEST]}…"
    return repr(text) if cell.kind == "text" else text


# ---------------------------------------------------------------- for scripts


def _document(found: Compared, limit: int) -> dict[str, Any]:
    return {
        "before": plain(found.before),
        "after": plain(found.after),
        "identical": found.identical,
        "seconds": found.seconds,
        "travelled": found.travelled,
        "tables": [_table(found, table, limit) for table in found.tables],
        "objects": [
            {
                "kind": thing.kind,
                "name": thing.name,
                "state": thing.state,
                "definition": list(thing.definition),
            }
            for thing in found.objects
        ],
    }


def _table(found: Compared, table: TableComparison, limit: int) -> dict[str, Any]:
    return {
        "table": table.table,
        "state": table.state,
        "rows_before": table.rows_before,
        "rows_after": table.rows_after,
        "added": table.added,
        "changed": table.changed,
        "removed": table.removed,
        "key": list(table.key),
        "definition": list(table.definition),
        "note": table.note,
        "rows": [_row(table, change) for change in islice(found.rows(table.table), limit)],
        "more": max(0, table.listed - limit),
    }


def _row(table: TableComparison, change: RowChange) -> dict[str, Any]:
    def named(cells: Sequence[Cell], names: Sequence[str]) -> dict[str, str | None]:
        return {
            name: None if cell.kind == "null" else cell.text
            for name, cell in zip(names, cells, strict=True)
            if cell.kind != "absent"
        }

    return {
        "kind": change.kind,
        "key": named(change.key, table.key),
        "changed": [table.columns[place] for place in change.changed],
        "before": named(change.before, table.columns) if change.kind != "added" else None,
        "after": named(change.after, table.columns) if change.kind != "removed" else None,
    }
