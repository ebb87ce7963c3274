"""The flow of a ticket as one table: from where to where, and what each step needs.

A step that is not in the table is refused, and so is one whose needs are not met (1.13).  Nothing
closes but through Party A's confirmation (2.3-7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from gmops_desktop.contract.changes import AUDIENCES, word_of_audience
from gmops_desktop.contract.tickets import (
    SUSPENSIONS,
    Ticket,
    TicketKind,
    TicketState,
    WaitingOn,
)
from gmops_desktop.language import mark, tr

Need = Literal[
    "reason", "pause", "contact", "assessment", "cause", "notice", "confirmation", "resume"
]


@dataclass(frozen=True, slots=True)
class Move:
    """A step to the state `to`; `never` names the kinds of tickets that may not take it.

    The needs are looked at in their order: what the ticket lacks before what the step must say.
    """

    to: TicketState
    needs: tuple[Need, ...] = ()
    never: frozenset[TicketKind] = frozenset()


_REQUIREMENT: Final[frozenset[TicketKind]] = frozenset({"requirement"})
_SUSPEND: Final = Move("suspended", ("pause", "reason"))
_WITHDRAW: Final = Move("withdrawn", ("reason",))
_DECLINE: Final = Move("declined", ("reason",))
_WORK: Final = Move("working", ("assessment",))
_IMPLEMENT: Final = Move("implementing", ("assessment", "notice"))
# What interrupts the service is not done without its notice, wherever it was done; a ticket that
# turned out to be a requirement is not done without its evaluation.
_HAND_OVER: Final = Move("awaiting_confirmation", ("assessment", "cause", "notice"))

TABLE: Final[Mapping[TicketState, tuple[Move, ...]]] = {
    "registered": (
        Move("assessing"),
        Move("working", ("assessment",), never=_REQUIREMENT),
        _SUSPEND,
        _DECLINE,
        _WITHDRAW,
    ),
    "assessing": (_WORK, _SUSPEND, _DECLINE, _WITHDRAW),
    "working": (
        Move("awaiting_notice"),
        _IMPLEMENT,
        _HAND_OVER,
        _SUSPEND,
        _WITHDRAW,
    ),
    "awaiting_notice": (_IMPLEMENT, _WORK, _SUSPEND, _WITHDRAW),
    "implementing": (_HAND_OVER, _WORK, _SUSPEND),
    "awaiting_confirmation": (
        Move("closed", ("assessment", "cause", "confirmation")),
        _WORK,
        _SUSPEND,
    ),
    # A suspension goes back to where it came from, or to what could be done there: it is no way
    # round a gate.
    "suspended": (
        Move("registered", ("resume",)),
        Move("assessing", ("resume",)),
        Move("working", ("resume", "assessment")),
        Move("awaiting_notice", ("resume",)),
        Move("implementing", ("resume",)),
        Move("awaiting_confirmation", ("resume",)),
        _WITHDRAW,
    ),
    "closed": (Move("working", ("assessment", "reason")),),  # reopened
    "declined": (Move("registered", ("contact", "reason")),),
    "withdrawn": (Move("registered", ("contact", "reason")),),
    "merged": (),  # parted again by `ticket_bonds`, not by a move
}

_WANTS: Final[dict[Need, str]] = {
    "reason": mark("{number} needs a reason for this step."),
    "pause": mark("The suspension of {number} does not say what is waited for."),
    "contact": mark("{name}, who asked for {number}, is no designated contact (1.15)."),
    "assessment": mark("{number} has not been assessed."),
    "cause": mark("The root cause of {number} is not recorded."),
    "notice": mark("Party A has not told all those concerned about {number} (2.3-8)."),
    "confirmation": mark("{number} has not been confirmed by Party A."),
    "resume": mark("{number} was suspended in another state."),
}
_HINTS: Final[dict[Need, str]] = {
    "reason": mark("Write why in a sentence; it stands in the record and the report."),
    "pause": mark("Choose one of the listed reasons; only those stop a clock."),
    "contact": mark("Let a designated contact ask, or give the reason of a special emergency."),
    "assessment": mark("Record the project manager's evaluation first (2.3-4)."),
    "cause": mark("Find and record it first (2.3-6)."),
    "notice": mark(
        "Record how each audience was told, or give the reason of a special emergency. "
        "Missing: {missing}."
    ),
    "confirmation": mark("Record the confirmation of a designated contact first (2.3-7)."),
    "resume": mark("Go on where it was suspended."),
}


def moves_of(ticket: Ticket) -> tuple[Move, ...]:
    """Return the rows of the table that stand open to the ticket: kind and resumption fit.

    What they need may still be missing (`unmet`).
    """
    return tuple(
        move
        for move in TABLE[ticket.state]
        if ticket.kind not in move.never and (ticket.state != "suspended" or _resumes(ticket, move))
    )


def _resumes(ticket: Ticket, move: Move) -> bool:
    """Return whether a suspended ticket may take a step: back, or on as from where it was."""
    before = ticket.resumes or "working"
    if "resume" in move.needs:
        return move.to == before
    return any(one.to == move.to for one in TABLE[before])


def move_to(ticket: Ticket, state: TicketState) -> Move | None:
    """Return the ticket's move to a state, None where there is none."""
    return next((move for move in moves_of(ticket) if move.to == state), None)


def unmet(
    ticket: Ticket,
    move: Move,
    *,
    text: str = "",
    waiting_on: WaitingOn = "",
    emergency: str = "",
) -> tuple[Need, ...]:
    """Return what a move still needs, given what is said with it.

    `emergency` is the reason of a special emergency, which stands in for a contact or a notice.
    """
    met: dict[Need, bool] = {
        "reason": bool(text.strip()),
        "pause": waiting_on in SUSPENSIONS,
        "contact": bool(
            not ticket.requester or ticket.contact_id or ticket.emergency or emergency.strip()
        ),
        "assessment": ticket.kind != "requirement" or ticket.assessed_days is not None,
        "cause": ticket.kind != "problem" or bool(ticket.cause),
        "notice": not notices_missing(ticket) or bool(emergency.strip()),
        "confirmation": bool(ticket.confirmed_by),
        "resume": True,  # `moves_of` leaves only the one that resumes
    }
    return tuple(need for need in move.needs if not met[need])


def notices_missing(ticket: Ticket) -> tuple[str, ...]:
    """Return, in words, who has not been told of an interruption; nobody where none is meant."""
    if not ticket.interrupts or ticket.notice_emergency:
        return ()
    return tuple(word_of_audience(one) for one in AUDIENCES if not ticket.notices.get(one))


def sentence_of(need: Need, ticket: Ticket) -> tuple[str, str]:
    """Return what is missing and what to do about it, as finished sentences."""
    missing = tr(", ", context="between names").join(notices_missing(ticket))
    wants = tr(_WANTS[need], number=ticket.number, name=ticket.requester)
    return wants, tr(_HINTS[need], missing=missing)


_DISTURBANCES: Final[frozenset[TicketKind]] = frozenset({"incident", "problem"})
_DONE: Final[frozenset[TicketState]] = frozenset({"awaiting_confirmation", "closed"})


def open_points(ticket: Ticket, *, handed_over: bool) -> tuple[str, ...]:
    """Return, in words, what the contract asks of this ticket and is not on record yet.

    None of it stops the ticket: what does stands in the table.
    """
    disturbance = ticket.kind in _DISTURBANCES
    over = ticket.state in ("declined", "withdrawn", "merged")
    asked = (
        (disturbance and not ticket.agreed_by, tr("confirmed by both (2.3-6)")),
        (disturbance and not ticket.scope, tr("seen elsewhere? (2.3-5)")),
        (disturbance and not ticket.cause, tr("root cause (2.3-6)")),
        (disturbance and not ticket.attribution, tr("attribution (1.34)")),
        (
            ticket.kind == "requirement" and ticket.assessed_days is None,
            tr("evaluation by the project manager (2.3-4)"),
        ),
        (bool(notices_missing(ticket)), tr("notice to those concerned (2.3-8)")),
        (
            ticket.state in _DONE and ticket.kind != "question" and not handed_over,
            tr("hand-over (1.32)"),
        ),
    )
    return () if over else tuple(word for missing, word in asked if missing)


def gated(ticket: Ticket) -> TicketState | None:
    """Return the state whose gate only a special emergency opens now, if there is one."""
    for move in moves_of(ticket):
        missing = set(unmet(ticket, move, text="-", waiting_on="party_a"))
        if missing and missing <= {"notice", "contact"}:
            return move.to
    return None
