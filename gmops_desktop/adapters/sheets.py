"""Reading a list out of an Excel or CSV file, row by row: what older programs and people left.

Of an Excel file one sheet is read (see `adapters.excel`).  A CSV file may be UTF-8 (with or without
its mark), UTF-16 as Excel's “Unicode text”, or GBK as Excel writes it in China.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gmops_desktop.adapters import excel
from gmops_desktop.adapters.excel import Cell
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS: Final = ",;\t|"
_FORMULAS: Final = frozenset("=+-@")  # how formulas begin
_LONGEST: Final = 10_000_000  # characters of one cell: a whole file in one quote is no list
_MOST_BYTES: Final = 200_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list, as many cells as `Sheet.heads`; `number` counts as Excel shows it."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list under its heads; rows without any content are left out.

    An Excel file holds several sheets by `names`, of which this is `name`; a CSV file has none,
    but an `encoding`.
    """

    path: Path
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    encoding: str = ""
    name: str = ""
    names: tuple[str, ...] = ()


def read(path: Path, context: Context, name: str = "") -> Sheet:
    """Return the list in `path`: the sheet of that name, the first that has any, or the CSV rows.

    The first row with at least two filled cells is the head.  Raises `OpsError` where the file is
    not what its name says, is damaged, sealed with a password, or holds no list.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _refused(path, tr("it is larger than {size} MB", size=_MOST_BYTES // 1_000_000))
        excels = path.suffix.lower() in excel.ENDINGS
        return _excel(path, context, name) if excels else _csv(path, context)
    except excel.Strange as error:
        save_it = tr("Open it in Excel or WPS and save it as .xlsx or CSV.")
        raise _refused(path, str(error), save_it) from error
    except OSError as error:
        raise _refused(path, str(error.strerror or error)) from error


def _excel(path: Path, context: Context, wanted: str) -> Sheet:
    with excel.opened(path) as book:
        names = excel.sheets_of(book)
        if wanted and wanted not in names:
            raise OpsError(
                tr("{path} has no sheet “{name}”.", path=path, name=wanted),
                hint=tr("Its sheets are: {names}.", names=tr(", ", context="list").join(names)),
                unharmed=tr("Nothing was imported."),
            )
        for name in (wanted,) if wanted else names:
            if found := _under_heads(excel.rows_of(book, name, context)):
                return Sheet(path, *found, name=name, names=names)
    raise _no_list(path)


def _csv(path: Path, context: Context) -> Sheet:
    text, encoding = _decoded(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    csv.field_size_limit(_LONGEST)

    def rows() -> Iterator[tuple[int, Sequence[Cell]]]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        begin = 1  # a cell may hold line ends: rows are named by the line they begin on
        for cells in reader:
            if reader.line_num % 200 == 0:
                context.progress(None, tr("Reading row {number}", number=reader.line_num))
            yield begin, [_unguarded(cell) for cell in cells]
            begin = reader.line_num + 1

    try:
        found = _under_heads(rows())
    except csv.Error as error:
        raise _refused(path, str(error)) from error
    if found is None:
        raise _no_list(path)
    return Sheet(path, *found, encoding)


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


def _under_heads(
    rows: Iterable[tuple[int, Sequence[Cell]]],
) -> tuple[tuple[str, ...], tuple[Line, ...]] | None:
    """Return the heads of the rows and the lines under them; None where there are no heads."""
    heads: tuple[str, ...] = ()
    lines = []
    for number, row in rows:
        cells = tuple(map(_trimmed, row))
        filled = len(cells) - cells.count(None)
        if not filled:
            continue
        if heads:
            cells = (cells + (None,) * len(heads))[: len(heads)]
            if any(cell is not None for cell in cells):  # not only beside the list
                lines.append(Line(number, cells))
        elif filled >= 2:  # a title above the list has one
            heads = _named(cells)
    return (heads, tuple(lines)) if heads else None


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


def _unguarded(cell: str) -> str:
    """Take away the mark by which a CSV file keeps a text from being taken for a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _FORMULAS else cell


def _trimmed(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return cell.strip().strip("\ufeff\u200b").strip() or None
    return cell


def _refused(path: Path, why: str, hint: str = "") -> OpsError:
    return OpsError(
        tr("{path} cannot be read as a list: {why}.", path=path, why=why),
        hint=hint or tr("Choose an Excel file (.xlsx) or a CSV file."),
        unharmed=tr("Nothing was imported."),
    )


def _no_list(path: Path) -> OpsError:
    return OpsError(
        tr("{path} holds no list: no row has two filled cells.", path=path),
        hint=tr("The first row of the list names the columns."),
        unharmed=tr("Nothing was imported."),
    )
