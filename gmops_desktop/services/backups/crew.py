"""The connections of one run: opened as far as they help, sharing out its work, ended together."""

from __future__ import annotations

import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from types import TracebackType
from typing import Final, Self

from gmops_desktop.adapters.mysql import MysqlConnection, segments, snapshot
from gmops_desktop.adapters.mysql.snapshot import Fence, Moment
from gmops_desktop.context import side_by_side
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

MOST: Final = 8  # connections that anybody may ask for

_WORTH: Final = 48 << 20  # bytes of data below which one connection is done before two are open
_WORTH_FAR: Final = 192 << 20  # the same over a line on which connecting takes its time
_NEAR: Final = 0.004  # seconds of a round trip up to which a line is a fast one
_MOST_CHOSEN: Final = 4
_SAMPLES: Final = 5  # at most
_SAMPLE: Final = (  # what a server does most in a backup, for some 15 ms
    "SELECT BENCHMARK(12000,CONCAT('(',RAND(),',',QUOTE(REPEAT('x',80)),',',QUOTE(RAND()),')'))"
)
_SERVES_MORE: Final = 1.3  # times as much at once as one by one; below, cores are one core's halves

Job = Callable[[MysqlConnection], None]


class Crew:
    """Connections that work side by side; the first is open from the start.

    The first error, and a cancellation, breaks all of them: nobody waits for what is in vain.
    """

    def __init__(self, connect: Callable[[], MysqlConnection]) -> None:
        self._connect = connect
        self._stack = ExitStack()
        self._all: list[MysqlConnection] = []
        self._changed = threading.Condition()  # over what follows
        self._waiting: deque[Job] = deque()
        self._busy = 0
        self._failure: BaseException | None = None
        self.first = self._open()
        self.working: tuple[MysqlConnection, ...] = (self.first,)

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
            self._grow(count)
        some = self._all
        if not wanted and len(some) > 1:
            some = some[: _useful(some)]
        self.working = tuple(some)

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

    def share(self, jobs: Iterable[Job]) -> None:
        """Let every connection take jobs until none is left; the first error ends all."""
        self._waiting.extend(jobs)
        if len(self.working) == 1:
            self._work(self.first)
        elif self._waiting:
            side_by_side([partial(self._work, connection) for connection in self.working])
        if self._failure:
            raise self._failure

    def add(self, job: Job) -> None:
        """Let a job that runs hand on a part of itself; whoever is free takes it at once."""
        with self._changed:
            self._waiting.appendleft(job)
            self._changed.notify()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    # ------------------------------------------------------------ how many

    def _promising(self, *, in_hand: bool) -> int:
        """Return how many connections are worth trying, by the size of the data and the line."""
        first = self.first
        (size,) = first.one(
            "SELECT CAST(IFNULL(SUM(DATA_LENGTH),0) AS UNSIGNED) FROM information_schema.TABLES"
            " WHERE TABLE_SCHEMA=DATABASE()"
        )
        begun = time.monotonic()
        first.one("SELECT 1")
        if time.monotonic() - begun < _NEAR:
            most = min(_MOST_CHOSEN, (os.cpu_count() or 1) + 1)
            return max(2, most) if int(size) >= _WORTH else 0
        return 3 if in_hand and int(size) >= _WORTH_FAR else 0

    def _grow(self, count: int) -> None:
        """Open and prepare more connections; where the server lets no more in, fewer will do."""

        refusals: list[OpsError] = []

        def another() -> None:
            try:
                self._open()
            except OpsError as refusal:
                refusals.append(refusal)

        side_by_side([another] * (count - len(self._all)))
        if refusals:
            why = refusals[0].message
            self.first.context.note(tr("No more connections could be opened: {why}", why=why))
        side_by_side([partial(segments.prepare, connection) for connection in self._all[1:]])

    def _open(self) -> MysqlConnection:
        connection = self._connect()
        self._stack.callback(connection.close)
        self._all.append(connection)
        return connection

    # ------------------------------------------------------------ jobs

    def _work(self, connection: MysqlConnection) -> None:
        while job := self._next():
            try:
                job(connection)
            except BaseException as error:
                self._fail(error)
            finally:
                with self._changed:
                    self._busy -= 1
                    self._changed.notify_all()

    def _next(self) -> Job | None:
        """Return the next job; wait while one that runs may yet hand on a part of itself."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or not self._busy or self._failure)
            if self._failure or not self._waiting:
                return None
            self._busy += 1
            return self._waiting.popleft()

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            if self._failure is None:
                self._failure = error
            self._waiting.clear()
        for connection in self.working:
            connection.cut()


def _useful(connections: list[MysqlConnection]) -> int:
    """Measure how many of `connections` the server serves at once, and return one more.

    While one waits for this machine, the server then still has its hands full.  Where it serves but
    one at a time, more would not help.
    """

    def sample(connection: MysqlConnection) -> float:
        begun = time.monotonic()
        connection.one(_SAMPLE)
        return time.monotonic() - begun

    def all_of_them() -> float:
        begun = time.monotonic()
        side_by_side([partial(sample, connection) for connection in connections])
        return time.monotonic() - begun

    # What else runs on either machine can only make it slower, so the best of a few tells; and no
    # more are taken than it takes to see that all connections are of use.
    alone = together = math.inf
    served = 0.0
    for _ in range(_SAMPLES):
        alone, together = min(alone, sample(connections[0])), min(together, all_of_them())
        served = len(connections) * alone / together
        if round(served) + 1 >= len(connections) > 2:
            break
    return max(2, round(served)) + 1 if served > _SERVES_MORE else 1
