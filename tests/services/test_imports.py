"""Foreign dumps into a new schema, on real servers, and from there by the ordinary restore."""

from __future__ import annotations

import gzip
import secrets
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import zstandard

from databases import Facts, checksums, differences, execute, facts, opener, query
from db.engine import Database
from gmops_desktop.adapters.mysql import MysqlConnection
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.backups import Backup, Backups
from gmops_desktop.services.imports import Imported, Imports, ImportStopped
from gmops_desktop.services.restores import Restores
from sandbox.database import DatabaseServer
from sandbox.mariadb import MariaDB
from sandbox.mysql56 import Mysql56
from sandbox.stock import client_options

SITE = [
    "CREATE TABLE members (id int AUTO_INCREMENT PRIMARY KEY, name varchar(60), photo blob,"
    " rating double, joined datetime, KEY (name)) DEFAULT CHARSET=utf8mb4",
    "CREATE TABLE fees (id int PRIMARY KEY, member int, amount decimal(20,6),"
    " KEY of_member (member), FOREIGN KEY (member) REFERENCES members (id))"
    " DEFAULT CHARSET=utf8mb4",
    "CREATE TABLE old (a varchar(20), b text) ENGINE=MyISAM DEFAULT CHARSET=gbk",
    "INSERT INTO members (name, photo, rating, joined) VALUES"
    " ('商会 O''Brien; -- no', x'00ff27225c0a1a', 0.1, '2018-04-01 00:00:00'),"
    " ('line\\r\\nbreak\\\\', NULL, -1e300, NULL), ('`back` \"double\"', '', 0, '1999-12-31')",
    "INSERT INTO fees VALUES (1, 1, 12.345678), (2, 3, -0.000001)",
    "INSERT INTO old VALUES ('誠實', '乗 \\\\ 乣'), ('x', NULL)",
    "CREATE VIEW rich AS SELECT m.name, SUM(f.amount) s FROM members m JOIN fees f"
    " ON f.member=m.id GROUP BY m.name",
    "CREATE TRIGGER stamp BEFORE INSERT ON members FOR EACH ROW"
    " BEGIN SET NEW.joined=IFNULL(NEW.joined, '2000-01-01'); END",
    "CREATE FUNCTION half(n int) RETURNS int DETERMINISTIC BEGIN RETURN n/2; END",
    "CREATE PROCEDURE count_all() BEGIN SELECT COUNT(*) FROM members; SELECT ';;'; END",
    "CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DO DELETE FROM fees WHERE 0",
]


@dataclass
class Desk:
    """What a test imports with: as root, so that definers stay."""

    server: DatabaseServer
    imports: Imports
    target: MysqlAddress
    folder: Path
    made: list[str]

    def write(self, content: bytes | str, name: str = "dump.sql") -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run(self, path: Path, context: Context | None = None, **how: object) -> Imported:
        schema = str(how.pop("schema", "")) or f"i_{secrets.token_hex(4)}"
        self.made.append(schema)
        how.setdefault("archive", False)
        return self.imports.run(path, self.target, context or Context(), schema=schema, **how)  # type: ignore[arg-type] # the caller's

    def load(self, text: bytes | str, **how: object) -> Imported:
        return self.run(self.write(text), **how)

    def rows(self, done: Imported, statement: str) -> Sequence[object]:
        return query(self.server, done.schema, statement)

    def schemas(self) -> set[str]:
        return {name for (name,) in query(self.server, "", "SHOW DATABASES")}


@pytest.fixture
def make_desk(
    database: Database, tmp_path: Path
) -> Iterator[Callable[[DatabaseServer, MysqlAddress], Desk]]:
    made: list[tuple[DatabaseServer, list[str]]] = []

    def make(server: DatabaseServer, target: MysqlAddress) -> Desk:
        folder = tmp_path / "archives"
        folder.mkdir(exist_ok=True)
        backups = Backups(database, opener(server), lambda: folder)
        imports = Imports(opener(server), backups.take, tmp_path / "imports.json")
        made.append((server, []))
        return Desk(server, imports, target, tmp_path, made[-1][1])

    yield make
    for server, schemas in made:
        if server.running:
            execute(server, "", [f"DROP DATABASE IF EXISTS `{name}`" for name in schemas])


@pytest.fixture
def desk(
    make_desk: Callable[[DatabaseServer, MysqlAddress], Desk],
    mariadb: MariaDB,
    schema: MysqlAddress,
) -> Desk:
    return make_desk(mariadb, replace(schema, user="root"))


def dump(server: DatabaseServer, schema: str, *options: str, tool: str = "mariadb-dump") -> bytes:
    with client_options(server.port, "root", server.root_password) as login:
        words = [tool, login, "--routines", "--events", "--triggers", *options, schema]
        return subprocess.run(words, check=True, capture_output=True).stdout


def shape(server: DatabaseServer, schema: str) -> Facts:
    """Return everything about a schema but whether its events run: those of an import do not."""
    found = facts(server, schema)
    for key, row in found.items():
        if isinstance(key, tuple) and key[0] == "EVENTS":
            row.pop("STATUS")
    return found


# ---------------------------------------------------------------- real dumps


@pytest.mark.parametrize("options", [(), ("--hex-blob", "--skip-extended-insert")])
def test_a_dump_of_the_stock_tool_comes_back_whole(desk: Desk, options: tuple[str, ...]):
    source = desk.target.schema
    execute(desk.server, source, SITE)
    done = desk.load(dump(desk.server, source, *options))
    assert differences(shape(desk.server, source), shape(desk.server, done.schema)) == {}
    assert (done.tables, done.rows) == (3, 7)
    assert done.skipped == done.refused == done.warned == done.faults == ()
    assert done.look.kind == "a dump of mariadb-dump or mysqldump"
    assert (done.look.charset, done.look.contradicted) == ("utf8mb4", False)


def test_from_a_foreign_dump_to_the_present_schema(desk: Desk, database: Database, tmp_path: Path):
    """The whole way: import, archive of it, preview, restore with proof."""
    source = desk.target.schema
    execute(desk.server, source, SITE)
    path = desk.write(dump(desk.server, source))
    before = facts(desk.server, source)
    execute(desk.server, source, ["UPDATE members SET name='?'", "DROP TABLE old"])
    done = desk.run(path, archive=True)
    assert done.backup is not None
    assert done.backup.rows == 7
    assert desk.rows(done, "SELECT STATUS FROM information_schema.EVENTS"
                     " WHERE EVENT_SCHEMA=DATABASE()") == (("DISABLED",),)  # fmt: skip
    backups = Backups(database, opener(desk.server), lambda: tmp_path / "archives")
    restores = Restores(
        database, opener(desk.server), lambda a, c: backups.take(a, c, purpose="safety")
    )
    preview = restores.preview(done.backup.path, desk.target, Context())
    changes = {change.table: change.action for change in preview.tables}
    assert changes == {"fees": "same", "members": "rows", "old": "create"}
    restored = restores.run(done.backup.path, desk.target, Context(), confirm=source)
    assert restored.proved, restored.differences
    assert differences(before, facts(desk.server, source)) == {}


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".zip"])
def test_packed_dumps(desk: Desk, suffix: str):
    source = desk.target.schema
    execute(desk.server, source, SITE)
    text = dump(desk.server, source)
    path = desk.folder / f"site.sql{suffix}"
    if suffix == ".gz":
        path.write_bytes(gzip.compress(text[:900]) + gzip.compress(text[900:]))
    elif suffix == ".zst":
        packer = zstandard.ZstdCompressor()
        path.write_bytes(packer.compress(text[:900]) + packer.compress(text[900:]))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("../../etc/网站/site.sql", text)
            archive.writestr("readme.txt", "hello")
    done = desk.run(path)
    assert checksums(desk.server, source) == checksums(desk.server, done.schema)
    assert done.look.packed == {".gz": "gzip", ".zst": "zstd", ".zip": "zip"}[suffix]
    assert not list(desk.folder.rglob("etc"))


def test_a_dump_of_a_whole_server_holds_several_schemas(desk: Desk):
    source = desk.target.schema
    execute(desk.server, source, SITE)
    other = f"i_{secrets.token_hex(4)}"
    desk.made.append(other)
    execute(desk.server, "", [f"CREATE DATABASE {other}"])
    execute(desk.server, other, ["CREATE TABLE foreign_one (id int)"])
    with client_options(desk.server.port, "root", desk.server.root_password) as login:
        words = ["mariadb-dump", login, "--routines", "--events", "--databases", other, source]
        path = desk.write(subprocess.run(words, check=True, capture_output=True).stdout)
    with pytest.raises(ImportStopped, match=f"another schema: {source} after {other}"):
        desk.run(path)
    done = desk.run(path, only=source)
    assert differences(shape(desk.server, source), shape(desk.server, done.schema)) == {}
    assert {one.beginning.split()[0] for one in done.skipped} == {"CREATE", "USE"}
    assert query(desk.server, other, "SELECT COUNT(*) FROM foreign_one") == ((0,),)


def test_a_dump_of_mariadb_comes_to_mysql56(
    make_desk: Callable[[DatabaseServer, MysqlAddress], Desk],
    mysql56: Mysql56,
    mariadb: MariaDB,
    schema: MysqlAddress,
):
    execute(mariadb, schema.schema, SITE)
    target = f"i_{secrets.token_hex(4)}"
    desk = make_desk(mysql56, replace(mysql56.address(target), user="root"))
    desk.made.append(target)
    execute(mysql56, "", [f"CREATE DATABASE {target} CHARACTER SET latin1"])
    done = desk.load(dump(mariadb, schema.schema, "--skip-extended-insert"))
    for table in ("members", "fees", "old", "rich"):
        statement = f"SELECT * FROM {table}"
        assert desk.rows(done, statement) == query(mariadb, schema.schema, statement)
    assert done.refused == done.faults == ()
    assert desk.rows(done, "SELECT half(7), @@collation_database") == ((4, "latin1_swedish_ci"),)
    assert len(desk.rows(done, "SHOW TRIGGERS")) == 1


# ---------------------------------------------------------------- other tools' styles

NAVICAT = """\
/*
 Navicat Premium Data Transfer

 Source Server         : 官网
 Source Server Type    : MySQL
 File Encoding         : {page}

 Date: 01/04/2018 10:00:00
*/

{names}SET FOREIGN_KEY_CHECKS = 0;

-- ----------------------------
-- Table structure for 会员
-- ----------------------------
DROP TABLE IF EXISTS `会员`;
CREATE TABLE `会员`  (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `姓名` varchar(50) CHARACTER SET utf8 COLLATE utf8_general_ci NULL DEFAULT NULL COMMENT '誠; 实',
  PRIMARY KEY (`id`) USING BTREE
) ENGINE = InnoDB AUTO_INCREMENT = 4 CHARACTER SET = utf8 COLLATE = utf8_general_ci;

-- ----------------------------
-- Records of 会员
-- ----------------------------
INSERT INTO `会员` VALUES (1, '誠\\'; --');
INSERT INTO `会员` VALUES (2, '张三 乣');
INSERT INTO `会员` VALUES (3, NULL);

-- ----------------------------
-- Triggers structure for table 会员
-- ----------------------------
DROP TRIGGER IF EXISTS `t`;
delimiter ;;
CREATE TRIGGER `t` BEFORE INSERT ON `会员` FOR EACH ROW BEGIN SET NEW.姓名 = TRIM(NEW.姓名); END
;;
delimiter ;

SET FOREIGN_KEY_CHECKS = 1;
"""


@pytest.mark.parametrize(
    ("encoding", "page", "names", "charset"),
    [
        ("utf-8", "65001", "SET NAMES utf8mb4;\r\n", "utf8mb4"),
        ("utf-8-sig", "65001", "", "utf8mb4"),
        ("gbk", "936", "", "gbk"),
        ("gbk", "", "", "gbk"),  # nothing said: by its bytes
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_navicat(desk: Desk, encoding: str, page: str, names: str, charset: str, ends: str):
    text = NAVICAT.format(page=page, names=names).replace("\r\n", "\n").replace("\n", ends)
    done = desk.load(text.encode(encoding))
    assert done.look.kind == "a dump of Navicat"
    assert (done.look.charset, done.look.contradicted) == (charset, False)
    assert desk.rows(done, "SELECT * FROM `会员`") == ((1, "誠'; --"), (2, "张三 乣"), (3, None))
    assert desk.rows(
        done, "SELECT COLUMN_COMMENT FROM information_schema.COLUMNS"
        " WHERE TABLE_SCHEMA=DATABASE() AND COLUMN_NAME='姓名'"
    ) == (("誠; 实",),)  # fmt: skip
    assert done.rows == 3
    assert done.faults == done.warned == ()


def test_the_user_knows_better_than_the_file(desk: Desk):
    text = NAVICAT.format(page="65001", names="SET NAMES utf8mb4;\n").encode("gbk")
    path = desk.write(text)
    look = desk.imports.look(path)
    assert (look.charset, look.declared, look.seems) == ("utf8mb4", "utf8mb4", "gbk")
    assert look.contradicted
    done = desk.run(path, charset="gbk")
    assert desk.rows(done, "SELECT * FROM `会员`")[1] == (2, "张三 乣")


def test_heidisql(desk: Desk):
    done = desk.load("""\
-- --------------------------------------------------------
-- Host:                         127.0.0.1
-- Server version:               10.4.8-MariaDB - mariadb.org binary distribution
-- HeidiSQL Version:             11.0.0.5919
-- --------------------------------------------------------

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8 */;
/*!50503 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;

-- Dumping database structure for chamber
CREATE DATABASE IF NOT EXISTS `chamber` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;
USE `chamber`;

-- Dumping structure for procedure chamber.p
DELIMITER //
CREATE PROCEDURE `p`()
BEGIN
  SELECT 'a;b' FROM news; -- it's
END//
DELIMITER ;

CREATE TABLE IF NOT EXISTS `news` (
  `id` int(11) NOT NULL,
  `title` varchar(50) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

/*!40000 ALTER TABLE `news` DISABLE KEYS */;
INSERT INTO `news` (`id`, `title`) VALUES
\t(1, '商会 🐉'),
\t(2, 'it\\'s');
/*!40000 ALTER TABLE `news` ENABLE KEYS */;

/*!40101 SET SQL_MODE=IFNULL(@OLD_SQL_MODE, '') */;
/*!40014 SET FOREIGN_KEY_CHECKS=IF(@OLD_FOREIGN_KEY_CHECKS IS NULL, 1, @OLD_FOREIGN_KEY_CHECKS) */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
""")
    assert done.look.kind == "a dump of HeidiSQL"
    assert desk.rows(done, "SELECT * FROM news") == ((1, "商会 🐉"), (2, "it's"))
    assert [(one.line, one.beginning[:8]) for one in done.skipped] == [
        (14, "CREATE D"),
        (15, "USE `cha"),
    ]
    assert "chamber" not in desk.schemas() or desk.target.schema == "chamber"


def test_phpmyadmin(desk: Desk):
    done = desk.load("""\
-- phpMyAdmin SQL Dump
-- version 4.8.5
-- https://www.phpmyadmin.net/
SET SQL_MODE = "NO_AUTO_VALUE_ON_ZERO";
SET AUTOCOMMIT = 0;
START TRANSACTION;
SET time_zone = "+00:00";

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET NAMES utf8mb4 */;

DELIMITER $$
CREATE DEFINER=`root`@`localhost` PROCEDURE `p` ()  BEGIN SELECT 1; END$$

DELIMITER ;

CREATE TABLE `news` (
  `id` int(11) NOT NULL,
  `title` varchar(50) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO `news` (`id`, `title`) VALUES
(0, 'zero'),
(1, '商会');

ALTER TABLE `news`
  ADD PRIMARY KEY (`id`);
ALTER TABLE `news`
  MODIFY `id` int(11) NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=2;
COMMIT;

/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
""")
    assert done.look.kind == "a dump of phpMyAdmin"
    assert desk.rows(done, "SELECT * FROM news ORDER BY id") == ((0, "zero"), (1, "商会"))
    assert done.skipped == ()


# ---------------------------------------------------------------- what stays outside


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO {present}.safe VALUES (2)",
        "INSERT /*!99999 IGNORE */ INTO `{present}`.`safe` VALUES (2)",
        "REPLACE LOW_PRIORITY {present} . safe VALUES (2)",
        "DROP TABLE {present}.safe",
        "TRUNCATE {present}.safe",
        "/*!40000 DROP TABLE */ t, {present}.safe",
        "DELETE FROM {present}.safe",
        "UPDATE t, {present}.safe SET safe.id=9",
        "RENAME TABLE {present}.safe TO safe",
        "ALTER TABLE `{present}` . `safe` ADD x int",
        "CREATE TABLE {present}.more (id int)",
        "CREATE TABLE x (id int) ENGINE='FEDERATED' CONNECTION='mysql://u@h/{present}/safe'",
        "LOAD DATA INFILE '/etc/passwd' INTO TABLE t",
        "SELECT 1 INTO OUTFILE '/tmp/gmops-never'",
    ],
)
def test_what_writes_elsewhere_ends_the_import(desk: Desk, statement: str):
    present = desk.target.schema
    execute(desk.server, present, ["CREATE TABLE safe (id int)", "INSERT INTO safe VALUES (1)"])
    first = "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1);\n"
    text = f"{first}{statement.format(present=present)};\n"
    with pytest.raises(ImportStopped) as stopped:
        desk.load(text)
    assert stopped.value.line == 3
    assert "dump.sql, line 3, at “" in stopped.value.message
    assert query(desk.server, present, "SELECT * FROM safe") == ((1,),)
    assert query(desk.server, present, "SHOW TABLES") == (("safe",),)
    assert query(desk.server, stopped.value.schema, "SELECT * FROM t") == ((1,),)


@pytest.mark.parametrize(
    "statement",
    [
        "USE {present}",
        "DROP DATABASE IF EXISTS {present}",
        "/*!40000 DROP DATABASE IF EXISTS `{present}`*/",
        "ALTER DATABASE `{present}` CHARACTER SET latin1",
        "GRANT ALL ON *.* TO intruder@'%' IDENTIFIED BY 'hunter2'",
        "CREATE USER intruder IDENTIFIED BY 'hunter2'",
        "SET GLOBAL max_connections=1",
        "SET @@GLOBAL.GTID_PURGED='0-1-1'",
        "SET @a=1, GLOBAL max_connections=1",
        "/*!50000 SET */ PASSWORD = PASSWORD('hunter2')",
        "FLUSH PRIVILEGES",
        "CALL anything()",
        "SELECT 1 /*!99999 */ ; DROP DATABASE {present}",
        "SET @s='DROP DATABASE {present}'; PREPARE s FROM @s; EXECUTE s",
        "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW DELETE FROM {present}.safe",
        "CREATE EVENT e ON SCHEDULE EVERY 1 SECOND DO INSERT INTO `{present}`.`safe` VALUES (3)",
        "CREATE PROCEDURE p() UPDATE {present}.safe SET id=7",
        "CREATE VIEW v AS SELECT * FROM {present}.safe",
    ],
)
def test_what_is_not_the_schemas_is_left_out_and_named(desk: Desk, statement: str):
    present = desk.target.schema
    execute(desk.server, present, ["CREATE TABLE safe (id int)", "INSERT INTO safe VALUES (1)"])
    users = query(desk.server, "", "SELECT user, host FROM mysql.user ORDER BY 1, 2")
    limit = query(desk.server, "", "SELECT @@GLOBAL.max_connections")
    done = desk.load(f"CREATE TABLE t (id int);\n{statement.format(present=present)};\n"
                     "INSERT INTO t VALUES (1);\n")  # fmt: skip
    assert {one.line for one in done.skipped} == {2}
    assert "hunter2" not in str(done)
    assert desk.rows(done, "SELECT * FROM t") == ((1,),)
    assert query(desk.server, present, "SELECT * FROM safe") == ((1,),)
    assert query(desk.server, "", "SELECT user, host FROM mysql.user ORDER BY 1, 2") == users
    assert query(desk.server, "", "SELECT @@GLOBAL.max_connections") == limit


def test_two_statements_cannot_pass_as_one(desk: Desk):
    """The splitter takes the quote for a string's; a server that skips the comment does not."""
    present = desk.target.schema
    execute(desk.server, present, ["CREATE TABLE safe (id int)"])
    with pytest.raises(ImportStopped):
        desk.load(
            f"CREATE TABLE t (id int);SELECT /*!99999 ' */ 1; DROP TABLE {present}.safe; -- ';\n"
        )
    assert query(desk.server, present, "SHOW TABLES") == (("safe",),)


def test_only_a_new_schema_is_loaded_into(desk: Desk):
    present = desk.target.schema
    path = desk.write("CREATE TABLE t (id int);")
    for schema in (present, present.upper(), "mysql", ""):
        with pytest.raises(OpsError, match="not loaded into"):
            desk.imports.run(path, desk.target, Context(), schema=schema)
    filled = f"i_{secrets.token_hex(4)}"
    desk.made.append(filled)
    execute(desk.server, "", [f"CREATE DATABASE {filled}"])
    assert desk.run(path, schema=filled).tables == 1  # an empty one will do
    with pytest.raises(OpsError, match="is not empty"):
        desk.run(path, schema=filled)
    assert desk.run(path, schema=filled, again=True).tables == 1
    stranger = f"i_{secrets.token_hex(4)}"
    desk.made.append(stranger)
    execute(desk.server, "", [f"CREATE DATABASE {stranger}"])
    with pytest.raises(OpsError, match="No import from this machine"):
        desk.imports.remove(desk.target, stranger, Context())
    assert stranger in desk.schemas()


# ---------------------------------------------------------------- bad days


def test_a_statement_the_server_refuses(desk: Desk):
    text = (
        "CREATE TABLE t (id int PRIMARY KEY);\n"
        + "".join(f"INSERT INTO t VALUES ({n});\n" for n in range(20))
        + "INSERT INTO t VALUES (3);\nINSERT INTO t VALUES (99);\n"
    )
    path = desk.write(text)
    with pytest.raises(ImportStopped) as stopped:
        desk.run(path)
    error = stopped.value
    assert (error.line, error.beginning) == (22, "INSERT INTO t VALUES (3)")
    assert "Duplicate entry" in error.message
    assert "21 statements, 20 rows" in error.unharmed
    assert f"remove “{error.schema}”" in error.hint
    assert query(desk.server, error.schema, "SELECT COUNT(*) FROM t") == ((20,),)
    (left,) = desk.imports.all()
    assert (left.schema, left.state, left.line) == (error.schema, "stopped", 22)

    done = desk.run(path, schema=error.schema, again=True, past_errors=True)
    assert [one.line for one in done.refused] == [22]
    assert desk.rows(done, "SELECT COUNT(*), MAX(id) FROM t") == ((21, 99),)
    desk.imports.remove(desk.target, error.schema, Context())
    assert error.schema not in desk.schemas()
    assert desk.imports.all() == ()


def test_an_oversized_statement_is_not_sent(
    make_desk: Callable[[DatabaseServer, MysqlAddress], Desk], tmp_path: Path
):
    with MariaDB(tmp_path / "own", options=("--max-allowed-packet=1M",)) as server:
        execute(server, "", ["CREATE DATABASE present"])
        desk = make_desk(server, replace(server.address("present"), user="root"))
        fits = (1 << 20) - 2 - len("INSERT INTO t VALUES ('')")
        head = "CREATE TABLE t (a longtext);\n"
        done = desk.load(head + "INSERT INTO t VALUES ('" + "x" * fits + "');\n")
        assert desk.rows(done, "SELECT LENGTH(a) FROM t") == ((fits,),)
        with pytest.raises(ImportStopped) as stopped:
            desk.load(head + "INSERT INTO t VALUES ('" + "x" * (fits + 1) + "');\n")
        assert stopped.value.line == 2
        assert "max_allowed_packet" in stopped.value.message
        assert "net-buffer-length" in stopped.value.hint


@pytest.mark.parametrize("past_errors", [False, True])
def test_the_server_has_no_room(desk: Desk, past_errors: bool):
    """A table in memory is full with the error of a full disk; going on would lose the rest."""
    rows = "".join(f"INSERT INTO t VALUES ('{n}');\n" for n in range(1200))
    table = "CREATE TABLE t (a varchar(9000)) ENGINE=MEMORY DEFAULT CHARSET=utf8mb4;\n"
    with pytest.raises(ImportStopped, match=r"no room .* is full") as stopped:
        desk.load(table + rows, past_errors=past_errors)
    assert "Free or add space on the server" in stopped.value.hint
    ((kept,),) = query(desk.server, stopped.value.schema, "SELECT COUNT(*) FROM t")
    assert stopped.value.line == kept + 2


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_packed_file_that_is_cut(desk: Desk, suffix: str):
    rows = "".join(f"INSERT INTO t VALUES ('{secrets.token_hex(5000)}');\n" for _ in range(1000))
    text = f"CREATE TABLE t (a text);\n{rows}".encode()
    pack = (
        gzip.compress if suffix == ".gz" else zstandard.ZstdCompressor(write_checksum=True).compress
    )
    packed = pack(text)
    early = desk.write(packed[: len(packed) // 9], f"early.sql{suffix}")
    with pytest.raises(OpsError, match="is cut: its compressed text has no end"):
        desk.run(early)  # seen before anything is made
    assert not desk.schemas() & set(desk.made)
    path = desk.write(packed[: len(packed) * 2 // 3], f"dump.sql{suffix}")
    with pytest.raises(ImportStopped, match="is cut: its compressed text has no end") as stopped:
        desk.run(path)
    assert "Copy it once more" in stopped.value.hint
    ((kept,),) = query(desk.server, stopped.value.schema, "SELECT COUNT(*) FROM t")
    assert f", {kept} rows" in stopped.value.unharmed
    assert kept > 400
    damaged = bytearray(packed)
    damaged[len(packed) * 2 // 3] ^= 0xFF
    with pytest.raises(ImportStopped):
        desk.run(desk.write(bytes(damaged), f"dump.sql{suffix}"))


def test_a_dump_that_lacks_its_last_line(desk: Desk):
    execute(desk.server, desk.target.schema, SITE)
    text = dump(desk.server, desk.target.schema)
    done = desk.load(text[: text.index(b"-- Dump completed")])
    assert done.faults == ("It is cut: the line with which such a file ends is missing.",)


def test_wrong_files(desk: Desk):
    for name, content, said in (
        ("empty.sql", b"", "is empty"),
        ("photo.sql", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(99), "is not SQL text"),
        ("sealed.sql", b"age-encryption.org/v1\n", "is not SQL text"),
        ("wide.sql", "CREATE TABLE t (id int);".encode("utf-16"), "UTF-16"),
        ("ours.sql", b"-- Archive of x\nSET NAMES utf8mb4;", "archive of this program"),
    ):
        with pytest.raises(OpsError, match=said):
            desk.run(desk.write(content, name))
    with pytest.raises(OpsError, match="cannot be read"):
        desk.run(desk.folder / "none.sql")
    assert not desk.schemas() & set(desk.made)


def test_zips(desk: Desk):
    path = desk.folder / "site.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.sql", "CREATE TABLE one (id int);")
        archive.writestr("数据/two.SQL", "CREATE TABLE two (id int);")
        archive.writestr("__MACOSX/._one.sql", "rubbish")
    with pytest.raises(OpsError, match=r"several \.sql files") as refused:
        desk.run(path)
    assert "one.sql, 数据/two.SQL" in refused.value.hint
    done = desk.run(path, member="数据/two.SQL")
    assert desk.rows(done, "SHOW TABLES") == (("two",),)
    with pytest.raises(OpsError, match=r"nothing named three\.sql"):
        desk.run(path, member="three.sql")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(OpsError, match="cut or damaged"):
        desk.run(path)


@pytest.mark.parametrize("suffix", [".gz", ".zip"])
def test_a_bomb_is_refused(desk: Desk, suffix: str):
    path = desk.folder / f"bomb.sql{suffix}"
    head = b"CREATE TABLE t (id int);\n" + b"-- padding\n" * 9000
    if suffix == ".gz":
        with gzip.open(path, "wb", 6) as file:
            file.write(head)
            for _ in range(300):
                file.write(b" " * (1 << 20))
    else:
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
            archive.open("bomb.sql", "w") as member,
        ):
            member.write(head)
            for _ in range(300):
                member.write(b" " * (1 << 20))
    with pytest.raises(OpsError, match="swells to more than 250 times"):
        desk.run(path)


class StopAt(Context):
    """Cancels itself after some reports."""

    _INTERVAL = 0.0

    def __init__(self, count: int, act: Callable[[], object] | None = None) -> None:
        super().__init__(self._reported)
        self._count, self._act = count, act or self.cancel

    def _reported(self, _progress: Progress) -> None:
        self._count -= 1
        if self._count == 0:
            self._act()


MANY = "CREATE TABLE t (id int);\n" + "INSERT INTO t VALUES (1),(2);\n" * 400


def test_cancelled_it_leaves_nothing(desk: Desk):
    with pytest.raises(Cancelled):
        desk.load(MANY, context=StopAt(200))
    assert not desk.schemas() & set(desk.made)
    assert desk.imports.all() == ()


def test_the_archive_cannot_be_taken(desk: Desk):
    def take(_address: MysqlAddress, _context: Context) -> Backup:
        raise OpsError("The disk is full.", hint="Free some.")

    imports = Imports(opener(desk.server), take, desk.folder / "imports.json")
    path = desk.write("CREATE TABLE t (id int);")
    desk.made.append(f"i_{secrets.token_hex(4)}")
    with pytest.raises(ImportStopped, match="is loaded, but its archive") as stopped:
        imports.run(path, desk.target, Context(), schema=desk.made[-1])
    assert (stopped.value.schema, stopped.value.hint) == (desk.made[-1], "Free some.")
    imports.remove(desk.target, desk.made[-1], Context())
    assert desk.made[-1] not in desk.schemas()


def test_the_line_is_cut(desk: Desk):
    def cut() -> None:
        (found,) = query(
            desk.server, "", "SELECT ID FROM information_schema.PROCESSLIST"
            f" WHERE DB='{desk.made[-1]}'"
        )  # fmt: skip
        execute(desk.server, "", [f"KILL {found[0]}"])

    with pytest.raises(ImportStopped, match=r"connection to the database server .* broke") as error:
        desk.load(MANY, context=StopAt(200, cut))
    ((kept,),) = query(desk.server, error.value.schema, "SELECT COUNT(*) FROM t")
    assert f", {kept} rows" in error.value.unharmed
    assert desk.imports.all()[0].state == "stopped"


def test_no_right_to_make_a_schema(desk: Desk):
    user = f"u_{secrets.token_hex(3)}"
    password = secrets.token_hex(8)
    execute(desk.server, "", [f"CREATE USER {user} IDENTIFIED BY '{password}'",
                              f"GRANT ALL ON `{desk.target.schema}`.* TO {user}"])  # fmt: skip
    try:
        imports = Imports(
            lambda address, context: _connect(address, context, password),
            lambda address, context: pytest.fail("no archive"),
            desk.folder / "imports.json",
        )
        poor = replace(desk.target, user=user)
        path = desk.write("CREATE TABLE t (id int);")
        with pytest.raises(OpsError, match="cannot be made") as refused:
            imports.run(path, poor, Context(), schema="i_never")
        assert "Have an administrator make it" in refused.value.hint
        assert imports.all() == ()
    finally:
        execute(desk.server, "", [f"DROP USER {user}"])


def test_a_wrong_password(desk: Desk):
    imports = Imports(
        lambda address, context: _connect(address, context, "wrong"),
        lambda address, context: pytest.fail("no archive"),
        desk.folder / "imports.json",
    )
    with pytest.raises(OpsError, match="refuses the user name or password"):
        imports.run(desk.write("CREATE TABLE t (id int);"), desk.target, Context(), schema="i_no")


def test_the_disk_of_this_machine_is_full(desk: Desk, full_disk: object):
    path = desk.write("CREATE TABLE t (id int);")
    for number in range(8):
        desk.run(path, schema=f"i_{secrets.token_hex(4)}_{number}_{'x' * 30}")
    with pytest.raises(OpsError, match=r"list of imports .* cannot be written"), full_disk:  # type: ignore[attr-defined]
        desk.run(path)


def _connect(address: MysqlAddress, context: Context, password: str) -> MysqlConnection:
    from gmops_desktop.adapters.mysql import connect

    return connect(address, context, password=password)


def test_progress_goes_by_the_bytes_of_the_file(desk: Desk):
    seen: list[int] = []
    lock = threading.Lock()

    def report(progress: Progress) -> None:
        with lock:
            seen.append(progress.percent or 0)

    class Everything(Context):
        _INTERVAL = 0.0

    rows = "".join(f"INSERT INTO t VALUES ('{secrets.token_hex(5000)}');\n" for _ in range(400))
    path = desk.write(gzip.compress(("CREATE TABLE t (a text);\n" + rows).encode()), "d.sql.gz")
    desk.run(path, context=Everything(report))
    assert seen == sorted(seen)
    assert len(set(seen)) > 2
