"""A timer of the system in one line: whether it runs, and the button that sets it up or removes
it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from gmops_desktop.language import tr
from gmops_desktop.services.timers import Timers, TimerState
from gmops_desktop.tasks import TaskRunner
from ui.widgets.frames import Label, button, disable, row


class TimerRow(QWidget):
    """`without` says what does not happen without the timer, `word` what the button does then,
    `stays` what is left where it is taken away."""

    def __init__(
        self, timers: Timers, runner: TaskRunner, *, without: str, word: str, stays: str
    ) -> None:
        super().__init__()
        self._timers, self._runner = timers, runner
        self._without, self._word, self._stays = without, word, stays
        self._state: TimerState | None = None
        self.text = Label(role="caption")
        self.switch = button(tr("Set up"), self._switch, scale="small")
        row(self, self.text, self.switch).setStretch(0, 1)
        # It asks other programs, so not here.
        self._ask(timers.state, tr("Look at the timer"), quiet=True)

    def _switch(self) -> None:
        timers = self._timers
        if self._state is None:
            self._ask(timers.install, tr("Set up the timer"))
        else:
            self._ask(lambda: (timers.remove(), timers.state())[1], tr("Remove the timer"))

    def _ask(
        self, work: Callable[[], TimerState | None], title: str, *, quiet: bool = False
    ) -> None:
        disable(self.switch, tr("The timer is being looked at."))
        task = self._runner.start(lambda _context: work(), title, lane="timer", quiet=quiet)
        task.succeeded.connect(self._show)
        task.failed.connect(self._keep)

    def _keep(self, _error: Exception) -> None:
        """Show the timer as it was."""
        self._show(self._state)

    def _show(self, state: TimerState | None) -> None:
        self._state = state
        if state is None:
            self.text.show_text(self._without)
            self.switch.setText(self._word)
            tip = tr("Set up the system's timer, for this user only")
        else:
            there = tr("Also while the window is closed ({kind}).", kind=state.kind)
            if not state.active:
                there = tr("The timer ({kind}) is there, but does not run.", kind=state.kind)
            self.text.show_text(f"{there} {state.note}".strip())
            self.switch.setText(tr("Remove the timer"))
            tip = self._stays
        disable(self.switch, "", tip)


def of_backups(timers: Timers, runner: TaskRunner) -> TimerRow:
    """Return the line of the timer that takes backups."""
    return TimerRow(
        timers,
        runner,
        without=tr("While the window is closed, nothing is backed up."),
        word=tr("Back up then, too"),
        stays=tr("Take the system's timer away; the schedule stays"),
    )


def of_looks(timers: Timers, runner: TaskRunner) -> TimerRow:
    """Return the line of the timer that looks at the servers."""
    return TimerRow(
        timers,
        runner,
        without=tr("While the window is closed, nobody looks at the servers."),
        word=tr("Look then, too"),
        stays=tr("Take the system's timer away; what was measured stays"),
    )
