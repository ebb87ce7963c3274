"""The middle of the tickets tab: one ticket's head and facts, its story as a timeline, a line to
add."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QMenu

from gmops_desktop.contract.ticket_moves import gated, move_to, unmet
from gmops_desktop.contract.tickets import (
    ENDED,
    FLOW,
    KINDS,
    Ticket,
    TicketKind,
    TicketState,
    word_of_kind,
    word_of_priority,
    word_of_state,
)
from gmops_desktop.language import mark, tr
from gmops_desktop.services.tickets import Dossier
from ui.attachments import AttachmentStrip
from ui.ticket_facts import TicketFacts
from ui.ticket_list import state_of_priority
from ui.ticket_timeline import TicketTimeline
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Label, button, column, disable, line, row
from ui.widgets.panes import Pane

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
# What can be found out of a ticket, in the order in which the contract asks for it.
_FACTS: Final[tuple[tuple[str, str], ...]] = (
    ("priority", mark("Party A's order, kind…")),
    ("asked", mark("Asked at another time…")),
    ("estimate", mark("Impact and urgency…")),
    ("agree", mark("Problem confirmed by both…")),
    ("scope", mark("Seen elsewhere?…")),
    ("cause", mark("Root cause…")),
    ("promise", mark("Promise a time…")),
    ("assess", mark("Evaluation by the project manager…")),
    ("interrupts", mark("Interruption of the service…")),
    ("announce", mark("Party A told those concerned…")),
    ("restored", mark("Service restored…")),
    ("hand_over", mark("Hand-over to Party A…")),
    ("spend", mark("Person-days spent…")),
)
# Papers of a ticket, made at a click and then to be printed; a visit's may be asked for by any.
_PAPERS: Final[tuple[tuple[frozenset[TicketKind], str, str], ...]] = (
    (frozenset(KINDS), "visit", mark("On-site service form")),
    (frozenset({"incident"}), "fault", mark("Fault report")),
    (frozenset({"requirement"}), "evaluation", mark("Evaluation of a requirement")),
)
_AFTERWARDS: Final = frozenset(
    {"asked", "hand_over", "spend", "scope", "cause"}
)  # also of what is over
_FORWARD_KEY: Final = "Ctrl+Return"
_MORE_KEY: Final = "Ctrl+M"


def word_of_move(ticket: Ticket, state: TicketState) -> str:
    """Return what the button says that moves `ticket` to `state`; "…" where it asks why."""
    if ticket.state == "suspended" and state not in ENDED:
        return tr("Go on: {state}", state=word_of_state(state))
    return tr(_FORWARD["registered" if ticket.state in ENDED else state])


def next_state(ticket: Ticket, moves: Sequence[TicketState]) -> TicketState | None:
    """Return the forward step that is asked for next, among the allowed `moves`."""
    if ticket.state in ENDED:
        return None
    if ticket.state == "suspended":
        return next((state for state in moves if state not in ENDED), None)
    here = FLOW.index(ticket.state)
    notice = {"awaiting_notice"} if not ticket.interrupts or _told(ticket) else set()
    ahead = [state for state in FLOW[here + 1 :] if state in moves and state not in notice]
    return ahead[0] if ahead else None


def _told(ticket: Ticket) -> bool:
    move = move_to(ticket, "implementing")
    return move is None or "notice" not in unmet(ticket, move)


class TicketPage(Pane):
    """Shows one ticket; its buttons ask `TicketVerbs`."""

    move_wanted = Signal(str, str)  # a TicketState and the text that goes with the step
    confirm_wanted = Signal()
    verb_wanted = Signal(str)  # a `ticket_verbs.Verb`
    note_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._ticket: Ticket | None = None
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
        self.known = TicketFacts()
        self.more = button(tr("More"), tip=tr("All steps and facts"), shortcut=_MORE_KEY)
        self.more_menu = QMenu(self.more)
        self.more.setMenu(self.more_menu)
        self.forward = button("", self._go_forward, kind="primary", shortcut=_FORWARD_KEY)
        self._rule = line()
        self.timeline = TicketTimeline()
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
        self.content.addWidget(self.known)
        self.content.addWidget(self._rule)
        self.content.addLayout(row(None, self.timeline, margins=(12, 4, 8, 4)), 1)
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
        strip.fold()
        strip.listen_to(self, self.note)
        self.timeline.file_wanted.connect(strip.show_file)

    @property
    def ticket_id(self) -> str:
        """The id of the ticket that is shown, "" before the first."""
        return self._ticket.id if self._ticket else ""

    def show_dossier(self, dossier: Dossier, resource: str) -> None:
        """Show a ticket with its story; `resource` is the name of the thing it is about."""
        ticket = dossier.ticket
        if self._ticket is None or self._ticket.id != ticket.id:
            self.note.clear()
        self._ticket = ticket
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
        self.known.show_dossier(dossier)
        self._rule.setVisible(self.known.isVisibleTo(self))
        self._show_moves(dossier)
        self.timeline.show_steps(dossier.steps, over=ticket.state in ENDED)

    def _show_moves(self, dossier: Dossier) -> None:
        """The next step is the primary button; everything else stands in the menu."""
        ticket, moves = dossier.ticket, dossier.moves
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
        self._offer_verbs(dossier)
        self.more.setVisible(not self.more_menu.isEmpty())

    def _offer_verbs(self, dossier: Dossier) -> None:
        ticket, over = dossier.ticket, dossier.ticket.state in ENDED
        if ticket.state == "merged":
            self._offer("part", tr("Take the merge back"))
            return
        if ticket.void_merge:
            self._offer("part", tr("Leave the merge as it stands"))
        if gated(ticket) is not None:
            self._offer("emergency", tr("Special emergency…"))
        self.more_menu.addSeparator()
        for verb, word in _FACTS:
            if not over or verb in _AFTERWARDS:
                self._offer(verb, tr(word))
        for kinds, verb, word in _PAPERS:
            if ticket.kind in kinds:
                self._offer(verb, tr(word))
        if dossier.handed_over:
            self._offer("receipt", tr("Hand-over form…"))
        self.more_menu.addSeparator()
        self._offer("link", tr("Link to another ticket…"))
        if dossier.links:
            self._offer("unlink", tr("Remove a link…"))
        if not over:
            self._offer("merge", tr("Merge into another ticket…"))
            self._offer("split", tr("Split off a ticket…"))

    def _offer(self, verb: str, word: str) -> None:
        action = self.more_menu.addAction(word)
        action.triggered.connect(lambda _checked=False: self.verb_wanted.emit(verb))

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
