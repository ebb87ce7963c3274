"""What the clipboard or a drop holds that can be attached: files, or a picture that has no file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData
from PySide6.QtGui import QImage, QImageWriter

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr


def takes(mime: QMimeData) -> bool:
    """Whether `mime` holds something that can be attached."""
    return bool(paths_in(mime)) or has_picture(mime)


def paths_in(mime: QMimeData) -> list[Path]:
    """Return the files that lie on this machine."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]


def has_picture(mime: QMimeData) -> bool:
    """Whether a picture is meant: a table from Excel comes as text and as a picture of it, and then
    the text is."""
    return mime.hasImage() and not mime.hasText()


def picture_in(mime: QMimeData) -> QImage:
    """Return the picture, with pixels of its own: the clipboard's may change under a thread."""
    return QImage(mime.imageData()).copy()


def png_of(picture: QImage, name: str) -> bytes:
    """Return a picture as a PNG file, in any thread; raise `OpsError` where it is none."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, QByteArray(b"png"))
    if not writer.write(picture):
        raise OpsError(
            tr("{name} cannot be kept: {why}.", name=name, why=writer.errorString()),
            hint=tr("Copy the picture anew, or save it as a file and attach that."),
            unharmed=tr("No file was attached."),
        )
    return bytes(buffer.data().data())
