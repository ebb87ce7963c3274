"""The right column of the tickets tab: clocks, where the ticket stands, similar tickets."""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import partial
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gmops_desktop.contract.tickets import Clock, word_of_clock, word_of_state
from gmops_desktop.language import tr
from gmops_desktop.services.tickets import Step, Ticket
from ui import words
from ui.theme import GAP
from ui.ticket_page import FLOW
from ui.widgets.badges import Gauge, Mark, TimelineMark
from ui.widgets.frames import Card, Label, LabelRole, button, clear, column, row

SIDE_WIDTH: Final = 264
_SIMILAR: Final = 4


class TicketSide(QWidget):
    """Shows what belongs to one ticket; `ticket_wanted` carries the id of a similar one."""

    ticket_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(SIDE_WIDTH)
        self._clocks = Card(tr("Clocks"), tr("24/7, less Party A's time"))
        self._clock_rows = column(spacing=6)
        self._clocks.add(self._clock_rows)
        self._flow = Card(tr("Flow (2.3-6)"))
        self._flow_rows = column(spacing=0)
        self._flow.add(self._flow_rows)
        self._similar = Card(tr("Similar tickets"))
        self._similar_rows = column(spacing=2)
        self._similar.add(self._similar_rows)
        self._similar.add_stretch()
        layout = column(self, self._clocks, self._flow, spacing=GAP)
        layout.addWidget(self._similar, 1)

    def show_ticket(
        self,
        ticket: Ticket,
        clocks: Sequence[Clock],
        steps: Sequence[Step],
        similar: Sequence[Ticket],
    ) -> None:
        """Show everything of `ticket`."""
        self.show_clocks(clocks)
        self._show_flow(ticket, {step.state for step in steps})
        clear(self._similar_rows)
        for other in similar[:_SIMILAR]:
            made = button(
                f"{other.number}  {other.title}",
                partial(self.ticket_wanted.emit, other.id),
                kind="quiet",
                scale="small",
                tip=tr("{title}, {state}", title=other.title, state=word_of_state(other.state)),
            )
            made.setStyleSheet("text-align: left;")
            self._similar_rows.addWidget(made)
        if not similar:
            self._similar_rows.addWidget(Label(tr("None found"), "caption"))

    def show_clocks(self, clocks: Sequence[Clock]) -> None:
        """Show the clocks as they stand now."""
        clear(self._clock_rows)
        for clock in clocks:
            self._clock_rows.addLayout(
                row(
                    None,
                    Label(word_of_clock(clock.key), "caption", elide=False),
                    None,
                    _reading(clock),
                )
            )
            if clock.target:
                gauge = Gauge()
                whole = clock.target + clock.paused
                state = clock.state if clock.state != "unknown" else None
                gauge.show_share(clock.seconds / whole, state, clock.paused / whole)
                self._clock_rows.addWidget(gauge)

    def _show_flow(self, ticket: Ticket, visited: Set[str]) -> None:
        """Tick what was gone through; what was left out stays open, also behind."""
        clear(self._flow_rows)
        here = FLOW.index(ticket.state) if ticket.state in FLOW else -1
        for place, state in enumerate(FLOW):
            done = (place < here or ticket.state == "closed") and state in visited
            mark: Mark = "ok" if done else "now" if place == here else "step"
            role: LabelRole = "strong" if place == here else "body" if done else "caption"
            word = Label(word_of_state(state), role)
            line = row(
                None, TimelineMark(mark, place == 0, place == len(FLOW) - 1), word, spacing=8
            )
            held = QWidget()
            held.setFixedHeight(26)
            held.setLayout(line)
            self._flow_rows.addWidget(held)
        if here < 0:
            self._flow_rows.addWidget(
                Label(tr("Now: {state}", state=word_of_state(ticket.state)), "strong")
            )


def _reading(clock: Clock) -> Label:
    if clock.target is None:
        text = words.lasting(clock.seconds) if clock.seconds or clock.running else words.NOTHING
        return Label(text, "strong", elide=False)
    text = tr(
        "{time} of {target}",
        time=words.lasting(clock.seconds),
        target=words.limit(clock.target),
    )
    return Label(text, "strong", ink=clock.state, elide=False)
