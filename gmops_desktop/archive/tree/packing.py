"""How a directory becomes a tar in frames, in a way that tomorrow's frames are today's.

Small files go together: a group ends after 1 MiB, or before an entry whose path says so, so that a
file that comes or goes moves the borders of its neighbours only.  A large file has a frame for its
header, and one for each block.  The tar is GNU's: it carries names as the bytes they are, and every
tar reads it.
"""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gmops_desktop.archive.frames import Damaged
from gmops_desktop.contract.trees import Entry, raw

SIGNATURE: Final = "GMOps files archive"
END: Final = bytes(1024)  # how a tar ends
_GROUP: Final = 1 << 20  # bytes after which a group ends
_BORDERS: Final = 32  # one path in so many begins a group
_UNIT: Final = 512  # bytes to which everything in a tar is filled up


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that share a frame; a large file stands alone, and its blocks follow."""

    entries: tuple[Entry, ...]

    @property
    def large(self) -> Entry | None:
        first = self.entries[0]
        return first if first.large else None

    @property
    def key(self) -> bytes:
        """What two groups whose frame is the same have in common."""
        key = hashlib.sha256()
        for entry in self.entries:
            head = header(entry)
            key.update(len(head).to_bytes(4) + head)
            if not entry.large:
                key.update(b"\0".join(raw(part) for part in entry.content) + b"\n")
        return key.digest()

    def placed(self, frame: int) -> Iterator[Entry]:
        """Return the entries with their places in the frame `frame`."""
        at = 0
        for entry in self.entries:
            yield replace(entry, frame=frame, at=at)
            at += len(header(entry)) + _filled(_inside(entry))


def groups(entries: Sequence[Entry]) -> Iterator[Group]:
    """Cut entries, which are in order, into groups."""
    waiting: list[Entry] = []
    size = 0
    for entry in entries:
        border = zlib.crc32(raw(entry.path)) % _BORDERS == 0
        if waiting and (border or entry.large or size > _GROUP):
            yield Group(tuple(waiting))
            waiting, size = [], 0
        if entry.large:
            yield Group((entry,))
            continue
        waiting.append(entry)
        size += _inside(entry) + _UNIT
    if waiting:
        yield Group(tuple(waiting))


def signature() -> bytes:
    """Return the tar's first record: it tells whose file it is."""
    return commented(SIGNATURE.encode())


def commented(words: bytes) -> bytes:
    """Return a record of the tar that holds ASCII `words`, and that every tar passes over."""
    return tarfile.TarInfo.create_pax_global_header({"comment": words.decode("ascii")})


def comment_in(record: bytes) -> bytes:
    """Return the words of such a record; raise `Damaged` where it is none."""
    length, _, rest = record[_UNIT : _UNIT + 64].partition(b" comment=")
    if not rest or not length.isdigit():
        raise Damaged("comment")
    words = record[_UNIT + len(length) + len(b" comment=") : _UNIT + int(length) - 1]
    if not words.isascii() or commented(words) != record:
        raise Damaged("comment")
    return words


def header(entry: Entry) -> bytes:
    """Return the tar header of an entry, its long names before it."""
    info = tarfile.TarInfo(_name(entry.path))
    info.mode, info.uid, info.gid = entry.mode & 0o7777, entry.uid, entry.gid
    info.uname, info.gname = entry.user[:31], entry.group[:31]
    info.mtime = entry.mtime_ns // 10**9
    match entry.kind:
        case "folder":
            info.type = tarfile.DIRTYPE
        case "link":
            info.type, info.linkname = tarfile.SYMTYPE, entry.target
        case "hard":
            info.type, info.linkname = tarfile.LNKTYPE, _name(entry.target)
        case "file":
            info.size = entry.size
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def body(content: bytes, *, last: bool = True) -> bytes:
    """Return a file's content, or its last block, filled up as a tar wants it."""
    return content + bytes(_filled(len(content)) - len(content)) if last else content


def _name(path: str) -> str:
    return f"./{path}" if path else "."


def _inside(entry: Entry) -> int:
    """Return how many bytes of content follow the header in the same frame."""
    return entry.size if entry.kind == "file" and not entry.large else 0


def _filled(size: int) -> int:
    return -(-size // _UNIT) * _UNIT
