"""Gathers what the reports of a quarter and of a contract's year say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol

from gmops_desktop.contract.notices import payment_of
from gmops_desktop.contract.obligations import STREAMS, Evidence, word_of_stream
from gmops_desktop.contract.series import Series
from gmops_desktop.contract.terms import Contract, day_of, months_between, within
from gmops_desktop.errors import OpsError
from gmops_desktop.gathering.periods import Books, backups_between, own_resources
from gmops_desktop.gathering.terms import Term, quarter_term, year_term
from gmops_desktop.language import tr
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.reports.span_facts import (
    Ends,
    ItemLine,
    PaperLine,
    Site,
    SpanFacts,
    Watched,
    Window,
)
from gmops_desktop.reports.spans import bounds, share
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.obligations import Obligations
from gmops_desktop.services.patches import Patches
from gmops_desktop.services.reports import Report, word_of_kind


class Collect(Protocol):
    """Gathers the facts that the monthly report has, of any span."""

    def __call__(self, start: date, end: date, contract: Contract) -> MonthFacts: ...


@dataclass(frozen=True, slots=True)
class SpanBooks:
    """The services whose record is told, beside those of the other reports of a period.

    `papers` gives the register of documents; `own_limits` says whether a contract names limits.
    """

    books: Books
    collect: Collect
    patches: Patches
    ledgers: Ledgers
    obligations: Obligations
    papers: Callable[[Contract], Sequence[Report]]
    own_limits: Callable[[Contract], bool]


def quarter_facts(books: SpanBooks, period: str) -> Callable[[], SpanFacts]:
    """Return what gathers a quarter ("2018-Q2"), as far as the contract runs in it."""
    return partial(_gathered, books, quarter_term(books.books.contracts, period))


def year_facts(books: SpanBooks, period: str) -> Callable[[], SpanFacts]:
    """Return what gathers the contract's year that begins in a year ("2018")."""
    return partial(_gathered, books, year_term(books.books.contracts, period), yearly=True)


def _gathered(books: SpanBooks, term: Term, *, yearly: bool = False) -> SpanFacts:
    contract, name, start, end = term
    at = books.books.now()
    until = min(end, day_of(at))
    if until < start:
        raise OpsError(
            tr("The period begins on {day}: there is nothing to tell yet.", day=start),
            hint=tr("Choose a period that has begun."),
        )
    begin, after = bounds(start, end)
    windows = _windows(books, contract, begin, after)
    backups = backups_between(books.books, contract, start, end)
    own = {one.id for one in own_resources(books.books, contract)}
    alerts = (one for one in books.books.alerts.between(begin, after) if one.resource_id in own)
    records = books.ledgers.records(of=contract)
    return SpanFacts(
        name=name,
        whole=replace(books.collect(start, end, contract), prepared_by=books.books.actor()),
        at=at,
        until=until,
        own_limits=books.own_limits(contract),
        sites=_sites(books, contract, start, end, until, windows),
        windows=windows,
        owed=backups.owed,
        copies=backups.copies,
        drills=backups.drills,
        alerts=tuple(sorted(alerts, key=lambda one: one.raised_at)),
        ends=tuple(
            Ends(one.name, one.on, one.state, one.source)
            for one in books.obligations.ends(contract)
        ),
        ledger=books.ledgers.person_days(contract),
        records=tuple(sorted((one for one in records if start <= one.on <= end),
                             key=lambda one: (one.on, one.id))),
        payment=payment_of(contract, books.books.contracts.calendar()),
        items=_items(books, contract, start, end) if yearly else (),
        papers=_papers(books, contract, begin, at) if yearly else (),
    )  # fmt: skip


def _windows(
    books: SpanBooks, contract: Contract, begin: datetime, after: datetime
) -> tuple[Window, ...]:
    """Return the windows in which a change was carried out as announced."""
    scope = books.books.contracts.scope(contract)
    return tuple(
        Window(one.number, *one.window)
        for one in books.patches.all()
        if one.window is not None
        and one.announced
        and one.applied_at is not None
        and scope.holds(one.resource_id)
        and one.window[0] < after
        and one.window[1] > begin
    )


def _sites(
    books: SpanBooks,
    contract: Contract,
    start: date,
    end: date,
    until: date,
    windows: Sequence[Window],
) -> tuple[Site, ...]:
    found = []
    for one in own_resources(books.books, contract):
        if one.kind != "website":
            continue
        months = [
            _watched(books, one.id, *within(month, start, end), windows)
            if month <= until
            else Watched(None, 0.0)
            for month in months_between(start, end)
        ]
        found.append(Site(one.name, _watched(books, one.id, start, end, windows), tuple(months)))
    return tuple(found)


def _watched(
    books: SpanBooks, resource_id: str, first: date, last: date, windows: Sequence[Window]
) -> Watched:
    begin, after = bounds(first, last)
    series = books.books.servers.series(resource_id, "up", begin, after)
    points = tuple((one.at, one.value) for one in series.points)
    inside = [one for one in windows if one.begin < after and one.end > begin]
    apart = share(_apart(series, inside)) if inside else None
    return Watched(share(points), series.coverage, apart)


def _apart(series: Series, windows: Sequence[Window]) -> list[tuple[datetime, float | None]]:
    """Return the points that speak for no time inside a window."""
    half = timedelta(seconds=series.step / 2)
    return [
        (one.at, one.value)
        for one in series.points
        if not any(w.begin < one.at + half and one.at - half < w.end for w in windows)
    ]


def _items(books: SpanBooks, contract: Contract, start: date, end: date) -> tuple[ItemLine, ...]:
    """Return each service item with the state of the span's months and what proves it."""
    rows, counts = books.obligations.fulfilment(contract)
    months = tuple(contract.months())
    wanted = frozenset(months_between(start, end))
    found = []
    for row in rows:
        cells = tuple(
            cell for month, (cell, _) in zip(months, row.cells, strict=True) if month in wanted
        )
        total: Counter[str] = Counter()
        for stream in STREAMS.get(row.item.key, Evidence(())).streams:
            total[word_of_stream(stream)] = sum(counts.get((stream, month), 0) for month in wanted)
        found.append(ItemLine(row.item, cells, tuple(total.items())))
    return tuple(found)


def _papers(
    books: SpanBooks, contract: Contract, begin: datetime, at: datetime
) -> tuple[PaperLine, ...]:
    """Return the documents made from the beginning of the year until now, the oldest first."""
    return tuple(
        PaperLine(
            one.number, word_of_kind(one.kind), one.period, one.made_at, one.pages, one.signed,
            one.file_digest,
        )
        for one in sorted(books.papers(contract), key=lambda one: (one.made_at, one.number))
        if begin <= one.made_at <= at
    )  # fmt: skip
