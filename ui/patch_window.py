"""The dialog in which a change gets its window, with the words that Party A can announce it by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from PySide6.QtCore import QDateTime, QTimeZone, Signal, Slot
from PySide6.QtWidgets import (
    QApplication,
    QDateTimeEdit,
    QDialogButtonBox,
    QPlainTextEdit,
    QWidget,
)

from gmops_desktop.contract.terms import ZONE, told_in
from gmops_desktop.language import tr
from ui import words
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Label, button, column, disable, row

_EVENING: Final = 22  # o'clock: when a site of this kind has the fewest visitors
_HOUR: Final = timedelta(hours=1)
_TEXT_HEIGHT: Final = 112
_BEIJING: Final = QTimeZone(ZONE.key.encode())


class WindowSheet(Sheet):
    """Asks from when to when; `given` carries both (UTC)."""

    given = Signal(object, object)

    def __init__(
        self,
        parent: QWidget | None,
        heading: str,
        what: str,
        now: datetime,
        window: tuple[datetime, datetime] | None = None,
        downtime_minutes: int | None = None,
        told: int = 0,
    ) -> None:
        """`what` names what is done, for the announcement; `window` is the one that is set;
        `told` says how many audiences were told of it already."""
        super().__init__(parent, tr("Set the window"), heading, width=560)
        self._what, self._downtime, self._window = what, downtime_minutes, window
        begin, end = window or _proposed(now)
        self.begin, self.end = _field(begin), _field(end)
        both = row(None, spacing=12)
        for word, field in (
            (tr("From (Beijing time)"), self.begin),
            (tr("Until (Beijing time)"), self.end),
        ):
            field.setAccessibleName(word)
            caption = Label(word, "caption", elide=False)
            caption.setBuddy(field)
            both.addLayout(column(None, caption, field, spacing=4), 1)
        self.body.addLayout(both)
        self.lasts = Label("", "hint")
        self.body.addWidget(self.lasts)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(_TEXT_HEIGHT)
        self.add_field(
            tr("For Party A to announce"),
            self.text,
            tr("Party A tells all three audiences before anything is stopped (contract 2.3-8)."),
        )
        self.copy = button(
            tr("Copy the words"), self._copy, icon_name="copy",
            tip=tr("Copy the announcement, for a mail or a post"),
        )  # fmt: skip
        self.left.addWidget(self.copy)
        if told:
            self.body.addWidget(
                Label(
                    tr("Another window withdraws what was announced: all must be told again."),
                    "caption",
                    ink="warning",
                )
            )
        self.add_close(tr("Cancel"))
        self.go = button(tr("Set window"), self._give, kind="primary")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.begin.dateTimeChanged.connect(self._judge)
        self.end.dateTimeChanged.connect(self._judge)
        self._judge()

    @property
    def chosen(self) -> tuple[datetime, datetime]:
        """The window as it stands in the fields."""
        return _moment(self.begin), _moment(self.end)

    @Slot()
    def _judge(self) -> None:
        begin, end = self.chosen
        reason = ""
        if end <= begin:
            reason = tr("The window ends before it begins.")
        elif end <= datetime.now(UTC):
            reason = tr("The window lies behind us.")
        elif self._downtime and end - begin < timedelta(minutes=self._downtime):
            reason = tr("The window is shorter than the downtime that was estimated.")
        disable(self.go, reason, tr("Set window"))
        lasts = words.lasting((end - begin).total_seconds())
        self.lasts.show_text(reason or tr("It lasts {time}.", time=lasts))
        self.text.setPlainText(announcement(self._what, begin, end, self._downtime))

    @Slot()
    def _copy(self) -> None:
        QApplication.clipboard().setText(self.text.toPlainText())

    @Slot()
    def _give(self) -> None:
        self.given.emit(*self.chosen)
        self.accept()


@told_in(ZONE)
def announcement(what: str, begin: datetime, end: datetime, downtime: int | None) -> str:
    """Return the words by which Party A tells those concerned of a window."""
    until = words.clock(end) if end - begin < timedelta(days=1) else words.stamp(end)
    told = tr(
        "Maintenance: {what}. From {begin} until {end} the service may be interrupted.",
        what=what.rstrip("."),
        begin=words.stamp(begin),
        end=until,
    )
    if downtime:
        told += tr(" The interruption is expected to last about {count} min.", count=downtime)
    return told + tr(" Please finish and save your work before; thank you for your patience.")


def _proposed(now: datetime) -> tuple[datetime, datetime]:
    """Return this evening, or tomorrow's where it is too late."""
    here = now.astimezone(ZONE)
    begin = here.replace(hour=_EVENING, minute=0, second=0, microsecond=0)
    if begin - here < _HOUR:
        begin += timedelta(days=1)
    return begin.astimezone(UTC), (begin + _HOUR).astimezone(UTC)


def _field(at: datetime) -> QDateTimeEdit:
    made = QDateTimeEdit()
    made.setTimeZone(_BEIJING)
    made.setDateTime(QDateTime.fromSecsSinceEpoch(int(at.timestamp()), _BEIJING))
    made.setDisplayFormat("yyyy-MM-dd HH:mm")
    made.setCalendarPopup(True)
    return made


def _moment(field: QDateTimeEdit) -> datetime:
    return datetime.fromtimestamp(field.dateTime().toSecsSinceEpoch(), UTC)
