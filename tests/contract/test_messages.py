"""Messages: cut at a character, without mark-up of strangers, 18 a minute, later and later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.messages import (
    LONGEST,
    PER_MINUTE,
    cut,
    plain,
    wait_after,
    wait_for_room,
)

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@given(st.text(), st.integers(min_value=3, max_value=60))
def test_a_cut_text_is_as_long_as_can_be_and_ends_between_two_characters(
    text: str, longest: int
) -> None:
    done = cut(text, longest)
    assert len(done.encode()) <= longest
    if done != text:
        assert done.endswith("…")
        kept = done.removesuffix("…")
        assert text.startswith(kept)
        longer = text[: len(kept) + 1]
        assert len(longer.encode()) > longest - 3, "one more character would not have fitted"
    else:
        assert len(text.encode()) <= longest


def test_four_thousand_and_ninety_six_bytes_of_chinese() -> None:
    text = cut("维" * 2000)
    assert len(text.encode()) == LONGEST - 1  # 1364 characters of 3 bytes, and the ellipsis
    assert text == "维" * 1364 + "…"


def test_a_title_carries_no_mark_up_of_ours() -> None:
    assert plain("<@all> [here](https://x)\n**now**") == "＜@all＞ ［here］(https://x) ＊＊now＊＊"


def test_eighteen_go_in_any_minute() -> None:
    tried = [NOW - 50 * SECOND + step * SECOND for step in range(PER_MINUTE)]
    assert wait_for_room(tried[1:], NOW) == timedelta()
    assert wait_for_room(tried, NOW) == 10 * SECOND
    assert wait_for_room(tried, NOW + 10 * SECOND) == timedelta()


def test_a_clock_set_back_holds_nothing_up_for_long() -> None:
    tomorrow = [NOW + timedelta(days=1)] * 50
    assert wait_for_room(tomorrow, NOW) == timedelta()


@given(st.lists(st.integers(min_value=0, max_value=300), max_size=60))
def test_whoever_waits_as_told_never_sends_too_many(gaps: list[int]) -> None:
    now, tried = NOW, list[datetime]()
    for gap in gaps:
        now += timedelta(seconds=gap) + wait_for_room(tried, now + timedelta(seconds=gap))
        tried.append(now)
    for at in tried:
        minute = [one for one in tried if at <= one < at + timedelta(minutes=1)]
        assert len(minute) <= PER_MINUTE


@pytest.mark.parametrize(("tries", "minutes"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (99, 60)])
def test_a_failed_message_waits_longer_each_time(tries: int, minutes: int) -> None:
    assert wait_after(tries) == timedelta(minutes=minutes)
