"""The way back of a change, known before the change begins: its steps, what they cost and lose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from gmops_desktop.language import tr


@dataclass(frozen=True, slots=True)
class RollbackStep:
    """One step back; texts are finished sentences.

    `why_not` says why this step cannot be done ("" if it can); `loses` what is lost by it (data
    written since), `costs` what must be paid or how long the service stands still.
    """

    key: str
    text: str
    loses: str = ""
    costs: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """The steps in their order.  It is whole when none of them is impossible."""

    at: datetime
    steps: tuple[RollbackStep, ...]

    @property
    def why_not(self) -> str:
        """Why the change could not be taken back, or ""."""
        if not self.steps:
            return tr("There is no way back.")
        return "\n".join(step.why_not for step in self.steps if step.why_not)


def rollback_to_dict(plan: RollbackPlan) -> dict[str, Any]:
    """Return the plan as plain JSON values."""
    return {"at": plan.at.isoformat(), "steps": [asdict(step) for step in plan.steps]}


def rollback_from_dict(values: Mapping[str, Any]) -> RollbackPlan:
    """Return the plan `rollback_to_dict` was given."""
    steps = tuple(RollbackStep(**step) for step in values["steps"])
    return RollbackPlan(datetime.fromisoformat(values["at"]), steps)
