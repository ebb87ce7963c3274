"""Who asked for a new ticket, when, and whether that person may ask (1.15)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from PySide6.QtCore import QDateTime, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QDateTimeEdit, QLineEdit, QWidget

from gmops_desktop.contract.terms import day_of
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.tickets import ContactCheck, Tickets
from ui.ticket_fields import RequesterField, designated_now
from ui.ticket_warnings import ContactWarning
from ui.widgets.frames import Segments, row

_PAUSE_MS: Final = 250  # a name is judged when the typing pauses


class AskedAt(QWidget):
    """When it was asked for: now, or at an earlier time that is written down only now."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.choice = Segments(
            [("now", tr("Just now")), ("earlier", tr("Earlier…"))], "now", tr("Asked at")
        )
        self.time = QDateTimeEdit(QDateTime.currentDateTime())
        self.time.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.time.setCalendarPopup(True)
        self.time.setAccessibleName(tr("Asked at"))
        self.time.setToolTip(tr("The clocks count from then; when it is written down is kept, too"))
        self.time.hide()
        row(self, self.choice, 12, self.time, None)
        self.choice.chosen.connect(self._choose)
        self.time.dateTimeChanged.connect(self.changed)

    @property
    def at(self) -> datetime | None:
        """The time, in UTC; None for now."""
        if self.choice.current == "now":
            return None
        return datetime.fromtimestamp(self.time.dateTime().toSecsSinceEpoch(), UTC)

    @property
    def fault(self) -> str:
        """What is wrong with it, "" when nothing is."""
        at = self.at
        if at is not None and at > datetime.now(UTC):
            return tr("a time that lies behind us")
        return ""

    @Slot(str)
    def _choose(self, key: str) -> None:
        self.time.setVisible(key == "earlier")
        if key == "earlier":
            self.time.setFocus()
            self.time.setCurrentSection(QDateTimeEdit.Section.HourSection)
        self.changed.emit()


class WhoAsked(QObject):
    """The field of the name, what stands below it while nobody designated asked, and the time.

    `judged` tells that the name or the time were looked at, `passed_on` carries who said it first,
    and `declined` asks for the refusal to be recorded.
    """

    judged = Signal()
    passed_on = Signal(str)
    declined = Signal()

    def __init__(
        self, tickets: Tickets, contracts: Contracts, resource: Callable[[], str], parent: QWidget
    ) -> None:
        """`resource` gives the id of what it is about, or nothing: whose contract counts."""
        super().__init__(parent)
        self._tickets, self._resource = tickets, resource
        self._contacts = designated_now(contracts)
        self._check: ContactCheck | None = None
        self._taken = False  # as a special emergency
        self.field = RequesterField(self._contacts)
        self.when = AskedAt()
        self.warning = ContactWarning()
        self.reason = QLineEdit()
        self.reason.setAccessibleName(tr("Why it is a special emergency"))
        self.reason.setPlaceholderText(tr("Reason; it is printed in the report"))
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self.field.textChanged.connect(self._typing)
        self.field.editingFinished.connect(self.judge)
        self.when.changed.connect(self.judge)
        self.reason.textChanged.connect(self.judged)
        self._pause.timeout.connect(self.judge)
        self.warning.passed_on.connect(self._pass_on)
        self.warning.emergency.connect(self._take_as_emergency)
        self.warning.declined.connect(self.declined)

    @property
    def name(self) -> str:
        """Who asked; "" where we found it ourselves."""
        return self.field.text().strip()

    @property
    def emergency(self) -> str:
        """The reason for which it is taken all the same; "" where none is needed."""
        return self.reason.text().strip() if self._taken else ""

    @property
    def gap(self) -> str:
        """What is still missing of it, in words."""
        if self._check is None:
            gap = tr("the check of the contact") if self.name else ""
        elif self._check.designated:
            gap = ""
        elif not self._taken:
            gap = tr("what to do about the contact")
        else:
            gap = "" if self.emergency else tr("the reason of the emergency")
        return gap or self.when.fault

    @Slot()
    def judge(self) -> None:
        """Compare the name with the designated contacts of the day on which it was asked for."""
        at = self.when.at
        self._check = None
        if self.name:
            on = day_of(at) if at else None
            self._check = self._tickets.check_requester(self.name, on, resource_id=self._resource())
        undesignated = self._check is not None and not self._check.designated
        self.warning.setVisible(undesignated and not self._taken)
        self.reason.setVisible(undesignated and self._taken)
        if undesignated and self._check is not None:
            self.warning.show_check(self.name, self._check, self._contacts)
        self.judged.emit()

    @Slot()
    def _typing(self) -> None:
        self._taken, self._check = False, None
        self._pause.start()
        self.judged.emit()

    @Slot()
    def _pass_on(self) -> None:
        """Let the first contact stand as the requester; who said it first goes into the text."""
        said, contact = self.name, self._contacts[0].name
        self.field.setText(contact)
        self.judge()
        self.passed_on.emit(
            tr("Raised by {name}, passed on by {contact}.", name=said, contact=contact)
        )

    @Slot()
    def _take_as_emergency(self) -> None:
        self._taken = True
        self.judge()
        self.reason.setFocus()
