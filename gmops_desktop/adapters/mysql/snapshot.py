"""One consistent look at a schema: REPEATABLE READ snapshots, of one connection or of several.

That several see the same state is never hoped for.  Either no transaction was committed while they
opened, which the server's own position tells exactly and nobody has to be held off for; or a global
read lock held writers off for that moment, and only where nothing could come to wait behind it; or
there is but one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal, Protocol

from gmops_desktop.adapters.mysql import grants
from gmops_desktop.adapters.mysql.connection import MysqlConnection, Row
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.context import side_by_side

Way = Literal["single", "position", "read_lock"]

LOCK_WAIT: Final = 60  # seconds that a session waits for a metadata lock

_TRIES: Final = 3  # to open all snapshots between two commits, and again for the first two
_LOCK_TRIES: Final = 10  # to find a moment without a running statement
_PAUSE: Final = 0.05  # seconds between them
_SEES_OTHERS: Final = {"PROCESS", "ALL PRIVILEGES"}
_ASKED: Final = "SHOW STATUS LIKE 'binlog_snapshot_%'"
_REFUSED: Final = (1044, 1142, 1205, 1227)  # no right to it, or somebody else was quicker


@dataclass(frozen=True, slots=True)
class Moment:
    """The state that `connections` see, by which `way` they came to see the same one.

    `position` is its binlog or GTID position where the server tells it; `lock_seconds` how long
    writers were held off.
    """

    connections: tuple[MysqlConnection, ...]
    way: Way = "single"
    position: Mapping[str, str] = field(default_factory=dict)
    lock_seconds: float = 0.0


class Fence(Protocol):
    """A lock on tables without snapshots, which lets them be part of the moment."""

    def take(self) -> None: ...

    def release(self) -> None: ...


def together(
    connections: Sequence[MysqlConnection], *, lock: bool = True, fence: Fence | None = None
) -> Moment:
    """Open a snapshot on each of `connections`, so that all see the same state.

    Where that cannot be had, fewer connections hold the moment than were given, at least the
    first; the others have no snapshot that may be used.  `lock` allows the global read lock.  The
    `fence` stands when the snapshots open, and is left to the caller.
    """
    if fence:
        fence.take()
    if len(connections) > 1:
        if found := _between_commits(connections):
            return found
        if lock and (found := _behind_a_lock(connections, fence)):
            return found
    return Moment((connections[0],), position=begin(connections[0]))


def start(connections: Sequence[MysqlConnection]) -> None:
    """Open a snapshot on each of `connections`, whatever each of them may see."""
    side_by_side([partial(_start, connection) for connection in connections])


def begin(connection: MysqlConnection) -> dict[str, str]:
    """Open the snapshot; return its binlog or GTID position where the server tells it."""
    _start(connection)
    return _position(connection)


def _start(connection: MysqlConnection) -> None:
    connection.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    connection.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")


def _position(connection: MysqlConnection) -> dict[str, str]:
    if connection.server.mariadb:
        # The only position that is exactly the snapshot's, and nobody needs a right to read it.
        return _known(dict(connection.rows(_ASKED)))
    try:
        (executed,) = connection.one("SELECT @@GLOBAL.gtid_executed")
    except ServerRefused:
        return {}
    return {"gtid_executed": executed} if executed else {}


def _known(found: Mapping[str, str]) -> dict[str, str]:
    return {key.lower(): value for key, value in found.items() if value not in ("", "0")}


# ---------------------------------------------------------------- several, without a lock


def _between_commits(connections: Sequence[MysqlConnection]) -> Moment | None:
    """Open all snapshots between two commits, in a few tries; None where that cannot be had."""
    first = connections[0]
    if not (_mariadb_tells(first) if first.server.mariadb else _mysql_tells(first)):
        return None
    for some in [connections] * _TRIES + [connections[:2]] * _TRIES:
        before = {} if first.server.mariadb else _committed(first)
        start(some)
        if first.server.mariadb:
            positions = [_told_twice(connection) for connection in some]
        else:
            positions = [before, _committed(first)]
        if positions[0] and all(position == positions[0] for position in positions):
            return Moment(tuple(some), "position", positions[0])
    return None


def _told_twice(connection: MysqlConnection) -> dict[str, str]:
    """Return a snapshot's position as two questions agree on it; nothing where they do not.

    MariaDB 10.11 keeps what it answers in variables that all sessions share, between setting and
    showing them: two sessions that ask at once may both be told the position of one.  So they are
    asked one after another, and twice, for others may ask as well.
    """
    first, second = connection.each([_ASKED, _ASKED])
    return _known(dict(first)) if first == second else {}


def _mariadb_tells(connection: MysqlConnection) -> bool:
    """Say whether every commit moves the binlog position that a snapshot carries."""
    log, replicated = connection.one("SELECT @@GLOBAL.log_bin,@@GLOBAL.log_slave_updates")
    slaves = connection.rows("SHOW GLOBAL STATUS LIKE 'Slaves_running'")
    return bool(log == "1" and (replicated == "1" or all(count == "0" for _, count in slaves)))


def _mysql_tells(connection: MysqlConnection) -> bool:
    """Say whether every commit has a GTID; without them the binlog's position runs ahead."""
    try:
        return connection.one("SELECT @@GLOBAL.gtid_mode,@@GLOBAL.log_bin") == ("ON", "1")
    except ServerRefused:  # MySQL before 5.6.5
        return False


def _committed(connection: MysqlConnection) -> dict[str, str]:
    """Return what is committed; nothing where a transaction is about to be.

    A transaction owns its GTID from before its commit until that shows in `gtid_executed`.  Asked
    in this order, one that commits between two calls with equal answers cannot hide.
    """
    ((owned,),), ((executed,),) = connection.each(
        ["SELECT @@GLOBAL.gtid_owned", "SELECT @@GLOBAL.gtid_executed"]
    )
    return {} if owned else {"gtid_executed": executed}


# ---------------------------------------------------------------- several, behind a lock


def _behind_a_lock(connections: Sequence[MysqlConnection], fence: Fence | None) -> Moment | None:
    """Open all snapshots under FLUSH TABLES WITH READ LOCK; None where it cannot be had at once.

    Whoever waits for this lock makes all writers wait behind himself.  MariaDB can be asked not to
    wait.  MySQL waits at least a second, and worse: the tables that it meant to close stay barred
    until their readers have ended.  So there it is only tried where nothing runs, and the user may
    see whether anything does.
    """
    first = connections[0]
    wait = 0 if first.server.mariadb else 1
    if not (first.server.mariadb or grants.of_schema(first).everywhere & _SEES_OTHERS):
        return None
    if fence:
        fence.release()  # or the read lock would wait for it
    first.run(f"SET SESSION lock_wait_timeout={wait}")
    fenced = False
    try:
        for _ in range(_LOCK_TRIES):
            if not first.server.mariadb and _statements_of_others(first):
                first.context.wait(_PAUSE)
                continue
            begun = time.monotonic()
            try:
                first.run("FLUSH TABLES WITH READ LOCK")
            except ServerRefused as refusal:
                if refusal.code not in _REFUSED:
                    raise
                if refusal.code != 1205:
                    break
                first.context.wait(_PAUSE)
                continue
            try:
                if fence:
                    fence.take()
                    fenced = True
                start(connections)
                position = _position(first)
            finally:
                first.run("UNLOCK TABLES")  # the snapshot stays
            held = time.monotonic() - begun
            return Moment(tuple(connections), "read_lock", position, held)
    finally:
        first.run(f"SET SESSION lock_wait_timeout={LOCK_WAIT}")
    if fence and not fenced:
        fence.take()
    return None


def _statements_of_others(connection: MysqlConnection) -> bool:
    """Say whether anybody else's statement runs now."""
    (count,) = connection.one(
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID<>CONNECTION_ID()"
        " AND COMMAND IN ('Query','Execute','Init DB','Field List','Prepare')"
    )
    return bool(count != "0")


# ---------------------------------------------------------------- inside


@contextmanager
def table(connection: MysqlConnection) -> Iterator[None]:
    """Read one table inside the snapshot, and let go of its metadata lock at the end."""
    connection.run("SAVEPOINT gmops")
    yield
    connection.run("ROLLBACK TO SAVEPOINT gmops")


def ask(connection: MysqlConnection, questions: Sequence[str], *, first: str = "") -> list[Row]:
    """Ask SELECTs with the same columns, all in one round trip; return their rows together.

    The tables' metadata locks are let go of at the end, as by `table`.  A statement to be run
    `first` travels with them.
    """
    if not questions:
        return []
    together = " UNION ALL ".join(f"({question})" for question in questions)
    if connection.urgent:  # a UNION knows no urgency
        together = f"SELECT * FROM ({together}) q"
    return rows(connection, together, first=first)


def rows(connection: MysqlConnection, question: str, *, first: str = "") -> list[Row]:
    """Ask one SELECT and let go of its tables' metadata locks, in one round trip."""
    before = ["SAVEPOINT gmops", *filter(None, [first])]
    return connection.each([*before, question, "ROLLBACK TO SAVEPOINT gmops"])[-2]


def one(connection: MysqlConnection, question: str) -> Row:
    """Like `rows`, for a SELECT that has one row."""
    (row,) = rows(connection, question)
    return row
