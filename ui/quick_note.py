"""A note from anywhere (Ctrl+Shift+T): write it, choose the ticket, go on as before."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QPlainTextEdit, QWidget

from gmops_desktop.contract.tickets import ENDED, word_of_state
from gmops_desktop.language import tr
from gmops_desktop.services.finding import Finding, TicketLine
from ui.dialogs.sheet import Sheet
from ui.ticket_list import state_of_priority
from ui.widgets.frames import button, disable
from ui.widgets.lists import Entry, WorkList

_OFFERED: Final = 30
_SEARCH_MS: Final = 120
_TEXT_HEIGHT: Final = 84
_LIST_HEIGHT: Final = 168


class QuickNote(Sheet):
    """`given` carries a ticket's id and the note, `ticket_wanted` the text of what is none yet.

    The ticket last looked at stands first, then the open ones; a search also finds ended ones.
    """

    given = Signal(str, str)
    ticket_wanted = Signal(str)

    def __init__(
        self, finding: Finding, current: str, parent: QWidget | None = None, *, text: str = ""
    ) -> None:
        super().__init__(parent, tr("Quick note"), width=560)
        self._finding = finding
        self._lines = finding.lines()
        self._current = current
        self.text = QPlainTextEdit(text)
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(_TEXT_HEIGHT)
        self.which = QLineEdit()
        self.which.setPlaceholderText(tr("Number or words; arrow down into the list"))
        self.list = WorkList(tr("Tickets"))
        self.list.setFixedHeight(_LIST_HEIGHT)
        self.record = button(tr("Record"), self._record, kind="primary", shortcut="Ctrl+Return")
        self.new = button(
            tr("New ticket instead…"),
            self._new,
            kind="quiet",
            tip=tr("Open a new ticket with this text"),
        )
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_SEARCH_MS)

        self.add_field(tr("What was done or seen"), self.text)
        self.add_field(tr("Ticket"), self.which)
        self.body.addWidget(self.list)
        self.left.addWidget(self.new)
        self.add_close(tr("Cancel"))
        self.add_button(self.record, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.which.installEventFilter(self)
        self.text.textChanged.connect(self._judge)
        self.which.textChanged.connect(lambda _text: self._typing.start())
        self._typing.timeout.connect(self._offer)
        self.list.picked.connect(lambda _identity: self._judge())
        self.list.activated.connect(lambda _index: self._record())
        self._offer()
        self.text.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrows go from the field into the list."""
        if (
            watched is self.which
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Down
        ):
            self._typing.stop()
            self._offer()
            self.list.setFocus()
            return True
        return super().eventFilter(watched, event)

    @Slot()
    def _offer(self) -> None:
        text = self.which.text().strip()
        if text:
            found = self._finding.tickets(text)
            offered = [one for one in self._lines if one.id in found]
            offered.sort(key=lambda one: one.state in ENDED)  # stable: the newest stay first
        else:
            offered = [one for one in self._lines if one.state not in ENDED]
            offered.sort(key=lambda one: one.id != self._current)
        self.list.show_entries([_entry(one) for one in offered[:_OFFERED]])
        if offered:
            self.list.select(offered[0].id)
        self._judge()

    @Slot()
    def _judge(self) -> None:
        reason = ""
        if not self.text.toPlainText().strip():
            reason = tr("Write the note first.")
        elif not self.list.current:
            reason = tr("No ticket fits: search for another, or open a new one.")
        disable(self.record, reason, tr("Record the note (Ctrl+Enter)"))

    @Slot()
    def _record(self) -> None:
        text = self.text.toPlainText().strip()
        if text and self.list.current:
            self.given.emit(self.list.current, text)
            self.accept()

    @Slot()
    def _new(self) -> None:
        self.ticket_wanted.emit(self.text.toPlainText().strip())
        self.accept()


def _entry(one: TicketLine) -> Entry:
    return Entry(
        identity=one.id,
        number=one.number,
        title=one.title,
        state=state_of_priority(one.priority) if one.state not in ENDED else None,
        word=word_of_state(one.state),
    )
