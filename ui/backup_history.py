"""How the backups of one source went over time: the size of each, and what it cost on the line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from PySide6.QtWidgets import QComboBox, QWidget

from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.backups import Backup
from ui import words
from ui.backup_lines import Line
from ui.widgets.chart import Bars, Chart
from ui.widgets.frames import Label, Segments, column, row
from ui.widgets.plot import plotted

_DAY: Final = 86400.0
_MB: Final = 1_000_000
_GB: Final = 1_000_000_000
_LARGE: Final = 800 * _MB
_HALF_DAY: Final = timedelta(hours=12)
_WEEK: Final = timedelta(days=7)
_SPANS: Final = {"30": 30, "90": 90, "365": 365}


class History(QWidget):
    """Two charts over the same days: size as a line, bytes sent as a bar for each backup.

    `head` holds the choices, for the card that shows this.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[tuple[str, Backup], ...] = ()  # origin, and what was taken there
        self.source = QComboBox()
        self.source.setAccessibleName(tr("Source"))
        self.source.setToolTip(tr("Source"))
        self.source.setMinimumWidth(160)
        self.span = Segments(
            [("30", tr("30 days")), ("90", tr("90 days")), ("365", tr("A year"))],
            "30",
            tr("Span"),
        )
        self.summary = Label(role="caption", right=True)
        self.grown = Chart(tr("Size of the file (MB)"))
        self.sent = Bars(tr("Sent over the line (MB)"))
        self.head = QWidget()
        row(self.head, self.source, self.span, self.summary).setStretch(2, 1)
        charts = column(self, self.grown, self.sent, margins=(8, 4, 8, 0), spacing=12)
        charts.setStretch(0, 1)
        charts.setStretch(1, 1)
        self.source.currentIndexChanged.connect(lambda _place: self._show())
        self.span.chosen.connect(lambda _key: self._show())

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show those taken here; safety copies are left out, they are no daily backups."""
        self._lines = tuple(
            (line.origin, line.backup)
            for line in lines
            if line.backup is not None and line.backup.purpose == "backup"
        )
        chosen = self.source.currentText()
        blocked = self.source.blockSignals(True)
        self.source.clear()
        self.source.addItems(list(dict.fromkeys(origin for origin, _backup in self._lines)))
        self.source.setCurrentIndex(max(0, self.source.findText(chosen)))
        self.source.blockSignals(blocked)
        self._show()

    def _show(self) -> None:
        source = self.source.currentText()
        own = sorted(
            (one for origin, one in self._lines if origin == source), key=lambda one: one.at
        )
        now = datetime.now(UTC)
        begin = now - timedelta(days=_SPANS[self.span.current])
        shown = [one for one in own if one.at >= begin]
        step = _DAY
        if own and own[0].at > begin:  # nobody missed what was before the first
            begin = min(own[0].at, now - _WEEK) - _HALF_DAY
            if own[0].at > now - _WEEK:
                step = 3 * _DAY
        end = now + (now - begin) / 60  # so that the newest is not at the very edge
        newest = shown[-1] if shown else None
        nobody = tr("no backup taken")
        # In GB where the figures of the axis would not fit in MB.
        large = max((one.file_bytes for one in shown), default=0) >= _LARGE
        self.grown.title = tr("Size of the file (GB)") if large else tr("Size of the file (MB)")
        self.grown.show_plot(
            plotted(
                [(one.at, one.file_bytes / (_GB if large else _MB)) for one in shown],
                begin,
                end,
                step=step,
                now=words.size(newest.file_bytes) if newest else "",
                reason=nobody,
            )
        )
        large = max((one.travelled for one in shown), default=0) >= _LARGE
        self.sent.title = tr("Sent over the line (GB)") if large else tr("Sent over the line (MB)")
        self.sent.show_plot(
            plotted(
                [(one.at, one.travelled / (_GB if large else _MB)) for one in shown],
                begin,
                end,
                step=step,
                now=words.size(newest.travelled) if newest else "",
                reason=nobody,
            )
        )
        self.summary.show_text(_summary(shown))


def _summary(shown: Sequence[Backup]) -> str:
    """Return the sum of the span: how often, what travelled, what did not have to."""
    if not shown:
        return tr("no backup in this span")
    text = sum(one.text_bytes for one in shown)
    sent = sum(one.travelled for one in shown)
    reused = sum(one.reused_bytes for one in shown)
    share = words.share(reused / text) if text else words.NOTHING
    return tr_n(
        "{count} backup, {sent} sent; {share} of the text did not travel",
        "{count} backups, {sent} sent; {share} of the text did not travel",
        len(shown),
        sent=words.size(sent),
        share=share,
    )
