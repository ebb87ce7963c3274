"""Connections that share out work: as many as the server makes use of, ended by the first error."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
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
_SAMPLES: Final = 3
_SAMPLE: Final = (  # some 15 ms of a server's work
    "SELECT BENCHMARK(12000,CONCAT('(',RAND(),',',QUOTE(REPEAT('x',80)),',',QUOTE(RAND()),')'))"
)

Job = Callable[[MysqlConnection], None]


class Together:
    """The connection in hand, and those opened beside it.

    The first error, and a cancellation, breaks all of them: nobody waits for what is in vain.
    """

    def __init__(self, first: MysqlConnection, connect: Callable[[], MysqlConnection]) -> None:
        self._connect = connect
        self._stack = ExitStack()
        self._all = [first]
        self._changed = threading.Condition()  # over what follows
        self._waiting: deque[Job] = deque()
        self._busy = 0
        self._failure: BaseException | None = None

    @property
    def count(self) -> int:
        """How many connections there are."""
        return len(self._all)

    def grow(self, prepare: Job) -> None:
        """Open as many more connections as help, and `prepare` them.

        Over a slow line that is a fixed number; over a fast one it is measured how many statements
        the server works on at once.  Where it lets no more in, fewer do.
        """
        first = self._all[0]
        begun = time.monotonic()
        first.one("SELECT 1")
        near = time.monotonic() - begun < _NEAR
        wanted = _MOST if near else _FAR_COUNT
        refusals = [why for why in side_by_side([self._another] * (wanted - 1)) if why]
        if refusals:
            first.context.note(tr("No more connections could be opened: {why}", why=refusals[0]))
        if near:
            # One more than are served: while it waits for us, the server has its hands full.
            useful = min(len(self._all), max(1, round(self._served())) + 1)
            for connection in self._all[useful:]:
                connection.close()
            del self._all[useful:]
        side_by_side([partial(prepare, connection) for connection in self._all[1:]])

    def share(self, jobs: Iterable[Job]) -> None:
        """Let every connection take jobs until none is left; the first error ends all."""
        self._waiting.extend(jobs)
        if self._waiting:
            side_by_side([partial(self._work, connection) for connection in self._all])
        if self._failure:
            raise self._failure

    def add(self, job: Job) -> None:
        """Let a job that runs hand on another, which comes before all that wait."""
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

    def _another(self) -> str:
        """Open one more; return why the server does not let it in, or nothing."""
        try:
            connection = self._connect()
        except OpsError as refusal:  # those there are will do
            return refusal.message
        self._stack.callback(connection.close)
        self._all.append(connection)
        return ""

    def _served(self) -> float:
        """Measure how many statements the server works on at once."""

        def sample(connection: MysqlConnection) -> float:
            begun = time.monotonic()
            connection.one(_SAMPLE)
            return time.monotonic() - begun

        def all_of_them() -> float:
            begun = time.monotonic()
            side_by_side([partial(sample, connection) for connection in self._all])
            return time.monotonic() - begun

        # What else runs on either machine can only make it slower, so the best of a few tells.
        alone = min(sample(self._all[0]) for _ in range(_SAMPLES))
        together = min(all_of_them() for _ in range(_SAMPLES))
        return len(self._all) * alone / together

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
        for connection in self._all:
            connection.cut()
