"""Rows in the file are one line each, and give back what the server hashed."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.archive.rows import count, digest, lines, server_text

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
