"""Old rows and sums of the new ones: what comes out is the new rows, or nothing."""

from __future__ import annotations

import hashlib
import zlib

from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.archive import splicing
from gmops_desktop.archive.splicing import RUN_END, OldRows, Stretch

MODULUS = 65521
RUN = 3

literal = st.one_of(
    st.integers(-99, 99).map(lambda n: str(n).encode()),
    st.sampled_from([b"NULL", b"0x00FF", b"''", b"'a,b'", rb"'it\'s (1)'", "'会员'".encode()]),
)
table = st.dictionaries(st.integers(-50, 400), st.lists(literal, min_size=3, max_size=3))


def lines(of: dict[int, list[bytes]]) -> list[bytes]:
    return [b"(" + b",".join([str(key).encode(), *of[key]]) + b")" for key in sorted(of)]


def ends(row: bytes, whole: bool) -> bool:
    key = row[1 : row.index(b",")]
    return (int(key) if whole else zlib.crc32(key)) % RUN == 0


@given(table.filter(bool), table, st.booleans(), st.booleans())
def test_old_rows_become_the_new(
    old: dict[int, list[bytes]], edits: dict[int, list[bytes]], plain: bool, whole: bool
) -> None:
    """As the server would answer, the new state is rebuilt from the few rows that are new."""
    new = {**old, **edits}
    for key in [key for key in edits if key % 3 == 0]:
        del new[key]
    before = OldRows(b",\0".join(lines(old)), [0], MODULUS, RUN, plain=plain, whole=whole)
    after = lines(new)
    runs = [0]
    for row in after:
        runs[-1] ^= before.sum_of(row)
        if ends(row, whole):
            runs.append(0)
    chosen = before.differing(runs)
    assert bool(chosen) == (lines(old) != after)
    keys = sorted(old)
    among = []
    for key, row in zip(sorted(new), after, strict=True):
        if any(
            (not of.start or keys[of.start - 1] < key)
            and (of.end == len(keys) or key < keys[of.end])
            for of in chosen
        ):
            among.append(before.sum_of(row))
            if ends(row, whole):
                among.append(RUN_END)
    found = before.changes(chosen, among)
    fresh: dict[int, list[bytes]] = {}
    gone = {before.rows[index] for index in found.gone}  # asked for by their keys
    for row in after:
        if row not in before.rows or row in gone:
            fresh.setdefault(before.sum_of(row), []).append(row)
    assert next(before.spliced(found, fresh)) == b",\0".join(after)


def test_rows_with_the_same_sum_are_tried_in_every_order() -> None:
    """Among a few hundred new rows two have the same 16 bits; as they came may be the wrong way."""
    old = [b"(%d,'%d')" % (n, n) for n in range(1, 900)]
    after = [row if n % 2 else b"(%d,'new')" % (n + 1) for n, row in enumerate(old)]
    before = OldRows(b",\0".join(old), [0], MODULUS, RUN, plain=True, whole=True)
    found = before.changes([Stretch(0, len(old), None)], [before.sum_of(row) for row in after])
    fresh: dict[int, list[bytes]] = {}
    for row in reversed(after):
        if b"new" in row:
            fresh.setdefault(before.sum_of(row), []).append(row)
    assert max(map(len, fresh.values())) > 1
    wanted = b",\0".join(after)
    tried = list(before.spliced(found, fresh))
    assert tried[0] != wanted
    assert wanted in tried
    assert len(tried) <= splicing._ORDERS
    lacking = {value: rows[1:] for value, rows in fresh.items()}
    assert list(before.spliced(found, lacking)) == []


@given(st.lists(literal, min_size=3, max_size=3), st.lists(literal, min_size=3, max_size=3))
def test_a_skeleton_is_filled_with_what_did_not_change(old: list[bytes], new: list[bytes]) -> None:

    tokens = [b"?" + hashlib.sha256(value).hexdigest()[:5].encode() for value in new]
    former = b"(1," + b",".join(old) + b")"
    row, missing = splicing.filled(b"(1," + b",".join(tokens) + b")", former)
    assert missing == tuple(n + 1 for n in range(3) if old[n] != new[n])
    rest = [new[n] if n + 1 in missing else b"?" for n in range(3)]
    row, missing = splicing.filled(b"(1," + b",".join(rest) + b")", row)
    assert (row, missing) == (b"(1," + b",".join(new) + b")", ())
