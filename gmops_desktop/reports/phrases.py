"""Dates, durations and sizes as people read them, in the report's language, in Beijing time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from gmops_desktop.contract.terms import ZONE
from gmops_desktop.language import current, tr, tr_n

_NUMERALS: Final = "一二三四五六七八九"
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_UNITS: Final = ("B", "KB", "MB", "GB", "TB")


def numeral(number: int) -> str:
    """Return 1 to 99 in Chinese numerals: 十四, 二十."""
    tens, ones = divmod(number, 10)
    before = "十" if tens == 1 else f"{_NUMERALS[tens - 1]}十" if tens else ""
    return before + (_NUMERALS[ones - 1] if ones else "")


def numbered(number: int, words: str) -> str:
    """Return the words of a section's head with its number: 一、运行情况 (1. Operation)."""
    return f"{numeral(number)}、{words}" if current() == "zh_CN" else f"{number}. {words}"


def part(number: int, place: int, words: str) -> str:
    """Return the head of a section's part: （一）工单 (3.1 Tickets)."""
    return f"（{numeral(place)}）{words}" if current() == "zh_CN" else f"{number}.{place} {words}"


def day(on: date) -> str:
    """Return 2018 年 4 月 1 日 (1 April 2018)."""
    return tr("{year}-{month:02d}-{day:02d}", year=on.year, month=on.month, day=on.day)


def solemn_day(on: date) -> str:
    """Return 二〇二六年五月六日 (6 May 2026), as a cover bears it (GB/T 9704 takes 〇 for zero)."""
    if current() != "zh_CN":
        return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"
    year = "".join(("〇" + _NUMERALS)[int(digit)] for digit in str(on.year))
    return f"{year}年{numeral(on.month)}月{numeral(on.day)}日"


def span(start: date, end: date) -> str:
    """Return 2018 年 4 月 1 日至 2018 年 4 月 30 日."""
    return tr("{start} to {end}", context="report", start=day(start), end=day(end))


def month(on: date) -> str:
    """Return 2018 年 4 月 (April 2018)."""
    name = on.month if current() == "zh_CN" else _MONTHS[on.month - 1]
    return tr("{month} {year}", year=on.year, month=name)


def moment(at: datetime) -> str:
    """Return 04-07 09:12, for tables in which the year is plain."""
    return f"{at.astimezone(ZONE):%m-%d %H:%M}"


def full_moment(at: datetime) -> str:
    """Return 2018-04-30 18:20."""
    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M}"


def seconds(at: datetime) -> str:
    """Return 04-30 18:20:05, for the steps of a run."""
    return f"{at.astimezone(ZONE):%m-%d %H:%M:%S}"


def duration(seconds: float) -> str:
    """Return the two greatest units: 2 天 4 小时, 36 分; under ten seconds with tenths."""
    if seconds < 9.95:
        return tr("{seconds} s", seconds=f"{seconds:.1f}")
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        both = tr("{days} d {hours} h", days=days, hours=hours)
        return both if hours else tr("{days} d", days=days)
    if hours:
        both = tr("{hours} h {minutes} min", hours=hours, minutes=minutes)
        return both if minutes else tr("{hours} h", hours=hours)
    if minutes:
        both = tr("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
        return both if rest else tr("{minutes} min", minutes=minutes)
    return tr("{seconds} s", seconds=rest)


def size(count: int) -> str:
    """Return bytes in the unit that leaves one to three digits before the point."""
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def sentences(*said: str) -> str:
    """Return sentences one after the other: Chinese ones without a blank between."""
    return ("" if current() == "zh_CN" else " ").join(one for one in said if one)


def times(count: int) -> str:
    """Return 3 次 (3 times)."""
    return tr_n("once", "{count} times", count)


def per_cent(part: float) -> str:
    """Return a share (0 to 1) in per cent; never 100 where anything was missing."""
    shown = f"{part * 100:.2f}"
    return "99.99" if shown == "100.00" and part < 1 else shown.removesuffix(".00")
