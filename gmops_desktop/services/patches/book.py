"""The store as the verbs of changes use it: rows read, entries written, states asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db import agreements
from db.engine import Database
from db.journal import Journal, plain
from db.models import ChangeRow
from db.scope import EVERYTHING, owners, scope_of
from gmops_desktop.contract.change_states import state_of
from gmops_desktop.contract.changes import BEFORE, VERBS, Verb, next_step, word_of_state
from gmops_desktop.contract.gates import Gate, GateFacts, gates
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.terms import Contact, Contract, day_of
from gmops_desktop.contract.tickets import same_name
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches.gate_facts import FactsOf, gathering
from gmops_desktop.services.patches.record import Change, change_of, fields_of, state_in


class Book:
    """Reads and records changes; knows which verbs a state allows, and no rule beside."""

    def __init__(self, database: Database, journal: Journal, now: Callable[[], datetime]) -> None:
        self._database, self.journal, self.now = database, journal, now

    def reading(self) -> Session:
        """Return a session to read with, as a context."""
        return self._database.session()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session whose transaction is committed at the end of the block."""
        with self._database.session() as session, session.begin():
            yield session

    # ------------------------------------------------------------ reading

    def row(self, session: Session, change_id: str) -> ChangeRow:
        """Return a change's row by id or number; raise `OpsError` if there is none."""
        wanted = or_(ChangeRow.id == change_id, ChangeRow.number == change_id.strip().upper())
        row = session.scalar(select(ChangeRow).where(wanted))
        if row is None:
            raise OpsError(
                tr("There is no change {number}.", number=change_id),
                hint=tr("`gmops patch list` shows every change."),
            )
        return row

    def standing(self, session: Session, change_id: str, verb: Verb) -> ChangeRow:
        """Return the row of a change whose state allows the verb; else name the next step."""
        row = self.row(session, change_id)
        state = state_in(row)
        if state not in VERBS[verb]:
            raise OpsError(
                tr(
                    "{number} is “{state}”: this step is not its turn.",
                    number=row.number,
                    state=word_of_state(state),
                ),
                hint=next_step(state),
                unharmed=tr("The change is as it was."),
            )
        return row

    def change(self, session: Session, row: ChangeRow, facts_of: FactsOf | None = None) -> Change:
        """Return a change with its gates: as they stand now, or as they stood when it began."""
        facts_of = facts_of or gathering(session, self.now())
        if row.gates and state_in(row) not in BEFORE:
            return change_of(row, tuple(Gate(**one) for one in row.gates["all"]))
        return change_of(row, gates(facts_of(row)))

    def facts(self, session: Session, row: ChangeRow) -> GateFacts:
        """Return what the gates of a change are held against."""
        return gathering(session, self.now())(row)

    def all(self) -> tuple[Change, ...]:
        """Return every change, newest first."""
        with self.reading() as session:
            facts_of = gathering(session, self.now())
            rows = session.scalars(select(ChangeRow).order_by(ChangeRow.first_clock.desc())).all()
            return tuple(self.change(session, row, facts_of) for row in rows)

    def get(self, change_id: str) -> Change:
        """Return a change by id or number."""
        with self.reading() as session:
            return self.change(session, self.row(session, change_id))

    def entries(self, change_id: str) -> tuple[EntryView, ...]:
        """Return a change's entries, oldest first."""
        return self.journal.entries("change", change_id)

    # ------------------------------------------------------------ recording

    def record(
        self,
        session: Session,
        row: ChangeRow,
        action: str,
        fields: Mapping[str, Any],
        **note: Any,
    ) -> Change:
        """Write one entry and return the change as it then is; an empty note is left out.

        The state that follows is written down, too, for those who read entries one by one.
        """
        said = {name: plain(value) for name, value in fields.items()}
        after = state_of(fields_of(row) | said)
        if after != row.state:
            said["state"] = after
        kept = {name: value for name, value in note.items() if value not in ("", (), [], None)}
        self.journal.record(session, "change", row.id, action, said, **kept)
        session.refresh(row)
        return self.change(session, row)

    def record_new(self, session: Session, subject: str, fields: Mapping[str, Any]) -> Change:
        """Write the first entry of a change."""
        said = {name: plain(value) for name, value in fields.items()}
        said["state"] = state_of(said)
        self.journal.record(session, "change", subject, "change.queued", said)
        return self.change(session, session.get_one(ChangeRow, subject))

    # ------------------------------------------------------------ whose it is

    def owner(self, session: Session, row: ChangeRow) -> Contract | None:
        """Return the contract that a change belongs to, as it was renewed by today."""
        return owners(session)(row.resource_id, "", "", day_of(self.now()))

    def people(self, session: Session, row: ChangeRow) -> tuple[Contact, ...]:
        """Return who speaks for the parties of the contract of a change."""
        contract = self.owner(session, row)
        return agreements.people(session, scope_of(session, contract) if contract else EVERYTHING)

    def evaluating(self, session: Session, row: ChangeRow, by: str) -> str:
        """Return the name of the project manager who evaluates it (2.3-4); refuse anybody else,
        where one is on record."""
        today = day_of(self.now())
        managers = [
            one.name
            for one in self.people(session, row)
            if one.party == "B" and one.post == "project_manager" and one.valid(today)
        ]
        for name in managers:
            if same_name(name, by):
                return name
        if not managers and by.strip():
            return by.strip()
        names = tr(", ", context="between names").join(managers) or tr("the project manager")
        raise OpsError(
            tr("{name} is not the project manager.", name=by.strip() or "—"),
            hint=tr("Evaluations are made by {names} (2.3-4).", names=names),
            unharmed=tr("Nothing was recorded."),
        )
