"""The ledgers: the free person-days, and registers of trainings, visits, questions and such.

Days are estimated and booked on tickets; here stands what Party A agreed to and what it comes to.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Protocol

from sqlalchemy.orm import Session

from db import agreements, ledgers
from db.engine import Database
from db.ids import uuid7
from db.journal import Journal, plain, utc_now
from db.scope import Scope, scope_of, shown_contract
from gmops_desktop.contract.ledger_history import LedgerEntry, days_history, record_history
from gmops_desktop.contract.person_days import Ledger, WorkLine
from gmops_desktop.contract.registers import (
    REGISTERS,
    Record,
    Register,
    record_of,
    word_of_lack,
    word_of_paper,
)
from gmops_desktop.contract.terms import Contract, day_of
from gmops_desktop.contract.tickets import Ticket, check_requester
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.reports.orders import SignInFacts

_AMENDABLE: Final = frozenset({"on", "title", "people", "by", "paper", "text", "hours", "until"})


class TicketBook(Protocol):
    """What is needed of the tickets (`services.tickets.Tickets` has it)."""

    def get(self, id_or_number: str) -> Ticket:
        """Return one ticket; raise `OpsError` if there is none."""

    def assess(self, ticket_id: str, *, by: str, person_days: Decimal, text: str = "") -> Ticket:
        """Record the project manager's evaluation."""

    def spend(self, ticket_id: str, person_days: Decimal, text: str = "") -> Ticket:
        """Book person-days on a ticket."""

    def take_back_days(self, ticket_id: str, person_days: Decimal, why: str) -> Ticket:
        """Take back days that were booked by mistake."""


class Ledgers:
    """Reads and records the ledgers of the current contract."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        tickets: TicketBook,
        *,
        now: Callable[[], datetime] = utc_now,
        shown: Callable[[], str] = lambda: "",
    ) -> None:
        self._database, self._journal, self._tickets = database, journal, tickets
        self._now, self._shown = now, shown

    # ------------------------------------------------------------ person-days

    def person_days(self, of: Contract | None = None) -> Ledger:
        """Return the ledger of a contract's free person-days; of the current one without."""
        with self._database.session() as session:
            contract, scope = (of, scope_of(session, of)) if of else self._current(session)
            return ledgers.person_days(session, self._journal, contract, scope)

    def line(self, number: str) -> WorkLine:
        """Return one ticket's line; raise `OpsError` where nothing was estimated or worked."""
        ticket = self._ticket(number)
        for line in self.person_days().lines:
            if line.ticket_id == ticket.id:
                return line
        raise OpsError(
            tr("{number} is not in the ledger of this contract.", number=ticket.number),
            hint=tr("Record the project manager's evaluation first (2.3-4)."),
        )

    def estimate(self, number: str, days: Decimal, *, by: str, text: str = "") -> WorkLine:
        """Record how many days the project manager expects a ticket to take (2.3-4)."""
        ticket = self._ticket(number)
        managers = self._project_managers()
        if managers and by.strip() not in managers:
            raise OpsError(
                tr("{name} is not the project manager.", name=by.strip() or "—"),
                hint=tr("Evaluations are made by {names} (2.3-4).", names=_listed(managers)),
                unharmed=tr("Nothing was recorded."),
            )
        self._tickets.assess(ticket.id, by=by, person_days=days, text=text)
        return self.line(number)

    def agree(
        self, number: str, *, by: str, channel: str, days: Decimal | None = None, text: str = ""
    ) -> WorkLine:
        """Record that Party A agrees to the days estimated, or to `days`: who, when, how."""
        line = self.line(number)
        wanted = days if days is not None else line.estimate
        if wanted is None or wanted <= 0:
            raise OpsError(
                tr("{number} has not been assessed.", number=line.number),
                hint=tr("Record the project manager's evaluation first (2.3-4)."),
                unharmed=tr("Nothing was recorded."),
            )
        if not channel.strip():
            raise OpsError(
                tr("The consent does not say how it was given."),
                hint=tr("Name the way: telephone, WeChat, e-mail, signature."),
            )
        with self._database.session() as session, session.begin():
            _, scope = self._current(session)
            contacts = agreements.people(session, scope)
            check = check_requester(contacts, by, self._today())
            if not check.designated:
                raise OpsError(
                    check.reason or tr("The consent names nobody."),
                    hint=tr("Let a designated contact of Party A agree."),
                    unharmed=tr("Nothing was recorded."),
                )
            fields = {
                "agreed_by": check.contact.name if check.contact else by.strip(),
                "agreed_on": self._today(),
                "agreed_days": wanted,
                "channel": channel.strip(),
            }
            note = {"text": text.strip()} if text.strip() else {}
            self._journal.record(session, "days", line.ticket_id, "days.agreed", fields, **note)
        return self.line(number)

    def book(self, number: str, days: Decimal, text: str = "") -> WorkLine:
        """Book days worked on a ticket; the ledger says what is left."""
        ticket = self._ticket(number)
        self._tickets.spend(ticket.id, days, text)
        return self.line(number)

    def take_back(self, number: str, days: Decimal, why: str) -> WorkLine:
        """Take back days that were booked by mistake; the booking itself stays in the record."""
        ticket = self._ticket(number)
        self._tickets.take_back_days(ticket.id, days, why)
        return self.line(number)

    def withdraw(self, number: str, why: str) -> WorkLine:
        """Record that Party A's consent was withdrawn, or never given, and why."""
        line = self.line(number)
        if line.consent is None:
            raise OpsError(
                tr("Nobody has agreed to the days of {number}.", number=line.number),
                unharmed=tr("Nothing was recorded."),
            )
        if not why.strip():
            raise OpsError(
                tr("The correction does not say why."),
                hint=tr("Write why in a sentence; it stands in the record."),
            )
        with self._database.session() as session, session.begin():
            self._journal.record(
                session, "days", line.ticket_id, "days.withdrawn", {}, text=why.strip()
            )
        return self.line(number)

    # ------------------------------------------------------------ registers

    def records(
        self, register: Register | None = None, of: Contract | None = None
    ) -> tuple[Record, ...]:
        """Return the lines of one register or of all, the newest first; of the current contract
        where none is named."""
        with self._database.session() as session:
            scope = scope_of(session, of) if of else self._current(session)[1]
            found = ledgers.records(self._journal, scope)
        return tuple(one for one in found if register in (None, one.register))

    def sign_in_facts(self, record_id: str) -> SignInFacts:
        """Return what the sign-in sheet of a training says (`Reports.print_sign_in` makes it)."""
        record = self._record(record_id)
        if record.register != "training":
            raise OpsError(
                tr("“{title}” is not a training.", title=record.title),
                hint=tr("Sign-in sheets belong to trainings."),
            )
        with self._database.session() as session:
            contract, _ = self._current(session)
        return SignInFacts(record, contract)

    def add(
        self,
        register: Register,
        title: str,
        *,
        on: date | None = None,
        people: tuple[str, ...] = (),
        by: str = "",
        paper: str = "",
        ticket: str = "",
        text: str = "",
        hours: Decimal | None = None,
        until: date | None = None,
    ) -> Record:
        """Record a line; its paper (sign-in sheet, service form, answer) may be named later.

        A verification that holds until a day sets the date on the expiry board, too.
        """
        if register not in REGISTERS:
            raise ValueError(f"no such register: {register!r}")
        day = on or self._today()
        _check(title, day, self._today())
        if hours is not None and hours <= 0:
            raise OpsError(
                tr("The hours must be more than none."), hint=tr("Give a number like 1.5.")
            )
        number = self._tickets.get(ticket).number if ticket.strip() else ""
        with self._database.session() as session, session.begin():
            contract, _ = self._current(session)
            record = Record(
                uuid7(),
                register,
                day,
                title.strip(),
                tuple(name.strip() for name in people if name.strip()),
                by.strip(),
                paper.strip(),
                number,
                text.strip(),
                hours,
                until,
                contract.id,
            )
            fields = {
                name: plain(getattr(record, name))
                for name in record.__slots__
                if name != "id" and getattr(record, name) not in ((), "", None)
            }
            self._journal.record(session, "register", record.id, "register.added", fields)
            if register == "verification" and until is not None:
                dates = {"expiry_verification": until}
                self._journal.record(session, "contract", contract.id, "contract.expiry_set", dates)
        return record

    def complete(self, record_id: str, paper: str) -> Record:
        """Name the paper that proves a line."""
        record = self._record(record_id)
        if not paper.strip():
            raise OpsError(
                tr("“{title}”: {lack}.", title=record.title, lack=word_of_lack(record.register)),
                hint=tr("Name it: {paper}.", paper=word_of_paper(record.register)),
            )
        return self._write(record_id, "register.completed", {"paper": paper.strip()})

    def amend(self, record_id: str, why: str, **fields: Any) -> Record:
        """Correct a line (on, title, people, by, paper, text, hours, until): a new entry that says
        what is different and why; what stood there before stays in the journal."""
        record = self._record(record_id)
        if not fields.keys() <= _AMENDABLE:
            raise ValueError(f"cannot amend {sorted(fields)}")
        if not why.strip():
            raise OpsError(
                tr("The correction does not say why."),
                hint=tr("Write why in a sentence; it stands in the record."),
            )
        _check(fields.get("title", record.title), fields.get("on", record.on), self._today())
        changed = {
            name: plain(value) for name, value in fields.items() if getattr(record, name) != value
        }
        if not changed:
            return record
        with self._database.session() as session, session.begin():
            self._journal.record(
                session, "register", record_id, "register.amended", changed, text=why.strip()
            )
            if record.register == "verification" and fields.get("until"):
                contract, _ = self._current(session)
                dates = {"expiry_verification": fields["until"]}
                self._journal.record(session, "contract", contract.id, "contract.expiry_set", dates)
        return self._record(record_id)

    def strike(self, record_id: str, reason: str) -> None:
        """Record that a line was a mistake, and why; it stays in the journal."""
        record = self._record(record_id)
        if not reason.strip():
            raise OpsError(
                tr("“{title}” is struck out without a reason.", title=record.title),
                hint=tr("Write why in a sentence; it stands in the record."),
            )
        with self._database.session() as session, session.begin():
            fields = {"removed": True}
            self._journal.record(
                session, "register", record_id, "register.struck", fields, text=reason.strip()
            )

    # ------------------------------------------------------------ history

    def history(self, register: Register | None = None) -> tuple[LedgerEntry, ...]:
        """Return everything recorded in a register, or in the ledger of person-days, the newest
        first: corrections with what stood there before, and lines that were struck out."""
        with self._database.session() as session:
            contract, scope = self._current(session)
            if register is None:
                lines = ledgers.person_days(session, self._journal, contract, scope).lines
                ids = [one.ticket_id for one in lines]
                worked = self._journal.entries_of("ticket", ids)
                agreed = self._journal.entries_of("days", ids)
                found = [
                    said
                    for one in lines
                    for said in days_history(
                        one.number, worked[one.ticket_id], agreed[one.ticket_id]
                    )
                ]
            else:
                found = [
                    said
                    for entries in ledgers.register_entries(self._journal, scope, register)
                    for said in record_history(entries)
                ]
        return tuple(sorted(found, key=lambda one: (one.at, one.id), reverse=True))

    # ------------------------------------------------------------ inside

    def _today(self) -> date:
        return day_of(self._now())

    def _current(self, session: Session) -> tuple[Contract, Scope]:
        contract = shown_contract(session, self._shown(), self._today())
        if contract is None:
            raise OpsError(
                tr("No contract has been recorded yet."),
                hint=tr("Record it in the settings, or load the example contract."),
            )
        return contract, scope_of(session, contract)

    def _ticket(self, number: str) -> Ticket:
        """Return a ticket whose days count for the current contract."""
        ticket = self._tickets.get(number)
        with self._database.session() as session:
            contract, _ = self._current(session)
        if not contract.runs(day_of(ticket.opened_at)):
            raise OpsError(
                tr(
                    "{number} was opened on {day}, and the contract runs from {start} to {end}.",
                    number=ticket.number,
                    day=day_of(ticket.opened_at),
                    start=contract.start,
                    end=contract.end,
                ),
                hint=tr("Its days count for the contract of that day: record it, or show it."),
                unharmed=tr("Nothing was recorded."),
            )
        return ticket

    def _project_managers(self) -> tuple[str, ...]:
        with self._database.session() as session:
            _, scope = self._current(session)
            found = agreements.people(session, scope)
        managers = (one for one in found if one.post == "project_manager")
        return tuple(one.name for one in managers if one.valid(self._today()))

    def _record(self, record_id: str) -> Record:
        entries = self._journal.entries("register", record_id)
        record = record_of(record_id, entries) if entries else None
        if record is None:
            raise OpsError(tr("There is no such record any more."))
        return record

    def _write(self, record_id: str, action: str, fields: dict[str, Any]) -> Record:
        with self._database.session() as session, session.begin():
            self._journal.record(session, "register", record_id, action, fields)
        return self._record(record_id)


def _check(title: str, on: date, today: date) -> None:
    """Refuse a line without a subject, or of a day to come."""
    if not title.strip():
        raise OpsError(
            tr("The record has no subject."), hint=tr("Say in a few words what it was about.")
        )
    if on > today:
        raise OpsError(tr("{day} is still to come.", day=on), hint=tr("Record it when it is done."))


def _listed(names: tuple[str, ...]) -> str:
    return tr(", ", context="between names").join(names)
