"""Background work: the only module that starts threads.

A job is a plain function taking a `Context`.  It runs in a pool thread and never touches Qt: the
runner carries its progress and its end to the GUI thread, where the job's `Task` tells whoever
listens.  Jobs that share a lane never overlap: two jobs on one database queue behind each other.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal, Slot

from gmops_desktop.changes import Change
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError

logger = logging.getLogger(__name__)

Job = Callable[[Context], Any]


class Task(QObject):
    """One job as the GUI sees it.  It lives in the GUI thread and is gone soon after `finished`."""

    progressed = Signal(Progress)
    noted = Signal(str)
    succeeded = Signal(object)
    failed = Signal(Exception)
    cancelled = Signal()
    finished = Signal()

    def __init__(
        self,
        job: Job,
        title: str,
        lane: str,
        changes: Change,
        context: Context,
        parent: QObject,
        *,
        quiet: bool,
    ) -> None:
        super().__init__(parent)
        self.title = title
        self.lane = lane
        self.changes = changes
        self.quiet = quiet
        self.begun: float | None = None  # monotonic seconds; None while it waits for its lane
        self.progress = Progress(None)
        self.log: list[str] = []
        self._job = job
        self._context = context

    @property
    def stopping(self) -> bool:
        """Whether the user asked to stop; an uncut step may still run to its end."""
        return self._context.cancelled

    def cancel(self) -> None:
        """Ask the job to stop; `cancelled` follows when it has."""
        self._context.cancel()


class TaskRunner(QObject):
    """Starts tasks, keeps one per lane running, and hears of every failure."""

    queued = Signal(Task)
    started = Signal(Task)
    ended = Signal(Task)
    failed = Signal(Task, Exception)
    changed = Signal(Change)

    _reported = Signal(int, object)
    _noted = Signal(int, str)
    _changed = Signal(int, object)
    _ended = Signal(int, object, object)

    def __init__(self, parent: QObject | None = None, *, threads: int = 4) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._numbers = count(1)
        self._tasks: dict[int, Task] = {}
        self._lanes: dict[str, deque[int]] = {}
        self._over = False
        queued = Qt.ConnectionType.QueuedConnection
        self._reported.connect(self._on_reported, queued)
        self._noted.connect(self._on_noted, queued)
        self._changed.connect(self._on_changed, queued)
        self._ended.connect(self._on_ended, queued)

    def start(
        self,
        job: Job,
        title: str,
        *,
        lane: str = "",
        changes: Change = Change.NOTHING,
        quiet: bool = False,
    ) -> Task:
        """Queue a job.  Connect to the task before control returns to the event loop.

        A quiet task (a periodic look, a refresh) does not show in the job strip.  What a widget
        starts while the window goes down is not begun any more.
        """
        number = next(self._numbers)
        tell = (self._reported.emit, self._noted.emit, self._changed.emit)
        context = Context(*(partial(emit, number) for emit in tell))
        lane = lane or f"task {number}"
        task = Task(job, title, lane, changes, context, self, quiet=quiet)
        if self._over:
            task.cancel()
            return task
        self._tasks[number] = task
        line = self._lanes.setdefault(task.lane, deque())
        line.append(number)
        self.queued.emit(task)
        if len(line) == 1:
            self._launch(number)
        return task

    def running(self) -> list[Task]:
        """Every task that has not ended, the waiting ones included."""
        return list(self._tasks.values())

    def shut_down(self, wait_ms: int = 5000) -> bool:
        """Cancel everything; say whether all threads ended in time."""
        self._over = True
        for task in self.running():
            task.cancel()
        return self._pool.waitForDone(wait_ms)

    def _launch(self, number: int) -> None:
        if self._over:  # a thread begun now would tell its end to a runner that is gone
            self._ended.emit(number, None, Cancelled())
            return
        task = self._tasks[number]
        task.begun = time.monotonic()
        self.started.emit(task)
        done = partial(self._ended.emit, number)
        self._pool.start(partial(_work, task._job, task._context, task.title, done))

    @Slot(int, object)
    def _on_reported(self, number: int, progress: Progress) -> None:
        if task := self._tasks.get(number):
            task.progress = progress
            task.progressed.emit(progress)

    @Slot(int, str)
    def _on_noted(self, number: int, line: str) -> None:
        if task := self._tasks.get(number):
            task.log.append(line)
            task.noted.emit(line)

    @Slot(int, object)
    def _on_changed(self, number: int, change: Change) -> None:
        if number in self._tasks:
            self.changed.emit(change)

    @Slot(int, object, object)
    def _on_ended(self, number: int, result: object, error: Exception | None) -> None:
        task = self._tasks.pop(number)
        line = self._lanes[task.lane]
        line.popleft()
        if line:
            self._launch(line[0])
        else:
            del self._lanes[task.lane]

        if error is None:
            task.succeeded.emit(result)
            if task.changes:
                self.changed.emit(task.changes)
        elif task._context.cancelled:
            task.cancelled.emit()
        else:
            task.failed.emit(error)
            self.failed.emit(task, error)
        task.finished.emit()
        self.ended.emit(task)
        task.deleteLater()


def _work(job: Job, context: Context, title: str, done: Callable[[object, object], object]) -> None:
    """Run in a pool thread."""
    try:
        context.check()
        result = job(context)
    except Exception as error:
        if not context.cancelled and not isinstance(error, OpsError):
            logger.exception("Task %r hit a bug", title)
        done(None, error)
    else:
        done(result, None)
