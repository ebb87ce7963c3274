"""When a database is to be drilled, and how it stands: pure rules over the drills there were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Self

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.states import State

Outcome = Literal["proved", "disproved", "failed"]
Cause = Literal["overdue", "disproved"]

MONTH: Final = 30  # days between two drills, unless somebody chose otherwise
GRACE: Final = timedelta(days=3)  # so long after its time a drill that is not there is overdue
_AGAIN: Final = timedelta(hours=20)  # after an attempt that could not be carried out


@dataclass(frozen=True, slots=True)
class DrillPlan:
    """How often a database is drilled by itself."""

    enabled: bool = True
    every_days: int = MONTH

    def checked(self) -> Self:
        """Return it; raise `OpsError` where it makes no sense."""
        if not 1 <= self.every_days <= 366:
            raise OpsError(
                tr("A drill every {days} days makes no sense.", days=self.every_days),
                hint=tr("Choose 1 to 366 days; a month is usual."),
            )
        return self

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read what `to_dict` gave; a newer version's fields are not ours to judge."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


@dataclass(frozen=True, slots=True)
class Done:
    """A drill there was: "failed" is one that could not be carried out and proved nothing."""

    at: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class DrillStanding:
    """The light of one database's drills; `reason` is a finished sentence where it is not ok."""

    state: State
    reason: str
    last_proved: datetime | None
    next: datetime | None
    overdue: bool


def due(plan: DrillPlan, since: datetime, now: datetime, drills: Sequence[Done]) -> bool:
    """Say whether a drill is to be run now; `since` is when the plan was made."""
    if not plan.enabled or now < _next(plan, since, drills):
        return False
    return all(now - one.at >= _AGAIN for one in drills if one.at <= now)


def stand(
    plan: DrillPlan | None, since: datetime, now: datetime, drills: Sequence[Done]
) -> DrillStanding:
    """Say how one database stands.  A drill of the future (a clock set back) counts as none."""
    past = sorted((one for one in drills if one.at <= now), key=lambda one: one.at)
    judged = [one for one in past if one.outcome != "failed"]
    proved = [one.at for one in judged if one.outcome == "proved"]
    last = proved[-1] if proved else None
    planned = plan is not None and plan.enabled
    coming = _next(plan, since, past) if plan is not None and planned else None
    overdue = coming is not None and now - coming > GRACE
    state, reason = _judge(judged, last, overdue, now, planned=planned)
    return DrillStanding(state, reason, last, coming, overdue)


def causes(standing: DrillStanding, drills: Sequence[Done]) -> frozenset[Cause]:
    """Return what deserves a ticket now."""
    judged = sorted((one for one in drills if one.outcome != "failed"), key=lambda one: one.at)
    found = set[Cause]()
    if judged and judged[-1].outcome == "disproved":
        found.add("disproved")
    if standing.overdue:
        found.add("overdue")
    return frozenset(found)


def _next(plan: DrillPlan, since: datetime, drills: Sequence[Done]) -> datetime:
    """Return when the next drill is due: so long after the last that judged; else at once."""
    judged = [one.at for one in drills if one.outcome != "failed"]
    return max(judged) + timedelta(days=plan.every_days) if judged else since


def _judge(
    judged: Sequence[Done], last: datetime | None, overdue: bool, now: datetime, *, planned: bool
) -> tuple[State, str]:
    if judged and judged[-1].outcome == "disproved":
        return "critical", tr("The last drill disproved a backup.")
    if overdue:
        return "warning", tr("The drill that was due is not there.")
    if last is None:
        return "unknown", tr("No backup has been drilled yet.")
    if now - last > timedelta(days=MONTH) + GRACE:
        return "warning", tr("The last proved drill is more than a month old.")
    return "ok", "" if planned else tr("It is drilled by hand only.")
