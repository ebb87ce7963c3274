"""Tables without snapshots (MyISAM, Aria, MEMORY, ...), brought to the moment of all others.

They are copied while nobody is held off; then a short lock keeps writers away while the snapshot
opens and the server hashes them once more, and only what moved meanwhile is fetched again.  Where
the lock cannot be had, or would last too long, a table whose second digests equal the first did not
change in between, and the snapshot opened in between; one that moved is named.  Where the server
tells that nobody wrote to a table since before it was copied, that is not hashed again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

from gmops_desktop.adapters import locks
from gmops_desktop.adapters.mysql import MysqlConnection, segments, snapshot
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import name
from gmops_desktop.adapters.mysql.failures import ServerGone, ServerRefused
from gmops_desktop.adapters.mysql.last_write import LastWrite, last_writes, untouched
from gmops_desktop.archive import attempts
from gmops_desktop.archive.attempts import LeftOver
from gmops_desktop.archive.manifest import TableRecord
from gmops_desktop.archive.writer import ArchiveWriter
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.services.backups.crew import Crew
from gmops_desktop.services.backups.planning import Store, plan, range_of
from gmops_desktop.services.backups.progress import TableProgress
from gmops_desktop.services.backups.rows import Transfer

_TRIES: Final = 20
_PAUSE: Final = 0.1  # seconds between tries
_NO_RIGHT: Final = (1044, 1142, 1227)
_SAMPLE: Final = 4 << 20  # bytes of text by whose digests the server's speed is measured

Unlocked = Literal["", "no_right", "busy", "too_long", "lost", "off"]


class Lock:
    """A lock on tables, for at most `limit` seconds each time it is taken.

    `why` says why it does not hold, `seconds` how long it did in all.
    """

    def __init__(
        self, tables: Sequence[Table], limit: float, aside: MysqlConnection | None, why: Unlocked
    ) -> None:
        self._statement = "LOCK TABLES " + ",".join(f"{name(table.name)} READ" for table in tables)
        self._limit = limit
        self._aside = aside
        self._begun = 0.0
        self._guard: threading.Timer | None = None
        self.why: Unlocked = why
        self.seconds = 0.0

    @property
    def held(self) -> bool:
        return not self.why

    def take(self) -> None:
        """Lock the tables without waiting for anybody's statement, if that can be had."""
        if self.why or not self._aside:
            return
        begun = time.monotonic()
        self.why = _lock(self._aside, self._statement)
        if self.held:
            self._begun = begun
            # Whatever happens, the site goes on then.
            self._guard = threading.Timer(self._limit, self._aside.cut)
            self._guard.start()

    def release(self) -> None:
        """Let writers go on; say `lost` if they already did."""
        if not self._guard or not self._aside:
            return
        self._guard.cancel()
        self._guard = None
        try:
            self._aside.run("UNLOCK TABLES")
        except ServerGone:
            self.why = "lost"
        self.seconds += min(time.monotonic() - self._begun, self._limit)


@dataclass(frozen=True, slots=True)
class Copy:
    """The tables as they were copied before the snapshot: what is in hand, and how it came."""

    store: Store | None = None
    writes: Mapping[str, LastWrite] = field(default_factory=dict)  # before it was begun
    told: Mapping[str, TableProgress] = field(default_factory=dict)
    used: frozenset[str] = frozenset()
    damaged: frozenset[str] = frozenset()
    percent: int = 0

    def current(self, connection: MysqlConnection, tables: Sequence[Table]) -> frozenset[str]:
        """Return the tables that are known to hold now what was copied, without hashing them."""
        return untouched(self.writes, last_writes(connection, tables))


@contextmanager
def copied(
    crew: Crew, tables: Sequence[Table], stores: Sequence[Store], beside: ArchiveWriter,
    context: Context, expected: int,
) -> Iterator[Copy]:  # fmt: skip
    """Copy `tables` unlocked into frames beside the archive, which are removed at the end.

    `expected` is the text of the whole archive, in bytes, of which this is a part.  Where the block
    fails the frames stay as an interrupted attempt, for the next one.
    """
    if not tables:
        yield Copy()
        return
    path = beside.path.with_name(f"{beside.path.name}.unlocked")
    with ExitStack() as stack:
        scratch = stack.enter_context(ArchiveWriter(path, mark=beside.mark or path.name))
        locks.lock(scratch.fileno())
        writes = last_writes(crew.first, tables)
        snapshot.start(crew.working)
        plans = [plan(table, stores) for table in tables]
        transfer = Transfer(crew, scratch, context, plans, expected)
        transfer.run(dict.fromkeys((table.name for table in tables), 0))
        scratch.settle()
        frames = stack.enter_context(LeftOver(scratch.part))
        yield Copy(
            Store(frames, transfer.records, whole=True),
            writes,
            {table.name: table for table in transfer.told().tables},
            frozenset(transfer.used),
            frozenset(transfer.damaged),
            transfer.percent,
        )
    attempts.remove(scratch.part)


@contextmanager
def fenced(crew: Crew, tables: Sequence[Table], copy: Copy, limit: float) -> Iterator[Lock]:
    """A lock by which `tables` may be kept as they are inside the block, not taken yet.

    It is never waited for behind somebody's statement.  When the block has ended it is settled.
    """
    aside = _locker(crew, tables, copy, limit) if tables else "off"
    if isinstance(aside, str):
        yield Lock(tables, limit, None, aside)
        return
    lock = Lock(tables, limit, aside, "")
    try:
        with crew.urgent():
            yield lock
    finally:
        lock.release()


def _locker(
    crew: Crew, tables: Sequence[Table], copy: Copy, limit: float
) -> MysqlConnection | Unlocked:
    """Return a connection that may try to lock `tables`, or why there is none."""
    if limit <= 0:
        return "off"
    if _seconds_to_hash(crew.first, tables, copy) > limit:
        return "too_long"
    try:
        aside = crew.aside()
    except OpsError:
        return "busy"
    # Whoever waits for a lock makes others wait behind himself.  MySQL waits for a second at least.
    aside.run(f"SET SESSION lock_wait_timeout={0 if aside.server.mariadb else 1}")
    return aside


def _lock(aside: MysqlConnection, statement: str) -> Unlocked:
    """Run a LOCK TABLES without waiting for anybody's statement; return why it could not be."""
    mariadb = aside.server.mariadb
    for _ in range(_TRIES if mariadb else 2):
        try:
            aside.run(statement)
        except ServerRefused as refusal:
            if refusal.code in _NO_RIGHT:
                return "no_right"
            if refusal.code != 1205:
                raise
            aside.context.wait(_PAUSE if mariadb else 1.0)
        else:
            return ""
    return "busy"


def _seconds_to_hash(connection: MysqlConnection, tables: Sequence[Table], copy: Copy) -> float:
    """Estimate how long the server hashes those `tables` that it must, by a part of the largest."""
    assert copy.store
    current = copy.current(connection, tables)
    tables = [table for table in tables if table.name not in current]
    if not tables:
        return 0.0
    records: dict[str, TableRecord] = {record.name: record for record in copy.store.tables}
    whole = sum(records[table.name].text_bytes for table in tables)
    largest = max(tables, key=lambda table: records[table.name].text_bytes)
    questions, size = list[str](), 0
    for held in plan(largest, [copy.store]).held:
        if size > _SAMPLE:
            break
        questions.append(segments.digest_question(len(questions), largest, range_of(held)))
        size += held.text_bytes
    begun = time.monotonic()
    snapshot.ask(connection, questions)
    return (time.monotonic() - begun) * whole / max(size, 1)
