"""Rows in the file are one line each, and give back what the server hashed."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.archive.rows import are_values, count, digest, lines, server_text

# What QUOTE makes of any string: backslash, quote, NUL and Ctrl-Z are escaped, the rest is itself.
QUOTED = {"\\": "\\\\", "'": "\\'", "\0": "\\0", "\x1a": "\\Z"}
strings = st.text(st.sampled_from("ab\\'\0\x1a\r\nnr0Z中,()"), max_size=30) | st.text(
    max_size=30
).filter(lambda text: text.isprintable())


def quote(text: str) -> str:
    return "'" + "".join(QUOTED.get(character, character) for character in text) + "'"


@given(st.lists(strings, min_size=1, max_size=8))
def test_one_row_one_line_and_back(values: list[str]) -> None:
    text = ",\0".join(f"({number},{quote(value)})" for number, value in enumerate(values)).encode()
    rows = lines(text)
    assert count(rows) == len(values)
    assert b"\r" not in rows
    assert b"\0" not in rows
    assert server_text(rows) == text
    assert digest(rows) == hashlib.sha256(text).hexdigest()


@given(
    st.lists(
        st.lists(
            strings.map(quote)
            | st.integers().map(str)
            | st.decimals(allow_nan=False, allow_infinity=False).map(lambda n: f"{n:f}")
            | st.binary(min_size=1).map(lambda data: f"0x{data.hex().upper()}")
            | st.sampled_from(["NULL", "0x5", f"@`{'ab' * 32}`",
                               f"CONVERT(@`{'0c' * 32}` USING utf8mb4)"]),
            max_size=5,
        ),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_what_a_server_writes_are_values(written: list[list[str]]) -> None:
    text = ",\0".join(f"({','.join(row)})" for row in written).encode()
    assert are_values(lines(text))


@pytest.mark.parametrize(
    "text",
    [b"", b"(1", b"(1))", b"(1);", b"(1),(2)", b"(1),\n", b"(1)\n", b"(a)", b"(SLEEP(1))", b"(1+1)",
     b"(1 OR 1)", b"((SELECT 1))", b"('a''b')", b"('a\\')", b"('a'--\n)", b"(@a)", b"(@@version)",
     b"(0xg)", b"(/*!1*/)", b"(CONVERT(1 USING utf8mb4))", b"(1),\n(1) ON DUPLICATE KEY",
     b"('a'\\! ls)", b"(\\'1)", b"('a\\\\'b')"],
)  # fmt: skip
def test_anything_else_is_not(text: bytes) -> None:
    assert not are_values(text)
