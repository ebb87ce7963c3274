"""A schema as a whole: found missing, made, and taken away again as long as nothing is in it."""

from __future__ import annotations

from typing import Final

from gmops_desktop.adapters.mysql import grants
from gmops_desktop.adapters.mysql.connection import MysqlConnection
from gmops_desktop.adapters.mysql.dialect import name
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

MISSING: Final = 1049
HIDDEN: Final = 1044  # what a user hears who has no right on it, be it there or not
_UNKNOWN_CHARSET: Final = (1115, 1273)
_KINDS: Final = (("TABLES", "TABLE"), ("ROUTINES", "ROUTINE"), ("EVENTS", "EVENT"))


def make(connection: MysqlConnection, schema: str, charset: str, collation: str) -> None:
    """Make an empty schema; raises `OpsError` with the statements for whoever may."""
    statement = _creation(schema, charset, collation)
    try:
        connection.run(statement)
    except ServerRefused as refusal:
        if refusal.code == HIDDEN:
            raise refused(connection, schema, charset, collation) from refusal
        if refusal.code in _UNKNOWN_CHARSET:
            raise OpsError(
                tr(
                    "The new schema “{schema}” cannot be made with the archive's {collation}: this"
                    " server does not know it.",
                    schema=schema,
                    collation=collation,
                ),
                hint=tr(
                    "Make it with another collation (CREATE DATABASE {name}), then start again.",
                    name=name(schema),
                ),
                unharmed=tr("Nothing was written."),
            ) from refusal
        raise


def refused(connection: MysqlConnection, schema: str, charset: str, collation: str) -> OpsError:
    """Return the sentence for a schema that this user may neither see nor make."""
    user, _, host = connection.server.user.rpartition("@")
    account = f"{name(user)}@{name(host)}"
    pattern = name(schema.replace("\\", "\\\\").replace("_", r"\_").replace("%", r"\%"))
    return OpsError(
        tr(
            "There is no schema “{schema}” that {user} may see on {where}, and {user} may not make"
            " one.",
            schema=schema,
            user=connection.server.user,
            where=f"{connection.address.host}:{connection.address.port}",
        ),
        hint=tr(
            "Have an administrator run, the first only if it is not there: {statements}",
            statements=f"{_creation(schema, charset, collation)};"
            f" GRANT ALL PRIVILEGES ON {pattern}.* TO {account};",
        ),
        unharmed=tr("Nothing was written."),
    )


def remove_if_empty(connection: MysqlConnection) -> bool:
    """Drop the connection's schema if nothing is in it; say whether it was dropped.

    Where the user may not see all that could be in it, or may not drop it, it stays.
    """
    rights = grants.of_schema(connection)
    if not (rights.hold("DROP") and rights.hold("EVENT") and rights.show_routines):
        return False
    for view, word in _KINDS:
        (count,) = connection.one(
            f"SELECT COUNT(*) FROM information_schema.{view} WHERE {word}_SCHEMA=%s",
            connection.schema,
        )
        if int(count):
            return False
    connection.run(f"DROP DATABASE {name(connection.schema)}")
    return True


def _creation(schema: str, charset: str, collation: str) -> str:
    return f"CREATE DATABASE {name(schema)} CHARACTER SET {charset} COLLATE {collation}"
