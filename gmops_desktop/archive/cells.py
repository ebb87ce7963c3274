"""What the literals of an archive mean to a reader: strings without their escapes, numbers as the
server shows them, large or binary values short, and NULL told from the text "NULL"."""

from __future__ import annotations

import codecs
import hashlib
import re
import struct
from dataclasses import dataclass
from typing import Final, Literal

from gmops_desktop.archive.manifest import ColumnRecord

CellKind = Literal["value", "text", "null", "bytes", "large", "absent"]

SHOWN_BYTES: Final = 16  # of a binary value
LONGEST_TEXT: Final = 32_000  # characters; a cell of Excel holds 32,767

_ESCAPED: Final = re.compile(rb"\\(.)", re.DOTALL)
_MEANT: Final = {b"0": b"\0", b"Z": b"\x1a", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b"}
_VARIABLE: Final = re.compile(rb"(?:CONVERT\()?@`([0-9a-f]{64})`")
_CODECS: Final = {  # MySQL's latin1 is Windows' and leaves no byte undefined, so it may fail here
    "latin1": "cp1252",
    "gbk": "gbk",
    "gb2312": "gb2312",
    "gb18030": "gb18030",
    "big5": "big5",
    "ucs2": "utf-16-be",
    "utf16": "utf-16-be",
    "utf16le": "utf-16-le",
    "utf32": "utf-32-be",
    "sjis": "shift_jis",
    "cp932": "cp932",
    "ujis": "euc_jp",
    "euckr": "euc_kr",
    "koi8r": "koi8_r",
    "cp1251": "cp1251",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as a person reads it.

    `kind` tells NULL ("null") from the text NULL ("text"), a binary value shown as hexadecimal
    digits ("bytes") and one known only by its SHA-256 ("large") from what is shown in full, and a
    column that this side does not have ("absent").
    """

    text: str
    kind: CellKind


ABSENT: Final = Cell("", "absent")


def cell(literal: bytes, column: ColumnRecord) -> Cell:
    """Return what `literal`, a value of `column` in the server's form, means."""
    if literal == b"NULL":
        return Cell("NULL", "null")
    if name := variable(literal):
        return Cell(f"SHA-256 {name[:16]}…", "large")
    if column.form in ("number", "bits"):
        return Cell(literal.decode("ascii", "replace"), "value")
    data = content(literal)
    match column.form:
        case "float":
            return Cell(_shortest(data.decode("ascii", "replace"), column.type), "value")
        case "bytes":
            return _binary(data, column.charset)
        case _:
            return _text(data.decode("utf-8", "backslashreplace"))


def variable(literal: bytes) -> str:
    """Return the SHA-256 that stands for a large value, empty where `literal` is the value."""
    found = _VARIABLE.match(literal)
    return found[1].decode() if found else ""


def content(literal: bytes) -> bytes:
    """Return the bytes that a literal stands for; of a number, its digits."""
    if literal.startswith(b"'"):
        inner = literal[1:-1]
        if b"\\" not in inner:
            return inner
        return _ESCAPED.sub(lambda found: _MEANT.get(found[1], found[1]), inner)
    if literal.startswith(b"0x"):
        return bytes.fromhex(literal[2:].decode("ascii"))
    return literal


def fingerprint(literal: bytes, column: ColumnRecord, *, as_text: bool = False) -> str:
    """Return the SHA-256 of a value, whether it stands there or only its name does.

    With `as_text` it is that of the text shown, the same for columns of whatever type.
    """
    if name := variable(literal):
        return name
    data = literal if column.form in ("number", "bits") else content(literal)
    if as_text:
        if column.form == "float":
            data = _shortest(data.decode("ascii", "replace"), column.type).encode()
        elif column.form == "bytes" and (text := _decoded(data, column.charset)) is not None:
            data = text.encode()
    return hashlib.sha256(data).hexdigest()


def _text(text: str) -> Cell:
    if len(text) <= LONGEST_TEXT:
        return Cell(text, "text")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Cell(f"{text[:LONGEST_TEXT]}… ({len(text):,}, SHA-256 {digest[:16]}…)", "text")


def _binary(data: bytes, charset: str) -> Cell:
    if (text := _decoded(data, charset)) is not None:
        return _text(text)
    if len(data) <= SHOWN_BYTES:
        return Cell(f"0x{data.hex().upper()}" if data else "", "bytes")
    digest = hashlib.sha256(data).hexdigest()
    shown = data[:SHOWN_BYTES].hex().upper()
    return Cell(f"0x{shown}… ({len(data):,} B, SHA-256 {digest[:16]}…)", "bytes")


def _decoded(data: bytes, charset: str) -> str | None:
    """Return bytes of a foreign character set as text; None where they are no text in it."""
    if charset not in _CODECS:
        return None
    try:
        return codecs.decode(data, _CODECS[charset])
    except UnicodeDecodeError:
        return None


def _shortest(text: str, declared: str) -> str:
    """Return a FLOAT with the fewest digits that are still this very FLOAT.

    The archive keeps it as a DOUBLE, exact and unreadable: 0.10000000149011612 for 0.1.
    """
    if not declared.lower().startswith("float"):
        return text
    try:
        exact = struct.pack("<f", float(text))
        for digits in range(1, 10):
            shown = f"{float(text):.{digits}g}"
            if struct.pack("<f", float(shown)) == exact:
                return repr(float(shown)).removesuffix(".0")
    except (ValueError, OverflowError):
        pass  # not a number of ours: as it stands
    return text
