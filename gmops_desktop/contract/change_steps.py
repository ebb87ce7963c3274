"""The entries of a change put into words: who did which step when, and what they said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gmops_desktop.contract.changes import word_of_audience, word_of_way
from gmops_desktop.contract.gates import word_of_gate
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.runs import word_of_run
from gmops_desktop.contract.snapshots import MADE, MAKING, hour
from gmops_desktop.contract.steps import Handed
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.language import mark, tr

_ACTIONS: Final[dict[str, str]] = {
    "change.queued": mark("Queued"),
    "change.linked": mark("Linked"),
    "change.assessed": mark("Assessed"),
    "change.simulated": mark("Simulated again"),
    "change.replanned": mark("Plan changed"),
    "change.windowed": mark("Window set"),
    "change.approved": mark("Plan released"),
    "change.announced": mark("Announced"),
    "change.passed": mark("Gate passed as a special emergency"),
    "change.preparing": mark("Preparation begun"),
    "change.prepared": mark("Prepared"),
    "change.checked_before": mark("Checked before"),
    "change.started": mark("Begun on the server"),
    "change.left": mark("The server does not come back"),
    "change.finished": mark("Ended on the server"),
    "change.checked_after": mark("Checked after"),
    "change.accepted": mark("Differences accepted"),
    "change.retried": mark("To be tried again"),
    "change.confirmed": mark("Confirmed by Party A"),
    "change.handed_over": mark("Handed over"),
    "change.closed": mark("Closed"),
    "change.cancelled": mark("Cancelled"),
    "change.attached": mark("Attached"),
    "change.detached": mark("Attachment removed"),
    "change.cleared": mark("What it left on the server was removed"),
    "change.waved": mark("Part of a wave"),
    "change.snapshotting": mark("Snapshots ordered"),
    "change.snapped": mark("Snapshots made"),
    "change.snapshot_stuck": mark("Snapshots not made"),
    "change.unsnapped": mark("Snapshots deleted"),
    "change.disk_rolling": mark("Disk goes back to its snapshot"),
    "change.rescued": mark("Through the second way"),
    "change.reminded": mark("Party A reminded"),
}
_PURPOSES: Final[dict[str, str]] = {
    "apply": mark("the change"),
    "rollback": mark("the way back"),
    "mend": mark("the repair"),
}
_ROLLED: Final[dict[str, str]] = {
    "sent": mark("the cloud is asked"),
    "taken": mark("the cloud took the order"),
    "seen": mark("the server is off"),
    "rolled": mark("it is being overwritten"),
    "done": mark("it is back at its snapshot"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a change as people read it; `key` is the journal's word for the action.

    `emergency` is the reason of a special emergency.
    """

    at: datetime
    actor: str
    device: str
    action: str
    text: str
    key: str
    emergency: str = ""


def step_of(entry: EntryView, device: str) -> Step:
    """Return the step that `entry` is; `device` is the name of the device that wrote it."""
    said = _SAID.get(entry.action)
    texts = [said(entry) if said else "", str(entry.note.get("text", ""))]
    action = tr(_ACTIONS.get(entry.action, entry.action))
    text = "\n".join(one for one in texts if one)
    emergency = str(entry.note.get("emergency", ""))
    return Step(entry.at, entry.actor, device, action, text, entry.action, emergency)


def word_of_purpose(purpose: str) -> str:
    """Return what a run does, in words."""
    return tr(_PURPOSES.get(purpose, purpose))


def _queued(entry: EntryView) -> str:
    return str(entry.fields.get("title", ""))


def _assessed(entry: EntryView) -> str:
    fields = entry.fields
    said = [str(fields.get("assessed_by", ""))]
    if fields.get("assessed_days"):
        said.append(tr("{days} person-days", days=fields["assessed_days"]))
    if fields.get("downtime_minutes") is not None:
        said.append(tr("stands still for {minutes} min", minutes=fields["downtime_minutes"]))
    lines = [" · ".join(one for one in said if one), fields.get("assessed_text", "")]
    return "\n".join(str(one) for one in (*lines, fields.get("risk", "")) if one)


def _simulated(entry: EntryView) -> str:
    lines = [str(line) for line in entry.note.get("drift", ())]
    said = "\n".join(lines) or tr("The plan still holds.")
    health = entry.fields.get("health")
    return f"{said}\n{health}" if health else said


def _windowed(entry: EntryView) -> str:
    return f"{_stamp(entry.fields['window_from'])} - {_stamp(entry.fields['window_to'])}"


def _announced(entry: EntryView) -> str:
    note = entry.note
    if "audience" not in note:
        return ""
    return f"{word_of_audience(note['audience'])}{tr(': ')}{note['evidence']}"


def _passed(entry: EntryView) -> str:
    return f"{word_of_gate(entry.note['gate'])}{tr(': ')}{entry.note['emergency']}"


def _prepared(entry: EntryView) -> str:
    steps = (entry.fields.get("way_back") or {}).get("steps", ())
    return "\n".join(str(one["text"]) for one in steps)


def _checked(entry: EntryView) -> str:
    name = "checks_before" if entry.action == "change.checked_before" else "checks_after"
    items = (entry.fields.get(name) or {}).get("items", ())
    wrong = [str(one["title"]) for one in items if one["state"] in ("critical", "unknown")]
    said = tr("{count} checks", count=len(items))
    if not wrong:
        return said
    names = tr(", ", context="between names").join(wrong)
    return f"{said}{tr(': ')}{tr('critical or unknown: {names}', names=names)}"


def _started(entry: EntryView) -> str:
    return word_of_purpose(str(entry.note.get("purpose", "")))


def _finished(entry: EntryView) -> str:
    said = [f"{word_of_purpose(entry.note['purpose'])}{tr(': ')}{word_of_run(entry.note['state'])}"]
    return "\n".join([*said, *filter(None, [str(entry.note.get("why", ""))])])


def _left(entry: EntryView) -> str:
    return str(entry.note.get("why", ""))


def _snapshotting(entry: EntryView) -> str:
    said = [one for name, one in entry.fields.items() if name.startswith(MAKING)]
    return "\n".join(
        tr("{server}: {disks}, kept until {until}", server=one["server"],
           disks=", ".join(disk["id"] for disk in one["disks"]), until=_stamp(one["deadline"]))
        for one in said
    )  # fmt: skip


def _snapped(entry: EntryView) -> str:
    made = [one for name, one in entry.fields.items() if name.startswith(MADE)]
    taken = [one for making in made for one in making.get("taken", ())]
    lines = [f"{one['disk']} · {one['id']} · {hour(datetime.fromisoformat(one['at']))}"
             for one in taken]  # fmt: skip
    return "\n".join([*lines, *filter(None, [str(entry.note.get("why", ""))])])


def _unsnapped(entry: EntryView) -> str:
    return ", ".join(entry.note.get("snapshots", ()))


def _rolling(entry: EntryView) -> str:
    note = entry.note
    return f"{note.get('disk', '')}{tr(': ')}{tr(_ROLLED[note['step']])}"


def _reminded(entry: EntryView) -> str:
    note = entry.note
    said = (word_of_way(str(note.get("way", ""))), str(note.get("whom", "")))
    return " · ".join(one for one in said if one)


def _confirmed(entry: EntryView) -> str:
    said = (entry.fields.get("confirmed_by", ""), entry.note.get("channel", ""))
    return " · ".join(str(one) for one in said if one)


def handed_in(entry: EntryView) -> tuple[Handed, ...]:
    """Return what an entry handed over."""
    found: list[dict[str, Any]] = list(entry.note.get("items", ()))
    return tuple(
        Handed(**{str(name): str(value) for name, value in item.items()}) for item in found
    )


def _handed(entry: EntryView) -> str:
    return "\n".join(one.line() for one in handed_in(entry))


def _cancelled(entry: EntryView) -> str:
    return str(entry.fields.get("reason", ""))


_SAID: Final[dict[str, Callable[[EntryView], str]]] = {
    "change.queued": _queued,
    "change.replanned": _queued,
    "change.assessed": _assessed,
    "change.simulated": _simulated,
    "change.windowed": _windowed,
    "change.announced": _announced,
    "change.passed": _passed,
    "change.prepared": _prepared,
    "change.checked_before": _checked,
    "change.checked_after": _checked,
    "change.started": _started,
    "change.finished": _finished,
    "change.left": _left,
    "change.confirmed": _confirmed,
    "change.handed_over": _handed,
    "change.cancelled": _cancelled,
    "change.snapshotting": _snapshotting,
    "change.snapped": _snapped,
    "change.snapshot_stuck": _snapped,
    "change.unsnapped": _unsnapped,
    "change.disk_rolling": _rolling,
    "change.reminded": _reminded,
}


def _stamp(said: Any) -> str:
    return f"{datetime.fromisoformat(said).astimezone(ZONE):%Y-%m-%d %H:%M}"
