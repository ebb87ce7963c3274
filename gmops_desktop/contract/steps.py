"""The steps of a ticket as people read them: its entries put into words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.tickets import word_of_priority, word_of_state
from gmops_desktop.language import mark, tr

_ACTIONS: Final[dict[str, str]] = {
    "ticket.opened": mark("Registered"),
    "ticket.declined": mark("Declined"),
    "ticket.moved": mark("Moved on"),
    "ticket.noted": mark("Noted"),
    "ticket.assessed": mark("Assessed"),
    "ticket.promised": mark("Promised"),
    "ticket.spent": mark("Person-days spent"),
    "ticket.revised": mark("Revised"),
    "ticket.confirmed": mark("Confirmed by Party A"),
    "ticket.closed": mark("Closed"),
    "ticket.attached": mark("Attached"),
    "ticket.detached": mark("Attachment removed"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a ticket as people read it.

    `action` is the word for what was done, `key` the journal's; `state` the new state, or "".
    """

    at: datetime
    actor: str
    device: str
    action: str
    text: str
    emergency: str
    key: str = ""
    state: str = ""
    waiting_on: str = ""


def step_of(entry: EntryView, device: str) -> Step:
    """Return the step that `entry` is; `device` is the name of the device that wrote it."""
    fields, note = entry.fields, entry.note
    state = fields.get("state", "")
    action = tr(_ACTIONS.get(entry.action, entry.action))
    if entry.action == "ticket.moved":
        action = word_of_state(state)
    texts = [str(note.get("text", ""))]
    if entry.action == "ticket.opened":
        texts.append(str(fields.get("description", "")))
    elif entry.action == "ticket.confirmed":
        texts.insert(0, f"{fields.get('confirmed_by', '')} · {note.get('channel', '')}")
    elif entry.action == "ticket.assessed":
        texts.insert(0, f"{fields.get('assessed_by', '')} · {_days(fields['assessed_days'])}")
    elif entry.action == "ticket.promised":
        until = datetime.fromisoformat(fields["promised_for"]).astimezone()
        texts.insert(0, tr("until {when}", when=f"{until:%Y-%m-%d %H:%M}"))
    elif entry.action == "ticket.spent":
        texts.insert(0, _days(note["person_days"]))
    elif entry.action == "ticket.revised" and "priority" in fields:
        texts.insert(0, tr("Priority: {word}", word=word_of_priority(fields["priority"])))
    texts += [str(item) for item in note.get("evidence", ())]
    return Step(
        at=entry.at,
        actor=entry.actor,
        device=device,
        action=action,
        text="\n".join(text for text in texts if text),
        emergency=str(fields.get("emergency", "")),
        key=entry.action,
        state=str(state),
        waiting_on=str(note.get("waiting_on", "")),
    )


def _days(days: object) -> str:
    return tr("{days} person-days", days=days)
