"""Many resources as a table, where cards would fill the screen: one line each, the worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.language import tr
from gmops_desktop.services.servers import Look
from gmops_desktop.states import STATES, State, word_of
from gmops_desktop.tasks import TaskRunner
from ui.widgets.frames import Segments, column, row
from ui.widgets.table_model import Column
from ui.widgets.tables import FilterField, Table
from ui.words import NOTHING, ago

_ORDER: dict[State, int] = {"critical": 0, "warning": 1, "unknown": 2, "ok": 3}


class _Line(NamedTuple):
    resource: Resource
    look: Look | None

    @property
    def state(self) -> State:
        return self.look.state if self.look else "unknown"


class Fleet(QWidget):
    """The table, filtered by state and as one types; `chosen` carries the id of the resource the
    user moved to."""

    chosen = Signal(str)

    def __init__(self, runner: TaskRunner) -> None:
        super().__init__()
        self._lines: list[_Line] = []
        self._chosen = ""
        self.table = Table(
            [
                Column[_Line](tr("State"), lambda one: word_of(one.state), 96,
                              key=lambda one: (_ORDER[one.state], one.resource.name),
                              state=lambda one: one.state),
                Column[_Line](tr("Resource"), lambda one: one.resource.name, 180),
                Column[_Line](tr("Reason"), _reason, tip=_reason),
                Column[_Line](tr("Figures"), _figures, 380, muted=True),
                Column[_Line](tr("Seen"), lambda one: ago(one.look.at) if one.look else NOTHING, 96,
                              key=_seen_at, muted=True),
            ],
            name=tr("Resources"),
            runner=runner,
            identity=lambda one: one.resource.id,
            empty=tr("No resource is like this."),
        )  # fmt: skip
        self.table.setMinimumHeight(200)
        self.table.rows.sort(0)
        self.filter = FilterField(self.table, tr("Name, reason or figure"))
        worst_first = sorted(STATES, key=lambda state: _ORDER[state])
        words = [(state, word_of(state)) for state in worst_first]
        self.states = Segments([("", tr("All")), *words], name=tr("State"))
        head = row(None, self.filter, self.states, None, spacing=12)
        column(self, head, self.table, spacing=8)
        self._telling = True
        self.table.picked.connect(self._tell)
        self.states.chosen.connect(lambda _state: self._fill())
        self.filter.returnPressed.connect(self._enter)

    def show_all(self, resources: Sequence[Resource], looks: Mapping[str, Look]) -> None:
        """Show what the newest looks found; what is in sight stays so."""
        self._lines = [_Line(one, looks.get(one.id)) for one in resources]
        counts = {state: sum(one.state == state for one in self._lines) for state in STATES}
        for state, count in counts.items():
            self.states.rename(state, f"{word_of(state)} {count}")
        self._fill()

    def choose(self, identity: str) -> None:
        """Select a resource without telling anybody."""
        if identity != self._chosen:
            self._chosen = identity
            self._select()

    def _fill(self) -> None:
        wanted = self.states.current
        bar = self.table.verticalScrollBar()
        self._telling, place = False, bar.value()
        self.table.set_rows(one for one in self._lines if wanted in ("", one.state))
        self._select()  # also where a filter had hidden it
        bar.setValue(place)
        self._telling = True

    def _select(self) -> None:
        telling, self._telling = self._telling, False
        self.table.select(self._chosen)
        self._telling = telling

    def _enter(self) -> None:
        """Go from the filter to the first row it left."""
        if self.table.rows.shown:
            self.table.setFocus()
            self.table.setCurrentIndex(QModelIndex())
            self.table.selectRow(0)

    def _tell(self, line: _Line | None) -> None:
        if line is not None and self._telling:
            self._chosen = line.resource.id
            self.chosen.emit(line.resource.id)


def _reason(line: _Line) -> str:
    return line.look.reason if line.look else tr("nobody has looked yet")


def _figures(line: _Line) -> str:
    shown = line.look.figures[:3] if line.look else ()
    return " · ".join(f"{one.name} {one.value} {one.unit}".strip() for one in shown)


def _seen_at(line: _Line) -> float:
    return line.look.at.timestamp() if line.look else 0.0
