"""The archive's side of a table on its way in: its rows become frames, and frames its record."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from gmops_desktop.adapters.mysql import deltas, script
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.pieces import Piece, Segment
from gmops_desktop.adapters.mysql.segments import Digest, Range
from gmops_desktop.archive import rows
from gmops_desktop.archive.hand import Held
from gmops_desktop.archive.manifest import SegmentRecord, TableRecord
from gmops_desktop.archive.writer import ArchiveWriter
from gmops_desktop.errors import ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.services.backups.planning import TablePlan, columns_of, range_of
from gmops_desktop.services.backups.progress import TableProgress, TableState

Bound = tuple[str, ...] | None


@dataclass(slots=True)
class TableRows:
    """One table on its way into the archive."""

    plan: TablePlan
    frame: int = 0
    records: list[SegmentRecord] = field(default_factory=list)
    count: int | None = None  # rows there, as the server counts them
    buckets: int = 0
    state: TableState = "waiting"
    hashed: int = 0
    changed: int = 0
    reused: int = 0
    sent: int = 0
    text_bytes: int = 0
    reused_bytes: int = 0
    sent_bytes: int = 0
    differing: list[tuple[Held, Digest]] = field(default_factory=list)
    unread: list[Range] = field(default_factory=list)
    moved: bool = False  # something is not as it is in hand

    @property
    def table(self) -> Table:
        return self.plan.table

    @property
    def described(self) -> TableRecord:
        """The table as the manifest keeps it, without its segments."""
        table = self.table
        return TableRecord(
            name=table.name,
            engine=table.engine,
            definition=table.digest,
            frame=self.frame,
            columns=columns_of(table.columns),
            insert=table.insert,
            key=columns_of(table.key),
            index=table.index,
            buckets=self.buckets,
            segments=(),
        )

    @property
    def restless(self) -> bool:
        """Whether what was compared so far had mostly changed, so that the rest will have, too."""
        return self.changed * 2 >= self.hashed > 0 and deltas.tells_runs(self.table)

    def came(self, before: TableProgress | None) -> None:
        """Go on counting from how the table came so far."""
        if before:
            self.reused, self.reused_bytes = before.reused, before.reused_bytes
            self.sent, self.sent_bytes = before.sent, before.sent_bytes

    def told(self) -> TableProgress:
        return TableProgress(
            name=self.table.name,
            state=self.state,
            segments=len(self.plan.held),
            hashed=self.hashed,
            reused=self.reused,
            sent=self.sent,
            text_bytes=self.text_bytes,
            reused_bytes=self.reused_bytes,
            sent_bytes=self.sent_bytes,
        )

    def check(self) -> None:
        """Count once more: no row may have slipped between two segments."""
        seen = sum(record.rows for record in self.records)
        if self.count is not None and seen != self.count:
            raise ProofFailed(
                tr("{table} has {there} rows, but {seen} were read.",
                   table=self.table.name, there=self.count, seen=seen),
                hint=tr("Check the table on the server (CHECK TABLE), then start again."),
                unharmed=tr("No archive was written."),
            )  # fmt: skip


class Intake:
    """Writes the rows of tables into an archive, in whatever order they come.

    `lock` guards the counters of tables, which several connections serve.
    """

    def __init__(self, writer: ArchiveWriter, lock: threading.RLock) -> None:
        self._writer = writer
        self._lock = lock

    def keep(self, of: TableRows, held: Held, same: Held) -> int:
        """Copy the rows of `same` to the place of `held`; return their size as SQL.

        Frames are copied as they are stored; only neighbours that become one are packed anew.
        Raises `Damaged` before anything is written.
        """
        if not same.single:
            text = same.text()
            _, size = self.write(
                of, [Segment(range_of(held), held.rows, text, rows.digest_of(text))]
            )
            return size
        stored = list(same.stored())
        with self._writer.run():
            numbers = [self._writer.copy(raw, size) for raw, size in stored]
        record = replace(same.first, frame=numbers[0], after=held.after, upto=held.upto)
        self._add(of, record, numbers[-1], record.text_bytes)
        return record.text_bytes

    def write(self, of: TableRows, parts: Iterable[Piece | Segment]) -> tuple[Segment, int]:
        """Write the pieces of large values and the segment after them; return its size as SQL."""
        insert = of.table.insert.encode()
        start, variables, size = None, list[str](), 0
        with self._writer.run():
            for part in parts:
                if isinstance(part, Segment):
                    break
                fresh = part.variable not in variables
                number = self._writer.add(script.piece(part, first=fresh))
                start = number if start is None else start
                if fresh:
                    variables.append(part.variable)
                size += len(part.data)
            else:
                raise AssertionError("pieces without their segment")
            text = rows.lines(part.text)
            number = self._writer.add(b"".join([insert, text, script.ROWS_END]))
            last = self._writer.add(script.release(variables)) if variables else number
        start = number if start is None else start
        of.buckets = part.range.buckets or of.buckets
        record = _record(part, len(text), start, number - start + 1)
        self._add(of, record, last, size + len(text))
        return part, size + len(text)

    def nothing(self, of: TableRows, after: Bound, upto: Bound) -> None:
        """Enter a range without rows; `planning.in_order` gives it to its neighbour."""
        with self._lock:
            of.records.append(SegmentRecord(0, 0, "", 0, 0, after, upto))

    def _add(self, of: TableRows, record: SegmentRecord, last: int, size: int) -> None:
        with self._lock:
            of.records.append(record)
            of.text_bytes += size
        self._writer.remember(of.described, record, last)


def _record(part: Segment, text_bytes: int, frame: int, frames: int) -> SegmentRecord:
    return SegmentRecord(
        rows=part.rows,
        text_bytes=text_bytes,
        digest=part.digest,
        frame=frame,
        frames=frames,
        after=part.range.after,
        upto=part.range.upto,
        bucket=part.range.bucket,
        wide=part.range.wide,
    )
