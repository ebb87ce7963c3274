"""Reads from a server's catalogue how a schema is defined.

Definitions are outside any snapshot, so a backup reads them before and after and compares.  What
the user may not see is missing without a word in `information_schema`; only the grants tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import Final

from gmops_desktop.adapters.mysql import grants, snapshot
from gmops_desktop.adapters.mysql.connection import MysqlConnection, Row
from gmops_desktop.adapters.mysql.definitions import (
    QUOTED,
    ROUTINES,
    Definition,
    Omission,
    Schema,
    Table,
    definer_of,
)
from gmops_desktop.adapters.mysql.dialect import Column, form_of, name
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.language import tr

_LEFTOVER: Final = re.compile(r"gmops_(new|old)_[0-9a-f]{6}_\d+", re.IGNORECASE)
_CRASHED: Final = (126, 127, 144, 145, 1034, 1194, 1195)  # MyISAM: to be repaired
_UTF8MB4: Final = re.compile(
    rf"'(?:[^'\\]|\\.)*'|{QUOTED}|( DEFAULT CHARSET=| CHARACTER SET )utf8mb4\b(?! COLLATE)"
)
_KEY_KINDS: Final = ("number", "bits", "bytes", "text", "enum", "set", "time", "other")


def read(connection: MysqlConnection) -> Schema:
    """Read every definition that the user may see, and say what was not to be seen."""
    schema = connection.schema
    charset, collation = connection.one(
        "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME"
        " FROM information_schema.SCHEMATA WHERE SCHEMA_NAME=%s",
        schema,
    )
    listed = connection.rows(
        "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, DATA_LENGTH, TABLE_COMMENT"
        " FROM information_schema.TABLES WHERE TABLE_SCHEMA=%s ORDER BY TABLE_NAME",
        schema,
    )
    omissions = [Omission("leftover", row[0]) for row in listed if _LEFTOVER.fullmatch(row[0])]
    listed = [row for row in listed if not _LEFTOVER.fullmatch(row[0])]
    rights = grants.of_schema(connection)
    tables = _tables(connection, [r for r in listed if r[1] not in ("VIEW", "SEQUENCE")], omissions)
    objects = [
        *_sequences(connection, [row[0] for row in listed if row[1] == "SEQUENCE"]),
        *_routines(connection, omissions),
        *_views(connection, [row for row in listed if row[1] == "VIEW"], omissions),
        *_triggers(connection),
        *_events(connection),
    ]
    if not rights.hold("SELECT"):
        tables = _readable(connection, tables, omissions)
    held = {right: rights.hold(right) for right in ("SELECT", "TRIGGER", "EVENT")}
    for right, seen in {**held, "EXECUTE": rights.show_routines}.items():
        if not seen:
            omissions.append(Omission("no_privilege", f"{schema}.* ({right})", right))
    return Schema(charset, collation, tables, tuple(objects), tuple(omissions))


def with_states(connection: MysqlConnection, schema: Schema) -> Schema:
    """Return `schema` with what its sequences give out next now: they are in no snapshot.

    The connection must be inside its own, because tables are let go of at its savepoints.
    """
    titles = [thing.name for thing in schema.objects if thing.kind == "sequence"]
    if not titles:
        return schema
    with snapshot.table(connection):
        fresh = {thing.name: thing for thing in _sequences(connection, titles)}
    objects = (
        fresh.get(thing.name, thing) if thing.kind == "sequence" else thing
        for thing in schema.objects
    )
    return replace(schema, objects=tuple(objects))


# ---------------------------------------------------------------- tables


def _tables(
    connection: MysqlConnection, listed: list[Row], omissions: list[Omission]
) -> tuple[Table, ...]:
    columns = _grouped(
        connection.rows(
            "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, EXTRA,"
            " IS_NULLABLE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA=%s"
            " ORDER BY TABLE_NAME, ORDINAL_POSITION",
            connection.schema,
        )
    )
    indexes = _grouped(
        connection.rows(
            "SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART, INDEX_TYPE"
            " FROM information_schema.STATISTICS WHERE TABLE_SCHEMA=%s AND NON_UNIQUE=0"
            " ORDER BY TABLE_NAME, INDEX_NAME<>'PRIMARY', INDEX_NAME, SEQ_IN_INDEX",
            connection.schema,
        )
    )
    shown = _show(connection, "TABLE", [row[0] for row in listed], omissions)
    tables = []
    for title, kind, engine, rows, length, _ in listed:
        if title not in shown:
            continue
        found = {
            row[1]: (
                Column(row[1], row[3], form_of(row[2], row[4] or ""), row[4] or "", row[6] != "NO"),
                row,
            )
            for row in columns.get(title, [])
        }
        stored = tuple(column for column, row in found.values() if not _generated(row[5]))
        usable = {
            column.name: column
            for column, row in found.values()
            if row[6] == "NO" and column.form in _KEY_KINDS
        }
        index, key = _key(indexes.get(title, []), usable)
        hexed = any(column.form == "bytes" for column in stored)
        table = Table(
            name=title,
            engine=engine or "",
            create=_create(connection, shown[title][1]),
            columns=stored,
            key=key,
            index=index,
            rows_guess=int(rows or 0),
            text_guess=int(length or 0) * (2 if hexed else 1),
            versioned=kind == "SYSTEM VERSIONED",
        )
        if not table.holds_rows:
            omissions.append(Omission("definition_only", title, table.engine))
        if table.versioned:
            omissions.append(Omission("history", title))
        tables.append(table)
    return tuple(tables)


def _create(connection: MysqlConnection, shown: str) -> str:
    """Return a table's statement as it means the same wherever it is run."""
    # The schema's own name in a default would tie the table to it.
    create = shown.replace(f"nextval({name(connection.schema)}.", "nextval(")
    if connection.server.mariadb or connection.server.number >= (8,):
        return create
    # Elsewhere the bare name of this character set stands for another collation.
    return _UTF8MB4.sub(
        lambda found: found[0] + (f" COLLATE{found[1][-1]}utf8mb4_general_ci" if found[1] else ""),
        create,
    )


def _readable(
    connection: MysqlConnection, tables: Sequence[Table], omissions: list[Omission]
) -> tuple[Table, ...]:
    """Leave out, and name, the tables of which the user may not read every column."""
    found = []
    for table in tables:
        columns = ",".join(name(column.name) for column in table.columns) or "1"
        try:
            connection.rows(f"SELECT {columns} FROM {name(table.name)} LIMIT 0")
        except ServerRefused as refusal:
            if refusal.code not in (1142, 1143):
                raise
            omissions.append(Omission("no_privilege", table.name, "SELECT"))
        else:
            found.append(table)
    return tuple(found)


def _generated(extra: str) -> bool:
    words = set((extra or "").upper().split())
    return bool(words & {"VIRTUAL", "STORED", "PERSISTENT"})


def _key(indexes: list[Row], usable: dict[str, Column]) -> tuple[str, tuple[Column, ...]]:
    """Return the first unique key, the primary one before others, whose columns all serve.

    None of them may be NULL, a prefix, or a kind whose comparison is not exact.
    """
    by_index: dict[str, list[Row]] = {}
    for row in indexes:
        by_index.setdefault(row[1], []).append(row)
    for index, parts in by_index.items():
        if all(
            column in usable and prefix is None and kind == "BTREE"
            for _, _, column, prefix, kind in parts
        ):
            return index, tuple(usable[part[2]] for part in parts)
    return "", ()


def _show(
    connection: MysqlConnection, kind: str, titles: Sequence[str], omissions: list[Omission]
) -> dict[str, Row]:
    """Return `SHOW CREATE` for each name, many a round trip; refusals go to `omissions`."""
    shown: dict[str, Row] = {}
    for start in range(0, len(titles), 50):
        some = titles[start : start + 50]
        statements = [f"SHOW CREATE {kind} {name(title)}" for title in some]
        try:
            answers = connection.each(statements)
        except ServerRefused:
            answers = [
                _show_one(connection, statement, title, omissions)
                for statement, title in zip(statements, some, strict=True)
            ]
        shown |= {title: rows[0] for title, rows in zip(some, answers, strict=True) if rows}
    return shown


def _show_one(
    connection: MysqlConnection, statement: str, title: str, omissions: list[Omission]
) -> list[Row]:
    try:
        return connection.rows(statement)
    except ServerRefused as refusal:
        if refusal.code in _CRASHED:
            refusal.hint = tr("Repair the table on the server (REPAIR TABLE), then start again.")
            raise
        broken = refusal.code in (1356, 1146, 1449)
        omissions.append(
            Omission("invalid_view" if broken else "no_privilege", title, str(refusal.code))
        )
        return []


# ---------------------------------------------------------------- everything else


def _sequences(connection: MysqlConnection, titles: list[str]) -> Iterable[Definition]:
    shown = _show(connection, "SEQUENCE", titles, [])
    states = connection.each(
        [f"SELECT next_not_cached_value, cycle_count FROM {name(title)}" for title in titles]
    )
    for title, rows in zip(titles, states, strict=True):
        value, cycles = rows[0]
        state = f"DO SETVAL({name(title)}, {value}, 0, {cycles})"
        yield Definition("sequence", title, shown[title][1], state=state)


def _views(
    connection: MysqlConnection, listed: list[Row], omissions: list[Omission]
) -> Iterable[Definition]:
    sound = []
    for title, *_, comment in listed:
        if comment and comment != "VIEW":
            omissions.append(Omission("invalid_view", title, comment))
        else:
            sound.append(title)
    shown = _show(connection, "VIEW", sound, omissions)
    creates = {title: _unbound(row[1], connection.schema) for title, row in shown.items()}
    for title in _by_need(creates):
        create, (_, _, charset, collation) = creates[title], shown[title]
        yield Definition("view", title, create, definer_of(create), "", charset, collation)


def _unbound(create: str, schema: str) -> str:
    """Return a view's statement without its own schema's name, so that it loads into any.

    The server writes the name only into views that look into other schemas, too.
    """
    if f" {name(schema)} " in create or f"{name(schema)}.{name(schema)}" in create:
        return create  # a table or an alias of the same name is not to be told apart
    tokens = rf"'(?:[^'\\]|\\.)*'|({re.escape(name(schema))}\.)|{QUOTED}"
    return re.sub(tokens, lambda found: "" if found[1] else found[0], create)


def _by_need(creates: dict[str, str]) -> Iterable[str]:
    """Order views so that each comes after those it names.

    The server spells a view out: what is neither behind a dot nor behind AS is a table or view.
    """
    needs = {
        title: {
            other
            for other in creates
            if other != title
            and re.search(rf"(?<![.])(?<! AS )(?<! VIEW ){re.escape(name(other))}", create)
        }
        for title, create in creates.items()
    }
    try:
        return tuple(TopologicalSorter(needs).static_order())
    except CycleError:  # an alias that is another view's name: any order is as good
        return tuple(creates)


def _routines(connection: MysqlConnection, omissions: list[Omission]) -> Iterable[Definition]:
    listed = connection.rows(
        "SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES"
        " WHERE ROUTINE_SCHEMA=%s ORDER BY ROUTINE_TYPE, ROUTINE_NAME",
        connection.schema,
    )
    for kind in ROUTINES:
        titles = [row[1] for row in listed if row[0] == kind.upper()]
        for title, row in _show(connection, kind.upper(), titles, omissions).items():
            if row[2] is None:
                omissions.append(Omission("no_privilege", title, "SHOW_ROUTINE"))
                continue
            yield Definition(kind, title, row[2], definer_of(row[2]), row[1], row[3], row[4])


def _triggers(connection: MysqlConnection) -> Iterable[Definition]:
    listed = connection.rows(
        "SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS"
        " WHERE TRIGGER_SCHEMA=%s ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING,"
        " EVENT_MANIPULATION, ACTION_ORDER",
        connection.schema,
    )
    titles = [row[0] for row in listed if not _LEFTOVER.fullmatch(row[1])]
    for title, row in _show(connection, "TRIGGER", titles, []).items():
        yield Definition("trigger", title, row[2], definer_of(row[2]), row[1], row[3], row[4])


def _events(connection: MysqlConnection) -> Iterable[Definition]:
    listed = connection.rows(
        "SELECT EVENT_NAME FROM information_schema.EVENTS"
        " WHERE EVENT_SCHEMA=%s ORDER BY EVENT_NAME",
        connection.schema,
    )
    for title, row in _show(connection, "EVENT", [row[0] for row in listed], []).items():
        yield Definition("event", title, row[3], definer_of(row[3]), row[1], row[4], row[5], row[2])


def _grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[0], []).append(row)
    return groups
