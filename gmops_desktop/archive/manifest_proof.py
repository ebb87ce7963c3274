"""Finds an archive's manifest, and holds it against itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO, Final

from gmops_desktop.archive import damage
from gmops_desktop.archive.frames import Damaged, Frame, decompress, raw_of
from gmops_desktop.archive.manifest import Manifest
from gmops_desktop.language import tr

_TITLE: Final = b"-- GMOps manifest"


def find(file: BinaryIO, shape: damage.Container, faults: list[str]) -> tuple[Manifest | None, int]:
    """Return the manifest and which frame it is; say what is wrong with it."""
    frames = shape.frames
    found = candidates(file, frames)
    if not found:
        return None, _missing_manifest(file, shape, faults)
    place = found[0]
    frame, raw = frames[place], raw_of(file, frames[place])
    part = damage.part_of(raw, frame)
    if part not in ("", "table"):
        faults.append(_damaged_manifest(part, frame))
        return None, place
    if part:
        faults.append(damage.damaged(part, place, frame, tr("the manifest")))
    if place < len(frames) - 1:
        faults.append(
            tr("The manifest stands in frame {number}, at byte {offset}, and not at the end.",
               number=place, offset=frame.offset)
        )  # fmt: skip
    try:
        manifest = Manifest.parse(content := decompress(raw))
    except Damaged as fault:
        faults.append(
            tr("The manifest was edited: its digest does not fit its text.")
            if str(fault) == "manifest edited"
            else tr("The manifest, from byte {offset} on, is of a form this program does not know.",
                    offset=frame.offset)
        )  # fmt: skip
        return None, place
    faults += _contradictions(manifest, content)
    return manifest, place


def candidates(file: BinaryIO, frames: tuple[Frame, ...]) -> list[int]:
    """Return which frames begin as a manifest does, the last one first."""
    found = []
    for place in range(len(frames) - 1, -1, -1):
        file.seek(frames[place].offset)
        head = file.read(64)  # a manifest is stored as it is; before, it was compressed
        if _TITLE in head or (place >= len(frames) - 3 and _begins(raw_of(file, frames[place]))):
            found.append(place)
    return found


def _begins(raw: bytes) -> bool:
    try:
        return decompress(raw).strip(b"\n").startswith(_TITLE)
    except Damaged:
        return False


def _missing_manifest(file: BinaryIO, shape: damage.Container, faults: list[str]) -> int:
    """Say why there is no manifest; return how many frames are left to test."""
    last = len(shape.frames) - 1
    part = damage.part_of(raw_of(file, shape.frames[last]), shape.frames[last]) if last >= 0 else ""
    if shape.closed and part not in ("", "table"):
        faults.append(_damaged_manifest(part, shape.frames[last]))
        return last
    if shape.closed or not shape.faults:
        faults.append(tr("The manifest is missing, so the content cannot be proved."))
    return last + 1


def _damaged_manifest(part: damage.Part, frame: Frame) -> str:
    if part == "header":
        return tr("The manifest is damaged in its header, at byte {offset}.", offset=frame.offset)
    if part == "checksum":
        return tr("The checksum of the manifest, before byte {end}, was altered.", end=frame.end)
    return tr("The manifest is damaged between bytes {offset} and {end}.",
              offset=frame.offset, end=frame.end)  # fmt: skip


def _contradictions(manifest: Manifest, content: bytes) -> Iterator[str]:
    """Hold the manifest against itself: its digest is no help against who makes it anew."""
    said = json.loads(content.strip(b"\n").split(b"\n")[1].removeprefix(b"-- "))
    found = (manifest.rows, manifest.text_bytes, manifest.consistency)
    if (said.get("rows"), said.get("text_bytes"), said.get("consistency")) != found:
        yield tr("The manifest contradicts itself: its totals are not those of its tables.")
    used: set[int] = set()
    for table in manifest.tables:
        if not 0 <= table.frame < len(manifest.frames):
            yield _nowhere(table.name)
        for number, segment in enumerate(table.segments):
            taken = range(segment.frame, segment.last_frame + 1)
            fits = 0 <= segment.frame <= segment.last_frame < len(manifest.frames)
            if not fits or not used.isdisjoint(taken):
                yield _nowhere(tr("segment {number} of {name}", number=number, name=table.name))
            used.update(taken if fits else ())
    for thing in manifest.objects:
        if not 0 <= thing.frame < len(manifest.frames):
            yield _nowhere(thing.name)


def _nowhere(name: str) -> str:
    return tr("The manifest contradicts itself: no frame can be that of {name}.", name=name)
