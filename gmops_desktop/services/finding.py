"""Finding: the list of tickets at a glance, what was written anywhere, and what is like a title.

Everything here only reads, and is quick on 20,000 tickets with 200,000 entries: the list is read
as bare lines, search goes through the index of `db.texts`, similar titles are counted in memory.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Final, NamedTuple, cast

from sqlalchemy import BigInteger, func, select, type_coerce
from sqlalchemy.orm import Session

from db import texts
from db.columns import from_milliseconds
from db.engine import Database
from db.journal import utc_now
from db.models import Entry, TicketRow
from db.scope import Scope, scope_shown
from db.texts import Found
from gmops_desktop.contract.likeness import Titles
from gmops_desktop.contract.terms import day_of
from gmops_desktop.contract.tickets import ENDED, Priority, TicketKind, TicketState

__all__ = ["Alike", "Finding", "Found", "TicketLine"]


class TicketLine(NamedTuple):
    """What the list shows of a ticket.  A tuple, because 20,000 of them are made at once."""

    id: str
    number: str
    kind: TicketKind
    title: str
    state: TicketState
    priority: Priority
    requester: str
    resource_id: str
    opened: int  # milliseconds since 1970: of 20,000 only those in sight become times
    closed: int | None
    updated: int = 0

    @property
    def opened_at(self) -> datetime:
        """When it was raised, in UTC."""
        return from_milliseconds(self.opened)

    @property
    def closed_at(self) -> datetime | None:
        """When it was closed, in UTC; None while it is not."""
        return None if self.closed is None else from_milliseconds(self.closed)


@dataclass(frozen=True, slots=True)
class Alike:
    """A ticket whose title is like another: `share` of their pairs in common, 0.3 to 1."""

    share: float
    ticket: TicketLine


_LINE: Final = (
    TicketRow.id,
    TicketRow.number,
    TicketRow.kind,
    TicketRow.title,
    TicketRow.state,
    func.coalesce(TicketRow.priority, 3),
    TicketRow.requester,
    TicketRow.resource_id,
    func.coalesce(TicketRow.opened_at, TicketRow.created_at, type_=BigInteger),
    type_coerce(TicketRow.closed_at, BigInteger),
    type_coerce(TicketRow.updated_at, BigInteger),
)
_AGE: Final = itemgetter(8, 0)  # when it was opened, and its id
_NEWEST: Final = (TicketRow.opened_at.desc(), TicketRow.id.desc())


class Finding:
    """Looks up tickets of the contract that `shown` names, and whatever else people wrote."""

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime] = utc_now,
        shown: Callable[[], str] = lambda: "",
    ) -> None:
        self._database, self._now, self._shown = database, now, shown
        self._lock = threading.Lock()
        self._titles: tuple[tuple[int, int, Scope], Titles] | None = None

    def lines(self) -> tuple[TicketLine, ...]:
        """Return a line for every ticket of the contract, the newest first."""
        with self._database.session() as session:
            # Sorted here: in the order of the index the rows would be read all over the file.
            wanted = select(*_LINE).where(self._scope(session).of_tickets())
            rows = session.connection().execute(wanted).all()
        return tuple(map(TicketLine._make, sorted(rows, key=_AGE, reverse=True)))

    def open_ones(self) -> Mapping[Priority, int]:
        """Return how many tickets of the contract, by priority, are not ended."""
        wanted = select(TicketRow.priority, func.count()).where(TicketRow.state.not_in(ENDED))
        with self._database.session() as session:
            wanted = wanted.where(self._scope(session).of_tickets())
            rows = session.execute(wanted.group_by(TicketRow.priority)).all()
        found: dict[Priority, int] = {}
        for priority, count in rows:
            level = cast(Priority, priority or 3)
            found[level] = found.get(level, 0) + count
        return found

    def tickets(self, text: str) -> frozenset[str]:
        """Return the ids of the tickets in which every word of `text` occurs somewhere.

        Looked for as written, in the ticket and all its steps; two Chinese characters suffice, and
        so does one.  Width and case of letters do not count; % and _ mean themselves.
        """
        with self._database.session() as session:
            return frozenset(session.scalars(texts.matching(session, text, "ticket")))

    def everywhere(self, text: str, most: int = 200) -> tuple[Found, ...]:
        """Return whatever else people wrote with every word of `text`: contacts, changes, reports
        and so on, the last written about first; nothing where nothing is looked for."""
        if not text.strip():
            return ()
        with self._database.session() as session:
            return texts.find(session, text, but="ticket", most=most)

    def similar(self, title: str, most: int = 5) -> tuple[Alike, ...]:
        """Return the contract's tickets with a title like this one, the most alike first (2.3-5).

        After an entry the first answer took a fifth of a second on 20,000 tickets: ask in the
        background.
        """
        with self._database.session() as session:
            found = self._titles_now(session).like(title, most)
            wanted = select(*_LINE).where(TicketRow.id.in_([identity for _, identity in found]))
            lines = {row[0]: TicketLine._make(row) for row in session.execute(wanted)}
        return tuple(Alike(share, lines[key]) for share, key in found if key in lines)

    def _titles_now(self, session: Session) -> Titles:
        newest = select(func.coalesce(func.max(Entry.clock), 0), func.count())
        clock, count = session.execute(newest.select_from(Entry)).one()
        scope = self._scope(session)
        with self._lock:
            if self._titles is None or self._titles[0] != (clock, count, scope):
                wanted = select(TicketRow.id, TicketRow.title).where(scope.of_tickets())
                rows = session.execute(wanted.order_by(*_NEWEST))
                self._titles = (clock, count, scope), Titles((key, title) for key, title in rows)
            return self._titles[1]

    def _scope(self, session: Session) -> Scope:
        return scope_shown(session, self._shown(), day_of(self._now()))
