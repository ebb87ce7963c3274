"""What is due and when, for a calendar: promises, planned changes, and all that runs out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import Database
from db.journal import utc_now
from db.models import ChangeRow, TicketRow
from db.views import ticket_of
from gmops_desktop.contract.calendars import DueDate, calendar
from gmops_desktop.contract.expiry import Expiry
from gmops_desktop.contract.terms import day_of
from gmops_desktop.contract.tickets import ENDED, word_of_priority, word_of_state
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically

_MONTH: Final = timedelta(days=30)
_DAY: Final = timedelta(days=1)


class DueDates:
    """Gathers what is due, and writes it as an `.ics` file; `board` gives all that runs out."""

    def __init__(
        self,
        database: Database,
        board: Callable[[], Sequence[Expiry]],
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._board, self._now = database, board, now

    def all(self) -> tuple[DueDate, ...]:
        """Return what is due from now on or overdue, the soonest first."""
        with self._database.session() as session:
            found = [
                *_promises(session),
                *_windows(session, self._now()),
            ]
        found += _ends(self._board(), self._now())
        return tuple(sorted(found, key=lambda one: (f"{one.at:%Y%m%d%H%M%S}", one.uid)))

    def write(self, path: Path) -> int:
        """Write them to an `.ics` file and return how many; taken again, they move, not double."""
        due = self.all()
        content = calendar(due, name=tr("GMOps: due dates"), now=self._now())
        try:
            write_atomically(path, content, 0o644)
        except OSError as error:
            raise OpsError(
                tr("The calendar could not be written to {path}: {why}.", path=path, why=error),
                hint=tr("Close the file in other programs, or choose another place."),
            ) from error
        return len(due)


def _promises(session: Session) -> Iterator[DueDate]:
    open_ones = select(TicketRow).where(TicketRow.state.not_in(ENDED))
    for row in session.scalars(open_ones):
        ticket = ticket_of(row)
        if ticket.promised_for is not None:
            yield DueDate(
                uid=f"promise-{ticket.id}@gmops-desktop",
                at=ticket.promised_for,
                title=tr("Promised: {number} {title}", number=ticket.number, title=ticket.title),
                text=" · ".join((word_of_priority(ticket.priority), word_of_state(ticket.state),
                                 *filter(None, (ticket.requester,)))),
                changed=row.updated_at,
            )  # fmt: skip


def _windows(session: Session, now: datetime) -> Iterator[DueDate]:
    planned = select(ChangeRow).where(
        ChangeRow.window_from.is_not(None), ChangeRow.applied_at.is_(None)
    )
    for row in session.scalars(planned.where(ChangeRow.closed_at.is_(None))):
        if row.window_from is not None and (row.window_to or row.window_from) >= now:
            yield DueDate(
                uid=f"change-{row.id}@gmops-desktop",
                at=row.window_from,
                until=row.window_to,
                title=tr("Change: {number} {title}", number=row.number, title=row.title),
                changed=row.updated_at,
                remind=_DAY,
            )


def _ends(board: Sequence[Expiry], now: datetime) -> Iterator[DueDate]:
    today = day_of(now)
    for one in board:
        if one.on is not None and one.on >= today:
            yield DueDate(
                uid=f"{_uid_of(one)}@gmops-desktop",
                at=one.on,
                title=tr("Runs out: {name}", name=one.name),
                text=" · ".join(filter(None, (one.source, one.note))),
                changed=one.at or now,
                remind=_MONTH,
            )


def _uid_of(expiry: Expiry) -> str:
    """Return what names the event for good; keys hold paths and addresses, which stay here."""
    if expiry.thing.kind == "contract":
        return expiry.key.replace(":", "-")
    place = f"{expiry.key} {expiry.thing.owner}".encode()
    return f"expiry-{hashlib.sha256(place).hexdigest()[:32]}"
