"""The window's part of the reports benchmark: its turns while own words are typed and the pages of
the report are set anew beside them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

from benchmarks.beats import Beats
from benchmarks.figures import Figure
from benchmarks.fleet_window import until, whole_window
from gmops_desktop.assembly import Services

if TYPE_CHECKING:
    from ui.reports_tab import ReportsTab

_ASKED_TURN: Final = 50.0  # ms
_KEY_MS: Final = 110  # between two characters: some nine a second
_WORDS: Final = (
    "本月对官方网站、云数据库和微信公众号实施了日常运维，系统总体运行平稳。",
    "慢查询已在五日优化，连接数回落。",
    "下月计划升级网站程序并复核备份。",
)


def typing(services: Services, period: str, add: Callable[[Figure], None]) -> dict[str, str]:
    """Type into the overview of a month's report, with a rest after each sentence in which the
    pages are set anew; return how many drafts were drawn meanwhile."""
    beats, drawn = Beats(), [0]

    def count(_drawn: Any) -> None:
        drawn[0] += 1

    with whole_window(services) as (window, runner, turn):
        window.resize(1440, 900)
        window.go("reports", period)
        tab = cast("ReportsTab", window.page_named("reports"))
        tab.drafting.drawn.connect(count)
        until(lambda: tab.texts.isEnabled() and not runner.running(), turn)
        tab.preview_draft()
        until(lambda: drawn[0] > 0 and not runner.running(), turn)  # the first, with its process
        began = drawn[0]
        with beats.taken():
            for sentence in _WORDS:
                for char in sentence:
                    tab.texts.editor.insertPlainText(char)  # keyClicks knows no Chinese
                    turn(_KEY_MS)
                sentences = drawn[0]
                end = time.monotonic() + 60
                until(lambda: drawn[0] > sentences or time.monotonic() > end, turn)  # noqa: B023
            until(lambda: not runner.running(), turn)
    beats.tell("turns of the window while own words are typed", _ASKED_TURN, add)
    return {"drafts set while typing": str(drawn[0] - began)}
