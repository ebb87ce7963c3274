"""Connections that share out work: opened as far as they help, ended together."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Final, Self

from gmops_desktop.adapters.mysql.connection import MysqlConnection
from gmops_desktop.context import side_by_side
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_NEAR: Final = 0.004  # seconds of a round trip up to which a line is a fast one
_FAR_COUNT: Final = 3  # connections that keep a slow line full while the server works for one
_MOST: Final = 4
_SAMPLES: Final = 5  # at most
_SAMPLE: Final = (  # what a server does most in a backup, for some 15 ms
    "SELECT BENCHMARK(12000,CONCAT('(',RAND(),',',QUOTE(REPEAT('x',80)),',',QUOTE(RAND()),')'))"
)

Job = Callable[[MysqlConnection], None]


class Together:
    """The first connection, one in hand or its own, and those opened beside it.

    `working` take part in the work.  The first error, and a cancellation, breaks all of them:
    nobody waits for what is in vain.
    """

    def __init__(
        self, connect: Callable[[], MysqlConnection], first: MysqlConnection | None = None
    ) -> None:
        self._connect = connect
        self._stack = ExitStack()
        self._all: list[MysqlConnection] = []
        self._changed = threading.Condition()  # over what follows
        self._waiting: deque[Job] = deque()
        self._busy = 0
        self._failure: BaseException | None = None
        if first:
            self._all.append(first)
        self.first = first or self._open()
        self.working: tuple[MysqlConnection, ...] = (self.first,)

    @property
    def count(self) -> int:
        """How many connections work."""
        return len(self.working)

    def grow(self, count: int, prepare: Job) -> None:
        """Open more connections, up to `count`, and `prepare` them.

        Where the server lets no more in, fewer will do.
        """
        refusals: list[OpsError] = []

        def another() -> None:
            try:
                self._open()
            except OpsError as refusal:
                refusals.append(refusal)

        begun = len(self._all)
        side_by_side([another] * (count - begun))
        if refusals:
            why = refusals[0].message
            self.first.context.note(tr("No more connections could be opened: {why}", why=why))
        side_by_side([partial(prepare, connection) for connection in self._all[begun:]])
        self.working = tuple(self._all)

    def grow_as_helps(self, prepare: Job) -> None:
        """Open as many more connections as help, and `prepare` them.

        Over a slow line that is a fixed number; over a fast one it is measured.
        """
        near = is_near(self.first)
        self.grow(_MOST if near else _FAR_COUNT, prepare)
        if near:
            # One more than are served: while it waits for us, the server has its hands full.
            self._keep(max(1, round(served(self.working))) + 1)

    def share(self, jobs: Iterable[Job]) -> None:
        """Let all that work take jobs until none is left; the first error ends all."""
        self._waiting.extend(jobs)
        if len(self.working) == 1:
            self._work(self.first)
        elif self._waiting:
            side_by_side([partial(self._work, connection) for connection in self.working])
        if self._failure:
            raise self._failure

    def add(self, job: Job) -> None:
        """Let a job that runs hand on another, which whoever is free takes before all that wait."""
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

    def _open(self) -> MysqlConnection:
        connection = self._connect()
        self._stack.callback(connection.close)
        self._all.append(connection)
        return connection

    def _keep(self, count: int) -> None:
        """Close all but `count` connections."""
        for connection in self._all[count:]:
            connection.close()
        del self._all[count:]
        self.working = tuple(self._all)

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
        """Return the next job; wait while one that runs may yet hand on another."""
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


def is_near(connection: MysqlConnection) -> bool:
    """Tell whether a round trip is so short that the line is a fast one."""
    begun = time.monotonic()
    connection.one("SELECT 1")
    return time.monotonic() - begun < _NEAR


def served(connections: Sequence[MysqlConnection]) -> float:
    """Measure how many statements of `connections` the server works on at once."""

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
    found = 0.0
    for _ in range(_SAMPLES):
        alone, together = min(alone, sample(connections[0])), min(together, all_of_them())
        found = len(connections) * alone / together
        if round(found) + 1 >= len(connections) > 2:
            break
    return found
