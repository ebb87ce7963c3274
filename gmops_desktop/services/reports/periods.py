"""The periods that documents are of, as people write them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr


def month_of(period: str) -> tuple[date, date]:
    """Return the first and last day of a month written as 2018-04."""
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", period.strip())
    if not found:
        raise OpsError(
            tr("“{period}” is not a month.", period=period),
            hint=tr("Write year and month as 2018-04."),
        )
    year, month = int(found[1]), int(found[2])
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def span_of(period: str) -> tuple[date, date]:
    """Return the first and last day of a month, or of months written as 2018-04~2018-06."""
    first, _, last = period.partition("~")
    begin, end = month_of(first)[0], month_of(last or first)[1]
    if end < begin:
        raise OpsError(
            tr("“{period}” ends before it begins.", period=period),
            hint=tr("Write the first month before the last: 2018-04~2018-06."),
        )
    return begin, end
