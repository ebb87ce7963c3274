"""What a MySQL or MariaDB server says of its health, and what its account may do there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Protocol

from gmops_desktop.contract.looks import MysqlDetails
from gmops_desktop.errors import OpsError

_STATUS: Final = (
    "Uptime",
    "Threads_connected",
    "Threads_running",
    "Slow_queries",
    "Questions",
    "Aborted_connects",
    "Innodb_buffer_pool_reads",
    "Innodb_buffer_pool_read_requests",
)
_YOUNG: Final = 3 * 3600  # seconds of uptime before which a hit ratio says nothing

FOR_BACKUP: Final = ("SELECT", "SHOW VIEW", "TRIGGER", "EVENT", "LOCK TABLES")
FOR_RESTORE: Final = (
    *FOR_BACKUP, "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES",
    "CREATE VIEW", "CREATE ROUTINE", "ALTER ROUTINE",
)  # fmt: skip


class Asking(Protocol):
    """What asks the server: a `MysqlConnection`; values come as text."""

    @property
    def schema(self) -> str: ...

    def rows(self, statement: str, *values: Any) -> Iterable[tuple[Any, ...]]: ...


def look(connection: Asking) -> MysqlDetails:
    """Return the server's state; the rates are filled in by whoever knows the look before."""
    names = ", ".join(f"'{name}'" for name in _STATUS)
    status = {
        str(name).lower(): int(value)
        for name, value in connection.rows(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
    }
    ((version, most),) = connection.rows("SELECT VERSION(), @@max_connections")
    sections: dict[str, str] = {}
    schema_bytes = tables = None
    try:
        ((schema_bytes, tables),) = connection.rows(
            "SELECT SUM(DATA_LENGTH + INDEX_LENGTH), COUNT(*) FROM information_schema.TABLES"
            " WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE'",
            connection.schema,
        )
    except OpsError as error:
        sections["size"] = error.message
    asked = status.get("innodb_buffer_pool_read_requests", 0)
    old_enough = status["uptime"] > _YOUNG and asked
    return MysqlDetails(
        version=str(version),
        uptime_seconds=float(status["uptime"]),
        connections=status["threads_connected"],
        max_connections=int(most),
        running=status["threads_running"],
        slow_per_hour=None,
        schema_bytes=None if schema_bytes is None else int(schema_bytes),
        tables=None if tables is None else int(tables),
        slow_queries=status["slow_queries"],
        questions=status["questions"],
        hit_share=100 * (1 - status["innodb_buffer_pool_reads"] / asked) if old_enough else None,
        aborted_connects=status.get("aborted_connects", 0),
        sections=sections,
    )


def account(connection: Asking) -> str:
    """Return the account the server took us for, as `'name'@'host'`, ready for a GRANT."""
    name, host = _account(connection)
    return f"{_quoted(name)}@{_quoted(host)}"


def privileges(connection: Asking) -> frozenset[str]:
    """Return the rights on the schema, those on the whole server included (roles are not)."""
    name, host = _account(connection)
    grantee = f"'{name}'@'{host}'"  # the server does not escape here
    rows = connection.rows(
        "SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = %s"
        " UNION SELECT PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES"
        " WHERE GRANTEE = %s AND %s LIKE TABLE_SCHEMA",
        grantee,
        grantee,
        connection.schema,
    )
    return frozenset(str(row[0]).upper() for row in rows)


def _account(connection: Asking) -> tuple[str, str]:
    ((user,),) = connection.rows("SELECT CURRENT_USER()")
    name, _, host = str(user).rpartition("@")
    return name, host


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"
