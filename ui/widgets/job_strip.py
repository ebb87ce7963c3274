"""The job strip at the bottom: the running task, and at right the journal's state and who works."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QPoint, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QMenu, QProgressBar

from gmops_desktop.context import Progress
from gmops_desktop.language import tr, tr_n
from gmops_desktop.states import State
from gmops_desktop.tasks import Task, TaskRunner
from ui.theme import STRIP_HEIGHT
from ui.widgets.frames import Glyph, Label, button, row
from ui.words import lasting, size


class JobStrip(QFrame):
    """Shows the oldest running task that is not quiet; others unfold from "2 more jobs"."""

    log_wanted = Signal(Task)

    def __init__(self, runner: TaskRunner) -> None:
        super().__init__()
        self.setProperty("kind", "strip")
        self.setFixedHeight(STRIP_HEIGHT)
        self._runner = runner
        self._tasks: list[Task] = []
        self._lasted: dict[str, float] = {}
        self._rate = _Rate()
        self._last = ""  # how the last task went

        self._idle = Glyph("check-circle", 16)
        self._busy = Glyph("arrows-clockwise", 16, "accent")
        self.title = Label("", "strong", elide=False)
        self.bar = QProgressBar()
        self.bar.setFixedWidth(160)
        self.bar.setTextVisible(False)
        self.facts = Label("", "caption")
        self.log = button(
            tr("Log"), self._open_log, kind="quiet", scale="small", tip=tr("Show this job's log")
        )
        self.cancel = button(
            tr("Cancel"), self._cancel, kind="quiet", scale="small", tip=tr("Stop this job cleanly")
        )
        self.more = button("", self._unfold, kind="quiet", scale="small", icon_name="caret-up")
        self._lock, self.journal = Glyph("lock-simple", 14), Label("", "caption", elide=False)
        self._person, self.person = Glyph("user", 14), Label("", "caption")
        layout = row(
            self,
            self._idle,
            self._busy,
            self.title,
            self.bar,
            self.facts,
            self.log,
            self.cancel,
            self.more,
            None,
            self._lock,
            self.journal,
            8,
            self._person,
            self.person,
            margins=(16, 0, 16, 0),
        )
        layout.setStretch(layout.indexOf(self.facts), 1)
        self._tick = QTimer(self)
        self._tick.setInterval(1000)

        runner.queued.connect(self._add)
        runner.started.connect(self._show)
        runner.ended.connect(self._remove)
        self._tick.timeout.connect(self._show)
        for task in runner.running():
            self._add(task)
        self._show()

    def show_journal(self, state: State, text: str) -> None:
        """Say how the journal stands."""
        self.journal.show_text(text, "" if state == "ok" else state)

    def show_person(self, text: str) -> None:
        """Say who works here."""
        self.person.show_text(text)

    @property
    def task(self) -> Task | None:
        """The task shown."""
        return next((task for task in self._tasks if task.begun is not None), None) or next(
            iter(self._tasks), None
        )

    @Slot(Task)
    def _add(self, task: Task) -> None:
        if task.quiet:
            return
        self._tasks.append(task)
        task.progressed.connect(self._progress)
        self._tick.start()
        self._show()

    @Slot(Task)
    def _remove(self, task: Task) -> None:
        if task not in self._tasks:
            return
        self._tasks.remove(task)
        if task.begun is not None:
            self._last = tr(
                "Last: {title}, took {time}",
                title=task.title,
                time=lasting(time.monotonic() - task.begun),
            )
            self._lasted[task.title] = time.monotonic() - task.begun
        if not self._tasks:
            self._tick.stop()
        self._show()

    @Slot(Progress)
    def _progress(self, _progress: Progress) -> None:
        self._show()

    @Slot()
    def _show(self, *_: object) -> None:
        task = self.task
        for widget in (self._busy, self.bar, self.log, self.cancel):
            widget.setVisible(task is not None)
        self._idle.setVisible(task is None)
        others = len(self._tasks) - 1
        self.more.setVisible(others > 0)
        if task is None:
            self.title.show_text(tr("No running jobs"))
            self.facts.show_text(self._last)
            return
        if others > 0:
            self.more.setText(tr_n("{count} more job", "{count} more jobs", others))
        self.title.show_text(task.title)
        self.cancel.setEnabled(not task.stopping)
        percent = task.progress.percent
        self.bar.setRange(0, 0 if percent is None else 100)
        self.bar.setValue(percent or 0)
        self.facts.show_text(self._facts(task))

    def _facts(self, task: Task) -> str:
        if task.stopping:
            return tr("stopping…")
        if task.begun is None:
            return tr("waiting for another job")
        percent, travelled = task.progress.percent, task.progress.travelled
        gone = time.monotonic() - task.begun
        facts = []
        if percent is not None:
            facts.append(f"{percent} %")
        if travelled:
            facts.append(tr("{size}/s", size=size(self._rate.of(task, travelled))))
        if percent and gone > 3 and percent < 100:
            left = lasting(gone * (100 - percent) / percent)
            last = self._lasted.get(task.title)
            facts.append(
                tr("about {time} left (last time {last})", time=left, last=lasting(last))
                if last
                else tr("about {time} left", time=left)
            )
        elif percent is None:
            facts.append(lasting(gone))
        if task.progress.text:
            facts.append(task.progress.text)
        return "  ".join(facts)

    def _open_log(self) -> None:
        if self.task is not None:
            self.log_wanted.emit(self.task)

    def _cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()
            self._show()

    def _unfold(self) -> None:
        menu = QMenu(self)
        for task in self._tasks:
            if task is self.task:
                continue
            inner = menu.addMenu(f"{task.title}  {self._facts(task)}")
            inner.addAction(tr("Log"), self._opener(task))
            inner.addAction(tr("Cancel"), task.cancel)
        menu.aboutToHide.connect(menu.deleteLater)
        above = self.more.mapToGlobal(self.more.rect().topLeft())
        menu.popup(above - QPoint(0, menu.sizeHint().height()))

    def _opener(self, task: Task) -> Callable[[], None]:
        return lambda: self.log_wanted.emit(task)


class _Rate:
    """Bytes per second of the last few seconds, of one task at a time."""

    def __init__(self) -> None:
        self._task: Task | None = None
        self._marks: list[tuple[float, int]] = []

    def of(self, task: Task, travelled: int) -> float:
        if task is not self._task:
            self._task, self._marks = task, [(task.begun or time.monotonic(), 0)]
        now = time.monotonic()
        if now - self._marks[-1][0] >= 0.5:
            self._marks = [*self._marks[-10:], (now, travelled)]
        begun, before = self._marks[0]
        return (travelled - before) / max(0.1, now - begun)
