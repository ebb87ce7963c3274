"""What a change is to those who ask, and its entries put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.models import ChangeRow
from gmops_desktop.contract.changes import AUDIENCES, ChangeState, Gate, word_of_audience
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.updates import Plan
from gmops_desktop.language import mark, tr

_ACTIONS: Final[dict[str, str]] = {
    "change.queued": mark("Queued"),
    "change.simulated": mark("Simulated again"),
    "change.announced": mark("Announced"),
    "change.cancelled": mark("Cancelled"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """A planned change: its plan, its gates as they stand now, and who was told by what.

    `announced` maps an audience to its evidence; `drift` says what the newest simulation would do
    otherwise than the plan ("-" no more, "+" new); `conflict` that two devices disagree on a field.
    """

    id: str
    number: str
    kind: str
    title: str
    state: ChangeState
    resource_id: str
    plan: Plan
    created_at: datetime
    gates: tuple[Gate, ...]
    announced: Mapping[str, str]
    conflict: bool
    drift: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a change as people read it."""

    at: datetime
    actor: str
    device: str
    action: str
    text: str
    key: str


def announced(row: ChangeRow) -> dict[str, str]:
    """Return the evidence by audience: a field each, so that two devices do not overwrite."""
    said = {name: row.more.get(f"announced_{name}", "") for name in AUDIENCES}
    return {name: evidence for name, evidence in said.items() if evidence}


def step_of(entry: EntryView, device: str) -> Step:
    note = entry.note
    match entry.action:
        case "change.announced":
            text = f"{word_of_audience(note['audience'])}: {note['evidence']}"
        case "change.simulated":
            lines = [str(line) for line in note["drift"]]
            text = "\n".join(lines) or tr("The plan still holds.")
        case "change.cancelled":
            text = str(entry.fields["reason"])
        case _:
            text = str(entry.fields.get("title", ""))
    action = tr(_ACTIONS.get(entry.action, entry.action))
    return Step(entry.at, entry.actor, device, action, text, entry.action)
