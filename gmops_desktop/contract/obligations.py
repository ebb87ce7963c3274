"""Which evidence each service item owes, and the matrix of items by months that shows it.

A stream is a countable kind of evidence in a month.  An item is full in a month when each stream
it needs is there, partly when some are, missing when none is and the month is over, due while the
month still runs, and none where nothing is owed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from gmops_desktop.contract.terms import ServiceItem
from gmops_desktop.language import mark, tr

Cell = Literal["full", "partly", "missing", "due", "none"]
Stream = Literal[
    "host_looks",
    "website_looks",
    "account_looks",
    "backups",
    "restores",
    "patches",
    "reports",
    "incidents",
    "questions",
    "requirements",
    "trainings",
    "verifications",
]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an item needs (every stream, in a month that owes it) and what also counts for it."""

    needs: tuple[Stream, ...]
    counts: tuple[Stream, ...] = ()


STREAMS: Final[dict[str, Evidence]] = {
    "server": Evidence(("host_looks",), ("patches", "incidents")),
    "database": Evidence(("backups", "restores")),
    "website": Evidence(("website_looks",), ("incidents",)),
    "account": Evidence(("account_looks",)),
    "verification": Evidence(("verifications",)),
    "monitoring": Evidence(("host_looks", "website_looks", "reports")),
    "questions": Evidence(("questions",)),
    "modification": Evidence(("requirements",)),
    "training": Evidence(("trainings",)),
}

_STREAMS: Final[dict[Stream, str]] = {
    "host_looks": mark("looks at the server"),
    "website_looks": mark("looks at the website"),
    "account_looks": mark("looks at the account"),
    "backups": mark("verified backups"),
    "restores": mark("proved restores"),
    "patches": mark("patches and changes"),
    "reports": mark("reports"),
    "incidents": mark("incidents and problems"),
    "questions": mark("questions answered"),
    "requirements": mark("modifications"),
    "trainings": mark("trainings"),
    "verifications": mark("yearly verifications"),
}
_CELLS: Final[dict[Cell, str]] = {
    "full": mark("evidence there"),
    "partly": mark("partly there"),
    "missing": mark("missing"),
    "due": mark("due this month"),
    "none": mark("nothing owed"),
}


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A service item and, for each month, what its evidence comes to.

    The number is that of the pieces of evidence; for a missing one, of the streams that lack any.
    """

    item: ServiceItem
    cells: tuple[tuple[Cell, int], ...]


def word_of_stream(stream: Stream) -> str:
    """Return the words for a stream of evidence."""
    return tr(_STREAMS[stream])


def word_of_cell(cell: Cell) -> str:
    """Return the words for a cell of the matrix."""
    return tr(_CELLS[cell])


def matrix(
    items: Iterable[ServiceItem],
    months: Iterable[date],
    counts: Mapping[tuple[Stream, date], int],
    today: date,
) -> tuple[MatrixRow, ...]:
    """Return items by months.  `months` are first days; `counts` says how much evidence is there.

    An item whose key is not in `STREAMS` has no evidence we could count: missing if it is monthly.
    """
    wanted = tuple(months)
    return tuple(
        MatrixRow(item, tuple(_cell(item, month, counts, today) for month in wanted))
        for item in items
    )


def _cell(
    item: ServiceItem,
    month: date,
    counts: Mapping[tuple[Stream, date], int],
    today: date,
) -> tuple[Cell, int]:
    evidence = STREAMS.get(item.key, Evidence(()))
    needed = [counts.get((stream, month), 0) for stream in evidence.needs]
    there = sum(needed) + sum(counts.get((stream, month), 0) for stream in evidence.counts)
    if needed and all(needed):
        return "full", there
    this_month = today.replace(day=1)
    owed = item.monthly and month <= this_month
    if there:
        return ("partly" if owed else "full"), there
    if not owed:
        return "none", 0
    return ("due", 0) if month == this_month else ("missing", max(1, len(needed)))
