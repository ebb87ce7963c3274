"""Many resources as a table, where cards would fill the screen: one line each, the worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import Signal

from gmops_desktop.addresses import Resource
from gmops_desktop.language import tr
from gmops_desktop.services.servers import Look
from gmops_desktop.states import State, word_of
from gmops_desktop.tasks import TaskRunner
from ui.widgets.tables import Column, Table
from ui.words import NOTHING, ago

_ORDER: dict[State, int] = {"critical": 0, "warning": 1, "unknown": 2, "ok": 3}


class _Line(NamedTuple):
    resource: Resource
    look: Look | None

    @property
    def state(self) -> State:
        return self.look.state if self.look else "unknown"


class FleetTable(Table[_Line]):
    """`chosen` carries the id of the resource the user moved to."""

    chosen = Signal(str)

    def __init__(self, runner: TaskRunner) -> None:
        super().__init__(
            [
                Column(tr("State"), lambda one: word_of(one.state), 96,
                       key=lambda one: (_ORDER[one.state], one.resource.name),
                       state=lambda one: one.state),
                Column(tr("Resource"), lambda one: one.resource.name, 180),
                Column(tr("Reason"), _reason, tip=_reason),
                Column(tr("Figures"), _figures, 380, muted=True),
                Column(tr("Seen"), lambda one: ago(one.look.at) if one.look else NOTHING, 96,
                       key=lambda one: one.look.at.timestamp() if one.look else 0.0, muted=True),
            ],
            name=tr("Resources"),
            runner=runner,
            identity=lambda one: one.resource.id,
        )  # fmt: skip
        self.setMinimumHeight(200)
        self.rows.sort(0)
        self._telling = True
        self.picked.connect(self._tell)

    def show_all(self, resources: Sequence[Resource], looks: Mapping[str, Look]) -> None:
        """Show what the newest looks found."""
        self._telling = False
        self.set_rows(_Line(one, looks.get(one.id)) for one in resources)
        self._telling = True

    def choose(self, identity: str) -> None:
        """Select a resource without telling anybody."""
        self._telling = False
        self.select(identity)
        self._telling = True

    def _tell(self, line: _Line | None) -> None:
        if line is not None and self._telling:
            self.chosen.emit(line.resource.id)


def _reason(line: _Line) -> str:
    return line.look.reason if line.look else tr("nobody has looked yet")


def _figures(line: _Line) -> str:
    shown = line.look.figures[:3] if line.look else ()
    return " · ".join(f"{one.name} {one.value} {one.unit}".strip() for one in shown)
