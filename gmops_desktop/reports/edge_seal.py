"""A seal across the edges of a document's pages (骑缝章): each page bears one upright slice of it.

Laid fan-wise over each other, the outer edges of the pages show the whole seal again, so that a
page put in or taken out shows.  The slices are part of the pages, drawn from the picture that was
imported and before anybody signs; the program draws no seals of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from PIL import Image
from reportlab.lib.units import mm

from gmops_desktop.reports.styles import RIGHT

DIAMETER: Final = 40 * mm  # of a company's round seal
MOST: Final = 10  # pages that share one seal: each slice is 4 mm wide then
_WIDEST: Final = RIGHT - 2 * mm  # of a slice, so that it stays off the text
_NAME: Final = "/GmopsEdgeSeal"


@dataclass(frozen=True, slots=True)
class Slice:
    """What a page shows: `place` (from 0) of `count` slices of a seal `size` points high."""

    place: int
    count: int
    size: float

    @property
    def width(self) -> float:
        """How wide the slice is, in points."""
        return self.size / self.count


def slices(pages: int) -> tuple[Slice, ...]:
    """Return the slice of each page; as many seals as are needed, over even numbers of pages.

    A single page has no edge to be sealed: it gets none.
    """
    if pages < 2:
        return ()
    seals = -(-pages // MOST)
    found: list[Slice] = []
    for seal in range(seals):
        count = pages * (seal + 1) // seals - pages * seal // seals
        size = min(DIAMETER, _WIDEST * count)
        found += [Slice(place, count, size) for place in range(count)]
    return tuple(found)


def sealed_across(content: bytes, seal: bytes) -> bytes:
    """Return the document with the slices of `seal` (PNG) on its pages, as a further revision: the
    bytes that there were stay as they are."""
    from pyhanko.pdf_utils.generic import DictionaryObject, StreamObject
    from pyhanko.pdf_utils.generic import pdf_name as name
    from pyhanko.pdf_utils.images import pil_image
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer: Any = IncrementalPdfFileWriter(BytesIO(content))  # half of it bears no types
    with Image.open(BytesIO(seal)) as opened:
        picture: Any = pil_image(opened.convert("RGBA"), writer)
    table: Any = DictionaryObject  # untyped, too
    resources = table({name("/XObject"): table({name(_NAME): picture})})
    pages = int(writer.root["/Pages"]["/Count"])
    for number, one in enumerate(slices(pages)):
        right, top = _corner(writer, number)
        drawn: Any = StreamObject(stream_data=_drawn(one, right, top).encode("ascii"))
        drawn.compress()
        writer.add_stream_to_page(number, writer.add_object(drawn), resources)
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def _drawn(one: Slice, right: float, top: float) -> str:
    """Return the operators that clip the page's edge and lay the whole seal behind the slot."""
    low, left = (top - one.size) / 2, right - one.width
    seal_left = left - one.place * one.width
    clip = f"{left:.3f} {low:.3f} {one.width:.3f} {one.size:.3f} re W n"
    return f"q {clip} {one.size:.3f} 0 0 {one.size:.3f} {seal_left:.3f} {low:.3f} cm {_NAME} Do Q"


def _corner(writer: Any, number: int) -> tuple[float, float]:
    """Return the page's upper right corner; its lower left is 0, 0 in every document of ours."""
    page = writer.find_page_for_modification(number)[0].get_object()
    box = page["/MediaBox"]  # reportlab writes one on every page
    return float(box[2]), float(box[3])
