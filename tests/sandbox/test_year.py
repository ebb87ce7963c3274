"""The first weeks of the sandbox's year, lived as the samples are, up to the month's report."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest

from gmops_desktop.paths import ROOT
from sandbox.year import diary, spring
from sandbox.year.clock import Clock, library
from sandbox.year.life import START, begun


@pytest.mark.timeout(240)
def test_a_month_is_lived_to_its_report(tmp_path: Path) -> None:
    """In a process of its own, whose clock is put forward; what is counted is what the diary says
    and the services recorded."""
    samples = tmp_path / "samples"
    words = ["--until", "2025-04-03", "--samples", str(samples), str(tmp_path / "chamber")]
    lived = subprocess.run(
        [sys.executable, "-m", "sandbox.year", *words],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert lived.returncode == 0, lived.stderr[-2000:]
    march = [line.split()[2] for line in lived.stdout.splitlines() if line.startswith("2025-03")]
    copies = sum(march.count(one) for one in ("signed", "weekly", "monthly", "rehearsed"))
    report = tmp_path / "chamber/home/reports/SAMPLE-YB-2025-03.pdf"
    told = _words(report)
    assert copies == 6
    for words in ("公众号自定义菜单如何修改跳转链接", "9分", "首页轮播图更换三张", "14分"):
        assert words in told
    assert f"备份{copies}次，经校验无误{copies}次" in told
    assert "本月处理工单2件，办结2件" in told
    assert {file.stem for file in samples.glob("*.pdf")} == {"sign_in", "payment", "drill"}
    assert "通过：此备份可以还原" in _words(samples / "drill.pdf")


def test_the_diary_is_in_order_and_every_line_within_the_contract() -> None:
    from sandbox.year.life import END

    lines = list(diary.between(START, END))
    assert lines == sorted(lines, key=lambda one: one[:2])
    assert {one[2] for one in lines} >= {one[2] for one in spring.DIARY}
    assert all(START <= one[0] <= END for one in lines)


def test_a_folder_that_is_no_sandbox_is_not_thrown_away(tmp_path: Path) -> None:
    from gmops_desktop.errors import OpsError

    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(OpsError, match="no sandbox"), begun(tmp_path):
        raise AssertionError("it began")
    assert (tmp_path / "letters.txt").read_text() == "mine"


def test_a_clock_without_its_library_is_refused_and_ours_is_the_worlds() -> None:
    assert library().is_file()
    assert not Clock.began()
    assert "LD_PRELOAD" not in os.environ


def _words(file: Path) -> str:
    pages = pypdfium2.PdfDocument(file)
    return "".join("".join(page.get_textpage().get_text_range().split()) for page in pages)
