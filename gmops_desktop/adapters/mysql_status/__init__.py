"""One look at a MySQL or MariaDB server: its counters, and what its account may see beyond them.

Each part is asked for by itself: what the account may not see is unknown and names the GRANT that
is missing; what the server does not record names the statement that lets it.  Rates are the
difference to the look before (`contract.rates`).
"""

from __future__ import annotations

import re

from gmops_desktop.adapters.mysql_status import locks, replication, slow, tables
from gmops_desktop.adapters.mysql_status.asking import Parts, Server
from gmops_desktop.adapters.mysql_status.rights import (
    FOR_BACKUP,
    FOR_RESTORE,
    Asking,
    account,
    privileges,
)
from gmops_desktop.contract.looks import MysqlDetails
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

__all__ = ["FOR_BACKUP", "FOR_RESTORE", "Asking", "account", "look", "privileges"]

# Names of the MySQL 8 manual's index; MariaDB has them too.  A server may lack some.
_COUNTERS = (
    "Uptime", "Threads_connected", "Threads_running", "Max_used_connections", "Connections",
    "Aborted_connects", "Aborted_clients", "Connection_errors_max_connections", "Questions",
    "Com_select", "Com_insert", "Com_update", "Com_delete", "Slow_queries",
    "Innodb_buffer_pool_reads", "Innodb_buffer_pool_read_requests",
    "Innodb_buffer_pool_pages_total", "Innodb_buffer_pool_pages_free",
    "Innodb_buffer_pool_pages_dirty", "Innodb_row_lock_waits", "Innodb_row_lock_time_avg",
    "Innodb_row_lock_current_waits", "Innodb_log_waits", "Innodb_deadlocks",
    "Created_tmp_disk_tables", "Created_tmp_tables", "Table_locks_waited", "Select_full_join",
    "Opened_tables", "Bytes_received", "Bytes_sent",
)  # fmt: skip
_NEEDED = {"uptime", "threads_connected", "threads_running", "slow_queries", "questions"}


def look(connection: Server) -> MysqlDetails:
    """Return the server's state; the rates are filled in by whoever knows the look before."""
    try:
        status = _status(connection)
        ((version, most, patience, recording),) = connection.rows(
            "SELECT VERSION(), @@max_connections, @@long_query_time, @@performance_schema"
        )
        parts = Parts(connection, str(version), _whole(recording) > 0, account(connection))
        long_query_seconds, max_connections = float(patience), _whole(most)
    except (ValueError, TypeError) as error:
        raise OpsError(
            tr("The database server answered in a form we do not know: {why}.", why=error),
            hint=tr("Check whether something between here and the server answers in its place."),
        ) from error
    if "innodb_deadlocks" not in status:  # MySQL counts them elsewhere
        found = parts.ask("deadlocks", locks.deadlocks, right="PROCESS")
        if found is not None:
            status["innodb_deadlocks"] = found
    total = parts.ask("size", tables.total)
    statements = parts.ask("slow", slow.statements, right="SELECT", on="performance_schema.*")
    pages = status.get("innodb_buffer_pool_pages_total")
    return MysqlDetails(
        version=str(version),
        uptime_seconds=float(status["uptime"]),
        connections=status["threads_connected"],
        max_connections=max_connections,
        running=status["threads_running"],
        slow_per_hour=None,
        schema_bytes=total[0] if total else None,
        tables=total[1] if total else None,
        slow_queries=status["slow_queries"],
        questions=status["questions"],
        aborted_connects=status.get("aborted_connects", 0),
        most_connections=status.get("max_used_connections"),
        long_query_seconds=long_query_seconds,
        counters=status,
        pool_dirty=_share(status.get("innodb_buffer_pool_pages_dirty"), pages),
        pool_free=_share(status.get("innodb_buffer_pool_pages_free"), pages),
        slow=statements,
        slow_source="" if statements is None else "performance_schema",
        lock_waits=parts.ask("locks", locks.waits, right="PROCESS"),
        transactions=parts.ask("transactions", locks.transactions, right="PROCESS"),
        replication=parts.ask("replication", replication.sources,
                              right=replication.right(parts)),
        table_sizes=parts.ask("tables", tables.largest),
        hints=tables.hints(parts, status["uptime"]),
        sections=parts.unknown,
        notes=parts.notes,
    )  # fmt: skip


def _status(connection: Server) -> dict[str, int]:
    """Return the counters by name in lower case; those that every server has must be there."""
    names = ", ".join(f"'{name}'" for name in _COUNTERS)
    rows = connection.rows(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
    found = {str(name).lower(): _whole(value) for name, value in rows}
    if missing := _NEEDED - found.keys():
        raise ValueError(", ".join(sorted(missing)))
    return found


def _whole(value: object) -> int:
    """Return a number as the server writes it; `int` would take signs, blanks and other digits."""
    if not re.fullmatch(r"[0-9]{1,20}", str(value)):
        raise ValueError(value)
    return int(str(value))


def _share(part: int | None, whole: int | None) -> float | None:
    return None if part is None or not whole else min(100.0, 100 * part / whole)
