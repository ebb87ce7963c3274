"""Which titles are like another: how many pairs of neighbouring characters they share.

Pairs serve Chinese and Latin alike, and need no dictionary of words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from gmops_desktop.contract.tickets import searchable

ALIKE: Final = 0.3  # the share of common pairs from which two titles are similar


def pairs_of_title(title: str) -> frozenset[str]:
    """Return the pairs of neighbouring characters in a title; blanks and case do not count."""
    return frozenset(map("".join, pairwise("".join(searchable(title).split()))))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return how alike two titles are by their pairs, from 0 to 1 (Dice's coefficient)."""
    whole = len(one) + len(other)
    return 2 * len(one & other) / whole if whole else 0.0


class Titles:
    """Many titles, and where each pair occurs: those like another are found in a keystroke."""

    def __init__(self, titles: Iterable[tuple[str, str]]) -> None:
        """`titles` are ids and titles; of two equally alike, the one named first comes first."""
        self._ids: list[str] = []
        self._sizes: list[int] = []
        self._places: dict[str, list[int]] = {}
        for place, (identity, title) in enumerate(titles):
            pairs = pairs_of_title(title)
            self._ids.append(identity)
            self._sizes.append(len(pairs))
            for pair in pairs:
                self._places.setdefault(pair, []).append(place)

    def like(self, title: str, most: int = 5) -> list[tuple[float, str]]:
        """Return up to `most` titles like this one: how alike, and the id; the most alike first."""
        wanted = pairs_of_title(title)
        shared: Counter[int] = Counter()
        for pair in wanted:
            shared.update(self._places.get(pair, ()))
        whole = len(wanted)
        found = [
            (2 * count / (whole + self._sizes[place]), place) for place, count in shared.items()
        ]
        best = sorted((one for one in found if one[0] >= ALIKE), key=lambda one: (-one[0], one[1]))
        return [(alike, self._ids[place]) for alike, place in best[:most]]
