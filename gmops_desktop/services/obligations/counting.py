"""How much evidence there is: what the store proves, and what stands in the registers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Final

from sqlalchemy.orm import Session

from db import evidence
from db.scope import Scope
from gmops_desktop.contract.obligations import Piece, Stream
from gmops_desktop.contract.registers import Record, Register, word_of_lack
from gmops_desktop.contract.terms import ZONE, Contract

Counted = Counter[tuple[Stream, date]]

_REGISTERS: Final[dict[Register, Stream]] = {
    "training": "trainings",
    "visit": "visits",
    "question": "questions",
    "inspection": "inspections",
    "verification": "verifications",
    "deviation": "deviations",
}


def counted(
    session: Session, contract: Contract, scope: Scope, records: Iterable[Record]
) -> tuple[Counted, Counted]:
    """Return how much evidence each stream has in each month, and how much lacks its paper."""
    first, last = contract.start, contract.end
    found = evidence.by_month(session, first, last, scope, _linked(records))
    for one in records:
        if not contract.runs(one.on):
            continue
        place = _REGISTERS[one.register], one.on.replace(day=1)
        found.there[place] += 1
        found.lacking[place] += not one.complete
    return found.there, found.lacking


def totals(counts: Counter[tuple[Stream, date]]) -> Counter[Stream]:
    """Return how much there is of each stream in all."""
    totals: Counter[Stream] = Counter()
    for (stream, _), count in counts.items():
        totals[stream] += count
    return totals


def _linked(records: Iterable[Record]) -> frozenset[str]:
    return frozenset(one.ticket for one in records if one.ticket)


def pieces(
    session: Session,
    stream: Stream,
    first: date,
    last: date,
    scope: Scope,
    records: Sequence[Record],
) -> Iterable[Piece]:
    """Return the evidence of a stream between two days, registers included, the oldest first."""
    found = evidence.pieces(session, stream, first, last, scope, _linked(records))
    for one in records:
        if _REGISTERS[one.register] == stream:
            at = datetime.combine(one.on, time(12), ZONE).astimezone(UTC)
            lack = "" if one.complete else word_of_lack(one.register)
            found.append(Piece(at, one.title, "ledger", one.id, lack=lack))
    return sorted(found, key=lambda piece: piece.at)
