"""What was agreed: parties, period, money, service items, and who may speak for whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Final, Literal
from zoneinfo import ZoneInfo

from gmops_desktop.language import mark, tr

# The contract is kept in China: its days and months are those of Beijing time.
ZONE: Final = ZoneInfo("Asia/Shanghai")

Party = Literal["A", "B"]
Post = Literal[
    "", "designated", "representative", "project_manager", "operations_manager", "technician"
]

_POSTS: Final[dict[Post, str]] = {
    "designated": mark("Designated contact"),
    "representative": mark("Representative"),
    "project_manager": mark("Project manager"),
    "operations_manager": mark("Operations manager"),
    "technician": mark("Technician"),
    "": mark("Other"),
}
POSTS: Final = tuple(_POSTS)
# How contracts write the posts of Party B's people, for records that name none.
_WRITTEN: Final[tuple[tuple[str, Post], ...]] = (
    ("项目经理", "project_manager"),
    ("运维经理", "operations_manager"),
    ("运维管理", "operations_manager"),
    ("技术", "technician"),
    ("代表", "representative"),
)


@dataclass(frozen=True, slots=True)
class ServiceItem:
    """One line of the contract's table of services.

    `key` says which evidence proves it (`obligations.STREAMS`); `monthly` items owe evidence every
    month, the others when they are asked for.  `amount` is None where the contract names none.
    """

    key: str
    title: str
    amount: Decimal | None = None
    remark: str = ""
    monthly: bool = False

    @property
    def name(self) -> str:
        """The title without the particulars that contracts write behind a colon."""
        return self.title.split("：")[0]


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract; `total` is what the items add up to, `payable` what was agreed to be paid.

    `start` and `end` both belong to the period; `person_days` are the free ones for modifications,
    of which what is worked counts in steps of `day_step`, rounded up (0: exactly).  `staff` says
    how many people Party B keeps on each post.  `payment_days` and `notice_days` are working days:
    from signing to payment, and from a change of contact to its notice.  `renews` names the
    contract that this one continues.  `two_person` says that whoever plans a change of a server
    does not release it alone.
    """

    id: str
    title: str
    number: str
    party_a: str
    party_b: str
    start: date
    end: date
    total: Decimal
    payable: Decimal
    signed_on: date | None
    person_days: Decimal
    items: tuple[ServiceItem, ...]
    scope: tuple[str, ...] = ()
    service_time: str = ""
    staff: tuple[tuple[Post, int], ...] = ()
    day_step: Decimal = Decimal(0)
    payment_days: int = 3
    notice_days: int = 3
    paid_on: date | None = None
    renews: str = ""
    two_person: bool = False

    @property
    def items_total(self) -> Decimal:
        """What the amounts of the items add up to."""
        return sum((one.amount for one in self.items if one.amount is not None), Decimal(0))

    @property
    def days_total(self) -> int:
        """How many days the period runs, from its first to its last."""
        return (self.end - self.start).days

    def days_left(self, today: date) -> int:
        """How many days of the period are still to come; 0 when it is over."""
        return max(0, (self.end - max(today, self.start)).days)

    def runs(self, on: date) -> bool:
        """Return whether a day belongs to the period."""
        return self.start <= on <= self.end

    def months(self) -> Iterator[date]:
        """Yield the first day of every month that the period touches."""
        yield from months_between(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Contact:
    """A person who may speak for a party, from `valid_from` to `valid_to` (both included).

    `stands_in` are the ids of those whose duty this person may take over.  `contract_id` is empty
    for somebody recorded before there were several contracts.
    """

    id: str
    name: str
    party: Party
    role: str
    phone: str
    valid_from: date
    valid_to: date | None = None
    post: Post = ""
    stands_in: tuple[str, ...] = ()
    contract_id: str = ""

    def valid(self, on: date) -> bool:
        """Return whether the person speaks for the party on that day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


# ---------------------------------------------------------------- people


def word_of_post(post: Post) -> str:
    """Return the word for what somebody is to the contract."""
    return tr(_POSTS[post])


def post_of(said: str, role: str, party: Party) -> Post:
    """Return a person's post: the one recorded, else what the words of the role say."""
    for post in POSTS:
        if post and post == said:
            return post
    if party == "A":
        return "designated" if "指定" in role else ""
    for word, written in _WRITTEN:
        if word in role:
            return written
    return ""


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A post that the contract asks for and that too few people fill (2.3-1)."""

    post: Post
    wanted: int
    there: int


def vacancies(contract: Contract, people: Iterable[Contact], on: date) -> tuple[Vacancy, ...]:
    """Return the posts of Party B that are not filled on a day as the contract asks."""
    posts = [one.post for one in people if one.party == "B" and one.valid(on)]
    return tuple(
        Vacancy(post, wanted, posts.count(post))
        for post, wanted in contract.staff
        if posts.count(post) < wanted
    )


def vacancies_between(
    contract: Contract, people: Iterable[Contact], first: date, last: date
) -> tuple[Vacancy, ...]:
    """Return the posts that were not filled on some day from `first` to `last`, both included, each
    with the fewest people there were."""
    there = [one for one in people if one.party == "B"]
    ends = {one.valid_to + timedelta(days=1) for one in there if one.valid_to is not None}
    days = {first} | {one for one in ends if first < one <= last}  # only then there may be fewer
    fewest: dict[Post, Vacancy] = {}
    for day in sorted(days) if first <= last else ():
        for one in vacancies(contract, there, day):
            if one.post not in fewest or one.there < fewest[one.post].there:
                fewest[one.post] = one
    return tuple(fewest[post] for post, _ in contract.staff if post in fewest)


# ---------------------------------------------------------------- several contracts


def family_of(contracts: Iterable[Contract], contract_id: str) -> tuple[Contract, ...]:
    """Return a contract with all that it renews and that renew it, the oldest first.

    People and resources named for one of them belong to all of them.
    """
    known = {one.id: one for one in contracts}
    wanted = _root(known, contract_id)
    found = [one for id, one in known.items() if _root(known, id) == wanted]
    return tuple(sorted(found, key=lambda one: (one.start, one.id)))


def main_family(contracts: Iterable[Contract]) -> tuple[Contract, ...]:
    """Return the family that everything belongs to which names no contract: the oldest one."""
    known = tuple(contracts)
    oldest = min(known, key=lambda one: (one.start, one.id), default=None)
    return family_of(known, oldest.id) if oldest is not None else ()


def _root(known: dict[str, Contract], id: str) -> str:
    """Return the id of the contract a chain of renewals began with."""
    way = [id]
    while (before := known[way[-1]].renews if way[-1] in known else "") in known:
        if before in way:  # two that renew each other are one family
            return min(way)
        way.append(before)
    return way[-1]


def renewal_of(before: Contract, signed_on: date | None) -> Contract:
    """Return what continues a contract on its terms: from the day after it, for a year, and as yet
    without a number."""
    start = before.end + timedelta(days=1)
    leap = (start.month, start.day) == (2, 29)
    end = start.replace(year=start.year + 1, day=28 if leap else start.day)
    return replace(
        before, start=start, end=end, number="", signed_on=signed_on, paid_on=None, renews=before.id
    )


# ---------------------------------------------------------------- days and months


_told_in: ContextVar[tzinfo | None] = ContextVar("told_in", default=None)


@contextmanager
def told_in(zone: tzinfo) -> Iterator[None]:
    """Tell moments in that zone inside the block: documents say Beijing time, wherever made."""
    token = _told_in.set(zone)
    try:
        yield
    finally:
        _told_in.reset(token)


def as_told(at: datetime) -> datetime:
    """Return a moment in the zone in which it is told here: the machine's own, if none is set."""
    return at.astimezone(_told_in.get())


def day_of(at: datetime) -> date:
    """Return the contract's day (Beijing time) of a moment."""
    return at.astimezone(ZONE).date()


def moments_of(first: date, last: date) -> tuple[datetime, datetime]:
    """Return the moment in which the contract's day `first` begins and that in which `last` has
    ended, in UTC: what lies between is quicker asked of moments than of each one's day."""
    begin, end = (
        datetime.combine(day, time(), ZONE).astimezone(UTC)
        for day in (first, last + timedelta(days=1))
    )
    return begin, end


def month_of(at: datetime) -> date:
    """Return the first day of the contract's month (Beijing time) of a moment."""
    return day_of(at).replace(day=1)


def months_between(first: date, last: date) -> Iterator[date]:
    """Yield the first day of every month that two days (both included) touch."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = next_month(month)


def within(month: date, first: date, last: date) -> tuple[date, date]:
    """Return the first and last day of a month's part between two days (both included)."""
    return max(month, first), min(next_month(month) - timedelta(days=1), last)


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
