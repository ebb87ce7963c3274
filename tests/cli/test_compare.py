"""`gmops backup compare` from the outside: its answers, its file, its exit codes."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from databases import execute
from gmops import Ran, gmops
from gmops_desktop.addresses import MysqlAddress
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers


class Desk:
    """A home, a schema with rows in it, and the file with its password."""

    def __init__(self, folder: Path, address: MysqlAddress, password: str) -> None:
        self.home, self.address = folder / "home", address
        self.password = folder / "password"
        self.password.write_text(password + "\n", "utf-8")

    def run(self, *words: str | Path, **more: str) -> Ran:
        more = {"GMOPS_PASSWORD_FILE": str(self.password), **more}
        return gmops("backup", *words, home=self.home, **more)


@pytest.fixture
def desk(tmp_path: Path, schema: MysqlAddress, mariadb: MariaDB) -> Desk:
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE member (id INT PRIMARY KEY, name VARCHAR(40))",
            "INSERT INTO member VALUES (1, '李'), (2, NULL), (3, 'c')",
            "CREATE TABLE log (id INT PRIMARY KEY)",
        ],
    )
    return Desk(tmp_path, schema, mariadb.password(schema.user))


def test_files_and_databases(desk: Desk, mariadb: MariaDB, tmp_path: Path) -> None:
    first, second = tmp_path / "a.sql.zst", tmp_path / "b.sql.zst"
    assert desk.run("take", str(desk.address), "--out", first).code == 0
    same = desk.run("compare", first, str(desk.address))
    assert (same.code, same.out) == (0, "Nothing differs in 2 tables.\n"), same.err

    execute(
        mariadb,
        desk.address.schema,
        [
            "UPDATE member SET name='NULL' WHERE id=2",
            "DELETE FROM member WHERE id=3",
            "INSERT INTO member VALUES (4, 'new')",
            "INSERT INTO log VALUES (1),(2),(3)",
            "CREATE VIEW names AS SELECT name FROM member",
        ],
    )
    assert desk.run("take", str(desk.address), "--out", second).code == 0
    for other in (second, str(desk.address)):
        ran = desk.run("compare", first, other, "--csv", tmp_path / "out.csv", "--limit", "2")
        assert ran.code == 4, ran.err
        assert "~ 2 name: NULL → 'NULL'" in ran.out
        assert "- 3 name='c'" in ran.out
        assert "… and 1 more row" in ran.out
        assert "[View added: names]" in ran.out
        with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file))
        assert ["member", "Row changed", "2", "name", "NULL", "'NULL'"] in lines
        assert sum(line[:2] == ["log", "Row added"] for line in lines) == 3

        answer = desk.run("compare", first, other, "--table", "member", "--json").answer
        assert answer["identical"] is False
        (table,) = answer["tables"]
        assert (table["added"], table["changed"], table["removed"], table["more"]) == (1, 1, 1, 0)
        changed = next(row for row in table["rows"] if row["kind"] == "changed")
        assert changed == {
            "kind": "changed",
            "key": {"id": "2"},
            "changed": ["name"],
            "before": {"id": "2", "name": None},
            "after": {"id": "2", "name": "NULL"},
        }
    back = desk.run("compare", str(desk.address), first, GMOPS_LANGUAGE="zh_CN")
    assert back.code == 4
    assert "视图已不存在" in back.out


def test_refusals(desk: Desk, tmp_path: Path) -> None:
    first = tmp_path / "a.sql.zst"
    assert desk.run("take", str(desk.address), "--out", first).code == 0
    gone = desk.run("compare", first, tmp_path / "none.sql.zst")
    assert (gone.code, gone.out) == (1, "")
    assert "cannot be read" in gone.err
    first.write_bytes(first.read_bytes()[:-9])
    broken = desk.run("compare", first, str(desk.address))
    assert broken.code == 3
    assert "is not a whole archive" in broken.err
    unknown = desk.run("compare", first, "nowhere")
    assert unknown.code == 1
    assert "No resource of the contract is called nowhere." in unknown.err
    assert desk.run("compare", first).code == 2


def test_files_of_other_tools_are_never_called_whole(tmp_path: Path) -> None:
    dump = tmp_path / "dump.sql"
    dump.write_bytes(b"-- MySQL dump 10.13\nCREATE TABLE t (id int);\n-- Dump completed\n")
    ran = gmops("backup", "verify", dump, home=tmp_path / "home")
    assert ran.code == 5, ran.err
    assert "is a dump of mariadb-dump or mysqldump. It cannot be proved whole." in ran.out
    assert "It holds no digests of its rows" in ran.out
    answer = gmops("backup", "verify", dump, "--json", home=tmp_path / "home").answer
    assert (answer["ok"], answer["outcome"]) == (False, "unprovable")
    dump.write_bytes(dump.read_bytes()[:-20])
    cut = gmops("backup", "verify", dump, "--json", home=tmp_path / "home")
    assert cut.code == 3
    assert cut.answer["outcome"] == "damaged"
    assert "the line with which such a file ends is missing" in cut.err
    folder = gmops("backup", "verify", tmp_path, home=tmp_path / "home")
    assert folder.code == 1
    assert "is a folder" in folder.err
