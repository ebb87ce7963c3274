"""Gathers the papers that are made where their matter is: of a change, a hand-over, a notice to the
other party, a training, a drill.  Each function looks up what is named and returns what gathers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gmops_desktop.contract.notices import Notice
from gmops_desktop.contract.tickets import same_name
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.reports.change_facts import NoticeFacts, RecordFacts
from gmops_desktop.reports.orders import DrillFacts, HandOverFacts, LetterFacts, SignInFacts
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.drills import Drills
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.patches import Patches
from gmops_desktop.services.tickets import Tickets


def notice_of(patches: Patches, change: str) -> Callable[[], NoticeFacts]:
    """Return what gathers the notice of a change, by id or number."""
    return partial(patches.notice_facts, patches.get(change).id)


def record_of(patches: Patches, change: str) -> Callable[[], RecordFacts]:
    """Return what gathers the record of a change, by id or number."""
    return partial(patches.record_facts, patches.get(change).id)


def handed_over(patches: Patches, tickets: Tickets, named: str) -> Callable[[], HandOverFacts]:
    """Return what gathers the hand-over form of a change or a ticket, by id or number."""
    try:
        change = patches.get(named).id
    except OpsError:  # then it is a ticket, or nothing: the tickets say so
        ticket = tickets.get(named).id
        tickets.facts.receipt(ticket)  # nothing handed over: refused here, in the user's language
        return partial(tickets.facts.receipt, ticket)
    patches.hand_over_facts(change)
    return partial(patches.hand_over_facts, change)


def letter_of(contracts: Contracts, named: str) -> Callable[[], LetterFacts]:
    """Return what gathers the letter about a change of contact, named by the person or by the
    notice's key."""
    owed = [one for one in contracts.notices() if one.what != "payment"]
    return _letter(contracts, owed, named.strip())


def payment_of(contracts: Contracts, named: str) -> Callable[[], LetterFacts]:
    """Return what gathers the letter about the payment; `named` may be its notice's key."""
    owed = [one for one in contracts.notices() if one.what == "payment"]
    return _letter(contracts, owed, named.strip() or "payment")


def _letter(contracts: Contracts, owed: list[Notice], wanted: str) -> Callable[[], LetterFacts]:
    found = [
        one
        for one in owed
        if wanted in (one.key, one.subject, one.what) or same_name(one.name, wanted)
    ]
    if not found:
        raise OpsError(
            tr("No notice is owed for {name}.", name=wanted),
            hint=tr("`gmops contract notices` lists those that are."),
        )
    return partial(contracts.letter_facts, found[-1])


def sign_in_of(ledgers: Ledgers, training: str) -> Callable[[], SignInFacts]:
    """Return what gathers the sign-in sheet of a training, by its id."""
    facts = ledgers.sign_in_facts(training)
    return lambda: facts


def drill_of(drills: Drills, drill: str) -> Callable[[], DrillFacts]:
    """Return what gathers the certificate of a drill, by its id or the certificate's number."""
    return partial(drills.certificate_facts, drills.get(drill).id)
