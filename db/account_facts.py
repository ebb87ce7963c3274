"""What WeChat told of an account, by day and by article: looks forget it, this does not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import AccountFactRow
from gmops_desktop.contract.looks.accounts import AccountDay, AccountDetails, Article

Kind = Literal["day", "article"]


def keep(session: Session, resource_id: str, seen: AccountDetails) -> None:
    """Keep what a look knows; what is known already stays where a look knows less."""
    wanted = list(_facts(seen))
    if not wanted:
        return
    first = min(on for _, _, on, _ in wanted)
    rows = session.scalars(
        select(AccountFactRow).where(
            AccountFactRow.resource_id == resource_id, AccountFactRow.on >= first
        )
    )
    there = {(row.kind, row.key): row for row in rows}
    for kind, key, on, data in wanted:
        row = there.get((kind, key))
        if row is None:
            session.add(
                AccountFactRow(resource_id=resource_id, kind=kind, key=key, on=on, data=data)
            )
            continue
        merged = row.data | {name: value for name, value in data.items() if value is not None}
        if merged != row.data:
            row.data = merged


def days(session: Session, resource_id: str, first: date, last: date) -> tuple[AccountDay, ...]:
    """Return the days told between two (both included), oldest first."""
    return tuple(AccountDay(**row.data) for row in _rows(session, resource_id, "day", first, last))


def articles(session: Session, resource_id: str, first: date, last: date) -> tuple[Article, ...]:
    """Return what was published between two days (both included), oldest first."""
    return tuple(Article(**row.data) for row in _rows(session, resource_id, "article", first, last))


def _rows(
    session: Session, resource_id: str, kind: Kind, first: date, last: date
) -> Iterator[AccountFactRow]:
    row = AccountFactRow
    wanted = select(row).where(
        row.resource_id == resource_id,
        row.kind == kind,
        row.on >= first.isoformat(),
        row.on <= last.isoformat(),
    )
    yield from session.scalars(wanted.order_by(row.on, row.key))


def _facts(seen: AccountDetails) -> Iterator[tuple[Kind, str, str, dict[str, Any]]]:
    for day in seen.days:
        yield "day", day.on, day.on, asdict(day)
    for one in seen.articles or ():
        name = f"{one.on}\n{one.url}\n{one.title}"
        yield "article", hashlib.sha256(name.encode()).hexdigest(), one.on, asdict(one)
