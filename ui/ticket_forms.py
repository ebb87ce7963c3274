"""A short form for one fact of a ticket: fields, what must be filled in, and one button."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from PySide6.QtCore import QDateTime, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QDateTimeEdit,
    QDialogButtonBox,
    QDoubleSpinBox,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from gmops_desktop.language import tr
from ui.attachments import AttachmentStrip
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import button, disable

_LINES: Final = 72  # pixels: the height of a field of several lines
_WIDTH: Final = 520


class FormSheet(Sheet):
    """Fields by key; `given` carries their values once everything that must be is filled in.

    Texts arrive trimmed, choices as their keys, moments in UTC.
    """

    given = Signal(dict)

    def __init__(self, parent: QWidget | None, title: str, heading: str, action: str) -> None:
        """`heading` says which ticket, `action` is the word on the button."""
        super().__init__(parent, title, heading, width=_WIDTH)
        self.fields: dict[str, QWidget] = {}
        self._reads: dict[str, Callable[[], Any]] = {}
        self._required: dict[str, str] = {}
        self._refuses: Callable[[Mapping[str, Any]], str] = lambda _values: ""
        self._reading: Callable[[], str] = str
        self.add_close(tr("Cancel"))
        self.go = button(action, self._give, kind="primary")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self._judge()

    # -- fields

    def line(
        self,
        key: str,
        word: str,
        hint: str = "",
        *,
        required: bool = False,
        text: str = "",
        completions: Sequence[str] = (),
    ) -> QLineEdit:
        """Ask for a line; `completions` are offered while typing, wherever they match."""
        field = QLineEdit(text)
        if completions:
            completer = QCompleter(list(completions), field)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            field.setCompleter(completer)
        field.textChanged.connect(self._judge)
        self._keep(key, word, hint, field, lambda: field.text().strip(), required=required)
        return field

    def lines(
        self, key: str, word: str, hint: str = "", *, required: bool = False, text: str = ""
    ) -> QPlainTextEdit:
        """Ask for a few lines."""
        field = QPlainTextEdit(text)
        field.setTabChangesFocus(True)
        field.setFixedHeight(_LINES)
        field.textChanged.connect(self._judge)
        self._keep(key, word, hint, field, lambda: field.toPlainText().strip(), required=required)
        return field

    def choice(
        self,
        key: str,
        word: str,
        choices: Sequence[tuple[Any, str]],
        current: Any = None,
        hint: str = "",
        *,
        required: bool = False,
    ) -> QComboBox:
        """Ask for one of some: pairs of key and word; a required one has to be chosen."""
        field = QComboBox()
        if required:
            field.addItem(tr("Please choose"), "")
        for one, name in choices:
            field.addItem(name, one)
        place = next((at for at, pair in enumerate(choices) if pair[0] == current), None)
        if place is not None:
            field.setCurrentIndex(place + (1 if required else 0))
        field.currentIndexChanged.connect(self._judge)
        self._keep(key, word, hint, field, field.currentData, required=required)
        return field

    def moment(self, key: str, word: str, at: datetime, hint: str = "") -> QDateTimeEdit:
        """Ask for a day and a time."""
        field = QDateTimeEdit(QDateTime.fromSecsSinceEpoch(int(at.timestamp())))
        field.setDisplayFormat("yyyy-MM-dd HH:mm")
        field.setCalendarPopup(True)
        field.dateTimeChanged.connect(self._judge)

        def read() -> datetime:
            return datetime.fromtimestamp(field.dateTime().toSecsSinceEpoch(), UTC)

        self._keep(key, word, hint, field, read)
        return field

    def days(self, key: str, word: str, value: float = 0.5, hint: str = "") -> QDoubleSpinBox:
        """Ask for person-days."""
        field = QDoubleSpinBox()
        field.setRange(0.1, 999.0)
        field.setDecimals(2)
        field.setSingleStep(0.5)
        field.setValue(value)
        self._keep(key, word, hint, field, lambda: f"{field.value():g}")
        return field

    def tick(self, key: str, word: str, *, on: bool = False) -> QCheckBox:
        """Ask for a yes or no."""
        field = QCheckBox(word)
        field.setChecked(on)
        field.setAccessibleName(word)
        field.setToolTip(word)
        field.toggled.connect(self._judge)
        self.fields[key], self._reads[key] = field, field.isChecked
        self.body.addWidget(field)
        return field

    def take_files(self, strip: AttachmentStrip | None) -> None:
        """Take files, which arrive under "files" as a tuple; without a strip there are none."""
        self._reads["files"] = lambda: strip.drafts if strip else ()
        if strip is not None:
            self._reading = lambda: strip.reading
            strip.join(self, *self.fields.values())
            strip.drafts_changed.connect(self._judge)

    def refuse_when(self, refuses: Callable[[Mapping[str, Any]], str]) -> None:
        """Keep the button off, with the sentence as its reason, while `refuses` returns one."""
        self._refuses = refuses
        self._judge()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.fields:  # whoever opened it by keyboard goes on writing
            next(iter(self.fields.values())).setFocus()

    # -- inside

    def _keep(
        self,
        key: str,
        word: str,
        hint: str,
        field: QWidget,
        read: Callable[[], Any],
        *,
        required: bool = False,
    ) -> None:
        self.fields[key], self._reads[key] = field, read
        if required:
            self._required[key] = word
        self.add_field(word, field, hint)
        self._judge()

    def _values(self) -> dict[str, Any]:
        return {key: read() for key, read in self._reads.items()}

    def _judge(self) -> None:
        values = self._values()
        empty = [word for key, word in self._required.items() if not values[key]]
        missing = tr("Still missing: {what}", what=tr(", ", context="between names").join(empty))
        disable(self.go, missing if empty else self._reading() or self._refuses(values))

    def _give(self) -> None:
        values = self._values()
        self.given.emit(values)
        self.accept()
