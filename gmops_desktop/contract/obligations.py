"""Which evidence each service item owes, and the matrix of items by months that shows it.

A stream is a countable kind of evidence in a month.  An item is full in a month when each stream
it needs is there and no piece of it lacks its paper, partly when some is, missing when none is and
the month is over, due while the month still runs or lies ahead, and none where nothing is owed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from gmops_desktop.contract.terms import ServiceItem
from gmops_desktop.language import mark, tr

Cell = Literal["full", "partly", "missing", "due", "none"]
Stream = Literal[
    "host_looks",
    "website_looks",
    "account_looks",
    "backups",
    "file_backups",
    "account_backups",
    "restores",
    "patches",
    "reports",
    "incidents",
    "questions",
    "requirements",
    "trainings",
    "visits",
    "inspections",
    "verifications",
    "deviations",
]
Counts = Mapping[tuple[Stream, date], int]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an item needs (every stream, in a month that owes it) and what also counts for it."""

    needs: tuple[Stream, ...]
    counts: tuple[Stream, ...] = ()

    @property
    def streams(self) -> tuple[Stream, ...]:
        """All of them, what is needed first."""
        return self.needs + self.counts


STREAMS: Final[dict[str, Evidence]] = {
    "server": Evidence(("host_looks", "file_backups"), ("patches", "incidents", "inspections")),
    "database": Evidence(("backups", "restores")),
    "website": Evidence(("website_looks",), ("incidents",)),
    "account": Evidence(("account_looks",), ("account_backups",)),
    "verification": Evidence(("verifications",)),
    "monitoring": Evidence(("host_looks", "website_looks", "reports")),
    "questions": Evidence(("questions",)),
    "modification": Evidence(("requirements",)),
    "training": Evidence(("trainings",)),
}

_ITEMS: Final[dict[str, str]] = {
    "server": mark("Cloud server and backup"),
    "database": mark("Cloud database and backup"),
    "website": mark("Website operation"),
    "account": mark("Account operation"),
    "verification": mark("Account verification"),
    "monitoring": mark("Platform monitoring"),
    "questions": mark("Answering questions"),
    "modification": mark("Free modifications"),
    "training": mark("Training of users"),
}
_STREAMS: Final[dict[Stream, str]] = {
    "host_looks": mark("looks at the server"),
    "website_looks": mark("looks at the website"),
    "account_looks": mark("looks at the account"),
    "backups": mark("verified backups"),
    "file_backups": mark("verified backups of program files"),
    "account_backups": mark("backups of the account's settings"),
    "restores": mark("proved restores"),
    "patches": mark("patches and changes"),
    "reports": mark("reports"),
    "incidents": mark("incidents and problems"),
    "questions": mark("questions answered"),
    "requirements": mark("modifications"),
    "trainings": mark("trainings"),
    "visits": mark("visits on site"),
    "inspections": mark("inspections"),
    "verifications": mark("yearly verifications"),
    "deviations": mark("deviations"),
}
_WANTED: Final[dict[Stream, str]] = {
    "host_looks": mark("Nobody has looked at the server this month"),
    "website_looks": mark("Nobody has looked at the website this month"),
    "account_looks": mark("Nobody has looked at the account this month"),
    "backups": mark("No verified database backup this month"),
    "file_backups": mark("No verified backup of the program files this month"),
    "restores": mark("No proved restore or drill this month"),
    "verifications": mark("The yearly verification is due this month"),
}
# Where evidence of a stream is made, and what to ask for there: "+" begins something new.
_FORMS: Final[dict[Stream, tuple[str, str]]] = {
    "host_looks": ("status", ""),
    "website_looks": ("status", ""),
    "account_looks": ("status", ""),
    "backups": ("backups", "+"),
    "file_backups": ("backups", ""),
    "account_backups": ("backups", ""),
    "restores": ("backups", ""),
    "patches": ("patches", ""),
    "reports": ("reports", ""),
    "incidents": ("tickets", "+"),
    "requirements": ("tickets", "+"),
    "questions": ("register", "+question"),
    "trainings": ("register", "+training"),
    "visits": ("register", "+visit"),
    "inspections": ("register", "+inspection"),
    "verifications": ("register", "+verification"),
    "deviations": ("register", "+deviation"),
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


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence, and where it stands: a page and what to show there.

    `count` is above one where many of a kind are told as one (looks); `lack` says what it lacks.
    """

    at: datetime
    title: str
    page: str = ""
    identity: str = ""
    count: int = 1
    lack: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """The evidence of one stream in a month; `needed` streams must have some."""

    stream: Stream
    needed: bool
    pieces: tuple[Piece, ...]

    @property
    def count(self) -> int:
        """How many pieces there are."""
        return sum(piece.count for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Todo:
    """What an item still lacks this month; `page` is where it is done, `form` what to ask there."""

    item: ServiceItem
    stream: Stream
    text: str
    page: str
    form: str = ""


def name_of_item(item: ServiceItem) -> str:
    """Return an item's name for narrow places: ours for a key that is known, else its title's."""
    known = _ITEMS.get(item.key)
    return tr(known) if known else item.name


def word_of_stream(stream: Stream) -> str:
    """Return the words for a stream of evidence."""
    return tr(_STREAMS[stream])


def form_of_stream(stream: Stream, month: date) -> tuple[str, str]:
    """Return the page on which a stream's evidence of a month is made, and what to show there."""
    page, form = _FORMS[stream]
    return page, f"{month:%Y-%m}" if stream == "reports" else form


def word_of_cell(cell: Cell) -> str:
    """Return the words for a cell of the matrix."""
    return tr(_CELLS[cell])


def matrix(
    items: Iterable[ServiceItem],
    months: Iterable[date],
    counts: Counts,
    today: date,
    *,
    lacks: Counts | None = None,
    owed: Collection[tuple[str, date]] = (),
) -> tuple[MatrixRow, ...]:
    """Return items by months.  `months` are first days; `counts` says how much evidence is there.

    `lacks` counts the pieces without their paper (a training without its sign-in sheet).  `owed`
    names items by key and month that are due then although they are not monthly.  An item whose
    key is not in `STREAMS` has no evidence we could count: missing if it is monthly.
    """
    wanted, without = tuple(months), lacks or {}
    return tuple(
        MatrixRow(item, tuple(_cell(item, month, counts, without, today, owed) for month in wanted))
        for item in items
    )


def todos(
    items: Iterable[ServiceItem],
    month: date,
    counts: Counts,
    owed: Collection[tuple[str, date]] = (),
) -> tuple[Todo, ...]:
    """Return what the items need this month and nobody has yet; each stream once.

    A month's report is made when it is over, so it is not among them.
    """
    found: dict[Stream, Todo] = {}
    for item in items:
        if not (item.monthly or (item.key, month) in owed):
            continue
        for stream in STREAMS.get(item.key, Evidence(())).needs:
            if stream in _WANTED and not counts.get((stream, month), 0):
                text = tr(_WANTED[stream])
                page, form = form_of_stream(stream, month)
                found.setdefault(stream, Todo(item, stream, text, page, form))
    return tuple(found.values())


def _cell(
    item: ServiceItem,
    month: date,
    counts: Counts,
    lacks: Counts,
    today: date,
    owed: Collection[tuple[str, date]],
) -> tuple[Cell, int]:
    evidence = STREAMS.get(item.key, Evidence(()))
    needed = [counts.get((stream, month), 0) for stream in evidence.needs]
    there = sum(counts.get((stream, month), 0) for stream in evidence.streams)
    lacking = any(lacks.get((stream, month), 0) for stream in evidence.streams)
    if needed and all(needed):
        return ("partly" if lacking else "full"), there
    this_month = today.replace(day=1)
    once = (item.key, month) in owed
    due = (item.monthly or once) and month <= this_month
    if there:
        return ("partly" if due or lacking else "full"), there
    if not due:
        return ("due" if once else "none"), 0
    return ("due", 0) if month == this_month else ("missing", max(1, len(needed)))
