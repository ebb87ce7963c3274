"""Says where in the container's bytes damage lies: in which frame and which part of it, in the seek
table, before or behind the archive."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import BinaryIO, Final, Literal

import zstandard

from gmops_desktop.archive.frames import (
    Damaged,
    Frame,
    Layout,
    decompress,
    ends_as_table,
    listed,
    read_seek_table,
    walk,
)
from gmops_desktop.language import tr

Part = Literal["", "cut", "header", "content", "checksum", "table"]

_RESERVED: Final = 0x18  # bits of a frame's header that decoders ignore


@dataclass(frozen=True, slots=True)
class Container:
    """The frames of a file as far as they can be told, and what is wrong with its outer shape.

    `frames` are those of the seek table where there is a readable one, else those a walk found.
    """

    frames: tuple[Frame, ...]
    faults: tuple[str, ...]
    size: int
    closed: bool  # whether a seek table stands somewhere


def container(file: BinaryIO) -> Container:
    """Look at the outer shape of `file`, without reading what is in its frames."""
    layout = walk(file)
    try:
        found = read_seek_table(file)
    except Damaged:
        return _without_table(file, layout)
    if layout.table is None or layout.end != layout.size:
        # The walk lost its way inside a frame; that frame will be told by its own fault.
        return Container(found, (), layout.size, closed=True)
    if [frame.size for frame in found] != [frame.size for frame in layout.frames]:
        fault = _other_table(found, layout)
        return Container(layout.frames, (fault,), layout.size, closed=True)
    return Container(found, (), layout.size, closed=True)  # each frame is held against it


def part_of(raw: bytes, frame: Frame) -> Part:
    """Say which part of a stored frame is damaged; empty where all of it holds."""
    return opened(raw, frame)[0]


def opened(raw: bytes, frame: Frame) -> tuple[Part, bytes]:
    """Return which part of a stored frame is damaged, and its content where all of it holds."""
    if len(raw) != frame.size:
        return "cut", b""
    stated = frame.checksum.to_bytes(4, "little")
    try:
        content = decompress(raw)
    except Damaged:
        return _closed(raw, frame, stated), b""
    if (raw[-4:], len(content)) != (stated, frame.content_size):
        return "table", b""
    return "", content


def _closed(raw: bytes, frame: Frame, stated: bytes) -> Part:
    """Say which part is damaged of a frame that does not open."""
    try:
        head = zstandard.get_frame_parameters(raw)
    except zstandard.ZstdError:
        return "header"
    sound = head.has_checksum and not head.dict_id and not raw[4] & _RESERVED
    if not sound or head.content_size != frame.content_size:
        return "header"
    return "checksum" if _opens(raw[:-4] + stated) else "content"


def damaged(part: Part, number: int, frame: Frame, name: str) -> str:
    """Return the sentence for a damaged frame."""
    start, end = frame.offset, frame.end
    match part:
        case "cut":
            return tr("Frame {number} is cut, from byte {offset} on: {name}.",
                      number=number, offset=start, name=name)  # fmt: skip
        case "header":
            return tr("Frame {number} is damaged in its header, at byte {offset}: {name}.",
                      number=number, offset=start, name=name)  # fmt: skip
        case "checksum":
            return tr("Frame {number} is whole, but the checksum before byte {end} was altered:"
                      " {name}.", number=number, end=end, name=name)  # fmt: skip
        case "table":
            return tr("The seek table is wrong about frame {number}, from byte {offset} on:"
                      " {name}.", number=number, offset=start, name=name)  # fmt: skip
        case _:
            return tr("Frame {number} is damaged between bytes {offset} and {end}: {name}.",
                      number=number, offset=start, end=end, name=name)  # fmt: skip


def stranger(number: int, frame: Frame) -> str:
    """Return the sentence for a frame that nobody speaks of."""
    return tr("Frame {number}, from byte {offset}, does not belong to the archive.",
              number=number, offset=frame.offset)  # fmt: skip


def misplaced(
    wanted: tuple[str, ...], found: list[str], frames: dict[int, Frame], names: list[str]
) -> list[str]:
    """Name frames that are missing, there twice, or strangers; by the frames' digests.

    `frames` are those whose digests were `found`, by their number in the file.
    """
    numbers = list(frames)
    faults = []
    for kind, w0, w1, f0, f1 in SequenceMatcher(None, wanted, found, autojunk=False).get_opcodes():
        if kind in ("delete", "replace") and w1 - w0 > f1 - f0:
            offset = frames[numbers[f0]].offset if f0 < len(numbers) else frames[numbers[-1]].end
            for number in range(w0 + (f1 - f0), w1):
                faults.append(
                    tr("Frame {number} is missing before byte {offset}: {name}.",
                       number=number, offset=offset, name=names[number])
                )  # fmt: skip
        for digest, number in zip(found[f0:f1], numbers[f0:f1], strict=True):
            if kind == "equal" or not digest:  # a damaged one is told already
                continue
            if digest in wanted:
                faults.append(
                    tr("Frame {number}, from byte {offset}, is there a second time: {name}.",
                       number=number, offset=frames[number].offset,
                       name=names[wanted.index(digest)])
                )  # fmt: skip
            else:
                faults.append(stranger(number, frames[number]))
    return faults


def _without_table(file: BinaryIO, layout: Layout) -> Container:
    """Tell why no seek table stands at the end."""
    rest = layout.size - layout.end
    closed = layout.table is not None
    if layout.cut:
        fault = tr(
            "The file is cut or damaged inside frame {number}, which begins at byte {offset}.",
            number=len(layout.frames),
            offset=layout.end,
        )
    elif not closed and not rest:
        fault = tr(
            "The file is cut at a frame border, at byte {offset}, after frame {number}: its end"
            " with the manifest and the seek table is missing.",
            number=len(layout.frames) - 1,
            offset=layout.end,
        )
    elif rest and not closed and ends_as_table(file):
        fault = _before_table(file, layout)
    elif rest:
        fault = _junk(rest, layout.end)
    else:
        fault = _wrong_table(file, layout)
    frames = layout.frames
    if closed and rest:
        try:
            frames = read_seek_table(file, layout.end)
        except Damaged:
            fault += " " + tr("The seek table from byte {offset} on is damaged.",
                              offset=layout.table)  # fmt: skip
    return Container(frames, (fault,), layout.size, closed)


def _junk(count: int, offset: int) -> str:
    return tr(
        "{count} bytes that do not belong to the archive stand after byte {offset}.",
        count=count,
        offset=offset,
    )


def _before_table(file: BinaryIO, layout: Layout) -> str:
    """Tell bytes that stand before a whole seek table from one whose first bytes are damaged."""
    try:
        _, start = listed(file)
    except Damaged:
        return tr("The seek table from byte {offset} on is damaged.", offset=layout.end)
    return _junk(start - layout.end, layout.end)


def _other_table(found: tuple[Frame, ...], layout: Layout) -> str:
    return tr(
        "The seek table from byte {offset} on belongs to another file: it lists {listed} frames"
        " that are not the {found} of this one.",
        offset=layout.table,
        listed=len(found),
        found=len(layout.frames),
    )


def _wrong_table(file: BinaryIO, layout: Layout) -> str:
    """Tell a seek table that is damaged from one that was made for another file."""
    try:
        found, _ = listed(file)
    except Damaged:
        found = ()
    wrong = sum(
        (one.size, one.checksum) != (other.size, other.checksum)
        for one, other in zip(found, layout.frames, strict=False)
    )
    if found and (len(found) != len(layout.frames) or wrong > 1):
        return _other_table(found, layout)
    return tr("The seek table from byte {offset} on is damaged.", offset=layout.table)


def _opens(raw: bytes) -> bool:
    try:
        decompress(raw)
    except Damaged:
        return False
    return True
