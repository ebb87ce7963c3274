"""What goes on at a server while a change is applied or taken back: its steps and its log, live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtWidgets import QFrame, QPlainTextEdit, QVBoxLayout, QWidget

from gmops_desktop.contract.restart_lines import left_lines
from gmops_desktop.contract.runs import RunLook, RunStep, word_of_run, word_of_step
from gmops_desktop.contract.terms import ZONE, told_in
from gmops_desktop.language import tr
from gmops_desktop.log import redact
from gmops_desktop.states import State
from ui import words
from ui.widgets.badges import StateBadge, StateMark
from ui.widgets.frames import Label, clear, column, row
from ui.widgets.panes import scrolled

_STEPS: Final = 224  # pixels: the column of steps beside the log
_MOST: Final = 20_000  # lines in sight; the whole log stays on the server and in the record


class RunView(QWidget):
    """Steps at the left as they end, the log at the right; the log follows unless one scrolled."""

    def __init__(self) -> None:
        super().__init__()
        self.state = StateBadge(soft=False)
        self.said = Label("", "caption")
        self._steps: QVBoxLayout = column(spacing=2)
        self._side = scrolled(self._steps)
        self._side.setFixedWidth(_STEPS)
        well = QFrame()
        well.setProperty("kind", "well")
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setTabChangesFocus(True)
        self.log.setMaximumBlockCount(_MOST)
        self.log.setAccessibleName(tr("Log"))
        column(well, self.log, margins=(8, 4, 8, 4))
        head = row(None, self.state, self.said)
        head.setStretch(1, 1)
        body = row(None, self._side, well, spacing=12)
        body.setStretch(1, 1)
        column(self, head, body, spacing=6).setStretch(1, 1)
        self.show_record(())

    def show_record(self, lines: Sequence[str], text: str = "") -> None:
        """Show what was recorded: the steps of the change, and below them another text."""
        self.state.hide()
        self.said.show_text("")
        self._side.hide()
        shown = "\n".join((*lines, "", redact(text))).strip()
        if shown != self.log.toPlainText():
            self.log.setPlainText(shown)

    def begin(self, said: str, text: str = "") -> None:
        """Follow a run from here: `text` is what of its log is known already."""
        self.state.show()
        self.state.show_state("unknown", tr("asking the server"))
        self.said.show_text(said)
        self._side.show()
        self.log.setPlainText(redact(text))

    @told_in(ZONE)
    def show_look(self, look: RunLook) -> None:
        """Show how far the run is; its log comes line by line (`add`)."""
        self._side.show()
        self.state.show()
        self.state.show_state(state_of_run(look), word_of_run(look.state))
        told = [look.why] if look.why else []
        if look.began_at and look.ended_at:
            seconds = (look.ended_at - look.began_at).total_seconds()
            told.append(tr("took {time}", time=words.lasting(seconds)))
        elif look.began_at:
            told.append(tr("begun {at} by the server's clock",
                           at=words.clock_seconds(look.began_at)))  # fmt: skip
        if look.boot_id and look.boot_before and look.boot_id != look.boot_before:
            told.append(tr("the server has restarted: its boot id is another"))
        if look.ended:
            restarted = look.boot_id != look.boot_before
            told += [text for _state, text in left_lines(look.outcome, restarted=restarted)]
        self.said.show_text(" · ".join(told))
        clear(self._steps)
        for step in look.steps:
            self._steps.addWidget(_step(step))

    def add(self, line: str) -> None:
        """Put a line of the log below the others."""
        bar = self.log.verticalScrollBar()
        follows = bar.value() >= bar.maximum() - 4
        self.log.appendPlainText(redact(line))
        if follows:
            bar.setValue(bar.maximum())


def state_of_run(look: RunLook) -> State:
    """Return the state that a look at a run amounts to."""
    states: dict[str, State] = {
        "running": "warning",
        "done": "ok",
        "failed": "critical",
        "interrupted": "critical",
    }
    return states.get(look.state, "unknown")


def _step(step: RunStep) -> QWidget:
    made, word = QWidget(), word_of_step(step.key)
    if step.began_at is None and step.status is None:
        line = row(made, 20, Label(word, "hint"), spacing=0)
        line.setStretch(1, 1)
        made.setAccessibleName(f"{word}{tr(': ')}{tr('waiting', context='step')}")
        return made
    state: State = "warning" if step.status is None else "ok" if step.status == 0 else "critical"
    if step.began_at and step.ended_at:
        took = words.lasting((step.ended_at - step.began_at).total_seconds())
    else:
        took = tr("under way", context="step")
    if step.status:
        took = tr("exit code {code}", code=step.status)
    line = row(made, StateMark(state, 14), Label(word, "caption"),
               Label(took, "hint", elide=False), spacing=6)  # fmt: skip
    line.setStretch(1, 1)
    return made
