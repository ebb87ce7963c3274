"""The charts of the chosen resource: one crosshair, one zoom, one row of marks for all of them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.contract.metrics import Metric
from gmops_desktop.language import tr
from gmops_desktop.settings import SettingsFile
from gmops_desktop.tasks import TaskRunner
from ui.chart_picker import ChartPicker, title_of
from ui.status_reading import Reading, Readings, Span, Wish
from ui.theme import GAP
from ui.widgets.frames import clear
from ui.widgets.live_chart import LiveChart, moment
from ui.widgets.plot import Plot

_END = timedelta(seconds=1)  # of the whole span: so near to it is there


class StatusCharts(QWidget):
    """Draws the metrics of one resource over a span; `told` carries what to say of the span.

    They are read beside the window and drawn one in each turn of its event loop, so that none of
    them is longer than a frame.  What comes when something else is wanted already is dropped.
    """

    told = Signal(str)
    moved = Signal(bool)  # whether a part of the span is zoomed into
    asked = Signal(object)  # what happened around this time?
    read = Signal(object)  # the Reading that is about to be drawn

    def __init__(self, readings: Readings, settings: SettingsFile, runner: TaskRunner) -> None:
        super().__init__()
        self._readings, self._settings, self._runner = readings, settings, runner
        self._resource: Resource | None = None
        self._span = "day"
        self._parts: list[Span] = []  # zoomed into, one within the other
        self._metrics: list[Metric[Any]] = []
        self._wish: Wish | None = None  # what is to be shown
        self._under_way: Wish | None = None  # what is being read
        self._known: Wish | None = None  # what was read
        self._reading: Reading | None = None  # of what is known
        self._left: list[str] = []  # the charts to be drawn
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.timeout.connect(self._draw)
        self.charts: dict[str, LiveChart] = {}
        self.picker = ChartPicker(settings)
        self.picker.changed.connect(self.renew)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)

    @property
    def at_rest(self) -> bool:
        """Whether everything that is wanted has been read and drawn."""
        return self._wish is None or (self._known is self._wish and not self._turn.isActive())

    def show_resource(self, resource: Resource | None) -> None:
        """Show another resource, or what is new of the same."""
        other = resource is None or self._resource is None or resource.id != self._resource.id
        self._resource = resource
        if other:
            self._parts.clear()
            self._blank()
            self.picker.show_resource(resource.kind if resource else None, None)
        self.renew()

    def show_span(self, span: str) -> None:
        """Show an hour, a day, a month or the contract, up to now."""
        self._span = span
        self._parts.clear()
        self.renew()

    def whole(self) -> None:
        """Leave every part that was zoomed into."""
        self._parts.clear()
        self.renew()

    def renew(self) -> None:
        """Read and draw what is stored now."""
        self.moved.emit(bool(self._parts))
        self._make(self.picker.chosen())
        if self._resource is None:
            self._wish = None
            self.told.emit("")
            return
        part = self._parts[-1] if self._parts else None
        every = float(self._settings.current.probe_seconds)
        self._wish = Wish(self._resource, self._span, part, tuple(self._metrics), every)
        if self._under_way is None:
            self._read()

    def _read(self) -> None:
        wish = self._under_way = self._wish
        if wish is None:
            return
        task = self._runner.start(
            lambda context: self._readings.read(wish, context),
            tr("Read what was measured"),
            quiet=True,
        )
        task.succeeded.connect(partial(self._have, wish))
        task.failed.connect(partial(self._have_not, wish))
        task.finished.connect(self._ended)

    def _have(self, wish: Wish, reading: Reading) -> None:
        if wish is not self._wish:
            return
        self._known, self._reading = wish, reading
        details = reading.look.details if reading.look else None
        self.picker.show_resource(wish.resource.kind, details)
        self._left = list(self.charts)
        self._turn.start()
        self.read.emit(reading)

    def _have_not(self, wish: Wish, error: Exception) -> None:
        """Say why there is nothing to be seen; what was seen before is not what is now."""
        if wish is self._wish:
            self._wish = None
            self._blank()
            self.told.emit(str(error))

    def _ended(self) -> None:
        """Read what is wanted by now, if that is something else."""
        read, self._under_way = self._under_way, None
        if self._wish is not None and self._wish is not read:
            self._read()

    def _draw(self) -> None:
        """Draw the next chart, unless something else is wanted by now."""
        if self._reading is None or self._known is not self._wish:
            return
        if self._left:
            key = self._left.pop(0)
            self.charts[key].show_marks(self._reading.marks)
            self.charts[key].show_plot(self._reading.plots[key])
        if self._left:
            self._turn.start()
        else:
            self.told.emit(self._reading.coverage)

    def _blank(self) -> None:
        """Show nothing of what was read before."""
        self._known = self._reading = None
        self._left.clear()
        for chart in self.charts.values():
            chart.show_marks(())
            chart.show_plot(Plot(now="…"))

    def _make(self, wanted: list[Metric[Any]]) -> None:
        """Make the charts that are wanted, unless they stand already."""
        if wanted == self._metrics:
            return
        clear(self._grid)
        self._metrics, self.charts = wanted, {}
        for place, metric in enumerate(wanted):
            chart = LiveChart(title_of(metric))
            chart.show_plot(Plot(now="…"))
            chart.pointed.connect(self._point)
            chart.zoomed.connect(self._zoom)
            chart.back.connect(self._back)
            chart.asked.connect(lambda at: self.asked.emit(moment(at)))
            self.charts[metric.key] = chart
            last = place == len(wanted) - 1
            self._grid.addWidget(chart, place // 2, place % 2, 1, 2 - place % 2 if last else 1)

    def _point(self, at: float | None) -> None:
        for chart in self.charts.values():
            chart.show_cross(at)

    def _zoom(self, first: float, last: float) -> None:
        if self._reading is None:
            return  # nothing is shown that one could zoom into
        whole = self._reading.whole
        part = max(moment(first), whole[0]), min(moment(last), whole[1])
        if part != self._reading.shown:
            if part[0] <= whole[0] and part[1] >= whole[1] - _END:
                self._parts.clear()
            else:
                self._parts.append(part)
            self.renew()

    def _back(self) -> None:
        if self._parts:
            self._parts.pop()
            self.renew()
