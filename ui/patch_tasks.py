"""How a verb of a change starts: as a task in the lane of what it touches, marked with its change.

The one place where the buttons of a change reach the task runner: so each waits its turn, shows
its change as busy, and shows it anew when it failed, since part of it may have been recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change as Flag
from gmops_desktop.context import Context
from gmops_desktop.language import tr
from gmops_desktop.services.patches import Change
from gmops_desktop.tasks import Task, TaskRunner
from ui.patch_forms import heading
from ui.patch_live import mark_task, telling
from ui.ticket_dialogs import ReasonSheet

AtServer = Callable[[Resource, str, Context], object]  # with the id of a change


class ChangeTasks(QObject):
    """Starts what is wanted of changes, and tells over `window` what stands against it."""

    noticed = Signal(str, str, str)  # for the notice bar

    def __init__(
        self, runner: TaskRunner, host_of: Callable[[str], Resource | None], window: QWidget
    ) -> None:
        """`host_of` gives the resource of an id, while it is in the contract."""
        super().__init__(window)
        self._runner, self._host_of, self.window = runner, host_of, window

    def host(self, change: Change) -> Resource | None:
        """Return the server of a change; None, and a notice, where the contract has it no more."""
        host = self._host_of(change.resource_id)
        if host is None:
            self.noticed.emit(
                "warning",
                tr("The server of {number} is no longer in the contract.", number=change.number),
                tr("Nothing was done. Add it in the settings, or cancel the change."),
            )
        return host

    def record(self, change: Change, verb: Callable[[], object], title: str) -> None:
        """Record something; entries come in the order of the clicks."""
        task = self._start(lambda _context: verb(), titled(change, title), "patches")
        mark_task(task, change.id)

    def record_with_reason(self, change: Change, title: str, verb: Callable[[str], object]) -> None:
        """Record what needs a reason, once that was given."""
        sheet = ReasonSheet(self.window, title, heading(change), title)
        sheet.given.connect(lambda why: self.record(change, lambda: verb(why), title))
        sheet.open()

    def work(
        self,
        change: Change,
        verb: AtServer,
        title: str,
        *,
        changes: Flag = Flag.PATCHES,
        then: Callable[..., object] | None = None,
        failed: Callable[[Exception], object] | None = None,
    ) -> None:
        """Ask something of the change's server, in its lane; `then` takes what came of it."""
        host = self.host(change)
        if host is None:
            return
        task = self._start(
            lambda context: verb(host, change.id, context), title, f"host:{host.id}", changes
        )
        mark_task(task, change.id)
        if then is not None:
            task.succeeded.connect(then)
        if failed is not None:
            task.failed.connect(failed)
        self.renew()

    def run(
        self,
        change: Change,
        verb: Callable[..., Change],
        title: str,
        ended: Callable[[Change], object],
        let_go: Callable[[str], object],
    ) -> None:
        """Begin or follow a run; to stop following never stops what goes on at the server.

        `ended` takes the change as it is then, `let_go` the id of one that is not followed further.
        """
        host = self.host(change)
        if host is None:
            return
        task = self._start(
            lambda context: verb(host, change.id, context, follow=telling(context)),
            title,
            f"host:{host.id}",
            Flag.PATCHES | Flag.TICKETS,
        )
        mark_task(task, change.id, run=True)
        task.succeeded.connect(ended)
        task.cancelled.connect(partial(let_go, change.id))
        self.renew()

    def beside(
        self,
        job: Callable[[Context], object],
        title: str,
        lane: str,
        then: Callable[..., object] = lambda _found: None,
    ) -> Task:
        """Ask the cloud or Party A, beside what goes on at the server itself: nothing waits."""
        task = self._start(job, title, lane)
        task.succeeded.connect(then)
        return task

    @Slot()
    def renew(self) -> None:
        """Have every page show what is recorded now."""
        self._runner.changed.emit(Flag.PATCHES)

    def _start(
        self,
        job: Callable[[Context], object],
        title: str,
        lane: str,
        changes: Flag = Flag.PATCHES,
    ) -> Task:
        task = self._runner.start(job, title, lane=lane, changes=changes)
        task.failed.connect(self.renew)
        return task


def titled(change: Change, title: str) -> str:
    """Return the title of a task that only records something of a change."""
    return f"{change.number}{tr(': ')}{title}"
