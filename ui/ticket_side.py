"""The right column of the tickets tab: clocks, where the ticket stands, tickets like it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final, Literal, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QWidget

from gmops_desktop.contract.clocks import Clock, word_of_clock
from gmops_desktop.contract.targets import ClockKey
from gmops_desktop.contract.ticket_bonds import word_of_link
from gmops_desktop.contract.ticket_way import stations
from gmops_desktop.contract.tickets import ENDED, TicketState, word_of_state
from gmops_desktop.language import tr
from gmops_desktop.services.finding import Alike, TicketLine
from gmops_desktop.services.tickets import Dossier, Ticket
from gmops_desktop.states import State
from ui import words
from ui.theme import GAP
from ui.widgets.badges import Gauge, Mark, TimelineMark
from ui.widgets.frames import Card, Label, LabelRole, button, clear, column, icon_button, link, row

SIDE_WIDTH: Final = 264
_BAR: Final = 10  # pixels of the scroll bar
_SIMILAR: Final = 4
_TITLE: Final = 128  # pixels of a similar ticket's title, beside its share
_IN_LINE: Final = "padding: 0;"  # with the words above and below


class TicketSide(QWidget):
    """Shows what belongs to one ticket.

    `ticket_wanted` carries the id of a linked, merged or similar one, `clock_wanted` the key of a
    clock that is to be unfolded; `limits_wanted` asks for what clocks are held against,
    `verb_wanted` for the form of a fact.
    """

    ticket_wanted = Signal(str)
    clock_wanted = Signal(str)
    limits_wanted = Signal()
    verb_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(SIDE_WIDTH + _BAR)
        self._clocks = Card(tr("Clocks"), tr("24/7, less Party A's time"))
        self.limits = icon_button("gear-six", tr("Limits of the clocks…"), self.limits_wanted.emit)
        self.limits.setProperty("scale", "small")
        self.limits.setFixedWidth(24)
        self._clocks.head.addWidget(self.limits)
        self._clock_rows = column(spacing=6)
        self._dossier: Dossier | None = None
        self._rows: dict[ClockKey, tuple[QPushButton, Label, Gauge | None]] = {}
        self._clocks.add(self._clock_rows)
        self._flow = Card(tr("Flow (2.3-6)"))
        self._flow_rows = column(spacing=0)
        self._flow.add(self._flow_rows)
        self._similar = Card(tr("Linked and similar tickets"))
        self._similar_rows = column(spacing=2)
        self._similar.add(self._similar_rows)
        self._similar.add_stretch()
        cards = QWidget()
        cards.setProperty("kind", "body")
        layout = column(cards, self._clocks, self._flow, spacing=GAP)
        layout.addWidget(self._similar, 1)
        # On a laptop the column scrolls by itself, and the line for notes stays in sight.
        area = QScrollArea()
        area.setWidget(cards)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column(self, area, spacing=0)

    def show_dossier(self, dossier: Dossier, similar: Sequence[Alike] = ()) -> None:
        """Show everything of a ticket; `similar` are those like it, the most similar first."""
        self._dossier = dossier
        self.show_clocks(dossier.clocks)
        self._show_flow(dossier)
        self.show_similar(similar)

    def show_similar(self, similar: Sequence[Alike]) -> None:
        """Show what is tied to the ticket and what is like it, which may be found later."""
        clear(self._similar_rows)
        dossier = self._dossier
        if dossier is None:
            return
        tied = [(word_of_link(kind), other) for kind, other in dossier.links]
        tied += [(tr("Merged into this"), other) for other in dossier.merged]
        known = {other.id for _, other in tied}
        near = [one for one in similar if one.ticket.id not in known][:_SIMILAR]
        for word, other in tied:
            self._similar_rows.addWidget(Label(word, "caption"))
            self._similar_rows.addWidget(self._way_to(word, other))
        for one in near:
            share = Label(f"{round(100 * one.share)} %", "caption", elide=False)
            made = self._way_to(tr("Similar"), one.ticket)
            self._similar_rows.addLayout(row(None, made, None, share, spacing=4))
        if not tied and not near:
            self._similar_rows.addWidget(Label(tr("None found"), "caption"))

    def _way_to(self, word: str, other: Ticket | TicketLine) -> QPushButton:
        """Return the button that leads to a ticket; `word` says how it is tied to this one."""
        tip = tr("{title}, {state}", title=other.title, state=word_of_state(other.state))
        end = Qt.TextElideMode.ElideRight
        made = button(
            f"{other.number}  {self.fontMetrics().elidedText(other.title, end, _TITLE)}",
            partial(self.ticket_wanted.emit, other.id),
            kind="quiet",
            scale="small",
            tip=f"{word}{tr(': ')}{tip}",
        )
        made.setAccessibleName(f"{word}{tr(': ')}{other.number} {other.title}")
        made.setStyleSheet(f"text-align: left; {_IN_LINE}")
        return made

    def show_clocks(self, clocks: Sequence[Clock]) -> None:
        """Show the clocks as they stand now; rows stay, so that the keyboard stays in them."""
        shown = [(clock.key, bool(clock.target)) for clock in clocks]
        if shown != [(key, gauge is not None) for key, (_, _, gauge) in self._rows.items()]:
            self._lay_out_clocks(clocks)
        office = any(not clock.hours.always for clock in clocks)
        self._clocks.hint.show_text(
            tr("* working hours") if office else tr("24/7, less Party A's time")
        )
        for clock in clocks:
            _, reading, gauge = self._rows[clock.key]
            reading.show_text(*_reading(clock))
            if gauge is not None and clock.target:
                whole = clock.target + clock.paused
                state = clock.state if clock.state != "unknown" else None
                gauge.show_share(clock.seconds / whole, state, clock.paused / whole)

    def _lay_out_clocks(self, clocks: Sequence[Clock]) -> None:
        clear(self._clock_rows)
        self._rows.clear()
        for clock in clocks:
            word = word_of_clock(clock.key)
            tip = tr("How “{clock}” adds up", clock=word)
            unfold = link(word, partial(self.clock_wanted.emit, clock.key), tip)
            unfold.setStyleSheet(_IN_LINE)
            reading = Label(role="strong", elide=False)
            self._clock_rows.addLayout(row(None, unfold, None, reading))
            gauge = Gauge() if clock.target else None
            if gauge is not None:
                self._clock_rows.addWidget(gauge)
            self._rows[clock.key] = unfold, reading, gauge

    def _show_flow(self, dossier: Dossier) -> None:
        """Tick what is behind the ticket; a fact that is not can be recorded from here."""
        clear(self._flow_rows)
        ticket = dossier.ticket
        own = (step for step in dossier.steps if step.state and not step.of)
        visited = {cast(TicketState, step.state) for step in own}
        way = stations(ticket, visited, handed_over=bool(dossier.handed_over))
        offered = ticket.state not in ENDED
        for place, one in enumerate(way):
            mark: Mark = "ok" if one.done else "now" if one.here else "step"
            word: QWidget
            if one.verb and offered and not one.done:
                tip = tr("Record: {what}", what=one.word)
                word = link(one.word, partial(self.verb_wanted.emit, one.verb), tip)
                word.setStyleSheet(_IN_LINE)
            else:
                role: LabelRole = "strong" if one.here else "body" if one.done else "caption"
                word = Label(one.word, role)
            line = row(None, TimelineMark(mark, place == 0, place == len(way) - 1), word, spacing=8)
            if isinstance(word, QPushButton):
                line.addStretch(1)
            held = QWidget()
            held.setFixedHeight(26)
            held.setLayout(line)
            self._flow_rows.addWidget(held)
        self._flow_rows.addWidget(
            Label(tr("Now: {state}", state=word_of_state(ticket.state)), "caption")
        )


def _reading(clock: Clock) -> tuple[str, State | Literal[""]]:
    """Return what a clock shows, and its ink."""
    if clock.target is None:
        counting = clock.seconds or clock.running
        return words.lasting(clock.seconds) if counting else words.NOTHING, ""
    text = tr(
        "{time} of {target}",
        time=words.lasting(clock.seconds),
        target=words.limit(clock.target),
    )
    return text if clock.hours.always else f"{text} *", clock.state
