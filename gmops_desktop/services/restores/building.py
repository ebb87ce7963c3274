"""Builds an archive's tables beside those there, and proves each when its rows are in.

Several connections share out the rows where that helps: over a fast line the server then works on
several statements at once, over a slow one the line carries rows while the server works.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection, exchange, indexing, script, segments
from gmops_desktop.adapters.mysql.exchange import Swap
from gmops_desktop.adapters.mysql.indexing import PutOff
from gmops_desktop.adapters.mysql.together import Job, Together
from gmops_desktop.archive.manifest import SegmentRecord, TableRecord
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.verification import rows_text
from gmops_desktop.context import Context
from gmops_desktop.language import tr
from gmops_desktop.services.restores.comparison import asked, disproved
from gmops_desktop.services.restores.otherwise import are_the_same

_WORTH: Final = 16 << 20  # bytes of rows below which one connection is done before more are open
_PART: Final = 32 << 20  # bytes of a table's rows that one connection writes, and commits, at once
_STATEMENT: Final = 1 << 20  # bytes of rows in one statement; servers like small ones
_PACKED: Final = 3 << 20  # the same where they are packed on their way: large ones pack better
_INDEXED_LATER: Final = 4 << 20  # bytes of rows from which on building indexes afterwards pays
_APART: Final = ("InnoDB",)  # engines that let several connections write to a table at once


@dataclass(slots=True)
class _Table:
    """A table that is being built."""

    record: TableRecord
    parts: Sequence[Sequence[SegmentRecord]]  # which connections share out, each at once
    left: int  # of these
    later: PutOff | None = None


def _table(record: TableRecord) -> _Table:
    parts = list(_parts(record.segments)) if record.engine in _APART else [record.segments]
    return _Table(record, parts, len(parts))


class Building:
    """Builds the tables of a swap that have a new form; what they differ in is in `wrong`."""

    def __init__(
        self,
        connection: MysqlConnection,
        connect: Callable[[], MysqlConnection],
        reader: ArchiveReader,
        swap: Swap,
        context: Context,
    ) -> None:
        self._first = connection
        self._connect = connect
        self._reader = reader
        self._swap = swap
        self._context = context
        self._lock = threading.Lock()  # over the counters
        self._done = 0
        self._total = 1
        self._most = _PACKED if context.line.at_source else _STATEMENT
        self.wrong: list[str] = []  # tables whose rows are not the archive's

    def run(self, records: Sequence[TableRecord]) -> None:
        """Create the tables, then fill, index and prove them.

        All are created before any is filled, and by the connection in hand: what another one was
        about to do when all were cut then can make no table.
        """
        self._total = sum(record.text_bytes for record in records) or 1
        with self._first.one_at_a_time():
            for record in records:
                self._context.check()
                create = script.create_of(self._reader.frame(record.frame))
                exchange.build(self._first, self._swap, record.name, create)
            with Together(self._connect, self._first) as together:
                exchange.by_row(self._first)
                if self._total >= _WORTH:
                    together.grow_as_helps(_ready)
                tables = [_table(record) for record in records]
                together.share([job for table in tables for job in self._jobs(table, together)])
        exchange.prepare(self._first)
        self.wrong.sort()

    def _jobs(self, table: _Table, together: Together) -> Iterator[Job]:
        """Return what begins the work on a table; each step hands on the next."""
        if table.record.text_bytes < _INDEXED_LATER:
            yield partial(self._whole, table)
        else:
            yield partial(self._begin, table, together)

    def _whole(self, table: _Table, connection: MysqlConnection) -> None:
        for part in table.parts:
            self._fill(table, part, connection)
        self._prove(table, connection)

    def _begin(self, table: _Table, together: Together, connection: MysqlConnection) -> None:
        if table.record.engine in _APART:
            table.later = indexing.put_off(connection, self._swap.new(table.record.name))
        for part in reversed(table.parts):
            together.add(partial(self._part, table, part, together))

    def _part(
        self,
        table: _Table,
        part: Sequence[SegmentRecord],
        together: Together,
        connection: MysqlConnection,
    ) -> None:
        self._fill(table, part, connection)
        with self._lock:
            table.left -= 1
            last = not table.left
        if last:
            together.add(partial(self._end, table))

    def _end(self, table: _Table, connection: MysqlConnection) -> None:
        if table.later:
            self._tell(tr("Building the indexes of {name}", name=table.record.name))
            table.later.build(connection)
        self._prove(table, connection)

    def _fill(
        self, table: _Table, part: Sequence[SegmentRecord], connection: MysqlConnection
    ) -> None:
        held: list[bytes] = []  # what makes one statement together: it packs better, too
        with connection.one_at_a_time(), exchange.at_once(connection):
            for segment in part:
                text = rows_text(table.record, self._reader.frame(segment.last_frame))
                if segment.wide or sum(map(len, held)) + len(text) > self._most:
                    self._write(table, held, connection)
                if segment.wide:
                    self._write_wide(table, segment, text, connection)
                elif text:
                    held.append(text)
            self._write(table, held, connection)

    def _write(self, table: _Table, held: list[bytes], connection: MysqlConnection) -> None:
        """Write the rows held, if there are any, and hold them no longer."""
        if not held:
            return
        record, size = table.record, sum(map(len, held))
        self._tell(tr("Writing {name} beside", name=record.name))
        columns = [column.name for column in record.columns]
        exchange.fill(connection, self._swap, record.name, columns, held, self._most)
        with self._lock:
            self._done += size

    def _write_wide(
        self, table: _Table, segment: SegmentRecord, text: bytes, connection: MysqlConnection
    ) -> None:
        """Write rows whose large values come before them, in variables of the session."""
        for number in range(segment.frame, segment.last_frame):
            exchange.assign(connection, self._reader.frame(number))
        self._write(table, [text], connection)
        exchange.assign(connection, self._reader.frame(segment.last_frame + 1))

    def _prove(self, table: _Table, connection: MysqlConnection) -> None:
        self._tell(tr("Proving {name}", name=table.record.name))
        record, name = table.record, self._swap.new(table.record.name)
        if not asked(record, name).holds_rows:  # they are in other tables, or elsewhere
            return
        left = disproved(connection, record, name)
        if left and not are_the_same(connection, self._reader, record, name, left):
            with self._lock:
                self.wrong.append(record.name)

    def _tell(self, text: str) -> None:
        percent = self._done * 99 // self._total
        self._context.progress(percent, text, self._first.travelled)


def _ready(connection: MysqlConnection) -> None:
    """Make another connection what the one in hand is: able to prove, and to load."""
    segments.prepare(connection)
    exchange.prepare(connection)
    exchange.by_row(connection)


def _parts(records: Sequence[SegmentRecord]) -> Iterator[Sequence[SegmentRecord]]:
    """Divide a table's segments among connections."""
    part: list[SegmentRecord] = []
    size = 0
    for segment in records:
        part.append(segment)
        size += segment.text_bytes
        if size >= _PART:
            yield part
            part, size = [], 0
    if part:
        yield part
