"""`gmops restore import` from the outside: the whole way from a dump to the present schema."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from databases import execute, query
from gmops import Ran, gmops, start
from gmops_desktop.addresses import MysqlAddress
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers

DUMP = """\
-- phpMyAdmin SQL Dump
/*!40101 SET NAMES utf8mb4 */;
USE `chamber`;
CREATE TABLE `member` (`id` int NOT NULL PRIMARY KEY, `name` varchar(40));
INSERT INTO `member` VALUES (1, '商会'), (2, NULL);
"""


class Desk:
    """A home, the address of the present schema, and the file with its password."""

    def __init__(self, folder: Path, address: MysqlAddress, password: str) -> None:
        self.home, self.address = folder / "home", address
        self.password = folder / "password"
        self.password.write_text(password + "\n", "utf-8")
        self.dump = folder / "dump.sql"
        self.new = f"{address.schema}_new"

    def run(self, *words: str | Path) -> Ran:
        more = {"GMOPS_PASSWORD_FILE": str(self.password)}
        return gmops("restore", *words, home=self.home, **more)

    def load(self, text: str, *words: str) -> Ran:
        self.dump.write_text(text, "utf-8")
        return self.run("import", self.dump, str(self.address), "--into", self.new, *words)


@pytest.fixture
def desk(tmp_path: Path, schema: MysqlAddress, mariadb: MariaDB) -> Desk:
    return Desk(tmp_path, schema, mariadb.password(schema.user))


def test_import_preview_restore_and_remove(desk: Desk, mariadb: MariaDB):
    ran = desk.load(DUMP)
    assert ran.code == 0, ran.err
    assert "dump.sql: a dump of phpMyAdmin, " in ran.err
    assert "Read as utf8mb4, which it declares." in ran.err
    assert f"{desk.new} is loaded: 1 table, 2 rows, in " in ran.out
    assert "line 3: USE `chamber` (The dump is loaded into the new schema only.)" in ran.out
    archive = next(word for line in ran.out.splitlines() for word in line.split()
                   if word.endswith(".sql.zst"))  # fmt: skip
    assert query(mariadb, desk.address.schema, "SHOW TABLES") == ()

    preview = desk.run("preview", archive, str(desk.address), "--json")
    assert [table["action"] for table in preview.answer["tables"]] == ["create"]
    done = desk.run("run", archive, str(desk.address), "--confirm", desk.address.schema)
    assert done.code == 0, done.err
    assert query(mariadb, desk.address.schema, "SELECT * FROM member") == ((1, "商会"), (2, None))

    (listed,) = desk.run("imported", "--json").answer
    assert (listed["schema"], listed["state"]) == (desk.new, "done")
    assert desk.run("import-remove", desk.new, str(desk.address)).code == 1
    gone = desk.run("import-remove", desk.new, str(desk.address), "--confirm", desk.new)
    assert gone.code == 0, gone.err
    assert query(mariadb, "", f"SHOW DATABASES LIKE '{desk.new}'") == ()


def test_an_error_names_file_line_and_statement(desk: Desk, mariadb: MariaDB):
    broken = DUMP + "INSERT INTO `member` VALUES (1, 'again');\n"
    try:
        ran = desk.load(broken)
        assert ran.code == 1
        assert "dump.sql, line 6, at “INSERT INTO `member` VALUES (1, 'again')”: " in ran.err
        assert "holds what was loaded before: 3 statements, 2 rows." in ran.err
        assert f"Then import again, or remove “{desk.new}”." in ran.err
        assert desk.load(broken).code == 1
        again = desk.load(broken, "--again", "--past-errors", "--no-archive", "--json")
        assert [one["line"] for one in again.answer["refused"]] == [6]
    finally:
        execute(mariadb, "", [f"DROP DATABASE IF EXISTS {desk.new}"])


def test_killed_on_the_way_it_says_so_and_starts_anew(desk: Desk, mariadb: MariaDB):
    rows = "".join(f"INSERT INTO `member` VALUES ({n}, 'x');\n" for n in range(3, 4000))
    desk.dump.write_text(DUMP + rows, "utf-8")
    words = ["restore", "import", desk.dump, str(desk.address), "--into", desk.new, "--no-archive"]
    count = f"SELECT COUNT(*) FROM {desk.new}.member"
    there = f"SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA='{desk.new}'"
    try:
        more = {"GMOPS_PASSWORD_FILE": str(desk.password)}
        with start(*words, home=desk.home, **more) as process:
            end = time.monotonic() + 60
            while not query(mariadb, "", there) and time.monotonic() < end:
                assert process.poll() is None
            process.kill()
        assert query(mariadb, "", count) < ((3999,),), "it was killed on the way"
        refused = desk.run(*words[1:])
        assert refused.code == 1
        assert "An import of dump.sql into" in refused.err
        assert "was interrupted: what is there is not whole." in refused.err
        assert "starts anew" in refused.err
        again = desk.run(*words[1:], "--again")
        assert again.code == 0, again.err
        assert query(mariadb, "", count) == ((3999,),)
        (listed,) = desk.run("imported", "--json").answer
        assert listed["state"] == "done"
    finally:
        execute(mariadb, "", [f"DROP DATABASE IF EXISTS {desk.new}"])
