"""The thresholds of one resource, to be read and set."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialogButtonBox, QGridLayout, QLineEdit, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.contract.thresholds import LIMITS, NAMES, Limit, Pair
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.limits import Limits
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Label, button, paragraph
from ui.words import NOTHING


@dataclass(frozen=True, slots=True)
class _Fields:
    warning: QLineEdit
    critical: QLineEdit
    minutes: QLineEdit


class LimitsDialog(Sheet):
    """An empty field stands for no threshold; `saved` says that something was set."""

    saved = Signal()

    def __init__(self, parent: QWidget, limits: Limits, resource: Resource) -> None:
        about = tr(
            "Each alert has a value at which it begins and one at which it is over, such as 85 → "
            "75. The mean is taken over the minutes; none means the newest look."
        )
        super().__init__(parent, tr("Thresholds of {name}", name=resource.name), about, width=640)
        self._limits, self._resource = limits, resource
        self._before = limits.of(resource)
        self.fields: dict[str, _Fields] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        for place, word in enumerate((tr("What"), tr("Warning"), tr("Critical"), tr("Over (min)"))):
            grid.addWidget(Label(word, "caption", elide=False), 0, place)
        for line, (key, word) in enumerate(NAMES[resource.kind].items(), 1):
            grid.addWidget(Label(tr(word), elide=False), line, 0)
            self.fields[key] = fields = self._row(tr(word), self._before[key], LIMITS[key])
            for place, field in enumerate((fields.warning, fields.critical, fields.minutes), 1):
                grid.addWidget(field, line, place)
        self.body.addLayout(grid)
        if not self.fields:
            self.body.addWidget(paragraph(tr("Nothing of it has a threshold."), "caption"))
        self.fault = paragraph("", "body")
        self.fault.setProperty("ink", "critical")
        self.fault.hide()
        self.body.addWidget(self.fault)
        self.defaults = button(tr("Use the program's own"), self._reset,
                               tip=tr("Fill in the thresholds the program comes with"))  # fmt: skip
        self.left.addWidget(self.defaults)
        self.add_close(tr("Cancel"))
        self.save = self.add_button(
            button(tr("Save"), self._save, kind="primary"),
            QDialogButtonBox.ButtonRole.ActionRole,
            default=True,
        )

    @staticmethod
    def _row(word: str, limit: Limit, own: Limit) -> _Fields:
        fields = _Fields(QLineEdit(), QLineEdit(), QLineEdit())
        named = (
            (fields.warning, tr("Warning"), _text(own.warning)),
            (fields.critical, tr("Critical"), _text(own.critical)),
            (fields.minutes, tr("Over (min)"), f"{own.minutes:g}"),
        )
        for field, column, usual in named:
            field.setAccessibleName(f"{word}{tr(': ')}{column}")
            field.setToolTip(tr("The program's own: {value}", value=usual or NOTHING))
        _fill(fields, limit)
        fields.minutes.setMaximumWidth(72)
        return fields

    def _reset(self) -> None:
        for key, fields in self.fields.items():
            _fill(fields, LIMITS[key])

    def _save(self) -> None:
        try:
            wanted = {key: self._read(key) for key in self.fields}
            changed = {key: one for key, one in wanted.items() if one != self._before[key]}
            for key, limit in changed.items():
                if limit == LIMITS[key]:
                    self._limits.reset(self._resource, key)
                else:
                    self._limits.set(self._resource, key, limit)
        except OpsError as error:
            self.fault.setText(f"{error.message} {error.hint}")
            self.fault.show()
            return
        if changed:
            self.saved.emit()
        self.accept()

    def _read(self, key: str) -> Limit:
        fields = self.fields[key]
        try:
            minutes = float(fields.minutes.text() or 0)
            limit = Limit(_pair(fields.warning.text()), _pair(fields.critical.text()), minutes)
        except ValueError as error:
            name = tr(NAMES[self._resource.kind][key])
            raise OpsError(
                tr("{what}: this is not two numbers.", what=name),
                hint=tr("Write them as 85 → 75, or leave the field empty."),
            ) from error
        return limit.checked()


def _fill(fields: _Fields, limit: Limit) -> None:
    fields.warning.setText(_text(limit.warning))
    fields.critical.setText(_text(limit.critical))
    fields.minutes.setText(f"{limit.minutes:g}" if limit.minutes else "")


def _text(pair: Pair | None) -> str:
    return f"{pair[0]:g} → {pair[1]:g}" if pair else ""


def _pair(text: str) -> Pair | None:
    if not text.strip():
        return None
    for sign in ("→", ":", "/", "->"):
        text = text.replace(sign, " ")
    trigger, clear = text.split()
    return float(trigger), float(clear)
