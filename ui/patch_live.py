"""What goes on at servers, as tasks of this window: which follows which change, and what it sees.

A task that follows a run carries the change's id, its log lines and its newest look; so a page that
was made anew (another language) finds all of it again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Slot

from gmops_desktop.changes import Change as Flag
from gmops_desktop.context import Context, Progress
from gmops_desktop.contract.runs import RunLook, word_of_step
from gmops_desktop.language import tr
from gmops_desktop.tasks import Task, TaskRunner
from ui.patch_run import RunView

_OF: Final = "change_id"
_RUNS: Final = "run"


def mark_task(task: Task, change_id: str, *, run: bool = False) -> Task:
    """Note on a task which change it is about, and whether it follows a run."""
    task.setProperty(_OF, change_id)
    task.setProperty(_RUNS, run)
    return task


def task_of(runner: TaskRunner, change_id: str, *, run: bool = False) -> Task | None:
    """Return the task that works on a change, or only one that follows its run."""
    for task in runner.running():
        if task.property(_OF) == change_id and (not run or task.property(_RUNS)):
            return task
    return None


def telling(context: Context) -> Callable[[RunLook], None]:
    """Return what tells each look at a run: its log line by line, its steps as the progress."""
    rest, begun = "", False

    def follow(look: RunLook) -> None:
        nonlocal rest, begun
        if look.skipped:
            context.note(tr("[… {count} bytes of the log are left out …]", count=look.skipped))
        *lines, rest = (rest + look.log).split("\n")
        if look.ended and not look.more and rest:
            lines, rest = [*lines, rest], ""
        for line in lines:
            context.note(line)
        if not begun:
            begun = True
            context.changed(Flag.PATCHES)  # it stands in the record: show it as under way
        begun_steps = [one.key for one in look.steps if one.began_at]
        step = word_of_step(begun_steps[-1]) if begun_steps else ""
        context.progress(None, step, detail=lambda: look)

    return follow


class Live(QObject):
    """Shows in `view` what the task of the change in sight sees."""

    def __init__(self, runner: TaskRunner, view: RunView) -> None:
        super().__init__(view)
        self._runner, self._view = runner, view
        self._task: Task | None = None

    def show_run(self, change_id: str, said: str, known: str) -> bool:
        """Follow the run of a change if a task of this window does; say whether one does.

        `said` stands where none does; `known` is what of its log is recorded already.
        """
        task = task_of(self._runner, change_id, run=True)
        if task is not None and task is self._task:
            return True
        self._let_go()
        if task is None:
            self._view.begin(said, known)
            return False
        self._task = task
        self._view.begin(task.title, "\n".join(task.log))
        if isinstance(task.progress.detail, RunLook):
            self._view.show_look(task.progress.detail)
        task.noted.connect(self._add)
        task.progressed.connect(self._progressed)
        task.finished.connect(self._let_go)
        return True

    @Slot()
    def _let_go(self) -> None:
        if self._task is not None:
            self._task.noted.disconnect(self._add)
            self._task.progressed.disconnect(self._progressed)
            self._task.finished.disconnect(self._let_go)
            self._task = None

    @Slot(str)
    def _add(self, line: str) -> None:
        self._view.add(line)

    @Slot(Progress)
    def _progressed(self, progress: Progress) -> None:
        if isinstance(progress.detail, RunLook):
            self._view.show_look(progress.detail)
        elif progress.text:
            self._view.said.show_text(progress.text)
