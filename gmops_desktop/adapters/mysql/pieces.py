"""What comes of a table: segments of rows, and before them the pieces of values too large for one.

Here is what every way of reading has in common: what is checked, how large values are cut.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import Column, name
from gmops_desktop.adapters.mysql.segments import Range
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr

_WIDE: Final = 256 << 10  # bytes of a large row that may stand in its text; the rest in pieces
_PIECE: Final = 256 << 10  # bytes of a piece; more, up to the most, of a value that is very large
MOST_PIECE: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a value too large for a statement; `variable` is the whole value's SHA-256."""

    variable: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """The rows of a range: their text and its digest, as the server computed it."""

    range: Range
    rows: int
    text: bytes
    digest: str


def checked(
    table: Table, r: Range, rows: int, text: bytes | None, digest: str, limit: int
) -> Segment | None:
    """Check what the server sent; None where the text was cut or could not be built."""
    if text is None or len(text) >= limit or text.count(b"\0") + 1 != rows:
        return None
    if hashlib.sha256(text).hexdigest() != digest:
        raise ProofFailed(
            tr("Rows of {table} arrived otherwise than the server sent them.", table=table.name),
            hint=tr("Start again; if it happens again, the line or this machine is faulty."),
            unharmed=tr("No archive was written."),
        )
    return Segment(r, rows, text, digest)


def piece_size(length: int) -> int:
    """Return how large the pieces of a value of `length` bytes are.

    Whoever takes the value takes statements as large as itself; a server that joins a value of many
    small pieces copies it as often.
    """
    return min(max(_PIECE, length // 16), MOST_PIECE)


def pieces_of(variable: str, value: bytes, size: int) -> Iterator[Piece]:
    """Cut a value, or what was read of it, into pieces; an empty one is a piece, too."""
    for start in range(0, len(value) or 1, size):
        yield Piece(variable, value[start : start + size])


def size_of(column: Column) -> str:
    """Return the expression for about how long a literal of `column` is."""
    factor = 2 if column.form == "bytes" else 1
    return f"IFNULL(LENGTH({name(column.name)})*{factor},4)"


def wide_columns(sizes: dict[Column, int]) -> tuple[str, ...]:
    """Choose which columns of a large row come in pieces: the largest, until the rest is small."""
    rest, chosen = sum(sizes.values()), []
    for column, size in sorted(sizes.items(), key=lambda item: -item[1]):
        if rest <= _WIDE:
            break
        chosen.append(column.name)
        rest -= size
    return tuple(column.name for column in sizes if column.name in chosen)


def prove(table: Table, expected: str, found: str) -> None:
    if found != expected:
        raise ProofFailed(
            tr(
                "A large value of {table} arrived otherwise than the server sent it.",
                table=table.name,
            ),
            hint=tr("Start again; if it happens again, the line or this machine is faulty."),
            unharmed=tr("No archive was written."),
        )


def too_large(table: Table) -> OpsError:
    return OpsError(
        tr("Rows of {table} are too large to be read in one piece.", table=table.name),
        hint=tr("Give the table a primary key, then start again."),
        unharmed=tr("No archive was written."),
    )
