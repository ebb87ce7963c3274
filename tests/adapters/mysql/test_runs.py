"""What servers say of runs of rows in the pass in which they hash them is what is computed here."""

from __future__ import annotations

import random
from typing import Final

import pytest

from gmops_desktop.adapters.mysql import MysqlConnection, catalogue, deltas, runs, segments
from gmops_desktop.adapters.mysql import snapshot as snapshots
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.deltas import BRIEF, LONG
from gmops_desktop.adapters.mysql.dialect import order, row
from gmops_desktop.adapters.mysql.segments import Range, source
from gmops_desktop.archive.splicing import OldRows
from sandbox.database import DatabaseServer
from sandbox.mariadb import MariaDB
from sandbox.mysql9 import Mysql9
from sandbox.mysql56 import Mysql56
from strange_dumps import Workbench, connected

pytestmark = pytest.mark.servers

KEYS: Final = {
    "a number": "k BIGINT UNSIGNED PRIMARY KEY",
    "text": "k VARCHAR(20) CHARACTER SET utf8mb4 PRIMARY KEY",
    "two columns": "k INT, pad CHAR(1) DEFAULT 'x', PRIMARY KEY (k, pad)",
}


def made(workbench: Workbench, server: DatabaseServer, key: str, engine: str) -> str:
    chosen = random.Random(7).sample(range(10_000), 900)
    rows = ",".join(f"({k},{k} / 7,'行 {k}')" for k in chosen)
    return workbench.make(
        server,
        [
            f"CREATE TABLE t ({key}, f FLOAT, words VARCHAR(50)) ENGINE={engine} CHARSET=utf8mb4",
            f"INSERT INTO t (k, f, words) VALUES {rows}",
        ],
    )


def expected(connection: MysqlConnection, table: Table, place: Range, modulus: int) -> list[int]:
    condition = segments.parts(table, place)[1]
    texts = connection.rows(
        f"SELECT {row(table.columns)} FROM {source(table)} WHERE {condition}"
        f" ORDER BY {order(table.key)}"
    )
    names = [column.name for column in table.columns]
    places = [names.index(column.name) for column in table.key]
    text = b",\0".join(text for (text,) in texts)
    whole = runs.whole(table)
    return OldRows(text, places, modulus, runs.RUN, plain=False, whole=whole).runs()


def hold(workbench: Workbench, server: DatabaseServer, key: str, engine: str) -> None:
    schema = made(workbench, server, key, engine)
    with connected(server, schema) as connection:
        snapshots.begin(connection)
        (table,) = catalogue.read(connection).tables
        middle = {1: ("5000",), 2: ("5000", "'x'")}[len(table.key)]
        if table.key[0].form == "text":
            middle = ("_utf8mb4 '5000'",)
        asks = [Range(None, middle), Range(middle, None)]
        for urgent in (False, True):
            connection.urgent = urgent
            questions = [
                segments.digest_question(0, table, asks[0], BRIEF.modulus),
                segments.count_question(1, table),
                segments.digest_question(2, table, asks[1], BRIEF.modulus),
                segments.digest_question(3, table, asks[1]),
            ]
            answers = snapshots.ask(connection, questions, first=runs.START)
            first, count, second, plain = segments.digest_answers(answers)
            assert count.rows == 900
            assert (second, count.runs, plain.runs) == (plain, None, None)
            sums = deltas.run_sums(connection, [(table, place) for place in asks], LONG)
            connection.urgent = False
            for place, digest, of_long in zip(asks, (first, second), sums, strict=True):
                assert digest.runs
                assert list(digest.runs) == expected(connection, table, place, BRIEF.modulus)
                assert len(digest.runs) > 40
                assert list(of_long) == expected(connection, table, place, LONG.modulus)


@pytest.mark.parametrize("engine", ["InnoDB", "MyISAM"])
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
class TestRuns:
    def test_on_mariadb(
        self, mariadb: MariaDB, workbench: Workbench, key: str, engine: str
    ) -> None:
        hold(workbench, mariadb, key, engine)

    def test_on_mysql_5_6(
        self, mysql56: Mysql56, workbench: Workbench, key: str, engine: str
    ) -> None:
        hold(workbench, mysql56, key, engine)

    @pytest.mark.mysql9
    def test_on_mysql_9(self, mysql9: Mysql9, workbench: Workbench, key: str, engine: str) -> None:
        hold(workbench, mysql9, key, engine)
