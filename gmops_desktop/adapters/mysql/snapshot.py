"""One consistent look at a schema, without a lock: a REPEATABLE READ snapshot of one connection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gmops_desktop.adapters.mysql.connection import MysqlConnection, Row
from gmops_desktop.adapters.mysql.failures import ServerRefused


def begin(connection: MysqlConnection) -> dict[str, str]:
    """Open the snapshot; return its binlog or GTID position where the server tells it."""
    connection.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    connection.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    if connection.server.mariadb:
        # The only position that is exactly the snapshot's, and nobody needs a right to read it.
        found: dict[str, str] = dict(connection.rows("SHOW STATUS LIKE 'binlog_snapshot_%'"))
        return {key.lower(): value for key, value in found.items() if value not in ("", "0")}
    try:
        (executed,) = connection.one("SELECT @@GLOBAL.gtid_executed")
    except ServerRefused:
        return {}
    return {"gtid_executed": executed} if executed else {}


@contextmanager
def table(connection: MysqlConnection) -> Iterator[None]:
    """Read one table inside the snapshot, and let go of its metadata lock at the end."""
    connection.run("SAVEPOINT gmops")
    yield
    connection.run("ROLLBACK TO SAVEPOINT gmops")


def ask(connection: MysqlConnection, questions: Sequence[str]) -> list[Row]:
    """Ask SELECTs with the same columns, all in one round trip; return their rows together.

    The tables' metadata locks are let go of at the end, as by `table`.
    """
    if not questions:
        return []
    together = " UNION ALL ".join(f"({question})" for question in questions)
    return connection.each(["SAVEPOINT gmops", together, "ROLLBACK TO SAVEPOINT gmops"])[1]
