"""The middle of the tickets tab: one ticket's head, its story as a timeline, and a line to add."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QMenu, QScrollArea, QVBoxLayout, QWidget

from gmops_desktop.contract.tickets import (
    ENDED,
    WAITING,
    TicketState,
    word_of_kind,
    word_of_priority,
    word_of_state,
)
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.services.tickets import Step, Ticket
from ui import words
from ui.attachments import AttachmentStrip
from ui.ticket_list import state_of_priority
from ui.widgets.badges import Mark, StateBadge, TimelineMark
from ui.widgets.frames import Label, button, clear, column, disable, line, paragraph, row
from ui.widgets.panes import Pane

# The ticket's way; a step may be left out, and any step may be left by the other moves.
FLOW: Final[tuple[TicketState, ...]] = (
    "registered",
    "assessing",
    "working",
    "awaiting_notice",
    "implementing",
    "awaiting_confirmation",
    "closed",
)
_FORWARD: Final[dict[TicketState, str]] = {
    "registered": mark("Reopen…"),
    "assessing": mark("Start assessing"),
    "working": mark("Start working"),
    "awaiting_notice": mark("Wait for the notice"),
    "implementing": mark("Start implementing"),
    "awaiting_confirmation": mark("Hand over for confirmation"),
    "closed": mark("Close ticket"),
    "suspended": mark("Suspend…"),
    "declined": mark("Decline…"),
    "withdrawn": mark("Withdraw…"),
}
_ASIDE: Final[frozenset[TicketState]] = frozenset(("suspended", "declined", "withdrawn"))
_FORWARD_KEY: Final = "Ctrl+Return"
_SHOWN_STEPS: Final = 200  # row widgets; older steps open on demand


def word_of_move(ticket: Ticket, state: TicketState) -> str:
    """Return what the button says that moves `ticket` to `state`; "…" where it asks why."""
    return tr(_FORWARD["registered" if ticket.state in ENDED else state])


def needs_reason(ticket: Ticket, state: TicketState) -> bool:
    """Return whether the step is refused without its reason."""
    return state in _ASIDE or ticket.state in ENDED


def next_state(ticket: Ticket, moves: Sequence[TicketState]) -> TicketState | None:
    """Return the forward step that is asked for next, among the allowed `moves`."""
    if ticket.state in ENDED:
        return None
    here = FLOW.index(ticket.state) if ticket.state in FLOW else -1
    ahead = [state for state in FLOW[here + 1 :] if state in moves and state != "awaiting_notice"]
    return ahead[0] if ahead else None


class TicketPage(Pane):
    """Shows one ticket; its buttons ask the tab."""

    move_wanted = Signal(str, str)  # a TicketState and the text that goes with the step
    confirm_wanted = Signal()
    promise_wanted = Signal()
    note_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._ticket: Ticket | None = None
        self._steps: tuple[Step, ...] = ()
        self._next: TicketState | None = None
        self.number = Label(role="caption", elide=False)
        self.heading = Label(role="title")
        self.priority = StateBadge()
        self.plain_priority = Label(role="caption", elide=False)
        self.conflict = StateBadge("warning", tr("Conflict"))
        self.conflict.setToolTip(
            tr("Two machines changed the same field; the later change stands. See the steps.")
        )
        self.facts = Label(role="caption")
        self.more = button(tr("More"), tip=tr("Other steps"))
        self.more_menu = QMenu(self.more)
        self.more.setMenu(self.more_menu)
        self.forward = button("", self._go_forward, kind="primary", shortcut=_FORWARD_KEY)
        self._story = QWidget()
        self._story.setProperty("kind", "body")
        self._rows: QVBoxLayout = column(self._story, margins=(0, 4, 8, 4), spacing=0)
        self._area = QScrollArea()
        self._area.setWidget(self._story)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setAccessibleName(tr("Steps"))
        self.note = QLineEdit()
        self.note.setAccessibleName(tr("Note"))
        self.note.setPlaceholderText(tr("What was done, what was seen (Enter records it)"))
        self.record = button(tr("Record"), self._record, tip=tr("Record the note"))

        head = row(
            None, self.number, self.heading, self.priority, self.plain_priority, self.conflict
        )
        head.setStretch(1, 0)
        head.addStretch(1)
        head.addWidget(self.more)
        head.addWidget(self.forward)
        self.content.addLayout(column(None, head, self.facts, margins=(16, 10, 16, 8), spacing=4))
        self.content.addWidget(line())
        self.content.addLayout(row(None, self._area, margins=(12, 4, 8, 4)), 1)
        self.content.addWidget(line())
        self._foot = row(None, self.note, self.record, margins=(16, 10, 16, 10))
        self.content.addLayout(self._foot)
        self.note.returnPressed.connect(self._record)
        self.note.textChanged.connect(self._judge_note)
        self._judge_note()

    def place_attachments(self, strip: AttachmentStrip) -> None:
        """Show the ticket's files above the note, which takes pastes and drops of them."""
        self.content.insertWidget(self.content.count() - 1, strip)
        self._foot.insertWidget(1, strip.add_button)
        strip.listen_to(self, self.note)

    def show_ticket(
        self, ticket: Ticket, steps: Sequence[Step], moves: Sequence[TicketState], resource: str
    ) -> None:
        """Show `ticket` with its story; `resource` is the name of the thing it is about."""
        if self._ticket is None or self._ticket.id != ticket.id:
            self.note.clear()
        self._ticket, self._steps = ticket, tuple(steps)
        self.number.show_text(ticket.number)
        self.heading.show_text(ticket.title)
        state = state_of_priority(ticket.priority)
        word = word_of_priority(ticket.priority)
        self.priority.setVisible(state is not None)
        self.plain_priority.setVisible(state is None)
        self.plain_priority.show_text(tr("Priority {word}", word=word))
        if state is not None:
            self.priority.show_state(state, word)
        self.conflict.setVisible(ticket.conflict)
        asked = tr("Party A: {name}", name=ticket.requester)
        if not ticket.requester:
            asked = tr("found by ourselves")
        elif ticket.emergency:
            asked = tr("{name}, special emergency: {reason}", name=asked, reason=ticket.emergency)
        elif ticket.contact_id:
            asked = tr("{name} (designated contact)", name=asked)
        facts = [word_of_kind(ticket.kind), word_of_state(ticket.state), resource, asked]
        self.facts.show_text(" · ".join(fact for fact in facts if fact))
        self._show_moves(ticket, moves)
        self._show_steps(_SHOWN_STEPS)

    def _show_moves(self, ticket: Ticket, moves: Sequence[TicketState]) -> None:
        """The next step is the primary button; everything else stands in the menu."""
        self._next = next_state(ticket, moves)
        confirm = ticket.state == "awaiting_confirmation" and not ticket.confirmed_by
        self.forward.setVisible(confirm or self._next is not None)
        if confirm:
            self.forward.setText(tr("Party A confirms…"))
            tip = tr("Record who of Party A confirmed, and how")
        else:
            self.forward.setText(word_of_move(ticket, self._next) if self._next else "")
            tip = tr("The next step; the note below goes with it")
        self.forward.setAccessibleName(self.forward.text())
        self.forward.setShortcut(_FORWARD_KEY)  # Qt forgets it with every new text
        disable(self.forward, "", tr("{tip} (Ctrl+Enter)", tip=tip))
        self.more_menu.clear()
        for state in moves:
            if state == self._next and not confirm:
                continue
            if state == "closed":
                continue  # only after the confirmation, and then it is the next step
            action = self.more_menu.addAction(word_of_move(ticket, state))
            action.triggered.connect(lambda _checked=False, state=state: self._go(state))
        if ticket.state not in ENDED:
            self.more_menu.addSeparator()
            self.more_menu.addAction(tr("Promise a time…"), self.promise_wanted.emit)
        self.more.setVisible(not self.more_menu.isEmpty())

    def _show_steps(self, count: int) -> None:
        clear(self._rows)
        shown = self._steps[-count:]
        if hidden := len(self._steps) - len(shown):
            earlier = tr_n("Show {count} earlier step", "Show {count} earlier steps", hidden)
            self._rows.addWidget(
                button(earlier, lambda: self._show_steps(len(self._steps)), kind="quiet")
            )
        over = self._ticket is not None and self._ticket.state in ENDED
        for place, step in enumerate(shown):
            last = place == len(shown) - 1
            kind = _mark_of(step, last and not over)
            self._rows.addWidget(_step_row(step, kind, place == 0, last))
        self._rows.addStretch(1)
        QTimer.singleShot(0, self._to_the_end)

    def _to_the_end(self) -> None:
        bar = self._area.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _go_forward(self) -> None:
        ticket = self._ticket
        if ticket is None:
            return
        if ticket.state == "awaiting_confirmation" and not ticket.confirmed_by:
            self.confirm_wanted.emit()
        elif self._next is not None:
            self._go(self._next)

    def _go(self, state: TicketState) -> None:
        text = self.note.text().strip()
        self.note.clear()
        self.move_wanted.emit(state, text)

    def _record(self) -> None:
        if text := self.note.text().strip():
            self.note.clear()
            self.note_wanted.emit(text)

    def _judge_note(self) -> None:
        empty = not self.note.text().strip()
        disable(self.record, tr("Write the note first.") if empty else "", tr("Record the note"))


def _mark_of(step: Step, current: bool) -> Mark:
    if step.emergency:
        return "critical"
    if step.state in WAITING or step.state == "suspended":  # a pause, not a state
        return "paused"
    if step.state == "closed":
        return "ok"
    return "now" if current else "step"


def _step_row(step: Step, kind: Mark, first: bool, last: bool) -> QWidget:
    made = QWidget()
    head = row(
        None,
        Label(step.action, "strong"),
        Label(tr(", ").join(one for one in (step.actor, step.device) if one), "caption"),
        None,
        Label(words.stamp(step.at), "caption", elide=False),
    )
    text = column(None, head, margins=(0, 2, 0, 12), spacing=2)
    if step.text:
        text.addWidget(paragraph(step.text, "body"))
    if step.emergency:
        text.addWidget(Label(tr("Special emergency: {why}", why=step.emergency), ink="critical"))
    layout = row(made, TimelineMark(kind, first, last), text, spacing=8)
    layout.setStretch(1, 1)
    return made
