"""What an interrupted backup leaves behind, so that the next one need not fetch it again.

Beside `NAME.part` lies `NAME.part.index`: a JSON line for each table, and one for each segment
whose frames stand in the `.part`, with their places and digests.  Both are synced to the disk now
and then; after a power cut a line may speak of bytes that never reached it, so a frame counts only
when its digest holds.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from gmops_desktop.archive.frames import Damaged, Frame, decompress
from gmops_desktop.archive.manifest import SegmentRecord, TableRecord
from gmops_desktop.paths import sync_folder

PART: Final = ".part"
LEFT: Final = ".left"  # what a `.part` is called once its own attempt is over
_INDEX: Final = ".index"
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a frame lies in the file, and what proves it."""

    offset: int
    size: int
    content_size: int
    digest: str


class Index:
    """Keeps the index of a `.part` while it is written; `mark` names the database it is of."""

    def __init__(self, part: Path, mark: str) -> None:
        self._path = _index(part)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        self._file = os.fdopen(os.open(self._path, flags, 0o600), "wb")
        self._known: set[str] = set()
        self._line({"format": _FORMAT, "mark": mark})
        sync_folder(part.parent)  # the names of both files, without which their bytes are lost

    def add(
        self, table: TableRecord, segment: SegmentRecord, frames: Sequence[tuple[int, Frame, str]]
    ) -> None:
        """Enter a segment whose frames (number, place, digest) are in the file now."""
        if table.name not in self._known:
            self._known.add(table.name)
            self._line({"table": asdict(replace(table, segments=()))})
        self._line(
            {
                "of": table.name,
                "segment": asdict(segment),
                "frames": [
                    [number, frame.offset, frame.size, frame.content_size, digest]
                    for number, frame, digest in frames
                ],
            }
        )

    def sync(self) -> None:
        """Bring the lines to the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

    def _line(self, content: dict[str, Any]) -> None:
        self._file.write(json.dumps(content, ensure_ascii=False).encode() + b"\n")
        self._file.flush()


class LeftOver:
    """The frames of an interrupted attempt; `tables` hold the segments that were written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb")
        self._lock = threading.Lock()
        self._places: dict[int, _Place] = {}
        tables: dict[str, TableRecord] = {}
        segments: dict[str, list[SegmentRecord]] = {}
        for line in _lines(path):
            if "table" in line:
                table = TableRecord.from_json(line["table"])
                tables[table.name] = table
            elif "segment" in line:
                segment = SegmentRecord.from_json(line["segment"])
                segments.setdefault(line["of"], []).append(segment)
                for number, *place in line["frames"]:
                    self._places[number] = _Place(*place)
        self.tables = tuple(
            replace(table, segments=tuple(segments.get(name, ()))) for name, table in tables.items()
        )

    @property
    def label(self) -> str:
        """Return the file's name."""
        return self.path.name

    def stored(self, number: int) -> tuple[bytes, int]:
        """Return a frame as it is stored, proved, and its content's size; raise `Damaged`."""
        place = self._places[number]
        with self._lock:
            self._file.seek(place.offset)
            raw = self._file.read(place.size)
        if hashlib.sha256(raw).hexdigest() != place.digest:
            raise Damaged("digest of the index")
        return raw, place.content_size

    def frame(self, number: int) -> bytes:
        """Return a frame's content; raise `Damaged` where it does not hold."""
        return decompress(self.stored(number)[0])

    def fileno(self) -> int:
        """Return the open file's number, for a lock."""
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def set_aside(part: Path) -> Path:
    """Give an interrupted attempt's files names that no new attempt will take; return the new."""
    left = part.with_name(part.name.removesuffix(PART) + LEFT)
    os.replace(_index(part), _index(left))
    os.replace(part, left)
    return left


def remove(path: Path) -> None:
    """Delete an attempt's file and its index."""
    path.unlink(missing_ok=True)
    _index(path).unlink(missing_ok=True)


def interrupted(folder: Path, mark: str) -> list[Path]:
    """Return the files in `folder` that attempts on the database `mark` left, newest first.

    Some may still be written by another program: only a lock tells.
    """
    found = [
        path
        for ending in (PART, LEFT)
        for path in folder.glob(f"*{ending}")
        if next(_lines(path), {}).get("mark") == mark
    ]
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def _index(path: Path) -> Path:
    return path.with_name(path.name + _INDEX)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Return the lines of a file's index as far as they are whole."""
    try:
        text = _index(path).read_bytes()
    except OSError:
        return
    for line in text.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            return  # the last line of a program that was killed
