"""What an archive says of itself: source, verdict, objects, tables, segments and their digests.

It stands in the last data frame as SQL comments, one JSON object a line, closed by one SHA-256 over
all of them; a stock client skips it.  Segment bounds are kept as literals, so that the next backup
cuts its tables in the same places and the target of a restore can be asked for the same digests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal, Self, get_args

from gmops_desktop.archive import spelling
from gmops_desktop.archive.frames import Damaged
from gmops_desktop.language import mark, tr

FORMAT: Final = 2
_READABLE: Final = (1, 2)

Consistency = Literal["consistent", "partly", "unknown"]
SnapshotWay = Literal["single", "position", "read_lock"]
ObjectKind = Literal[
    "sequence", "view", "function", "procedure", "package", "package body", "trigger", "event"
]
RemarkKind = Literal[
    "not_transactional",
    "locked",
    "unmoved",
    "lock_no_right",
    "lock_busy",
    "lock_too_long",
    "lock_lost",
    "lock_off",
    "invalid_view",
    "no_privilege",
    "definition_only",
    "leftover",
    "history",
]

_REMARKS: Final[dict[RemarkKind, str]] = {
    "not_transactional": mark("Not consistent: {name} ({detail} tables have no snapshot)."),
    "locked": mark("Of the same moment by a short lock: {name} ({detail})."),
    "unmoved": mark("Without a lock, but not changed meanwhile: {name} ({detail})."),
    "lock_no_right": mark("The account may not lock tables (LOCK TABLES)."),
    "lock_busy": mark("Tables were not locked: that would have had to wait for others."),
    "lock_too_long": mark("Tables were not locked: hashing them would take too long."),
    "lock_lost": mark("The lock on tables was given up before they were all read."),
    "lock_off": mark("Tables were not locked: locks are switched off."),
    "invalid_view": mark("Left out: the view {name} is invalid ({detail})."),
    "no_privilege": mark("Left out: no right to read {name} ({detail})."),
    "definition_only": mark("Definition only: {name} ({detail} keeps its rows elsewhere)."),
    "leftover": mark("Left out: {name}, a working table of an interrupted restore."),
    "history": mark("Without history: {name} keeps its earlier versions of rows by itself."),
}

_LACKS: Final = ("not_transactional", "invalid_view", "no_privilege")
_OF_MANY: Final = ("not_transactional", "locked", "unmoved")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that the archive does not hold, or holds less than perfectly, and why."""

    kind: RemarkKind
    name: str
    detail: str = ""

    def __str__(self) -> str:
        return tr(_REMARKS[self.kind], name=self.name, detail=self.detail)


@dataclass(frozen=True, slots=True)
class SnapshotRecord:
    """How all rows came to be those of one moment: by which way, over how many connections.

    `lock_seconds` is how long all writers were held off for it, `table_lock_seconds` how long those
    of tables without snapshots.  `redefined` names what ended an earlier attempt.
    """

    way: SnapshotWay = "single"
    connections: int = 1
    lock_seconds: float = 0.0
    table_lock_seconds: float = 0.0
    redefined: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows came from; `version` as the server says it."""

    server: str
    version: str
    host: str
    port: int
    schema: str
    charset: str
    collation: str
    lower_case_names: int


@dataclass(frozen=True, slots=True)
class ColumnRecord:
    """A column of the INSERTs: its type as declared, and the form of its literals."""

    name: str
    type: str
    form: str
    charset: str = ""


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """One piece of a table: its bounds, its digest, and the frames that hold it.

    A key range is (`after`, `upto`], as SQL literals of the key's columns, None where it is open.
    A table without a usable key is cut into buckets of its rows' CRC-32 instead.  `digest` is the
    SHA-256 of the rows' text as the server computes it (see `rows`).  The columns in `wide` stand
    in that text as the name of a variable that is the SHA-256 of the value; the value itself comes
    in the frames before the segment's last.
    """

    rows: int
    text_bytes: int
    digest: str
    frame: int
    frames: int = 1
    after: tuple[str, ...] | None = None
    upto: tuple[str, ...] | None = None
    bucket: int | None = None
    wide: tuple[str, ...] = ()

    @property
    def last_frame(self) -> int:
        return self.frame + self.frames - 1

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the record whose fields `values` are, lists for tuples."""
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class TableRecord:
    """A table: definition frame and digest, and its rows in segments.

    `insert` is the exact text before the rows in each segment's last frame.  `key` are the columns
    of the segments' bounds, in the order of the index `index`; without one, `buckets` tells into
    how many the rows fall.
    """

    name: str
    engine: str
    definition: str
    frame: int
    columns: tuple[ColumnRecord, ...]
    insert: str
    key: tuple[ColumnRecord, ...]
    index: str
    buckets: int
    segments: tuple[SegmentRecord, ...]

    @property
    def rows(self) -> int:
        return sum(segment.rows for segment in self.segments)

    @property
    def text_bytes(self) -> int:
        return sum(segment.text_bytes for segment in self.segments)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the record whose fields `values` are, lists for tuples."""
        return cls(
            **{
                **values,
                "columns": tuple(ColumnRecord(**column) for column in values["columns"]),
                "key": tuple(ColumnRecord(**column) for column in values["key"]),
                "segments": tuple(map(SegmentRecord.from_json, values["segments"])),
            }
        )


@dataclass(frozen=True, slots=True)
class ObjectRecord:
    """A view, routine, trigger, event or sequence; `definition` is the digest without definer."""

    kind: ObjectKind
    name: str
    definition: str
    definer: str
    frame: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that an archive says of itself.

    `frames` holds the SHA-256 of each frame as it is stored, so that a frame can be proved, and
    copied into the next archive, without being unpacked.  (Format 1 held those of the contents.)
    """

    tool: str
    source: Source
    begun: datetime
    ended: datetime
    position: Mapping[str, str]  # GTID or binlog position, where readable
    remarks: tuple[Remark, ...]
    tables: tuple[TableRecord, ...]
    objects: tuple[ObjectRecord, ...]
    frames: tuple[str, ...]
    format: int = FORMAT
    snapshot: SnapshotRecord = SnapshotRecord()

    def proves(self, number: int, raw: bytes, content: Callable[[], bytes]) -> bool:
        """Say whether a stored frame is the manifest's; `content` unpacks it, for format 1."""
        proved = raw if self.format > 1 else content()
        return hashlib.sha256(proved).hexdigest() == self.frames[number]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    @property
    def text_bytes(self) -> int:
        return sum(table.text_bytes for table in self.tables)

    @property
    def consistency(self) -> Consistency:
        partly = any(remark.kind == "not_transactional" for remark in self.remarks)
        return "partly" if partly else "consistent"

    @property
    def left_out(self) -> int:
        """How many things are not in it that should be, or not of the one moment."""
        return sum(remark.kind in _LACKS for remark in self.remarks)

    @property
    def verdict(self) -> str:
        """The verdict in plain words, in the current language."""
        lines = [self._moment]
        if names := self.snapshot.redefined:
            lines.append(
                tr(
                    "Retried because the definition of {names} changed.",
                    names=tr(", ").join(names),
                )
            )
        if self.consistency == "partly":
            lines.append(tr("Except what is named here:"))
        return "\n".join([*lines, *_grouped(self.remarks)])

    @property
    def _moment(self) -> str:
        """How the rows came to be those of one moment, in plain words."""
        snapshot = self.snapshot
        if snapshot.way == "position":
            return tr(
                "One consistent snapshot over {count} connections, taken without a lock:"
                " nothing was committed while they opened.",
                count=snapshot.connections,
            )
        if snapshot.way == "read_lock":
            return tr(
                "One consistent snapshot over {count} connections; writes were held off for"
                " {seconds} s while they opened.",
                count=snapshot.connections,
                seconds=f"{snapshot.lock_seconds:.3f}",
            )
        return tr("One consistent snapshot, taken without a lock.")

    @property
    def digest(self) -> str:
        """The SHA-256 over all lines of the manifest: it stands for the whole archive."""
        return hashlib.sha256(self._lines()).hexdigest()

    def trailer(self) -> bytes:
        """Return the content of the last data frame."""
        lines = self._lines()
        digest = hashlib.sha256(lines).hexdigest().encode()
        commented = b"".join(b"-- " + line + b"\n" for line in lines.splitlines())
        return b"\n-- GMOps manifest\n" + commented + b"-- sha256 " + digest + b"\n"

    @classmethod
    def parse(cls, trailer: bytes) -> Self:
        """Read a trailer; raise `Damaged` where it is none, was edited, or is of a newer format."""
        title, *lines = trailer.strip(b"\n").split(b"\n")
        if title != b"-- GMOps manifest" or len(lines) < 2:
            raise Damaged("no manifest")
        text = b"".join(line.removeprefix(b"-- ") + b"\n" for line in lines[:-1])
        if lines[-1] != b"-- sha256 " + hashlib.sha256(text).hexdigest().encode():
            raise Damaged("manifest edited")
        try:
            found = cls._from_objects([json.loads(line) for line in text.splitlines()])
        except (ValueError, KeyError, TypeError) as error:
            raise Damaged("manifest of another format") from error
        if not spelling.is_ours(found):
            raise Damaged("manifest with words that are no values")
        return found

    def _lines(self) -> bytes:
        head = {
            "format": self.format,
            "tool": self.tool,
            "source": asdict(self.source),
            "begun": self.begun.isoformat(),
            "ended": self.ended.isoformat(),
            "consistency": self.consistency,
            "rows": self.rows,
            "text_bytes": self.text_bytes,
            "position": {**self.position},
            "snapshot": asdict(self.snapshot),
            "remarks": [asdict(remark) for remark in self.remarks],
        }
        objects: list[dict[str, Any]] = [
            head,
            *({"table": _bare(asdict(table))} for table in self.tables),
            *({"object": asdict(thing)} for thing in self.objects),
            {"frames": list(self.frames)},
        ]
        return b"".join(_json(thing) + b"\n" for thing in objects)

    @classmethod
    def _from_objects(cls, objects: list[dict[str, Any]]) -> Self:
        head, *things, last = objects
        if head["format"] not in _READABLE:
            raise ValueError(head["format"])
        return cls(
            tool=head["tool"],
            source=Source(**head["source"]),
            begun=datetime.fromisoformat(head["begun"]),
            ended=datetime.fromisoformat(head["ended"]),
            position=head["position"],
            remarks=tuple(Remark(**remark) for remark in head["remarks"]),
            tables=tuple(
                TableRecord.from_json(thing["table"]) for thing in things if "table" in thing
            ),
            objects=tuple(_object(thing["object"]) for thing in things if "object" in thing),
            frames=tuple(last["frames"]),
            format=head["format"],
            snapshot=_snapshot(head.get("snapshot", {})),
        )


def _object(values: dict[str, Any]) -> ObjectRecord:
    if values["kind"] not in get_args(ObjectKind):
        raise ValueError(values["kind"])
    return ObjectRecord(**values)


def _snapshot(values: dict[str, Any]) -> SnapshotRecord:
    return SnapshotRecord(**{**values, "redefined": tuple(values.get("redefined", ()))})


def _grouped(remarks: Sequence[Remark]) -> Iterator[str]:
    """Return remarks in words, those that say the same of many tables in one line."""
    together: dict[tuple[RemarkKind, str], list[Remark]] = {}
    for remark in remarks:
        together.setdefault((remark.kind, remark.detail), []).append(remark)
    for (kind, detail), alike in together.items():
        if kind in _OF_MANY:
            yield str(Remark(kind, tr(", ").join(remark.name for remark in alike), detail))
        else:
            yield from map(str, alike)


def _bare(table: dict[str, Any]) -> dict[str, Any]:
    """Leave out of each segment what says nothing: there are thousands of them."""
    segments: list[dict[str, Any]] = [
        {name: value for name, value in segment.items() if value is not None and value != ()}
        for segment in table["segments"]
    ]
    return {**table, "segments": segments}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
