"""The bytes of the container: zstd frames one after another, closed by a public seek table.

Any zstd tool decodes the whole as one stream.  The seek table at the end is that of facebook/zstd's
`contrib/seekable_format` v0.1.0, in a skippable frame; it gives each frame's place and checksum,
so that one frame can be read without the others.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

import zstandard

LEVEL: Final = 3
LARGEST_CONTENT: Final = 1 << 30  # of one frame, by the seekable format

_FRAME_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_TABLE_MAGIC: Final = 0x184D2A5E
_BLOCK: Final = 128 << 10  # bytes of a block at most
_FOOTER_MAGIC: Final = 0x8F92EAB1
_HEADER: Final = struct.Struct("<II")  # skippable frame: magic, size of what follows
_ENTRY: Final = struct.Struct("<III")  # compressed size, content size, checksum
_FOOTER: Final = struct.Struct("<IBI")  # number of frames, descriptor, magic
_WITH_CHECKSUMS: Final = 0x80


class Damaged(Exception):
    """Bytes that are not what the format says; the text is for whoever catches it to phrase."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame's place in the file; `checksum` is the low 32 bits of its content's XXH64."""

    offset: int
    size: int
    content_size: int
    checksum: int

    @property
    def end(self) -> int:
        return self.offset + self.size


@dataclass(frozen=True, slots=True)
class Layout:
    """What a walk over the file found: its data frames, and where and how the walk ended.

    `table` is the seek table's offset, `end` where the last whole frame ends; both are equal to
    the file's size for the last thing only in a sound file.
    """

    frames: tuple[Frame, ...]
    table: int | None
    end: int
    size: int
    cut: bool  # a frame begins at `end` and the file stops inside it


class _Own(threading.local):
    """Each thread's own tools, compressors by level: a new one for each frame takes a tenth more
    time."""

    def __init__(self) -> None:
        self.compressors: dict[int, zstandard.ZstdCompressor] = {}
        self.decompressor = zstandard.ZstdDecompressor()


_own: Final = _Own()


def compress(content: bytes, level: int = LEVEL) -> bytes:
    """Return `content` as one frame that carries its size and a checksum."""
    if level not in _own.compressors:
        _own.compressors[level] = zstandard.ZstdCompressor(
            level, write_checksum=True, write_content_size=True
        )
    return _own.compressors[level].compress(content)


def store(content: bytes) -> bytes:
    """Return `content` as one frame that holds it as it is (RFC 8878, raw blocks).

    It can be read with any editor, and none of its bits is one that decoders do not look at.
    """
    checksum = compress(content, 1)[-4:]
    single_segment, checked, four_bytes_of_size = 0x20, 0x04, 0x80
    head = _FRAME_MAGIC + bytes([single_segment | checked | four_bytes_of_size])
    parts = [head, len(content).to_bytes(4, "little")]
    starts = range(0, len(content), _BLOCK) or range(1)
    for start in starts:
        block = content[start : start + _BLOCK]
        last = start == starts[-1]
        parts += [(last | len(block) << 3).to_bytes(3, "little"), block]
    return b"".join([*parts, checksum])


def decompress(frame: bytes) -> bytes:
    """Return a frame's content; raise `Damaged` where its checksum or its size do not hold."""
    try:
        header = zstandard.get_frame_parameters(frame)
        # The two bits that decoders ignore must be clear, or a flip of them would go unseen.
        if not header.has_checksum or header.dict_id or frame[4] & 0x18:
            raise Damaged("header")
        if header.content_size > LARGEST_CONTENT:  # also the marker of an unknown size
            raise Damaged("content size")
        if header.content_size:  # into room of that size at once, in half the time
            return _own.decompressor.decompress(frame, allow_extra_data=False)
        decoder = zstandard.ZstdDecompressor().decompressobj()  # the other would not look at it
        content = decoder.decompress(frame)
    except zstandard.ZstdError as error:
        raise Damaged(str(error)) from error
    if content or not decoder.eof or decoder.unused_data:
        raise Damaged("content size")
    return content


def raw_of(file: BinaryIO, frame: Frame) -> bytes:
    """Return a frame as it is stored; less where the file ends inside it."""
    file.seek(frame.offset)
    return file.read(frame.size)


def measure(frame: bytes, offset: int, content_size: int) -> Frame:
    """Return the seek table's entry of a frame; its last four bytes are the checksum."""
    return Frame(offset, len(frame), content_size, int.from_bytes(frame[-4:], "little"))


def seek_table(frames: Sequence[Frame]) -> bytes:
    """Return the skippable frame that ends the file."""
    entries = b"".join(_ENTRY.pack(f.size, f.content_size, f.checksum) for f in frames)
    footer = _FOOTER.pack(len(frames), _WITH_CHECKSUMS, _FOOTER_MAGIC)
    return _HEADER.pack(_TABLE_MAGIC, len(entries) + len(footer)) + entries + footer


def read_seek_table(file: BinaryIO, end: int | None = None) -> tuple[Frame, ...]:
    """Return the frames that the table at the end of `file` lists; raise `Damaged`.

    `end` is where the table ends, where that is not the end of the file.
    """
    frames, start = listed(file, end)
    if (frames[-1].end if frames else 0) != start:
        raise Damaged("seek table that does not fit the frames")
    return frames


def listed(file: BinaryIO, end: int | None = None) -> tuple[tuple[Frame, ...], int]:
    """Return what a seek table lists, whether it fits the file or not, and where it begins."""
    size = file.seek(0, 2) if end is None else end
    if size < _HEADER.size + _FOOTER.size:
        raise Damaged("too short")
    file.seek(size - _FOOTER.size)
    count, descriptor, magic = _FOOTER.unpack(file.read(_FOOTER.size))
    if magic != _FOOTER_MAGIC or descriptor != _WITH_CHECKSUMS:
        raise Damaged("no seek table at the end")
    length = count * _ENTRY.size + _FOOTER.size
    start = size - length - _HEADER.size
    if start < 0:
        raise Damaged("seek table larger than the file")
    file.seek(start)
    table = file.read(_HEADER.size + length)
    if _HEADER.unpack_from(table) != (_TABLE_MAGIC, length):
        raise Damaged("seek table with a wrong header")
    frames, offset = [], 0
    for position in range(_HEADER.size, _HEADER.size + count * _ENTRY.size, _ENTRY.size):
        frame = Frame(offset, *_ENTRY.unpack_from(table, position))
        frames.append(frame)
        offset = frame.end
    return tuple(frames), start


def ends_as_table(file: BinaryIO) -> bool:
    """Say whether the last bytes are those with which a seek table ends."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 4))
    return file.read(4) == _FOOTER_MAGIC.to_bytes(4, "little")


def walk(file: BinaryIO) -> Layout:
    """Go through `file` from its start, frame by frame, without trusting the seek table.

    Reads headers only, so damage inside a frame's content stays unseen.
    """
    size = file.seek(0, 2)
    frames: list[Frame] = []
    table, end, cut = None, 0, False
    while end < size and table is None:
        file.seek(end)
        head = file.read(18)
        if head[:4] == _FRAME_MAGIC:
            try:
                frame = _measure(file, head, end)
            except (Damaged, zstandard.ZstdError):
                cut = True
                break
            if frame.end > size:
                cut = True
                break
            frames.append(frame)
            end = frame.end
        elif len(head) >= _HEADER.size and _HEADER.unpack_from(head)[0] == _TABLE_MAGIC:
            length = _HEADER.size + _HEADER.unpack_from(head)[1]
            if end + length > size:
                cut = True
                break
            table, end = end, end + length
        else:
            cut = _FRAME_MAGIC.startswith(head[:4]) or len(head) < _HEADER.size
            break
    return Layout(tuple(frames), table, end, size, cut)


def _measure(file: BinaryIO, head: bytes, offset: int) -> Frame:
    """Find where the frame at `offset` ends by its block headers (RFC 8878, section 3.1.1)."""
    parameters = zstandard.get_frame_parameters(head)
    position = offset + zstandard.frame_header_size(head)
    for last, length in _blocks(file, position):
        position += 3 + length
        if last:
            break
    if not parameters.has_checksum:
        return Frame(offset, position - offset, parameters.content_size, 0)
    file.seek(position)
    checksum = int.from_bytes(file.read(4), "little")
    return Frame(offset, position + 4 - offset, parameters.content_size, checksum)


def _blocks(file: BinaryIO, position: int) -> Iterator[tuple[bool, int]]:
    while True:
        file.seek(position)
        raw = file.read(3)
        if len(raw) < 3:
            raise Damaged("ends inside a frame")
        header = int.from_bytes(raw, "little")
        kind, length = header >> 1 & 3, header >> 3
        if kind == 3:
            raise Damaged("reserved block type")
        stored = 1 if kind == 1 else length
        yield bool(header & 1), stored
        position += 3 + stored
