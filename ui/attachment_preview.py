"""A look into an attachment: pictures, pages of PDF documents, texts; read in the background."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QImageReader, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QStackedWidget, QWidget

from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.attachments import Attachment, Attachments, TextPart
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.dialogs.sheet import Sheet
from ui.theme import tokens_of
from ui.widgets.frames import Label, button, icon_button, row

_BOX: Final = QSize(1600, 1600)  # pixels: no preview is drawn larger
_MOST_PIXELS: Final = 120_000_000  # of a picture that is unpacked at all: 480 MB in memory
_SHOWN: Final = ("picture", "pdf", "text")
_WIDTH, _HEIGHT = 720, 460


def can_preview(attachment: Attachment) -> bool:
    """Whether there is a preview of this kind of file."""
    return attachment.kind.family in _SHOWN


class AttachmentPreview(Sheet):
    """Shows one attachment; its buttons ask the page to save or open it."""

    save_wanted = Signal(object)
    open_wanted = Signal(object)

    def __init__(
        self,
        parent: QWidget | None,
        attachments: Attachments,
        attachment: Attachment,
        runner: TaskRunner,
    ) -> None:
        super().__init__(parent, attachment.name, width=_WIDTH)
        self._attachments, self._attachment, self._runner = attachments, attachment, runner
        self._page, self._pages = 0, 1
        facts = tr(
            "{kind}, {size}, attached by {actor} on {at}",
            kind=attachment.kind.word,
            size=words.size(attachment.size),
            actor=attachment.actor,
            at=words.stamp(attachment.at),
        )
        self.facts = Label(facts, "caption")
        self.digest = Label(f"SHA-256 {attachment.sha256}", "hint")
        self.sheet = PictureView()
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setMinimumHeight(_HEIGHT)
        self.text.setAccessibleName(attachment.name)
        self._view = QStackedWidget()
        self._view.addWidget(self.sheet)
        self._view.addWidget(self.text)
        self.back = icon_button("caret-left", tr("Page before (Page Up)"), partial(self.turn, -1))
        self.forth = icon_button("caret-right", tr("Next page (Page Down)"), partial(self.turn, 1))
        self.place = Label(role="body", elide=False)
        self.body.addWidget(self.facts)
        self.body.addWidget(self._view, 1)
        self.body.addWidget(self.digest)
        self.left.addLayout(row(None, self.back, self.place, self.forth))
        self.add_close(tr("Close"))
        save = button(tr("Save as…"), icon_name="download-simple")
        save.clicked.connect(lambda: self.save_wanted.emit(attachment))
        self.add_button(save)
        outside = button(tr("Open", context="button"), tip=tr("Open with the system's program"))
        outside.clicked.connect(lambda: self.open_wanted.emit(attachment))
        self.add_button(outside)
        self._judge()
        if attachment.kind.family == "text":
            self._read()
        elif can_preview(attachment):
            self._draw()
        else:
            self.sheet.show_text(tr("There is no preview of this kind of file."))

    @property
    def page(self) -> int:
        """The page shown, from 0."""
        return self._page

    def turn(self, by: int) -> None:
        """Turn pages forth (or back)."""
        wanted = min(max(0, self._page + by), self._pages - 1)
        if wanted != self._page:
            self._page = wanted
            self._judge()
            self._draw()

    def _judge(self) -> None:
        several = self._pages > 1
        for widget in (self.back, self.place, self.forth):
            widget.setVisible(several)
        self.place.show_text(f"{self._page + 1} / {self._pages}")
        self.back.setEnabled(self._page > 0)
        self.forth.setEnabled(self._page < self._pages - 1)

    def _draw(self) -> None:
        self.sheet.show_text(tr("It is being drawn …"))
        attachments, attachment, page = self._attachments, self._attachment, self._page

        def job(_context: Context) -> tuple[int, QImage, int]:
            if attachment.kind.family == "pdf":
                pages = attachments.pages(attachment)
                png = attachments.page(attachment, page, _BOX.width(), _BOX.height())
                return page, QImage.fromData(png), pages
            return page, drawn(attachments.read(attachment), attachment.name), 1

        task = self._runner.start(
            job, tr("Preview of {name}", name=attachment.name), lane="preview", quiet=True
        )
        task.succeeded.connect(self._drawn)
        task.failed.connect(self._failed)

    def _read(self) -> None:
        """Show the begin of a text."""
        self.sheet.show_text(tr("It is being read …"))
        attachments, attachment = self._attachments, self._attachment
        task = self._runner.start(
            lambda _context: attachments.text(attachment),
            tr("Preview of {name}", name=attachment.name),
            lane="preview",
            quiet=True,
        )
        task.succeeded.connect(self._was_read)
        task.failed.connect(self._failed)

    def _was_read(self, part: TextPart) -> None:
        told = tr("in characters this program does not know")
        if part.charset != "unknown":
            told = tr("written in {charset}", charset=part.charset)
        if not part.whole:
            told += tr("; the first {size} are shown", size=words.size(part.shown))
        self.facts.show_text(f"{self.facts.full_text}{tr(', ')}{told}")
        self.text.setPlainText(part.text)
        self._view.setCurrentWidget(self.text)

    def _drawn(self, found: tuple[int, QImage, int]) -> None:
        page, picture, self._pages = found
        if page == self._page:  # else another one is on its way
            self.sheet.show_picture(picture, self._attachment.name)
        self._judge()

    def _failed(self, error: Exception) -> None:
        hint = error.hint if isinstance(error, OpsError) else ""
        self.sheet.show_text(f"{error}\n{hint}".strip())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.turn(step)


class PictureView(QWidget):
    """Paints one picture, or a sentence, in the middle of a sunken ground."""

    def __init__(self) -> None:
        super().__init__()
        self._picture: QImage | None = None
        self.text = ""
        self.setMinimumHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def picture(self) -> QImage | None:
        """The picture shown, None while a sentence is."""
        return self._picture

    def show_picture(self, picture: QImage, name: str) -> None:
        """Show a picture; `name` is for screen readers."""
        self._picture, self.text = picture, ""
        self.setAccessibleName(name)
        self.update()

    def show_text(self, text: str) -> None:
        """Show a sentence instead."""
        self._picture, self.text = None, text
        self.setAccessibleName(text)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, t = QPainter(self), tokens_of(self)
        painter.fillRect(self.rect(), QColor(t.sunken))
        room = QRectF(self.rect()).adjusted(12, 12, -12, -12)
        if self._picture is None:
            painter.setPen(QColor(t.text2))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(room, int(flags), self.text)
            return
        size = self._picture.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        if size.width() > self._picture.width():
            size = self._picture.size()  # a small picture is not blown up
        box = QRectF(0, 0, size.width(), size.height())
        box.moveCenter(room.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(box, self._picture)
        painter.setPen(QPen(QColor(t.control), 1))
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))


def drawn(data: bytes, name: str) -> QImage:
    """Return the picture in `data`, no larger than a preview needs; raise `OpsError` where it is
    none, or too large to unpack."""
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.width() * size.height() > _MOST_PIXELS:
        raise _no_picture(
            name, tr("it has {count} million pixels",
                     count=f"{size.width() * size.height() / 1e6:,.0f}")
        )  # fmt: skip
    if size.isValid() and (size.width() > _BOX.width() or size.height() > _BOX.height()):
        reader.setScaledSize(size.scaled(_BOX, Qt.AspectRatioMode.KeepAspectRatio))
    picture = reader.read()
    if picture.isNull():
        raise _no_picture(name, tr("this program cannot read it"))
    return picture


def _no_picture(name: str, why: str) -> OpsError:
    return OpsError(
        tr("{name} cannot be shown here: {why}.", name=name, why=why),
        hint=tr("Save it, or open it with the system's program."),
        unharmed=tr("The attachment itself is not touched."),
    )
