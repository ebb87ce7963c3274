"""A literal of the archive reads as a person expects, and nothing is taken for something else."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.archive.cells import LONGEST_TEXT, cell, content, fingerprint
from gmops_desktop.archive.manifest import ColumnRecord

TEXT = ColumnRecord("t", "text", "text", "utf8mb4")
FLOAT = ColumnRecord("f", "float", "float")
BYTES = ColumnRecord("b", "blob", "bytes")


@pytest.mark.parametrize(
    ("literal", "column", "kind", "shown"),
    [
        (b"NULL", TEXT, "null", "NULL"),
        (b"'NULL'", TEXT, "text", "NULL"),
        (b"''", TEXT, "text", ""),
        (rb"'it\'s \\ a\0b\Z'", TEXT, "text", "it's \\ a\0b\x1a"),
        ("'商会\n'".encode(), TEXT, "text", "商会\n"),
        (b"-12.50", ColumnRecord("n", "decimal(9,2)", "number"), "value", "-12.50"),
        (b"0x5", ColumnRecord("n", "bit(3)", "bits"), "value", "0x5"),
        (b"'0.10000000149011612'", FLOAT, "value", "0.1"),
        (b"'16777216'", FLOAT, "value", "16777216"),
        (b"'0.30000000000000004'", ColumnRecord("d", "double", "float"), "value",
         "0.30000000000000004"),
        (b"0x89504E47", BYTES, "bytes", "0x89504E47"),
        (b"''", BYTES, "bytes", ""),
        (b"0xC9CCBBE1", ColumnRecord("g", "varchar(9)", "bytes", "gbk"), "text", "商会"),
        (b"0xFFFFFF", ColumnRecord("g", "varchar(9)", "bytes", "gbk"), "bytes", "0xFFFFFF"),
        (b"@`" + b"ab" * 32 + b"`", TEXT, "large", "SHA-256 abababababababab…"),
        (b"CONVERT(@`" + b"ab" * 32 + b"` USING utf8mb4)", TEXT, "large",
         "SHA-256 abababababababab…"),
        (b"'2018-04-01 00:00:00'", ColumnRecord("a", "datetime", "time"), "text",
         "2018-04-01 00:00:00"),
    ],
)  # fmt: skip
def test_what_a_person_reads(literal: bytes, column: ColumnRecord, kind: str, shown: str) -> None:
    assert (cell(literal, column).text, cell(literal, column).kind) == (shown, kind)


def test_long_values_are_short_and_still_told_apart() -> None:
    one, other = (cell(b"0x" + b"00" * 50 + last, BYTES) for last in (b"00", b"01"))
    assert one.text.startswith("0x00000000000000000000000000000000… (51 B, SHA-256 ")
    assert one != other
    longer = cell(b"'" + b"x" * (LONGEST_TEXT + 1) + b"'", TEXT)
    assert len(longer.text) < LONGEST_TEXT + 100
    assert longer != cell(b"'" + b"x" * (LONGEST_TEXT + 2) + b"'", TEXT)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_keeps_every_bit(value: float) -> None:
    shown = cell(f"'{value!r}'".encode(), FLOAT).text
    assert struct.pack("<f", float(shown)) == struct.pack("<f", value)


def test_a_value_and_its_name_have_one_fingerprint() -> None:
    literal = rb"'a\0b'"
    assert content(literal) == b"a\0b"
    name = fingerprint(literal, TEXT).encode()
    assert fingerprint(b"@`" + name + b"`", TEXT) == name.decode()
