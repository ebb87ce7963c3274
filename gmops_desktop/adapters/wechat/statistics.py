"""The statistics of an account: which interface tells which figures of a day.

Of the articles only the family of 2025 is used: the older one answers 47009.  A day that WeChat
says nothing of stays unknown: it is never a day of zero.
(developers.weixin.qq.com/doc/service/api/wedata)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from gmops_desktop.adapters.wechat.calls import WeChat
from gmops_desktop.adapters.wechat.refusals import NOT_READY, WeChatRefused
from gmops_desktop.contract.looks.accounts import AccountDay, Article

Json = Mapping[str, Any]
Figures = dict[str, dict[str, Any]]  # by day: what is told of it, by the fields of `AccountDay`

_DAY: Final = timedelta(days=1)
_MOST: Final = 1e12  # of anything that WeChat counts


@dataclass(frozen=True, slots=True)
class Statistic:
    """An interface: the days it tells at once, the figures it gives, and how they are read.

    Once the first of `gives` is known of a day, the day is closed and never asked for again.
    """

    path: str
    most_days: int
    gives: tuple[str, ...]
    read: Callable[[Iterable[Json]], Figures]


@dataclass(frozen=True, slots=True)
class Told:
    """What an interface told; `late` where the newest day asked for is not ready."""

    figures: Figures
    late: bool


def ask(statistic: Statistic, wechat: WeChat, known: Iterable[AccountDay], newest: date) -> Told:
    """Return the figures of the days up to `newest` that are not `known` yet.

    Where the newest is late, those before it are asked for alone.
    """
    closed = [day.on for day in known if getattr(day, statistic.gives[0]) is not None]
    first = newest - (statistic.most_days - 1) * _DAY
    if closed:
        first = max(first, date.fromisoformat(max(closed)) + _DAY)
    late = False
    for last in (newest, newest - _DAY):
        if last < first:
            break
        try:
            answer = wechat.call(statistic.path, _span(first, last))
        except WeChatRefused as refusal:
            if refusal.code != NOT_READY:
                raise
            late = True
            continue
        figures = {
            day: told
            for day, told in statistic.read(answer["list"]).items()
            if first.isoformat() <= day <= last.isoformat()
        }
        if answer.get("is_delay"):  # then the newest day is not whole
            late = True
            figures.pop(last.isoformat(), None)
        return Told(figures, late)
    return Told({}, late)


def articles(wechat: WeChat, newest: date, days: int) -> tuple[tuple[Article, ...], bool]:
    """Return what was published on the last `days` up to `newest`, newest first, and whether some
    of it is late.

    The rows of one article count from its publication up to their `stat_date`: the newest holds
    the sum (api_getarticletotaldetail).
    """
    found: list[Article] = []
    late = False
    for back in range(days):
        day = newest - back * _DAY
        try:
            answer = wechat.call("/datacube/getarticletotaldetail", _span(day, day))
        except WeChatRefused as refusal:
            if refusal.code != NOT_READY:
                raise
            late = True
            continue
        late = late or bool(answer.get("is_delay"))
        found += [_article(row) for row in answer["list"]]
    return tuple(found), late


def _article(row: Json) -> Article:
    rows: list[Json] = row.get("detail_list") or []
    sums = max(rows, key=lambda one: str(one["stat_date"]), default={})
    share = sums.get("read_finish_rate")
    return Article(
        on=_day(row),
        title=str(row.get("title", "")),
        url=str(row.get("content_url", "")),
        readers=_count(sums.get("read_user")),
        shares=_count(sums.get("share_user")),
        finished=None if share is None else 100 * amount(share),
    )


def _span(first: date, last: date) -> dict[str, str]:
    return {"begin_date": first.isoformat(), "end_date": last.isoformat()}


def _day(row: Json) -> str:
    return date.fromisoformat(str(row["ref_date"])).isoformat()


def count(value: Any) -> int:
    """Return a number of things; what cannot be one raises `ValueError` or `TypeError`."""
    number = amount(value)
    if number != int(number):
        raise ValueError(value)
    return int(number)


def amount(value: Any) -> float:
    """Return a measured value, finite and not below zero; else raise as `count` does."""
    number = float(value)
    if not 0 <= number <= _MOST:
        raise ValueError(value)
    return number


def _count(value: Any) -> int | None:
    return None if value is None else count(value)


def _changes(rows: Iterable[Json]) -> Figures:
    """A row for each way in which people found the account; together they are the day."""
    found: Figures = defaultdict(lambda: {"new": 0, "lost": 0})
    for row in rows:
        day = found[_day(row)]
        day["new"] += count(row["new_user"])
        day["lost"] += count(row["cancel_user"])
    return dict(found)


def _followers(rows: Iterable[Json]) -> Figures:
    return {_day(row): {"followers": count(row["cumulate_user"])} for row in rows}


def _reads(rows: Iterable[Json]) -> Figures:
    return {
        _day(row): {
            "readers": count(row["detail"]["read_user"]),
            "shares": _count(row["detail"].get("share_user")),
            "looking": _count(row["detail"].get("zaikan_user")),
            "likes": _count(row["detail"].get("like_user")),
        }
        for row in rows
    }


def _health(rows: Iterable[Json]) -> Figures:
    found: Figures = {}
    for row in rows:
        calls = count(row["callback_count"])
        found[_day(row)] = {
            "calls": calls,
            "failed": count(row["fail_count"]),
            "mean_ms": amount(row["total_time_cost"]) / calls if calls else None,
            "longest_ms": count(row["max_time_cost"]) if calls else None,
        }
    return found


# By the part of a look (`contract.account_parts`).
STATISTICS: Final[Mapping[str, Statistic]] = {
    "followers": Statistic("/datacube/getusercumulate", 7, ("followers",), _followers),
    "changes": Statistic("/datacube/getusersummary", 7, ("new", "lost"), _changes),
    "reads": Statistic("/datacube/getbizsummary", 30,
                       ("readers", "shares", "looking", "likes"), _reads),
    "health": Statistic("/datacube/getinterfacesummary", 30,
                        ("calls", "failed", "mean_ms", "longest_ms"), _health),
}  # fmt: skip
