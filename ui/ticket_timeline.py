"""A ticket's story as a timeline: one row for each step, its files as chips that open them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from gmops_desktop.contract.steps import NamedFile
from gmops_desktop.contract.tickets import PARTY_A, WAITING
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.tickets import Step
from ui import words
from ui.widgets.badges import Mark, TimelineMark
from ui.widgets.frames import Label, button, clear, column, paragraph, row

_SHOWN_STEPS: Final = 30  # row widgets, at 2 ms each; older steps open on demand
_EARLIER_STEPS: Final = 100  # at a time
_CHIPS: Final = 2  # in one row


class TicketTimeline(QScrollArea):
    """Shows the newest step until somebody scrolls; `file_wanted` carries an attachment's id."""

    file_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._steps: tuple[Step, ...] = ()
        self._over = False
        story = QWidget()
        story.setProperty("kind", "body")
        self._rows: QVBoxLayout = column(story, margins=(0, 4, 8, 4), spacing=0)
        self.setWidget(story)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Steps"))
        self._below: int | None = 0  # pixels that stay out of sight below, until somebody scrolls
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(self._stay)  # the rows find their height only when laid out
        bar.actionTriggered.connect(self._scrolled)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The story, whole."""
        return self._steps

    def show_steps(self, steps: Sequence[Step], *, over: bool) -> None:
        """Show a story; `over` says that its last step is not where the ticket stands now."""
        self._steps, self._over = tuple(steps), over
        self._show(_SHOWN_STEPS)

    def _show(self, count: int, below: int = 0) -> None:
        clear(self._rows)
        shown = self._steps[-count:]
        if hidden := len(self._steps) - len(shown):
            earlier = tr_n("Show {count} earlier step", "Show {count} earlier steps", hidden)
            self._rows.addWidget(button(earlier, partial(self._show_earlier, count), kind="quiet"))
        for place, step in enumerate(shown):
            last = place == len(shown) - 1
            kind = _mark_of(step, last and not self._over)
            held = _pause_of(step, shown[place + 1 :]) if kind == "paused" else ""
            self._rows.addWidget(self._row(step, kind, place == 0, last, held))
        self._rows.addStretch(1)
        self._below = below
        QTimer.singleShot(0, self, self._stay)

    def _show_earlier(self, count: int) -> None:
        """Show older steps above those in sight, which stay where they are."""
        bar = self.verticalScrollBar()
        self._show(count + _EARLIER_STEPS, bar.maximum() - bar.value())

    def _row(self, step: Step, kind: Mark, first: bool, last: bool, held: str) -> QWidget:
        """Return one entry of the timeline; `held` says how long a pause lasted."""
        made = QWidget()
        head = row(
            None,
            Label(f"{step.of} {step.action}".strip(), "strong"),
            Label(tr(", ").join(one for one in (step.actor, step.device, held) if one), "caption"),
            None,
            Label(words.stamp(step.at), "caption", elide=False),
        )
        text = column(None, head, margins=(0, 2, 0, 12), spacing=2)
        # What was attached says its names first; the chips say them better.
        said = step.text.partition("\n")[2] if step.files else step.text
        if said:
            text.addWidget(paragraph(said, "body"))
        if step.emergency:
            text.addWidget(
                Label(tr("Special emergency: {why}", why=step.emergency), ink="critical")
            )
        for start in range(0, len(step.files), _CHIPS):
            some = step.files[start : start + _CHIPS]
            text.addLayout(row(None, *map(self._chip, some), None, margins=(0, 2, 0, 0)))
        layout = row(made, TimelineMark(kind, first, last), text, spacing=8)
        layout.setStretch(1, 1)
        return made

    def _chip(self, file: NamedFile) -> QPushButton:
        facts = f"{words.size(file.size)} · SHA-256 {file.sha256}"
        made = button(
            f"{_short(file.name)}  {words.size(file.size)}",
            partial(self.file_wanted.emit, file.id),
            kind="chip",
            icon_name="paperclip",
            tip=f"{file.name}\n{facts}",
        )
        made.setAccessibleName(tr("Show {name}", name=file.name))
        return made

    def _stay(self) -> None:
        if self._below is not None:
            bar = self.verticalScrollBar()
            bar.setValue(bar.maximum() - self._below)

    def _scrolled(self) -> None:
        self._below = None


def _short(name: str, most: int = 28) -> str:
    """Return a name with its middle left out, so that begin and ending stay."""
    half = (most - 1) // 2
    return name if len(name) <= most else f"{name[:half]}…{name[-half:]}"


def _mark_of(step: Step, current: bool) -> Mark:
    if step.emergency:
        return "critical"
    if step.state in WAITING or step.state == "suspended":  # a pause, not a state
        return "paused"
    if step.state == "closed":
        return "ok"
    return "now" if current else "step"


def _pause_of(step: Step, after: Sequence[Step]) -> str:
    """Return how long was waited, and whether it was Party A's turn; "" while it lasts."""
    end = next((one.at for one in after if one.state and one.of == step.of), None)
    if end is None:
        return ""
    time = words.lasting(max(0.0, (end - step.at).total_seconds()))
    if step.state in WAITING or step.waiting_on in PARTY_A:
        return tr("waited on Party A for {time}, not charged", time=time)
    return tr("waited for {time}", time=time)
