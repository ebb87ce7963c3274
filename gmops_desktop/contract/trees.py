"""What a directory holds: one record for each file, folder and link.

Paths are text with the bytes that are no UTF-8 kept as lone surrogates (PEP 383), so that every
name survives; `shown` makes one fit for people.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, Self

from gmops_desktop.language import mark, tr

EntryKind = Literal["file", "folder", "link", "hard"]

RemarkKind = Literal["unreadable", "vanished", "special", "changed", "elsewhere", "hidden",
                     "not_kept", "untold"]  # fmt: skip

_REMARKS: Final[dict[RemarkKind, str]] = {
    "unreadable": mark("Left out: {name} could not be read ({detail})."),
    "vanished": mark("Left out: {name} went away while it was read."),
    "special": mark("Left out: {name} is a {detail}."),
    "changed": mark("Changed while it was read, and may be half old, half new: {name}."),
    "elsewhere": mark("Left out: what lies in {name}, another file system."),
    "hidden": mark("Not all could be seen: {name}"),
    "not_kept": mark("Not kept: {detail} of {name}."),
    "untold": mark("Never kept, and this server does not tell whether there are any: {name}."),
}
BLOCK: Final = 4 << 20  # bytes of a block of a large file
LARGE: Final = 8 << 20  # bytes from which a file is kept in blocks
ZEROS: Final = hashlib.sha256(bytes(BLOCK)).hexdigest()  # of a block that is a hole


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a directory; `path` is relative, empty for the directory itself.

    `target` is where a symbolic link points, or of which path a hard link is another name.  A file
    has the SHA-256 of its content in `digest`; a large one has one for each block of 4 MiB instead.
    `settled` says that nobody changed it in the moments before it was looked at, so that an equal
    inode, size, mtime and ctime mean equal content.  `frame` and `at` are where its tar header
    begins in an archive, -1 outside one.
    """

    path: str
    kind: EntryKind
    mode: int
    uid: int
    gid: int
    user: str
    group: str
    size: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    inode: int = 0
    target: str = ""
    digest: str = ""
    blocks: tuple[str, ...] = ()
    settled: bool = True
    frame: int = -1
    at: int = 0

    @property
    def large(self) -> bool:
        return self.kind == "file" and self.size >= LARGE

    @property
    def content(self) -> tuple[str, ...]:
        """What tells its content from another's."""
        if self.kind == "file":
            return self.blocks if self.large else (self.digest,)
        return (self.target,)

    @property
    def stamp(self) -> tuple[int, int, int, int]:
        """What changes when somebody writes to it."""
        return self.inode, self.size, self.mtime_ns, self.ctime_ns

    def block_size(self, number: int) -> int:
        """Return how many bytes the block `number` holds."""
        return min(BLOCK, self.size - number * BLOCK)

    @property
    def block_count(self) -> int:
        return -(-self.size // BLOCK)

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON values, without what says nothing: there may be 100,000."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value != _PLAIN.get(name)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the record that `to_json` gave; raise `TypeError` or `ValueError`."""
        given = dict(values)
        for name, value in given.items():
            kind = _TYPES.get(name)
            if kind is None or type(value) is not kind:
                raise ValueError(name)
        if given["kind"] not in ("file", "folder", "link", "hard"):
            raise ValueError(given["kind"])
        given["blocks"] = tuple(map(str, given.get("blocks", ())))
        return cls(**given)


_PLAIN: Final = {
    field.name: field.default for field in fields(Entry) if field.name not in ("size", "mode")
}
_TYPES: Final[dict[str, type]] = {
    **dict.fromkeys(("path", "kind", "user", "group", "target", "digest"), str),
    **dict.fromkeys(("mode", "uid", "gid", "size", "mtime_ns", "ctime_ns", "inode"), int),
    **dict.fromkeys(("frame", "at"), int),
    "blocks": list,
    "settled": bool,
}


@dataclass(frozen=True, slots=True)
class TreeRemark:
    """Something that the archive does not hold, or holds less than perfectly; `name` is shown."""

    kind: RemarkKind
    name: str
    detail: str = ""

    def __str__(self) -> str:
        return tr(_REMARKS[self.kind], name=self.name, detail=self.detail)


def raw(path: str) -> bytes:
    """Return a path as the bytes it is on the server."""
    return path.encode("utf-8", "surrogateescape")


def text(path: bytes) -> str:
    """Return the bytes of a path as text that `raw` takes back."""
    return path.decode("utf-8", "surrogateescape")


def shown(path: str) -> str:
    """Return a path for people: what cannot be printed stands as an escape."""
    readable = raw(path).decode("utf-8", "backslashreplace")
    return "".join(map(_printable, readable)) or "."


def _printable(letter: str) -> str:
    if unicodedata.category(letter) in ("Cc", "Zl", "Zp") or letter in _TURNING:
        return letter.encode("unicode_escape").decode()
    return letter


_TURNING: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # lets a name lie


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries by the bytes of their paths, folders before what is in them."""
    return sorted(entries, key=lambda entry: raw(entry.path).split(b"/") if entry.path else [])


def parents(path: str) -> Iterator[str]:
    """Return the folders in which `path` lies, the nearest first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
