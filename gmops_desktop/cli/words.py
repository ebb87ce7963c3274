"""Figures as a person reads them on a terminal: local times, sizes in powers of ten, durations."""

from __future__ import annotations

from datetime import datetime

from gmops_desktop.language import tr


def moment(at: datetime) -> str:
    """Return a time in this machine's zone, to the minute."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def count(number: int) -> str:
    """Return a count with its thousands set off."""
    return f"{number:,}"


def size(amount: int) -> str:
    """Return a number of bytes in the unit that suits it."""
    value = float(amount)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def duration(seconds: float) -> str:
    """Return a span of time in its two largest units."""
    if seconds < 60:
        return tr("{seconds} s", seconds=f"{seconds:.1f}")
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return tr("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return tr("{hours} h {minutes} min", hours=hours, minutes=minutes)
    days, hours = divmod(hours, 24)
    return tr("{days} d {hours} h", days=days, hours=hours)
