"""Reading a list out of an Excel or CSV file, row by row: what older programs and people left.

Excel is read by openpyxl in its read-only mode.  A CSV file may be UTF-8 (with or without its
mark), UTF-16 as Excel's “Unicode text”, or GBK as Excel writes it in China.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

Cell = str | int | float | bool | datetime | date | time | None

EXCEL: Final = frozenset({".xlsx", ".xlsm"})
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS: Final = ",;\t|"
_LONGEST: Final = 10_000_000  # characters of one cell: a whole file in one quote is no list
_MOST_BYTES: Final = 200_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list, as many cells as `Sheet.heads`; `number` counts as Excel shows it."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list under its heads; rows without any content are left out."""

    path: Path
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    encoding: str  # of a CSV file; empty for Excel


def read(path: Path, context: Context) -> Sheet:
    """Return the list in `path`: the first sheet that has any, or the CSV file's rows.

    The first row with at least two filled cells is the head.  Raises `OpsError` where the file is
    not what its name says, is sealed with a password, or holds no list.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _refused(path, tr("it is larger than {size} MB", size=_MOST_BYTES // 1_000_000))
        if path.suffix.lower() in EXCEL:
            return _excel(path, context)
        if path.suffix.lower() == ".xls":
            raise OpsError(
                tr("{path} is in the format of Excel 97-2003.", path=path),
                hint=tr("Open it in Excel or WPS and save it as .xlsx or CSV."),
                unharmed=tr("Nothing was imported."),
            )
        return _csv(path, context)
    except OSError as error:
        raise _refused(path, str(error.strerror or error)) from error


def _excel(path: Path, context: Context) -> Sheet:
    # Late: the library takes a quarter of a second.
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    if path.read_bytes()[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise _refused(path, tr("it is protected by a password, or in an older format"))
    try:
        with closing(load_workbook(path, read_only=True, data_only=True)) as book:
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # other programs write wrong ones
                found = _sheet(path, _rows(sheet, context), "")
                if found is not None:
                    return found
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, SyntaxError) as error:
        raise _refused(path, str(error)) from error
    raise _no_list(path)


def _rows(sheet: Any, context: Context) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        if number % 200 == 0:
            context.progress(None, tr("Reading row {number}", number=number))
        yield number, tuple(row)


def _csv(path: Path, context: Context) -> Sheet:
    text, encoding = _decoded(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    csv.field_size_limit(_LONGEST)

    def rows() -> Iterator[tuple[int, tuple[Cell, ...]]]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        begin = 1  # a cell may hold line ends: rows are named by the line they begin on
        for cells in reader:
            if reader.line_num % 200 == 0:
                context.progress(None, tr("Reading row {number}", number=reader.line_num))
            yield begin, tuple(cells)
            begin = reader.line_num + 1

    try:
        found = _sheet(path, rows(), encoding)
    except csv.Error as error:
        raise _refused(path, str(error)) from error
    if found is None:
        raise _no_list(path)
    return found


def _decoded(path: Path) -> tuple[str, str]:
    raw = path.read_bytes()
    if raw.startswith(b"PK\x03\x04"):
        raise _refused(path, tr("it is an Excel file; let its name end in .xlsx"))
    marked = next((name for mark, name in _MARKS if raw.startswith(mark)), "")
    for encoding in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, encoding
    raise _refused(path, tr("its characters are neither UTF-8 nor GBK"))


def _sheet(path: Path, rows: Iterator[tuple[int, tuple[Cell, ...]]], encoding: str) -> Sheet | None:
    heads: tuple[str, ...] = ()
    lines = []
    for number, row in rows:
        cells = tuple(_trimmed(cell) for cell in row)
        if not any(cell is not None for cell in cells):
            continue
        if not heads:
            if sum(cell is not None for cell in cells) >= 2:  # a title above the list has one
                heads = _named(cells)
            continue
        lines.append(Line(number, (cells + (None,) * len(heads))[: len(heads)]))
    return Sheet(path, heads, tuple(lines), encoding) if heads else None


def _named(cells: tuple[Cell, ...]) -> tuple[str, ...]:
    """Return the heads; where one is missing, its column's letter stands for it."""
    last = max(place for place, cell in enumerate(cells) if cell is not None)
    return tuple(
        " ".join(str(cell).split()) if cell is not None else letter(place)
        for place, cell in enumerate(cells[: last + 1])
    )


def letter(place: int) -> str:
    """Return what Excel calls the column at `place`, from 0: A, B, ... Z, AA."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def _trimmed(cell: Any) -> Cell:
    if isinstance(cell, str):
        return cell.strip().strip("\ufeff\u200b").strip() or None
    if cell is None or isinstance(cell, int | float | bool | datetime | date | time):
        return cell
    return str(cell)


def _refused(path: Path, why: str) -> OpsError:
    return OpsError(
        tr("{path} cannot be read as a list: {why}.", path=path, why=why),
        hint=tr("Choose an Excel file (.xlsx) or a CSV file."),
        unharmed=tr("Nothing was imported."),
    )


def _no_list(path: Path) -> OpsError:
    return OpsError(
        tr("{path} holds no list: no row has two filled cells.", path=path),
        hint=tr("The first row of the list names the columns."),
        unharmed=tr("Nothing was imported."),
    )
