"""One look at a MySQL or MariaDB server: its counters, and what its account may see beyond them.

Each part is asked for by itself: what the account may not see is unknown and names the GRANT that
is missing; what the server does not record names the statement that lets it.  Rates are the
difference to the look before (`contract.rates`).
"""

from __future__ import annotations

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


def look(connection: Server) -> MysqlDetails:
    """Return the server's state; the rates are filled in by whoever knows the look before."""
    names = ", ".join(f"'{name}'" for name in _COUNTERS)
    status = {
        str(name).lower(): int(value)
        for name, value in connection.rows(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
    }
    ((version, most, patience, recording),) = connection.rows(
        "SELECT VERSION(), @@max_connections, @@long_query_time, @@performance_schema"
    )
    parts = Parts(connection, str(version), bool(int(recording)), account(connection))
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
        max_connections=int(most),
        running=status["threads_running"],
        slow_per_hour=None,
        schema_bytes=total[0] if total else None,
        tables=total[1] if total else None,
        slow_queries=status["slow_queries"],
        questions=status["questions"],
        aborted_connects=status.get("aborted_connects", 0),
        most_connections=status.get("max_used_connections"),
        long_query_seconds=float(patience),
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


def _share(part: int | None, whole: int | None) -> float | None:
    return None if part is None or not whole else min(100.0, 100 * part / whole)
