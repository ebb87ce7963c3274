"""How times, durations and sizes are written on screen, in the user's language.

Times arrive as aware UTC and are shown in the machine's own zone, or in that of the `told_in`
around it: the hours of a change are Beijing time, as its gates and documents say them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from gmops_desktop.contract.terms import as_told
from gmops_desktop.language import tr

NOTHING = "—"  # stands where there is no value


def stamp(at: datetime) -> str:
    """Return a moment as "2018-11-22 10:24"."""
    return as_told(at).strftime("%Y-%m-%d %H:%M")


def clock(at: datetime) -> str:
    """Return the time of day as "10:24"."""
    return as_told(at).strftime("%H:%M")


def clock_seconds(at: datetime) -> str:
    """Return the time of day as "10:24:05"."""
    return as_told(at).strftime("%H:%M:%S")


def short(at: datetime, now: datetime | None = None) -> str:
    """Return a moment as briefly as it stays plain: "10:24" today, "11-22" this year."""
    here, today = as_told(at), as_told(now or datetime.now(UTC))
    if here.date() == today.date():
        return here.strftime("%H:%M")
    return here.strftime("%m-%d" if here.year == today.year else "%Y-%m-%d")


def span(begin: datetime, end: datetime) -> str:
    """Return from when to when: "17:10–17:40", with dates where it is not one day."""
    first, last = as_told(begin), as_told(end)
    if first.date() == last.date():
        return f"{first:%H:%M}–{last:%H:%M}"
    form = "%m-%d %H:%M" if first.year == last.year else "%Y-%m-%d %H:%M"
    return f"{first.strftime(form)} – {last.strftime(form)}"


def day(on: date) -> str:
    """Return a date as "2018-11-22"."""
    return on.isoformat()


def weekday(on: date) -> str:
    """Return the weekday: "Thu", "星期四"."""
    names = (tr("Mon"), tr("Tue"), tr("Wed"), tr("Thu"), tr("Fri"), tr("Sat"), tr("Sun"))
    return names[on.weekday()]


def month(on: date) -> str:
    """Return the month's name: "Nov", "11 月"."""
    names = (
        tr("Jan"),
        tr("Feb"),
        tr("Mar"),
        tr("Apr"),
        tr("May"),
        tr("Jun"),
        tr("Jul"),
        tr("Aug"),
        tr("Sep"),
        tr("Oct"),
        tr("Nov"),
        tr("Dec"),
    )
    return names[on.month - 1]


def lasting(seconds: float) -> str:
    """Return a duration in its two largest units: "2 d 4 h", "6 min 10 s", "2.8 s"."""
    if seconds < 10:
        return tr("{seconds} s", seconds=f"{max(0.0, seconds):.1f}")
    whole = round(seconds)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return tr("{days} d {hours} h", days=f"{days:,}", hours=hours)
    if hours:
        return tr("{hours} h {minutes} min", hours=hours, minutes=minutes)
    if minutes:
        return tr("{minutes} min {seconds} s", minutes=minutes, seconds=whole % 60)
    return tr("{seconds} s", seconds=whole)


def roughly(seconds: float) -> str:
    """Return a duration in its largest unit alone: "2 d", "4 h", "19 min"."""
    whole = max(0, round(seconds))
    if whole >= 86400:
        return tr("{days} d", days=f"{whole // 86400:,}")
    if whole >= 3600:
        return tr("{hours} h", hours=whole // 3600)
    return tr("{minutes} min", minutes=whole // 60)


def limit(seconds: float) -> str:
    """Return a limit that was set, without its empty parts: "15 min", "4 h", "1 h 30 min"."""
    for unit, text in ((86400, tr("{days} d")), (3600, tr("{hours} h")), (60, tr("{minutes} min"))):
        if seconds >= unit and seconds % unit == 0:
            count = f"{seconds / unit:,.0f}"
            return text.format(days=count, hours=count, minutes=count)
    return lasting(seconds)


def ago(at: datetime, now: datetime | None = None) -> str:
    """Return the age of something seen at `at`: "41 s ago", "19 min ago", "2 h ago", "5 d ago"."""
    seconds = max(0, round(((now or datetime.now(UTC)) - at).total_seconds()))
    if seconds < 60:
        return tr("{count} s ago", count=seconds)
    if seconds < 3600:
        return tr("{count} min ago", count=seconds // 60)
    if seconds < 86400:
        return tr("{count} h ago", count=seconds // 3600)
    return tr("{count} d ago", count=f"{seconds // 86400:,}")


def number(value: float, places: int = 0) -> str:
    """Return a number with thousands set apart by commas."""
    return f"{value:,.{places}f}"


def size(count: float) -> str:
    """Return bytes in the unit that fits: "812 B", "41.2 MB", "6.8 GB" (1 MB = 10^6 bytes)."""
    if count < 1000:
        return f"{count:.0f} B"
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 1000:
            return f"{value:,.1f} {unit}"
    return f"{value / 1000:,.1f} TB"


def megabytes(count: float) -> str:
    """Return bytes in megabytes without the unit, for a column headed "(MB)"."""
    return f"{count / 1_000_000:,.1f}"


def share(value: float) -> str:
    """Return a share between 0 and 1 as per cent: "91.3 %"."""
    return f"{value * 100:.1f} %"


def listed(names: Iterable[str]) -> str:
    """Return names one after the other: "a, b", in Chinese "甲、乙"."""
    return tr(", ", context="between names").join(names)
