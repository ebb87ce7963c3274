"""Lists of tickets, in words and as tables for `ui.export`; without Qt, for the terminal too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from gmops_desktop.contract.old_lists import Refusal
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.contract.tickets import word_of_kind, word_of_priority, word_of_state
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.finding import TicketLine
from gmops_desktop.services.ticket_imports import Outcome


def ticket_table(
    lines: Iterable[TicketLine], resources: Mapping[str, str]
) -> tuple[list[str], list[list[Any]]]:
    """Return the heads and rows of a list; `resources` are names by id."""
    heads = [
        tr("Number"),
        tr("Title"),
        tr("Kind"),
        tr("Priority"),
        tr("State"),
        tr("Who asked"),
        tr("Resource"),
        tr("Opened at"),
        tr("Closed at"),
    ]
    rows = [
        [
            one.number,
            one.title,
            word_of_kind(one.kind),
            word_of_priority(one.priority),
            word_of_state(one.state),
            one.requester,
            resources.get(one.resource_id, ""),
            _local(one.opened_at),
            _local(one.closed_at) if one.closed_at else None,
        ]
        for one in lines
    ]
    return heads, rows


def _local(at: datetime) -> datetime:
    """Return a time as a table shows it: in Beijing, to the second, as lists are read."""
    return at.astimezone(ZONE).replace(tzinfo=None, microsecond=0)


def refusal_table(refused: Iterable[Refusal]) -> tuple[list[str], list[list[Any]]]:
    """Return the heads and rows of what an import refused."""
    heads = [tr("Row"), tr("Column"), tr("Value"), tr("Why")]
    return heads, [[one.row, one.column, one.value, one.why] for one in refused]


def would(outcome: Outcome) -> str:
    """Return what an import would do."""
    return _counted(
        tr_n("{count} ticket would be taken in", "{count} tickets would be taken in",
             outcome.taken),
        outcome,
    )  # fmt: skip


def did(outcome: Outcome) -> str:
    """Return what an import did."""
    taken = tr_n("{count} ticket was taken in", "{count} tickets were taken in", outcome.taken)
    if outcome.first:
        numbers = tr("{first} to {last}", first=outcome.first, last=outcome.last)
        taken = tr("{taken}: {numbers}", taken=taken, numbers=numbers)
    return _counted(taken, outcome)


def _counted(taken: str, outcome: Outcome) -> str:
    parts = [taken]
    if outcome.known:
        parts.append(
            tr_n("{count} row is there already", "{count} rows are there already", outcome.known)
        )
    if outcome.refused:
        parts.append(
            tr_n("{count} row is refused", "{count} rows are refused", outcome.refused_rows)
        )
    return " · ".join(parts)
