"""What was agreed: parties, period, money, service items, and who may speak for whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal
from zoneinfo import ZoneInfo

# The contract is kept in China: its days and months are those of Beijing time.
ZONE: Final = ZoneInfo("Asia/Shanghai")

Party = Literal["A", "B"]


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

    `start` and `end` both belong to the period; `person_days` are the free ones for modifications.
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

    @property
    def days_total(self) -> int:
        """How many days the period runs, from its first to its last."""
        return (self.end - self.start).days

    def days_left(self, today: date) -> int:
        """How many days of the period are still to come; 0 when it is over."""
        return max(0, (self.end - max(today, self.start)).days)

    def months(self) -> Iterator[date]:
        """Yield the first day of every month that the period touches."""
        month = self.start.replace(day=1)
        while month <= self.end:
            yield month
            month = next_month(month)


@dataclass(frozen=True, slots=True)
class Contact:
    """A person who may speak for a party, from `valid_from` to `valid_to` (both included)."""

    id: str
    name: str
    party: Party
    role: str
    phone: str
    valid_from: date
    valid_to: date | None = None

    def valid(self, on: date) -> bool:
        """Return whether the person speaks for the party on that day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


def day_of(at: datetime) -> date:
    """Return the contract's day (Beijing time) of a moment."""
    return at.astimezone(ZONE).date()


def month_of(at: datetime) -> date:
    """Return the first day of the contract's month (Beijing time) of a moment."""
    return day_of(at).replace(day=1)


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
