"""The database that is damaged and restored: the measured one's rows, laid out in fifty tables.

Each table holds some 2 % of all bytes, whatever is in it: a few long articles, many short visits.
"""

from __future__ import annotations

from typing import Final

from benchmarks import database as data
from sandbox.mariadb import MariaDB

SCHEMA: Final = "estate"

# How many tables share the rows of one of the measured database's.  What is left out are its three
# smallest, not a hundredth of its bytes together.
_TABLES: Final = {
    "article": 25,
    "visit_log": 17,
    "comment": 4,
    "operation_log": 2,
    "image": 1,
    "member": 1,
}
DAMAGED: Final = "comment_2"

# Somebody forgot the WHERE: every comment now has the same author.
DAMAGE: Final = f"UPDATE {SCHEMA}.{DAMAGED} SET nickname = '管理员'"


def build(server: MariaDB) -> None:
    """Lay out the rows of the measured schema, and let go of that: a server has one site."""
    with server.connect() as root, root.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {SCHEMA} CHARACTER SET utf8mb4")
        cursor.execute(f"USE {SCHEMA}")
        for source, count in _TABLES.items():
            cursor.execute(f"SELECT IFNULL(MAX(id), 0) FROM {data.SCHEMA}.{source}")
            ((last,),) = cursor.fetchall()
            for number in range(count):
                table = f"{source}_{number + 1}"
                cursor.execute(f"CREATE TABLE {table} LIKE {data.SCHEMA}.{source}")
                cursor.execute(
                    f"INSERT INTO {table} SELECT * FROM {data.SCHEMA}.{source}"
                    f" WHERE id > {last * number // count}"
                    f" AND id <= {last * (number + 1) // count}"
                )
        cursor.execute(f"DROP DATABASE {data.SCHEMA}")
        cursor.execute(f"DROP DATABASE {data.WIDE_SCHEMA}")
