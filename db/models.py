"""The tables of the store.

`Entry` is the journal: the only truth about what people recorded.  The rows that inherit
`Projected` are views of it, kept for quick reading and rebuilt at will by `db.projections`;
nothing else writes them.  The rest is what machines measured: plain tables.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from db.columns import Exact, Json, UtcTime

Id = String(36)
LONG = Text(16_000_000)
PACKED = LargeBinary(60_000)


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own idiom
        datetime: UtcTime,
        Decimal: Exact,
        dict[str, Any]: Json,
        list[Any]: Json,
        int: BigInteger,
    }


# ---------------------------------------------------------------- the journal


class Device(Base):
    """A machine that writes entries; `machine` is empty for one we only know from a merge.

    `letter` stands in the numbers it gives out: none for the first device, then B, C, ...
    """

    __tablename__ = "devices"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    letter: Mapped[str] = mapped_column(String(4))
    machine: Mapped[str] = mapped_column(String(64), index=True)


class Entry(Base):
    """One recorded fact; `data` is canonical JSON holding fields, note and what was seen."""

    __tablename__ = "entries"
    __table_args__ = (
        UniqueConstraint("device", "sequence", name="uq_entries_device_sequence"),
        Index("ix_entries_kind_subject", "kind", "subject"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    device: Mapped[str] = mapped_column(Id, ForeignKey("devices.id"))
    sequence: Mapped[int]
    clock: Mapped[int] = mapped_column(BigInteger, index=True)
    at: Mapped[datetime]
    offset_minutes: Mapped[int]
    actor: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(Id)
    action: Mapped[str] = mapped_column(String(60))
    data: Mapped[str] = mapped_column(LONG)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


# ---------------------------------------------------------------- its projections


class Projected(Base):
    """What every projection has beside its fields.

    `conflicts` names the fields two devices set without having seen each other; `more` holds the
    fields that have no column; the rest says which entries stand at both ends of the subject.
    """

    __abstract__ = True

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    conflicts: Mapped[list[Any]]
    more: Mapped[dict[str, Any]]
    first_clock: Mapped[int]
    first_device: Mapped[str] = mapped_column(Id)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Numbered(Projected):
    """A projection with a number people say aloud.

    `claimed` is the number its device gave it; `number` is the one shown, which differs where two
    devices that had not met gave out the same one (see `db.projections`).
    """

    __abstract__ = True

    claimed: Mapped[str] = mapped_column(String(30), default="", index=True)
    number: Mapped[str] = mapped_column(String(40), default="", index=True)


class ContractRow(Projected):
    __tablename__ = "contracts"

    title: Mapped[str] = mapped_column(String(200), default="")
    reference: Mapped[str] = mapped_column(String(100), default="")  # the contract's number
    party_a: Mapped[str] = mapped_column(String(200), default="")
    party_b: Mapped[str] = mapped_column(String(200), default="")
    start: Mapped[date | None]
    end: Mapped[date | None]
    total: Mapped[Decimal | None]
    payable: Mapped[Decimal | None]
    signed_on: Mapped[date | None]
    person_days: Mapped[Decimal | None]
    items: Mapped[list[Any] | None] = mapped_column(Json)


class ContactRow(Projected):
    __tablename__ = "contacts"

    name: Mapped[str] = mapped_column(String(100), default="", index=True)
    party: Mapped[str] = mapped_column(String(1), default="")
    role: Mapped[str] = mapped_column(String(100), default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]


class ResourceRow(Projected):
    __tablename__ = "resources"

    kind: Mapped[str] = mapped_column(String(20), default="")
    name: Mapped[str] = mapped_column(String(100), default="")
    address: Mapped[dict[str, Any] | None] = mapped_column(Json)
    removed: Mapped[bool] = mapped_column(default=False)


class TicketRow(Numbered):
    __tablename__ = "tickets"

    kind: Mapped[str] = mapped_column(String(20), default="")
    title: Mapped[str] = mapped_column(String(500), default="")
    description: Mapped[str] = mapped_column(LONG, default="")
    state: Mapped[str] = mapped_column(String(30), default="", index=True)
    priority: Mapped[int | None]  # Party A's order, 1 to 4
    estimate: Mapped[int | None]  # Party B's own
    requester: Mapped[str] = mapped_column(String(100), default="")
    contact_id: Mapped[str] = mapped_column(Id, default="")
    channel: Mapped[str] = mapped_column(String(60), default="")
    emergency: Mapped[str] = mapped_column(String(1000), default="")
    resource_id: Mapped[str] = mapped_column(Id, default="", index=True)
    opened_at: Mapped[datetime | None] = mapped_column(UtcTime, index=True)
    closed_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str] = mapped_column(String(100), default="")
    person_days: Mapped[Decimal | None]


class ChangeRow(Numbered):
    """`gates` holds what proves each gate, `announced` the evidence for each audience."""

    __tablename__ = "changes"

    kind: Mapped[str] = mapped_column(String(20), default="")
    title: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[str] = mapped_column(String(30), default="", index=True)
    resource_id: Mapped[str] = mapped_column(Id, default="", index=True)
    ticket_id: Mapped[str] = mapped_column(Id, default="")
    archive_id: Mapped[str] = mapped_column(Id, default="")
    plan: Mapped[dict[str, Any] | None] = mapped_column(Json)
    gates: Mapped[dict[str, Any] | None] = mapped_column(Json)
    announced: Mapped[dict[str, Any] | None] = mapped_column(Json)
    emergency: Mapped[str] = mapped_column(String(1000), default="")
    reason: Mapped[str] = mapped_column(String(1000), default="")
    simulated_at: Mapped[datetime | None]
    window_from: Mapped[datetime | None]
    window_to: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str] = mapped_column(String(100), default="")


class ReportRow(Numbered):
    """`heads` are the chain heads printed in the document, as a list of objects."""

    __tablename__ = "reports"

    kind: Mapped[str] = mapped_column(String(20), default="")
    period: Mapped[str] = mapped_column(String(20), default="", index=True)
    title: Mapped[str] = mapped_column(String(200), default="")
    path: Mapped[str] = mapped_column(String(1000), default="")
    made_at: Mapped[datetime | None]
    pages: Mapped[int | None]
    file_bytes: Mapped[int | None]
    file_digest: Mapped[str] = mapped_column(String(64), default="")
    heads: Mapped[list[Any] | None] = mapped_column(Json)
    signed: Mapped[str] = mapped_column(String(20), default="unsigned")


class TextRow(Base):
    """Every word people wrote about one subject, as searches compare it (see `db.texts`).

    `place` names the row in the index of pairs, and may be another after a rebuild.
    """

    __tablename__ = "texts"
    __table_args__ = (UniqueConstraint("kind", "subject", name="uq_texts_kind_subject"),)

    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(Id)
    title: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(LONG)


# ---------------------------------------------------------------- what machines measured


class ArchiveRow(Base):
    """A backup file we know of; the file may since be gone."""

    __tablename__ = "archives"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    seconds: Mapped[float]
    source: Mapped[str] = mapped_column(String(300))
    schema: Mapped[str] = mapped_column(String(64))
    resource_id: Mapped[str] = mapped_column(Id, default="", index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    path: Mapped[str] = mapped_column(String(1000))
    file_bytes: Mapped[int]
    text_bytes: Mapped[int]
    travelled: Mapped[int]
    rows: Mapped[int]
    tables: Mapped[int]
    consistency: Mapped[str] = mapped_column(String(20))
    verdict: Mapped[str] = mapped_column(LONG, default="")
    manifest_digest: Mapped[str] = mapped_column(String(64), default="", index=True)
    verified_at: Mapped[datetime | None]
    verified: Mapped[bool | None]
    more: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class RestoreRow(Base):
    """A restore that was run, proved or not; `undoes` names the one it took back."""

    __tablename__ = "restores"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    seconds: Mapped[float]
    source: Mapped[str] = mapped_column(String(300), default="")
    target: Mapped[str] = mapped_column(String(300))
    schema: Mapped[str] = mapped_column(String(64))
    resource_id: Mapped[str] = mapped_column(Id, default="", index=True)
    archive_id: Mapped[str] = mapped_column(Id, default="")
    archive_path: Mapped[str] = mapped_column(String(1000), default="")
    safety_id: Mapped[str] = mapped_column(Id, default="")
    undoes: Mapped[str] = mapped_column(Id, default="")
    tables: Mapped[int]
    rows: Mapped[int]
    text_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    proved: Mapped[bool]
    differences: Mapped[list[Any]] = mapped_column(Json, default=list)
    more: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class MetricRow(Base):
    """The number under which a metric stands in samples and roll-ups."""

    __tablename__ = "metrics"

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)


class SampleRow(Base):
    """What one look measured; `data` packs the values (see `db.samples`).

    `source` says who looked; `every` is the interval in which looks were taken then, in seconds.
    """

    __tablename__ = "samples"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - half the size, SQLAlchemy's idiom

    resource_id: Mapped[str] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(10), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    every: Mapped[int]
    data: Mapped[bytes] = mapped_column(PACKED)


class RollupRow(Base):
    """An hour or a day of samples; `data` packs the roll-ups of all metrics (see `db.samples`).

    `looks` and `watched` (milliseconds) are those of every look, whatever it learnt.  `final` says
    that the samples themselves are gone.
    """

    __tablename__ = "rollups"

    resource_id: Mapped[str] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(10), primary_key=True)
    span: Mapped[str] = mapped_column(String(4), primary_key=True)
    begin: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    looks: Mapped[int]
    watched: Mapped[int]
    final: Mapped[bool] = mapped_column(default=False)
    data: Mapped[bytes] = mapped_column(PACKED)


class UnrolledRow(Base):
    """An hour whose samples are not, or not all, in its roll-up yet."""

    __tablename__ = "unrolled"

    resource_id: Mapped[str] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(10), primary_key=True)
    hour: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)


class LookRow(Base):
    """The newest look at a resource; `data` is the whole look."""

    __tablename__ = "looks"

    resource_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]
    seconds: Mapped[float]
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(LONG, default="")
    data: Mapped[dict[str, Any]]


class AlertRow(Base):
    """A finding that lasted; `key` names it within its resource, `told` says it is in a ticket.

    `quiet` marks what was raised in an announced window and is told only if it outlasts that.
    """

    __tablename__ = "alerts"
    __table_args__ = (Index("ix_alerts_resource_id_raised_at", "resource_id", "raised_at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    resource_id: Mapped[str] = mapped_column(Id)
    key: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(LONG)
    raised_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None] = mapped_column(UtcTime, index=True)
    quiet: Mapped[bool]
    told: Mapped[bool]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str] = mapped_column(String(100), default="")
    ticket: Mapped[str] = mapped_column(String(40), default="")
    more: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class AccountFactRow(Base):
    """What WeChat told of an official account: of a day (kind "day", its `key` the day), or of an
    article (kind "article", its `key` the digest of day, address and title).

    A look holds only the last weeks of either; reports of past months are made from these.
    """

    __tablename__ = "account_facts"

    resource_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    on: Mapped[str] = mapped_column(String(10))  # the day in China, ISO 8601
    data: Mapped[dict[str, Any]]


class DomainRow(Base):
    """When a domain runs out, as its registry said last: `until`, learnt at `learnt_at`.

    `fault` is why the newest question, at `asked_at`, brought no day; `gone` says that the registry
    knows no such domain any more.
    """

    __tablename__ = "domains"

    name: Mapped[str] = mapped_column(String(253), primary_key=True)
    until: Mapped[date | None]
    source: Mapped[str] = mapped_column(String(10), default="")
    server: Mapped[str] = mapped_column(String(300), default="")
    learnt_at: Mapped[datetime | None]
    asked_at: Mapped[datetime]
    fault: Mapped[str] = mapped_column(LONG, default="")
    gone: Mapped[bool] = mapped_column(default=False)


class InventoryRow(Base):
    """The newest list of waiting updates of a host; `data` is the whole inventory."""

    __tablename__ = "inventories"

    resource_id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    manager: Mapped[str] = mapped_column(String(20), default="")
    system: Mapped[str] = mapped_column(String(200), default="")
    data: Mapped[dict[str, Any]]


class ScheduleRow(Base):
    """The backup schedule of one database on this machine; `data` is the plan."""

    __tablename__ = "schedules"

    resource_id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    data: Mapped[dict[str, Any]]


class ScheduleRunRow(Base):
    """One attempt at a scheduled backup, or the reason why there was none."""

    __tablename__ = "schedule_runs"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    resource_id: Mapped[str] = mapped_column(Id, index=True)
    due: Mapped[datetime] = mapped_column(UtcTime, index=True)
    at: Mapped[datetime]
    ended: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(LONG, default="")
    archive_id: Mapped[str] = mapped_column(Id, default="")
    more: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class DrillRow(Base):
    """A drill that was run on this machine; `data` is all that is known of it."""

    __tablename__ = "drills"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    resource_id: Mapped[str] = mapped_column(Id, default="", index=True)
    archive_id: Mapped[str] = mapped_column(Id, default="", index=True)
    outcome: Mapped[str] = mapped_column(String(20))
    data: Mapped[dict[str, Any]]


class DrillPlanRow(Base):
    """When one database is drilled on this machine; `data` is the plan."""

    __tablename__ = "drill_plans"

    resource_id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    data: Mapped[dict[str, Any]]


class MessageRow(Base):
    """A message to a channel, queued, sent or refused; `key` names what it tells, which is told
    once."""

    __tablename__ = "messages"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    event: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    text: Mapped[str] = mapped_column(LONG)
    state: Mapped[str] = mapped_column(String(20), index=True)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    next_at: Mapped[datetime]
    tried_at: Mapped[datetime | None] = mapped_column(UtcTime, index=True)
    tries: Mapped[int] = mapped_column(BigInteger, default=0)
    code: Mapped[int | None]
    said: Mapped[str] = mapped_column(String(1000), default="")


class ChannelRow(Base):
    """How far a channel has read the journal: `clock` is that of the last entry it looked at."""

    __tablename__ = "channels"

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    clock: Mapped[int]
