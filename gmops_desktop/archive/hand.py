"""What is in hand of a table's rows: segments of earlier archives, to be had without the server.

Nothing is trusted because it lies on this disk: a frame is proved by its digest each time it is
used, and one that fails is as good as not there.
"""

from __future__ import annotations

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
    """Return a keyed table's segments from `after` on, small neighbours together.

    Segments may have been written in any order; each begins where another ends.  What is too large
    to be kept as it is is left out, as is what lies beyond a gap or has no end.
    """
    following = {segment.after: segment for segment in table.segments}
    waiting: list[SegmentRecord] = []
    size = 0
    while (segment := following.pop(after, None)) and segment.upto is not None:
        alone = bool(segment.wide) or segment.frames > 1 or segment.text_bytes > _LARGE
        if waiting and (alone or size + segment.text_bytes > _SMALL):
            yield Held(frames, table, tuple(waiting))
            waiting, size = [], 0
        if segment.text_bytes <= _LARGE or segment.wide:
            if alone:
                yield Held(frames, table, (segment,))
            else:
                waiting.append(segment)
                size += segment.text_bytes
        after = segment.upto
    if waiting:
        yield Held(frames, table, tuple(waiting))
