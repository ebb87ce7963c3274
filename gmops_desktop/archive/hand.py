"""What is in hand of a table's rows: segments of earlier archives, to be had without the server.

Nothing is trusted because it lies on this disk: a frame is proved by its digest each time it is
used, and one that fails is as good as not there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from gmops_desktop.archive import rows
from gmops_desktop.archive.manifest import SegmentRecord, TableRecord
from gmops_desktop.archive.verification import rows_text

_SMALL: Final = 768 << 10  # bytes of text up to which neighbours become one segment again
_LARGE: Final = 1792 << 10  # bytes beyond which a segment is better cut anew


class Frames(Protocol):
    """Where frames lie: an archive, or what an interrupted attempt left of one."""

    @property
    def label(self) -> str:
        """Return the file's name."""

    def stored(self, number: int) -> tuple[bytes, int]:
        """Return a frame as it is stored, proved, and its content's size; raise `Damaged`."""

    def frame(self, number: int) -> bytes:
        """Return a frame's content; raise `Damaged` where it does not hold."""


@dataclass(frozen=True, slots=True)
class Held:
    """The rows of a range as they were: one segment, or small neighbours that become one."""

    frames: Frames
    table: TableRecord
    segments: tuple[SegmentRecord, ...]

    @property
    def first(self) -> SegmentRecord:
        return self.segments[0]

    @property
    def single(self) -> bool:
        return len(self.segments) == 1

    @property
    def rows(self) -> int:
        return sum(segment.rows for segment in self.segments)

    @property
    def text_bytes(self) -> int:
        return sum(segment.text_bytes + 2 for segment in self.segments) - 2

    @property
    def after(self) -> tuple[str, ...] | None:
        return self.first.after

    @property
    def upto(self) -> tuple[str, ...] | None:
        return self.segments[-1].upto

    def text(self) -> bytes:
        """Return the rows in the server's form; raise `Damaged`."""
        return b",\0".join(
            rows.server_text(rows_text(self.table, self.frames.frame(segment.last_frame)))
            for segment in self.segments
        )

    def digest(self) -> str:
        """Return the digest that the server must find; raise `Damaged`."""
        return self.first.digest if self.single else rows.digest_of(self.text())

    def stored(self) -> Iterator[tuple[bytes, int]]:
        """Return the frames of a single segment as they are stored, with their contents' sizes.

        Those that release large values after it belong to it.
        """
        end = self.first.last_frame + (1 if self.first.wide and self.first.frames > 1 else 0)
        for number in range(self.first.frame, end + 1):
            yield self.frames.stored(number)


def arranged(
    frames: Frames, table: TableRecord, after: tuple[str, ...] | None = None
) -> Iterator[Held]:
    """Return a keyed table's segments beyond `after`, small neighbours together.

    What is too large to be kept as it is, or has no end, is left out; so there may be gaps.
    """
    waiting: list[SegmentRecord] = []
    for segment in _following(table, after):
        alone = bool(segment.wide) or segment.frames > 1 or segment.text_bytes > _LARGE
        fits = waiting and waiting[-1].upto == segment.after and not alone
        if waiting and not (fits and _size(waiting) + segment.text_bytes <= _SMALL):
            yield Held(frames, table, tuple(waiting))
            waiting = []
        if not alone:
            waiting.append(segment)
        elif segment.wide or segment.text_bytes <= _LARGE:
            yield Held(frames, table, (segment,))
    if waiting:
        yield Held(frames, table, tuple(waiting))


def _size(segments: list[SegmentRecord]) -> int:
    return sum(segment.text_bytes for segment in segments)


def _following(table: TableRecord, after: tuple[str, ...] | None) -> Iterator[SegmentRecord]:
    """Return segments in the order of the key, from `after` on.

    An interrupted attempt leaves gaps.  Beyond a gap only whole numbers can be put in order here;
    other keys are compared by the server's collations, and what lies beyond is left out.
    """
    closed = [segment for segment in table.segments if segment.upto is not None]
    if len(table.key) == 1 and all(_whole(s.after) and _whole(s.upto) for s in closed):
        position = _number(after)
        for segment in sorted(closed, key=lambda segment: _number(segment.after)):
            if _number(segment.after) >= position:
                yield segment
                position = _number(segment.upto)
        return
    following = {segment.after: segment for segment in closed}
    while segment_there := following.pop(after, None):
        yield segment_there
        after = segment_there.upto


def _whole(bound: tuple[str, ...] | None) -> bool:
    return bound is None or bound[0].removeprefix("-").isdecimal()


def _number(bound: tuple[str, ...] | None) -> float:
    return int(bound[0]) if bound else -math.inf
