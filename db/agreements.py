"""What was agreed with people, read from the journal: notices of changes, payment, and the roster.

Several services need these, and services do not import each other.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.journal import Journal
from db.models import ContactRow
from db.scope import Scope
from db.views import contact_of
from gmops_desktop.contract.duty import Shift, shifts_of
from gmops_desktop.contract.notices import Notice, notices_of, payment_of
from gmops_desktop.contract.terms import Contact, Contract
from gmops_desktop.contract.workdays import calendar_of


def people(session: Session, scope: Scope) -> tuple[Contact, ...]:
    """Return everybody who speaks or spoke for a party of a contract, Party A's first."""
    found = [contact_of(row) for row in session.scalars(select(ContactRow))]
    mine = [one for one in found if scope.whole or one.id in scope.contacts]
    return tuple(sorted(mine, key=lambda one: (one.party, one.id)))


def notices(
    session: Session, journal: Journal, contract: Contract, scope: Scope
) -> tuple[Notice, ...]:
    """Return what a contract owes within working days, the oldest first, done or not."""
    calendar = calendar_of(journal.entries("calendar"))
    known = people(session, scope)
    entries = journal.entries_of("contact", [one.id for one in known])
    found = [
        notice for one in known for notice in notices_of(one, entries[one.id], contract, calendar)
    ]
    paid = [
        str(entry.note.get("evidence", ""))
        for entry in journal.entries("contract", contract.id)
        if entry.action == "contract.paid"
    ]
    payment = payment_of(contract, calendar, paid[-1] if paid else "")
    found += [payment] if payment else []
    return tuple(sorted(found, key=lambda one: (one.since, one.name)))


def shifts(journal: Journal, known: Iterable[Contact]) -> tuple[Shift, ...]:
    """Return the shifts of these people, the earliest days first."""
    ids = {one.id for one in known}
    return tuple(one for one in shifts_of(journal.entries("duty")) if one.person_id in ids)
