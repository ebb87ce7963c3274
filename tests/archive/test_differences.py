"""Rows that differ are found whatever the cuts, and without knowing how the server sorts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmops_desktop.archive import differences
from gmops_desktop.archive.differences import Change, Matching, matching_of, stretches
from gmops_desktop.archive.manifest import ColumnRecord, SegmentRecord, TableRecord

KEY = ColumnRecord("id", "varchar(9)", "text", "utf8mb4")
VALUE = ColumnRecord("value", "int", "number")

Rows = dict[str, int]
names = st.text("aAbBcCéz", min_size=1, max_size=3)
tables = st.dictionaries(names, st.integers(0, 3), max_size=25)


class Cut:
    """One side: a table cut into segments, and a count of how many were read."""

    def __init__(
        self, rows: Sequence[bytes], keys: Sequence[str], cuts: Sequence[int], buckets: int = 0
    ) -> None:
        self.pieces: list[list[bytes]] = []
        self.read: list[int] = []
        records = []
        places = sorted({min(cut, len(rows)) for cut in cuts} | {0, len(rows)})
        for start, end in pairwise(places):
            piece = list(rows[start:end])
            text = b",\0".join(piece)
            records.append(
                SegmentRecord(
                    rows=len(piece),
                    text_bytes=len(text),
                    digest=hashlib.sha256(text).hexdigest(),
                    frame=len(self.pieces),
                    after=(keys[start - 1],) if keys and start else None,
                    upto=(keys[end - 1],) if keys else None,
                    bucket=None if keys else len(self.pieces),
                )
            )
            self.pieces.append(piece)
        key = () if buckets else (KEY,)
        self.table = TableRecord(
            name="t",
            engine="InnoDB",
            definition="",
            frame=0,
            columns=(KEY, VALUE),
            insert="",
            key=key,
            index="PRIMARY" if key else "",
            buckets=buckets,
            segments=tuple(records),
        )

    def rows_of(self, segment: SegmentRecord) -> list[bytes]:
        self.read.append(segment.frame)
        return self.pieces[segment.frame]


def keyed(rows: Rows, cuts: Sequence[int], order: Callable[[str], object]) -> Cut:
    keys = sorted(rows, key=order)  # type: ignore[arg-type]  # any comparable order will do
    return Cut([f"('{key}',{rows[key]})".encode() for key in keys], keys, cuts)


def found(before: Cut, after: Cut) -> list[Change]:
    matching = matching_of(before.table, after.table)
    return [
        change
        for stretch in stretches(before.table, after.table, matching)
        for change in differences.changes(stretch, matching, before.rows_of, after.rows_of)
    ]


def expected(before: Rows, after: Rows) -> set[Change]:
    def row(rows: Rows, key: str) -> bytes | None:
        return f"('{key}',{rows[key]})".encode() if key in rows else None

    return {
        Change(row(before, key), row(after, key))
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }


cuts = st.lists(st.integers(0, 25), max_size=5)


@settings(deadline=None, max_examples=300)
@given(tables, tables, cuts, cuts)
def test_keyed_tables_whatever_the_order_and_the_cuts(
    before: Rows, after: Rows, first: list[int], second: list[int]
) -> None:
    def order(key: str) -> object:  # a collation nobody here knows
        return (key.casefold()[::-1], key)

    one, other = keyed(before, first, order), keyed(after, second, order)
    changes = found(one, other)
    assert set(changes) == expected(before, after)
    assert len(changes) == len(set(changes))


@settings(deadline=None, max_examples=150)
@given(tables, tables, cuts, cuts)
def test_tables_too_large_for_memory_are_piled(
    before: Rows, after: Rows, first: list[int], second: list[int]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(differences, "IN_MEMORY", 40)
        changes = found(keyed(before, first, str), keyed(after, second, str))
    assert set(changes) == expected(before, after)
    assert len(changes) == len(set(changes))


@settings(deadline=None, max_examples=200)
@given(st.lists(st.integers(0, 5), max_size=30), st.lists(st.integers(0, 5), max_size=30), cuts)
def test_tables_without_a_key_are_multisets(
    before: list[int], after: list[int], first: list[int]
) -> None:
    one, other = (
        Cut(sorted(f"('x',{n})".encode() for n in rows), [], where, buckets)
        for rows, where, buckets in ((before, first, 7), (after, [], 1))
    )
    changes = found(one, other)
    gone = Counter(change.before for change in changes if change.after is None)
    fresh = Counter(change.after for change in changes if change.before is None)
    rows = [Counter(f"('x',{n})".encode() for n in side) for side in (before, after)]
    assert gone == rows[0] - rows[1]
    assert fresh == rows[1] - rows[0]


def test_equal_segments_are_never_read_and_the_rest_comes_in_order() -> None:
    before = {f"{n:04}": n for n in range(1000)}
    after = dict(before)
    after["0250"] = -1
    del after["0251"]
    after["0249x"] = 7
    cut = list(range(0, 1000, 100))
    one = keyed(before, cut, str)
    other = keyed(after, cut, str)
    changes = found(one, other)
    assert one.read == [2]
    assert other.read == [2]
    assert [change.before for change in changes] == [None, b"('0250',250)", b"('0251',251)"]


def test_large_values_named_on_one_side_only() -> None:
    body = ColumnRecord("body", "longtext", "text", "utf8mb4")
    matching = Matching((KEY, body), (KEY, body), ("id",))
    digest = hashlib.sha256(b"it's").hexdigest().encode()
    assert matching.same(rb"('a','it\'s')", b"('a',@`" + digest + b"`)")
    assert not matching.same(rb"('a','its')", b"('a',@`" + digest + b"`)")
    unkeyed = Matching((KEY, body), (KEY, body), same_names=False)
    assert unkeyed.key_before(rb"('a','it\'s')") == unkeyed.key_after(b"('a',@`" + digest + b"`)")


def test_a_column_of_another_type_is_compared_by_what_it_shows() -> None:
    number = ColumnRecord("n", "int", "number")
    text = ColumnRecord("n", "varchar(9)", "text", "utf8mb4")
    matching = Matching((number,), (text, VALUE), ("n",))
    assert matching.key_before(b"(5)") == matching.key_after(b"('5',1)")
    assert matching.same(b"(5)", b"('5',1)")
    assert not matching.same(b"(NULL)", b"('NULL',1)")
    assert matching.changed(b"(5)", b"('6',1)") == ("n",)
    foreign = ColumnRecord("n", "varchar(9)", "bytes", "gbk")
    converted = Matching((foreign,), (text,))
    assert converted.same(b"(0xC9CCBBE1)", "('商会')".encode())
    assert converted.key_before(b"(0xC9CCBBE1)") == converted.key_after("('商会')".encode())


def test_a_key_of_several_columns_anywhere_in_the_row() -> None:
    columns = (VALUE, KEY, ColumnRecord("lang", "char(2)", "text", "utf8mb4"))
    matching = Matching(columns, columns, ("lang", "id"))
    assert matching.key_before(rb"(1,'a\',(b','zh')") == b"'zh'\0" + rb"'a\',(b'"
