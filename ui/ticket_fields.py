"""The fields of a new ticket that know more than a plain one: who asked, and what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QPlainTextEdit

from gmops_desktop.contract.terms import Contact, day_of
from gmops_desktop.language import mark, tr
from gmops_desktop.services.contracts import Contracts
from ui import words

CHANNELS: Final = (mark("Phone"), mark("WeChat"), mark("E-mail"), mark("In person"), mark("Letter"))
_FEWEST_LINES: Final = 2  # of the description
_MOST_LINES: Final = 6
_FRAME: Final = 9  # pixels around its text, above and below


def designated_now(contracts: Contracts) -> tuple[Contact, ...]:
    """Return who may ask and confirm for Party A today (1.15)."""
    today = day_of(datetime.now(UTC))
    return tuple(one for one in contracts.contacts(today) if one.party == "A")


class RequesterField(QLineEdit):
    """Completes the names of the designated contacts; the arrow down offers all of them."""

    def __init__(self, contacts: Sequence[Contact]) -> None:
        super().__init__()
        self.setAccessibleName(tr("Who asked"))
        names = [contact.name for contact in contacts]
        self.setPlaceholderText(
            tr("{names}; empty if we found it ourselves", names=words.listed(names) or tr("Name"))
        )
        completer = QCompleter(names, self)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCompleter(completer)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Offer every name where none is written yet."""
        if event.key() == Qt.Key.Key_Down and not self.text():
            self.completer().setCompletionPrefix("")
            self.completer().complete()
            return
        super().keyPressEvent(event)


class DescriptionField(QPlainTextEdit):
    """As high as its text needs, within reason; Tab goes on to the next field."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setAccessibleName(tr("Description"))
        self.setTabChangesFocus(True)
        self.fit()

    def fit(self) -> None:
        """Show whole lines: all of an alert's findings, or room for a few words."""
        self.ensurePolished()  # or it would measure in another font
        lines = min(_MOST_LINES, max(_FEWEST_LINES, self.blockCount()))
        around = 2 * round(self.document().documentMargin()) + 2 * _FRAME
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + around)


def channel_box() -> QComboBox:
    """Return the choice of ways a request may come."""
    box = QComboBox()
    box.setAccessibleName(tr("How it came"))
    box.addItem(tr("Not noted"), "")
    for channel in CHANNELS:
        box.addItem(tr(channel), channel)
    return box
