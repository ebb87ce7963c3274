"""Which months a compilation is of: the whole contract, one month, or the first to the last."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from gmops_desktop.language import tr
from ui.report_periods import Offered
from ui.widgets.frames import Label, row


class SpanField(QWidget):
    """`changed` tells that other months are meant, `chosen` that the user's hand chose them."""

    changed = Signal()
    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._months: tuple[Offered, ...] = ()
        self.first, self.last = QComboBox(), QComboBox()
        self.first.setAccessibleName(tr("First month"))
        self.last.setAccessibleName(tr("Last month"))
        for field in (self.first, self.last):
            field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            field.setMinimumContentsLength(6)
        self._to = Label(tr("to", context="months"), "caption", elide=False)
        layout = row(self, self.first, self._to, self.last)
        layout.setStretch(0, 1)
        layout.setStretch(2, 1)
        self.first.currentIndexChanged.connect(self._offer_last)
        self.last.currentIndexChanged.connect(lambda _place: self.changed.emit())
        for field in (self.first, self.last):
            field.activated.connect(lambda _place: self.chosen.emit())
        self.show_months(())

    def show_months(self, months: Sequence[Offered]) -> None:
        """Offer these months, the newest first, and keep those chosen."""
        written = self.written
        self._months = tuple(months)
        blocked = self.first.blockSignals(True)
        self.first.clear()
        self.first.addItem(tr("The whole contract"), "")
        for one in self._months:
            self.first.addItem(one.words, one.written)
        self.first.blockSignals(blocked)
        self.choose(written)

    def choose(self, written: str) -> bool:
        """Mean these months (2018-04~2018-06, or "" for all); say whether they are offered."""
        first, _, last = written.partition("~")
        place = self.first.findData(first)
        self.first.setCurrentIndex(max(0, place))
        self._offer_last()
        there = self.last.findData(last or first)
        if place > 0 and there >= 0:
            self.last.setCurrentIndex(there)
        return place == 0 or there >= 0

    @property
    def written(self) -> str:
        """The months meant, as they are written; "" for the whole contract."""
        first, last = self.first.currentData() or "", self.last.currentData() or ""
        return first if first in ("", last) or not last else f"{first}~{last}"

    @property
    def words(self) -> str:
        """The months meant, in words."""
        if "~" not in self.written:
            return self.first.currentText()
        first, last = self.first.currentText(), self.last.currentText()
        return tr("{first} to {last}", context="months", first=first, last=last)

    @Slot()
    def _offer_last(self) -> None:
        """Offer the months from the first on; one that does not fit any more becomes the first."""
        first, last = self.first.currentData() or "", self.last.currentData()
        blocked = self.last.blockSignals(True)
        self.last.clear()
        for one in self._months:
            if first and one.written >= first:
                self.last.addItem(one.words, one.written)
        place = self.last.findData(last)
        self.last.setCurrentIndex(place if place >= 0 else self.last.count() - 1)
        self.last.blockSignals(blocked)
        self._to.setVisible(bool(first))
        self.last.setVisible(bool(first))
        self.changed.emit()
