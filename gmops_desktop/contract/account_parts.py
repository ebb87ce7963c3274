"""Of what a look at an official account consists, and how often each part is asked, as data.

WeChat counts every call against a day's quota that the website's own calls share.  A look each
minute therefore asks only for what can have changed: `CALLS_A_DAY` says what that comes to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Final

from gmops_desktop.language import mark

CHINA: Final = timezone(timedelta(hours=8))
READY: Final = time(8)  # from then on WeChat tells the figures of the day before
KEPT_DAYS: Final = 35
ARTICLE_DAYS: Final = 7  # how many days of publishing are followed
AGAIN: Final = timedelta(minutes=5)  # what failed is asked again, unless `every` is shorter
NOT_READY: Final = timedelta(minutes=30)  # figures that are late are asked for again

_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a look: its name, how often it is asked, and the calls that takes.

    Statistics are asked for until yesterday's are there, and then not before the next day's.
    """

    word: str
    every: timedelta
    calls: int = 1
    statistics: bool = False


# The quotas shown: what the website itself lives on, and what this program uses.
QUOTAS: Final[Mapping[str, str]] = {
    "/cgi-bin/message/custom/send": mark("Customer messages"),
    "/cgi-bin/message/template/send": mark("Template messages"),
    "/cgi-bin/user/info": mark("Follower facts"),
    "/cgi-bin/material/add_material": mark("Material added"),
    "/cgi-bin/draft/add": mark("Drafts added"),
    "/datacube/getusercumulate": mark("Statistics"),
}
PARTS: Final[Mapping[str, Part]] = {
    "quotas": Part(mark("quotas"), 15 * _MINUTE, calls=len(QUOTAS)),
    "callback": Part(mark("callback"), 15 * _MINUTE),
    "echo": Part(mark("answer of the site"), timedelta(), calls=0),
    "followers": Part(mark("followers"), _DAY, statistics=True),
    "changes": Part(mark("changes of followers"), _DAY, statistics=True),
    "reads": Part(mark("readers"), _DAY, statistics=True),
    "health": Part(mark("interface health"), _DAY, statistics=True),
    "articles": Part(mark("articles"), _DAY, calls=ARTICLE_DAYS, statistics=True),
    "menu": Part(mark("menu"), 60 * _MINUTE),
    "standing": Part(mark("verification"), _DAY),
}
CALLS_A_DAY: Final = round(
    sum(one.calls * (_DAY / one.every) for one in PARTS.values() if one.calls)
)
"""What a day of looks costs, besides a token at each: as long as nothing has to be asked twice."""


def newest_told(at: datetime) -> date:
    """Return the newest day of which WeChat tells figures at the time `at`."""
    here = at.astimezone(CHINA)
    return here.date() - timedelta(days=1 if here.time() >= READY else 2)


def next_told(at: datetime) -> datetime:
    """Return when the figures of one more day are to be had, after `at`."""
    here = at.astimezone(CHINA)
    today = datetime.combine(here.date(), READY, CHINA)
    return today if here < today else today + _DAY


def midnight_after(at: datetime) -> datetime:
    """Return when the day's quotas start anew, after `at`."""
    here = at.astimezone(CHINA)
    return datetime.combine(here.date() + _DAY, time(), CHINA)
