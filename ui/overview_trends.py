"""Three charts of the contract's months: tickets by kind, time to answer, person-days used."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from gmops_desktop.contract.terms import Contract
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.services import obligations
from gmops_desktop.services.obligations import GROUPS, Group
from ui.widgets.frames import row
from ui.widgets.month_bars import Level, MonthBars
from ui.words import lasting, month

_WORDS: Final[dict[Group, str]] = {
    "faults": mark("faults"),
    "requests": mark("requests"),
    "services": mark("other tickets"),
}
_HOUR: Final = 3600
_SHARES: Final = (50, 80, 100)  # of the person-days: where a warning is given


class Trends(QWidget):
    """Shows what `Obligations.trends` found; the months to come are empty places."""

    def __init__(self) -> None:
        super().__init__()
        self.tickets = MonthBars(tr("Tickets"), [tr(_WORDS[one]) for one in GROUPS])
        self.answers = MonthBars(tr("Answered within (h)"))
        self.days = MonthBars(tr("Person-days used"))
        both = row(self, self.tickets, self.answers, self.days, margins=(8, 0, 8, 0), spacing=16)
        for place, stretch in enumerate((5, 4, 4)):
            both.setStretch(place, stretch)
        self._contract: Contract | None = None

    def place_contract(self, contract: Contract) -> None:
        """Say of which contract the months are."""
        self._contract = contract

    @Slot(object)
    def show_trends(self, found: obligations.Trends | None) -> None:
        """Show the months so far."""
        if found is None or self._contract is None:
            return
        months = [month(one) for one in self._contract.months()]
        count = sum(map(sum, found.tickets))
        self.tickets.show_months(
            months, found.tickets, now=tr_n("{count} ticket", "{count} tickets", count)
        )
        late = sum(one.late for one in found.answers if one)
        self.answers.show_months(
            months,
            [[one.median / _HOUR] if one else [] for one in found.answers],
            now=tr("{count} too late", count=late),
            word=lambda hours: lasting(hours * _HOUR),
        )
        used = found.days[-1] if found.days else 0
        self.days.show_months(
            months,
            [[float(one)] for one in found.days],
            now=tr("{used} of {total}", used=f"{used:f}", total=f"{found.total.normalize():f}"),
            levels=[
                # The top is the axis: it bears its number.
                Level(float(found.total) * share / 100, f"{share} %" if share < 100 else "")
                for share in _SHARES
                if found.total
            ],
        )
