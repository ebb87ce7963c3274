"""What one look at a MySQL or MariaDB server found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SlowStatement:
    """A kind of statement that took long, without its values; `mean` and `longest` in seconds."""

    text: str
    count: int
    mean: float
    longest: float
    rows_examined: int


@dataclass(frozen=True, slots=True)
class LockWait:
    """Who waits for whom: connection ids, seconds waited, and what both run (perhaps nothing)."""

    waiting: int
    blocking: int
    seconds: int
    table: str
    waiting_statement: str
    blocking_statement: str


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction open for long: its connection, who, since how many seconds, rows locked."""

    connection: int
    user: str
    seconds: int
    rows_locked: int
    statement: str


@dataclass(frozen=True, slots=True)
class Replication:
    """One source this server copies from; `lag` in seconds is None while it does not run."""

    source: str
    io_running: bool
    sql_running: bool
    lag: int | None
    fault: str


@dataclass(frozen=True, slots=True)
class TableSize:
    """A table: bytes of rows and of indexes, rows as estimated by the server.

    `grown` is how many bytes it grew since the look before, None where that is not known.
    """

    name: str
    data: int
    indexes: int
    rows: int
    grown: int | None = None


@dataclass(frozen=True, slots=True)
class IndexHint:
    """A hint, not a finding: an index that is `unused`, a `duplicate` of another, or `missing`."""

    kind: str
    table: str
    index: str
    other: str = ""  # the index that makes it superfluous


@dataclass(frozen=True, slots=True)
class MysqlDetails:
    """A MySQL or MariaDB server and the schema looked after.

    What is None was not learnt: `sections` says why (with the GRANT or statement that mends it),
    `notes` what does not apply here.  Rates are None until a second look shows the difference of
    `counters`; `slow_queries` and `questions` are two of these.
    """

    version: str
    uptime_seconds: float
    connections: int
    max_connections: int
    running: int
    slow_per_hour: float | None
    schema_bytes: int | None
    tables: int | None
    slow_queries: int = 0
    questions: int = 0
    questions_per_second: float | None = None
    hit_share: float | None = None  # reads the buffer pool answered, per cent
    aborted_connects: int = 0
    sections: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    most_connections: int | None = None  # used at once since the server's start
    long_query_seconds: float | None = None
    counters: Mapping[str, int] = field(default_factory=dict)  # SHOW GLOBAL STATUS, in lower case
    per_second: Mapping[str, float] | None = None  # of the counters that are rates, by their names
    temporary_on_disk: float | None = None  # share of temporary tables, per cent
    pool_dirty: float | None = None  # share of the buffer pool's pages, per cent
    pool_free: float | None = None
    slow: tuple[SlowStatement, ...] | None = None
    slow_source: str = ""
    lock_waits: tuple[LockWait, ...] | None = None
    transactions: tuple[Transaction, ...] | None = None
    replication: tuple[Replication, ...] | None = None
    table_sizes: tuple[TableSize, ...] | None = None  # the largest first
    hints: tuple[IndexHint, ...] | None = None
    restarted: bool = False  # since the look before
