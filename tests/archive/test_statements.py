"""Splitting other tools' dumps: the same statements wherever the blocks end, as a client splits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.archive.statements import OversizedStatement, Session, Splitter, Statement


def split(
    *blocks: bytes, charset: str = "utf8mb4", lone_cr: bool = False, limit: int = 1 << 30
) -> list[Statement]:
    splitter = Splitter(Session(charset), lone_cr=lone_cr, limit=limit)
    found = [statement for block in blocks for statement in splitter.feed(block)]
    return [*found, *splitter.finish()]


def texts(text: bytes, **how: object) -> list[bytes]:
    return [statement.text for statement in split(text, **how)]  # type: ignore[arg-type] # as above


DUMP = """\
/*M!999999\\- enable the sandbox mode */
-- MariaDB dump 10.19; it's here
#  a hash; comment
/* a plain; 'comment */
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
CREATE TABLE `odd;``name` ( -- within; it's
  `a` int, # also; within
  b text /* and; here */ COMMENT 'a;b');
INSERT INTO t VALUES (1,'it''s; \\'x\\\\'),(-2,"say ""hi;"" \\" "),(5--3,'商会🐉;');
/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER x BEFORE INSERT ON t a; b*/;
DELIMITER ;;
CREATE PROCEDURE p() BEGIN SELECT 1; SELECT ';;'; END ;;
delimiter ;
SELECT 7 / 2 * 3 - 1;;
SELECT 'the last has no delimiter'
"""
EXPECTED = [
    "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */",
    "CREATE TABLE `odd;``name` ( -- within; it's\n  `a` int, # also; within\n"
    "  b text /* and; here */ COMMENT 'a;b')",
    "INSERT INTO t VALUES (1,'it''s; \\'x\\\\'),(-2,\"say \"\"hi;\"\" \\\" \"),(5--3,'商会🐉;')",
    "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER x BEFORE INSERT ON t a; b*/",
    "CREATE PROCEDURE p() BEGIN SELECT 1; SELECT ';;'; END",
    "SELECT 7 / 2 * 3 - 1",
    "SELECT 'the last has no delimiter'",
]


def test_a_dump_with_every_kind_of_comment_quote_and_delimiter():
    found = split(DUMP.encode())
    assert [one.text.decode() for one in found] == EXPECTED
    assert [one.line for one in found] == [5, 6, 9, 10, 12, 14, 15]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 16, 17, 64])
def test_the_same_in_blocks_of_any_size(size: int):
    data = DUMP.encode()
    assert split(*(data[at : at + size] for at in range(0, len(data), size))) == split(data)


def test_crlf_and_lone_cr():
    windows = split(DUMP.replace("\n", "\r\n").encode())
    assert [one.text.decode().replace("\r\n", "\n") for one in windows] == EXPECTED
    assert [one.line for one in windows] == [5, 6, 9, 10, 12, 14, 15]
    old = split(DUMP.replace("\n", "\r").encode(), lone_cr=True)
    assert [one.text.decode().replace("\r", "\n") for one in old] == EXPECTED
    assert [one.line for one in old] == [5, 6, 9, 10, 12, 14, 15]
    # The server knows only LF as the end of a comment.
    assert b"-- within; it's\n" in old[1].text


@pytest.mark.parametrize(
    ("charset", "word"), [("gbk", "誠"), ("gb18030", "誠"), ("big5", "許"), ("sjis", "表")]
)
def test_a_second_byte_that_looks_like_a_backslash(charset: str, word: str):
    encoded = word.encode(charset)
    assert encoded.endswith(b"\\")
    dump = b"INSERT INTO t VALUES ('" + encoded + b"');SELECT " + encoded + b"';';"
    expected = [b"INSERT INTO t VALUES ('" + encoded + b"')", b"SELECT " + encoded + b"';'"]
    assert texts(dump, charset=charset) == expected
    assert texts(b"/*!40101 SET NAMES " + charset.encode() + b" */;" + dump)[1:] == expected
    assert texts(dump) != expected  # so that the test can fail


def test_a_second_byte_that_looks_like_a_backtick():
    encoded = "rowname乣".encode("gbk")
    assert encoded.endswith(b"`")
    assert texts(b"SELECT `" + encoded + b"`;SELECT 2;", charset="gbk")[1] == b"SELECT 2"


def test_modes_in_which_a_backslash_is_a_letter():
    path = rb"INSERT INTO t VALUES ('c:\');SELECT 2;"
    assert len(texts(path)) == 1
    assert len(texts(b"SET sql_mode='NO_BACKSLASH_ESCAPES';" + path)) == 3
    back = b"SET @m=@@sql_mode, sql_mode='NO_BACKSLASH_ESCAPES';" + path + b"SET sql_mode=@m;"
    assert len(texts(back + rb"SELECT 'it\'s;';")) == 5
    heidi = b"/*!40101 SET SQL_MODE=IFNULL(@m, '') */;"
    assert len(texts(back.replace(b"SET sql_mode=@m;", heidi) + rb"SELECT 'it\'s;';")) == 5
    assert texts(b'SET sql_mode=ANSI_QUOTES;SELECT "a\\";SELECT 2;')[2] == b"SELECT 2"


def test_an_oversized_statement_is_named_before_it_is_read_whole():
    huge = b"\n\nSELECT 1;\nINSERT INTO big VALUES ('" + b"x" * 5000
    splitter = Splitter(Session("utf8mb4"), limit=1000)
    assert [one.text for one in splitter.feed(huge[:20])] == [b"SELECT 1"]
    with pytest.raises(OversizedStatement) as refused:
        list(splitter.feed(huge[20:]))
    assert refused.value.line == 4
    assert refused.value.beginning.startswith(b"INSERT INTO big")
    exact = b"SELECT '" + b"x" * 991 + b"'"
    assert texts(exact + b" \n" * 900 + b";", limit=1000) == [exact]
    with pytest.raises(OversizedStatement):
        texts(exact + b"1;", limit=1000)


def test_a_comment_that_never_ends_holds_no_memory():
    splitter = Splitter(Session("utf8mb4"), limit=1000)
    for _ in range(200):
        assert list(splitter.feed(b"/* " + b"x" * 500)) == []
    assert list(splitter.finish()) == []


def test_many_megabytes_in_a_few_seconds():
    row = b"(12345,'some text with it''s quote and \\\\ escapes',-1.5,NULL),"
    block = b"INSERT INTO t VALUES " + row * 16000 + b"(1);\n"
    splitter = Splitter(Session("gbk"))
    begun = time.perf_counter()
    assert sum(1 for _ in range(16) for _ in splitter.feed(block)) == 16
    assert time.perf_counter() - begun < 10  # about 16 MB


PIECES = [
    *(
        b"'",
        b'"',
        b"`",
        b"\\",
        b";",
        b";;",
        b"--",
        b"-- ",
        b"#",
        b"/*",
        b"*/",
        b"/*!40101 ",
        b"/*M!",
    ),
    *(
        b"\n",
        b"\r\n",
        b"\r",
        b"DELIMITER ;;\n",
        b"DELIMITER ;\n",
        b"SELECT ",
        b"x",
        b" ",
        b"-",
        b"/",
    ),
    *(b"*", "商".encode(), "誠".encode("gbk"), b"\x81", b"SET NAMES gbk;", b"SET NAMES utf8;"),
    b"SET sql_mode='NO_BACKSLASH_ESCAPES';",
]


@given(
    st.lists(st.sampled_from(PIECES), max_size=40),
    st.lists(st.integers(0, 200), max_size=8),
    st.sampled_from(["utf8mb4", "gbk"]),
    st.booleans(),
)
def test_borders_change_nothing(
    pieces: Sequence[bytes], borders: Sequence[int], charset: str, lone_cr: bool
):
    data = b"".join(pieces)
    places = sorted({0, len(data), *(place for place in borders if place < len(data))})
    blocks = [data[a:b] for a, b in pairwise(places)]
    whole = split(data, charset=charset, lone_cr=lone_cr)
    assert split(*blocks, charset=charset, lone_cr=lone_cr) == whole
    assert split(*(data[at : at + 1] for at in range(len(data))), charset=charset,
                 lone_cr=lone_cr) == whole  # fmt: skip
