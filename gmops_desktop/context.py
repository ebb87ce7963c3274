"""What a running job may use.  Knows threads, but neither Qt nor who listens."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

from gmops_desktop.changes import Change
from gmops_desktop.errors import Cancelled
from gmops_desktop.lines import Line

Result = TypeVar("Result")

_THREADS: Final = 2  # of what is computed in turn: as many cores as any machine of today has
_AHEAD: Final = 4


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: `percent` 0 to 100, or None where nobody can know.

    `text` says what is being done now; `travelled` counts the bytes that crossed the line so far.
    `detail` is what a kind of job tells beyond that, for whoever knows the kind.
    """

    percent: int | None
    text: str = ""
    travelled: int = 0
    detail: object = None


class Context:
    """What a running job may use: report progress, keep a log, and learn that it should stop.

    `line` counts what the job's connections send and receive, and holds them under a limit.
    """

    _INTERVAL: Final = 0.1  # seconds between two reports; a person cannot read faster

    def __init__(
        self,
        report: Callable[[Progress], object] = lambda progress: None,
        note: Callable[[str], object] = lambda line: None,
        change: Callable[[Change], object] = lambda change: None,
    ) -> None:
        self.line = Line()
        self._report = report
        self._note = note
        self._change = change
        self._stop = threading.Event()
        self._lock = threading.RLock()
        self._cleanups: list[Callable[[], object]] = []
        self._uncut = 0
        self._last = 0.0

    @property
    def cancelled(self) -> bool:
        """Whether the user asked to stop (also while an uncut step still runs)."""
        return self._stop.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if the user asked to stop, unless inside an uncut step."""
        if self.cancelled and not self._uncut:
            raise Cancelled

    def progress(
        self,
        percent: int | None,
        text: str = "",
        travelled: int = 0,
        detail: Callable[[], object] | None = None,
    ) -> None:
        """Report progress, and stop here if the user asked to.

        `detail` is only called for when the report is really made.
        """
        self.check()
        now = time.monotonic()
        if percent == 100 or now - self._last >= self._INTERVAL:
            self._last = now
            told = detail() if detail else None
            self._report(Progress(percent, text, travelled, told))

    def note(self, line: str) -> None:
        """Add a finished sentence to the job's log, which the user can open."""
        self._note(line)

    def changed(self, change: Change) -> None:
        """Tell whoever shows it that something is stored already, while the job goes on."""
        self._change(change)

    def wait(self, seconds: float) -> None:
        """Pause for `seconds`, or until the user asks to stop (then raise `Cancelled`)."""
        self._stop.wait(seconds)
        self.check()

    @contextmanager
    def uncut(self) -> Iterator[None]:
        """Run a step that must not be cut: cancellation takes effect at its end."""
        with self._lock:
            self.check()
            self._uncut += 1
        try:
            yield
        finally:
            with self._lock:
                self._uncut -= 1
                due = self.cancelled and not self._uncut
                cleanups = self._take() if due else []
            for cleanup in cleanups:
                cleanup()

    @contextmanager
    def on_cancel(self, cleanup: Callable[[], object]) -> Iterator[None]:
        """While inside, let a cancellation call `cleanup`, to wake a job that waits for a socket.

        `cleanup` runs in the thread that cancels; it must be quick and safe to call at any moment.
        """
        with self._lock:
            self.check()
            self._cleanups.append(cleanup)
        try:
            yield
        finally:
            with self._lock:
                if cleanup in self._cleanups:
                    self._cleanups.remove(cleanup)

    def cancel(self) -> None:
        """Ask the job to stop; returns at once."""
        with self._lock:
            self._stop.set()
            cleanups = [] if self._uncut else self._take()
        for cleanup in cleanups:
            cleanup()

    def _take(self) -> list[Callable[[], object]]:
        cleanups, self._cleanups = self._cleanups, []
        return cleanups


def side_by_side(jobs: Sequence[Callable[[], Result]]) -> list[Result]:
    """Run `jobs` at the same time, each in a thread of its own; return their results in order.

    All are waited for; then the first exception, in the order of `jobs`, is raised.
    """
    if not jobs:
        return []
    with ThreadPoolExecutor(len(jobs), thread_name_prefix="side by side") as pool:
        futures = [pool.submit(job) for job in jobs]
    return [future.result() for future in futures]


def as_they_end(
    jobs: Sequence[Callable[[], Result]],
    *,
    most: int = 32,
    gather: float = 0.5,
    young: int = 8,
    youth: float = 0.15,
) -> Iterator[list[Result]]:
    """Run `jobs` in up to `most` threads, the first of them first; yield results as they come.

    At most `young` of them began less than `youth` seconds ago: threads that all compute at once
    keep the window's own waiting for its turn, and those that wait for an answer do not.  What
    ends within `gather` seconds is yielded together.  All jobs are waited for; then the first
    exception that was met is raised.
    """
    if not jobs:
        return
    fault: BaseException | None = None
    left, begun = deque(jobs), dict[Future[Result], float]()
    ended, told = list[Future[Result]](), 0.0  # what is to be yielded, and when
    with ThreadPoolExecutor(min(most, len(jobs)), thread_name_prefix="as they end") as pool:
        while left or begun or ended:
            now = time.monotonic()
            grown = sorted(at + youth for at in begun.values() if at + youth > now)
            while left and len(begun) < most and len(grown) < young:
                begun[pool.submit(left.popleft())] = now
                grown.append(now + youth)
            ends = [told] if ended else []
            if left and len(begun) < most:
                ends.append(grown[0])
            done, _ = wait(begun, min(ends) - now if ends else None, FIRST_COMPLETED)
            now = time.monotonic()
            if done and not ended:
                told = now + gather
            for future in done:
                del begun[future]
                ended.append(future)
            if ended and (now >= told or not (left or begun)):
                batch, ended = ended, []
                faults = [error for one in batch if (error := one.exception()) is not None]
                fault = fault or next(iter(faults), None)
                yield [one.result() for one in batch if one.exception() is None]
    if fault is not None:
        raise fault


def in_turn(jobs: Iterable[Callable[[], Result]]) -> Iterator[Result]:
    """Run `jobs` in a few threads, somewhat ahead of who asks; yield their results in order.

    The iterable itself is drawn from in the thread that asks.
    """
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="in turn") as pool:
        try:
            for job in jobs:
                waiting.append(pool.submit(job))
                if len(waiting) > _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
