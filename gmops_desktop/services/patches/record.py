"""What a change is to those who ask: a frozen record made of its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from db.journal import plain
from db.models import ChangeRow
from gmops_desktop.contract.change_checks import (
    Checks,
    Difference,
    checks_from_dict,
    compare,
)
from gmops_desktop.contract.change_states import (
    Run,
    digest_of_plan,
    emergencies_of,
    runs_of,
    told_of,
)
from gmops_desktop.contract.changes import (
    VERBS,
    Audience,
    ChangeKind,
    ChangeState,
    Verb,
    next_step,
)
from gmops_desktop.contract.gates import Gate
from gmops_desktop.contract.rollbacks import RollbackPlan, RollbackStep, rollback_from_dict
from gmops_desktop.contract.snapshots import Making, last_resort, leading_back, makings_of
from gmops_desktop.contract.updates import Plan, plan_from_dict

_OWN: Final = frozenset(
    {
        *("id", "claimed", "conflicts", "more"),
        *("first_clock", "first_device", "created_at", "updated_at"),
    }
)


@dataclass(frozen=True, slots=True)
class Assessment:
    """The evaluation before the work: what for, at which risk, how long the service stands still.

    `days` are the person-days the project manager expects (2.3-4), None where none were said.
    """

    by: str
    at: datetime
    text: str
    risk: str
    downtime_minutes: int | None
    days: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change: its plan, its gates, and all that was recorded of it.

    `plan` is the kind's own record as JSON values (`updates` for a system patch).  `gates` stand as
    they do now, or, once it was begun, as they stood then.  `announced` maps an audience to the
    evidence that it was told of the window that is set; `drift` says what the newest simulation
    would do otherwise than the plan ("-" no more, "+" new).  `author` made the plan, `approved_by`
    released it ("" where another plan was released).  `before` and `after` are the checks;
    `accepted` is why differences were accepted.  `conflict` says that two devices disagree on a
    field (`conflicts` names them).  `spent_days` were booked at the hand-over; `makings` are the
    orders for snapshots of the server's disks.
    """

    id: str
    number: str
    kind: ChangeKind
    title: str
    state: ChangeState
    resource_id: str
    plan: Mapping[str, Any]
    created_at: datetime
    gates: tuple[Gate, ...]
    announced: Mapping[Audience, str]
    conflict: bool
    conflicts: tuple[str, ...] = ()
    drift: tuple[str, ...] = ()
    reason: str = ""
    ticket_id: str = ""
    author: str = ""
    assessment: Assessment | None = None
    simulated_at: datetime | None = None
    window: tuple[datetime, datetime] | None = None
    approved_by: str = ""
    approved_at: datetime | None = None
    emergencies: Mapping[str, str]
    way_back: RollbackPlan | None = None
    before: Checks | None = None
    after: Checks | None = None
    accepted: str = ""
    runs: tuple[Run, ...] = ()
    applied_at: datetime | None = None
    rolled_back_at: datetime | None = None
    rollback_reason: str = ""
    confirmed_by: str = ""
    confirmed_at: datetime | None = None
    handed_at: datetime | None = None
    handed_run: str = ""  # the run whose work that was
    spent_days: Decimal | None = None
    closed_at: datetime | None = None
    makings: tuple[Making, ...] = ()

    @property
    def last_resort(self) -> RollbackStep | None:
        """The last way back of all, by the snapshots of the disks; None where there are none."""
        begun = [run.began_at for run in self.runs if run.state != "absent"]
        return last_resort(leading_back(self.makings, min(begun, default=None)))

    @property
    def updates(self) -> Plan | None:
        """The plan of a system patch; None for the other kinds."""
        return plan_from_dict(self.plan) if self.kind == "patch" and self.plan else None

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What the checks after differ in from those before, the worst first; none before."""
        return compare(self.before, self.after) if self.before and self.after else ()

    @property
    def running(self) -> Run | None:
        """The run whose end was not seen yet: the newest, where two devices began one each."""
        going = [run for run in self.runs if run.going]
        return going[-1] if going else None

    @property
    def next_step(self) -> str:
        """What is to be done with it now, in a finished sentence."""
        return next_step(self.state)

    @property
    def verbs(self) -> tuple[Verb, ...]:
        """The verbs that may be used in its state; gates are asked besides."""
        return tuple(verb for verb, states in VERBS.items() if self.state in states)

    @property
    def handed(self) -> bool:
        """Whether what stands now was handed over: what was before a rollback no longer counts."""
        begun = [run.id for run in self.runs if run.state != "absent"]
        return bool(begun) and self.handed_run == begun[-1]


def fields_of(row: ChangeRow) -> dict[str, Any]:
    """Return the fields of a row as the journal writes them: JSON values, by their names."""
    columns = {
        column.name: plain(getattr(row, column.name))
        for column in ChangeRow.__table__.columns
        if column.name not in _OWN
    }
    return {**row.more, **columns}


def change_of(row: ChangeRow, gates: tuple[Gate, ...]) -> Change:
    """Return the change of a row; `gates` as they stand."""
    fields = fields_of(row)
    plan = row.plan or {}
    digest = digest_of_plan(plan)
    released = fields.get("approved_plan") == digest
    return Change(
        id=row.id,
        number=row.number,
        kind=kind_of(row),
        title=row.title,
        state=state_in(row),
        resource_id=row.resource_id,
        plan=plan,
        created_at=row.created_at,
        gates=gates,
        announced=told_of(fields),
        conflict=bool(row.conflicts),
        conflicts=tuple(row.conflicts),
        drift=tuple(fields.get("drift") or ()),
        reason=row.reason,
        ticket_id=row.ticket_id,
        author=fields.get("author") or "",
        assessment=_assessment(fields),
        simulated_at=row.simulated_at,
        window=(row.window_from, row.window_to) if row.window_from and row.window_to else None,
        approved_by=(fields.get("approved_by") or "") if released else "",
        approved_at=time_of(fields, "approved_at") if released else None,
        emergencies=emergencies_of(fields),
        way_back=way_back_of(fields),
        before=checks_of(fields, "checks_before"),
        after=checks_of(fields, "checks_after"),
        accepted=fields.get("accepted") or "",
        runs=runs_of(fields),
        applied_at=row.applied_at,
        rolled_back_at=time_of(fields, "rolled_back_at"),
        rollback_reason=fields.get("rollback_reason") or "",
        confirmed_by=row.confirmed_by,
        confirmed_at=time_of(fields, "confirmed_at"),
        handed_at=time_of(fields, "handed_at"),
        handed_run=str(fields.get("handed_run") or ""),
        spent_days=days_of(fields, "spent_days"),
        closed_at=row.closed_at,
        makings=makings_of(fields),
    )


def kind_of(row: ChangeRow) -> ChangeKind:
    """Return the kind of a change; those of older programs are system patches."""
    known: dict[str, ChangeKind] = {"release": "release", "configuration": "configuration"}
    return known.get(row.kind, "patch")


def state_in(row: ChangeRow) -> ChangeState:
    """Return the state in a row, which the projection made (`change_states.state_of`)."""
    state: Any = row.state or "found"
    known: ChangeState = state
    return known


def way_back_of(fields: Mapping[str, Any]) -> RollbackPlan | None:
    """Return the way back that was prepared for the plan that is stored."""
    said = fields.get("way_back")
    if not said or fields.get("prepared_plan") != digest_of_plan(fields.get("plan") or {}):
        return None
    return rollback_from_dict(said)


def checks_of(fields: Mapping[str, Any], name: str) -> Checks | None:
    """Return checks as they were recorded."""
    return checks_from_dict(fields[name]) if fields.get(name) else None


def time_of(fields: Mapping[str, Any], name: str) -> datetime | None:
    """Return a time that stands in the fields."""
    return datetime.fromisoformat(fields[name]) if fields.get(name) else None


def days_of(fields: Mapping[str, Any], name: str) -> Decimal | None:
    """Return person-days that stand in the fields."""
    return Decimal(fields[name]) if fields.get(name) else None


def _assessment(fields: Mapping[str, Any]) -> Assessment | None:
    at = time_of(fields, "assessed_at")
    if at is None:
        return None
    return Assessment(
        fields.get("assessed_by") or "",
        at,
        fields.get("assessed_text") or "",
        fields.get("risk") or "",
        fields.get("downtime_minutes"),
        days_of(fields, "assessed_days"),
    )
