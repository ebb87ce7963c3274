"""What is kept: by property, the newest proved one always, and nothing twice judged differently."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from gmops_desktop.contract.retention import Copy, Keep, forecast, judge

CHINA = ZoneInfo("Asia/Shanghai")
NOW = datetime(2018, 11, 22, 8, tzinfo=UTC)

copies = st.lists(
    st.builds(
        Copy,
        id=st.uuids().map(str),
        at=st.integers(-3, 24 * 500).map(lambda hours: NOW - timedelta(hours=hours)),
        proved=st.sampled_from([True, True, True, None, False]),
        safety=st.sampled_from([False, False, False, True]),
        undo=st.sampled_from([False, False, False, False, True]),
        ours=st.sampled_from([True, True, True, True, False]),
    ),
    max_size=40,
    unique_by=lambda one: one.id,
)
rules = st.builds(
    Keep,
    enabled=st.just(True),
    last=st.integers(1, 5),
    daily=st.integers(0, 10),
    weekly=st.integers(0, 6),
    monthly=st.integers(0, 14),
    safety_days=st.integers(0, 60),
)


def kept(found):
    return {one.id for one in found if one.keep}


@settings(deadline=None)
@given(copies, rules)
def test_what_must_never_go_stays(there, keep):
    stays = kept(judge(there, keep, NOW, CHINA))
    usable = [one for one in there if not one.safety and one.at <= NOW]
    proved = [one for one in usable if one.proved]
    if proved:
        newest = max(proved, key=lambda one: (one.at, one.id))
        assert newest.id in stays
    whole = sorted((one for one in usable if one.proved is not False),
                   key=lambda one: (one.at, one.id), reverse=True)  # fmt: skip
    assert {one.id for one in whole[: keep.last]} <= stays
    assert {one.id for one in there if one.undo or not one.ours or one.at > NOW} <= stays
    if not proved:
        assert {one.id for one in usable if one.proved is False} <= stays, "better than nothing"


@settings(deadline=None)
@given(copies, rules)
def test_every_archive_is_judged_once_with_a_reason(there, keep):
    found = judge(there, keep, NOW, CHINA)
    assert sorted(one.id for one in found) == sorted(one.id for one in there)
    assert all(one.reasons for one in found)


@settings(deadline=None)
@given(copies, rules)
def test_judging_what_was_kept_removes_nothing_more(there, keep):
    stays = kept(judge(there, keep, NOW, CHINA))
    again = judge([one for one in there if one.id in stays], keep, NOW, CHINA)
    assert kept(again) == stays


@settings(deadline=None)
@given(copies, rules, st.sampled_from(["last", "daily", "weekly", "monthly", "safety_days"]))
def test_keeping_more_keeps_no_less(there, keep, name):
    more = replace(keep, **{name: getattr(keep, name) + 2})
    assert kept(judge(there, keep, NOW, CHINA)) <= kept(judge(there, more, NOW, CHINA))


@settings(deadline=None)
@given(copies, rules, st.randoms())
def test_the_order_of_the_list_does_not_matter(there, keep, random):
    mixed = list(there)
    random.shuffle(mixed)
    assert judge(mixed, keep, NOW, CHINA) == judge(there, keep, NOW, CHINA)


def day(back: int, hour: int = 3, *, proved: bool | None = True, name: str = "") -> Copy:
    at = datetime(2018, 11, 22, hour, tzinfo=CHINA) - timedelta(days=back)
    return Copy(name or f"{back}/{hour}", at.astimezone(UTC), proved)


def test_thirty_days_and_twelve_months():
    keep = Keep(enabled=True, last=1, daily=30, monthly=12)
    there = [day(back, hour) for back in range(400) for hour in (3, 15)]
    stays = judge(there, keep, NOW, CHINA)
    days = {one.id for one in stays if "daily" in one.reasons}
    assert days == {f"{back}/15" for back in range(1, 30)} | {"0/15"}
    assert sum("monthly" in one.reasons for one in stays) == 12


def test_a_proved_one_stands_for_the_day_before_a_newer_unproved_one():
    there = [day(5, 3), day(5, 15, proved=None), day(6), day(1), day(0)]
    found = {one.id: one for one in judge(there, Keep(True, 1, 4, 0, 0), NOW, CHINA)}
    assert "daily" in found["5/3"].reasons
    assert not found["5/15"].keep


def test_a_missing_month_is_no_reason_to_keep_less():
    there = [day(0), day(100), day(200)]
    assert kept(judge(there, Keep(True, 1, 0, 0, 3), NOW, CHINA)) == {"0/3", "100/3", "200/3"}


# ---------------------------------------------------------------- the forecast

GB = 1_000_000_000


def sizes(count: int, first: int, step: int):
    return [(NOW - timedelta(days=count - 1 - n), first + n * step) for n in range(count)]


def test_the_disk_is_full_on_the_day_it_is():
    found = forecast(sizes(1, GB, 0), Keep(), 1.0, 10 * GB, NOW, zone=CHINA)
    assert found.full_on == NOW + timedelta(days=11), "ten more fit, the eleventh does not"


def test_retention_lets_it_last():
    rule = Keep(enabled=True, last=1, daily=5, monthly=0)
    found = forecast(sizes(5, GB, 0), rule, 1.0, 3 * GB, NOW, days=60, zone=CHINA)
    assert found.full_on is None
    tight = forecast(sizes(5, GB, 0), rule, 1.0, GB // 2, NOW, days=60, zone=CHINA)
    assert tight.full_on == NOW + timedelta(days=1), "the new one is there before the old goes"


def test_growth_is_seen_and_shrinking_is_not_believed():
    found = forecast(sizes(10, GB, 10_000_000), Keep(), 1.0, 10 * GB, NOW, zone=CHINA)
    assert round(found.growth_per_day) == 10_000_000
    assert forecast(sizes(10, GB, -10_000_000), Keep(), 1.0, 9 * GB, NOW).growth_per_day == 0
    assert forecast([], Keep(), 1.0, GB, NOW) is None
