"""Proves an archive from its bytes alone, and names every fault it finds.

Nothing is taken on trust: the frames against the seek table and the manifest, the manifest against
itself, each segment's rows against its digest, the whole against the sidecar.  Files of other tools
are told apart, and examined as far as they can be (`foreign`).
"""

from __future__ import annotations

import hashlib
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, NamedTuple

from gmops_desktop.archive import account, damage, foreign, manifest_proof, rows
from gmops_desktop.archive.frames import Frame, decompress, raw_of
from gmops_desktop.archive.manifest import Manifest, SegmentRecord, TableRecord
from gmops_desktop.archive.reader import cannot_read
from gmops_desktop.archive.writer import sidecar
from gmops_desktop.context import Context, in_turn
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

ROWS_END: Final = b";\n"  # after the rows of a segment
_DEFINED: Final = re.compile(rb"(?:INSERT INTO|EXISTS) (`(?:[^`]|``)*`)")
_PIECE: Final = re.compile(
    rb"^SET @`(?:([0-9a-f]{64})`=x''|([0-9a-f]{64})`=CONCAT\(@`\2`,0x([0-9A-F]+)\));$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome: `ok` when everything was proved; else `faults` (finished sentences) say what is
    wrong, or, where nothing is, the file holds nothing that could prove it.

    For another tool's file, `kind` says what it is, and `notes` what can be said of it.  For an
    archive of files, `files` counts its entries, and `text_bytes` their contents.
    """

    ok: bool
    faults: tuple[str, ...]
    frames: int
    rows: int
    text_bytes: int
    file_bytes: int
    seconds: float
    kind: str = ""
    notes: tuple[str, ...] = ()
    files: int = 0

    @property
    def outcome(self) -> Literal["whole", "damaged", "unprovable"]:
        """Whole, damaged, or of a kind that cannot be proved."""
        return "damaged" if self.faults else "whole" if self.ok else "unprovable"


def verify(path: Path, context: Context) -> Verification:
    """Recompute everything that can be recomputed from `path`.

    Raises `OpsError` where the file cannot be read at all; a broken archive is an answer, not an
    error.
    """
    begun = time.monotonic()
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise _no_file(path, mode)
        with path.open("rb") as file:
            if account.ours(file):
                return _account(path, file, begun, context)
            if not _ours(file):
                return _foreign(path, file, begun, context)
            shape = damage.container(file)
            frames, faults = shape.frames, list(shape.faults)
            manifest, place = manifest_proof.find(file, shape, faults)
            faults += _content(file, frames, manifest, place, context)
            if not faults:  # what is damaged does not fit its sidecar anyway
                faults += sidecar_faults(path, file, context)
    except OSError as error:
        raise cannot_read(path, error) from error
    return Verification(
        ok=not faults,
        faults=tuple(faults),
        frames=len(frames),
        rows=manifest.rows if manifest else 0,
        text_bytes=manifest.text_bytes if manifest else 0,
        file_bytes=shape.size,
        seconds=time.monotonic() - begun,
    )


def _ours(file: BinaryIO) -> bool:
    """Say whether this is an archive of ours, whole or not."""
    if foreign.first_text(file).startswith(b"-- Archive of "):
        return True
    shape = damage.container(file)
    return shape.closed and bool(manifest_proof.candidates(file, shape.frames))


def _content(
    file: BinaryIO,
    frames: tuple[Frame, ...],
    manifest: Manifest | None,
    place: int,
    context: Context,
) -> Iterator[str]:
    """Read every frame before the manifest once, and hold it against what is said of it."""
    before = {number: frame for number, frame in enumerate(frames) if number != place}
    if manifest is None:
        yield from _unsaid(file, before, context)
        return
    names = frame_names(manifest)
    segments = {
        segment.last_frame: (table, segment)
        for table in manifest.tables
        for segment in table.segments
    }
    told = {frame for table in manifest.tables for segment in table.segments
            for frame in range(segment.frame, segment.last_frame + 1)}  # fmt: skip
    shifted = len(before) != len(manifest.frames)
    plain = manifest.format == 1  # its digests are of the contents, later ones of what is stored
    digests: list[str] = []
    large: dict[bytes, Any] = {}  # running SHA-256 by the value's name
    looks = (
        partial(_look, raw_of(file, frame), frame, segments.get(place), plain=plain)
        for place, frame in enumerate(before.values())
    )
    for (place, (number, frame)), seen in zip(
        enumerate(before.items()), in_turn(looks), strict=True
    ):
        name = names[place] if place < len(names) else ""
        context.progress(99 * frame.offset // frames[-1].end, tr("Verifying {name}", name=name))
        digests.append(seen.digest)
        if seen.part:
            yield damage.damaged(seen.part, number, frame, name)
        elif shifted or seen.digest != manifest.frames[place]:
            continue
        elif place in segments:
            if any(value.hexdigest().encode() != key for key, value in large.items()):
                yield tr("A large value does not fit its digest: {name}.", name=name)
            if not seen.holds:
                yield tr("The rows do not fit their digest: {name}.", name=name)
            large = {}
        else:
            if place not in told and seen.content.startswith(b"INSERT "):
                yield tr(
                    "Frame {number}, from byte {offset}, holds rows that the manifest leaves out.",
                    number=number,
                    offset=frame.offset,
                )
            _gather(seen.content, large)
    context.check()
    if shifted:
        yield from damage.misplaced(manifest.frames, digests, before, names)
    else:
        yield from _strangers(manifest, digests, before, names)


class _Seen(NamedTuple):
    """What was found in a frame: its damaged part, or its digest and what it holds.

    `holds` tells whether the rows of a segment are those of its digest; `content` is that of
    another frame.
    """

    part: damage.Part
    digest: str = ""
    holds: bool = True
    content: bytes = b""


def _look(
    raw: bytes, frame: Frame, rows_of: tuple[TableRecord, SegmentRecord] | None, *, plain: bool
) -> _Seen:
    """Open a frame, and compute what can be computed from it alone."""
    part, content = damage.opened(raw, frame)
    if part:
        return _Seen(part)
    digest = hashlib.sha256(content if plain else raw).hexdigest()
    if rows_of:
        return _Seen("", digest, holds=segment_holds(*rows_of, content))
    return _Seen("", digest, content=content)


def _strangers(
    manifest: Manifest, digests: list[str], frames: dict[int, Frame], names: list[str]
) -> Iterator[str]:
    """Name sound frames that are not those the manifest has in their place."""
    for number, found, wanted in zip(frames, digests, manifest.frames, strict=True):
        if found in ("", wanted):
            continue
        offset = frames[number].offset
        if found in manifest.frames:
            where = manifest.frames.index(found)
            yield tr(
                "Frame {number}, from byte {offset}, stands in the wrong place: it belongs at"
                " {place} ({name}).",
                number=number,
                offset=offset,
                place=where,
                name=names[where],
            )
        else:
            yield tr(
                "Frame {number}, from byte {offset}, is not the manifest's: {name}.",
                number=number,
                offset=offset,
                name=names[manifest.frames.index(wanted)],
            )


def _unsaid(file: BinaryIO, frames: dict[int, Frame], context: Context) -> Iterator[str]:
    """Test frames of which no manifest speaks, and name them by what stands before them."""
    name = tr("the session's settings")
    for number, frame in frames.items():
        context.progress(99 * number // (len(frames) + 1), tr("Verifying {name}", name=name))
        raw = raw_of(file, frame)
        if part := damage.part_of(raw, frame):
            yield damage.damaged(part, number, frame, tr("after {name}", name=name))
        elif found := _DEFINED.search(decompress(raw)):
            name = found[1].decode("utf-8", "replace")
    context.check()


def sidecar_faults(path: Path, file: BinaryIO, context: Context) -> Iterator[str]:
    """Hold a file against the SHA-256 beside it, where one stands there."""
    name = sidecar(path).name
    try:
        stated = sidecar(path).read_text("utf-8").split()
    except FileNotFoundError:
        return  # an archive alone proves itself; the sidecar is for stock tools
    except ValueError:
        stated = []
    if not stated or not re.fullmatch(r"[0-9a-fA-F]{64}", stated[0]):
        yield tr("The sidecar {name} states no SHA-256.", name=name)
        return
    file.seek(0)
    sha256 = hashlib.sha256()
    while block := file.read(1 << 20):
        context.check()
        sha256.update(block)
    if stated[0].lower() != sha256.hexdigest():
        other = " ".join(stated[1:]).removeprefix("*")
        if other and other != path.name:
            yield tr("The sidecar {name} belongs to another file: {other}.", name=name, other=other)
        else:
            yield tr("The sidecar {name} states another SHA-256.", name=name)


def _account(path: Path, file: BinaryIO, begun: float, context: Context) -> Verification:
    """Prove an archive of an official account's settings."""
    frames, faults = account.faults_of(file)
    faults += [] if faults else sidecar_faults(path, file, context)
    return Verification(
        ok=not faults,
        faults=tuple(faults),
        frames=frames,
        rows=0,
        text_bytes=0,
        file_bytes=path.stat().st_size,
        seconds=time.monotonic() - begun,
    )


def _foreign(path: Path, file: BinaryIO, begun: float, context: Context) -> Verification:
    found = foreign.examine(path, file, context)
    faults = list(found.faults) or list(sidecar_faults(path, file, context))
    return Verification(
        ok=False,
        faults=tuple(faults),
        frames=0,
        rows=0,
        text_bytes=0,
        file_bytes=path.stat().st_size,
        seconds=time.monotonic() - begun,
        kind=found.kind,
        notes=found.notes,
    )


def _no_file(path: Path, mode: int) -> OpsError:
    if stat.S_ISDIR(mode):
        return OpsError(
            tr("{path} is a folder, not a backup file.", path=path),
            hint=tr("Name one of the files in it. (A folder of mydumper: its metadata file.)"),
        )
    return OpsError(
        tr("{path} is a device or a pipe, not a backup file.", path=path),
        hint=tr("Copy what it holds into a file, and verify that."),
    )


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
    names = {n: tr("the session's settings") for n in range(len(manifest.frames))}
    for table in manifest.tables:
        names[table.frame] = tr("the definition of {name}", name=table.name)
        for number, segment in enumerate(table.segments):
            for frame in range(segment.frame, segment.last_frame + 1):
                names[frame] = tr("segment {number} of {name}", number=number, name=table.name)
    for thing in manifest.objects:
        names[thing.frame] = tr("the definition of {name}", name=thing.name)
    return [names[number] for number in range(len(manifest.frames))]


def _gather(content: bytes, large: dict[bytes, Any]) -> None:
    """Add the pieces of large values in a frame to the digests they must come to."""
    for begun, name, data in _PIECE.findall(content):
        if begun:
            large[begun] = hashlib.sha256()
        elif name in large:
            large[name].update(bytes.fromhex(data.decode()))
