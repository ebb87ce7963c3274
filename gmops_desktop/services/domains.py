"""Asks registries until when the domains that are looked after are registered, and remembers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import Database
from db.expiries import domains_in
from db.journal import utc_now
from db.models import DomainRow
from gmops_desktop.adapters.registries import Asked, NotRegistered
from gmops_desktop.context import Context
from gmops_desktop.contract.terms import day_of
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_AGAIN: Final = timedelta(days=1)  # registries count how often they are asked
_AFTER_FAULT: Final = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Domain:
    """What is known of a domain; `fault` is why the newest question brought no day."""

    name: str
    until: date | None
    source: str
    server: str
    learnt_at: datetime | None
    asked_at: datetime
    fault: str = ""


class Domains:
    """The domains of the websites and of the cloud; `ask` puts one question to its registry, and
    `wanted` says whether to ask by itself at all."""

    def __init__(
        self,
        database: Database,
        ask: Callable[[str, date, Context], Asked],
        *,
        wanted: Callable[[], bool] = lambda: True,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._ask, self._wanted, self._now = database, ask, wanted, now

    def names(self) -> tuple[str, ...]:
        """Return the domains that are looked after."""
        with self._database.session() as session:
            return tuple(sorted(domains_in(session)))

    def ask_due(self, context: Context) -> tuple[Domain, ...]:
        """Ask for those not asked for within a day, three hours where there was no answer.

        What a registry refuses, or nobody answers, stands with the domain and stops nothing.
        """
        if not self._wanted():
            return ()
        with self._database.session() as session:
            asked = {row.name: row for row in session.scalars(select(DomainRow))}
            names = sorted(domains_in(session))
        due = [name for name in names if name not in asked or self._due(asked[name])]
        return tuple(self.ask(name, context) for name in due)

    def ask(self, name: str, context: Context) -> Domain:
        """Ask for one domain now; what came of it stands in the answer, a fault included."""
        context.check()
        context.progress(None, tr("Asking the registry of {name} …", name=name))
        answer: Asked | None = None
        fault: OpsError | None = None
        try:
            answer = self._ask(name, day_of(self._now()), context)
        except OpsError as error:
            context.check()
            context.note(error.message)
            fault = error
        with self._database.session() as session, session.begin():
            return self._keep(session, name, answer, fault)

    def _due(self, row: DomainRow) -> bool:
        return self._now() - row.asked_at >= (_AFTER_FAULT if row.fault else _AGAIN)

    def _keep(
        self, session: Session, name: str, answer: Asked | None, fault: OpsError | None
    ) -> Domain:
        """Keep what came of a question: a day learnt before outlives a fault."""
        row = session.get(DomainRow, name)
        if row is None:
            row = DomainRow(name=name, until=None, source="", server="", learnt_at=None)
            session.add(row)
        row.asked_at, row.fault = self._now(), fault.message if fault else ""
        row.gone = isinstance(fault, NotRegistered)
        if answer is not None:
            row.until, row.learnt_at = answer.until, self._now()
            row.source, row.server = answer.source, answer.server
        return Domain(
            name, row.until, row.source, row.server, row.learnt_at, row.asked_at, row.fault
        )
