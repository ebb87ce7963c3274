"""When people are reminded of what runs out, and in which words: each thing has one ticket, which
is told of every step on the way and grows more pressing."""

from __future__ import annotations

from typing import Final

from gmops_desktop.contract.expiry import GENTLE, Expiry, ExpiryKind, word_of_source
from gmops_desktop.contract.tickets import Priority
from gmops_desktop.contract.troubles import Trouble, limit_key
from gmops_desktop.language import tr, tr_n

REMINDERS: Final = (60, 30, 14, 7, 3, 1)  # days before it runs out
OVER: Final = 0  # the last step: it has run out

_PRIORITIES: Final[dict[int, Priority]] = {60: 4, 30: 3, 14: 3, 7: 2, 3: 2, 1: 1, OVER: 1}
_LEAST: Final[Priority] = 3  # of a key, however late
_LATEST: Final = 3  # days before, of what renews itself: by then it should have
_LAST_PART: Final = 3  # what is issued for 90 days is renewed in its last third: no news before
_LONG_OVER: Final = 30  # days after which a contract that ended is history
_OCCURRENCE: Final = "expiry/"
# What a look judges by a limit as well, by its finding: both go into one ticket.
_LIMITS: Final[dict[ExpiryKind, str]] = {"tls": "tls_days", "verification": "review_days"}


def step_of(expiry: Expiry) -> int | None:
    """Return the step of the ladder that is reached; None where it is too early for any.

    Whoever did not look for weeks is reminded once, of the step that is reached by then.
    """
    days, thing = expiry.days, expiry.thing
    if days is None or (thing.kind == "contract" and days < -_LONG_OVER):
        return None
    if days < 0:
        return OVER
    first: float = _LATEST if thing.renews else max(REMINDERS)
    if thing.life is not None:
        first = min(first, thing.life / _LAST_PART)
    return min((step for step in REMINDERS if days <= step <= first), default=None)


def trouble_key(expiry: Expiry) -> str:
    """Return the key of its ticket: of what a look judges by a limit, the one the limit has."""
    thing = expiry.thing
    if thing.resource_id and thing.kind in _LIMITS:
        return limit_key(_LIMITS[thing.kind], thing.resource_id)
    return ":".join(filter(None, (f"expiry.{thing.key}", thing.owner)))


def trouble_of(expiry: Expiry) -> Trouble | None:
    """Return what to write down about it now; None where it is too early."""
    step = step_of(expiry)
    if step is None:
        return None
    priority = _PRIORITIES[step]
    if expiry.thing.kind in GENTLE:
        priority = max(priority, _LEAST)
    return Trouble(
        trouble_key(expiry),
        tr("{name} runs out on {day}", name=expiry.name, day=expiry.on),
        told(expiry),
        resource_id=expiry.thing.resource_id,
        evidence=evidence_of(expiry),
        occurrence=f"{_OCCURRENCE}{expiry.on}/{step}",
        priority=priority,
        presses=True,
    )


def told(expiry: Expiry) -> str:
    """Return in a sentence how long a thing lasts."""
    name, day, days = expiry.name, expiry.on, expiry.days
    if days is None:
        return ""
    if days < 0:
        return tr_n(
            "{name} ran out on {day}, yesterday.",
            "{name} ran out on {day}, {count} days ago.",
            -days, name=name, day=day,
        )  # fmt: skip
    if not days:
        return tr("{name} runs out today.", name=name)
    return tr_n(
        "{name} runs out tomorrow, on {day}.",
        "{name} runs out in {count} days, on {day}.",
        days, name=name, day=day,
    )  # fmt: skip


def renewed(expiry: Expiry) -> str:
    """Return what is noted when a thing lasts again."""
    if expiry.on is None:
        return tr("{name} does not run out: {who}.", name=expiry.name, who=expiry.source)
    return tr(
        "{name} lasts until {day} now: {who}.",
        name=expiry.name, day=expiry.on, who=expiry.source,
    )  # fmt: skip


def evidence_of(expiry: Expiry) -> tuple[str, ...]:
    """Return who says so, a line each."""
    lines = []
    for one in expiry.said:
        who = word_of_source(one.source)
        learnt = tr("learnt {at}", at=f"{one.at.astimezone():%Y-%m-%d %H:%M}") if one.at else ""
        lines.append(" · ".join(filter(None, (f"{who}{tr(': ')}{one.on}", one.detail, learnt))))
    return tuple(lines)


def is_reminder(occurrence: str) -> bool:
    """Return whether an entry's occurrence (`troubles.named`) is one of these reminders."""
    return f"@{_OCCURRENCE}" in occurrence
