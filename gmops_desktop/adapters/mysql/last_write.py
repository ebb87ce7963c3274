"""When tables were last written to, where the server can tell: of MyISAM, whose files say it.

A MyISAM table's rows are written to its file at once, and the file system stamps each write.  A
table whose stamp is the same after a while as before, and was old then, has the same rows.  No
other engine is believed: Aria and InnoDB write behind, MEMORY not at all, and a MyISAM file that is
mapped into memory is stamped when the system likes.
Source: MySQL manual, INFORMATION_SCHEMA TABLES; `mi_status` in storage/myisam/mi_info.c.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gmops_desktop.adapters.mysql.connection import MysqlConnection
from gmops_desktop.adapters.mysql.definitions import Table


@dataclass(frozen=True, slots=True)
class LastWrite:
    """What changes with each write to a table, one within the same second excepted.

    It is `old` where that second has long passed, so that the next write shows.
    """

    facts: tuple[str | None, ...]
    old: bool = field(compare=False)


def last_writes(connection: MysqlConnection, tables: Iterable[Table]) -> dict[str, LastWrite]:
    """Return the last writes to those of `tables` of which it can be told, by name."""
    wanted = {t.name for t in tables if t.engine == "MyISAM" and "PARTITION BY" not in t.create}
    if not wanted or connection.one("SELECT @@GLOBAL.myisam_use_mmap") != ("0",):
        return {}
    if not connection.server.mariadb and connection.server.number >= (8,):
        connection.run("SET SESSION information_schema_stats_expiry=0")  # no stored answers
    # Nobody's clock but the server's own is asked; half a second more is for its ticks.
    found = connection.rows(
        "SELECT TABLE_NAME,UPDATE_TIME<SYSDATE()-INTERVAL 2 SECOND,UPDATE_TIME,CREATE_TIME,"
        "TABLE_ROWS,DATA_LENGTH,AUTO_INCREMENT FROM information_schema.TABLES"
        " WHERE TABLE_SCHEMA=DATABASE() AND ENGINE='MyISAM'"
    )
    return {
        name: LastWrite(tuple(facts), old == "1") for name, old, *facts in found if name in wanted
    }


def untouched(before: Mapping[str, LastWrite], after: Mapping[str, LastWrite]) -> frozenset[str]:
    """Return the tables that nobody wrote to between two looks."""
    return frozenset(name for name, last in before.items() if last.old and after.get(name) == last)
