"""The limits of the clocks as data of the contract: which hold, and how they came to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.ticket_time import targets_in, targets_of
from gmops_desktop.contract.targets import OBJECTIVES, Targets, from_json, to_json
from gmops_desktop.contract.terms import Contract
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.tickets.book import Book

_SET: Final = "contract.targets_set"


@dataclass(frozen=True, slots=True)
class LimitsSet:
    """One time at which limits were recorded: by whom, why, and what they were before and after."""

    at: datetime
    actor: str
    text: str
    before: Targets
    after: Targets


class Limits:
    """Reads and records the limits of the contract that is shown."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def contract(self) -> Contract | None:
        """Return the contract that is shown, None where none is on record."""
        with self._book.reading() as session:
            return self._book.contract(session)

    def current(self) -> Targets:
        """Return its limits; our own objectives where it names none."""
        with self._book.reading() as session:
            contract = self._book.contract(session)
            return targets_in(session, contract.id if contract else "")

    def own(self, contract: Contract) -> bool:
        """Return whether a contract, or one that it renews, names limits of its own."""
        with self._book.reading() as session:
            return targets_in(session, contract.id) != OBJECTIVES

    def of(self, ticket: Ticket) -> Targets:
        """Return the limits of the contract that a ticket belongs to."""
        with self._book.reading() as session:
            return targets_of(session, ticket)

    def save(self, targets: Targets, text: str = "") -> None:
        """Record other limits, and who agreed to them or why; every clock is judged anew."""
        with self._book.writing() as session:
            contract = self._book.contract(session)
            if contract is None:
                raise OpsError(
                    tr("No contract has been recorded yet."),
                    hint=tr("Record it in the settings, or load the example contract."),
                )
            fields = {"targets": to_json(targets)}
            said = {"text": text.strip()} if text.strip() else {}
            self._book.journal.record(session, "contract", contract.id, _SET, fields, **said)

    def history(self) -> tuple[LimitsSet, ...]:
        """Return every time at which limits were recorded, the oldest first."""
        contract = self.contract()
        if contract is None:
            return ()
        with self._book.reading() as session:
            before = targets_in(session, contract.renews)
        found = []
        for entry in self._book.journal.entries("contract", contract.id):
            if kept := entry.fields.get("targets"):
                after = from_json(kept)
                text = str(entry.note.get("text", ""))
                found.append(LimitsSet(entry.at, entry.actor, text, before, after))
                before = after
        return tuple(found)
