"""The picture of a signature: a seal that was imported, and lines that say who signed and when.

The program draws no seals: without an imported picture the lines stand alone.
"""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageChops, UnidentifiedImageError
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.reports import fixes
from gmops_desktop.reports.fonts import SANS
from gmops_desktop.reports.paragraph import one_line
from gmops_desktop.reports.signatures import filled_in
from gmops_desktop.reports.styles import FACT, NOTE

_SIDE: Final = 600  # pixels: more adds to the file and shows nothing more at 40 mm (380 dpi)
_LARGEST: Final = 20_000_000  # bytes of a picture that is taken
_PIXELS: Final = 40_000_000
_FACE: Final[Any] = {"initialFontName": SANS}  # the stubs take it for a number
_ROOMY: Final = 60.0  # points; the block of both parties is higher, a receipt lower
_SMALL: Final = NOTE.but(size=5.6)


def draw(width: float, height: float, seal: bytes | None, name: str, said: str, on: date) -> bytes:
    """Return a PDF page of this size (points), to lie over the place of a signature.

    In a block with room, name and day are written on its lines and the seal goes over both
    (骑年盖月); `said` is the small line that says it is an electronic signature.
    """
    fixes.apply()
    made = BytesIO()
    canvas = Canvas(made, pagesize=(width, height), pdfVersion=(1, 7), **_FACE)
    roomy = height >= _ROOMY
    if roomy:
        for text, x, y in filled_in(width, name, on):
            one_line(text, FACT, width).drawOn(canvas, x, y - 2)
    if seal is not None:
        side = min(height, width)
        left = width * 0.62 - side / 2 if roomy else width - side
        picture = ImageReader(BytesIO(seal))
        canvas.drawImage(picture, left, (height - side) / 2, side, side, mask="auto")
    note = said if roomy else f"{name} {said}"
    one_line(note, _SMALL, width).drawOn(canvas, 0, 0)
    canvas.showPage()
    canvas.save()
    return made.getvalue()


def imported_seal(content: bytes) -> bytes:
    """Return the picture of a seal as a PNG of at most 600 pixels with transparency.

    A white ground becomes transparent, so that the text under the seal stays legible.  Raises
    `OpsError` for what is no picture, or too large.
    """
    if len(content) > _LARGEST:
        raise OpsError(
            tr("The picture of the seal is larger than 20 MB."),
            hint=tr("Scan it with 600 dots per inch, and cut it to the seal."),
        )
    try:
        with Image.open(BytesIO(content), formats=("PNG", "JPEG", "BMP", "TIFF")) as opened:
            if opened.width * opened.height > _PIXELS:
                raise OpsError(
                    tr("The picture of the seal has too many pixels."),
                    hint=tr("Scan it with 600 dots per inch, and cut it to the seal."),
                )
            had_alpha = "A" in opened.getbands() or "transparency" in opened.info
            picture = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise OpsError(
            tr("The picture of the seal cannot be read: {why}.", why=error),
            hint=tr("Choose a PNG or JPEG of your company's own seal."),
        ) from error
    if not had_alpha:
        # How dark a point is becomes how much it covers: paper vanishes, ink stays.
        red, green, blue, _ = picture.split()
        lowest = ImageChops.darker(ImageChops.darker(red, green), blue)
        picture.putalpha(lowest.point(lambda value: min(255, (255 - value) * 2)))
    picture.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    side = max(picture.size)
    square = Image.new("RGBA", (side, side), (255, 255, 255, 0))
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    made = BytesIO()
    square.save(made, "PNG", optimize=True)
    return made.getvalue()
