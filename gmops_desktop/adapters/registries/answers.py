"""What a registry's answer is taken for, whichever way it came: a day that stands in it, or none.

Answers come from many programs and may be cut, delayed or mangled on the way.  A day counts only
if it is written out, is the only one, belongs to the domain asked for, and could be true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

# The day as written: a time behind it may shift it by one in another zone, which is not worth a
# date that does not stand in the answer.
_DAY: Final = re.compile(r"(\d{4})([-./])(\d{2})\2(\d{2})(?!\d)")
_LONGEST: Final = 11  # years: ICANN and CNNIC register for ten at most


class NotRegistered(OpsError):
    """The registry knows no such domain."""


class NoDay(OpsError):
    """The registry's answer names no day that could be trusted."""


def the_day(said: Iterable[str], domain: str, today: date) -> date:
    """Return the one day that every text in `said` begins with; raise `NoDay`."""
    found = {_day(one.strip(), today) for one in said}
    day = found.pop() if len(found) == 1 else None
    if day is None:
        raise no_day(domain)
    return day


def no_day(domain: str) -> NoDay:
    """Return what to raise where an answer cannot be used."""
    return NoDay(
        tr("The registry's answer does not say until when {domain} is registered.", domain=domain),
        hint=tr("Enter the day by hand; the registrar's console shows it."),
    )


def not_registered(domain: str) -> NotRegistered:
    """Return what to raise where the registry knows no such domain."""
    return NotRegistered(
        tr("The registry does not know {domain}.", domain=domain),
        hint=tr("Check the spelling, and ask the registrar at once: it may have been deleted."),
    )


def _day(text: str, today: date) -> date | None:
    found = _DAY.match(text)
    if found is None:
        return None
    try:
        day = date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        return None
    return day if abs(day.year - today.year) <= _LONGEST else None
