"""What `gmops restore` says of previews and of restores: lines for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmops_desktop.cli.terminal import BadAnswer
from gmops_desktop.errors import ProofFailed
from gmops_desktop.language import tr, tr_n
from ui import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmops_desktop.cli.terminal import Terminal
    from gmops_desktop.services.restores import Restored, RowChange, TableChange, Unfinished


_SHORT: Final = 7  # the last digits of an id, which tell it from others


def side_by_side(columns: tuple[str, ...], row: RowChange) -> Iterator[tuple[str, ...]]:
    """Return a line for each column that differs, or one for a row that one side lacks."""
    if row.present is None or row.archived is None:
        absent, there = tr("(no such row)"), row.archived or row.present or ()
        text = ", ".join(cell.text for cell in there)
        sides = (text, absent) if row.present is None else (absent, text)
        yield (row.key, "", *sides)
        return
    for name, archived, present in zip(columns, row.archived, row.present, strict=True):
        if name in row.changed:
            yield row.key, name, archived.text, present.text


def show(terminal: Terminal, restored: Restored) -> None:
    """Tell how a restore ended; one that is not proved ends the command as a failed proof."""
    if not restored.proved:
        fault = ProofFailed(
            tr(
                "{schema} differs from the backup after the restore: {differences}",
                schema=restored.schema,
                differences="; ".join(restored.differences),
            ),
            hint=tr("Take the restore back with gmops restore undo."),
        )
        raise BadAnswer(restored, fault)
    lines = [
        tr(
            "{schema} is restored and proved by its digests: {tables}, {rows}, in {seconds}.",
            schema=restored.schema,
            tables=tr_n("{count} table", "{count} tables", restored.tables),
            rows=tr_n("{count} row", "{count} rows", restored.rows),
            seconds=words.lasting(restored.seconds),
        )
    ]
    lines += restored.differences
    if restored.safety is not None:
        lines.append(tr("What was there before lies in {path}.", path=restored.safety.path))
        lines.append(tr("Take it back with gmops restore undo."))
    if restored.made_schema:
        lines.append(tr("The schema was made for it; undo removes it again."))
    terminal.answer(restored, *lines)


def action_of(table: TableChange) -> str:
    """Say what a restore would do to a table."""
    match table.action:
        case "same":
            word = tr("same")
        case "rows":
            word = tr("rows are changed") if table.in_place else tr("built anew beside")
        case "replace":
            word = tr("replaced as a whole")
        case "create":
            word = tr("created")
        case "drop":
            word = tr("dropped")
    return f"{word} ({table.note})" if table.note else word


def rows_of(table: TableChange) -> str:
    """Say how many rows a restore would add, change and remove."""
    return f"+{table.added:,} ~{table.changed:,} -{table.removed:,}"


def state_of(done: Restored) -> str:
    """Say what became of a restore that ended."""
    word = tr("proved") if done.proved else tr("not the same as the archive")
    if done.undoes:
        word = tr("{state}, took back …{id}", state=word, id=done.undoes[-_SHORT:])
    if done.safety is None or not done.safety.exists:
        word = tr("{state}, cannot be undone", state=word)
    return word


def unfinished(one: Unfinished) -> str:
    """Say how an interrupted restore left its schema."""
    stands = {
        "before": tr("interrupted, the schema is as before it"),
        "after": tr("interrupted, the schema is as after it"),
        "unknown": tr("interrupted, the server knows how far it came"),
    }
    return stands[one.stands]
