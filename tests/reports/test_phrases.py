"""Dates, durations, sizes and shares, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from gmops_desktop.language import use
from gmops_desktop.reports import phrases


@pytest.mark.parametrize(
    ("seconds", "plain", "chinese"),
    [
        (0.43, "0.4 s", "0.4 秒"),
        (9.96, "10 s", "10 秒"),
        (59.6, "1 min", "1 分"),
        (370, "6 min 10 s", "6 分 10 秒"),
        (2160, "36 min", "36 分"),
        (3600, "1 h", "1 小时"),
        (21_300, "5 h 55 min", "5 小时 55 分"),
        (86_400 * 2 + 4 * 3600, "2 d 4 h", "2 天 4 小时"),
        (86_400 * 3 + 50, "3 d", "3 天"),
    ],
)
def test_durations(seconds: float, plain: str, chinese: str) -> None:
    assert phrases.duration(seconds) == plain
    use("zh_CN")
    assert phrases.duration(seconds) == chinese


def test_days_and_months() -> None:
    on = date(2018, 4, 1)
    assert (phrases.day(on), phrases.month(on)) == ("2018-04-01", "April 2018")
    use("zh_CN")
    assert (phrases.day(on), phrases.month(on)) == ("2018 年 4 月 1 日", "2018 年 4 月")


def test_moments_are_beijing_time() -> None:
    at = datetime(2018, 4, 30, 18, 20, tzinfo=UTC)
    assert phrases.moment(at) == "05-01 02:20"
    assert phrases.full_moment(at) == "2018-05-01 02:20"


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (39_200_000, "37.4 MB"), (2**40, "1.0 TB")],
)
def test_sizes(count: int, said: str) -> None:
    assert phrases.size(count) == said


@pytest.mark.parametrize(
    ("part", "said"), [(1, "100"), (0.999_99, "99.99"), (0.9987, "99.87"), (0, "0"), (0.9, "90")]
)
def test_a_share_is_never_rounded_up_to_all(part: float, said: str) -> None:
    assert phrases.per_cent(part) == said
