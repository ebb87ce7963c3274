"""What an archive of a directory says of itself: source, verdict, and its list of entries.

The list stands behind the files, a JSON line an entry, in comments (pax headers) that tars pass
over.  The manifest itself, in the last frame, holds the digest of every frame before it, the list's
included, and one digest over all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Self, get_args

from gmops_desktop.archive.frames import Damaged
from gmops_desktop.archive.tree.packing import END, comment_in, commented
from gmops_desktop.contract.trees import Entry, RemarkKind, TreeRemark
from gmops_desktop.language import tr, tr_n

FORMAT: Final = 1
TITLE: Final = b"GMOps files manifest"
LISTED: Final = 256 << 10  # bytes of the list in a frame

_HARMLESS: Final = ("special", "untold")  # nothing of the files themselves is missing
_SHOWN: Final = 20  # remarks of one kind that a verdict names


@dataclass(frozen=True, slots=True)
class TreeSource:
    """Where the files came from: `folder` is the directory's path on the server."""

    host: str
    port: int
    user: str
    folder: str

    def __str__(self) -> str:
        return f"{self.folder}@{self.host}"


@dataclass(frozen=True, slots=True)
class TreeManifest:
    """All that an archive says of itself but its list; `listed` is the list's first frame.

    `frames` holds the SHA-256 of each frame before the manifest's as it is stored.  `content_bytes`
    counts the files' contents, hard links once.
    """

    tool: str
    source: TreeSource
    begun: datetime
    ended: datetime
    excluded: tuple[str, ...]
    remarks: tuple[TreeRemark, ...]
    entries: int
    files: int
    content_bytes: int
    listed: int
    frames: tuple[str, ...]
    format: int = FORMAT

    @property
    def whole(self) -> bool:
        """Whether everything that was to be kept is there, and of one piece."""
        return not any(remark.kind not in _HARMLESS for remark in self.remarks)

    @property
    def verdict(self) -> str:
        """The verdict in plain words, in the current language."""
        if self.whole:
            first = tr("Every file was read as it stood: none changed meanwhile.")
        else:
            first = tr("Not everything is there as it stood:")
        return "\n".join([first, *_told(self.remarks)])

    @property
    def digest(self) -> str:
        """The SHA-256 of the manifest: it stands for the whole archive."""
        return hashlib.sha256(self._lines()).hexdigest()

    def trailer(self) -> bytes:
        """Return the content of the last frame."""
        lines = self._lines()
        return commented(TITLE + b"\n" + lines + b"sha256 " + self.digest.encode() + b"\n") + END

    @classmethod
    def parse(cls, trailer: bytes) -> Self:
        """Read a trailer; raise `Damaged` where it is none, was edited, or is of a newer format."""
        if not trailer.endswith(END):
            raise Damaged("no end")
        said = comment_in(trailer[: -len(END)])
        title, *lines = said.removesuffix(b"\n").split(b"\n")
        if title != TITLE or len(lines) != 3:
            raise Damaged("no manifest")
        said = b"".join(line + b"\n" for line in lines[:2])
        if lines[2] != b"sha256 " + hashlib.sha256(said).hexdigest().encode():
            raise Damaged("manifest edited")
        try:
            head, frames = json.loads(lines[0]), json.loads(lines[1])
            if head["format"] != FORMAT:
                raise ValueError(head["format"])
            return cls(
                tool=head["tool"],
                source=TreeSource(**head["source"]),
                begun=datetime.fromisoformat(head["begun"]),
                ended=datetime.fromisoformat(head["ended"]),
                excluded=tuple(head["excluded"]),
                remarks=tuple(TreeRemark(**remark) for remark in head["remarks"]),
                entries=int(head["entries"]),
                files=int(head["files"]),
                content_bytes=int(head["content_bytes"]),
                listed=int(head["listed"]),
                frames=tuple(map(str, frames)),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise Damaged("manifest of another format") from error

    def _lines(self) -> bytes:
        head = {
            **{name: getattr(self, name) for name in _PLAIN},
            "source": asdict(self.source),
            "begun": self.begun.isoformat(),
            "ended": self.ended.isoformat(),
            "remarks": [asdict(remark) for remark in self.remarks],
        }
        return _line(head) + _line(self.frames)


_PLAIN: Final = (*("format", "tool", "excluded", "entries", "files", "content_bytes", "listed"),)


def listing(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Return the list of entries in pieces, a frame each."""
    lines: list[bytes] = []
    size = 0
    for entry in entries:
        lines.append(_line(entry.to_json()))
        size += len(lines[-1])
        if size > LISTED:
            yield commented(b"".join(lines))
            lines, size = [], 0
    if lines:
        yield commented(b"".join(lines))


def unlisted(piece: bytes) -> list[Entry]:
    """Return the entries of a piece of the list; raise `Damaged`."""
    try:
        return [Entry.from_json(json.loads(line)) for line in comment_in(piece).splitlines()]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged("list of entries") from error


def _told(remarks: Sequence[TreeRemark]) -> Iterator[str]:
    for kind in get_args(RemarkKind):
        alike = [remark for remark in remarks if remark.kind == kind]
        yield from map(str, alike[:_SHOWN])
        if len(alike) > _SHOWN:
            yield tr_n(
                "… and {count} more of this kind.",
                "… and {count} more of this kind.",
                len(alike) - _SHOWN,
            )


def _line(values: Any) -> bytes:
    # ASCII: bytes that are no UTF-8 stand in it as lone surrogates.
    return json.dumps(values, separators=(",", ":")).encode("ascii") + b"\n"
