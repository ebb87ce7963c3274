"""Paragraphs as they are drawn: nothing lost between parts, faces chosen, edges kept."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from gmops_desktop.reports import fixes, rendering
from gmops_desktop.reports.fonts import RARE, SANS, SERIF, face_for, missing, width_of
from gmops_desktop.reports.paragraph import Paragraph, clean, one_line, strong
from gmops_desktop.reports.styles import BODY, CELL

TEXT = (
    "根据《运维服务合同》，乙方于 2018年4月1日至30日对官方网站（腾讯云CVM）、云数据库TencentDB for "
    "MySQL及微信公众号实施了日常运维。本月系统总体运行平稳，网站可用率99.87%，备份30次全部校验无误。"
)


@pytest.fixture(autouse=True)
def reportlab_fixed() -> None:
    fixes.apply()


def drawn(paragraph: Paragraph, width: float, tmp_path: Path) -> str:
    """Return the text that a reader of the PDF extracts, without blanks."""
    file = BytesIO()
    canvas = Canvas(file, initialFontName=SANS)
    _, height = paragraph.wrap(width, 800)
    paragraph.drawOn(canvas, 50, 800 - height)
    canvas.save()
    path = tmp_path / "drawn.pdf"
    path.write_bytes(file.getvalue())
    return "".join(rendering.text(path).split())


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_every_character_is_drawn_in_order(tmp_path: Path) -> None:
    assert drawn(Paragraph(TEXT, BODY), 220, tmp_path) == squeezed(TEXT)


def test_rare_name_characters_are_drawn_and_extracted_as_themselves(tmp_path: Path) -> None:
    """𬭎 and 𠮷 lie beyond U+FFFF: stock reportlab copies them as other signs."""
    names = "王㛃、𬭎堃、𠮷田、喆犇镕祎赟陳黃張囍"
    assert [face_for(char, SERIF) for char in "王㛃𬭎陳𠮷"] == [SERIF, SERIF, SERIF, SANS, RARE]
    assert drawn(Paragraph(names, BODY), 300, tmp_path) == names


def test_what_no_face_has_is_marked_and_named(tmp_path: Path) -> None:
    assert missing("好😀\ue123 a") == {"😀", "\ue123"}
    assert drawn(Paragraph("好😀了", CELL), 100, tmp_path) == "好〓了"


def test_what_cannot_be_seen_is_dropped() -> None:
    assert clean("a\u200bb\ufe0f\x07c\u00a0d\te\r\nf") == "abc d e\nf"


def test_user_text_is_never_markup(tmp_path: Path) -> None:
    text = 'a<b & c>"d" <b>粗</b> &amp;'
    assert drawn(Paragraph(text, CELL), 400, tmp_path) == squeezed(text)


def test_strong_text_changes_the_face_and_not_the_words(tmp_path: Path) -> None:
    text = f"可用率{strong('99.87%')}。"
    assert drawn(Paragraph(text, BODY), 300, tmp_path) == "可用率99.87%。"
    assert Paragraph(text, BODY).natural_width() > Paragraph("可用率99.87%。", BODY).natural_width()


@pytest.mark.parametrize("height", [15, 31, 46, 61, 120])
def test_parts_hold_together_what_the_whole_held(height: float) -> None:
    whole = Paragraph(TEXT * 3, BODY)
    whole.wrap(240, 1000)
    lines = whole.lines
    parts = whole.split(240, height)
    if height < 2 * BODY.leading:
        assert parts == []
        return
    first, rest = parts
    assert isinstance(first, Paragraph)
    assert isinstance(rest, Paragraph)
    _, tall = first.wrap(240, height)
    rest.wrap(240, 1000)
    assert tall <= height + 1e-6
    assert first.lines + rest.lines == lines
    assert len(rest.lines) != 1


def spacings(paragraph: Paragraph, width: float) -> list[float]:
    """Return the gaps set while the paragraph is drawn, in points: those that take the pen on."""
    file = BytesIO()
    canvas = Canvas(file, initialFontName=SANS, pageCompression=0)
    paragraph.wrap(width, 800)
    paragraph.drawOn(canvas, 0, 0)
    canvas.save()
    moved = re.findall(rb">(-?[\d.]+)", b"".join(re.findall(rb"\[(.*)\] TJ", file.getvalue())))
    return [-float(value) / 1000 * paragraph.style.size for value in moved]


def test_a_justified_line_reaches_the_edge_and_its_last_does_not() -> None:
    paragraph = Paragraph("一二三四五六七八九十" * 7, replace(BODY, indent=0))
    set_to = spacings(paragraph, 205)
    first, *others, last = (len(line) for line in paragraph.lines)
    assert set_to[0] == pytest.approx((205 - first * BODY.size) / (first - 1), abs=0.01)
    assert len(set_to) == first - 1 + sum(line - 1 for line in others)  # none in the last
    assert last > 1


def test_a_line_with_too_much_room_stays_ragged() -> None:
    paragraph = Paragraph("见 supercalifragilisticexpialidocious 一文", replace(BODY, indent=0))
    natural = width_of(" ", SERIF) * BODY.size
    assert {round(one, 2) for one in spacings(paragraph, 170)} == {
        round(BODY.size / 4 - natural, 2)  # a typed blank is a quarter em, and nothing is added
    }
    assert len(paragraph.lines) == 2


def test_one_line_is_shortened_with_an_ellipsis() -> None:
    long = one_line(TEXT, CELL, 120)
    assert len(long.lines) == 1
    assert long.lines[0].endswith("…")
    assert long.natural_width() <= 120
    assert one_line("短", CELL, 120).lines == ["短"]


def test_a_word_says_how_narrow_its_column_may_be() -> None:
    narrow = Paragraph("需求 confirmation 变更", CELL)
    narrow.wrap(narrow.minWidth() + 0.01, 100)
    assert "confirmation" in [line.strip() for line in narrow.lines]
