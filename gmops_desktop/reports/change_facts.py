"""What the documents of a change say: the notice before it, the record after it.

The service of the changes fills these from the journal, in the language of the document (that is
why `services.reports` asks for them by a function it calls itself).  What nobody knows is None or
empty, and is printed as not known.  What is handed over after a change is told by `HandOverFacts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from gmops_desktop.contract.change_checks import Checks
from gmops_desktop.contract.changes import Audience, ChangeState
from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.rollbacks import RollbackPlan, RollbackStep
from gmops_desktop.contract.runs import RunPurpose, RunState
from gmops_desktop.contract.terms import Contract, day_of
from gmops_desktop.reports.facts import Override

ItemKind = Literal["package", "file", "configuration", "database"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a change alters, as planned or as it came out.

    `before` and `after` are versions of a package, or the SHA-256 of a file as it was and is; empty
    where it is not there then.  `note` says what else is to be known (origin, severity, CVEs, size,
    how many statements); `security` marks what mends a security hole.
    """

    kind: ItemKind
    title: str
    before: str = ""
    after: str = ""
    note: str = ""
    security: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """How Party A told one of the three audiences (2.3-8); all empty while it has not."""

    audience: Audience
    evidence: str = ""
    at: datetime | None = None
    recorded_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFacts:
    """A change as it is planned and asked for: what both documents say.

    `kind` is "patch", "release" or "configuration"; `server` names what it is done to; `ticket` is
    number and title of the ticket that it comes from.  `why` and `risk` are the evaluation's words,
    `assessed_by` whose it is, `downtime_minutes` what was estimated (None: not yet).  `diff` is a
    unified diff without secrets; `services` restart; `reboot` says whether the server itself does,
    None where nobody knows.  `restarts` tells all that in sentences, with the reasons.
    `performer` does it, and `phone` reaches him.  `emergencies` are the gates opened as 特殊紧急.
    """

    change_id: str
    number: str
    kind: str
    title: str
    server: str
    contract: Contract
    state: ChangeState
    created_at: datetime
    requested_by: str = ""
    ticket: str = ""
    why: str = ""
    risk: str = ""
    assessed_by: str = ""
    person_days: Decimal | None = None
    downtime_minutes: int | None = None
    window_begin: datetime | None = None
    window_end: datetime | None = None
    items: tuple[Item, ...] = ()
    diff: str = ""
    services: tuple[str, ...] = ()
    reboot: bool | None = None
    restarts: tuple[str, ...] = ()
    simulated_at: datetime | None = None
    rollback: RollbackPlan | None = None
    last_resort: RollbackStep | None = None
    told: tuple[Told, ...] = ()
    emergencies: tuple[Override, ...] = ()
    performer: str = ""
    phone: str = ""


class _Paper:
    """What the papers of a change share: whose they are, their month, what they tell of."""

    __slots__ = ()
    change: ChangeFacts
    at: datetime

    @property
    def contract(self) -> Contract:
        """Whose paper it is."""
        return self.change.contract

    @property
    def period(self) -> str:
        """The month that it is numbered in."""
        return f"{day_of(self.at):%Y-%m}"

    @property
    def about(self) -> str:
        """The id of the change."""
        return self.change.change_id


@dataclass(frozen=True, slots=True)
class NoticeFacts(_Paper):
    """The request for a change and notice of the downtime (变更申请与停机通知单)."""

    change: ChangeFacts
    at: datetime
    heads: tuple[ChainHead, ...] = ()


@dataclass(frozen=True, slots=True)
class GateLine:
    """A gate as it stood when the change began (or now, before that).

    `evidence` is what proved it, `missing` what was lacking, `emergency` the reason for passing it.
    """

    title: str
    met: bool
    evidence: str = ""
    missing: str = ""
    emergency: str = ""


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of a run by the server's clock; `status` is its exit code, None if it has none."""

    title: str
    began_at: datetime | None = None
    ended_at: datetime | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """What was run on the server: to apply the change or to take it back.

    `why` says what failed, was interrupted or is not known.  `log_digest` is the SHA-256 of the
    whole log, `log_bytes` its size, `tail` its last lines.  `left` says in sentences what
    still runs that was replaced.  `restarted` says whether the server
    went down and came back meanwhile (None: not known).
    """

    id: str
    purpose: RunPurpose
    state: RunState
    by: str = ""
    why: str = ""
    status: int | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    steps: tuple[StepLine, ...] = ()
    log_digest: str = ""
    log_bytes: int | None = None
    tail: str = ""
    restarted: bool | None = None
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Party A's confirmation that the matter is done (2.3-7)."""

    by: str
    at: datetime
    channel: str
    text: str = ""
    paper: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """Who released the plan for execution, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts(_Paper):
    """What became of a change (补丁报告, 发布报告, 配置变更报告).

    `done` is what the server's state after the run differs in from before, None while nobody has
    asked it.  `kept_files` are configuration files that the package manager left as they were.
    `deviations` are what was done otherwise than agreed, emergencies apart (2.3-9).
    """

    change: ChangeFacts
    at: datetime
    gates: tuple[GateLine, ...] = ()
    approvals: tuple[Approval, ...] = ()
    deviations: tuple[Override, ...] = ()
    runs: tuple[RunLine, ...] = ()
    done: tuple[Item, ...] | None = None
    kept_files: tuple[str, ...] = ()
    before: Checks | None = None
    after: Checks | None = None
    rollback_reason: str = ""
    confirmation: Confirmation | None = None
    spent_days: Decimal | None = None
    heads: tuple[ChainHead, ...] = ()
