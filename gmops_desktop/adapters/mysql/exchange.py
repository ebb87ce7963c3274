"""Puts restored tables in the place of those there: built beside, then swapped by one RENAME.

Until the swap nothing that the site uses is touched; after it the former tables stand under working
names until everything else is in place, so that the way back is one RENAME, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Final

from gmops_desktop.adapters.mysql import script
from gmops_desktop.adapters.mysql.connection import MysqlConnection
from gmops_desktop.adapters.mysql.definitions import Kind, insert
from gmops_desktop.adapters.mysql.dialect import name
from gmops_desktop.adapters.mysql.failures import ServerRefused

_NEEDS_SUPER: Final = (1227, 1449)
_NOT_YET: Final = (1146, 1356)  # names a table or view that is not there, or not right, yet
_QUOTED: Final = r"`(?:[^`]|``)*`"
_FOREIGN_KEY: Final = re.compile(
    rf",\n  (CONSTRAINT ({_QUOTED}) FOREIGN KEY \((?:[^()]|{_QUOTED})*\) REFERENCES"
    rf" ({_QUOTED}(?:\.{_QUOTED})?) \((?:[^()]|{_QUOTED})*\)(?: ON (?:DELETE|UPDATE) (?:CASCADE|"
    r"RESTRICT|NO ACTION|SET NULL|SET DEFAULT))*)"
)
_COLUMNS: Final = re.compile(rf"FOREIGN KEY (\((?:[^()]|{_QUOTED})*\))")
_INDEX: Final = re.compile(rf"\n  (KEY ({_QUOTED}) \([^\n]*?),?(?=\n)")


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A constraint as its table's definition spells it.

    `indexes` are the table's plain indexes from the one over just its columns on, in their order,
    where there is one: whether the server made that by itself, no definition tells.
    """

    name: str
    clause: str
    indexes: Sequence[str] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Swap:
    """Which tables change places; `tag` and a table's number make its working names.

    `built` have a new table ready; `there` stand in the schema now.  A table in both is replaced,
    one only in `there` is taken away.
    """

    tag: str
    numbers: Mapping[str, int]
    built: frozenset[str]
    there: frozenset[str]

    def new(self, table: str) -> str:
        return f"gmops_new_{self.tag}_{self.numbers[table]}"

    def old(self, table: str) -> str:
        return f"gmops_old_{self.tag}_{self.numbers[table]}"

    def homes(self) -> dict[str, str]:
        """Return each table's name by its working names."""
        named = {self.new(table): table for table in self.numbers}
        return named | {self.old(table): table for table in self.numbers}


def prepare(connection: MysqlConnection) -> None:
    """Set the session for loading, as an archive's first frame does for a stock client."""
    connection.run(
        f"SET SESSION sql_mode='{script.SQL_MODE}', time_zone='+00:00', foreign_key_checks=0,"
        " unique_checks=0, net_write_timeout=600, net_read_timeout=600, wait_timeout=28800,"
        " lock_wait_timeout=30"
    )
    connection.run("SET NAMES utf8mb4")
    connection.run("/*M!100201 SET SESSION check_constraint_checks=0 */")


def by_row(connection: MysqlConnection) -> None:
    """Let rows go into an empty table as into any other.

    With `unique_checks=0` MariaDB sorts the rows of the first statement aside, for all indexes at
    once: on 10.11 that was measured to take twice the time.
    """
    connection.run("SET SESSION unique_checks=1")


@contextmanager
def at_once(connection: MysqlConnection) -> Iterator[None]:
    """Commit what is written in the block as one: the server then syncs its disk once for it."""
    connection.run("START TRANSACTION")
    yield
    connection.run("COMMIT")


def foreign_keys(create: str) -> tuple[ForeignKey, ...]:
    """Return the foreign keys of a CREATE TABLE."""
    indexes = list(plain_indexes(create).values())
    keys = []
    for found in _FOREIGN_KEY.finditer(create):
        own = next((n for n, index in enumerate(indexes) if _is_over(index, found[1])), None)
        keys.append(ForeignKey(found[2], found[1], () if own is None else tuple(indexes[own:])))
    return tuple(keys)


def plain_indexes(create: str) -> dict[str, str]:
    """Return how a table's indexes that are not unique are spelled, by their quoted names."""
    return {found[2]: found[1] for found in _INDEX.finditer(create)}


def _is_over(index: str, clause: str) -> bool:
    """Say whether a server might have made an index for a foreign key by itself."""
    columns = _COLUMNS.search(clause)
    listed = ",".join(re.findall(_QUOTED, columns[1])) if columns else ""
    return index.partition(" ")[2].endswith(f" ({listed})")


def build(connection: MysqlConnection, swap: Swap, table: str, create: str) -> None:
    """Create an empty table under its working name, without its foreign keys.

    Their names are the schema's and still taken; `tie` adds them after the swap.
    """
    connection.run(script.renamed(_FOREIGN_KEY.sub("", create), table, swap.new(table)))


def exchange(connection: MysqlConnection, swap: Swap) -> None:
    """Swap all tables in one statement."""
    pairs = []
    for table in swap.numbers:
        if table in swap.there:
            pairs.append((table, swap.old(table)))
        if table in swap.built:
            pairs.append((swap.new(table), table))
    _rename(connection, pairs)


def exchange_back(connection: MysqlConnection, swap: Swap) -> None:
    """Undo `exchange`, whether or not it came about."""
    standing = tables(connection)
    pairs = []
    for table in swap.numbers:
        new, old = swap.new(table), swap.old(table)
        if table in swap.built and new not in standing and table in standing:
            pairs.append((table, new))
        if old in standing:
            pairs.append((old, table))
    _rename(connection, pairs)


def clear(connection: MysqlConnection, swap: Swap, *, old: bool) -> None:
    """Drop the working tables: those not swapped in, or with `old` those swapped out."""
    standing = tables(connection)
    working = [swap.old(table) if old else swap.new(table) for table in swap.numbers]
    for table in working:
        if table in standing:
            connection.run(f"DROP TABLE {name(table)}")


def tables(connection: MysqlConnection) -> set[str]:
    """Return the names of everything that stands among the schema's tables."""
    return {
        row[0]
        for row in connection.rows(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA=%s",
            connection.schema,
        )
    }


def ties(connection: MysqlConnection) -> dict[str, tuple[ForeignKey, ...]]:
    """Return the foreign keys of each table as they stand."""
    kinds = connection.rows(
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA=%s"
        " AND TABLE_TYPE NOT IN ('VIEW', 'SEQUENCE')",
        connection.schema,
    )
    shown = _shown(connection, [row[0] for row in kinds])
    return {title: foreign_keys(create) for title, create in shown.items()}


def made_meanwhile(
    present: Mapping[str, Sequence[ForeignKey]],
    known: Mapping[str, Sequence[ForeignKey]],
    homes: Mapping[str, str],
) -> dict[str, tuple[ForeignKey, ...]]:
    """Return the foreign keys of `present` that are not `known`: somebody else made them.

    `homes` are the tables' names by their working names, to which a renamed table has led the keys.
    """
    found = {}
    for title, keys in present.items():
        names = {key.name for key in known.get(title, ())}
        fresh = tuple(_led_home(key, homes) for key in keys if key.name not in names)
        if fresh and title not in homes:
            found[title] = fresh
    return found


def joined(
    one: Mapping[str, Sequence[ForeignKey]], other: Mapping[str, Sequence[ForeignKey]]
) -> dict[str, tuple[ForeignKey, ...]]:
    """Return the foreign keys of both."""
    titles = dict.fromkeys([*one, *other])
    return {title: (*one.get(title, ()), *other.get(title, ())) for title in titles}


def _led_home(key: ForeignKey, homes: Mapping[str, str]) -> ForeignKey:
    clause = key.clause
    for working, home in homes.items():
        clause = clause.replace(f") REFERENCES {name(working)} (", f") REFERENCES {name(home)} (")
    return replace(key, clause=clause)


def tie(
    connection: MysqlConnection,
    wanted: Mapping[str, Sequence[ForeignKey]],
    present: Mapping[str, Sequence[ForeignKey]],
) -> None:
    """Give each table exactly the foreign keys wanted; tables not named lose theirs.

    `present` are the `ties` as they stand.  A renamed table takes the keys that point to it along,
    so that they are made anew after a swap.  Nothing is checked (`foreign_key_checks=0`), so this
    takes no time.
    """
    for title, keys in present.items():
        gone = [key for key in keys if key not in wanted.get(title, ())]
        if gone:
            drops = ",".join(f"DROP FOREIGN KEY {key.name}" for key in gone)
            connection.run(f"ALTER TABLE {name(title)} {drops}")
    for title, listed in wanted.items():
        missing = [key for key in listed if key not in present.get(title, ())]
        if missing:
            adds = ",".join(f"ADD {key.clause}" for key in missing)
            connection.run(f"ALTER TABLE {name(title)} {adds}")
    _name_indexes(connection, {title: keys for title, keys in wanted.items() if keys})


def _name_indexes(connection: MysqlConnection, wanted: Mapping[str, Sequence[ForeignKey]]) -> None:
    """Give the indexes of foreign keys their names and places back.

    A server remembers of an index that it was made for a foreign key by itself.  Where that key is
    made anew, so is this index: it is called like the key then, and is the last.
    """
    for title, create in _shown(connection, list(wanted)).items():
        there = plain_indexes(create)
        standing = list(there.values())
        first = max(wanted[title], key=lambda key: len(key.indexes)).indexes
        if standing[len(standing) - len(first) :] == list(first):
            continue
        renamed = {
            key.name: key.indexes[0]
            for key in wanted[title]
            if key.indexes
            and key.indexes[0] not in standing
            and _is_over(there.get(key.name, ""), key.clause)
        }
        if {*first} <= {*standing, *renamed.values()}:
            again = [index for index in there if index in renamed or there[index] in first]
            changes = [f"DROP KEY {index}" for index in again] + [f"ADD {one}" for one in first]
            connection.run(f"ALTER TABLE {name(title)} {', '.join(changes)}")


def _shown(connection: MysqlConnection, titles: Sequence[str]) -> dict[str, str]:
    answers = connection.each([f"SHOW CREATE TABLE {name(title)}" for title in titles])
    return {title: rows[0][1] for title, rows in zip(titles, answers, strict=True)}


def referring_schemas(connection: MysqlConnection) -> dict[str, set[str]]:
    """Return the tables of other schemas that refer to this one, each with those it refers to."""
    found: dict[str, set[str]] = {}
    for schema, table, parent in connection.rows(
        "SELECT TABLE_SCHEMA, TABLE_NAME, REFERENCED_TABLE_NAME FROM"
        " information_schema.KEY_COLUMN_USAGE"
        " WHERE REFERENCED_TABLE_SCHEMA=%s AND TABLE_SCHEMA<>%s",
        connection.schema,
        connection.schema,
    ):
        found.setdefault(f"{schema}.{table}", set()).add(parent)
    return found


def drop_triggers(connection: MysqlConnection, tables: Sequence[str]) -> None:
    """Drop the triggers of working tables, which went along with them: their names are needed."""
    for trigger, table in connection.rows(
        "SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS"
        " WHERE TRIGGER_SCHEMA=%s",
        connection.schema,
    ):
        if table in tables:
            drop(connection, "trigger", trigger)


def fill(
    connection: MysqlConnection,
    swap: Swap,
    table: str,
    columns: Sequence[str],
    pieces: list[bytes],
    most: int,
) -> None:
    """Insert rows, one a line in each of the `pieces`, and empty those.

    Statements have up to `most` bytes, or a quarter more where they come out so, that the server
    accepts; more only where a single row has more.
    """
    head = insert(swap.new(table), columns).encode()
    pieces[0] = head + pieces[0]
    rows = b",\n".join(pieces)
    pieces.clear()
    limit = min(connection.server.max_packet, most + most // 4) - 1024
    while len(rows) > limit:
        end = rows.rfind(b",\n", len(head), limit)
        end = end if end >= 0 else rows.find(b",\n", len(head))
        if end < 0:
            break
        connection.run(rows[:end])
        rows = head + rows[end + 2 :]
    connection.run(rows)


def assign(connection: MysqlConnection, script_lines: bytes) -> None:
    """Run the lines that fill, or let go of, the variables of large values."""
    for line in script_lines.splitlines():
        connection.run(line)


def drop(connection: MysqlConnection, kind: Kind, title: str) -> None:
    """Drop a view, routine, trigger, event or sequence, if it is there."""
    oracle = kind.startswith("package")  # a word that no other mode knows
    if oracle:
        connection.run("SET SESSION sql_mode=ORACLE")
    connection.run(f"DROP {kind.upper()} IF EXISTS {name(title)}")
    if oracle:
        prepare(connection)


def define(
    connection: MysqlConnection,
    frames: Mapping[tuple[str, str], bytes],
    definer: Callable[[bytes], bytes] = lambda statement: statement,
) -> list[str]:
    """Run the frames that create definitions; return the names of those that lost their definer.

    `definer` gives a statement another definer.  Naming another user as definer needs SUPER, which
    managed servers do not give; the definition then belongs to the user who restores.  A view waits
    for the views it names.
    """
    stripped: list[str] = []
    waiting = dict(frames)
    with connection.one_at_a_time() if waiting else nullcontext():
        while waiting:
            before = len(waiting)
            refusal: ServerRefused | None = None
            for key, frame in list(waiting.items()):
                try:
                    if _run_frame(connection, frame, definer):
                        stripped.append(key[1])
                    del waiting[key]
                except ServerRefused as error:
                    if error.code not in _NOT_YET:
                        raise
                    refusal = error
                prepare(connection)
            if refusal and len(waiting) == before:
                raise refusal
    return stripped


def _run_frame(
    connection: MysqlConnection, frame: bytes, definer: Callable[[bytes], bytes]
) -> bool:
    """Run a frame; say whether a definer was left out."""
    stripped = False
    for written in script.statements(frame):
        statement = definer(written)
        stripped |= statement != written and statement == script.without_definer(written)
        try:
            connection.run(statement)
        except ServerRefused as refusal:
            bare = script.without_definer(statement)
            if refusal.code not in _NEEDS_SUPER or bare == statement:
                raise
            connection.run(bare)
            stripped = True
    return stripped


def _rename(connection: MysqlConnection, pairs: Sequence[tuple[str, str]]) -> None:
    if pairs:
        listed = ", ".join(f"{name(old)} TO {name(new)}" for old, new in pairs)
        connection.run(f"RENAME TABLE {listed}")
