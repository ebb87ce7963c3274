"""What an account may do on a server, and how it is asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Protocol

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
