"""Whether the servers are looked at while no window is open, as the doctor tells it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gmops_desktop.adapters.timers import TimerState
from gmops_desktop.services.doctor import collecting

NOW = datetime(2018, 4, 2, 8, 0, tzinfo=UTC)
RUNS = TimerState("cron", True, True, "crontab")


@pytest.mark.parametrize(
    ("timer", "ago", "state", "text"),
    [
        (None, None, "ok", "gmops schedule install --collect"),
        (RUNS, 4, "ok", "every 5 minutes (cron)"),
        (RUNS, 14, "ok", "every 5 minutes (cron)"),
        (RUNS, 16, "warning", "but the last look was at 2018-04-02"),
        (RUNS, None, "warning", "and no look yet"),
        (TimerState("systemd", True, False, "x.timer"), 1, "warning", "does not run"),
    ],
)
def test_a_timer_that_is_there_must_have_looked(
    timer: TimerState | None, ago: int | None, state: str, text: str
) -> None:
    newest = None if ago is None else NOW - timedelta(minutes=ago)
    check = collecting(timer, newest, 5, Path("/data/logs/collect.log"), NOW)
    assert check.state == state
    assert text in check.text
    assert ("collect.log" in check.remedy) == (state == "warning")
