"""What a monthly report is made from: plain facts, collected by `app.py` from the services.

The same facts go into the document as JSON (`as_json`), so that a program can read in ten years
what people read on the paper.  What is not known is None, and `why_unknown` says why.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from gmops_desktop.contract.changes import ChangeState
from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.report_texts import OwnText
from gmops_desktop.contract.terms import Contact, Contract
from gmops_desktop.contract.tickets import Attribution, Priority, TicketKind, TicketState

Metric = Literal["cpu", "memory", "disk"]
# What may be unknown as a whole; the keys of `MonthFacts.why_unknown`.
Question = Literal["availability", "usage", "backups", "restores", "changes"]


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A ticket opened, worked on or closed in the period.

    `response_seconds` and `restore_seconds` are the clocks as they stand; None while it waits for
    a first answer (or a solution).  `emergency` is the reason where a rule was overridden.  Whether
    a limit was kept is None where there is none, or where it is not decided yet.  `waited_seconds`
    is the time that passed waiting for Party A, which is not charged.
    """

    number: str
    kind: TicketKind
    title: str
    priority: Priority
    state: TicketState
    requester: str
    opened_at: datetime
    closed_at: datetime | None = None
    response_seconds: float | None = None
    restore_seconds: float | None = None
    confirmed_by: str = ""
    emergency: str = ""
    response_kept: bool | None = None
    restore_kept: bool | None = None
    resolve_kept: bool | None = None
    waited_seconds: float = 0.0
    restored_at: datetime | None = None
    cause: str = ""
    attribution: Attribution = ""


@dataclass(frozen=True, slots=True)
class BackupLine:
    """A backup taken in the period; sizes in bytes, `verified` None where nobody checked it."""

    at: datetime
    source: str
    file_bytes: int
    text_bytes: int
    rows: int
    consistency: Literal["consistent", "partly", "unknown"]
    verified: bool | None
    manifest_digest: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class RestoreLine:
    """A restore run in the period; `proved` says whether the target's digests equal the file's."""

    at: datetime
    target: str
    seconds: float
    tables: int
    rows: int
    proved: bool


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change of the patch queue; `told` counts the audiences announced to, of three.

    `emergency` is a reason for which one of its gates was passed.
    """

    number: str
    title: str
    state: ChangeState
    created_at: datetime
    packages: int
    told: int
    emergency: str = ""
    applied_at: datetime | None = None
    rolled_back_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Availability:
    """Looks at the website: 1.0 answered as it should, 0.0 did not, None looked and learnt nothing.

    `coverage` is the share of the period in which anybody looked, 0 to 1.
    """

    resource: str
    points: tuple[tuple[datetime, float | None], ...]
    coverage: float


@dataclass(frozen=True, slots=True)
class Usage:
    """A load in per cent (0 to 100) over the period; None is a gap.  `threshold` in per cent."""

    resource: str
    metric: Metric
    points: tuple[tuple[datetime, float | None], ...]
    coverage: float
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A rule passed over as 特殊紧急, or another deviation: when, who, which rule, why."""

    at: datetime
    actor: str
    what: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthFacts:
    """Everything a monthly report says.  `start` and `end` are its first and last day."""

    contract: Contract
    start: date
    end: date
    generated_at: datetime
    prepared_by: str = ""
    contacts: tuple[Contact, ...] = ()
    tickets: tuple[TicketLine, ...] = ()
    backups: tuple[BackupLine, ...] = ()
    restores: tuple[RestoreLine, ...] = ()
    changes: tuple[ChangeLine, ...] = ()
    availability: Availability | None = None
    usage: tuple[Usage, ...] = ()
    overrides: tuple[Override, ...] = ()
    heads: tuple[ChainHead, ...] = ()
    why_unknown: Mapping[Question, str] = field(default_factory=dict)

    @property
    def period(self) -> str:
        """The month."""
        return f"{self.start:%Y-%m}"

    @property
    def about(self) -> str:
        """Nothing: it is of a period."""
        return ""

    @property
    def at(self) -> datetime:
        """When the facts were gathered."""
        return self.generated_at


def as_json(facts: MonthFacts, texts: tuple[OwnText, ...] = (), **document: object) -> bytes:
    """Return `facts`, people's own `texts` and what is said of the `document` as JSON: sorted
    keys, times in ISO 8601."""
    values = {"format": "gmops-report-1", "document": document, "facts": facts, "texts": texts}
    text = json.dumps(
        values, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain
    )
    return text.encode()


def _plain(value: object) -> Any:
    """Return what JSON lacks a form for in one it has, a level at a time (`asdict` copies all)."""
    if is_dataclass(value):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a report")
