"""A report on paper: its pages are drawn as pictures, in the background, onto the printer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtPrintSupport import QPrinter

from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_DPI: Final = 300  # enough for 12-px figures in charts; a page is 1 MB then
_A4_INCHES: Final = 210 / 25.4


def print_pages(
    path: Path,
    pages: range,
    printer: QPrinter,
    render: Callable[[Path, int, int], bytes],
    context: Context,
) -> int:
    """Print `pages` (from 0) of the document at `path`; return how many were printed.

    Qt allows painting on a printer from any one thread.  Raises `OpsError` where the printer
    does not answer.
    """
    painter = QPainter()
    if not painter.begin(printer):
        raise OpsError(
            tr("The printer “{name}” does not accept the pages.", name=printer.printerName()),
            hint=tr("Check that it is switched on, or choose another one."),
            unharmed=tr("The report itself is unchanged."),
        )
    width = round(min(_DPI, printer.resolution()) * _A4_INCHES)
    try:
        for done, page in enumerate(pages):
            context.progress(100 * done // len(pages), tr("Page {page}", page=page + 1))
            if done:
                printer.newPage()
            picture = QImage.fromData(render(path, page, width))
            room = QRectF(painter.viewport())
            scale = min(room.width() / picture.width(), room.height() / picture.height())
            drawn = QRectF(0, 0, picture.width() * scale, picture.height() * scale)
            drawn.moveCenter(room.center())
            painter.drawImage(drawn, picture)
    except BaseException:
        printer.abort()
        raise
    finally:
        painter.end()
    return len(pages)
