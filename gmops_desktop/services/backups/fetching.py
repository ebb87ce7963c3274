"""Fetches whole ranges of rows: what is new, and what could not be had in any other way.

A range of many rows is shared out as it is read: each connection takes its part and leaves the rest
to whichever is free next.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection, buckets, reading, snapshot
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.pieces import Piece, Segment
from gmops_desktop.adapters.mysql.segments import Range
from gmops_desktop.adapters.mysql.together import Job
from gmops_desktop.language import tr
from gmops_desktop.services.backups import redefined
from gmops_desktop.services.backups.courtesy import Courtesy
from gmops_desktop.services.backups.crew import Crew
from gmops_desktop.services.backups.intake import Intake, TableRows

_PARTS: Final = 6  # of all rows for each connection, so that none waits long for another's last
_LEAST_PART: Final = 4 << 20  # bytes of text


class Fetching:
    """Reads rows through the connections of a crew, and has each segment written as it comes."""

    def __init__(
        self,
        crew: Crew,
        intake: Intake,
        lock: threading.RLock,
        courtesy: Courtesy,
        tell: Callable[[str], object],
        whole: int,
    ) -> None:
        """`lock` is over the counters of tables, `whole` how many bytes of text are expected."""
        self._crew, self._intake, self._lock = crew, intake, lock
        self._courtesy, self._tell, self._whole = courtesy, tell, whole

    @property
    def waited(self) -> float:
        """Seconds in which nothing was asked, because the server was busy with others."""
        return self._courtesy.waited

    def give_way(self, connection: MysqlConnection) -> None:
        """Wait for a server that is busy with others."""
        self._courtesy.before(connection, len(self._crew.working))

    def jobs(self, rows: Sequence[TableRows]) -> list[Job]:
        """Return what fetches whole ranges: what is new, and what could not be had otherwise."""
        jobs: list[Job] = []
        largest = sorted(rows, key=lambda of: -of.table.text_guess)
        for of in largest:
            if not of.table.key:
                if of.unread:
                    jobs.append(partial(self._read_buckets, of))
                continue
            there = of.table.rows_guess if of.count is None else of.count
            left = max(0, there - sum(held.rows for held in of.plan.held))
            for place in of.unread:
                once_whole = place.upto is not None and place not in of.plan.gaps
                rows_there = 0 if once_whole else left
                jobs.append(partial(self.read_range, of, place, once_whole, rows_there))
        return jobs

    def read_range(
        self,
        of: TableRows,
        place: Range,
        once_whole: bool,
        rows_there: int,
        connection: MysqlConnection,
    ) -> None:
        """Fetch a range; of one that may have many rows only what is this connection's part."""
        of.state = "sending"
        if rows_there > (part := self._part(of.table)):
            own = int(part)
            with redefined.told(connection, [of.table]):
                bound = reading.bound(connection, of.table, place, own, rows_there)
            if bound:
                rest = Range(bound, place.upto)
                self._crew.add(partial(self.read_range, of, rest, once_whole, rows_there - own))
                place = Range(place.after, bound)
        after = place.after
        parts = reading.read_range(
            connection, of.table, place.after, place.upto, once_whole=once_whole
        )
        with redefined.told(connection, [of.table]):
            while segment := self._receive(of, parts):
                after = segment.range.upto
                self.give_way(connection)
        if place.upto is not None and after != place.upto:
            self._intake.nothing(of, after, place.upto)

    def _part(self, table: Table) -> float:
        """Return how many rows of a table one connection reads before another job comes."""
        some = len(self._crew.working)
        if some == 1 or not table.rows_guess:
            return math.inf
        size = max(_LEAST_PART, self._whole // (some * _PARTS))
        return max(1000, size * table.rows_guess // max(table.text_guess, 1))

    def _read_buckets(self, of: TableRows, connection: MysqlConnection) -> None:
        of.state = "sending"
        only = None if of.unread == [Range()] else of.unread
        with redefined.told(connection, [of.table]), snapshot.table(connection):
            parts = buckets.read_buckets(connection, of.table, only)
            while self._receive(of, parts):
                pass

    def _receive(self, of: TableRows, parts: Iterator[Piece | Segment]) -> Segment | None:
        """Write the next segment of `parts`, and before it the pieces of its large values."""
        first = next(parts, None)
        if first is None:
            return None
        segment, size = self._intake.write(of, chain([first], parts))
        with self._lock:
            of.moved = True
            of.sent += 1
            of.sent_bytes += size
        self._tell(tr("Reading {name}", name=of.table.name))
        return segment
