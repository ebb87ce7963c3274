"""The connections of one backup: as many as help it, all on one moment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection, segments, snapshot
from gmops_desktop.adapters.mysql.snapshot import Fence, Moment
from gmops_desktop.adapters.mysql.together import Together, is_near, served

MOST: Final = 8  # connections that anybody may ask for

_WORTH: Final = 48 << 20  # bytes of data below which one connection is done before two are open
_WORTH_FAR: Final = 192 << 20  # the same over a line on which connecting takes its time
_MOST_CHOSEN: Final = 4
_FAR_COUNT: Final = 3  # connections that keep a slow line full while the server hashes
_SERVES_MORE: Final = 1.3  # times as much at once as one by one; below, cores are one core's halves


class Crew(Together):
    """Connections that work side by side; the first is open from the start."""

    @property
    def round_trips(self) -> int:
        """Statements sent so far."""
        return sum(connection.round_trips for connection in self._all)

    def gather(self, wanted: int, *, in_hand: bool) -> None:
        """Open as many connections as help.

        `wanted` is their number, 0 to choose; `in_hand` says whether most of the work will be
        hashing at the server, and not sending.
        """
        segments.prepare(self.first)
        if count := min(wanted, MOST) or self._promising(in_hand=in_hand):
            self.grow(count, segments.prepare)
        if not wanted and self.count > 1:
            self.working = self.working[: _useful(self.working)]

    def look(self, fence: Fence | None = None) -> Moment:
        """Open the snapshot on which all that can see the same state work from here on."""
        moment = snapshot.together(self.working, fence=fence)
        self.working = moment.connections
        return moment

    def aside(self) -> MysqlConnection:
        """Open a connection that takes no part in the work, but ends with the others."""
        return self._open()

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """Let no writer that waits come before what is asked in the block."""
        for connection in self._all:
            connection.urgent = True
        try:
            yield
        finally:
            for connection in self._all:
                connection.urgent = False

    def _promising(self, *, in_hand: bool) -> int:
        """Return how many connections are worth trying, by the size of the data and the line."""
        (size,) = self.first.one(
            "SELECT CAST(IFNULL(SUM(DATA_LENGTH),0) AS UNSIGNED) FROM information_schema.TABLES"
            " WHERE TABLE_SCHEMA=DATABASE()"
        )
        if is_near(self.first):
            most = min(_MOST_CHOSEN, (os.cpu_count() or 1) + 1)
            return max(2, most) if int(size) >= _WORTH else 0
        return _FAR_COUNT if in_hand and int(size) >= _WORTH_FAR else 0


def _useful(connections: tuple[MysqlConnection, ...]) -> int:
    """Return how many of `connections` help: one more than the server serves at once.

    While one waits for this machine, the server then still has its hands full.  Where it serves but
    one at a time, more would not help.
    """
    found = served(connections)
    return max(2, round(found)) + 1 if found > _SERVES_MORE else 1
