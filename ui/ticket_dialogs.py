"""Short dialogs of a ticket: Party A's confirmation, a promised time, a step with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from PySide6.QtCore import QDateTime, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDateTimeEdit,
    QDialogButtonBox,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from gmops_desktop.contract.terms import Contact
from gmops_desktop.language import tr
from ui.attachments import AttachmentStrip
from ui.dialogs.sheet import Sheet
from ui.ticket_fields import CHANNELS
from ui.widgets.frames import button, disable
from ui.words import stamp

_DAY: Final = 86400


class ConfirmSheet(Sheet):
    """Asks who of Party A confirmed, when and how; `given` carries what `Tickets.confirm` takes."""

    given = Signal(dict)

    def __init__(self, parent: QWidget | None, heading: str, contacts: Sequence[Contact]) -> None:
        super().__init__(parent, tr("Confirmation by Party A"), heading, width=480)
        self.by = QComboBox()
        for contact in contacts:
            self.by.addItem(contact.name)
        self.channel = QComboBox()
        for channel in CHANNELS:
            self.channel.addItem(tr(channel))
        self.at = QDateTimeEdit(QDateTime.currentDateTime())
        self.at.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.at.setCalendarPopup(True)
        self._shown_at = self.at.dateTime()
        self.words = QPlainTextEdit()
        self.words.setTabChangesFocus(True)
        self.words.setFixedHeight(72)
        self.file = QLineEdit()
        self.add_field(
            tr("Who confirmed"),
            self.by,
            tr("A designated contact of Party A; others cannot confirm (contract 1.15)."),
        )
        self.add_field(tr("When"), self.at)
        self.add_field(tr("How"), self.channel)
        self.add_field(tr("What was said"), self.words)
        self.add_field(
            tr("File"), self.file, tr("The sheet, picture or recording that shows it, if any.")
        )
        self.add_close(tr("Cancel"))
        self.save = button(tr("Record confirmation"), self._give, kind="primary")
        self.add_button(self.save, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self._nobody = "" if contacts else tr("No designated contact is recorded yet.")
        self._strip: AttachmentStrip | None = None
        self.at.dateTimeChanged.connect(self._judge)
        self._judge()

    def take_files(self, strip: AttachmentStrip) -> None:
        """Take the file itself; its name goes into the confirmation."""
        self._strip = strip
        strip.join(self, self.words)
        strip.drafts_changed.connect(self._judge)

    def _judge(self) -> None:
        reason = self._nobody or (self._strip.reading if self._strip else "")
        if self.at.dateTime() > QDateTime.currentDateTime():
            reason = reason or tr("What was confirmed lies behind us.")
        disable(self.save, reason, tr("Record confirmation"))

    def _give(self) -> None:
        attached = [one.name for one in self._strip.drafts] if self._strip else []
        at = self.at.dateTime()  # which knows whole minutes only
        moment = datetime.fromtimestamp(at.toSecsSinceEpoch(), UTC)
        said: dict[str, Any] = {
            "by": self.by.currentText(),
            "channel": self.channel.currentText(),
            "at": None if at == self._shown_at else moment,
            "text": self.words.toPlainText().strip(),
            "evidence": [one for one in (self.file.text().strip(), *attached) if one],
        }
        self.given.emit(said)
        self.accept()


class PromiseSheet(Sheet):
    """Asks until when it will be solved; `given` carries the moment (UTC) and why it changed."""

    given = Signal(object, str)

    def __init__(
        self,
        parent: QWidget | None,
        heading: str,
        before: datetime | None,
        *,
        before_cause: bool = False,
    ) -> None:
        """`before` is the promise that stands; changing it needs a reason (2.3-6), and so does
        one that is made before the root cause was found."""
        super().__init__(parent, tr("Promise a time"), heading, width=480)
        self._reason_needed = before is not None or before_cause
        later = QDateTime.currentDateTime().addSecs(_DAY)
        self.until = QDateTimeEdit(later)
        self.until.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.until.setCalendarPopup(True)
        self.words = QLineEdit()
        told = tr("It is told to Party A after the root cause was found (contract 2.3-6).")
        if before is not None:
            told = tr("Promised so far: {at}. Both versions are kept.", at=stamp(before))
        self.add_field(tr("Solved until"), self.until, told)
        asked = tr("Note")
        if before_cause:
            asked = tr("Why before the root cause is found")
        elif before is not None:
            asked = tr("Why the promise changes")
        self.add_field(asked, self.words)
        self.add_close(tr("Cancel"))
        self.go = button(tr("Record the promise"), self._give, kind="primary")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.until.dateTimeChanged.connect(self._judge)
        self.words.textChanged.connect(self._judge)
        self._judge()

    def _judge(self) -> None:
        reason = ""
        if self.until.dateTime() <= QDateTime.currentDateTime():
            reason = tr("A promise lies in the future.")
        elif self._reason_needed and not self.words.text().strip():
            reason = tr("Write it first: it stands in the record.")
        disable(self.go, reason)

    def _give(self) -> None:
        until = datetime.fromtimestamp(self.until.dateTime().toSecsSinceEpoch(), UTC)
        self.given.emit(until, self.words.text().strip())
        self.accept()


class ReasonSheet(Sheet):
    """Asks for the reason of a step; `given` carries it."""

    given = Signal(str)

    def __init__(
        self, parent: QWidget | None, title: str, text: str, action: str, field: str = ""
    ) -> None:
        """`action` is the word on the button; `field` what is asked for (default: the reason)."""
        super().__init__(parent, title, text, width=480)
        self.words = QPlainTextEdit()
        self.words.setTabChangesFocus(True)
        self.words.setFixedHeight(72)
        self.add_field(field or tr("Reason"), self.words)
        self.add_close(tr("Cancel"))
        self.go = button(action, self._give, kind="primary")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.words.textChanged.connect(self._judge)
        self._judge()

    def _judge(self) -> None:
        empty = not self.words.toPlainText().strip()
        disable(self.go, tr("Write it first: it stands in the record.") if empty else "")

    def _give(self) -> None:
        self.given.emit(self.words.toPlainText().strip())
        self.accept()
