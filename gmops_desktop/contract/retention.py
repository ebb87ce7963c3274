"""Which archives are kept: the newest, one a day, one a week, one a month.  Pure rules.

Only what can go is ever named: the newest proved archive stays, what an undo needs stays, and
what is not ours to judge stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final, Literal, Self

from gmops_desktop.language import mark, tr

Reason = Literal[
    "last", "daily", "weekly", "monthly", "last_proved", "undo", "safety_fresh", "damaged_fresh",
    "future", "not_ours", "superseded", "safety_old", "damaged_old",
]  # fmt: skip

DAMAGED_DAYS: Final = 7  # so long a damaged file stays, for whoever wants to see why

_WORDS: Final[dict[Reason, str]] = {
    "last": mark("one of the newest"),
    "daily": mark("the newest of its day"),
    "weekly": mark("the newest of its week"),
    "monthly": mark("the newest of its month"),
    "last_proved": mark("the newest that is proved"),
    "undo": mark("an undo needs it"),
    "safety_fresh": mark("a safety copy that is still fresh"),
    "damaged_fresh": mark("damaged, kept for a look"),
    "future": mark("its time lies in the future: the clock was changed"),
    "not_ours": mark("not ours to remove"),
    "superseded": mark("newer ones stand for its day, week and month"),
    "safety_old": mark("a safety copy whose undo is out of date"),
    "damaged_old": mark("damaged, and a newer one is proved"),
}


def word_of_reason(reason: Reason) -> str:
    """Return why an archive is kept or may go."""
    return tr(_WORDS[reason])


@dataclass(frozen=True, slots=True)
class Keep:
    """How many archives are kept; nothing is removed while `enabled` is off.

    Safety copies have their own rule: `safety_days`, and as long as an undo needs them.
    """

    enabled: bool = False
    last: int = 3
    daily: int = 30
    weekly: int = 0
    monthly: int = 12
    safety_days: int = 30

    def faults(self) -> Iterator[str]:
        """Yield what makes no sense."""
        if self.last < 1:
            yield tr("at least the newest archive is kept")
        if any(not 0 <= count <= 10_000 for count in self._counts()):
            yield tr("a number of archives to keep is below zero, or is no number")

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def from_dict(cls, values: object) -> Self:
        """Return what `to_dict` gave; `TypeError` where it is broken."""
        if not isinstance(values, Mapping):
            raise TypeError(f"{values!r}")
        known = {one.name: values[one.name] for one in fields(cls) if one.name in values}
        for name, value in known.items():
            if type(value) is not (bool if name == "enabled" else int):
                raise TypeError(f"{name}: {value!r}")
        return cls(**known)

    def _counts(self) -> tuple[int, ...]:
        return (self.last, self.daily, self.weekly, self.monthly, self.safety_days)


@dataclass(frozen=True, slots=True)
class Copy:
    """An archive of one database, as the rules see it.

    `proved` is None where nobody looked.  `undo`: a restore may yet be undone with it.  `ours` is
    off for a file that was put elsewhere, or is not the one on record.
    """

    id: str
    at: datetime
    proved: bool | None
    safety: bool = False
    undo: bool = False
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an archive stays, and why."""

    id: str
    keep: bool
    reasons: tuple[Reason, ...]


def judge(
    copies: Sequence[Copy], keep: Keep, now: datetime, zone: tzinfo | None = None
) -> tuple[Judgement, ...]:
    """Judge all archives of one database, newest first.

    Of a day, a week or a month the newest proved archive stands for it, an unproved one only where
    none is proved; damaged ones stand for nothing.  Days are those of the wall clock in `zone`
    (None: this machine's own), weeks begin on Monday.
    """
    ordered = sorted(copies, key=lambda one: (one.at, one.id), reverse=True)
    present = [one for one in ordered if one.at <= now]
    usable = [one for one in present if not one.safety and one.proved is not False]
    reasons: dict[str, list[Reason]] = {one.id: [] for one in ordered}
    for one in usable[: keep.last]:
        reasons[one.id].append("last")
    periods: tuple[tuple[Reason, int, Callable[[datetime], object]], ...] = (
        ("daily", keep.daily, lambda at: at.date()),
        ("weekly", keep.weekly, lambda at: at.isocalendar()[:2]),
        ("monthly", keep.monthly, lambda at: (at.year, at.month)),
    )
    for reason, count, period in periods:
        for chosen in _newest_of_each(usable, count, period, zone):
            reasons[chosen.id].append(reason)
    proved = next((one for one in usable if one.proved), None)
    if proved is not None:
        reasons[proved.id].append("last_proved")
    for one in ordered:
        reasons[one.id] += _stays(one, keep, now, proved)
    return tuple(
        Judgement(one.id, bool(reasons[one.id]), tuple(reasons[one.id]) or (_goes(one),))
        for one in ordered
    )


def _newest_of_each(
    usable: Sequence[Copy],
    count: int,
    period: Callable[[datetime], object],
    zone: tzinfo | None,
) -> list[Copy]:
    """Return what stands for each of the newest `count` periods that have archives."""
    standing: dict[object, Copy] = {}
    for one in usable:
        key = period(one.at.astimezone(zone))
        if key not in standing:
            if len(standing) == count:
                break
            standing[key] = one
        elif one.proved and not standing[key].proved:
            standing[key] = one
    return list(standing.values())


def _stays(one: Copy, keep: Keep, now: datetime, proved: Copy | None) -> Iterator[Reason]:
    if one.at > now:
        yield "future"
    if one.undo:
        yield "undo"
    if not one.ours:
        yield "not_ours"
    if one.safety and now - one.at < timedelta(days=keep.safety_days):
        yield "safety_fresh"
    newer = proved is not None and proved.at > one.at
    looked_at = now - one.at >= timedelta(days=DAMAGED_DAYS)
    if not one.safety and one.proved is False and not (newer and looked_at):
        yield "damaged_fresh"


def _goes(one: Copy) -> Reason:
    if one.safety:
        return "safety_old"
    return "damaged_old" if one.proved is False else "superseded"


# ---------------------------------------------------------------- how long the disk lasts


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the disk is headed for: bytes of one new archive, how much each day's grows, and the
    day it is full (None: not within `days`)."""

    archive_bytes: int
    growth_per_day: float
    full_on: datetime | None
    days: int


def forecast(
    sizes: Sequence[tuple[datetime, int]],
    keep: Keep,
    per_day: float,
    free: int,
    now: datetime,
    *,
    days: int = 730,
    zone: tzinfo | None = None,
) -> Forecast | None:
    """Say how long `free` bytes last, day by day, under the retention in force.

    `sizes` are the kept archives, (when, bytes); `per_day` how many more come each day.  None
    where nothing was backed up yet.
    """
    if not sizes:
        return None
    ordered = sorted(sizes)
    newest, growth = ordered[-1][1], _growth(ordered)
    held = {str(place): (at, size) for place, (at, size) in enumerate(ordered)}
    begun = total = sum(size for _, size in ordered)
    owed = 0.0
    for ahead in range(1, days + 1):
        at = now + timedelta(days=ahead)
        owed += per_day
        size = max(0, round(newest + growth * ahead))
        whole = int(owed)
        for number in range(whole):
            key = f"{ahead}/{number}"
            held[key] = (at - timedelta(seconds=whole - number), size)
            total += size
        owed -= whole
        if total - begun > free:
            return Forecast(newest, growth, at, days)
        if keep.enabled and whole:
            copies = [Copy(key, when, True) for key, (when, _) in held.items()]
            for judged in judge(copies, keep, at, zone):
                if not judged.keep:
                    total -= held.pop(judged.id)[1]
    return Forecast(newest, growth, None, days)


def _growth(ordered: Sequence[tuple[datetime, int]]) -> float:
    """Return by how many bytes a day archives grow: the slope through the last 30 days' sizes,
    and never less than none (a shrinking table is no promise)."""
    last = ordered[-1][0]
    points = [
        ((at - last).total_seconds() / 86400, size)
        for at, size in ordered
        if last - at <= timedelta(days=30)
    ]
    middle = sum(x for x, _ in points) / len(points)
    level = sum(y for _, y in points) / len(points)
    spread = sum((x - middle) ** 2 for x, _ in points)
    if spread < 0.25:  # all within hours: no trend can be told
        return 0.0
    return max(0.0, sum((x - middle) * (y - level) for x, y in points) / spread)
