"""Long tables, laid out a page at a time: the same pages as of one that is laid out whole."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from gmops_desktop.reports import fixes, rendering, tables
from gmops_desktop.reports.captions import Captions
from gmops_desktop.reports.document import Paper, build
from gmops_desktop.reports.styles import CELL, WIDTH


@pytest.mark.parametrize("tall", [False, True], ids=["short lines", "a line higher than a page"])
def test_a_long_table_has_the_pages_of_one_laid_out_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tall: bool
) -> None:
    fixes.apply()
    rows = [[f"T-{n:04}", "官网首页返回 502 " * (1 + n % 7), "已关闭"] for n in range(200)]
    if tall:
        rows[90][1] = "很长的说明。" * 1200

    def pages(name: str) -> tuple[int, str]:
        table = tables.ruled_table(
            ("编号", "事项", "状态"), rows, (1, 4, 1), (), Captions().table("工单")
        )
        content, count = build([table], Paper("表", "1", "乙方", ""))
        path = tmp_path / name
        path.write_bytes(content)
        return count, rendering.text(path)

    by_page = pages("by-page.pdf")
    monkeypatch.setattr(tables, "_ON_A_PAGE", 10_000)
    assert by_page == pages("whole.pdf")
    assert by_page[0] > 3


def test_a_column_that_has_room_gives_it_to_one_whose_words_would_break() -> None:
    fixes.apply()
    head, short = ("Of what", "Result"), ("db", "not all to be relied on")
    table = tables.ruled_table(head, [short] * 3, (8, 1))
    assert isinstance(table, tables._Ruled)
    _, height = table.wrap(WIDTH, 800)
    assert height == pytest.approx(4 * (CELL.leading + 4))  # no line is broken
    assert sum(table._argW) == pytest.approx(WIDTH)
    long = ("a database of which there is much to be said " * 4, short[1])
    full = tables.ruled_table(head, [long], (1, 1))
    assert isinstance(full, tables._Ruled)
    assert full._argW == pytest.approx([WIDTH / 2] * 2)  # it would break all the same


def test_texts_of_a_table_are_drawn_in_one_go() -> None:
    """The check of PDF/A reads every instruction: a cell of its own would take nine."""
    fixes.apply()
    table = tables.ruled_table(("编号", "事项"), [("T-0001", "官网首页 502")] * 20, (1, 4))
    content, _ = build([table], Paper("表", "1", "乙方", ""))
    with pikepdf.open(BytesIO(content)) as pdf:
        operators = [str(operator) for _, operator in pikepdf.parse_content_stream(pdf.pages[0])]
    assert operators.count("BT") < 10
    assert operators.count("Tm") >= 42
