"""The seal across the edges: fanned out, the pages show it whole, and nothing else moved."""

from __future__ import annotations

import io
from datetime import date

import pikepdf
import pikepdf.pdfa
import pypdfium2
import pytest
from PIL import Image, ImageChops

from example_period import backups
from gmops_desktop.reports import stamp
from gmops_desktop.reports.edge_seal import DIAMETER, MOST, sealed_across, slices
from gmops_desktop.reports.orders import Document, make_backup_report
from gmops_desktop.reports.signing import Sealed, examine, sign
from gmops_desktop.reports.styles import LEFT, PAGE, RIGHT, WIDTH
from sandbox.signing_keys import PASSWORD, key_file, seal_picture

SCALE = 3
EDGE = 15 * 72 / 25.4  # points that stay free at the outer edge


@pytest.fixture(scope="module")
def made() -> bytes:
    return make_backup_report(backups(), Document("GMGSL-BF-2018-04", "zh_CN")).content


@pytest.fixture(scope="module")
def seal() -> bytes:
    return stamp.imported_seal(seal_picture())


@pytest.mark.parametrize("pages", [0, 1, 2, 3, 10, 11, 23, 327])
def test_every_page_has_its_slice_of_a_whole_seal(pages: int) -> None:
    found = slices(pages)
    assert len(found) == (pages if pages > 1 else 0)
    begins = [place for place, one in enumerate(found) if one.place == 0]
    for begin in begins:
        count = found[begin].count
        group = found[begin : begin + count]
        assert [one.place for one in group] == list(range(count))
        assert {one.count for one in group} == {count}
        assert 2 <= count <= MOST
    for one in found:
        assert one.size <= DIAMETER
        assert one.width < RIGHT, "it stays off the text"
        assert one.width > 11, "4 mm: a narrower slice shows nothing"


def test_the_outer_edge_is_free_for_it(made: bytes) -> None:
    assert PAGE[0] - EDGE >= LEFT + WIDTH
    for page in pypdfium2.PdfDocument(made):
        picture = page.render(scale=SCALE).to_pil().convert("L")
        edge = picture.crop((round((PAGE[0] - EDGE) * SCALE), 0, picture.width, picture.height))
        assert edge.getextrema() == (255, 255)


def test_pages_laid_fanwise_show_the_seal(made: bytes, seal: bytes) -> None:
    sealed = sealed_across(made, seal)
    assert sealed.startswith(made), "what was made stays byte for byte"
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        assert pikepdf.pdfa.check(pdf, "3b").verdict == "pass"
    pictures = _pictures(sealed)
    cut = slices(len(pictures))
    whole = Image.new("RGB", (round(cut[0].size * SCALE),) * 2, "white")
    low = round((PAGE[1] - cut[0].size) / 2 * SCALE)
    for one, picture in zip(cut, pictures, strict=True):
        wide = round(one.width * SCALE)
        box = (picture.width - wide, low, picture.width, low + whole.height)
        whole.paste(picture.crop(box), (round(one.place * one.width * SCALE), 0))
    wanted = Image.new("RGB", whole.size, "white")
    drawn = Image.open(io.BytesIO(seal)).resize(whole.size)
    wanted.paste(drawn, mask=drawn)
    apart = ImageChops.difference(whole, wanted).convert("L")
    assert sum(apart.histogram()[60:]) / (whole.width * whole.height) < 0.02


def test_nothing_but_the_edge_is_different(made: bytes, seal: bytes) -> None:
    for before, after in zip(_pictures(made), _pictures(sealed_across(made, seal)), strict=True):
        changed = ImageChops.difference(before, after).getbbox()
        assert changed is not None
        assert changed[0] / SCALE >= PAGE[0] - RIGHT


def test_a_slice_that_is_taken_away_after_signing_shows(made: bytes, seal: bytes) -> None:
    look = Sealed(seal, "张工", "电子签名", date(2018, 5, 2), across=True)
    signed = sign(made, key_file(), PASSWORD, "party_b", look)
    assert examine(signed).verdict == "untouched"
    with pikepdf.open(io.BytesIO(signed)) as pdf:
        page = pdf.pages[0].obj
        page.Contents = pikepdf.Array(list(page.Contents)[:-1])
        altered = io.BytesIO()
        pdf.save(altered)
    assert examine(altered.getvalue()).verdict == "altered"


def _pictures(content: bytes) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(content)
    return [page.render(scale=SCALE).to_pil().convert("RGB") for page in document]
