"""How the backups of one database stand: the recovery point, what is overdue, what deserves a
ticket.  Pure rules over the plan, the archives and the runs of the schedule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final, Literal

from gmops_desktop.contract.schedules import (
    GRACE,
    Plan,
    Run,
    Taken,
    following,
    newest,
    start_of,
)
from gmops_desktop.language import tr
from gmops_desktop.states import State

Cause = Literal["missed", "failed", "unproved"]

TARGET: Final = timedelta(hours=24)  # the recovery point that was agreed on
_WHILE: Final = timedelta(hours=1)  # a daily backup is there so long after yesterday's turns 24 h
OVERDUE: Final = timedelta(hours=4)  # so long after its time a backup that is not there is missed


@dataclass(frozen=True, slots=True)
class Standing:
    """The light of one database and what it is made of.

    `last_good` is the newest archive not known to be damaged, `last_proved` the newest whose
    digests were recomputed; `next` when the next one begins, `overdue_since` when the one begins
    that is not there.  `reason` is a finished sentence where the state is not ok.
    """

    state: State
    reason: str
    last_good: datetime | None
    last_proved: datetime | None
    next: datetime | None
    overdue_since: datetime | None


def stand(
    plan: Plan | None,
    since: datetime,
    now: datetime,
    runs: Sequence[Run],
    taken: Sequence[Taken],
    zone: tzinfo | None = None,
) -> Standing:
    """Say how one database stands; without a plan only the age of its archives counts."""
    past = sorted((one for one in taken if one.at <= now), key=lambda one: one.at)
    good = [one.at for one in past if one.verified is not False]
    proved = [one.at for one in past if one.verified]
    last_good, last_proved = (times[-1] if times else None for times in (good, proved))
    soon, overdue = None, None
    if plan is not None:
        if (after := following(plan, now, zone)) is not None:
            soon = start_of(plan, after, zone)
        overdue = _overdue(plan, since, now, runs, past, zone)
    state, reason = _judge(past, last_proved, overdue, now, planned=plan is not None)
    return Standing(state, reason, last_good, last_proved, soon, overdue)


def _overdue(
    plan: Plan,
    since: datetime,
    now: datetime,
    runs: Sequence[Run],
    past: Sequence[Taken],
    zone: tzinfo | None,
) -> datetime | None:
    """Return when the newest backup that was due should have begun, where it is not there.

    One that is just being taken, or that a person declined, is not overdue.
    """
    due = newest(plan, now, zone)
    if not plan.enabled or due is None or due <= since <= now:
        return None
    if any(one.at >= due and one.verified is not False for one in past):
        return None
    if any(run.due == due and run.outcome in ("running", "declined") for run in runs):
        return None
    start = start_of(plan, due, zone)
    return start if now - start > GRACE else None


def _judge(
    past: Sequence[Taken],
    last_proved: datetime | None,
    overdue: datetime | None,
    now: datetime,
    *,
    planned: bool,
) -> tuple[State, str]:
    if past and past[-1].verified is False:
        return "critical", tr("The newest archive is damaged.")
    if last_proved is None:
        if past:
            return "warning", tr("No archive is verified yet.")
        if overdue is not None:
            return "critical", tr("There is no backup, and one was due.")
        return "unknown", tr("There is no backup yet.")
    age = now - last_proved
    if age > 2 * TARGET:
        return "critical", tr("The newest verified backup is more than 48 hours old.")
    if overdue is not None:
        return "warning", tr("The backup that was due is not there.")
    if age > (TARGET + _WHILE if planned else TARGET):
        return "warning", tr("The newest verified backup is more than 24 hours old.")
    if past[-1].verified is None:
        return "warning", tr("The newest archive is not verified yet.")
    return ("ok", "") if planned else ("ok", tr("It is backed up by hand only."))


def causes(
    plan: Plan,
    since: datetime,
    now: datetime,
    runs: Sequence[Run],
    taken: Sequence[Taken],
    zone: tzinfo | None = None,
) -> frozenset[Cause] | None:
    """Return what deserves a ticket now; None where it is too early to tell.

    An empty set says that the newest backup that was due is there and proved: all is well again.
    """
    if not plan.enabled or (due := newest(plan, now, zone)) is None or due <= since <= now:
        return None
    if any(due <= one.at <= now and one.verified for one in taken):
        return frozenset()
    mine = [run for run in runs if run.due == due]
    outcomes = {run.outcome for run in mine}
    tried = [run for run in mine if run.outcome in ("failed", "damaged")]
    if "running" in outcomes or "declined" in outcomes:
        return None
    if "unproved" in outcomes:
        return frozenset({"unproved"})
    if "missed" in outcomes:
        return frozenset({"missed"})
    if any(run.hopeless for run in tried) or len(tried) > plan.retries:
        return frozenset({"unproved" if tried[-1].outcome == "damaged" else "failed"})
    if now - start_of(plan, due, zone) > OVERDUE and not tried:
        return frozenset({"missed"})
    return None
