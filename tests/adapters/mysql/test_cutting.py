"""Rows that come one after another are cut where a segment's size is reached, however they come."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.adapters.mysql.cutting import Cut
from gmops_desktop.adapters.mysql.pieces import Segment

TARGET = 100


def plainly(rows: list[bytes]) -> list[list[bytes]]:
    """Cut one row after another."""
    groups: list[list[bytes]] = [[]]
    for row in rows:
        if groups[-1] and sum(len(r) + 2 for r in groups[-1]) + len(row) + 2 > TARGET:
            groups.append([])
        groups[-1].append(row)
    return [group for group in groups if group]


@given(st.lists(st.lists(st.integers(0, 130), max_size=12), max_size=8))
def test_rows_are_cut_alike_however_many_come_at_once(gulps: list[list[int]]) -> None:
    rows = iter(range(1000))
    came = [[f"({next(rows)},'{'x' * size}')".encode() for size in gulp] for gulp in gulps]
    cut, found = Cut(1, None, TARGET), list[Segment]()
    for gulp in came:
        if gulp:
            assert cut.add(gulp, 1000)
            assert cut.last == (gulp[-1][1:].split(b",")[0].decode(),)
        found += cut.full()
    if rest := cut.closed():
        found.append(rest)
    every = [row for gulp in came for row in gulp]
    assert [segment.text for segment in found] == [b",\0".join(g) for g in plainly(every)]
    assert (cut.rows, cut.bytes) == (len(every), sum(len(row) + 2 for row in every))
    after = None
    for segment in found:
        assert segment.range.after == after
        assert hashlib.sha256(segment.text).hexdigest() == segment.digest
        assert segment.text.count(b"\0") + 1 == segment.rows
        after = segment.range.upto


def test_what_could_not_be_built_or_is_too_long_is_told() -> None:
    cut = Cut(1, None, TARGET)
    assert not cut.add([b"(1,'a')", None], 1000)
    assert not cut.add([b"(1,'a')", b"(2,'" + b"x" * 1000 + b"')"], 1000)
    assert cut.closed() is None
