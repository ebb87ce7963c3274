"""A document on paper: its pages are drawn as pictures, in the background, onto the printer.

The pictures are those of the preview, made by the same library: seals and filled fields are on
them, and a page comes out where it stands on the sheet, at its true size.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QMarginsF, QRectF
from PySide6.QtGui import QGuiApplication, QImage, QPageLayout, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo

from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

Duplex = QPrinter.DuplexMode
Render = Callable[[Path, int, int], bytes]

SIDES: Final = {
    "one": Duplex.DuplexNone,
    "long": Duplex.DuplexLongSide,
    "short": Duplex.DuplexShortSide,
}
_DPI: Final = 300  # enough for 12-px figures in charts; a page is 1 MB then
_A4_INCHES: Final = 210 / 25.4
_MOST: Final = 99  # copies


@dataclass(frozen=True, slots=True)
class Printing:
    """How something is printed: on the printer of that name ("" is the system's own choice), or
    into a PDF `file`; `pages` as "1-3,5", "" for all."""

    printer: str = ""
    pages: str = ""
    copies: int = 1
    duplex: Duplex = Duplex.DuplexNone
    file: Path | None = None


def printers() -> tuple[str, ...]:
    """Return the names of the printers that the system knows, its own choice first."""
    names = list(QPrinterInfo.availablePrinterNames())
    chosen = QPrinterInfo.defaultPrinterName()
    return tuple(sorted(names, key=lambda name: (name != chosen, name)))


def chosen_pages(words: str, count: int) -> tuple[int, ...]:
    """Return the pages (from 0) that "1-3,5" names of a document of `count`, in that order; all
    for nothing.  Raises `OpsError` for anything else."""
    found: list[int] = []
    for part in filter(None, (one.strip() for one in re.split("[,，、;；]", words))):
        match = re.fullmatch(r"(\d+)(?:\s*[-–~～至]\s*(\d+))?", part)
        first = int(match[1]) if match else 0
        last = int(match[2]) if match and match[2] else first
        if not 1 <= first <= last <= count:
            raise OpsError(
                tr("“{part}” names no pages of this document.", part=part),
                hint=tr("It has {count} pages; write 1-3,5 for some of them.", count=count),
            )
        found += range(first - 1, last)
    return tuple(found) or tuple(range(count))


def printer_for(how: Printing, title: str) -> QPrinter:
    """Return a printer set up for A4 without margins; raise `OpsError` where there is none."""
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    if how.file is not None:
        printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        printer.setOutputFileName(str(how.file))
    else:
        known = printers()
        name = how.printer or next(iter(known), "")
        if name not in known:
            raise OpsError(
                tr("There is no printer “{name}”.", name=name)
                if name
                else tr("This computer has no printer."),
                hint=tr("There are: {names}.", names=", ".join(known))
                if known
                else tr("Set one up in the system, or print into a PDF file and take that to one."),
                unharmed=tr("The report itself is unchanged."),
            )
        printer.setPrinterName(name)
    printer.setResolution(_DPI)
    printer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    printer.setPageMargins(QMarginsF(), QPageLayout.Unit.Millimeter)
    printer.setDocName(title)
    printer.setCopyCount(min(max(1, how.copies), _MOST))
    printer.setDuplex(how.duplex)
    return printer


def print_pages(
    path: Path, pages: Sequence[int], printer: QPrinter, render: Render, context: Context
) -> int:
    """Print `pages` (from 0) of the document at `path`; return how many were printed.

    Qt allows painting on a printer from any one thread.  Raises `OpsError` where the printer
    does not answer.
    """
    printer.setFullPage(True)  # where the page is, not where the margins leave room
    painter = QPainter()
    if not painter.begin(printer):
        raise OpsError(
            tr("The printer “{name}” does not accept the pages.",
               name=printer.printerName() or printer.outputFileName()),
            hint=tr("Check that it is switched on, or choose another one."),
            unharmed=tr("The report itself is unchanged."),
        )  # fmt: skip
    width = round(min(_DPI, printer.resolution()) * _A4_INCHES)
    try:
        for done, page in enumerate(pages):
            context.progress(100 * done // len(pages), tr("Page {page}", page=page + 1))
            if done:
                printer.newPage()
            picture = QImage.fromData(render(path, page, width))
            room = QRectF(printer.pageLayout().fullRectPixels(printer.resolution()))
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


def without_screen() -> QCoreApplication:
    """Return the application that Qt wants before it looks for printers: where there is no window,
    one without a screen.  Made in the main thread, and held by it while anything is printed."""
    return QGuiApplication.instance() or QGuiApplication(["gmops", "-platform", "offscreen"])


def print_document(
    path: Path, count: int, how: Printing, render: Render, context: Context, title: str = ""
) -> int:
    """Print what `how` asks for of a document of `count` pages; return how many were printed."""
    pages = chosen_pages(how.pages, count)
    return print_pages(path, pages, printer_for(how, title or path.stem), render, context)
