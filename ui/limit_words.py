"""Limits of clocks in words, read and written: durations, working hours, what a change came to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import time
from typing import Final

from gmops_desktop.contract.clocks import word_of_clock
from gmops_desktop.contract.hours import Hours
from gmops_desktop.contract.targets import BoundKey, Rule, Targets
from gmops_desktop.contract.tickets import (
    IMPACTS,
    KINDS,
    PRIORITIES,
    TicketKind,
    word_of_impact,
    word_of_kind,
    word_of_pause,
    word_of_priority,
)
from gmops_desktop.language import tr
from ui import words

_UNITS: Final = {
    "s": 1, "秒": 1,
    "min": 60, "m": 60, "分": 60, "分钟": 60,
    "h": 3600, "时": 3600, "小时": 3600,
    "d": 86400, "天": 86400, "日": 86400,
}  # fmt: skip
_DURATION: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+|[\u4e00-\u9fff]+)\s*", re.IGNORECASE)
_WINDOW: Final = re.compile(r"\s*(\d{1,2}[:：]\d\d)\s*[-–~至]\s*(\d{1,2}[:：]\d\d)\s*")


def written(seconds: float | None) -> str:
    """Return a limit as one types it, "" for none: "15 min", "35 h", "2 d"."""
    if not seconds:
        return ""
    units = ((86400, tr("{days} d")), (3600, tr("{hours} h")), (60, tr("{minutes} min")))
    for unit, text in (*units, (1, tr("{seconds} s"))):
        if seconds % unit == 0:
            count = f"{seconds / unit:.0f}"
            return text.format(days=count, hours=count, minutes=count, seconds=count)
    return tr("{seconds} s", seconds=seconds)


def seconds_in(text: str) -> float | None:
    """Return the seconds of "15 min", "1 h 30 min", "2 天"; None for nothing, `ValueError` for what
    is no duration."""
    if not text.strip():
        return None
    total, at = 0.0, 0
    while at < len(text):
        found = _DURATION.match(text, at)
        unit = _UNITS.get(found[2].lower()) if found else None
        if found is None or unit is None:
            raise ValueError(text)
        total, at = total + float(found[1]) * unit, found.end()
    if total <= 0:
        raise ValueError(text)
    return total


def written_hours(hours: Hours) -> str:
    """Return working hours as one types them: "09:00-12:00, 14:00-18:00"."""
    return ", ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in hours.windows)


def hours_in(text: str) -> Hours:
    """Return the working hours in a text; raise `ValueError` for what names none, or overlaps."""
    found = [_WINDOW.fullmatch(part) for part in re.split("[,，、;；]", text)]
    return Hours(tuple((_time(one[1]), _time(one[2])) for one in _all_of(found, text)))


def word_of_rule(clock: BoundKey, kinds: Iterable[TicketKind]) -> str:
    """Return which clock of which tickets a rule is about."""
    wanted = set(kinds)
    named = words.listed(word_of_kind(kind) for kind in KINDS if kind in wanted)
    return tr("{clock} · {kinds}", clock=word_of_clock(clock), kinds=named or tr("all kinds"))


def differences(before: Targets, after: Targets) -> list[str]:
    """Return what is different between two sets of limits, one phrase each."""
    found = list(_rules(before, after))
    for pause in sorted(before.pauses ^ after.pauses):
        word = word_of_pause(pause)
        found.append(
            tr("{pause}: stops the clocks", pause=word)
            if pause in after.pauses
            else tr("{pause}: no longer stops the clocks", pause=word)
        )
    if before.hours != after.hours:
        hours = tuple(written_hours(one.hours) or words.NOTHING for one in (before, after))
        found.append(_changed(tr("Working hours"), *hours))
    if before.warn_at != after.warn_at:
        shares = tuple(f"{one.warn_at:.0%}" for one in (before, after))
        found.append(_changed(tr("Reminder at"), *shares))
    for impact in IMPACTS:
        for urgency in PRIORITIES:
            old, new = before.matrix[impact][urgency], after.matrix[impact][urgency]
            if old != new:
                what = f"{word_of_impact(impact)} × {word_of_priority(urgency)}"
                found.append(_changed(what, word_of_priority(old), word_of_priority(new)))
    return found


def _rules(before: Targets, after: Targets) -> Iterator[str]:
    old, new = ({(one.clock, one.kinds): one for one in said.rules} for said in (before, after))
    for key in [*old, *(key for key in new if key not in old)]:
        word = word_of_rule(*key)
        if key not in new:
            yield tr("{rule}: removed", rule=word)
        elif key not in old or old[key] != new[key]:
            yield _changed(word, _limits(old.get(key)), _limits(new[key]))


def _limits(rule: Rule | None) -> str:
    if rule is None:
        return words.NOTHING
    limits = " / ".join(written(rule.seconds.get(one)) or words.NOTHING for one in PRIORITIES)
    return f"{limits} *" if rule.working_hours else limits


def _changed(what: str, before: str, after: str) -> str:
    return f"{what}{tr(': ')}{before} → {after}"


def _time(text: str) -> time:
    hours, minutes = text.replace("：", ":").split(":")
    return time(int(hours), int(minutes))


def _all_of(found: list[re.Match[str] | None], text: str) -> Iterator[re.Match[str]]:
    for one in found:
        if one is None:
            raise ValueError(text)
        yield one
