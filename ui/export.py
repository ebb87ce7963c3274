"""Writing a table to a file for Excel or as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically


def write_table(
    path: Path, titles: Sequence[str], rows: Sequence[Sequence[Any]], context: Context
) -> Path:
    """Write `rows` under `titles` to `path`: Excel for `.xlsx`, else CSV (UTF-8 with a mark).

    Raises `OpsError` when the file cannot be written; an older file then stays as it was.
    """
    excel = path.suffix.lower() == ".xlsx"
    content = _excel(titles, rows, context) if excel else _csv(titles, rows, context)
    try:
        with context.uncut():
            write_atomically(path, content, 0o644)
    except OSError as error:
        raise OpsError(
            tr("The table could not be written to {path}: {why}.", path=path, why=error),
            hint=tr("Close the file in other programs, or choose another place."),
        ) from error
    return path


def _excel(titles: Sequence[str], rows: Sequence[Sequence[Any]], context: Context) -> bytes:
    # Late: the library takes a quarter of a second, and few start the window to export.
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet("GMOps")
    sheet.freeze_panes = "A2"
    head = []
    for title in titles:
        cell = WriteOnlyCell(sheet, value=title)
        cell.font = Font(bold=True)
        head.append(cell)
    sheet.append(head)
    for done, row in enumerate(rows):
        sheet.append([_cell(WriteOnlyCell(sheet), value) for value in row])
        context.progress(90 * done // len(rows))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _cell(cell: Any, value: Any) -> Any:
    if isinstance(value, datetime):
        value = value.astimezone().replace(tzinfo=None)  # Excel knows no time zones
    elif not isinstance(value, (int, float, Decimal, type(None))):
        value = str(value)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"  # a text that begins with "=" is not a formula
    return cell


def _csv(titles: Sequence[str], rows: Sequence[Sequence[Any]], context: Context) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(titles)
    for done, row in enumerate(rows):
        writer.writerow([_plain(value) for value in row])
        context.progress(90 * done // len(rows))
    return text.getvalue().encode("utf-8-sig")  # without the mark Excel reads Chinese as Latin


def _plain(value: Any) -> Any:
    """Keep Excel from taking a text for a formula when it opens the file."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") and value != "-":
        return f"'{value}"
    return value
