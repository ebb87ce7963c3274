"""The strip of five figures at the head of the overview."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtWidgets import QHBoxLayout, QWidget

from gmops_desktop.language import tr
from gmops_desktop.services.obligations import Overview
from gmops_desktop.states import State
from ui.widgets.badges import Gauge, StateBadge
from ui.widgets.frames import Card, Label, column, line, row
from ui.words import NOTHING, day, lasting, number, share


class Figures(Card):
    """Five figures in a strip."""

    def __init__(self) -> None:
        super().__init__()
        self.contract = _Figure(tr("Contract period"), with_gauge=True)
        self.rpo = _Figure(tr("Recovery point"))
        self.restore = _Figure(tr("Proved restore"))
        self.coverage = _Figure(tr("Coverage"))
        self.days = _Figure(tr("Free person-days"), with_gauge=True)
        self.days.gauge.ticks = (0.5, 0.8)
        figures = (self.contract, self.rpo, self.restore, self.coverage, self.days)
        layout = QHBoxLayout()
        layout.setSpacing(16)
        for place, figure in enumerate(figures):
            if place:
                layout.addWidget(line(upright=True))
            layout.addWidget(figure, 1)
        self.add(layout)

    def show_overview(self, overview: Overview) -> None:
        """Show what is known now."""
        contract = overview.contract
        if contract is None:
            return
        left, total = overview.days_left or 0, overview.days_total or 0
        over = overview.days_left == 0
        self.contract.show_figure(
            number(left),
            tr("days left"),
            tr(
                "{start} to {end}, day {gone}",
                start=day(contract.start),
                end=day(contract.end),
                gone=max(0, total - left),
            ),
            "critical" if over else None,
            tr("ended") if over else "",
        )
        self.contract.gauge.show_share((total - left) / total if total else 0)
        self.rpo.show_figure(
            lasting(overview.rpo_seconds) if overview.rpo_seconds is not None else NOTHING,
            "",
            tr("newest verified backup, target 24 h")
            if overview.rpo_seconds is not None
            else tr("no verified backup yet"),
            overview.rpo_state,
        )
        self.restore.show_figure(
            lasting(overview.restore_seconds) if overview.restore_seconds is not None else NOTHING,
            "",
            overview.restore_text,
            overview.restore_state,
        )
        self.coverage.show_figure(
            share(overview.coverage) if overview.coverage is not None else NOTHING,
            "",
            tr("watched, since this month's first look")
            if overview.coverage is not None
            else tr("nobody has looked yet"),
            overview.coverage_state,
        )
        self._show_days(overview)

    def _show_days(self, overview: Overview) -> None:
        contract, ledger = overview.contract, overview.ledger
        if contract is None or ledger is None:
            return
        states: dict[int, State] = {50: "warning", 80: "warning", 100: "critical"}
        state = states.get(ledger.level)
        self.days.show_figure(
            _number(ledger.left),
            tr("of {total} left", total=_number(ledger.total)),
            tr("{used} used, {planned} planned", used=_number(ledger.used),
               planned=_number(ledger.planned))
            if ledger.used or ledger.planned
            else tr("for changes inside the contract"),
            state,
            tr("{share} % used", share=ledger.level) if state else "",
        )  # fmt: skip
        self.days.gauge.show_share(float(ledger.used / ledger.total) if ledger.total else 0, state)


class _Figure(QWidget):
    def __init__(self, caption: str, *, with_gauge: bool = False) -> None:
        super().__init__()
        self._badge = StateBadge()
        self._badge.hide()
        self._value = Label(NOTHING, "figure", elide=False)
        self._unit, self._text = Label("", "caption", elide=False), Label("", "caption")
        self.gauge = Gauge()
        self.gauge.setVisible(with_gauge)
        value = row(None, self._value, self._unit, 8, self.gauge)
        if not with_gauge:
            value.addStretch(1)
        name = Label(caption, "caption")
        name.setFixedHeight(22)  # a badge's, so that figures with and without one line up
        head = row(None, name, self._badge)
        head.setStretch(0, 1)
        column(self, head, value, self._text, spacing=2)

    def show_figure(
        self, value: str, unit: str, text: str, state: State | None = None, word: str = ""
    ) -> None:
        self._value.show_text(value)
        self._unit.show_text(unit)
        self._text.show_text(text)
        self._badge.setVisible(state is not None)
        if state is not None:
            self._badge.show_state(state, word)


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"
