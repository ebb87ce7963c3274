"""What our tests of pages find, and that they find it."""

from __future__ import annotations

import io

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Spacer

from gmops_desktop.reports.document import Paper, build
from gmops_desktop.reports.marks import Section
from gmops_desktop.reports.orders import Built
from gmops_desktop.reports.tables import ruled_table
from printed import heads_at_the_foot, lacking, lonely_heads, overlaps, pages_of


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


def test_a_head_with_nothing_below_it_is_found_by_where_it_stands() -> None:
    """Also where a remark stands beside it, and words of the next page come after."""
    story: list[Flowable] = [
        Section("一、前", "beside"),
        PageBreak(),
        Section("二、后"),
        Spacer(0, 9),
    ]
    content, _ = build(
        [*story, ruled_table(("First",), [["row"]], (1,))], Paper("x", "x", "x", "x")
    )
    assert lonely_heads(content) == ["一、前"]


def _story(blank: float) -> list[Flowable]:
    rows = [[f"row {number}", "words " * 40] for number in range(6)]
    return [Spacer(0, blank), ruled_table(("First", "Second"), rows, (1, 3))]


def test_no_table_leaves_its_head_at_the_foot_of_a_page() -> None:
    """Whatever room is left for it: the head goes on to the next page with its rows."""
    for blank in range(600, 700, 4):
        content, pages = build(_story(blank), Paper("x", "x", "x", "x"))
        built = Built(content, pages, "", ())
        for page in pages_of(built):
            assert not page.endswith("FirstSecond"), blank
            assert "FirstSecond" not in page or "row" in page.split("FirstSecond")[-1], blank
