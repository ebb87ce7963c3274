"""Brings an older state of a segment's rows up to date with a few rows of the new one.

Everything here is the client's half of `adapters.mysql.deltas`: the same buckets, the same sums,
the same tokens.  What comes out is only a proposal until its SHA-256 is the server's.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import repeat
from operator import mod
from typing import Final

from gmops_desktop.archive import rows

SPREAD: Final = 16  # rows that share a bucket, on average


@dataclass(frozen=True, slots=True)
class Changes:
    """Which of the old rows (by index) are not among the new, and the sums of the new ones."""

    gone: tuple[int, ...]
    new: tuple[int, ...]


class OldRows:
    """The rows of one segment as somebody holds them, in the order of their key.

    `text` is in the server's form; `places` are the key's columns among a row's literals, and
    `plain` says that the key is the first column and a number, which is quicker to cut out.
    """

    def __init__(self, text: bytes, places: Sequence[int], modulus: int, *, plain: bool) -> None:
        self.rows = text.split(b",\0")
        self.buckets = max(1, len(self.rows) // SPREAD)
        self._places = tuple(places)
        self._modulus = modulus
        self.keys: list[tuple[bytes, ...]] | list[bytes]
        if plain:
            self._texts = [row[1 : row.find(b",")] for row in self.rows]
        else:
            self._texts = [b",".join(self.key(row)) for row in self.rows]
        self._sums = list(map(mod, map(zlib.crc32, self.rows), repeat(modulus)))
        self._spread = list(map(mod, map(zlib.crc32, self._texts), repeat(self.buckets)))

    def key(self, row: bytes) -> tuple[bytes, ...]:
        """Return the literals of a row's key."""
        found = rows.literals(row, max(self._places) + 1)
        return tuple(found[place] for place in self._places)

    def sum_of(self, row: bytes) -> int:
        """Return a row's sum."""
        return zlib.crc32(row) % self._modulus

    def differing(self, sums: Mapping[int, int]) -> tuple[int, ...]:
        """Return the buckets whose sum is not that of `sums`."""
        mine: dict[int, int] = {}
        for bucket, value in zip(self._spread, self._sums, strict=True):
            mine[bucket] = mine.get(bucket, 0) ^ value
        return tuple(b for b in range(self.buckets) if mine.get(b) != sums.get(b))

    def changes(self, chosen: Iterable[int], sums: Sequence[int]) -> Changes:
        """Compare the rows in the chosen buckets with the sums of the new ones there.

        Both go by bucket and then by key.
        """
        looked = set(chosen)
        mine = sorted((b, index) for index, b in enumerate(self._spread) if b in looked)
        old = [self._sums[index] for _, index in mine]
        if len(old) == len(sums):
            places = [n for n, value in enumerate(sums) if value != old[n]]
            if len(places) <= max(8, len(old) // 4):  # else something moved the rest along
                return Changes(tuple(mine[n][1] for n in places), tuple(sums[n] for n in places))
        gone, new = list[int](), list[int]()
        matcher = SequenceMatcher(None, old, sums, autojunk=False)
        for kind, first, last, start, end in matcher.get_opcodes():
            if kind != "equal":
                gone += [mine[n][1] for n in range(first, last)]
                new += sums[start:end]
        return Changes(tuple(gone), tuple(new))

    def spliced(
        self, gone: Iterable[int], changed: Mapping[int, bytes], placed: Mapping[int, bytes]
    ) -> bytes | None:
        """Return the new text: without the rows `gone`, with those `changed` in their places, and
        with further ones at given places of the new order (from 0); None where they do not fit.
        """
        left = set(gone)
        kept = (changed.get(i, row) for i, row in enumerate(self.rows) if i not in left)
        total = len(self.rows) - len(left) + len(placed)
        if not placed:
            return b",\0".join(kept)
        if max(placed) >= total:
            return None
        return b",\0".join(placed[n] if n in placed else next(kept) for n in range(total))


def filled(skeleton: bytes, old: bytes) -> tuple[bytes, tuple[int, ...]]:
    """Put an old row's literals in the place of their tokens in the new row's skeleton.

    Returns the row, and the places of literals that are not the old row's and remain to be asked
    for.  A token is `?` and the first digits of the literal's SHA-1; a bare `?` stands for whatever
    the old row has.
    """
    fresh, former = rows.literals(skeleton), rows.literals(old)
    missing = []
    for place, (literal, before) in enumerate(zip(fresh, former, strict=True)):
        if literal.startswith(b"?"):
            if (
                literal[1:]
                and literal[1:] != hashlib.sha1(before).hexdigest()[: len(literal) - 1].encode()
            ):
                missing.append(place)
            fresh[place] = before
    return b"(" + b",".join(fresh) + b")", tuple(missing)
