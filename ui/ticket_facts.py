"""The facts of a ticket between its head and its story: what is known, and what is still asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from gmops_desktop.contract.steps import WRITTEN_LATE
from gmops_desktop.contract.ticket_moves import notices_missing
from gmops_desktop.contract.tickets import (
    Ticket,
    word_of_attribution,
    word_of_impact,
    word_of_priority,
    word_of_scope,
)
from gmops_desktop.language import tr
from gmops_desktop.services.tickets import Dossier
from ui import words
from ui.widgets.frames import Label, clear, column, paragraph

_LABELS: Final = 72  # pixels


class TicketFacts(QWidget):
    """Pairs of a word and what is known, in two columns, and one line of what is not."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(3, 1)
        self._grid.setColumnMinimumWidth(0, _LABELS)
        self._grid.setColumnMinimumWidth(2, _LABELS)
        self.missing = Label(role="caption", ink="warning")
        self.crossed = paragraph("", "caption")
        column(self, self._grid, self.crossed, self.missing, margins=(16, 8, 16, 8), spacing=6)

    def show_dossier(self, dossier: Dossier) -> None:
        """Show what is known of the ticket; nothing takes no room."""
        clear(self._grid)
        known = list(_known(dossier))
        for place, (word, text) in enumerate(known):
            down, across = place // 2, place % 2 * 2
            caption = Label(word, "caption", elide=False)
            value = Label(text)
            value.setToolTip(text)
            value.setAccessibleName(f"{word}{tr(': ')}{text}")
            self._grid.addWidget(caption, down, across, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, down, across + 1)
        asked = tr(", ", context="between names").join(dossier.open_points)
        self.missing.setVisible(bool(asked))
        self.missing.show_text(tr("Not on record yet: {what}", what=asked))
        crossed = _crossed(dossier)
        self.crossed.setText(crossed)
        self.crossed.setVisible(bool(crossed))
        self.setVisible(bool(known or asked or crossed))


def _crossed(dossier: Dossier) -> str:
    """Return what two devices did that merged two tickets into each other, "" where none did."""
    wanted = dossier.ticket.void_merge
    other = next((one.number for one in dossier.merged if one.id == wanted), "")
    return other and tr(
        "Two devices merged this ticket and {number} into each other. What was recorded first "
        "holds: {number} is part of this one. Taking back that merge turns it round.",
        number=other,
    )


def _known(dossier: Dossier) -> Iterator[tuple[str, str]]:
    ticket = dossier.ticket
    written = next(step.at for step in dossier.steps if not step.of)
    if written - ticket.opened_at >= WRITTEN_LATE:
        times = {"asked": words.stamp(ticket.opened_at), "written": words.stamp(written)}
        yield tr("Asked at"), tr("{asked}, written down {written}", **times)
    yield from _judged(ticket)
    if ticket.cause:
        yield tr("Root cause"), ticket.cause
    if ticket.attribution:
        yield tr("Cause with"), word_of_attribution(ticket.attribution)
    if ticket.scope:
        yield tr("Seen elsewhere?"), word_of_scope(ticket.scope)
    if ticket.interrupts:
        missing = notices_missing(ticket)
        told = tr("all were told")
        if missing:
            told = tr("not told: {who}", who=words.listed(missing))
        elif ticket.notice_emergency:
            told = tr("special emergency: {why}", why=ticket.notice_emergency)
        yield tr("Interruption"), told
    if ticket.assessed_days is not None:
        text = tr("{days} person-days", days=ticket.assessed_days)
        yield tr("Evaluation"), " · ".join(one for one in (text, ticket.assessed_by) if one)
    if ticket.person_days:
        yield tr("Spent"), tr("{days} person-days", days=ticket.person_days)
    if dossier.promises:
        yield tr("Promise"), _promise(dossier)
    if ticket.agreed_by:
        yield tr("Agreed"), ticket.agreed_by
    if ticket.confirmed_by:
        when = words.stamp(ticket.confirmed_at) if ticket.confirmed_at else ""
        yield tr("Confirmed"), " · ".join(one for one in (ticket.confirmed_by, when) if one)
    if dossier.handed_over:
        titles = words.listed(one.title for one in dossier.handed_over)
        yield tr("Handed over"), titles


def _judged(ticket: Ticket) -> Iterator[tuple[str, str]]:
    """Yield Party B's estimate, beside Party A's order in the head."""
    if ticket.impact is not None and ticket.urgency is not None and ticket.estimate is not None:
        text = tr(
            "{estimate} ({impact}, urgency {urgency})",
            estimate=word_of_priority(ticket.estimate),
            impact=word_of_impact(ticket.impact),
            urgency=word_of_priority(ticket.urgency),
        )
        yield tr("Our estimate"), text
    elif ticket.estimate is not None:
        yield tr("Our estimate"), word_of_priority(ticket.estimate)
    if ticket.influence:
        yield tr("Influence"), ticket.influence


def _promise(dossier: Dossier) -> str:
    standing = dossier.promises[-1]
    text = words.stamp(standing.until)
    if standing.kept is not None:
        text += " · " + (tr("kept") if standing.kept else tr("not kept"))
    if (count := len(dossier.promises)) > 1:
        text += " · " + tr("version {number}", number=count)
    return text
