"""What was recorded in the ledgers, and corrected: who, when, what stood there before, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from gmops_desktop.contract.record import EntryView
from gmops_desktop.language import mark, tr

_FIELDS: Final[dict[str, str]] = {
    "on": mark("day"),
    "title": mark("subject"),
    "people": mark("people"),
    "by": mark("given by"),
    "paper": mark("paper"),
    "ticket": mark("ticket"),
    "text": mark("note"),
    "hours": mark("hours"),
    "until": mark("holds until"),
}


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One entry about a line of a ledger: `line` is its subject, or the ticket's number, and
    `correction` says whether it changed what stood there."""

    id: str
    at: datetime
    actor: str
    line: str
    text: str
    correction: bool


def record_history(entries: Iterable[EntryView]) -> tuple[LedgerEntry, ...]:
    """Return what the entries of one line of a register tell, the oldest first."""
    found: list[LedgerEntry] = []
    there: dict[str, Any] = {}
    for entry in sorted(entries, key=lambda one: one.order):
        text = _told(entry, there)
        there |= entry.fields
        correction = entry.action in ("register.amended", "register.struck")
        if text:
            line = str(there.get("title", ""))
            found.append(LedgerEntry(entry.id, entry.at, entry.actor, line, text, correction))
    return tuple(found)


def days_history(
    number: str, entries: Iterable[EntryView], agreed: Iterable[EntryView]
) -> tuple[LedgerEntry, ...]:
    """Return what was estimated, agreed to, booked and taken back on a ticket, the oldest first;
    `entries` are its own, `agreed` those of its consent (kind "days")."""
    found = []
    estimated = False
    for entry in sorted([*entries, *agreed], key=lambda one: one.order):
        said, note, correction = entry.fields, entry.note, False
        if said.get("assessed_days") is not None:
            text = tr("Estimated at {days} days by {name}",
                      days=said["assessed_days"], name=said.get("assessed_by") or "—")  # fmt: skip
            estimated, correction = True, estimated
        elif entry.action == "days.agreed":
            text = tr("Agreed to {days} days by {name} ({channel})", days=said["agreed_days"],
                      name=said["agreed_by"], channel=said["channel"])  # fmt: skip
        elif entry.action == "days.withdrawn":
            text, correction = tr("Consent withdrawn"), True
        elif entry.action == "ticket.spent" and "person_days" in note:
            days = Decimal(note["person_days"])
            correction = days < 0
            text = (
                tr("{days} days taken back", days=-days)
                if correction
                else tr("{days} days booked", days=days)
            )
        else:
            continue
        found.append(
            LedgerEntry(
                entry.id, entry.at, entry.actor, number, _with(text, note.get("text")), correction
            )
        )
    return tuple(found)


def _told(entry: EntryView, before: Mapping[str, Any]) -> str:
    """Return what an entry of a register says, in words; "" for what concerns nobody."""
    fields, note = entry.fields, entry.note
    names = [str(one["name"]) for one in note.get("attachments", ())]
    match entry.action:
        case "register.added":
            return tr("Added")
        case "register.completed":
            return _changes(fields, before)
        case "register.amended":
            return _with(_changes(fields, before), note.get("text"))
        case "register.struck":
            return _with(tr("Struck out"), note.get("text"))
        case "register.attached":
            return tr("Attached: {names}", names=tr(", ", context="between names").join(names))
        case "register.detached":
            return _with(tr("Attachment removed"), note.get("text"))
    return ""


def _changes(fields: Mapping[str, Any], before: Mapping[str, Any]) -> str:
    """Return every field that is another now: what it was, and what it is."""
    return tr("; ").join(
        f"{tr(word)}{tr(': ')}{_value(before.get(name))} → {_value(fields[name])}"
        for name, word in _FIELDS.items()
        if name in fields
    )


def _value(value: Any) -> str:
    if isinstance(value, list):
        value = tr(", ", context="between names").join(map(str, value))
    return str(value) if value not in (None, "") else "—"


def _with(text: str, why: Any) -> str:
    return f"{text} · {why}" if why else text
