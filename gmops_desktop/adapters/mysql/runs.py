"""Sums of short runs of rows, which a server can tell in the same pass in which it hashes them.

A run is a stretch of neighbours in the order of the key; it ends with each row whose key, or the
CRC-32 of one that is no whole number, is divisible by `RUN`, so a row that comes or goes moves the
ends of no other.  The sums have 16 bits: far too few to prove anything, enough to look in the right
places.

Variables of the session carry a row's text from one aggregate to the next, and a sum from row to
row.  Servers work off a SELECT in the order in which it is written and read a clustered key in its
order, though none promises it: where one would not, the sums are wrong, more rows than needed are
asked for, and the SHA-256 over them has the last word anyhow.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import literal

RUN: Final = 7  # rows that a run has, on average; a prime, for keys that go up by even steps
TEXT: Final = "@gmops_text"
START: Final = "SET @gmops_sum=0"  # before a statement that asks for runs

_SUM: Final = "@gmops_sum"


def columns(table: Table, text: str, modulus: int) -> str:
    """Return two columns: the XOR of all rows' sums, and what it has come to at each run's end.

    `text` is the rows' expression, or `TEXT` where a column before has put it there.
    """
    first = text if text == TEXT else f"{TEXT}:={text}"
    added = f"{_SUM}:={_SUM}^(CRC32({TEXT})%{modulus})"
    # The variable outside of the aggregate would turn their order round.
    return (
        f"BIT_XOR(CRC32({first})%{modulus}),"
        f"GROUP_CONCAT(UNHEX(IF({cut(table)},LEFT({added},0),LPAD(HEX({added}),4,'0')))"
        " SEPARATOR '')"
    )


def sums(answers: Sequence[tuple[str | None, bytes | None]]) -> list[tuple[int, ...] | None]:
    """Return the sums of runs from both columns of all questions of one statement, in their order.

    The last run of a range is what follows the last end, often nothing.  What did not ask for runs
    has none.
    """
    found: list[tuple[int, ...] | None] = []
    before = 0
    for total, ends in answers:
        if total is None:
            found.append(None)
            continue
        passed = [before, *numbers(ends or b""), before := before ^ int(total)]
        found.append(tuple(a ^ b for a, b in pairwise(passed)))
    return found


def cut(table: Table) -> str:
    """Return the expression that is zero for the last row of a run."""
    key = key_text(table)
    return f"{key}%{RUN}" if whole(table) else f"CRC32({key})%{RUN}"


def whole(table: Table) -> bool:
    """Say whether the key is one whole number."""
    first = table.key[0]
    return len(table.key) == 1 and first.form == "number" and "int" in first.type


def key_text(table: Table) -> str:
    """Return the expression for a row's key as it stands in its text, the literals by commas."""
    if len(table.key) == 1 and table.key[0].form == "number":
        return literal(table.key[0])
    return f"CAST(CONCAT_WS(',',{','.join(map(literal, table.key))}) AS BINARY)"


def numbers(packed: bytes) -> list[int]:
    """Return the sums in an answer, two bytes each."""
    return [high << 8 | low for high, low in zip(packed[::2], packed[1::2], strict=True)]
