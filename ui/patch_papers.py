"""The last part of a change: who confirmed, what was handed over, and its documents to open."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from gmops_desktop.contract.terms import ZONE, told_in
from gmops_desktop.language import mark, tr
from gmops_desktop.services.patches import Change
from ui import words
from ui.widgets.frames import Label, button, clear, column, disable, row
from ui.widgets.panes import scrolled

_DOCUMENTS: Final = (
    ("notice", mark("Notice (PDF)"), mark("The request for the change and notice of the downtime")),
    ("record", mark("Record (PDF)"), mark("What was done, with its gates, checks and proofs")),
    ("receipt", mark("Hand-over form (PDF)"), mark("What was handed over, for Party A to sign")),
)


class PapersView(QWidget):
    """Facts line by line; `wanted` carries the document, or the step, that was asked for."""

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._facts: QVBoxLayout = column(spacing=4)
        self.documents: dict[str, QPushButton] = {}
        buttons = row(None, spacing=8)
        for key, word, tip in _DOCUMENTS:
            made = button(
                tr(word), partial(self.wanted.emit, key), icon_name="file-pdf", tip=tr(tip)
            )
            self.documents[key] = made
            buttons.addWidget(made)
        self.write = button(
            tr("Write into it…"),
            icon_name="pen",
            tip=tr("Your own words for one of these documents, beside its pages; then make it"),
        )
        self._menu = QMenu(self.write)
        self._menu.setToolTipsVisible(True)
        self._writing: dict[str, QAction] = {}
        for key, word, _tip in _DOCUMENTS:
            act = self._menu.addAction(tr(word), partial(self.wanted.emit, f"write_{key}"))
            self._writing[key] = act
        self.write.setMenu(self._menu)
        buttons.addWidget(self.write)
        self.close_change = button(
            tr("Close change"), lambda: self.wanted.emit("close"), icon_name="check"
        )
        buttons.addStretch(1)
        buttons.addWidget(self.close_change)
        column(self, buttons, scrolled(self._facts), spacing=8).setStretch(1, 1)

    def show_change(self, change: Change, refused: Callable[[str], str]) -> None:
        """Show what stands in the record of a change; `refused` says what does not stand open."""
        for key, word, tip in _DOCUMENTS:
            disable(self.documents[key], refused(key), tr(tip) or tr(word))
            self._writing[key].setEnabled(not refused(key))
            self._writing[key].setToolTip(refused(key) or tr(tip))
        self.close_change.setVisible(change.handed and not change.closed_at)
        disable(self.close_change, refused("close"), tr("Close the change; nothing more is done"))
        clear(self._facts)
        for name, text in _told(change):
            caption = Label(name, "caption", elide=False)
            caption.setFixedWidth(132)
            line = row(None, caption, Label(text))
            line.setStretch(1, 1)
            self._facts.addLayout(line)


@told_in(ZONE)
def _told(change: Change) -> list[tuple[str, str]]:
    """Return the facts of a change by name; what is not known yet is not there."""
    found: list[tuple[str, str]] = []
    said = change.assessment
    if said is not None:
        found.append((tr("Evaluation"), " · ".join(filter(None, (said.by, said.text)))))
        if said.risk:
            found.append((tr("Risk"), said.risk))
        if said.downtime_minutes is not None:
            found.append((tr("Downtime"), tr("{count} min", count=said.downtime_minutes)))
        if said.days is not None:
            found.append((tr("Person-days"), f"{said.days:f}"))
    if change.approved_by:
        found.append((tr("Plan released by"), change.approved_by))
    for gate, reason in change.emergencies.items():
        found.append((tr("Special emergency"), f"{gate}{tr(': ')}{reason}"))
    if change.applied_at:
        found.append((tr("Applied"), words.stamp(change.applied_at)))
    if change.rolled_back_at:
        reason = change.rollback_reason
        found.append((tr("Rolled back"), f"{words.stamp(change.rolled_back_at)} {reason}".strip()))
    if change.accepted:
        found.append((tr("Differences accepted"), change.accepted))
    if change.confirmed_by and change.confirmed_at:
        at = words.stamp(change.confirmed_at)
        found.append((tr("Confirmed by"), f"{change.confirmed_by} · {at}"))
    if change.handed_at:
        found.append((tr("Handed over"), words.stamp(change.handed_at)))
    if change.spent_days is not None:
        found.append((tr("Person-days booked"), f"{change.spent_days:f}"))
    if change.closed_at:
        closed = f"{words.stamp(change.closed_at)} {change.reason}".strip()
        found.append((tr("Closed") if change.state == "closed" else tr("Cancelled"), closed))
    if not found:
        found.append((tr("Record"), tr("Nothing to hand over yet.")))
    return found
