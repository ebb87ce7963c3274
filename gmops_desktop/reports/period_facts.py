"""What the reports of a period say, beside the month's: backups, inspections, and the money of the
whole contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from gmops_desktop.addresses import Kind
from gmops_desktop.contract.alerts import Alert
from gmops_desktop.contract.notices import Notice
from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.terms import Contract, day_of
from gmops_desktop.reports.facts import RestoreLine
from gmops_desktop.states import State

CopyKind = Literal["database", "files", "account"]


@dataclass(frozen=True, slots=True)
class Copy:
    """One backup: `whole` says that nothing is missing in it, `verified` None where nobody checked.

    `digest` is that of its manifest; `exists` says whether the file still stands on this machine.
    """

    kind: CopyKind
    source: str
    at: datetime
    file: str
    file_bytes: int
    whole: bool
    verified: bool | None
    digest: str
    exists: bool = True
    sealed: bool = False

    @property
    def good(self) -> bool:
        """Whether it is known to be whole and to be what it says."""
        return self.whole and self.verified is True


@dataclass(frozen=True, slots=True)
class DrillLine:
    """A drill of the period; `seconds` is the measured recovery time, `certificate` its number."""

    at: datetime
    name: str
    outcome: Literal["proved", "disproved", "failed"]
    seconds: float
    rows: int
    archive: str
    certificate: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFacts:
    """The backups of a period (备份报告).  `start` and `end` are its first and last day.

    `owed` names what belongs to the contract and is to be backed up, whether it was or not.
    """

    contract: Contract
    start: date
    end: date
    at: datetime
    owed: tuple[tuple[CopyKind, str], ...] = ()
    copies: tuple[Copy, ...] = ()
    drills: tuple[DrillLine, ...] = ()
    restores: tuple[RestoreLine, ...] = ()
    heads: tuple[ChainHead, ...] = ()

    @property
    def period(self) -> str:
        """The month."""
        return f"{self.start:%Y-%m}"

    @property
    def about(self) -> str:
        """A period is about nothing else."""
        return ""


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure over the period: its mean and highest, and the mean of the period before.

    `limit` is from where on it is a warning (None: none is set); `coverage` the share of the period
    in which anybody looked, 0 to 1.
    """

    title: str
    mean: float | None
    high: float | None
    before: float | None
    limit: float | None
    coverage: float
    less_is_worse: bool = False


@dataclass(frozen=True, slots=True)
class Inspected:
    """One thing that was inspected: the newest look at it, and what was measured in the period.

    `figures` are titles with their values in words and how they stand.
    """

    name: str
    kind: Kind
    state: State
    reason: str
    looked_at: datetime | None
    figures: tuple[tuple[str, str, State], ...] = ()
    measured: tuple[Measured, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionFacts:
    """An inspection (巡检报告): everything of the contract, with the alerts of the period."""

    contract: Contract
    start: date
    end: date
    at: datetime
    inspected: tuple[Inspected, ...] = ()
    alerts: tuple[Alert, ...] = ()
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeFacts:
    """What the contract costs, item by item, and whether it was paid (合同费用确认单)."""

    contract: Contract
    at: datetime
    payment: Notice | None = None
    heads: tuple[ChainHead, ...] = ()

    @property
    def period(self) -> str:
        """The month that it is numbered in."""
        return f"{day_of(self.at):%Y-%m}"

    @property
    def about(self) -> str:
        """The id of the contract."""
        return self.contract.id
