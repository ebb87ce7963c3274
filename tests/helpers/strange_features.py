"""What dumps are known to get wrong, feature by feature, and which servers know each.

A feature is a schema of its own: `test_dump_*` makes it on a server, takes a backup, loads that
with a stock client and compares bit by bit.  `on` names the servers that can make it and load it.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["mariadb", "mysql56", "mysql9"]
Statement = str | bytes

EVERY: Final[frozenset[Kind]] = frozenset({"mariadb", "mysql56", "mysql9"})
MYSQL: Final[frozenset[Kind]] = frozenset({"mysql56", "mysql9"})
MODERN: Final[frozenset[Kind]] = frozenset({"mariadb", "mysql9"})
MARIADB: Final[frozenset[Kind]] = frozenset({"mariadb"})
MYSQL56: Final[frozenset[Kind]] = frozenset({"mysql56"})
MYSQL9: Final[frozenset[Kind]] = frozenset({"mysql9"})

# The server's own time zone: a summer time of its own, told without a time zone database.
CLOCKS: Final = "MSK-3MSD,M3.5.0/2,M10.5.0/3"


@dataclass(frozen=True, slots=True)
class Feature:
    """A schema that holds one thing worth a look.

    `stays` means that other kinds of servers know it otherwise, so it is not carried across;
    `never` names the single ways that are closed.  `remarks` are what the archive says of it.
    """

    name: str
    statements: tuple[Statement, ...]
    on: frozenset[Kind] = EVERY
    stays: bool = False
    never: frozenset[tuple[Kind, Kind]] = frozenset()
    remarks: frozenset[tuple[str, str]] = frozenset()

    def __str__(self) -> str:
        return self.name


def of(source: Kind, target: Kind) -> list[Feature]:
    """Return what can be made on `source` and loaded into `target`."""
    return [
        f
        for f in FEATURES
        if {source, target} <= f.on
        and (source == target or not (f.stays or (source, target) in f.never))
    ]


def feature(
    name: str,
    *statements: Statement,
    on: frozenset[Kind] = EVERY,
    stays: bool = False,
    never: Iterable[tuple[Kind, Kind]] = (),
    remarks: Iterable[tuple[str, str]] = (),
) -> Feature:
    return Feature(name, statements, on, stays, frozenset(never), frozenset(remarks))


def loose(table: str) -> tuple[str, str]:
    """The remark on a table whose engine has no snapshot."""
    return "locked", table


# ---------------------------------------------------------------- numbers


def floats(count: int, seed: int = 20180401) -> Iterator[float]:
    """Random finite FLOATs over all exponents, subnormal ones among them."""
    chance = random.Random(seed)
    yield from (16777216.0, 0.0, 3.4028234663852886e38, -1.401298464324817e-45)
    yield from (1.1754943508222875e-38, 5.877471754111438e-39, 0.10000000149011612)
    made = 7
    while made < count:
        (value,) = struct.unpack("<f", struct.pack("<I", chance.getrandbits(32)))
        if value - value == 0:  # neither infinite nor no number
            made += 1
            yield value


def doubles(count: int, seed: int = 20180402) -> Iterator[float]:
    chance = random.Random(seed)
    yield from (0.1, 1.7976931348623157e308, 2.2250738585072014e-308, 1e15, 1e16, 123456789.0)
    made = 6
    while made < count:
        (value,) = struct.unpack("<d", struct.pack("<Q", chance.getrandbits(64)))
        if value - value == 0 and abs(value) > 1e-300:
            made += 1
            yield value


def inserted(table: str, values: Iterable[float]) -> str:
    """Write each value so that it is a DOUBLE to the server, never a DECIMAL: -0 has a sign."""
    written = (repr(value) if "e" in repr(value) else f"{value!r}e0" for value in values)
    rows = ",".join(f"({number},{value})" for number, value in enumerate(written))
    return f"INSERT INTO {table} VALUES {rows}"


NUMBERS = [
    feature(
        "whole numbers",
        """CREATE TABLE t (id int PRIMARY KEY, t tinyint, tu tinyint unsigned, s smallint,
           su smallint unsigned, m mediumint, mu mediumint unsigned, i int, iu int unsigned,
           b bigint, bu bigint unsigned, z int(8) zerofill, o boolean)""",
        """INSERT INTO t VALUES
           (1,-128,0,-32768,0,-8388608,0,-2147483648,0,-9223372036854775808,0,0,0),
           (2,127,255,32767,65535,8388607,16777215,2147483647,4294967295,9223372036854775807,
            18446744073709551615,42,1),
           (0,0,0,0,0,0,0,0,0,0,9223372036854775808,123456789,true),
           (-5,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL)""",
    ),
    feature(
        "DECIMAL of every length",
        """CREATE TABLE t (id int PRIMARY KEY, d decimal(65,30), e decimal(64,20), s decimal(1,0),
           u decimal(10,2) unsigned, z decimal(8,3) zerofill, n decimal(30,30))""",
        """INSERT INTO t VALUES
           (1, 12345678901234567890123456789012345.123456789012345678901234567890,
            -99999999999999999999999999999999999999999999.99999999999999999999, -9, 99999999.99,
            1.5, 0.123456789012345678901234567891),
           (2, -0.000000000000000000000000000001, 0.00000000000000000001, 0, 0, 0, -0.1),
           (3, NULL, NULL, NULL, NULL, NULL, NULL)""",
    ),
    feature(
        "FLOAT",
        "CREATE TABLE t (id int PRIMARY KEY, f float)",
        inserted("t", floats(3000)),
        "CREATE TABLE p (id int PRIMARY KEY, f float(9,3), u float unsigned, n float NOT NULL)",
        "INSERT INTO p VALUES (1,999999.999,1.005,0.1),(2,-1.005,16777217,1e-40),(3,NULL,NULL,0)",
    ),
    feature(
        "DOUBLE",
        "CREATE TABLE t (id int PRIMARY KEY, d double)",
        inserted("t", doubles(3000)),
        "CREATE TABLE p (id int PRIMARY KEY, d double(12,4), u double unsigned NOT NULL)",
        "INSERT INTO p VALUES (1, 12345678.1234, 1e-5), (2, -0.00005, 123456789012345678)",
    ),
    feature(
        "a zero with a sign, which MariaDB does not know",
        "CREATE TABLE t (id int PRIMARY KEY, f float, d double)",
        "INSERT INTO t VALUES (1, -0e0, -0e0), (2, 0, 0)",
        on=MYSQL,
    ),
    feature(
        "BIT(1) to BIT(64)",
        "CREATE TABLE t (id int PRIMARY KEY, a bit(1), b bit(7) NOT NULL, c bit(9), d bit(64))",
        "INSERT INTO t VALUES (1,b'1',b'1111111',b'100000001',0xFFFFFFFFFFFFFFFF),"
        "(2,0,0,0,0),(3,NULL,1,NULL,0x8000000000000000),(4,1,b'1011100',b'1011100',0x275C0A0D)",
    ),
]

# ---------------------------------------------------------------- times

TIMES = [
    feature(
        "DATE, zero and impossible ones too",
        "CREATE TABLE t (id int PRIMARY KEY, d date, n date NOT NULL, y year)",
        """INSERT INTO t VALUES (1,'0000-00-00','0000-00-00',0),(2,'2018-02-31','2018-00-00',1901),
           (3,'9999-12-31','1000-01-01',2155),(4,NULL,'0001-01-01',NULL)""",
        stays=True,  # a server may refuse what it let in only for this session's mode
    ),
    feature(
        "TIME beyond a day, below zero, with fractions",
        "CREATE TABLE t (id int PRIMARY KEY, a time, b time(3), c time(6) NOT NULL)",
        """INSERT INTO t VALUES (1,'838:59:59','-838:59:59.000','-00:00:00.000001'),
           (2,'-12:34:56','00:00:00.123','100:00:00.500000'),(3,NULL,NULL,'00:00:00')""",
    ),
    feature(
        "DATETIME with fractions",
        """CREATE TABLE t (id int PRIMARY KEY, a datetime, b datetime(1), c datetime(6) NOT NULL,
           z datetime DEFAULT '0000-00-00 00:00:00', k datetime(6) DEFAULT CURRENT_TIMESTAMP(6)
           ON UPDATE CURRENT_TIMESTAMP(6))""",
        """INSERT INTO t VALUES
           (1,'9999-12-31 23:59:59','2018-03-25 02:30:00.5','9999-12-31 23:59:59.999999',
            '0000-00-00 00:00:00','2018-01-01 00:00:00.000001'),
           (2,'0000-00-00 00:00:00',NULL,'0000-00-00 00:00:00',NULL,NULL),
           (3,'2018-02-31 00:00:00','1000-01-01 00:00:00.1','2018-00-00 00:00:00.1',NULL,NULL)""",
    ),
    feature(
        # Where the servers of these tests stand (`CLOCKS`), the clocks were put back at 23:00 UTC
        # of that day: two moments with one local name, under a unique key.
        "TIMESTAMP across a change of clocks",
        """CREATE TABLE t (id int PRIMARY KEY, ts timestamp NULL, ts6 timestamp(6) NULL,
           auto timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
           zero timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', UNIQUE KEY (ts))""",
        """INSERT INTO t VALUES
           (1,'2014-10-25 22:30:00','2014-10-25 22:30:00.000001','2014-10-25 22:30:00',0),
           (2,'2014-10-25 23:30:00','2014-10-25 23:30:00.999999','2014-10-25 23:30:00',0),
           (3,'2011-03-26 23:30:00','1970-01-01 00:00:01','2011-03-26 23:30:00',
            '2038-01-19 03:14:07'),
           (4,'0000-00-00 00:00:00','0000-00-00 00:00:00','2018-01-01 00:00:00',0),
           (5,NULL,NULL,'2018-01-01 00:00:00',0)""",
    ),
]

# ---------------------------------------------------------------- bytes and text

_MEMBERS = ",".join(f"'m{n}'" for n in range(64))
_ALL_BYTES = bytes(range(256)).hex()
_SHAPES = {
    "point": "POINT(1.5 -2)",
    "linestring": "LINESTRING(0 0,1 1,-1e300 1e-300)",
    "polygon": "POLYGON((0 0,4 0,4 4,0 0))",
    "multipoint": "MULTIPOINT(0 0,1 1)",
    "multilinestring": "MULTILINESTRING((0 0,1 1),(2 2,3 3))",
    "multipolygon": "MULTIPOLYGON(((0 0,4 0,4 4,0 0)),((9 9,8 9,8 8,9 9)))",
    "geometrycollection": "GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))",
    "geometry": "POINT(0.1 0.2)",
}

BYTES = [
    feature(
        "binary of every kind",
        """CREATE TABLE t (id int PRIMARY KEY, b binary(4), n binary(2) NOT NULL, v varbinary(300),
           tb tinyblob, bl blob, mb mediumblob, lb longblob)""",
        f"""INSERT INTO t VALUES (1,'ab','',x'{_ALL_BYTES}',x'{_ALL_BYTES[:400]}',x'{_ALL_BYTES}',
            x'{_ALL_BYTES * 9}',x'{_ALL_BYTES * 99}')""",
        "INSERT INTO t VALUES (2,'','','','','','',''),(3,NULL,x'00FF',NULL,NULL,NULL,NULL,NULL),"
        "(4,x'00FF0000',x'2020',x'60270D0A5C00FF',x'2D2D20',x'00',x'27',x'5C')",
    ),
    feature(
        "all shapes of geometry",
        f"CREATE TABLE t (id int PRIMARY KEY, {', '.join(f'{k[:9]}_ {k}' for k in _SHAPES)})",
        "INSERT INTO t VALUES (1, "
        + ", ".join(f"ST_GeomFromText('{text}')" for text in _SHAPES.values())
        + "), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
        "CREATE TABLE s (id int PRIMARY KEY, p point NOT NULL, SPATIAL KEY (p)) ENGINE=MyISAM",
        "INSERT INTO s VALUES (1, ST_GeomFromText('POINT(120.1 30.2)')),"
        " (2, ST_GeomFromText('POINT(3 4)', 4326))",
        never=[("mysql9", "mariadb")],  # which does not know the word GEOMCOLLECTION
        remarks=[loose("s")],
    ),
    feature(
        "text that looks like a script",
        """CREATE TABLE t (id int PRIMARY KEY, s text, v varchar(190) NOT NULL DEFAULT '',
           c char(20), l longtext, KEY (v)) CHARACTER SET utf8mb4""",
        r"""INSERT INTO t VALUES
            (1, 'a\r\nb\nc\rd\r\r\n\n', 'it''s "q" `b` \\ \0 \Z \b \t %s %d \%', 'pad  ',
             '中\r\n文'),
            (2, '-- x; /* y */ DELIMITER ;;\ndelimiter $$\n\\g \\! rm\nsource x;\n',
             '/*!40101 x */', '\\', '\\\\'),
            (3, '😀👍🏽\\', '''', '', '''\\'''), (4, NULL, '', NULL, NULL),
            (5, '),\n(6,''x'',0x41,NULL', ',\0(', '0x00', 'NULL')""",
        "INSERT INTO t SELECT 6+id, CONCAT(s, CHAR(0 USING utf8mb4), REPEAT(s, 50)),"
        " CONCAT(id, v), c, REPEAT(CONCAT(l, '\\r\\n\\\\r\\\\n'), 500) FROM t WHERE id IN (1,2,3)",
        f"INSERT INTO t (id, s) VALUES (20, x'{bytes(range(128)).hex()}')",
    ),
    feature(
        "JSON",
        "CREATE TABLE t (id int PRIMARY KEY, j json, n json NOT NULL)",
        r"""INSERT INTO t VALUES (1, '{"a": "中\\n文😀", "b": [1, 2.5, -1e300, null, true]}', '[]'),
            (2, NULL, '{}'), (3, '"\\\\ \\" \' / \\u0000"', '18446744073709551615'),
            (4, '{"": {"": [[[]]]}}', '-0.5'), (5, 'null', '"x"')""",
        on=MODERN,
        never=[("mysql9", "mariadb")],  # where it becomes a LONGTEXT
    ),
]

# What each character set can write, its awkward bytes included: 0x5C as a second byte, above all.
_WRITTEN = {
    "gbk": "中文商会乗誠",
    "gb2312": "中文商会",
    "big5": "中文功許",
    "latin1": "café €",
    "sjis": "ソ表能",
    "cp932": "ソ表能①",
    "ujis": "日本語",
    "euckr": "한국어",
    "koi8r": "Привет",
    "cp1251": "Привет №",
    "tis620": "ไทย",
    "ucs2": "中文\\\\''",
    "utf16": "中😀\\\\''",
    "utf16le": "中😀\\\\''",
    "utf32": "中😀\\\\''",
    "utf8": "中文",
    "utf8mb4": "中😀",
    "ascii": "plain \\\\ '' it",
    "hebrew": "שלום",
}

CHARSETS = [
    feature(
        "every character set in one table",
        "CREATE TABLE t (id int PRIMARY KEY, "
        + ", ".join(f"{c}_v varchar(50) CHARACTER SET {c}" for c in _WRITTEN)
        + ", "
        + ", ".join(f"{c}_t text CHARACTER SET {c} NOT NULL" for c in _WRITTEN)
        + ")",
        "INSERT INTO t VALUES (1, "
        + ", ".join(f"'{text}'" for text in [*_WRITTEN.values(), *_WRITTEN.values()])
        + ")",
        "INSERT INTO t VALUES (2, " + ", ".join(["''"] * 2 * len(_WRITTEN)) + ")",
        "INSERT INTO t VALUES (3, "
        + ", ".join(["NULL"] * len(_WRITTEN) + ["'x'"] * len(_WRITTEN))
        + ")",
    ),
    feature(
        "GB18030",
        "CREATE TABLE t (k varchar(20) CHARACTER SET gb18030 PRIMARY KEY, s text) CHARSET gb18030",
        "INSERT INTO t VALUES ('中文😀', '商会㐀'), ('', ''), ('乗', NULL)",
        on=MYSQL9,
    ),
    feature(
        "bytes of one character set in columns of another",
        """CREATE TABLE t (id int PRIMARY KEY, l varchar(100) CHARACTER SET latin1,
           lt text CHARACTER SET latin1, u varchar(100) CHARACTER SET utf8mb4)""",
        # UTF-8 and GBK in a latin1 column, and the same read as latin1 and kept as UTF-8.
        "INSERT INTO t VALUES (1, x'E4B8ADE69687', x'D6D0CEC4', 'ä¸\u00adæ–‡')",
        f"INSERT INTO t VALUES (2, x'{_ALL_BYTES[:180]}', x'{_ALL_BYTES}', CONVERT(_latin1"
        f" x'{_ALL_BYTES[256:]}' USING utf8mb4))",
    ),
    feature(
        "ASCII, and bytes that are none in its columns",
        "CREATE TABLE t (id int PRIMARY KEY, a varchar(300) CHARACTER SET ascii, b blob)",
        "INSERT INTO t (id, b) VALUES (0, ''), (1, 'it''s\\r\\n'), (2, x'E4B8AD'),"
        f" (3, x'{_ALL_BYTES}')",
        "UPDATE t SET a=b",
        "CREATE TABLE u LIKE t",
        "ALTER TABLE u ADD u varchar(20) CHARACTER SET utf8mb4",
        "INSERT INTO u SELECT *, '中' FROM t",
        "CREATE TABLE k (k char(36) CHARACTER SET ascii PRIMARY KEY, t text CHARACTER SET ascii)",
        "INSERT INTO k SELECT id, a FROM t",
        on=frozenset({"mariadb", "mysql56"}),
    ),
    feature(
        "collations side by side",
        "CREATE TABLE t (id int PRIMARY KEY, a varchar(9) COLLATE utf8mb4_bin,"
        " b varchar(9) COLLATE utf8mb4_unicode_ci, c text COLLATE utf8_bin, d text COLLATE"
        " utf8_general_ci, e char(3) COLLATE ascii_bin, f text COLLATE latin1_german2_ci,"
        " g enum('ä') COLLATE utf8_unicode_ci, h set('ö') COLLATE utf8mb4_bin)",
        "INSERT INTO t VALUES (1, 'ä😀', 'ö', '中', 'a', 'a', 'ß', 'ä', 'ö'),"
        " (2, NULL, '', NULL, '', NULL, '', NULL, '')",
    ),
    feature(
        "ENUM and SET in every character set",
        """CREATE TABLE t (id int PRIMARY KEY, e enum('a','b','','0','中','it''s','x,y'),
           n enum('no','yes') NOT NULL, s set('x','y','中','it''s') NOT NULL,
           g enum('中','文') CHARACTER SET gbk, u set('中','文') CHARACTER SET ucs2)
           CHARACTER SET utf8mb4""",
        "INSERT INTO t VALUES (1,'a','yes','x,中','中','中,文'),(2,'','no','','文',''),"
        "(3,'0','yes','it''s','中','文'),(4,'x,y','no','x,y,中,it''s',NULL,NULL),"
        "(5,NULL,'no','x',NULL,NULL)",
        "INSERT IGNORE INTO t VALUES (6,'not a member','neither','nor','this','that')",
        f"CREATE TABLE w (id int PRIMARY KEY, s set({_MEMBERS}))",
        "INSERT INTO w VALUES (1, 18446744073709551615), (2, 0), (3, 9223372036854775808)",
    ),
    feature(
        "defaults and comments full of signs",
        r"""CREATE TABLE t (id int PRIMARY KEY, a varchar(50) DEFAULT 'it''s \\ "x" \n 中; -- /*',
            b binary(3) DEFAULT 'a\0b', c bit(4) DEFAULT b'101', e enum('a''b','中') DEFAULT '中',
            d varchar(20) NOT NULL DEFAULT '' COMMENT 'it''s; a "comment" -- 中\n/* x */ \\')
            CHARACTER SET utf8mb4 COMMENT='it''s; a\r\n"comment" -- /* 中 */ \\'""",
        "INSERT INTO t (id) VALUES (1)",
    ),
]

# ---------------------------------------------------------------- columns of their own kind

COLUMNS = [
    feature(
        "columns that the server computes",
        """CREATE TABLE t (id int PRIMARY KEY, a int, v int AS (a*2) VIRTUAL, s int AS (a+1) STORED,
           x varchar(20) AS (CONCAT('中;''', a)) VIRTUAL, KEY (v))""",
        "INSERT INTO t (id, a) VALUES (1, 5), (2, NULL)",
        "CREATE TABLE only_computed (v int AS (1+1) VIRTUAL, s int AS (2) STORED)",
        "INSERT INTO only_computed VALUES (), (), ()",
        on=MODERN,
        stays=True,
    ),
    feature(
        "a key on a computed column",
        """CREATE TABLE t (a int, b varchar(20), s int AS (a+1) STORED NOT NULL, UNIQUE KEY (s))""",
        "INSERT INTO t (a, b) VALUES (1,'x'),(7,'y')",
        on=MYSQL9,
    ),
    feature(
        "a key on a computed column that may be NULL",
        "CREATE TABLE t (a int, b varchar(20), s int AS (a+1) STORED, UNIQUE KEY (s))",
        "INSERT INTO t (a, b) VALUES (1,'x'),(7,'y'),(NULL,'z')",
        on=MODERN,
        stays=True,
    ),
    feature(
        "invisible columns",
        "CREATE TABLE t (id int PRIMARY KEY, hidden int INVISIBLE DEFAULT 7, `odd``one` text"
        " INVISIBLE)",
        "INSERT INTO t (id, hidden, `odd``one`) VALUES (1, 8, 'x'), (2, NULL, NULL)",
        on=MODERN,
        stays=True,
    ),
    feature(
        "an invisible primary key",
        "SET sql_generate_invisible_primary_key=1",
        "CREATE TABLE t (a int, b text)",
        "INSERT INTO t (a, b) VALUES (1,'x'),(1,'x'),(2,NULL)",
        on=MYSQL9,
    ),
    feature(
        "expressions as defaults, and checks",
        """CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, u varchar(40) DEFAULT (UUID()),
           j int DEFAULT (1+2), n int CHECK (n <> 13), CONSTRAINT `posi tive` CHECK (n > 0))""",
        "INSERT INTO t (id, u, n) VALUES (100, 'x', 1)",
        on=MODERN,
        stays=True,
    ),
    feature(
        "rows that break a check made later",
        "CREATE TABLE t (id int PRIMARY KEY, n int)",
        "INSERT INTO t VALUES (1, -1)",
        "SET check_constraint_checks=0",
        "ALTER TABLE t ADD CONSTRAINT positive CHECK (n > 0)",
        on=MARIADB,
    ),
    feature(
        "keys on expressions",
        """CREATE TABLE t (id int PRIMARY KEY, a varchar(20), j json, KEY f ((LOWER(a))),
           UNIQUE KEY g ((id * 2)), KEY m ((CAST(j->'$.tags' AS UNSIGNED ARRAY))))""",
        """INSERT INTO t VALUES (1, 'X', '{"tags": [1, 2]}'), (2, 'y', NULL)""",
        on=MYSQL9,
    ),
    feature(
        "VECTOR",
        "CREATE TABLE t (id int PRIMARY KEY, v vector(3))",
        "INSERT INTO t VALUES (1, STRING_TO_VECTOR('[1,0.1,-2e30]')), (2, NULL)",
        on=MYSQL9,
    ),
    feature(
        "UUID, INET and compressed columns",
        "CREATE TABLE t (u uuid, i inet6, f inet4, c text COMPRESSED, PRIMARY KEY (u, i))",
        """INSERT INTO t VALUES (UUID(),'::1','1.2.3.4',REPEAT('商会', 500)),
           ('550e8400-e29b-41d4-a716-446655440000','fe80::2',NULL,NULL)""",
        on=MARIADB,
    ),
    feature(
        "zero in an AUTO_INCREMENT column, which need not be the primary key",
        "CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, t text)",
        "INSERT INTO t VALUES (0, 'zero'), (7, 'seven'), (-3, 'minus')",
        "CREATE TABLE o (a int PRIMARY KEY, n int AUTO_INCREMENT, KEY (n)) AUTO_INCREMENT=1000",
        "INSERT INTO o (a) VALUES (1), (2)",
    ),
    feature(
        "1017 columns",
        "CREATE TABLE t (" + ", ".join(f"`the column number {n}` int" for n in range(1017)) + ")",
        "INSERT INTO t (`the column number 0`, `the column number 1016`) VALUES (1, 2), (3, NULL)",
    ),
    feature(
        "tables with history",
        """CREATE TABLE t (id int PRIMARY KEY, x text) WITH SYSTEM VERSIONING""",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
        "UPDATE t SET x='c' WHERE id=1",
        """CREATE TABLE spelled (id int PRIMARY KEY, x text, a timestamp(6) GENERATED ALWAYS AS ROW
           START, b timestamp(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (a, b))
           WITH SYSTEM VERSIONING""",
        on=MARIADB,
        remarks=[("history", "t"), ("history", "spelled")],
    ),
    feature(
        "periods of validity",
        """CREATE TABLE t (id int, a date, b date, PERIOD FOR valid (a, b),
           UNIQUE (id, valid WITHOUT OVERLAPS))""",
        "INSERT INTO t VALUES (1, '2018-01-01', '2018-02-01'), (1, '2018-02-01', '2018-03-01')",
        on=MARIADB,
    ),
]

# ---------------------------------------------------------------- keys


def keyed(
    name: str, columns: str, key: str, rows: str, *, on: frozenset[Kind] = EVERY, charset: str = ""
) -> Feature:
    """A table whose rows are so long that its key must cut it into several segments."""
    return feature(
        name,
        f"CREATE TABLE t ({columns}, pad mediumtext, {key}) CHARACTER SET {charset or 'utf8mb4'}",
        *(
            f"INSERT INTO t VALUES ({row.strip()}, REPEAT('{chr(97 + number)}', 300000))"
            for number, row in enumerate(rows.split("|"))
        ),
        on=on,
    )


KEYS = [
    feature(
        "no key, and rows that are there twice",
        "CREATE TABLE t (a int, b varchar(20))",
        "INSERT INTO t VALUES (1,'x'),(1,'x'),(2,NULL),(NULL,NULL)",
        "CREATE TABLE words (a text, b text, FULLTEXT (a), FULLTEXT (a, b)) ENGINE=MyISAM",
        "INSERT INTO words VALUES ('alpha beta', 'gamma')",
        remarks=[loose("words")],
    ),
    feature(
        "unique keys that are no keys: nullable, and of prefixes",
        "CREATE TABLE nullable (a int, b text, UNIQUE KEY (a))",
        "INSERT INTO nullable VALUES (1,'x'),(NULL,'y'),(NULL,'z')",
        "CREATE TABLE prefix (a varchar(20) NOT NULL, b int, PRIMARY KEY (a(3)))",
        "INSERT INTO prefix VALUES ('abcdef',1),('abd',2)",
    ),
    keyed(
        "a composite key",
        "a int, b varchar(20), c date",
        "PRIMARY KEY (b, a, c)",
        "1,'中','2018-01-01'|2,'A','2018-01-01'|1,'a ','0000-00-00'|3,'A','2018-01-01'"
        "|3,'A','2018-01-02'|-1,'中','2018-01-01'|1,'','0000-00-00'|1,'it''s','2018-02-31'",
    ),
    keyed(
        "text as a key, case-insensitive",
        "k varchar(40) COLLATE utf8mb4_unicode_ci, n int",
        "PRIMARY KEY (k)",
        "'Ä',1|'b',2|'C',3|'ß',4|'',5|'商会',6|'O''x',7|'\\\\',8|'😀',9|' lead',10|'tab\\t',11",
    ),
    keyed(
        "MySQL's own collation: trailing spaces count in a key",
        "k varchar(40) COLLATE utf8mb4_0900_ai_ci, n int",
        "PRIMARY KEY (k)",
        "'a',1|'a ',2|'a  ',3|'á!',4|'',5|' ',6|'中',7|'😀',8",
        on=MYSQL9,
    ),
    keyed(
        "GBK text as a key",
        "k varchar(40) COLLATE gbk_chinese_ci, n int",
        "PRIMARY KEY (k)",
        "'商会',1|'',2|'b',3|'乗',4|'誠',5|'中',6|'文',7|'a\\\\',8",
        charset="gbk",
    ),
    keyed(
        "UCS-2 and latin1 text as a key",
        "k varchar(40) CHARACTER SET ucs2, l char(10) COLLATE latin1_german1_ci",
        "PRIMARY KEY (k, l)",
        "'商会','ä'|'','ö'|'b','x'|'B2','ß'|'中',''|'文','é'|'文','f'|'a\\\\','\\\\'",
    ),
    keyed(
        "BINARY(16) as a key",
        "k binary(16), n int",
        "PRIMARY KEY (k)",
        "0x00,1|LEFT(UNHEX(SHA2('a',256)),16),2|LEFT(UNHEX(SHA2('b',256)),16),3|0x0027,4|0x5C,5|LEFT(UNHEX(SHA2('c',256)),16),6|x'FF',7"
        "|x'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF',8",
    ),
    keyed(
        "VARBINARY as a key",
        "k varbinary(20), n int",
        "PRIMARY KEY (k)",
        "'',1|0x00,2|0x0000,3|'a',4|'A',5|0xFF,6|'a ',7|0x27,8",
    ),
    keyed(
        "ENUM as a key, out of the alphabet's order",
        "k enum('z','a','m','10','9','','中','2'), n int",
        "PRIMARY KEY (k)",
        "'a',1|'m',2|'z',3|'10',4|'9',5|'',6|'中',7|'2',8",
    ),
    keyed(
        "SET as a key",
        "k set('z','a','m'), n int",
        "PRIMARY KEY (k)",
        "'',0|'z',1|'a',2|'z,a',3|'m',4|'z,m',5|'a,m',6|'z,a,m',7",
    ),
    keyed(
        "unsigned BIGINT beyond 2^63 as a key",
        "k bigint unsigned, n int",
        "PRIMARY KEY (k)",
        "0,1|18446744073709551615,2|9223372036854775808,3|9223372036854775807,4|1,5"
        "|18446744073709551614,6|9007199254740993,7|9007199254740992,8",
    ),
    keyed(
        "DECIMAL as a key",
        "k decimal(40,20), n int",
        "PRIMARY KEY (k)",
        "0,1|12345678901234567890.00000000000000000001,2|12345678901234567890.00000000000000000002,3"
        "|-1,4|-0.00000000000000000001,5|0.00000000000000000001,6|9,7|10,8",
    ),
    keyed(
        "BIT as a key",
        "k bit(64), n int",
        "PRIMARY KEY (k)",
        "0,1|1,2|0xFFFFFFFFFFFFFFFF,3|0x8000000000000000,4|0x27,5|0x5C,6|0x7FFFFFFFFFFFFFFF,7|9,8",
    ),
    keyed(
        "times as a key",
        "k datetime(6), t time(3), y year",
        "PRIMARY KEY (k, t, y)",
        "'0000-00-00','-00:00:00.001',0|'0000-00-00','00:00:00',2155|'0000-00-00','00:00:00',1901"
        "|'2018-00-00','838:59:59',0|'2018-02-31 00:00:00.000001','-838:59:59',0"
        "|'2018-02-31 00:00:00.000002','-1:00:00',0|'9999-12-31 23:59:59.999999','0',0"
        "|'2018-03-01','24:00:00',0",
    ),
    keyed(
        "TIMESTAMP as a key across a change of clocks",
        "k timestamp(3) DEFAULT '2018-01-01', n int",
        "PRIMARY KEY (k)",
        "'2014-10-25 22:30:00',1|'2014-10-25 23:30:00',2|'2014-10-25 23:30:00.001',3"
        "|'0000-00-00 00:00:00',4|'1970-01-01 00:00:01',5|'2038-01-19 03:14:07',6"
        "|'2011-03-26 23:30:00',7|'2014-10-26 00:30:00',8",
    ),
    keyed(
        "FLOAT as a key, which cuts nothing",
        "k float, n int",
        "PRIMARY KEY (k)",
        "0.1,1|16777216,2|1e-40,3|-1e38,4|3.4028234e38,5|0.2,6|0.3,7|0.7,8",
    ),
    keyed(
        "a descending key",
        "k int, n int",
        "PRIMARY KEY (k DESC, n)",
        "1,1|2,2|3,3|4,4|5,5|6,6|7,7|7,8|-1,9",
        on=MODERN,
    ),
    keyed(
        "a unique key beside no primary one",
        "k int NOT NULL, n int",
        "KEY (n), UNIQUE KEY (k)",
        "1,1|2,2|3,3|4,NULL|5,5|6,6|7,7|-7,8",
    ),
    feature(
        "a primary key as the server hashes it",
        "CREATE TABLE t (a int, b varchar(20), PRIMARY KEY USING HASH (a)) ENGINE=MEMORY",
        "INSERT INTO t VALUES (2,'x'),(1,'y'),(3,NULL)",
        remarks=[loose("t")],
    ),
]

# ---------------------------------------------------------------- storage

STORAGE = [
    feature(
        "MyISAM, MEMORY, CSV",
        "CREATE TABLE m (id int PRIMARY KEY, t text, f float) ENGINE=MyISAM ROW_FORMAT=DYNAMIC"
        " PACK_KEYS=1 CHECKSUM=1",
        "INSERT INTO m VALUES (2,'x',0.1),(1,NULL,16777216)",
        "CREATE TABLE h (id int PRIMARY KEY, t varchar(9)) ENGINE=MEMORY MAX_ROWS=100",
        "INSERT INTO h VALUES (1,'x')",
        "CREATE TABLE c (id int NOT NULL, t varchar(99) NOT NULL) ENGINE=CSV",
        r"""INSERT INTO c VALUES (1,'x, "y"\n'),(1,''),(1,'\\')""",
        remarks=[loose("m"), loose("h"), loose("c")],
    ),
    feature(
        "MERGE, whose rows are another table's",
        "CREATE TABLE a (id int, KEY (id)) ENGINE=MyISAM",
        "CREATE TABLE b (id int, KEY (id)) ENGINE=MyISAM",
        "CREATE TABLE all_of_it (id int, KEY (id)) ENGINE=MERGE UNION=(a, b) INSERT_METHOD=LAST",
        "INSERT INTO a VALUES (1)",
        "INSERT INTO all_of_it VALUES (2)",
        remarks=[loose("a"), loose("b"), ("definition_only", "all_of_it")],
    ),
    feature(
        "ARCHIVE and BLACKHOLE",
        "CREATE TABLE a (id int, t text) ENGINE=ARCHIVE",
        "INSERT INTO a VALUES (1,'x'),(1,NULL)",
        "CREATE TABLE b (id int PRIMARY KEY, t text) ENGINE=BLACKHOLE",
        "INSERT INTO b VALUES (1,'x')",
        on=MYSQL,
        remarks=[loose("a"), ("definition_only", "b")],
    ),
    feature(
        "Aria",
        "CREATE TABLE t (id int PRIMARY KEY, t varchar(9)) ENGINE=Aria TRANSACTIONAL=1",
        "INSERT INTO t VALUES (1,'x')",
        on=MARIADB,
        remarks=[loose("t")],
    ),
    feature(
        "compressed and odd row formats",
        "CREATE TABLE c (id int PRIMARY KEY, t text) ROW_FORMAT=COMPRESSED",
        "CREATE TABLE r (id int PRIMARY KEY, t text) ROW_FORMAT=REDUNDANT STATS_PERSISTENT=0",
        "INSERT INTO c VALUES (1, REPEAT('商会', 500))",
        stays=True,  # 5.6 grants it only under another file format, and says so in the definition
    ),
    feature(
        "partitions and their parts",
        """CREATE TABLE r (id int, y int, t varchar(20), PRIMARY KEY (id, y))
           PARTITION BY RANGE (y) SUBPARTITION BY HASH (id) SUBPARTITIONS 2
           (PARTITION p0 VALUES LESS THAN (2018) COMMENT = 'it''s', PARTITION `中 x` VALUES LESS
           THAN MAXVALUE)""",
        "INSERT INTO r VALUES (1,2017,'a'),(2,2018,'b'),(3,2017,'c')",
        """CREATE TABLE l (k varchar(20) NOT NULL, n int) PARTITION BY LIST COLUMNS (k)
           (PARTITION a VALUES IN ('x','it''s'), PARTITION b VALUES IN ('中'))""",
        "INSERT INTO l VALUES ('x',1),('中',2),('it''s',3)",
        "CREATE TABLE h (id int PRIMARY KEY, t text) PARTITION BY KEY () PARTITIONS 3",
        "INSERT INTO h VALUES (1,'a'),(2,'b'),(3,'c'),(4,'d')",
        """CREATE TABLE d (at datetime NOT NULL, n int) PARTITION BY RANGE (TO_DAYS(at))
           (PARTITION p VALUES LESS THAN (737000), PARTITION q VALUES LESS THAN MAXVALUE)""",
        "INSERT INTO d VALUES ('2010-01-01',1),('2030-01-01',2)",
    ),
    feature(
        "foreign keys in a circle",
        """CREATE TABLE egg (id int PRIMARY KEY, hen int,
           CONSTRAINT egg_hen FOREIGN KEY (hen) REFERENCES hen (id) ON DELETE SET NULL)""",
        """CREATE TABLE hen (id int PRIMARY KEY, egg int,
           CONSTRAINT hen_egg FOREIGN KEY (egg) REFERENCES egg (id) ON UPDATE CASCADE)""",
        "INSERT INTO egg VALUES (1, 1)",
        "INSERT INTO hen VALUES (1, 1)",
        "CREATE TABLE tree (id int PRIMARY KEY, up int, FOREIGN KEY (up) REFERENCES tree (id))",
        "INSERT INTO tree VALUES (1, 3), (2, 1), (3, 2)",
        "CREATE TABLE orphan (id int PRIMARY KEY, up int, FOREIGN KEY (up) REFERENCES tree (id))",
        "INSERT INTO orphan VALUES (1, 77)",  # points at nothing, as old data does
    ),
    feature(
        "full text and spatial indexes",
        "CREATE TABLE f (id int PRIMARY KEY, a text, b text, FULLTEXT (a), FULLTEXT (a, b))",
        "INSERT INTO f VALUES (1, 'alpha beta', '中文')",
        "CREATE TABLE s (id int PRIMARY KEY, p point NOT NULL, SPATIAL KEY (p)) ENGINE=MyISAM",
        "INSERT INTO s VALUES (1, ST_GeomFromText('POINT(1 2)'))",
        remarks=[loose("s")],
    ),
]

# ---------------------------------------------------------------- names

_ODD = ["*/", "-- x", 'we``ird "na\'me"; %s', "a.b", "per%cent", "quest?ion *", "商会 表", "select"]

NAMES = [
    feature(
        "names",
        *(
            line
            for name in [*_ODD, "new\nline", "delimiter;\ndelimiter $$"]
            for line in (
                f"CREATE TABLE `{name}` (`c {name}` int PRIMARY KEY, `{name}` text, KEY `{name}`"
                f" (`{name}`(9)), `x\\'` int)",
                f"INSERT INTO `{name}` VALUES (1, 'x', 2), (2, NULL, NULL)",
            )
        ),
        *(f"CREATE VIEW `v {name}` AS SELECT `{name}` AS `{name}` FROM `{name}`" for name in _ODD),
        *(
            f"CREATE PROCEDURE `p {name}` (`a {name}` int) SELECT `a {name}` AS `{name}`"
            for name in _ODD
        ),
        *(
            f"CREATE TRIGGER `t {name}` BEFORE INSERT ON `{name}` FOR EACH ROW"
            f" SET NEW.`{name}` = 'x'"
            for name in _ODD
        ),
        *(f"CREATE EVENT `e {name}` ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1" for name in _ODD),
    ),
]

# ---------------------------------------------------------------- views

VIEWS = [
    feature(
        "views on views, named against the order of need",
        "CREATE TABLE t (id int PRIMARY KEY, x varchar(20)) CHARACTER SET utf8mb4",
        "INSERT INTO t VALUES (1, '中'), (2, 'it''s')",
        "CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN n*2",
        "CREATE VIEW z AS SELECT id, twice(id) AS doubled, '中;''\\\\' AS `列` FROM t",
        "CREATE SQL SECURITY INVOKER VIEW a AS SELECT * FROM z WHERE id > 0",
        "CREATE ALGORITHM=TEMPTABLE VIEW m AS SELECT a.id FROM a JOIN z USING (id)",
        "CREATE ALGORITHM=MERGE VIEW u (n, w) AS SELECT id, x FROM t WHERE id < 9"
        " WITH LOCAL CHECK OPTION",
    ),
    feature(
        "views into other schemas",
        "CREATE TABLE t (id int PRIMARY KEY)",
        "CREATE VIEW abroad AS SELECT t.id FROM t JOIN information_schema.CHARACTER_SETS c"
        " ON c.CHARACTER_SET_NAME = 'gbk'",
        "CREATE VIEW far AS SELECT COUNT(*) AS n FROM abroad JOIN information_schema.COLLATIONS",
        stays=True,  # MySQL 9 has the columns of information_schema in capitals
    ),
    feature(
        "an invalid view",
        "CREATE TABLE gone (id int)",
        "CREATE TABLE there (id int PRIMARY KEY)",
        "CREATE VIEW broken AS SELECT * FROM gone",
        "CREATE VIEW below AS SELECT * FROM broken",
        "DROP TABLE gone",
        remarks=[("invalid_view", "broken"), ("invalid_view", "below")],
    ),
    feature(
        "definers who are no more",
        "CREATE TABLE t (id int PRIMARY KEY, x int)",
        "CREATE DEFINER='gone'@'10.%' VIEW v AS SELECT * FROM t",
        "CREATE DEFINER='g`on''e'@'%' PROCEDURE p() SELECT 1",
        "CREATE DEFINER='gone'@'%' SQL SECURITY INVOKER VIEW w AS SELECT * FROM t",
        "CREATE DEFINER='gone'@'%' TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.x = 1",
        "CREATE DEFINER='gone'@'%' EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1",
    ),
]

# ---------------------------------------------------------------- programs

_COMMENTED = """CREATE PROCEDURE commented() COMMENT 'it''s' BEGIN
-- it's; a comment with ;; and $$
# don't stop; here
/* isn't; an end
delimiter $$
*/
  SELECT 'a;\ndelimiter x\n', "it's", 1--1 /*!40000 + 1 */; -- /* open
  SELECT '/* no comment */', '\\'', '-- nor this';
END"""

PROGRAMS = [
    feature(
        "routines full of comments and quotes",
        _COMMENTED,
        "CREATE FUNCTION 问候(n varchar(20)) RETURNS varchar(60) CHARSET utf8mb4 DETERMINISTIC"
        " RETURN CONCAT('你好；😀', n, ';;')",
        "CREATE FUNCTION f(n int) RETURNS int READS SQL DATA SQL SECURITY INVOKER RETURN n",
    ),
    feature(
        "line ends of Windows in programs",
        "CREATE TABLE t (id int PRIMARY KEY, x text)",
        "CREATE PROCEDURE p()\r\nBEGIN\r\n  SELECT 'a\r\nb\r\r\n';\r\n\r\nEND",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW\r\nSET NEW.x = 'a\r\nb'",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO\r\nSELECT 'a\r\n'",
        "CREATE VIEW v AS SELECT 'a\r\nb' AS x",
    ),
    feature(
        "programs made in a mode that MySQL has refused since 8.0",
        "CREATE TABLE t (id int PRIMARY KEY, n int)",
        "INSERT INTO t VALUES (1, 1)",
        "SET sql_mode=CONCAT('STRICT_ALL_TABLES',"
        "IF(VERSION() REGEXP '^5[.]|MariaDB',',NO_AUTO_CREATE_USER',''))",
        "CREATE FUNCTION half(n int) RETURNS int DETERMINISTIC RETURN n/2",
        "CREATE PROCEDURE p() SELECT 'c:\\\\', \"'\" FROM t",
        "CREATE TRIGGER up BEFORE INSERT ON t FOR EACH ROW SET new.n=new.n+1",
        "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DO DELETE FROM t WHERE 0",
    ),
    feature(
        "programs under other modes",
        "CREATE TABLE t (id int PRIMARY KEY, x text)",
        "SET sql_mode='ANSI_QUOTES,PIPES_AS_CONCAT'",
        """CREATE PROCEDURE ansi() SELECT 'a' || 'b' AS "it's", "x" FROM "t" """,
        "SET sql_mode='NO_BACKSLASH_ESCAPES'",
        r"CREATE PROCEDURE bare() SELECT 'c:\', '; it''s \', '\n'",
        r"CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.x = 'c:\'",
        "CREATE VIEW v AS SELECT 'c:\\' AS x",
        "SET sql_mode='ANSI,NO_BACKSLASH_ESCAPES,HIGH_NOT_PRECEDENCE,NO_ZERO_DATE'",
        r"""CREATE FUNCTION f() RETURNS varchar(9) DETERMINISTIC RETURN '\' || '\'""",
        "SET sql_mode='IGNORE_SPACE,REAL_AS_FLOAT,STRICT_ALL_TABLES'",
        "CREATE PROCEDURE spaced() SELECT COUNT (*) FROM t",
    ),
    feature(
        # As old administration tools do.
        "a routine made by a client that spoke GBK",
        "SET NAMES gbk",
        "CREATE FUNCTION legacy() RETURNS varchar(20) CHARSET gbk DETERMINISTIC"
        " RETURN '旧版'".encode("gbk"),
        "SET NAMES latin1",
        "CREATE FUNCTION western() RETURNS varchar(20) CHARSET latin1 DETERMINISTIC"
        " RETURN 'café'".encode("latin1"),
        "SET NAMES utf8mb4",
    ),
    feature(
        "triggers in the order they were made",
        "CREATE TABLE t (id int PRIMARY KEY, x varchar(200))",
        "CREATE TABLE log (id int PRIMARY KEY AUTO_INCREMENT, x text)",
        "INSERT INTO t VALUES (1, 'as it is')",
        "CREATE TRIGGER z BEFORE INSERT ON t FOR EACH ROW SET NEW.x = CONCAT(NEW.x, '1')",
        "CREATE TRIGGER m BEFORE INSERT ON t FOR EACH ROW FOLLOWS z SET NEW.x = CONCAT(NEW.x, '2')",
        "CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW PRECEDES m"
        " SET NEW.x = CONCAT(NEW.x, '3')",
        "CREATE TRIGGER w AFTER UPDATE ON t FOR EACH ROW INSERT INTO log (x) VALUES (NEW.x)",
        on=MODERN,
    ),
    feature(
        "triggers that must not fire",
        "CREATE TABLE a (id int PRIMARY KEY, x text)",
        "CREATE TABLE b (id int PRIMARY KEY AUTO_INCREMENT, x text)",
        "INSERT INTO a VALUES (1, 'as it is')",
        "CREATE TRIGGER z BEFORE INSERT ON a FOR EACH ROW SET NEW.x = 'changed'",
        "CREATE TRIGGER y AFTER INSERT ON b FOR EACH ROW DELETE FROM a",
        "INSERT INTO b VALUES (1, '')",
        "INSERT INTO a VALUES (2, '')",
    ),
    feature(
        "events of every kind",
        "SET time_zone='+08:00'",
        """CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' DISABLE
           COMMENT '每夜；it''s' DO BEGIN SELECT 1; SELECT ';;'; END""",
        "SET time_zone='SYSTEM'",
        """CREATE EVENT weekly ON SCHEDULE EVERY '1:30' HOUR_MINUTE STARTS '2031-01-01 03:00:00'
           ENDS '2032-01-01 03:00:00' ON COMPLETION PRESERVE ENABLE DO SELECT 1""",
        "SET time_zone='+00:00'",
        "CREATE EVENT once ON SCHEDULE AT '2037-01-01 00:00:00' DISABLE ON SLAVE DO SELECT 1",
        "CREATE EVENT past ON SCHEDULE AT '2001-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE"
        " DO SELECT 1",
        stays=True,  # "DISABLE ON SLAVE" is "ON REPLICA" elsewhere
    ),
    feature(
        "packages of Oracle's kind",
        "SET sql_mode=ORACLE",
        "CREATE PACKAGE rates AS FUNCTION vat(n number) RETURN number; END",
        """CREATE PACKAGE BODY rates AS FUNCTION vat(n number) RETURN number AS
           BEGIN RETURN n * 0.13; END; END""",
        "CREATE PROCEDURE p AS x varchar2(10) := 'a' || 'b'; BEGIN NULL; END",
        on=MARIADB,
    ),
    feature(
        "sequences, and columns that count by them",
        "CREATE SEQUENCE s START WITH 10 INCREMENT BY 5 MAXVALUE 1000 CYCLE",
        "CREATE SEQUENCE `down``` START WITH -1 INCREMENT BY -2 NOCACHE",
        "DO NEXTVAL(s)",
        "DO NEXTVAL(`down```)",
        "CREATE TABLE t (id int PRIMARY KEY DEFAULT NEXTVAL(s), t text)",
        "INSERT INTO t (t) VALUES ('a'), ('b')",
        on=MARIADB,
    ),
]

FEATURES: Final[tuple[Feature, ...]] = (
    *(*NUMBERS, *TIMES, *BYTES, *CHARSETS, *COLUMNS, *KEYS),
    *(*STORAGE, *NAMES, *VIEWS, *PROGRAMS),
)
