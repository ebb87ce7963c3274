"""What our tests of pages find, and that they find it."""

from __future__ import annotations

import io

from reportlab.pdfgen.canvas import Canvas

from gmops_desktop.reports.orders import Built
from printed import heads_at_the_foot, lacking, overlaps


def _page(*texts: tuple[float, float, str]) -> Built:
    file = io.BytesIO()
    canvas = Canvas(file)
    for x, y, text in texts:
        canvas.drawString(x, y, text)
    canvas.save()
    return Built(file.getvalue(), 1, "", ())


def test_two_texts_in_one_place_are_found() -> None:
    apart = _page((72, 700, "the first line"), (72, 686, "the second line"))
    assert overlaps(apart) == []
    over = _page((72, 700, "the first line"), (80, 697, "the second line"))
    assert len(overlaps(over)) == 1


def test_a_lost_word_and_a_lonely_head_are_found() -> None:
    page = _page((72, 700, "some text"), (72, 60, "3. The way back"))
    assert lacking(page, ["some text", "other text"]) == ["other text"]
    assert heads_at_the_foot(page, ["3. The way back", "some text"]) == ["3. The way back"]
