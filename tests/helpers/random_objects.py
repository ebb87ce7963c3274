"""Random definitions beside the random tables: views, routines, triggers, events, sequences, and
what ties tables together.  They stand on tables of their own, which no other edit takes away."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Final

from databases import execute
from sandbox.mariadb import MariaDB

_BASE: Final = (
    "CREATE TABLE base (id int PRIMARY KEY, n int, word varchar(40)) CHARACTER SET utf8mb4",
    "INSERT INTO base SELECT seq, seq % 9, REPEAT('会', seq % 7) FROM seq_1_to_60",
    "CREATE TABLE child (id int PRIMARY KEY, of_base int, KEY (of_base)) ENGINE=InnoDB",
    "INSERT INTO child SELECT seq, seq FROM seq_1_to_30",
    "CREATE TABLE trail (what varchar(20), at int)",  # whatever fires is seen in here
)
_FIRES: Final = "FOR EACH ROW INSERT INTO trail VALUES"

# How each is made, changed, and taken away.
OBJECTS: Final[dict[str, tuple[str, str, str]]] = {
    "view": (
        "CREATE VIEW few AS SELECT id, n FROM base WHERE n > 3",
        "CREATE OR REPLACE VIEW few AS SELECT word, id FROM base",
        "DROP VIEW few",
    ),
    "view over a view": (
        "CREATE VIEW `two\n 会` AS SELECT b.id FROM base b JOIN child c ON c.of_base=b.id",
        "CREATE OR REPLACE SQL SECURITY INVOKER VIEW `two\n 会` AS SELECT 1 AS one",
        "DROP VIEW `two\n 会`",
    ),
    "update trigger": (
        f"CREATE TRIGGER  after_update after UPDATE on  base {_FIRES} ('update', new.id)",
        "CREATE OR REPLACE TRIGGER after_update BEFORE UPDATE ON base FOR EACH ROW SET new.n=1",
        "DROP TRIGGER after_update",
    ),
    "insert trigger": (
        f"CREATE TRIGGER after_insert AFTER INSERT ON base {_FIRES} ('insert', new.id)",
        f"CREATE OR REPLACE TRIGGER after_insert AFTER INSERT ON base {_FIRES} ('INSERT', -new.id)",
        "DROP TRIGGER after_insert",
    ),
    "delete trigger": (
        f"CREATE TRIGGER after_delete AFTER DELETE ON child {_FIRES} ('delete', old.id)",
        f"CREATE OR REPLACE TRIGGER after_delete BEFORE DELETE ON child {_FIRES} ('gone', old.id)",
        "DROP TRIGGER after_delete",
    ),
    "function": (
        "CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN n*2",
        "CREATE OR REPLACE FUNCTION twice(n bigint) RETURNS text RETURN CONCAT(n, '\\\\ ''会')",
        "DROP FUNCTION twice",
    ),
    "procedure": (
        "CREATE PROCEDURE tidy() BEGIN DELETE FROM trail; SELECT 'a;b'; END",
        "CREATE OR REPLACE PROCEDURE tidy(OUT n int) COMMENT 'x' SET n=(SELECT COUNT(*) FROM base)",
        "DROP PROCEDURE tidy",
    ),
    "event": (
        "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DO DELETE FROM trail",
        "ALTER EVENT nightly DISABLE COMMENT 'later'",
        "DROP EVENT nightly",
    ),
    "sequence": (
        "CREATE SEQUENCE numbers START WITH 5 INCREMENT BY 3",
        "ALTER SEQUENCE numbers RESTART 500",
        "DROP SEQUENCE numbers",
    ),
    "foreign key": (
        "ALTER TABLE child ADD CONSTRAINT tied FOREIGN KEY (of_base) REFERENCES base (id)",
        "ALTER TABLE child DROP FOREIGN KEY tied, ADD CONSTRAINT tied2 FOREIGN KEY (of_base)"
        " REFERENCES base (id) ON DELETE CASCADE",
        "ALTER TABLE child DROP FOREIGN KEY IF EXISTS tied, DROP FOREIGN KEY IF EXISTS tied2",
    ),
    "index": (
        "ALTER TABLE base ADD KEY by_n (n, word(10))",
        "ALTER TABLE base DROP KEY by_n, ADD KEY by_n (word(5))",
        "ALTER TABLE base DROP KEY by_n",
    ),
    "generated column": (
        "ALTER TABLE base ADD doubled int AS (n * 2) VIRTUAL, ADD CHECK (n < 1000)",
        "ALTER TABLE base DROP doubled, ADD doubled bigint AS (n * 3) STORED",
        "ALTER TABLE base DROP doubled",
    ),
}
_ROWS: Final = (
    "UPDATE base SET n=n+1 WHERE id % 5 = 0",
    "DELETE FROM child WHERE id % 7 = 0",
    "INSERT INTO base (id, n, word) SELECT MAX(id)+1, 1, 'x' FROM base",
    "UPDATE base SET word=CONCAT('a', word) WHERE id < 9",
)


class RandomObjects:
    """The definitions of a schema, and the edits made to them."""

    def __init__(self, server: MariaDB, schema: str, chosen: Iterable[str], random: Random) -> None:
        self._server, self._schema, self._random = server, schema, random
        self._there = set(chosen)
        self._run([*_BASE, *(OBJECTS[one][0] for one in OBJECTS if one in self._there)])

    def edit(self, what: str) -> None:
        """Make, change or take away one of `OBJECTS`, and write some rows that may fire."""
        make, change, drop = OBJECTS[what]
        if what not in self._there:
            self._there.add(what)
            statement = make
        elif self._random.random() < 0.5:
            self._there.remove(what)
            statement = drop
        else:
            statement = change
        self._run([statement, self._random.choice(_ROWS)])

    def _run(self, statements: list[str]) -> None:
        execute(self._server, self._schema, ["SET sql_mode='NO_ENGINE_SUBSTITUTION'", *statements])
