"""Lets triggers change places with their tables: none is seen for a moment without its own.

A trigger's name is unique in its schema and cannot be changed.  So before a swap each is made under
a working name on the table that waits for its place, and fires from the RENAME on.  After it, while
LOCK TABLES keeps writers out, it is made again under its own name, word for word.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from gmops_desktop.adapters.mysql import exchange, script
from gmops_desktop.adapters.mysql.connection import MysqlConnection
from gmops_desktop.adapters.mysql.dialect import name
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.language import tr

Key = tuple[str, str]
Definer = Callable[[bytes], bytes]

_NAME: Final = rb'(?:`(?:[^`]|``)*`|"(?:[^"]|"")*"|[\w$\x80-\xff]+)'
_SPACE: Final = rb"(?:\s|/\*.*?\*/|--\s[^\n]*\n|\#[^\n]*\n)"
_EVENT: Final = rb"(?:INSERT|UPDATE|DELETE)"
_TRIGGER: Final = re.compile(
    rb"\A(?P<head>CREATE%(s)s+(?:OR%(s)s+REPLACE%(s)s+)?(?:DEFINER=%(n)s(?:@%(n)s)?%(s)s+)?TRIGGER"
    rb"%(s)s+(?:IF%(s)s+NOT%(s)s+EXISTS%(s)s+)?)"
    rb"(?:%(n)s%(s)s*\.%(s)s*)?(?P<title>%(n)s)"
    rb"(?P<when>%(s)s*(?:BEFORE|AFTER)%(s)s+%(e)s(?:%(s)s+OR%(s)s+%(e)s)*%(s)s+ON%(s)s*)"
    rb"(?:%(n)s%(s)s*\.%(s)s*)?(?P<table>%(n)s)" % {b"s": _SPACE, b"n": _NAME, b"e": _EVENT},
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class StandIn:
    """A trigger that is there under a working name; `frame` makes it under its own `title`."""

    title: str
    table: str
    working: str
    frame: bytes


@dataclass(frozen=True, slots=True)
class TakenOver:
    """How triggers came to their names: which lost their definer, and, where writers could not be
    kept out, for how many `seconds` a table may have been without one, and `why`."""

    stripped: tuple[str, ...] = ()
    seconds: float = 0.0
    why: str = ""


def table_of(frame: bytes) -> str | None:
    """Return the table that a trigger's frame names; None where its words are not understood."""
    found = _TRIGGER.match(_create(frame))
    return _bare(found["table"]) if found else None


def listed(connection: MysqlConnection) -> dict[str, str]:
    """Return the schema's triggers, each with the table it stands on."""
    return dict(
        connection.rows(
            "SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS"
            " WHERE TRIGGER_SCHEMA=%s",
            connection.schema,
        )
    )


def stand_in(
    connection: MysqlConnection,
    frames: Mapping[Key, bytes],
    homes: Mapping[str, str],
    definer: Definer = lambda statement: statement,
) -> tuple[StandIn, ...]:
    """Make the triggers of `homes`' tables, under working names, on the tables they wait in.

    `homes` gives for a table its working name.  A trigger that the server does not take now is
    left out: it is made, or refused with the reason, when all definitions are.
    """
    made = []
    for number, ((kind, title), frame) in enumerate(frames.items()):
        table = table_of(frame) if kind == "trigger" else None
        if table is None or table not in homes:
            continue
        one = StandIn(title, table, f"{homes[table]}_{number}", frame)
        elsewhere = _elsewhere(one, homes[table])
        try:
            exchange.define(
                connection, {("trigger", title): frame}, partial(_both, definer, elsewhere)
            )
        except ServerRefused:
            exchange.prepare(connection)
            continue
        made.append(one)
    return tuple(made)


def take_over(
    connection: MysqlConnection,
    stand_ins: Sequence[StandIn],
    definer: Definer = lambda statement: statement,
) -> TakenOver:
    """Give triggers that stand in on tables now in their places their own names.

    The former tables' triggers must be gone by now.
    """
    if not stand_ins:
        return TakenOver()
    stripped: list[str] = []
    titles = {one.table for one in stand_ins}
    with connection.one_at_a_time(), _writers_kept_out(connection, titles) as why:
        begun = time.monotonic()
        for one in stand_ins:
            exchange.drop(connection, "trigger", one.working)
            stripped += exchange.define(connection, {("trigger", one.title): one.frame}, definer)
        seconds = time.monotonic() - begun if why else 0.0
    return TakenOver(tuple(stripped), seconds, why)


def told(
    frames: Mapping[Key, bytes],
    homes: Mapping[str, str],
    stand_ins: Sequence[StandIn],
    taken: TakenOver,
    seconds: float,
) -> Iterator[str]:
    """Say for which tables, and how long, writes of others may have fired no trigger.

    `frames` are all that were wanted; those not among `stand_ins` came `seconds` after the swap.
    """
    if taken.why:
        yield tr(
            "For {seconds} s while the tables were swapped, writes of others to {names} may have"
            " fired no trigger, because the tables could not be locked. {why}",
            seconds=f"{taken.seconds:.2f}",
            names=tr(", ").join(sorted({one.table for one in stand_ins})),
            why=taken.why,
        )
    there = {one.title for one in stand_ins}
    late = sorted(
        title
        for (kind, title), frame in frames.items()
        if kind == "trigger" and title not in there and table_of(frame) in {*homes, None}
    )
    if late:
        yield tr(
            "For {seconds} s after the tables were swapped, writes of others fired no trigger"
            " {names}: it could not be made ahead.",
            seconds=f"{seconds:.2f}",
            names=tr(", ").join(late),
        )


@contextmanager
def _writers_kept_out(connection: MysqlConnection, tables: set[str]) -> Iterator[str]:
    """Lock `tables` against all others; gives why that cannot be done, or nothing.

    After an error the locks go with the connection, which is no longer used then.
    """
    why = ""
    try:
        listed = ", ".join(f"{name(table)} WRITE" for table in sorted(tables))
        connection.run(f"LOCK TABLES {listed}")
    except ServerRefused as refusal:
        why = refusal.message
    yield why
    if not why:
        connection.run("UNLOCK TABLES")


def _elsewhere(one: StandIn, home: str) -> Definer:
    """Return what turns the statements of a trigger's frame into those of its stand-in."""

    def turned(statement: bytes) -> bytes:
        if statement.startswith(b"DROP TRIGGER "):
            return f"DROP TRIGGER IF EXISTS {name(one.working)}".encode()
        found = _TRIGGER.match(statement)
        if found is None:
            return statement
        working, table = name(one.working).encode(), name(home).encode()
        return found["head"] + working + found["when"] + table + statement[found.end() :]

    return turned


def _both(first: Definer, second: Definer, statement: bytes) -> bytes:
    return second(first(statement))


def _create(frame: bytes) -> bytes:
    return next((s for s in script.statements(frame) if s.upper().startswith(b"CREATE")), b"")


def _bare(quoted: bytes) -> str:
    sign = quoted[:1]
    if sign in (b"`", b'"'):
        quoted = quoted[1:-1].replace(sign * 2, sign)
    return quoted.decode("utf-8", "replace")
