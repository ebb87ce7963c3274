"""Brings an older state of a segment's rows up to date with a few rows of the new one.

Everything here is the client's half of `adapters.mysql.deltas` and `.runs`: the same runs, the same
sums, the same tokens.  What comes out is only a proposal until its SHA-256 is the server's.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate, compress, count, islice, pairwise, permutations, product, repeat
from operator import eq, mod, not_, xor
from typing import Final

from gmops_desktop.archive import rows

_NONE: Final[Iterator[bytes]] = iter(())

_DOUBTFUL: Final = 7  # sums of several rows up to which their orders are tried
_ORDERS: Final = 1 << _DOUBTFUL  # each takes a few milliseconds
RUN_END: Final = 0xFFFF  # among the sums of rows, behind the last one of a run; no sum is as large


@dataclass(frozen=True, slots=True)
class Stretch:
    """Old rows from `start` up to, and without, `end`, whose runs are not the new ones'.

    In the place of theirs the new rows have `runs` there: those up to the range's end (None).
    """

    start: int
    end: int
    runs: int | None


@dataclass(frozen=True, slots=True)
class Changes:
    """Which of the old rows (by index) are not among the new, and the sums of the new ones.

    `order` is what stands in each stretch's place: the index of an old row, or -1 less a new one's
    sum.
    """

    gone: tuple[int, ...]
    new: tuple[int, ...]
    order: tuple[tuple[Stretch, tuple[int, ...]], ...]


class OldRows:
    """The rows of one segment as somebody holds them, in the order of their key.

    `text` is in the server's form; `places` are the key's columns among a row's literals, and
    `plain` says that the key is the first column and a number, which is quicker to cut out.  A run
    of rows ends with each whose key is divisible by `run`, the rows of one on average: the key
    itself where it is one `whole` number, or its CRC-32.
    """

    def __init__(
        self,
        text: bytes,
        places: Sequence[int],
        modulus: int,
        run: int,
        *,
        plain: bool,
        whole: bool,
    ) -> None:
        *others, final = text.split(b"\0")  # one byte is found faster than two
        self.rows = [*[row[:-1] for row in others], final]
        self._places = tuple(places)
        self._modulus = modulus
        self._sums = list(map(mod, map(zlib.crc32, self.rows), repeat(modulus)))
        keys: Iterable[bytes]
        if plain:
            keys = [row[1 : row.find(b",")] for row in self.rows]
        else:
            keys = (b",".join(self.key(row)) for row in self.rows)
        values = map(int, keys) if whole else map(zlib.crc32, keys)
        last = map(not_, map(mod, values, repeat(run)))
        self._bounds = [0, *compress(count(1), last), len(self.rows)]

    def key(self, row: bytes) -> tuple[bytes, ...]:
        """Return the literals of a row's key."""
        found = rows.literals(row, max(self._places) + 1)
        return tuple(found[place] for place in self._places)

    def sum_of(self, row: bytes) -> int:
        """Return a row's sum."""
        return zlib.crc32(row) % self._modulus

    def runs(self) -> list[int]:
        """Return the sums of all runs; the last is what follows the last end, often nothing."""
        passed = list(accumulate(self._sums, xor, initial=0))
        return [passed[end] ^ passed[start] for start, end in pairwise(self._bounds)]

    def differing(self, sums: Sequence[int]) -> tuple[Stretch, ...]:
        """Return the rows in runs that are not among `sums`, those of the new rows' runs."""
        mine, ends = self.runs(), self._bounds
        found: list[Stretch] = []
        for first, last, runs in _unlike(mine, sums):
            stretch = Stretch(ends[first], ends[last], None if last == len(mine) else runs)
            if found and found[-1].end == stretch.start:
                former = found.pop()
                both = None if stretch.runs is None else (former.runs or 0) + runs
                stretch = Stretch(former.start, stretch.end, both)
            found.append(stretch)
        return tuple(found)

    def changes(self, stretches: Iterable[Stretch], sums: Sequence[int]) -> Changes:
        """Compare the rows in some stretches with the sums of the new ones there."""
        gone, new = list[int](), list[int]()
        order: list[tuple[Stretch, tuple[int, ...]]] = []
        position = 0
        for stretch in stretches:
            position, there = _taken(sums, position, stretch.runs)
            placed: list[int] = []
            old = self._sums[stretch.start : stretch.end]
            for same, first, last, start, end in _aligned(old, there):
                if same:
                    placed += range(stretch.start + first, stretch.start + last)
                else:
                    gone += range(stretch.start + first, stretch.start + last)
                    new += there[start:end]
                    placed += [-1 - value for value in there[start:end]]
            order.append((stretch, tuple(placed)))
        return Changes(tuple(gone), tuple(new), tuple(order))

    def spliced(self, changes: Changes, fresh: Mapping[int, Sequence[bytes]]) -> Iterator[bytes]:
        """Return what the new text may be, with new rows by their sums; none if any is lacking.

        Sums do not say in which order rows stand that have the same one, as a few do where hundreds
        are new.  They are taken as they came first, and then in every other order.
        """
        doubtful = [value for value, texts in fresh.items() if len(texts) > 1]
        tries = _ORDERS if len(doubtful) <= _DOUBTFUL else 1
        orders = (islice(permutations(fresh[value]), tries) for value in doubtful)
        for order in islice(product(*orders), tries):
            text = self._spliced(changes, {**fresh, **dict(zip(doubtful, order, strict=True))})
            if text is None:
                return
            yield text

    def _spliced(self, changes: Changes, fresh: Mapping[int, Sequence[bytes]]) -> bytes | None:
        waiting = {value: iter(texts) for value, texts in fresh.items()}
        lines: list[bytes] = []
        position = 0
        for stretch, placed in changes.order:
            lines += self.rows[position : stretch.start]
            for index in placed:
                line = (
                    self.rows[index] if index >= 0 else next(waiting.get(-1 - index, _NONE), None)
                )
                if line is None:
                    return None
                lines.append(line)
            position = stretch.end
        return b",\0".join(lines + self.rows[position:])


def _unlike(old: Sequence[int], new: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return which runs, from one up to and without another, are not the same in both.

    The third figure is how many new ones there are in their place.
    """
    if len(old) == len(new):
        return [(n, n + 1, 1) for n, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    found = []
    for same, first, last, start, end in _aligned(old, new):
        if first == last:  # of those that have come in between, the next old one has the keys
            last, end = (last + 1, end + 1) if last < len(old) else (last, end)
            if first == len(old):
                first, start = first - 1, start - 1
        if not same:
            found.append((first, last, end - start))
    return found


def _aligned(old: Sequence[int], new: Sequence[int]) -> Iterator[tuple[bool, int, int, int, int]]:
    """Say what stands in the place of what: same or not, parts of the old, parts of the new."""
    if len(old) == len(new):
        same = list(map(eq, old, new))
        if same.count(False) <= max(8, len(old) // 4):  # else something moved the rest along
            yield from ((like, n, n + 1, n, n + 1) for n, like in enumerate(same))
            return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, first, last, start, end in matcher.get_opcodes():
        yield kind == "equal", first, last, start, end


def _taken(sums: Sequence[int], position: int, runs: int | None) -> tuple[int, list[int]]:
    """Take the sums of some runs from `position` on; return also where the next ones begin."""
    found: list[int] = []
    while position < len(sums) and runs != 0:
        value = sums[position]
        position += 1
        if value != RUN_END:
            found.append(value)
        elif runs is not None:
            runs -= 1
    return position, found


def filled(skeleton: bytes, old: bytes) -> tuple[bytes, tuple[int, ...]]:
    """Put an old row's literals in the place of their tokens in the new row's skeleton.

    Returns the row, and the places of literals that are not the old row's and remain to be asked
    for.  A token is `?` and the first digits of the literal's SHA-256; a bare `?` stands for
    whatever the old row has.
    """
    fresh, former = rows.literals(skeleton), rows.literals(old)
    missing = []
    for place, (literal, before) in enumerate(zip(fresh, former, strict=True)):
        if literal.startswith(b"?"):
            if (
                literal[1:]
                and literal[1:] != hashlib.sha256(before).hexdigest()[: len(literal) - 1].encode()
            ):
                missing.append(place)
            fresh[place] = before
    return b"(" + b",".join(fresh) + b")", tuple(missing)
