"""What comes out of the printer is what stands on the screen, seals included."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageStat
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from example_month import full_month
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.reports import rendering
from gmops_desktop.reports.orders import Document, make_monthly
from gmops_desktop.reports.signed import Sealed, imported_seal, sign
from sandbox.signing_keys import PASSWORD, key_file, seal_picture
from ui.print_dialog import PrintSheet
from ui.report_printing import (
    Duplex,
    Printing,
    chosen_pages,
    print_pages,
    printer_for,
    printers,
)

WIDE = 900  # pixels in which two pages are compared


def red_of(page: Image.Image) -> int:
    """Return how many points are of the red of a seal."""
    red, green, blue = page.convert("RGB").split()
    strong = ImageChops.multiply(
        red.point(lambda value: 255 * (value > 150)),
        ImageChops.multiply(
            green.point(lambda value: 255 * (value < 110)),
            blue.point(lambda value: 255 * (value < 110)),
        ),
    )
    return strong.histogram()[255]


def pages_in(path: Path) -> list[Image.Image]:
    """Return the pages as another reader's eyes see them, none of our own code between."""
    document = pypdfium2.PdfDocument(path.read_bytes())
    document.init_forms()
    return [
        page.render(scale=WIDE / page.get_width(), may_draw_forms=True).to_pil()
        for page in document
    ]


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """A signed monthly report with a seal over name and date."""
    made = make_monthly(full_month(), Document("GMGSL-YB-2018-04", "zh_CN"))
    look = Sealed(imported_seal(seal_picture(paper=True)), "张工", "", date(2018, 5, 2))
    path = tmp_path / "signed.pdf"
    path.write_bytes(sign(made.content, key_file(), PASSWORD, "party_b", look))
    return path


def test_a_printed_page_is_the_page_of_the_screen_with_its_seal(
    qapp: QApplication, signed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "printed.pdf"
    count = rendering.page_count(signed)
    how = Printing(file=out)
    printed = print_pages(signed, range(count), printer_for(how, "x"), rendering.picture, Context())
    assert printed == count == rendering.page_count(out)
    seals = 0
    for screen, paper in zip(pages_in(signed), pages_in(out), strict=True):
        assert abs(screen.width - paper.width) <= 1
        assert abs(screen.height - paper.height) <= 2  # A4 to the point, on both
        other = paper.resize(screen.size)
        difference = ImageChops.difference(screen.convert("L"), other.convert("L"))
        assert ImageStat.Stat(difference).mean[0] / 255 < 0.02
        assert abs(red_of(screen) - red_of(other)) <= 0.15 * red_of(screen)
        seals += red_of(screen) > 500
    assert seals == 1

    bare = pypdfium2.PdfDocument(io.BytesIO(signed.read_bytes()))
    plain = [page.render(scale=WIDE / page.get_width(), may_draw_forms=False).to_pil()
             for page in bare]  # fmt: skip
    without, with_it = sum(map(red_of, plain)), sum(map(red_of, pages_in(out)))
    assert with_it > without + 500, "the seal is a signature's picture, drawn only by who asks"


def test_pages_are_named_as_people_write_them(qapp: QApplication) -> None:
    assert chosen_pages("", 3) == (0, 1, 2)
    assert chosen_pages("2-3, 1，3", 3) == (1, 2, 0, 2)
    assert chosen_pages("1至2", 3) == (0, 1)
    for wrong in ("4", "0", "2-1", "x", "1-"):
        with pytest.raises(OpsError, match="names no pages"):
            chosen_pages(wrong, 3)


def test_some_pages_several_times(qapp: QApplication, signed: Path, tmp_path: Path) -> None:
    """A file holds each page once: copies and sides are the printer's own business."""
    how = Printing(pages="1", copies=3, duplex=Duplex.DuplexLongSide, file=tmp_path / "one.pdf")
    printer = printer_for(how, "GMGSL-YB-2018-04")
    assert (printer.docName(), printer.copyCount()) == ("GMGSL-YB-2018-04", 3)
    pages = chosen_pages(how.pages, rendering.page_count(signed))
    assert print_pages(signed, pages, printer, rendering.picture, Context()) == 1
    assert rendering.page_count(tmp_path / "one.pdf") == 1


def test_without_a_printer_the_way_out_is_told(qtbot: QtBot, tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="There is no printer “HP”"):
        printer_for(Printing("HP"), "x")
    asked: list[Printing] = []
    sheet = PrintSheet(None, "x", 3, tmp_path / "x.pdf", asked.append)
    qtbot.addWidget(sheet)
    sheet.open()
    if not printers():  # no test may depend on a printer, nor on there being none
        with pytest.raises(OpsError, match="no printer") as refused:
            printer_for(Printing(), "x")
        assert "PDF file" in refused.value.hint
        assert sheet.into_file
    sheet.pages.setText("9")
    assert not sheet.go.isEnabled()
    assert "names no pages" in sheet.go.toolTip()
    sheet.pages.setText("1-2")
    assert sheet.go.isEnabled()
    assert sheet.chosen(tmp_path / "x.pdf").pages == "1-2"
