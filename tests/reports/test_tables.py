"""Long tables, laid out a page at a time: the same pages as of one that is laid out whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from gmops_desktop.reports import fixes, rendering, tables
from gmops_desktop.reports.captions import Captions
from gmops_desktop.reports.document import Paper, build


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
