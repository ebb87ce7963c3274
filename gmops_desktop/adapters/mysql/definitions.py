"""How a schema is defined: its tables, and everything else that has a CREATE statement."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from gmops_desktop.adapters.mysql.dialect import Column, name

Kind = Literal[
    "sequence", "view", "function", "procedure", "package", "package body", "trigger", "event"
]
ROUTINES: Final[tuple[Kind, ...]] = ("function", "procedure", "package", "package body")

_ELSEWHERE: Final = {"mrg_myisam", "federated", "blackhole", "connect", "spider", "oqgraph"}
_TRANSACTIONAL: Final = {"innodb", "rocksdb", "tokudb"}
QUOTED: Final = r"`(?:[^`]|``)*`"
_DEFINER: Final = re.compile(rf" DEFINER=({QUOTED}@{QUOTED}|{QUOTED})")
_AUTO_INCREMENT: Final = re.compile(r"(\n\) [^\n]*?) AUTO_INCREMENT=\d+")
_CHARSET: Final = re.compile(r" CHARACTER SET (\w+) (COLLATE \1)")
_DESCENDING: Final = re.compile(r"\n  PRIMARY KEY \([^\n]* DESC[,)]")


@dataclass(frozen=True, slots=True)
class Table:
    """A base table: how it is created, which columns an INSERT names, and what key orders it.

    `key` is empty where no key can cut it into ranges; `index` is that key's name.  `text_guess` is
    the server's rough idea of its rows' text, in bytes, and `rows_guess` of their number.
    """

    name: str
    engine: str
    create: str
    columns: tuple[Column, ...]
    key: tuple[Column, ...]
    index: str
    rows_guess: int
    text_guess: int
    versioned: bool

    @property
    def digest(self) -> str:
        """The SHA-256 of the definition; the counter of AUTO_INCREMENT is no part of it.

        Nor is a character set that the collation tells: since MySQL 8.0 a table made anew from its
        own definition spells it out.
        """
        create = _CHARSET.sub(r" \2", _AUTO_INCREMENT.sub(r"\1", self.create))
        return _digest(["table", self.name, create])

    @property
    def transactional(self) -> bool:
        return self.engine.lower() in _TRANSACTIONAL

    @property
    def clustered(self) -> bool:
        """Whether reading along the key is reading the rows as they lie, so in the key's order."""
        return (
            self.index == "PRIMARY"
            and self.engine.lower() == "innodb"
            and self.create != ""
            and "PARTITION BY" not in self.create
            and not _DESCENDING.search(self.create)
        )

    @property
    def holds_rows(self) -> bool:
        return self.engine.lower() not in _ELSEWHERE

    @property
    def insert(self) -> str:
        """The text before the rows of an INSERT."""
        return insert(self.name, [column.name for column in self.columns])


@dataclass(frozen=True, slots=True)
class Definition:
    """Anything that is not a table: the statement that creates it, and the session it needs.

    `state` is what a sequence gives out next.
    """

    kind: Kind
    name: str
    create: str
    definer: str = ""
    sql_mode: str = ""
    charset: str = ""
    collation: str = ""
    time_zone: str = ""
    state: str = ""

    @property
    def digest(self) -> str:
        """The SHA-256 of all but the definer and a sequence's state."""
        charset = self.charset.replace("utf8mb3", "utf8")
        collation = self.collation.replace("utf8mb3", "utf8")
        facts = [self.sql_mode, charset, collation, self.time_zone]
        return _digest([self.kind, self.name, without_definer(self.create), *facts])


@dataclass(frozen=True, slots=True)
class Omission:
    """Something that cannot be read in full; the service says it in words."""

    kind: Literal["invalid_view", "no_privilege", "definition_only", "leftover", "history"]
    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """All definitions of a schema, as one look found them."""

    charset: str
    collation: str
    tables: tuple[Table, ...]
    objects: tuple[Definition, ...]
    omissions: tuple[Omission, ...]

    @property
    def invalid(self) -> frozenset[str]:
        """The names of views that name something that is not there."""
        return frozenset(gap.name for gap in self.omissions if gap.kind == "invalid_view")

    def digests(self) -> dict[tuple[str, str], str]:
        """Return the digest of everything by kind and name."""
        return {("table", table.name): table.digest for table in self.tables} | {
            (thing.kind, thing.name): thing.digest for thing in self.objects
        }


def insert(table: str, columns: Sequence[str]) -> str:
    """Return the text before the rows of an INSERT that names its columns."""
    listed = ",".join(name(column) for column in columns)
    return f"INSERT INTO {name(table)} ({listed}) VALUES\n"


def definer_of(create: str) -> str:
    """Return who is named as the definer by a CREATE statement, as user@host; empty for nobody."""
    found = _DEFINER.search(create)
    return found[1].replace("`", "") if found else ""


def without_definer(create: str) -> str:
    """Return a CREATE statement without its DEFINER clause: the creator becomes the definer."""
    return _DEFINER.sub("", create, count=1)


def _digest(facts: list[str]) -> str:
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()
