"""Proves an archive from its bytes alone, and names every fault it finds.

Nothing is taken on trust: the frames against the seek table and the manifest, each segment's rows
against its digest, the whole against the sidecar.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from gmops_desktop.archive import rows
from gmops_desktop.archive.frames import (
    Damaged,
    Frame,
    Layout,
    decompress,
    read_seek_table,
    walk,
)
from gmops_desktop.archive.manifest import Manifest, SegmentRecord, TableRecord
from gmops_desktop.archive.reader import cannot_read
from gmops_desktop.archive.writer import sidecar
from gmops_desktop.context import Context
from gmops_desktop.language import tr

ROWS_END: Final = b";\n"  # after the rows of a segment
_PIECE: Final = re.compile(
    rb"^SET @`(?:([0-9a-f]{64})`=x''|([0-9a-f]{64})`=CONCAT\(@`\2`,0x([0-9A-F]+)\));$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome: `ok` exactly when `faults` (finished sentences) is empty."""

    ok: bool
    faults: tuple[str, ...]
    frames: int
    rows: int
    text_bytes: int
    file_bytes: int
    seconds: float


def verify(path: Path, context: Context) -> Verification:
    """Recompute everything that can be recomputed from `path`.

    Raises `OpsError` where the file cannot be read at all; a broken archive is an answer, not an
    error.
    """
    begun = time.monotonic()
    faults: list[str] = []
    manifest, size = None, 0
    frames: tuple[Frame, ...] = ()
    try:
        with path.open("rb") as file:
            layout = walk(file)
            size = layout.size
            table, fault = _seek_table(file, layout)
            if fault:
                faults.append(fault)
            frames = table or layout.frames
            manifest = _manifest(file, frames, faults) if frames else None
            if manifest:
                faults += _content(file, frames, manifest, context)
            faults += _sidecar(path, file, context)
    except OSError as error:
        raise cannot_read(path, error) from error
    return Verification(
        ok=not faults,
        faults=tuple(faults),
        frames=len(frames),
        rows=manifest.rows if manifest else 0,
        text_bytes=manifest.text_bytes if manifest else 0,
        file_bytes=size,
        seconds=time.monotonic() - begun,
    )


def _seek_table(file: BinaryIO, layout: Layout) -> tuple[tuple[Frame, ...], str]:
    """Return the seek table's frames where one can be read, and what is wrong with the shape."""
    fault = _shape(layout)
    try:
        frames = read_seek_table(file)
    except Damaged:
        return (), fault or tr("The seek table at the end of the file is damaged.")
    if not fault and frames != layout.frames:
        fault = tr("The seek table does not fit the frames of the file.")
    # A walk that lost its way inside a frame is explained by that frame's own fault.
    return frames, fault if layout.table is not None and layout.end == layout.size else ""


def _shape(layout: Layout) -> str:
    rest = layout.size - layout.end
    if not layout.frames and not layout.cut:
        return tr("This is not an archive: it does not begin with a zstd frame.")
    if layout.cut:
        return tr(
            "The file is cut or damaged inside frame {number}, which begins at byte {offset}.",
            number=len(layout.frames),
            offset=layout.end,
        )
    if layout.table is None and not rest:
        return tr(
            "The file is cut at a frame border after frame {number}: its end with the manifest"
            " and the seek table is missing.",
            number=len(layout.frames) - 1,
        )
    if rest:
        return tr(
            "{count} bytes that do not belong to the archive stand after byte {offset}.",
            count=rest,
            offset=layout.end,
        )
    return ""


def _manifest(file: BinaryIO, frames: tuple[Frame, ...], faults: list[str]) -> Manifest | None:
    try:
        manifest = Manifest.parse(_read(file, frames[-1]))
    except Damaged as damage:
        faults.append(
            tr("The manifest was edited: its digest does not fit its text.")
            if str(damage) == "manifest edited"
            else tr("The manifest is missing or damaged, so the content cannot be proved.")
        )
        return None
    if len(manifest.frames) != len(frames) - 1:
        faults.append(
            tr(
                "The manifest speaks of {expected} frames, the file holds {found}.",
                expected=len(manifest.frames),
                found=len(frames) - 1,
            )
        )
    return manifest


def _content(
    file: BinaryIO, frames: tuple[Frame, ...], manifest: Manifest, context: Context
) -> Iterator[str]:
    """Read every frame once, and hold it against the manifest."""
    names = frame_names(manifest)
    places = {digest: number for number, digest in enumerate(manifest.frames)}
    segments = {
        segment.last_frame: (table, segment)
        for table in manifest.tables
        for segment in table.segments
    }
    large: dict[bytes, Any] = {}  # running SHA-256 by the value's name
    total = frames[-1].end
    for number, (frame, expected) in enumerate(zip(frames, manifest.frames, strict=False)):
        context.progress(int(99 * frame.offset / total), tr("Verifying {name}", name=names[number]))
        try:
            raw = _raw(file, frame)
            content = decompress(raw)
        except Damaged:
            yield tr("Frame {number} is damaged: {name}.", number=number, name=names[number])
            continue
        found = hashlib.sha256(raw if manifest.format > 1 else content).hexdigest()
        if found != expected:
            place = places.get(found)
            yield (
                tr(
                    "Frame {number} is not the manifest's: {name}.",
                    number=number,
                    name=names[number],
                )
                if place is None
                else tr(
                    "Frame {number} stands in the wrong place: it belongs at {place} ({name}).",
                    number=number,
                    place=place,
                    name=names[place],
                )
            )
        elif number not in segments:
            _gather(content, large)
        else:
            if any(value.hexdigest().encode() != name for name, value in large.items()):
                yield tr("A large value does not fit its digest: {name}.", name=names[number])
            if not segment_holds(*segments[number], content):
                yield tr("The rows do not fit their digest: {name}.", name=names[number])
            large = {}
    context.check()


def _sidecar(path: Path, file: BinaryIO, context: Context) -> Iterator[str]:
    try:
        stated = sidecar(path).read_text("utf-8").split()
    except FileNotFoundError:
        return  # an archive alone proves itself; the sidecar is for stock tools
    except ValueError:
        stated = []
    file.seek(0)
    sha256 = hashlib.sha256()
    while block := file.read(1 << 20):
        context.check()
        sha256.update(block)
    if stated[:1] != [sha256.hexdigest()]:
        yield tr("The sidecar {name} states another SHA-256.", name=sidecar(path).name)


def segment_holds(table: TableRecord, segment: SegmentRecord, content: bytes) -> bool:
    """Say whether a segment's last frame holds the rows that its digest stands for."""
    head, text = table.insert.encode(), rows_text(table, content)
    return (
        content.startswith(head)
        and content.endswith(ROWS_END)
        and len(text) == segment.text_bytes
        and rows.count(text) == segment.rows
        and rows.digest(text) == segment.digest
    )


def rows_text(table: TableRecord, content: bytes) -> bytes:
    """Return the rows' text, one row a line, out of the last frame of a segment."""
    return content[len(table.insert.encode()) : -len(ROWS_END)]


def frame_names(manifest: Manifest) -> list[str]:
    """Say for each frame what it holds, in the current language."""
    names = [tr("the session's settings")] * len(manifest.frames)
    for table in manifest.tables:
        names[table.frame] = tr("the definition of {name}", name=table.name)
        for number, segment in enumerate(table.segments):
            for frame in range(segment.frame, segment.last_frame + 1):
                names[frame] = tr("segment {number} of {name}", number=number, name=table.name)
    for thing in manifest.objects:
        names[thing.frame] = tr("the definition of {name}", name=thing.name)
    return names


def _gather(content: bytes, large: dict[bytes, Any]) -> None:
    """Add the pieces of large values in a frame to the digests they must come to."""
    for begun, name, data in _PIECE.findall(content):
        if begun:
            large[begun] = hashlib.sha256()
        elif name in large:
            large[name].update(bytes.fromhex(data.decode()))


def _read(file: BinaryIO, frame: Frame) -> bytes:
    return decompress(_raw(file, frame))


def _raw(file: BinaryIO, frame: Frame) -> bytes:
    file.seek(frame.offset)
    raw = file.read(frame.size)
    if len(raw) != frame.size or raw[-4:] != frame.checksum.to_bytes(4, "little"):
        raise Damaged("checksum of the seek table")
    return raw
