"""The duties that count in working days: telling of a change of contact (1.15), and payment (2.1).

No due date is stored: each is computed from what was recorded and the calendar as it is known now,
so that a year entered later puts right what had to be guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from gmops_desktop.contract.capitals import rmb_capitals
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.terms import Contact, Contract, day_of, word_of_post
from gmops_desktop.contract.workdays import Calendar
from gmops_desktop.language import tr
from gmops_desktop.states import State

What = Literal["joined", "left", "payment"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something owed within working days of `since`; `done_on` is when it was done.

    `certain` is whether the holidays up to `due` are known.  `subject` is the contact's id, or the
    contract's for a payment.
    """

    what: What
    subject: str
    name: str
    party: str  # who owes it
    since: date
    due: date
    done_on: date | None
    evidence: str
    certain: bool

    @property
    def key(self) -> str:
        """What tells this notice from every other, as long as its day is not changed."""
        return f"{self.what}:{self.subject}:{self.since}"

    @property
    def kept(self) -> bool | None:
        """Whether it was done in time; None while it is not done."""
        return None if self.done_on is None else self.done_on <= self.due

    def state(self, today: date) -> State:
        """Return how it stands: overdue is critical, open a warning, done late a warning, too."""
        if self.done_on is not None:
            return "ok" if self.kept else "warning"
        return "critical" if today > self.due else "warning"

    def text(self) -> str:
        """Return what is to be done, as a finished phrase."""
        match self.what, self.party:
            case "payment", _:
                return tr("Payment of Party A: {amount}", amount=self.name)
            case "joined", "A":
                return tr("Written notice of Party A: {name} joins", name=self.name)
            case "left", "A":
                return tr("Written notice of Party A: {name} leaves", name=self.name)
            case "joined", _:
                return tr("Tell Party A in writing: {name} joins", name=self.name)
            case _:
                return tr("Tell Party A in writing: {name} leaves", name=self.name)


def notices_of(
    contact: Contact, entries: Iterable[EntryView], contract: Contract, calendar: Calendar
) -> tuple[Notice, ...]:
    """Return the notices that the changes of one contact called for, the oldest first.

    Who is there from the start, or leaves when the contract ends, is no change.  A notice on
    record answers every change before it.
    """
    found: list[Notice] = []
    for entry in sorted(entries, key=lambda one: one.order):
        if entry.action == "contact.added":
            since = date.fromisoformat(entry.fields["valid_from"])
            if contract.start < since <= contract.end:
                found.append(_notice("joined", contact, since, contract, calendar))
        elif entry.action == "contact.ended":
            last = date.fromisoformat(entry.fields["valid_to"])
            found = [one for one in found if one.what != "left" or one.done_on is not None]
            if contract.start <= last < contract.end:
                found.append(_notice("left", contact, last, contract, calendar))
        elif entry.action == "contact.notified":
            said = entry.note.get("on") or entry.fields.get("notified_on")
            on = date.fromisoformat(said) if said else day_of(entry.at)
            evidence = str(entry.note.get("evidence", ""))
            found = [
                one if one.done_on else replace(one, done_on=on, evidence=evidence) for one in found
            ]
    return tuple(found)


def payment_of(contract: Contract, calendar: Calendar, evidence: str = "") -> Notice | None:
    """Return the payment that is due within working days of signing; None where none is agreed."""
    if contract.signed_on is None or not contract.payable:
        return None
    due = calendar.add_workdays(contract.signed_on, contract.payment_days)
    return Notice(
        "payment",
        contract.id,
        f"¥{contract.payable:,.2f}",
        "A",
        contract.signed_on,
        due,
        contract.paid_on,
        evidence,
        not calendar.unknown_years(contract.signed_on, due),
    )


def letter_of(notice: Notice, contract: Contract, contact: Contact | None = None) -> str:
    """Return the written notice to the other party, ready to be sent.

    It names the clause, what changed from when, and by when it has to be told.
    """
    mine, other = correspondents(notice, contract)
    heading = (
        tr("To: {party}", party=other),
        tr("Contract: {title} ({number})", title=contract.title, number=contract.number),
    )
    said = sentences(notice, contract, contact)
    return "\n".join([*heading, "", *said, "", mine, tr("Date:")])


def correspondents(notice: Notice, contract: Contract) -> tuple[str, str]:
    """Return who writes the notice and who gets it: Party B asks for its payment."""
    if notice.party == "A" and notice.what != "payment":
        return contract.party_a, contract.party_b
    return contract.party_b, contract.party_a


def sentences(notice: Notice, contract: Contract, contact: Contact | None) -> tuple[str, ...]:
    """Return what the letter says: what changed or is due, by which clause, and by when."""
    if notice.what == "payment":
        text = tr(
            "By clause 2.1, {amount} ({capitals}) is due within {days} working days of signing on "
            "{since}: by {due}.",
            amount=notice.name,
            capitals=rmb_capitals(contract.payable),
            days=contract.payment_days,
            since=notice.since,
            due=notice.due,
        )
        return (text,)
    if notice.what == "joined":
        role = (contact.role or word_of_post(contact.post)) if contact else tr("contact")
        if contact and contact.phone:
            role = tr("{role}, telephone {phone}", role=role, phone=contact.phone)
        text = tr(
            "By clause 1.15 we let you know that from {since} {name} ({role}) speaks for us.",
            since=notice.since,
            name=notice.name,
            role=role,
        )
    else:
        text = tr(
            "By clause 1.15 we let you know that {name} no longer speaks for us after {since}.",
            since=notice.since,
            name=notice.name,
        )
    days, due = contract.notice_days, notice.due
    return text, tr("To be told within {days} working days: by {due}.", days=days, due=due)


def _notice(
    what: What, contact: Contact, since: date, contract: Contract, calendar: Calendar
) -> Notice:
    due = calendar.add_workdays(since, contract.notice_days)
    certain = not calendar.unknown_years(since, due)
    return Notice(what, contact.id, contact.name, contact.party, since, due, None, "", certain)
