"""Where a change stands, as it follows from what was recorded of it.

Two devices may each record a part (one audience told here, two there; cancelled here, begun there)
and meet later.  So the state is never the last one that somebody wrote, but a function of all
fields, and what happened on a server outweighs what was meant to.  Every run has fields of its own
(`run_ID`, `ended_ID`), so that no device's run hides another's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

from gmops_desktop.contract.changes import AUDIENCES, Audience, ChangeState
from gmops_desktop.contract.record import canonical
from gmops_desktop.contract.runs import RunPurpose, RunState

RUN: Final = "run_"
ENDED_RUN: Final = "ended_"
LEFT_RUN: Final = "left_"
EMERGENCY: Final = "emergency_"
_EVALUATED: Final = frozenset({"release", "configuration"})  # changes of the application (2.3-4)


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was begun for a change, by the record: `state` is "unknown" until its end was
    seen.  `began_at` is this side's clock, `ended_at` the server's time since then added to it.

    `left` says why a server that was to restart could not be asked any more ("" if it could).
    `way` is "disks" for one in which the cloud puts the disks back to the snapshots of `making`,
    and else "".  `log_digest` is the SHA-256 of the whole log ("" where nobody read all of it),
    `tail` its last lines.
    """

    id: str
    purpose: RunPurpose
    began_at: datetime
    by: str
    state: RunState = "unknown"
    why: str = ""
    status: int | None = None
    ended_at: datetime | None = None
    log_bytes: int = 0
    log_digest: str = ""
    tail: str = ""
    outcome: Mapping[str, str] | None = None
    steps: tuple[Mapping[str, Any], ...] = ()
    restarted: bool | None = None
    left: str = ""
    way: str = ""
    making: str = ""

    @property
    def going(self) -> bool:
        """Whether its end was not seen yet."""
        return self.state in ("unknown", "running")


def runs_of(fields: Mapping[str, Any]) -> tuple[Run, ...]:
    """Return the runs of a change, the oldest first: by how many its device knew of before it, for
    clocks may be wrong."""
    found: list[tuple[int, Run]] = []
    for name, said in fields.items():
        if not name.startswith(RUN) or not isinstance(said, Mapping):
            continue
        identity = name.removeprefix(RUN)
        end = fields.get(ENDED_RUN + identity) or {}
        ended_at = end.get("ended_at")
        run = Run(
            identity,
            said["purpose"],
            datetime.fromisoformat(said["at"]),
            str(said.get("by", "")),
            end.get("state", "unknown"),
            str(end.get("why", "")),
            end.get("status"),
            datetime.fromisoformat(ended_at) if ended_at else None,
            int(end.get("log_bytes", 0)),
            str(end.get("log_digest", "")),
            str(end.get("tail", "")),
            end.get("outcome"),
            tuple(end.get("steps", ())),
            end.get("restarted"),
            "" if end else str(fields.get(LEFT_RUN + identity) or ""),
            str(said.get("way", "")),
            str(said.get("making", "")),
        )
        found.append((int(said.get("place", 0)), run))
    found.sort(key=lambda one: (one[0], one[1].began_at, one[1].id))
    return tuple(run for _, run in found)


def begun(fields: Mapping[str, Any]) -> tuple[Run, ...]:
    """Return the runs of a change that reached its server, the oldest first."""
    return tuple(run for run in runs_of(fields) if run.state != "absent")


def digest_of_plan(plan: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a stored plan: what was approved, prepared and simulated names it."""
    return hashlib.sha256(canonical(dict(plan)).encode()).hexdigest()


def window_of(fields: Mapping[str, Any]) -> str:
    """Return the window that is set, as notices name it; "" where none is."""
    begin, end = fields.get("window_from"), fields.get("window_to")
    return f"{_stamp(begin)}/{_stamp(end)}" if begin and end else ""


def told_of(fields: Mapping[str, Any]) -> dict[Audience, str]:
    """Return, by audience, the evidence that it was told of the window that is set now."""
    window = window_of(fields)
    return {
        one: str(fields[f"announced_{one}"])
        for one in AUDIENCES
        if window
        and fields.get(f"announced_{one}")
        and fields.get(f"announced_{one}_for") == window
    }


def emergencies_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return the reasons for which gates were passed, by gate."""
    return {
        name.removeprefix(EMERGENCY): str(reason)
        for name, reason in fields.items()
        if name.startswith(EMERGENCY) and reason
    }


def state_of(fields: Mapping[str, Any]) -> ChangeState:
    """Return where a change stands.

    One without a plan was recorded by hand, or by a program older than the plans: it stands where
    that said.
    """
    plan = fields.get("plan")
    if not plan:
        return cast(ChangeState, fields.get("state") or "found")
    runs = begun(fields)
    going = [run for run in runs if run.going]
    if going:
        back = any(run.purpose == "rollback" for run in going)
        return "rolling_back" if back else "applying"
    if runs and fields.get("again") != runs[-1].id:
        return _after(fields, runs[-1])
    if fields.get("closed_at"):
        return "cancelled"
    return _before(fields, digest_of_plan(plan))


def _after(fields: Mapping[str, Any], last: Run) -> ChangeState:
    if fields.get("confirmed_run") == last.id:
        handed = fields.get("handed_run") == last.id
        return "closed" if handed and fields.get("closed_at") else "handover"
    fine = fields.get("checked_run") == last.id and fields.get("checks_held") is True
    if last.state != "done":
        return "postcheck"
    if fine:
        return "awaiting_confirmation"
    return "rolled_back" if last.purpose == "rollback" else "postcheck"


def _before(fields: Mapping[str, Any], plan: str) -> ChangeState:
    passed = emergencies_of(fields)
    evaluated = fields.get("assessed_at") or "assessed" in passed
    if fields.get("kind") in _EVALUATED and not evaluated:
        return "found"
    played = fields.get("simulated_at") and fields.get("plan_unchanged") is True
    if not played or fields.get("simulated_plan", plan) != plan:
        return "assessed"
    if not window_of(fields) and "window" not in passed:
        return "simulated"
    told = told_of(fields)
    if any(one not in told and f"notice_{one}" not in passed for one in AUDIENCES):
        return "awaiting_notice"
    if fields.get("prepared_plan") == plan:
        return "precheck"
    return "backup" if fields.get("preparing_plan") == plan else "awaiting_window"


def _stamp(said: str) -> str:
    return datetime.fromisoformat(said).astimezone(UTC).isoformat(timespec="milliseconds")
