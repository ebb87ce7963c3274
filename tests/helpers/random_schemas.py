"""Random tables, rows and edits, for a MariaDB: structure drawn by hypothesis, so that it shrinks;
values from a seeded generator, so that there can be many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from hypothesis import strategies as st

from sandbox.mariadb import MariaDB

Value = object
Draw = Callable[[Random], Value]

_TEXTS: Final = (
    "", "a", "A", "á", "ß", "it's", '"q"', "back\\slash", "tail ", " head", "a\nb", "a\r\nb", "\r",
    "\\n", "\\\\", "nul\0in", "\x1a", "%s %d", "-- x; /* y */", "),(", ",\n(", "会员", "商会 2018",
    "😀👍🏽", "`tick`", "NULL", "0x41", "x" * 300, "中" * 120,
)  # fmt: skip
_PLAIN: Final = tuple(text for text in _TEXTS if len(text) < 30 and text.isascii())


def _text(random: Random) -> str:
    return random.choice(_TEXTS) + random.choice(("", str(random.randrange(50)))) * 2


def _key_text(random: Random) -> str:
    return (random.choice(_TEXTS) + str(random.randrange(400)))[:20]


def _bytes(random: Random) -> bytes:
    return random.choice((b"", b"\0", b"\xff'\\", random.randbytes(random.randrange(40))))


def _moment(random: Random) -> str:
    day = f"20{random.randrange(10, 30)}-0{random.randrange(1, 10)}-1{random.randrange(10)}"
    clock = f"0{random.randrange(10)}:{random.randrange(10, 60)}:{random.randrange(10, 60)}"
    return f"{day} {clock}.{random.randrange(10**6):06}"


def _double(random: Random) -> float:
    return random.choice((0.1, -1e-300, 1e300, random.random(), random.gauss(0, 1e9)))


@dataclass(frozen=True)
class Key:
    """How rows of a table are told apart: column definitions, the key clause, the values."""

    columns: tuple[tuple[str, str, Draw], ...]
    clause: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _, _ in self.columns)


def _key(definition: str, draw: Draw, clause: str = "PRIMARY KEY (k)") -> Key:
    return Key((("k", definition, draw),), clause)


def _int(random: Random) -> int:
    return random.choice((0, -(2**31), 2**31 - 1, *(random.randrange(-900, 900),) * 20))


def _big(random: Random) -> int:
    return random.choice((0, 2**64 - 1, 2**63, *(random.randrange(2**64),) * 20))


KEYS: Final[dict[str, Key]] = {
    "int": _key("int NOT NULL", _int),
    "bigint unsigned": _key("bigint unsigned NOT NULL", _big),
    "case-insensitive": _key("varchar(24) COLLATE utf8mb4_general_ci NOT NULL", _key_text),
    "binary": _key("binary(6) NOT NULL", lambda r: r.randbytes(r.randrange(7))),
    "varbinary": _key("varbinary(20) NOT NULL", lambda r: r.randbytes(r.randrange(4))),
    "latin1": _key(
        "char(12) CHARACTER SET latin1 NOT NULL",
        lambda r: (r.choice(_PLAIN) + str(r.randrange(400)))[:12],
    ),
    "enum": _key("enum('z','a','中','x''y','0','B','b2','') NOT NULL", lambda r: r.randrange(1, 9)),
    "decimal": _key("decimal(20,6) NOT NULL", lambda r: f"{r.gauss(0, 500):.6f}"),
    "moment": _key("datetime(6) NOT NULL", _moment),
    "composite": Key(
        (
            ("a", "smallint NOT NULL", lambda r: r.randrange(-4, 4)),
            ("k", "varchar(24) COLLATE utf8mb4_bin NOT NULL", _key_text),
        ),
        "PRIMARY KEY (a, k)",
    ),
    "reversed": Key(
        (("k", "int NOT NULL", _int), ("a", "varchar(24) NOT NULL", _key_text)),
        "PRIMARY KEY (a, k)",
    ),
    "unique": _key("int NOT NULL", _int, "UNIQUE KEY (k)"),
    "nullable": _key("int NULL", lambda r: r.choice((None, _int(r))), "UNIQUE KEY (k)"),
    "none": _key("int NULL", lambda r: r.randrange(4), "KEY (k)"),
}

COLUMNS: Final[dict[str, Draw]] = {
    "int": _int,
    "float": lambda r: r.choice((16777216.0, 0.1, r.gauss(0, 1e6))),
    "double": _double,
    "decimal(30,10)": lambda r: f"{r.gauss(0, 1e12):.10f}",
    "varchar(400)": _text,
    "text": _text,
    "longblob": _bytes,
    "varbinary(60)": _bytes,
    "varchar(400) CHARACTER SET gbk": lambda r: r.choice(("", "会员", "it's \\ 中文", "a")),
    "datetime(6)": _moment,
    "timestamp(3) NULL": _moment,
    "bit(9)": lambda r: r.randrange(512),
    "json": lambda r: r.choice(("{}", '["a\\nb", "中"]', '{"k": 1}')),
}


@dataclass
class RandomTable:
    """A table as it stands; its definition follows the edits."""

    name: str
    key: Key
    columns: dict[str, str] = field(default_factory=dict)
    engine: str = "InnoDB"

    @property
    def create(self) -> str:
        parts = [f"{name} {definition}" for name, definition, _ in self.key.columns]
        parts += [f"`{name}` {definition}" for name, definition in self.columns.items()]
        return f"CREATE TABLE `{self.name}` ({', '.join([*parts, self.key.clause])}) " \
               f"ENGINE={self.engine} CHARACTER SET utf8mb4"  # fmt: skip

    def row(self, random: Random) -> list[Value]:
        """Return a random row: the key's values, then the columns'."""
        row = [draw(random) for _, _, draw in self.key.columns]
        for definition in self.columns.values():
            row.append(None if random.random() < 0.1 else COLUMNS[definition](random))
        return row


@st.composite
def tables(draw: st.DrawFn) -> list[RandomTable]:
    """Draw one to three tables of different keys."""
    kinds = draw(st.lists(st.sampled_from(sorted(KEYS)), min_size=1, max_size=3, unique=True))
    made = []
    for number, kind in enumerate(kinds):
        types = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=4))
        engine = draw(st.sampled_from(("InnoDB", "InnoDB", "InnoDB", "MyISAM")))
        columns = {f"c{place}": definition for place, definition in enumerate(types)}
        made.append(RandomTable(f"t{number} {kind}", KEYS[kind], columns, engine))
    return made


EDITS: Final = (
    "insert a few", "insert many", "append", "update a few", "update many", "update a counter",
    "change keys", "delete a few", "delete a range", "delete all", "swap two rows",
    "add a column", "drop a column", "alter a column", "new table", "drop table", "rename table",
    "new key", "new order", "other engine", "nothing",
)  # fmt: skip


class RandomSchema:
    """The random tables of a schema on a server, and the edits made to them."""

    def __init__(
        self, server: MariaDB, schema: str, tables: list[RandomTable], random: Random
    ) -> None:
        self.tables = tables
        self._server = server
        self._schema = schema
        self._random = random
        self._count = len(tables)
        with server.connect() as root, root.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{schema}` CHARACTER SET utf8mb4")
        self._run([(table.create, ()) for table in tables])
        for table in tables:
            self._insert(table, random.choice((0, 1, 30, 200)))

    def edit(self, what: str, table: RandomTable | None = None) -> None:
        """Make one edit of `EDITS`, to `table` or one picked at random."""
        if not table and self.tables:
            table = self._random.choice(self.tables)
        self._run(list(self._edit(what, table)))

    def _edit(
        self, what: str, table: RandomTable | None
    ) -> Iterator[tuple[str, tuple[Value, ...]]]:
        random = self._random
        if what == "new table" or table is None:
            self._count += 1
            kind = random.choice(sorted(KEYS))
            made = RandomTable(f"new {self._count}", KEYS[kind], {"c0": "text"})
            self.tables.append(made)
            self._run([(made.create, ())])
            self._insert(made, 40)
            return
        t, some = f"`{table.name}`", f"ORDER BY RAND({random.randrange(10**6)}) LIMIT"
        few, many = random.randrange(1, 4), random.randrange(20, 120)
        names = list(table.columns)
        column = random.choice(names) if names else ""
        draw = COLUMNS[table.columns[column]] if names else _int
        match what:
            case "insert a few":
                self._insert(table, few)
            case "insert many":
                self._insert(table, many)
            case "append":
                self._insert(table, many, highest=True)
            case "update a few" if names:
                for _ in range(few):
                    yield f"UPDATE {t} SET {column}=%s {some} 1", (draw(random),)
            case "update many" if names:
                yield f"UPDATE {t} SET {column}=%s {some} {many}", (draw(random),)
            case "update a counter" if names:
                numbers = [name for name in names if table.columns[name] == "int"]
                for name in numbers:
                    yield f"UPDATE {t} SET {name}=({name} DIV 3)+1 {some} {many}", ()
            case "change keys":
                for _ in range(few * 3):
                    name, _, drawn = random.choice(table.key.columns)
                    yield f"UPDATE IGNORE {t} SET {name}=%s {some} 1", (drawn(random),)
            case "delete a few":
                yield f"DELETE FROM {t} {some} {few}", ()
            case "delete a range":
                way = random.choice(("", "DESC"))
                yield f"DELETE FROM {t} ORDER BY {table.key.names[0]} {way} LIMIT {many}", ()
            case "delete all":
                yield random.choice((f"DELETE FROM {t}", f"TRUNCATE TABLE {t}")), ()
            case "swap two rows" if names:
                first, last = draw(random), draw(random)
                key = table.key.names[0]
                yield f"UPDATE {t} SET {column}=%s ORDER BY {key} LIMIT 1", (first,)
                yield f"UPDATE {t} SET {column}=%s ORDER BY {key} DESC LIMIT 1", (last,)
            case "add a column":
                name = f"n{random.randrange(10**6)}"
                table.columns[name] = random.choice(("int", "text", "double"))
                where = random.choice(("", "FIRST"))
                yield f"ALTER TABLE {t} ADD {name} {table.columns[name]} {where}", ()
            case "drop a column" if len(names) > 1:
                del table.columns[column]
                yield f"ALTER TABLE {t} DROP COLUMN {column}", ()
            case "alter a column" if names and table.columns[column] in ("int", "varchar(400)"):
                wider = {"int": "double", "varchar(400)": "text"}
                table.columns[column] = wider[table.columns[column]]
                yield f"ALTER TABLE {t} MODIFY {column} {table.columns[column]}", ()
            case "drop table":
                self.tables.remove(table)
                yield f"DROP TABLE {t}", ()
            case "rename table":
                table.name = f"{table.name[:40]} r"
                yield f"RENAME TABLE {t} TO `{table.name}`", ()
            case "new key" if "PRIMARY" in table.key.clause:
                # The rows stay, and lie in another order from now on.
                yield f"ALTER TABLE {t} DROP PRIMARY KEY, ADD id int AUTO_INCREMENT PRIMARY KEY", ()
                self.tables.remove(table)

            case "new order":
                # The same type, another collation: the rows lie in another order from now on.
                found = {"utf8mb4_general_ci": "utf8mb4_bin", "utf8mb4_bin": "utf8mb4_unicode_ci"}
                for name, definition, _ in table.key.columns:
                    if definition.startswith("varchar"):
                        kind, _, rest = definition.partition(" COLLATE ")
                        collation = found.get(rest.removesuffix(" NOT NULL"), "utf8mb4_bin")
                        changed = f"{kind.removesuffix(' NOT NULL')} COLLATE {collation} NOT NULL"
                        yield f"ALTER IGNORE TABLE {t} MODIFY {name} {changed}", ()
            case "other engine":
                table.engine = "InnoDB" if table.engine == "MyISAM" else "MyISAM"
                yield f"ALTER TABLE {t} ENGINE={table.engine}", ()

    def _insert(self, table: RandomTable, count: int, *, highest: bool = False) -> None:
        if not count:
            return
        rows = [table.row(self._random) for _ in range(count)]
        if highest and table.key.columns[0][1].startswith("int"):
            base = self._random.randrange(1_000, 2**30)
            for number, row in enumerate(rows):
                row[0] = base + number
        names = ", ".join([*table.key.names, *table.columns])
        places = ", ".join(["%s"] * len(rows[0]))
        verb = self._random.choice(("INSERT IGNORE", "REPLACE"))
        self._run(
            [
                (f"{verb} INTO `{table.name}` ({names}) VALUES ({places})", tuple(row))
                for row in rows
            ]
        )

    def _run(self, statements: list[tuple[str, tuple[Value, ...]]]) -> None:
        if not statements:
            return
        with self._server.connect(self._schema) as root, root.cursor() as cursor:
            cursor.execute("SET sql_mode='NO_ENGINE_SUBSTITUTION', time_zone='+00:00'")
            cursor.execute("BEGIN")
            for statement, values in statements:
                cursor.execute(statement, values or None)
            cursor.execute("COMMIT")
