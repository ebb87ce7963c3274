"""Histories of tickets for tests: entries as the journal gives them, and random legal ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.ticket_moves import TABLE
from gmops_desktop.contract.tickets import PRIORITIES, SUSPENSIONS

T0 = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)  # a Thursday, 10:00 in Beijing
MINUTE = timedelta(minutes=1)


def entry(
    number: int,
    minutes: float,
    fields: dict[str, Any] | None = None,
    *,
    action: str = "ticket.moved",
    device: str = "a",
    **note: Any,
) -> EntryView:
    """Return the entry a device wrote so many minutes after `T0`."""
    return EntryView(
        id=f"e{device}{number}",
        device=device,
        sequence=number,
        clock=number,
        at=T0 + minutes * MINUTE,
        offset_minutes=480,
        actor="张工",
        kind="ticket",
        subject="t",
        action=action,
        fields=fields or {},
        note=note,
        hash="",
    )


def opened(priority: int = 1, kind: str = "incident", **more: Any) -> EntryView:
    """Return the first entry of a ticket."""
    fields = {"state": "registered", "priority": priority, "kind": kind, **more}
    return entry(1, 0, fields, action="ticket.opened")


@st.composite
def histories(draw: st.DrawFn, *, backwards: bool = True, most: int = 20) -> list[EntryView]:
    """Return a walk along the table with times that mostly grow, and all else between the moves.

    Whole minutes, so that a minute-by-minute count can be exact.  `backwards` lets some device's
    clock be wrong now and then.
    """
    kind = draw(st.sampled_from(["incident", "problem", "request"]))
    entries = [opened(draw(st.sampled_from(PRIORITIES)), kind)]
    state, resumes, minutes = "registered", "", 0
    for number in range(2, draw(st.integers(2, most))):
        minutes += draw(st.integers(-3 if backwards else 0, 400))
        device = draw(st.sampled_from("ab"))
        deed = draw(st.sampled_from(["move", "move", "move", "note", "priority", "restored"]))
        if deed == "move" and TABLE[state]:
            moves = [m.to for m in TABLE[state] if "resume" not in m.needs or m.to == resumes]
            target = draw(st.sampled_from(moves))
            note = {}
            if target == "suspended":
                resumes = state
                note = {"waiting_on": draw(st.sampled_from(SUSPENSIONS))}
            state = target
            entries.append(entry(number, minutes, {"state": state}, device=device, **note))
        elif deed == "priority":
            fields = {"priority": draw(st.sampled_from(PRIORITIES))}
            entries.append(entry(number, minutes, fields, action="ticket.revised", device=device))
        elif deed == "restored":
            fields = {"restored_at": (T0 + minutes * MINUTE).isoformat()}
            entries.append(entry(number, minutes, fields, action="ticket.restored", device=device))
        else:
            entries.append(entry(number, minutes, action="ticket.noted", device=device, text="…"))
    return entries
