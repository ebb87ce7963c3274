"""Who waits for whom, and which transactions have been open for long."""

from __future__ import annotations

from typing import Final

from gmops_desktop.adapters.mysql_status.asking import NotRecorded, Parts
from gmops_desktop.contract.looks import LockWait, Transaction
from gmops_desktop.language import tr

_MOST: Final = 20
_LONG: Final = 60  # seconds from which on an open transaction is told
_TEXT: Final = 300

# The server notes these times in its system's zone, whatever the session's is.
_NOW: Final = "CONVERT_TZ(NOW(), @@session.time_zone, 'SYSTEM')"

_WAITS: Final = (
    "SELECT r.trx_mysql_thread_id, b.trx_mysql_thread_id,"
    f" TIMESTAMPDIFF(SECOND, r.trx_wait_started, {_NOW}), %s, r.trx_query, b.trx_query"
    " FROM %s JOIN information_schema.INNODB_TRX r ON r.trx_id = w.%s"
    " JOIN information_schema.INNODB_TRX b ON b.trx_id = w.%s %s"
    f" ORDER BY r.trx_wait_started LIMIT {_MOST}"
)
_BEFORE_8: Final = _WAITS % (
    "l.lock_table", "information_schema.INNODB_LOCK_WAITS w", "requesting_trx_id",
    "blocking_trx_id",
    "LEFT JOIN information_schema.INNODB_LOCKS l ON l.lock_id = w.requested_lock_id",
)  # fmt: skip
_FROM_8: Final = _WAITS % (
    "CONCAT(l.OBJECT_SCHEMA, '.', l.OBJECT_NAME)", "performance_schema.data_lock_waits w",
    "REQUESTING_ENGINE_TRANSACTION_ID", "BLOCKING_ENGINE_TRANSACTION_ID",
    "LEFT JOIN performance_schema.data_locks l"
    " ON l.ENGINE_LOCK_ID = w.REQUESTING_ENGINE_LOCK_ID",
)  # fmt: skip


def waits(parts: Parts) -> tuple[LockWait, ...]:
    """Return who waits for a row, and behind whom; then who waits for a whole table."""
    modern = not parts.mariadb and parts.number >= (8, 0, 1)
    if modern:
        parts.recorded()  # else the tables are there, and empty
    rows = parts.connection.rows(_FROM_8 if modern else _BEFORE_8)
    found = [
        LockWait(int(waiting), int(blocking), max(0, int(seconds or 0)),
                 str(table or "").replace("`", ""), _short(asked), _short(holding))
        for waiting, blocking, seconds, table, asked, holding in rows
    ]  # fmt: skip
    # Nothing tells who holds a table's definition before MySQL 5.7: 0 stands for nobody known.
    tables = parts.connection.rows(
        "SELECT ID, TIME, INFO FROM information_schema.PROCESSLIST"
        f" WHERE STATE LIKE 'Waiting for table%lock' ORDER BY TIME DESC LIMIT {_MOST}"
    )
    found += [LockWait(int(one), 0, int(seconds), "", _short(info), "")
              for one, seconds, info in tables]  # fmt: skip
    return tuple(found)


def transactions(parts: Parts) -> tuple[Transaction, ...]:
    """Return the transactions that have been open for a minute or more, the oldest first."""
    rows = parts.connection.rows(
        "SELECT t.trx_mysql_thread_id, p.USER,"
        f" TIMESTAMPDIFF(SECOND, t.trx_started, {_NOW}) AS age, t.trx_rows_locked, t.trx_query"
        " FROM information_schema.INNODB_TRX t"
        " LEFT JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id"
        f" HAVING age >= {_LONG} ORDER BY age DESC LIMIT {_MOST}"
    )
    return tuple(
        Transaction(int(one), str(user or ""), int(seconds), int(locked), _short(statement))
        for one, user, seconds, locked, statement in rows
    )


def deadlocks(parts: Parts) -> int:
    """Return how often a deadlock was broken since the server's start (MySQL).

    Before 8.0.18 the counter stays behind, or at 0: MySQL's bug 21278148, seen on 5.6.24.
    """
    if parts.number < (8, 0, 18):
        raise NotRecorded(
            tr("before MySQL 8.0.18 the server does not count all of them; "
               "innodb_print_all_deadlocks = ON writes each into its error log")
        )  # fmt: skip
    rows = list(parts.connection.rows(
        "SELECT COUNT, STATUS FROM information_schema.INNODB_METRICS WHERE NAME = 'lock_deadlocks'"
    ))  # fmt: skip
    if not rows or rows[0][1] != "enabled":
        raise NotRecorded(
            tr("deadlocks are not counted; this lets them: {statement}",
               statement="SET GLOBAL innodb_monitor_enable = 'lock_deadlocks';")
        )  # fmt: skip
    return int(rows[0][0])


def _short(statement: object) -> str:
    return " ".join(str(statement or "").split())[:_TEXT]
