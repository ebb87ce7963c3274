"""Old rows and sums of the new ones: what comes out is the new rows, or nothing."""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.archive import splicing
from gmops_desktop.archive.splicing import OldRows

MODULUS = 65521

literal = st.one_of(
    st.integers(-99, 99).map(lambda n: str(n).encode()),
    st.sampled_from([b"NULL", b"0x00FF", b"''", b"'a,b'", rb"'it\'s (1)'", "'会员'".encode()]),
)
table = st.dictionaries(st.integers(-50, 400), st.lists(literal, min_size=3, max_size=3))


def lines(of: dict[int, list[bytes]]) -> list[bytes]:
    return [b"(" + b",".join([str(key).encode(), *of[key]]) + b")" for key in sorted(of)]


@given(table.filter(bool), table, st.booleans())
def test_old_rows_become_the_new(
    old: dict[int, list[bytes]], edits: dict[int, list[bytes]], plain: bool
) -> None:
    """As the server would answer, the new state is rebuilt from the few rows that are new."""
    new = {**old, **edits}
    for key in [key for key in edits if key % 3 == 0]:
        del new[key]
    before, after = OldRows(b",\0".join(lines(old)), [0], MODULUS, plain=plain), lines(new)
    buckets: dict[int, int] = defaultdict(int)
    spread = defaultdict(list)
    for row in after:
        bucket = zlib.crc32(row[1 : row.index(b",")]) % before.buckets
        buckets[bucket] ^= before.sum_of(row)
        spread[bucket].append(before.sum_of(row))
    chosen = before.differing(buckets)
    found = before.changes(chosen, [value for b in sorted(chosen) for value in spread[b]])

    gone = {before.key(before.rows[index]): index for index in found.gone}
    by_key = {(row[1 : row.index(b",")],): row for row in after}
    changed = {index: by_key[key] for key, index in gone.items() if key in by_key}
    kept = set(before.rows) - {before.rows[index] for index in found.gone}
    placed = {
        place: row
        for place, row in enumerate(after)
        if row not in kept and row not in changed.values()
    }
    text = before.spliced([i for i in found.gone if i not in changed], changed, placed)
    assert text == b",\0".join(after)


@given(st.lists(literal, min_size=3, max_size=3), st.lists(literal, min_size=3, max_size=3))
def test_a_skeleton_is_filled_with_what_did_not_change(old: list[bytes], new: list[bytes]) -> None:

    tokens = [b"?" + hashlib.sha1(value).hexdigest()[:5].encode() for value in new]
    former = b"(1," + b",".join(old) + b")"
    row, missing = splicing.filled(b"(1," + b",".join(tokens) + b")", former)
    assert missing == tuple(n + 1 for n in range(3) if old[n] != new[n])
    rest = [new[n] if n + 1 in missing else b"?" for n in range(3)]
    row, missing = splicing.filled(b"(1," + b",".join(rest) + b")", row)
    assert (row, missing) == (b"(1," + b",".join(new) + b")", ())
