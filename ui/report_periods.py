"""The periods of a contract that a document may be of, as they are offered: the newest first."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from gmops_desktop.contract.terms import Contract
from gmops_desktop.language import tr
from gmops_desktop.services.reports import (
    Subject,
    month_of,
    quarter_of,
    quarters_of,
    years_of,
)


class Offered(NamedTuple):
    """A period as it is written (2018-04, 2018-Q2, 2018), in words, with its last day."""

    written: str
    words: str
    end: date


def periods_of(subject: Subject, contract: Contract, today: date) -> list[Offered]:
    """Return the periods of a contract that have begun by a day; months where the subject is no
    longer span."""
    found: list[Offered] = []
    if subject == "year":
        for begins, (start, end) in years_of(contract).items():
            if start <= today:
                words = tr("{start} to {end}", context="year", start=start, end=end)
                found.append(Offered(f"{begins}", words, end))
    elif subject == "quarter":
        for written in quarters_of(contract):
            start, end = quarter_of(written)
            if start <= today:
                year, quarter = written.split("-Q")
                words = tr("quarter {quarter}/{year}", quarter=quarter, year=year)
                found.append(Offered(written, words, min(end, contract.end)))
    else:
        for month in contract.months():
            if month <= today:
                words = tr("{month}/{year}", context="month", month=month.month, year=month.year)
                written = f"{month:%Y-%m}"
                found.append(Offered(written, words, month_of(written)[1]))
    return found[::-1]
