"""Records what people read in the console of an official account: it is not asked for by machine,
since no interface tells it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from sqlalchemy import select

from db.engine import Database
from db.ids import uuid7
from db.journal import Journal, utc_now
from db.models import ResourceRow
from gmops_desktop.contract.consoles import Notice, Person, Reading, fields_of, readings_of
from gmops_desktop.contract.terms import day_of
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_KIND: Final = "console"


class Consoles:
    """Reads and records the readings of the accounts' consoles."""

    def __init__(
        self, database: Database, journal: Journal, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database, self._journal, self._now = database, journal, now

    def readings(self, resource_id: str = "") -> tuple[Reading, ...]:
        """Return what was read of one account, or of all, the newest first."""
        found = readings_of(self._journal.entries(_KIND))
        return tuple(one for one in found if resource_id in ("", one.resource_id))

    def record(
        self,
        resource_id: str,
        on: date,
        *,
        notices: tuple[Notice, ...] | None = None,
        people: tuple[Person, ...] | None = None,
        by: str = "",
    ) -> Reading:
        """Record what stood in an account's console on a day, by whoever is at work or `by`.

        An empty `notices` says that there were none, None that nobody looked; nobody in `people`
        cannot be, for somebody logged in to look.  Raises `OpsError`.
        """
        self._check(resource_id, on, notices, people)
        name = by.strip() or self._journal.actor()
        reading = Reading(uuid7(), resource_id, on, name, notices, people)
        with self._database.session() as session, session.begin():
            self._journal.record(session, _KIND, reading.id, "console.read", fields_of(reading))
        return reading

    def strike(self, id: str, why: str) -> None:
        """Strike out a reading that was recorded by mistake; the entry stays in the journal."""
        there = [one.id for one in self.readings() if id and one.id.startswith(id)]
        if len(there) != 1:
            raise OpsError(
                tr("There is no reading {id} of a console.", id=id or "—"),
                hint=tr("List them: gmops account console."),
                unharmed=tr("Nothing was recorded."),
            )
        if not why.strip():
            raise OpsError(
                tr("The correction does not say why."),
                hint=tr("Write why in a sentence; it stands in the record."),
                unharmed=tr("Nothing was recorded."),
            )
        with self._database.session() as session, session.begin():
            self._journal.record(
                session, _KIND, there[0], "console.struck", {"removed": True}, text=why.strip()
            )

    def _check(
        self,
        resource_id: str,
        on: date,
        notices: tuple[Notice, ...] | None,
        people: tuple[Person, ...] | None,
    ) -> None:
        nothing = tr("Nothing was recorded.")
        with self._database.session() as session:
            wanted = select(ResourceRow.kind).where(ResourceRow.id == resource_id)
            kind = session.scalar(wanted)
        if kind != "account":
            raise OpsError(
                tr("There is no official account {id}.", id=resource_id or "—"),
                hint=tr("Add one in the window's settings."),
                unharmed=nothing,
            )
        if notices is None and not people:
            raise OpsError(
                tr("Neither notices nor people were named."),
                hint=tr("Say what the console shows; that there is no notice is an answer, too."),
                unharmed=nothing,
            )
        if people is not None and not people:
            raise OpsError(
                tr("The list of people is empty."),
                hint=tr("Somebody logged in to look: name them, or leave the people out."),
                unharmed=nothing,
            )
        days = [on, *(one.on for one in notices or ())]
        if max(days) > day_of(self._now()):
            raise OpsError(
                tr("{day} has not come yet.", day=max(days)),
                hint=tr("Name the day on which it was read, and the days that the notices bear."),
                unharmed=nothing,
            )
        if max(days) > on:
            raise OpsError(
                tr("A notice of {day} cannot have been read on {on}.", day=max(days), on=on),
                hint=tr("Name the day on which it was read, and the days that the notices bear."),
                unharmed=nothing,
            )
