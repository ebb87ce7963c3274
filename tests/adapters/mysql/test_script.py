"""A frame's text, split as a stock client would."""

from __future__ import annotations

import pytest

from databases import query
from gmops_desktop.adapters.mysql.exchange import foreign_keys
from gmops_desktop.adapters.mysql.script import (
    OLD_MODE,
    create_of,
    renamed,
    statements,
    without_definer,
)
from sandbox.mariadb import MariaDB


def test_statements_end_where_they_end() -> None:
    frame = b"""
-- a comment; with a semicolon
SELECT 'a;b', "c;d", `e;f` /* g;h */;
DELIMITER ;;
CREATE TRIGGER t BEGIN SELECT ';;'; -- x;; y
  SELECT 2; END
;;
DELIMITER ;
/*!40101 SET NAMES utf8mb4 */;
/* nothing */;
# nothing either
SELECT 'it''s', 'it\\'s;'"""
    assert [s.decode() for s in statements(frame)] == [
        "SELECT 'a;b', \"c;d\", `e;f` /* g;h */",
        "CREATE TRIGGER t BEGIN SELECT ';;'; -- x;; y\n  SELECT 2; END",
        "/*!40101 SET NAMES utf8mb4 */",
        "SELECT 'it''s', 'it\\'s;'",
    ]


def test_a_backslash_is_a_sign_like_others_under_its_mode() -> None:
    frame = rb"""
SET SESSION sql_mode='ANSI,NO_BACKSLASH_ESCAPES';
DELIMITER ;;
CREATE PROCEDURE p() SELECT 'c:\', "d:\"
;;
DELIMITER ;
SET SESSION sql_mode='ALLOW_INVALID_DATES',time_zone='+00:00';
SELECT 'it\'s;', ";"
"""
    assert [s.decode() for s in statements(frame)] == [
        "SET SESSION sql_mode='ANSI,NO_BACKSLASH_ESCAPES'",
        "CREATE PROCEDURE p() SELECT 'c:\\', \"d:\\\"",
        "SET SESSION sql_mode='ALLOW_INVALID_DATES',time_zone='+00:00'",
        "SELECT 'it\\'s;', \";\"",
    ]


def test_line_ends_of_windows_outlive_a_stock_client() -> None:
    """It takes one CR from every line's end; so one more is written, and taken away here."""
    frame = b"DELIMITER ;;\nCREATE PROCEDURE p() SELECT\r\r\n'a\r\r\r\n'\n;;\nDELIMITER ;\n"
    assert list(statements(frame)) == [b"CREATE PROCEDURE p() SELECT\r\n'a\r\r\n'"]


def test_the_definer_goes_and_nothing_else() -> None:
    text = b"CREATE DEFINER=`a``b`@`%` VIEW `v` AS select ' DEFINER=`x`@`y`'"
    assert without_definer(text) == b"CREATE VIEW `v` AS select ' DEFINER=`x`@`y`'"


def test_a_table_under_another_name() -> None:
    create = "CREATE TABLE `a``b` (\n  `id` int\n)"
    assert create_of(f"DROP TABLE IF EXISTS `a``b`;\n{create};\n".encode()) == create
    assert renamed(create, "a`b", "c") == "CREATE TABLE `c` (\n  `id` int\n)"


def test_foreign_keys_are_found_as_they_are_spelled() -> None:
    create = (
        "CREATE TABLE `t` (\n  `a` int,\n  `b``c` int COMMENT ',\\n  CONSTRAINT',\n"
        "  KEY `k` (`a`),\n"
        "  CONSTRAINT `one` FOREIGN KEY (`a`) REFERENCES `p` (`id`) ON DELETE SET NULL,\n"
        "  CONSTRAINT `tw``o` FOREIGN KEY (`b``c`, `a`) REFERENCES `q`.`p (x)` (`x`, `y`)"
        " ON DELETE CASCADE ON UPDATE NO ACTION,\n  CONSTRAINT `c` CHECK (`a` > 0)\n) ENGINE=InnoDB"
    )
    assert [(key.name, key.clause) for key in foreign_keys(create)] == [
        (
            "`one`",
            "CONSTRAINT `one` FOREIGN KEY (`a`) REFERENCES `p` (`id`) ON DELETE SET NULL",
        ),
        (
            "`tw``o`",
            "CONSTRAINT `tw``o` FOREIGN KEY (`b``c`, `a`) REFERENCES `q`.`p (x)` (`x`, `y`)"
            " ON DELETE CASCADE ON UPDATE NO ACTION",
        ),
    ]


@pytest.mark.servers
@pytest.mark.parametrize(
    ("version", "knows"),
    [
        ("5.6.24", True),
        ("5.7.44-log", True),
        ("10.11.6-MariaDB-0+deb12u1", True),
        ("8.0.36", False),
        ("8.4.3-txsql", False),
        ("9.5.0", False),
    ],
)
def test_a_mode_that_mysql_has_forgotten_is_set_where_it_is_known(
    mariadb: MariaDB, version: str, knows: bool
) -> None:
    """What the server of that version would make of it, computed by one that is here."""
    expression = OLD_MODE.partition("sql_mode=")[2].replace("VERSION()", f"'{version}'")
    ((mode,),) = query(mariadb, "", f"SELECT {expression.replace('@@sql_mode', repr('ANSI'))}")
    assert mode == ("ANSI,NO_AUTO_CREATE_USER" if knows else "ANSI")
