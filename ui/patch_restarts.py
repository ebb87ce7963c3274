"""The dialog in which the engineer takes, or changes, what restarts after a system patch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QLineEdit, QWidget

from gmops_desktop.contract.restarts import of_host, of_units
from gmops_desktop.contract.updates import Plan
from gmops_desktop.language import tr
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import button, column, disable, paragraph

_INDENT: Final = 28  # pixels: below the word of a tick


class RestartSheet(Sheet):
    """Ticks for the server itself and for each unit, with their reasons; `given` carries the units
    (a tuple) and whether the server restarts."""

    given = Signal(object, bool)

    def __init__(
        self, parent: QWidget | None, heading: str, plan: Plan, *, withdraws: bool
    ) -> None:
        """`withdraws` says whether notices, window or release stand that a new plan takes back."""
        super().__init__(parent, tr("Restarts after the update"), heading, width=620)
        asks = plan.asks or ()
        host = of_host(asks)
        self.host = QCheckBox(tr("Restart the server itself at the end"))
        self.host.setChecked(plan.restart_host)
        self._add(self.host, [one.reason for one in host] or [tr("Nothing asks for it.")])
        self.units: dict[str, QCheckBox] = {}
        reasons = {one.unit: one.reason for one in of_units(asks)}
        for unit in dict.fromkeys((*reasons, *plan.restarts)):
            tick = QCheckBox(tr("Restart {unit}", unit=unit))
            tick.setChecked(unit in plan.restarts)
            self.units[unit] = tick
            self._add(tick, [reasons[unit]] if unit in reasons else [])
        self.more = QLineEdit()
        self.add_field(
            tr("Further units"), self.more,
            tr("Names such as nginx.service, parted by blanks. They restart once the packages are "
               "there, before the server itself."),
        )  # fmt: skip
        self.warning = paragraph("", "caption")
        self.warning.setProperty("ink", "warning")
        self.body.addWidget(self.warning)
        self._must, self._withdraws = any(one.must for one in host), withdraws
        self.add_close(tr("Cancel"))
        self.go = button(tr("Take into the plan"), self._give, kind="primary")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        no = plan.no_restart
        why = tr("Nothing can be restarted there: {why}.", why=no) if no else ""
        for field in (self.host, self.more, *self.units.values()):
            field.setEnabled(not no)
        disable(self.go, why, tr("Take into the plan"))
        self._why = why
        self.host.toggled.connect(self._judge)
        self._judge()

    def _add(self, tick: QCheckBox, reasons: Sequence[str]) -> None:
        """Put in a tick with its reasons below it."""
        below = [paragraph(one, "hint") for one in reasons]
        for one in below:
            one.setIndent(_INDENT)
        tick.setToolTip("\n".join(reasons))
        self.body.addLayout(column(None, tick, *below, spacing=2))

    @property
    def chosen(self) -> tuple[tuple[str, ...], bool]:
        """The units that restart, and whether the server does."""
        ticked = [unit for unit, tick in self.units.items() if tick.isChecked()]
        return (*ticked, *self.more.text().replace(",", " ").split()), self.host.isChecked()

    @Slot()
    def _judge(self) -> None:
        said = [self._why] if self._why else []
        if self._must and not self.host.isChecked() and not self._why:
            said.append(tr("Without it the update has no effect until somebody restarts it."))
        if self.host.isChecked():
            said.append(tr("Everything on the server stands still until it is back."))
        if self._withdraws:
            said.append(
                tr("It is another plan then: window, notices, release, preparation and checks are "
                   "withdrawn.")
            )  # fmt: skip
        self.warning.setText("\n".join(said))
        self.warning.setVisible(bool(said))

    @Slot()
    def _give(self) -> None:
        units, host = self.chosen
        self.accept()
        self.given.emit(units, host)
