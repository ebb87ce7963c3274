"""The real pages of a report, one at a time, fitted to the height there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gmops_desktop.language import tr
from gmops_desktop.reports.orders import Built
from gmops_desktop.services.reports import Report
from gmops_desktop.tasks import Task, TaskRunner
from ui import words
from ui.theme import tokens_of
from ui.widgets.frames import Label, icon_button, line, row
from ui.widgets.panes import Pane

RenderJob = Callable[[Path, int, int], bytes]
DraftJob = Callable[[bytes, int, int], bytes]

A4: Final = 210 / 297  # width by height
_SETTLE_MS: Final = 120  # a page is drawn anew when resizing pauses
_KEPT: Final = 12  # pictures


@dataclass(frozen=True, slots=True)
class _Shown:
    """Something with pages: a file of the register, or a draft that is none yet."""

    key: str
    name: str
    pages: int
    draw: Callable[[int, int], bytes]


class ReportPreview(Pane):
    """Renders in the background; while a sharper picture is made, the last one stays."""

    def __init__(
        self, render: RenderJob, runner: TaskRunner, render_draft: DraftJob | None = None
    ) -> None:
        super().__init__()
        self._render, self._render_draft = render, render_draft
        self._runner = runner
        self._shown: _Shown | None = None
        self._page = 0
        self._drafts = 0
        self._pictures: dict[tuple[str, int, int], QImage] = {}
        self._task: Task | None = None
        self._wanted: tuple[str, int, int] | None = None

        self._title = Label(tr("Preview"), "strong", elide=False)
        self.facts = Label(role="caption")
        self.back = icon_button("caret-left", tr("Page before (Page Up)"), lambda: self.turn(-1))
        self.forth = icon_button("caret-right", tr("Next page (Page Down)"), lambda: self.turn(1))
        self.place = Label(role="body", elide=False)
        self.sheet = _Sheet()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)

        head = row(
            None,
            self._title,
            self.facts,
            self.back,
            self.place,
            self.forth,
            margins=(16, 6, 8, 6),
        )
        head.setStretch(1, 1)
        self.content.addLayout(head)
        self.content.addWidget(line())
        self.content.addWidget(self.sheet, 1)
        self._settle.timeout.connect(self._draw)
        self.sheet.turned.append(self.turn)
        self.sheet.resized.append(self._settle.start)
        self.show_report(None)

    def show_report(self, report: Report | None, missing: bool = False) -> None:
        """Show the first page of `report`, or that there is none."""
        self._title.show_text(tr("Preview"))
        if report is None or missing:
            self._shown, self._page = None, 0
            self.facts.show_text("")
            self.sheet.show_text(
                tr("The file is gone: {path}", path=report.path)
                if report is not None
                else tr("Make a report, or choose one at right.")
            )
            self._judge()
            return
        self.facts.show_text(
            tr(
                "{number}, made {at}, SHA-256 {digest}",
                number=report.number,
                at=words.stamp(report.made_at),
                digest=f"{report.file_digest[:4]}…{report.file_digest[-4:]}",
            )
        )
        self.facts.setToolTip(report.file_digest)
        path, render = report.path, self._render
        key = f"{report.id} {report.file_digest}"
        if self._shown is None or not self._shown.key.startswith(report.id):
            self._page = 0
            self.sheet.show_text(tr("Drawing the page"))
        self._show(_Shown(key, path.name, report.pages,
                          lambda page, width: render(path, page, width)))  # fmt: skip

    def show_draft(self, named: str, built: Built, page: int | None) -> None:
        """Show a document that is not made yet; `page` (from 0) is where the user is at work."""
        if self._render_draft is None:
            return
        self._drafts += 1
        content, render = built.content, self._render_draft
        self._title.show_text(tr("Draft"))
        self.facts.show_text(tr("{named}, not made yet", named=named))
        self.facts.setToolTip("")
        if page is not None:
            self._page = page
        self._page = min(self._page, built.pages - 1)
        self._show(_Shown(f"draft {self._drafts}", named, built.pages,
                          lambda page, width: render(content, page, width)))  # fmt: skip

    def _show(self, shown: _Shown) -> None:
        self._shown = shown
        self._judge()
        self._draw()

    @property
    def page(self) -> int:
        """The page shown, from 0."""
        return self._page

    def turn(self, by: int) -> None:
        """Turn pages forth (or back)."""
        if self._shown is not None:
            self._page = min(max(0, self._page + by), self._shown.pages - 1)
            self._judge()
            self._draw()

    def _judge(self) -> None:
        pages = self._pages()
        self.place.show_text(f"{self._page + 1} / {pages}" if pages else words.NOTHING)
        self.back.setEnabled(self._page > 0)
        self.forth.setEnabled(self._page < pages - 1)

    @Slot()
    def _draw(self) -> None:
        """Show the page's picture, or have it made."""
        shown = self._shown
        if shown is None or not self.sheet.isVisible():
            return
        width = round(self.sheet.fitted().width() * self.devicePixelRatioF())
        self._wanted = wanted = (shown.key, self._page, max(64, width))
        if wanted in self._pictures:
            self._show_picture(wanted)
            return
        if self._task is not None:
            return  # when it ends, what is wanted by then is drawn
        self._task = self._runner.start(
            lambda _context: shown.draw(wanted[1], wanted[2]),
            tr("Draw page {page} of {file}", page=wanted[1] + 1, file=shown.name),
            lane="preview",
            quiet=True,
        )
        self._task.succeeded.connect(lambda picture: self._drawn(wanted, picture))
        self._task.failed.connect(lambda _error: self._failed(wanted))
        self._task.finished.connect(self._ended)

    def _drawn(self, key: tuple[str, int, int], picture: bytes) -> None:
        while len(self._pictures) >= _KEPT:
            self._pictures.pop(next(iter(self._pictures)))
        self._pictures[key] = QImage.fromData(picture)

    def _failed(self, key: tuple[str, int, int]) -> None:
        self.sheet.show_text(tr("The page cannot be shown."))
        if self._wanted == key:
            self._wanted = None  # not again and again

    @Slot()
    def _ended(self) -> None:
        self._task = None
        if self._wanted in self._pictures:
            self._show_picture(self._wanted)
        elif self._wanted is not None:
            self._draw()  # the size, the page or the document changed meanwhile

    def _show_picture(self, key: tuple[str, int, int]) -> None:
        said = tr("Page {page} of {pages}", page=key[1] + 1, pages=self._pages())
        self.sheet.show_picture(self._pictures[key], said)

    def _pages(self) -> int:
        return self._shown.pages if self._shown else 0


class _Sheet(QWidget):
    """Paints one page in the middle of a sunken ground; Page Up and Page Down turn it."""

    def __init__(self) -> None:
        super().__init__()
        self.turned: list[Callable[[int], None]] = []
        self.resized: list[Callable[[], None]] = []
        self._picture: QImage | None = None
        self._text = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 320)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_picture(self, picture: QImage, name: str) -> None:
        """Show a page; `name` is for screen readers."""
        self._picture = picture
        self.setAccessibleName(name)
        self.update()

    def show_text(self, text: str) -> None:
        """Show a sentence instead of a page."""
        self._picture, self._text = None, text
        self.setAccessibleName(text)
        self.update()

    def fitted(self) -> QRectF:
        """Return where the page stands: as high as there is room, in the middle."""
        room = QRectF(self.rect()).adjusted(12, 10, -12, -10)
        ratio = A4
        if self._picture is not None and self._picture.height():
            ratio = self._picture.width() / self._picture.height()
        height = min(room.height(), room.width() / ratio)
        width = height * ratio
        left, top = room.center().x() - width / 2, room.top() + (room.height() - height) / 2
        return QRectF(left, top, width, height)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, t = QPainter(self), tokens_of(self)
        painter.fillRect(self.rect(), QColor(t.sunken))
        if self._picture is None:
            painter.setPen(QColor(t.text2))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self._text)
            return
        box = self.fitted()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(box, self._picture)
        painter.setPen(QPen(QColor(t.control), 1))
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        for turn in self.turned:
            turn(step)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for tell in self.resized:
            tell()
