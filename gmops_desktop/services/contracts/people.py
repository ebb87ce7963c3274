"""The people who speak for the parties of a contract: who, since when, and who was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from sqlalchemy.orm import Session

from db import agreements
from db.ids import uuid7
from db.journal import plain
from db.models import ContactRow
from db.scope import scope_of, scope_shown
from db.views import contact_of
from gmops_desktop.contract.notices import Notice, letter_of
from gmops_desktop.contract.terms import (
    POSTS,
    Contact,
    Contract,
    Party,
    Post,
    Vacancy,
    post_of,
    vacancies,
    word_of_post,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.reports.orders import LetterFacts
from gmops_desktop.services.contracts.terms import Happening, Terms, differing

_CHANGEABLE: Final = frozenset({"name", "role", "phone", "post", "stands_in"})
_FIELDS: Final[dict[str, str]] = {
    "name": mark("name"),
    "role": mark("role"),
    "phone": mark("telephone"),
    "post": mark("post"),
    "stands_in": mark("stands in for"),
    "valid_from": mark("from"),
    "valid_to": mark("until"),
    "notified_on": mark("told on"),
}


class People(Terms):
    """Reads the contacts of the current contract, and records each change of them."""

    def contacts(self, on: date | None = None) -> tuple[Contact, ...]:
        """Return the current contract's contacts valid on a day, or all there ever were; Party A's
        first."""
        with self._database.session() as session:
            scope = scope_shown(session, self._shown(), on or self._today())
            found = agreements.people(session, scope)
        return tuple(contact for contact in found if on is None or contact.valid(on))

    def contact(self, words: str) -> Contact:
        """Return the contact with this id or name; raise `OpsError` if there is none."""
        found = [one for one in self.contacts() if words in (one.id, one.name)]
        there = [one for one in found if one.valid(self._today())] or found
        if not there:
            raise OpsError(
                tr("There is no contact {name}.", name=words),
                hint=tr("`gmops contract people` names those on record."),
            )
        return there[-1]

    def add_contact(
        self,
        name: str,
        party: Party,
        role: str = "",
        phone: str = "",
        valid_from: date | None = None,
        post: Post = "",
        stands_in: tuple[str, ...] = (),
    ) -> Contact:
        """Record a new contact, valid from today on unless said otherwise.

        Once the contract runs, the other party must be told within 3 working days (1.15): see
        `notices`.
        """
        if not name.strip():
            raise OpsError(tr("The contact has no name."), hint=tr("Give the name of the person."))
        contract = self.current()
        contact = Contact(
            id=uuid7(),
            name=name.strip(),
            party=party,
            role=role.strip(),
            phone=phone.strip(),
            valid_from=valid_from or self._today(),
            post=post or post_of("", role, party),
            stands_in=stands_in,
            contract_id=contract.id if contract else "",
        )
        fields = {name: plain(value) for name, value in asdict(contact).items() if name != "id"}
        with self._database.session() as session, session.begin():
            self._journal.record(session, "contact", contact.id, "contact.added", fields)
        return contact

    def change_contact(self, contact_id: str, **fields: Any) -> Contact:
        """Record what is different of a contact: name, role, phone, post, stands_in."""
        if not fields.keys() <= _CHANGEABLE or fields.get("post", "") not in POSTS:
            raise ValueError(f"cannot change {sorted(fields)}")
        if not str(fields.get("name", "x")).strip():
            raise OpsError(tr("The contact has no name."), hint=tr("Give the name of the person."))
        with self._database.session() as session, session.begin():
            before = asdict(_contact_in(session, contact_id))
            changed = differing(plain(before), plain(fields))
            if changed:
                self._journal.record(session, "contact", contact_id, "contact.changed", changed)
            return _contact_in(session, contact_id)

    def end_contact(self, contact_id: str, on: date) -> Contact:
        """Record the last day on which a contact speaks for its party."""
        with self._database.session() as session, session.begin():
            contact = _contact_in(session, contact_id)
            if on < contact.valid_from:
                raise OpsError(
                    tr(
                        "{name} cannot end on {end}, before the first day {start}.",
                        name=contact.name,
                        end=on,
                        start=contact.valid_from,
                    ),
                    hint=tr("Choose a later day."),
                )
            fields = {"valid_to": on, "notified_on": None}
            self._journal.record(session, "contact", contact_id, "contact.ended", fields)
            return _contact_in(session, contact_id)

    def contact_notified(self, contact_id: str, evidence: str, on: date | None = None) -> None:
        """Record that the other party was told in writing of a change of contact (1.15)."""
        if not evidence.strip():
            raise OpsError(
                tr("The notice has no evidence."),
                hint=tr("Say how it was sent, or name the file of the letter."),
            )
        with self._database.session() as session, session.begin():
            _contact_in(session, contact_id)
            fields = {"notified_on": on or self._today()}
            self._journal.record(
                session, "contact", contact_id, "contact.notified", fields, evidence=evidence
            )

    def history(self, contact_id: str) -> tuple[Happening, ...]:
        """Return what was recorded of a contact, the oldest first."""
        return tuple(
            Happening(entry.at, entry.actor, _told(entry.fields, entry.note))
            for entry in self._journal.entries("contact", contact_id)
        )

    def notices(self, contract: Contract | None = None) -> tuple[Notice, ...]:
        """Return what a contract (the current one) owes within working days: payment, and notices
        of changes of contact; the oldest first, done or not."""
        contract = contract or self.current()
        if contract is None:
            return ()
        with self._database.session() as session:
            scope = scope_of(session, contract)
            return agreements.notices(session, self._journal, contract, scope)

    def letter(self, notice: Notice) -> str:
        """Return the text of a notice, ready to be sent to the other party."""
        facts = self.letter_facts(notice)
        return letter_of(notice, facts.contract, facts.contact)

    def letter_facts(self, notice: Notice) -> LetterFacts:
        """Return what the printed notice says (`Reports.write_letter` makes it)."""
        contact = next((one for one in self.contacts() if one.id == notice.subject), None)
        return LetterFacts(notice, self._wanted(), contact, self._today())

    def vacancies(self, on: date | None = None) -> tuple[Vacancy, ...]:
        """Return the posts that the contract asks for and nobody fills on a day (2.3-1)."""
        contract, day = self.current(on), on or self._today()
        return vacancies(contract, self.contacts(), day) if contract else ()


def _told(fields: Mapping[str, Any], note: Mapping[str, Any]) -> str:
    """Return what an entry of a contact says, in words."""
    told = []
    for name, word in _FIELDS.items():
        if not (value := fields.get(name)):
            continue
        if name == "post":
            value = word_of_post(post_of(value, "", "B"))
        elif isinstance(value, list):
            value = len(value)
        told.append(f"{tr(word)} {value}")
    return " · ".join([*told, str(note["evidence"])] if note.get("evidence") else told)


def _contact_in(session: Session, contact_id: str) -> Contact:
    row = session.get(ContactRow, contact_id)
    if row is None:
        raise OpsError(tr("There is no such contact any more."))
    return contact_of(row)
