"""The two forms of a segment's rows: as the server hashes them, and as they stand in the file.

The server joins rows by a comma and a NUL byte, which its quoting never leaves inside a row.  In
the file each row is one line, and line ends inside strings are escaped: a stock client would turn
CR LF into LF.  (The server cannot escape them: its REPLACE takes time by the square of the length.)
Either form gives the other, byte for byte.
"""

from __future__ import annotations

import hashlib
import re
from itertools import islice
from typing import Final

# What stands for a backslash and the byte after it: only line ends were escaped here.
_MEANT: Final = {ord("n"): b"\n", ord("r"): b"\r"} | {
    byte: b"\\%c" % byte for byte in range(256) if byte not in b"nr"
}
LITERAL: Final = re.compile(rb"'[^'\\]*(?:\\.[^'\\]*)*'|CONVERT\([^)]*\)|[^,'()]+", re.DOTALL)

# As the server writes values (a quote stands for a string): anything else could be a question, or
# the end of a statement.
_VALUE: Final = (
    rb"(?:'|NULL|0x[0-9A-F]++|-?[0-9]++(?:\.[0-9]++)?(?:e[-+]?[0-9]++)?"
    rb"|@`[0-9a-f]{64}`|CONVERT\(@`[0-9a-f]{64}` USING utf8mb4\))"
)
_ROW: Final = rb"\((?:" + _VALUE + rb"(?:," + _VALUE + rb")*+)?\)"
_ROWS: Final = re.compile(_ROW + rb"(?:,\n" + _ROW + rb")*+")


def are_values(rows: bytes) -> bool:
    """Say whether `rows`, as they stand in a file, are values and nothing else."""
    parts = rows.replace(b"\\\\", b"\x1a").replace(b"\\'", b"\x1a").split(b"'")
    return len(parts) % 2 == 1 and _ROWS.fullmatch(b"'".join(parts[::2])) is not None


def lines(text: bytes) -> bytes:
    """Return the file's form of the server's `text`."""
    escaped = text.replace(b"\r", b"\\r").replace(b"\n", b"\\n")
    return escaped.replace(b"\0", b"\n")


def server_text(rows: bytes) -> bytes:
    """Return the server's form of `rows` as they stand in a file."""
    joined = rows.replace(b"\n", b"\0")
    if b"\\" not in joined:
        return joined
    first, *escaped = joined.split(b"\\")  # one byte is found many times faster than two
    if b"" not in escaped:
        return first + b"".join([_MEANT[part[0]] + part[1:] for part in escaped])
    # A run of backslashes begins with an escape, so pairs taken from the left are escaped
    # backslashes; a byte that stands nowhere in the text keeps them out of the way.
    parted = joined.replace(b"\\\\", b"\x1a")
    return parted.replace(b"\\r", b"\r").replace(b"\\n", b"\n").replace(b"\x1a", b"\\\\")


def digest_of(text: bytes) -> str:
    """Return the SHA-256 of rows in the server's form."""
    return hashlib.sha256(text).hexdigest()


def digest(rows: bytes) -> str:
    """Return the SHA-256 that the server computes for `rows` as they stand in a file."""
    return hashlib.sha256(server_text(rows)).hexdigest()


def count(rows: bytes) -> int:
    """Return how many rows these are."""
    return rows.count(b"\n") + 1


def split(rows: bytes) -> list[bytes]:
    """Return the rows one by one, each in the server's form."""
    return server_text(rows).split(b",\0")


def literals(row: bytes, first: int | None = None) -> list[bytes]:
    """Return the literals of one row in the server's form, or only the `first` few."""
    if first is None:
        return LITERAL.findall(row)
    return [found[0] for found in islice(LITERAL.finditer(row), first)]
