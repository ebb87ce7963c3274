"""Statements that give single rows of a standing table other values, or take them away.

Rows come as the server's own text, keys as the literals in it: both are written back as they were
read.  All of it is meant to run in one transaction of a session made ready by `begin`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from gmops_desktop.adapters.mysql import exchange
from gmops_desktop.adapters.mysql.connection import MysqlConnection
from gmops_desktop.adapters.mysql.definitions import Table, insert
from gmops_desktop.adapters.mysql.deltas import Key
from gmops_desktop.adapters.mysql.dialect import Column, name, row
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.errors import Cancelled, OpsError

STATEMENT: Final = 1 << 20  # bytes of one statement; more only where a single row has more
LOCK_WAIT: Final = 15  # seconds that a row may be held by somebody else's transaction
_KEYS: Final = 500  # rows that one DELETE names
_UNIQUE: Final = re.compile(r"\n  (?:PRIMARY|UNIQUE) KEY ")
_COMPUTED: Final = re.compile(
    r" (?:GENERATED ALWAYS|VIRTUAL|PERSISTENT|STORED)\b| CHECK \(|nextval\(|WITH SYSTEM VERSIONING"
)
_SHAPES: Final = ("point", "line", "polygon", "multi", "geom")
_STAMPED: Final = re.compile(r" ON UPDATE (?:CURRENT_TIMESTAMP|NOW)", re.IGNORECASE)


def triggered(connection: MysqlConnection) -> dict[str, frozenset[str]]:
    """Return, for each table that has triggers, at which of INSERT, UPDATE and DELETE they fire."""
    found: dict[str, set[str]] = {}
    for table, events in connection.rows(
        "SELECT EVENT_OBJECT_TABLE, EVENT_MANIPULATION FROM information_schema.TRIGGERS"
        " WHERE EVENT_OBJECT_SCHEMA=%s",
        connection.schema,
    ):
        found.setdefault(table, set()).update(re.findall("INSERT|UPDATE|DELETE", events.upper()))
    return {table: frozenset(events) for table, events in found.items()}


def can_update(table: Table) -> bool:
    """Say whether `updates` does nothing beside what it says to rows of `table`.

    The server first makes up a row from the few columns sent, which must break no rule of the
    table and meet no other row than the one with its key.
    """
    return (
        len(_UNIQUE.findall(table.create)) == 1
        and not _COMPUTED.search(table.create)
        and not any(column.type.lower().startswith(_SHAPES) for column in table.columns)
        and bool(table.key)
    )


def deletions(table: Table, keys: Iterable[Key], limit: int) -> Iterator[bytes]:
    """Return statements that delete the rows with these keys."""
    head = f"DELETE FROM {name(table.name)} WHERE ".encode()
    columns = [name(column.name).encode() for column in table.key]
    single = len(columns) == 1
    named = (
        [compared(column, value) for column, value in zip(table.key, key, strict=True)]
        for key in keys
    )
    if single:
        head += columns[0] + b" IN ("
        parts = (values[0] for values in named)
        yield from _batches(head, b",", b")", parts, limit, _KEYS)
        return
    parts = (
        b"(" + b" AND ".join(c + b"=" + v for c, v in zip(columns, values, strict=True)) + b")"
        for values in named
    )
    yield from _batches(head, b" OR ", b"", parts, limit, _KEYS)


def deletions_by_text(table: Table, texts: Mapping[bytes, int]) -> Iterator[bytes]:
    """Return statements that delete so many of the rows with each text: one pass for each."""
    text = row(table.columns).encode()
    head = b"DELETE FROM " + name(table.name).encode() + b" WHERE " + text + b"=CAST(0x"
    for wanted, count in texts.items():
        yield head + wanted.hex().encode() + b" AS BINARY) LIMIT %d" % count


def insertions(table: Table, texts: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """Return statements that insert whole rows."""
    yield from _batches(table.insert.encode(), b",", b"", texts, limit)


def updates(
    table: Table, columns: Collection[str], texts: Iterable[bytes], limit: int
) -> Iterator[bytes]:
    """Return statements that give `columns` of standing rows other values.

    Each text is a row of the key's columns and these, in the table's order.  Only for tables that
    `can_update` allows.
    """
    keys = {column.name for column in table.key}
    sent = [c.name for c in table.columns if c.name in columns or c.name in keys]
    values = [f"{name(c)}=VALUES({name(c)})" for c in sent if c not in keys]
    if _STAMPED.search(table.create):  # what is given its own value is not stamped
        values += [f"{name(c.name)}={name(c.name)}" for c in table.columns if c.name not in sent]
    tail = f" ON DUPLICATE KEY UPDATE {','.join(values)}".encode()
    yield from _batches(insert(table.name, sent).encode(), b",", tail, texts, limit)


@contextmanager
def transaction(connection: MysqlConnection) -> Iterator[Callable[[], None]]:
    """Open a transaction for amending rows; gives what commits it.  Uncommitted, it is undone.

    Foreign keys are unchecked, so that nothing cascades; unique keys are checked.
    """
    exchange.prepare(connection)
    connection.run(f"SET SESSION unique_checks=1, innodb_lock_wait_timeout={LOCK_WAIT}")
    connection.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    connection.run("START TRANSACTION")
    open_yet = True

    def commit() -> None:
        nonlocal open_yet
        open_yet = False
        connection.run("COMMIT")

    try:
        yield commit
    finally:
        if open_yet:
            try:
                connection.run("ROLLBACK")
            except (OpsError, Cancelled):
                connection.cut()  # then the server rolls back by itself


def is_refused_for_now(refusal: ServerRefused) -> bool:
    """Say whether a transaction failed only because of somebody else's (a deadlock, a wait)."""
    return refusal.code in (1205, 1213)


# ---------------------------------------------------------------- the mark


def make_mark(connection: MysqlConnection, title: str) -> None:
    """Make the table in which a transaction leaves its mark, so that anybody can tell whether it
    was committed."""
    connection.run(f"CREATE TABLE {name(title)} (committed int NOT NULL) ENGINE=InnoDB")


def set_mark(connection: MysqlConnection, title: str) -> None:
    """Leave the mark; it is there when the transaction is committed, and only then."""
    connection.run(f"INSERT INTO {name(title)} VALUES (1)")


def clear_mark(connection: MysqlConnection, title: str) -> None:
    """Take the mark away again, in a transaction that undoes what it stood for."""
    connection.run(f"DELETE FROM {name(title)}")


def is_marked(connection: MysqlConnection, title: str) -> bool:
    """Say whether the transaction was committed; waits for one that is about to be."""
    if title not in exchange.tables(connection):
        return False
    return bool(connection.rows(f"SELECT committed FROM {name(title)} LOCK IN SHARE MODE"))


def drop_mark(connection: MysqlConnection, title: str) -> None:
    """Take the table away, if it is there: else no right to do so is needed."""
    if title in exchange.tables(connection):
        connection.run(f"DROP TABLE {name(title)}")


def compared(column: Column, value: bytes) -> bytes:
    """Turn a literal of a row's text into one that compares as the column does."""
    if column.form == "bits":
        return b"CAST(" + value + b" AS UNSIGNED)"
    if column.form == "bytes" and column.charset:
        return b"_" + column.charset.encode() + b" " + value
    return value


def _batches(
    head: bytes,
    between: bytes,
    tail: bytes,
    parts: Iterable[bytes],
    limit: int,
    most: int = 100_000,
) -> Iterator[bytes]:
    held: list[bytes] = []
    room, size = min(limit, STATEMENT) - len(head) - len(tail), 0
    for part in parts:
        if held and (size + len(part) > room or len(held) == most):
            yield head + between.join(held) + tail
            held, size = [], 0
        held.append(part)
        size += len(part) + len(between)
    if held:
        yield head + between.join(held) + tail


def key_places(table: Table) -> Sequence[int]:
    """Return where the key's columns stand among the literals of a row's text."""
    names = [column.name for column in table.columns]
    return [names.index(column.name) for column in table.key]
