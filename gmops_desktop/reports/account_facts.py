"""What the operation report of an official account says (微信公众号运维报告), of a month.

None and empty are what nobody was told; `why` says why, by the parts of a look and those below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from gmops_desktop.contract.alerts import Alert
from gmops_desktop.contract.consoles import Reading
from gmops_desktop.contract.looks.accounts import AccountDay, Article
from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.terms import Contact, Contract


@dataclass(frozen=True, slots=True)
class MenuKept:
    """The menu of the newest archive of the period: its lines as a tree, and whether it was still
    so at the last look (None: nobody looked since); `replies` are the keyword rules kept."""

    at: datetime
    file: str
    lines: tuple[str, ...]
    as_kept: bool | None
    replies: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMonth:
    """One account: what WeChat told of its days, what was published, and how it stands.

    `until` is the last day of its yearly verification, `source` who says so.  `quota` is the
    highest share of a day's calls used up (per cent), with the share of the period in which anybody
    looked.  `backups` are those of its settings, `readings` what people read in its console, the
    newest first.
    """

    name: str
    app_id: str
    looked_at: datetime | None = None
    verified: bool | None = None
    principal: str = ""
    until: date | None = None
    source: str = ""
    days: tuple[AccountDay, ...] = ()
    articles: tuple[Article, ...] = ()
    quota: float | None = None
    quota_coverage: float = 0.0
    coverage: float = 0.0
    menu: MenuKept | None = None
    backups: int = 0
    alerts: tuple[Alert, ...] = ()
    why: Mapping[str, str] = field(default_factory=dict, hash=False)
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """The official accounts of the contract in a month.  `told` is the last day of it that could be
    told when the report was made."""

    contract: Contract
    start: date
    end: date
    at: datetime
    told: date
    accounts: tuple[AccountMonth, ...] = ()
    contacts: tuple[Contact, ...] = ()
    prepared_by: str = ""
    heads: tuple[ChainHead, ...] = ()

    @property
    def period(self) -> str:
        """The month."""
        return f"{self.start:%Y-%m}"

    @property
    def about(self) -> str:
        """A period is about nothing else."""
        return ""

    @property
    def expected(self) -> int:
        """How many days of the month could be told."""
        return max(0, (min(self.told, self.end) - self.start).days + 1)
