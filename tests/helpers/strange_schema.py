"""A schema of everything that dumps are known to get wrong, as statements for a MariaDB 10.11."""

from __future__ import annotations

TABLES = [
    "SET sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'",
    "SET time_zone='+00:00', foreign_key_checks=0, NAMES utf8mb4",
    # ---- numbers
    """CREATE TABLE numbers (id int PRIMARY KEY, f float, d double, de decimal(65,30),
       b bigint unsigned, z int(8) zerofill, t tinyint, bo boolean, fd float(9,3),
       dd double(12,4))""",
    """INSERT INTO numbers VALUES
       (1, 16777216, 0.1, 12345678901234567890123456789012345.123456789012345678901234567890,
        18446744073709551615, 42, -128, true, 1.005, 3.14159),
       (2, 3.4028235e38, 1.7976931348623157e308, -0.000000000000000000000000000001, 0, 0, 127,
        false, 999999.999, -2.5),
       (3, 1.17549435e-38, 2.2250738585072014e-308, 0, 1, 99999999, 0, NULL, 0.1, 1e7),
       (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
       (0, 0.1, 1e15, 1, 2, 3, 4, 5, 6, 7), (-5, 123456.789, -1e-300, 1, 2, 3, 4, 5, 6, 7)""",
    """CREATE TABLE floats AS SELECT seq AS id, CAST(RAND(7)*POW(10, seq%70-35) AS FLOAT) f
       FROM (SELECT @n:=@n+1 seq FROM information_schema.COLUMNS, (SELECT @n:=0) z LIMIT 1500) s""",
    # ---- bytes
    """CREATE TABLE bytes (id int PRIMARY KEY, b binary(4), vb varbinary(300), bl blob, bt bit(10),
       b1 bit(1), b64 bit(64), g geometry, p point, pg polygon)""",
    r"""INSERT INTO bytes VALUES
       (1, 'ab', '', '', b'1100000001', b'1', 0xFFFFFFFFFFFFFFFF, POINT(1.5,-2), POINT(0,0),
        ST_GeomFromText('POLYGON((0 0,4 0,4 4,0 0))')),
       (2, 0x00FF0000, 0x60270D0A5C00FF, 0x2D2D20, 0, 0, 0, ST_GeomFromText('LINESTRING(0 0,1 1)',
        4326), NULL, NULL), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)""",
    # ---- text
    """CREATE TABLE texts (id int PRIMARY KEY, u text, v varchar(100), c char(10), j json,
       g varchar(100) CHARACTER SET gbk, l varchar(100) CHARACTER SET latin1,
       w varchar(100) CHARACTER SET utf16, k varchar(50) CHARACTER SET koi8r,
       b5 varchar(50) CHARACTER SET big5, u3 varchar(50) CHARACTER SET utf8mb3,
       nn varchar(50) NOT NULL DEFAULT '') CHARACTER SET utf8mb4""",
    r"""INSERT INTO texts VALUES
       (1, 'a\r\nb\nc\rd', 'it''s "q" `b` \\ \0 \Z %s %d', 'pad  ', '{"a": "中\\n文"}', '中文商会',
        'caf\xe9', '中😀', 'Привет', '中文', '汉字', ''),
       (2, '-- x; /* y */ DELIMITER ;;', '😀👍🏽', '', '[]', '', '', '', '', '', '', 'x'),
       (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'y')""",
    # Bytes of another charset in a latin1 column: what old sites did.
    "INSERT INTO texts (id, l, nn) VALUES (4, 0xE4B8ADE69687, 'z')",
    "CREATE TABLE kinds (id int PRIMARY KEY, e enum('a','b','','0','中'), s set('x','y','z'))",
    "INSERT INTO kinds VALUES (1,'a','x,z'),(2,'',''),(3,'0','y'),(4,'中','x,y,z'),(5,NULL,NULL)",
    "INSERT IGNORE INTO kinds VALUES (6,'not a member','x')",
    # ---- times
    """CREATE TABLE times (id int PRIMARY KEY, d date, t time(3), dt datetime(6), ts timestamp NULL,
       ts6 timestamp(6) NULL, y year)""",
    """INSERT INTO times VALUES
       (1, '0000-00-00', '-838:59:59', '0000-00-00 00:00:00', '2018-03-25 02:30:00', NULL, 0),
       (2, '2018-02-31', '00:00:00.123', '9999-12-31 23:59:59.999999', '1970-01-01 00:00:01',
        '2038-01-19 03:14:07.999999', 2155),
       (3, '2018-00-00', NULL, NULL, '0000-00-00', NULL, NULL)""",
    # ---- special columns
    """CREATE TABLE generated (id int PRIMARY KEY, a int, v int AS (a*2) VIRTUAL,
       st int AS (a+1) STORED, KEY (v), hidden int INVISIBLE DEFAULT 7)""",
    "INSERT INTO generated (id, a, hidden) VALUES (1, 5, 8), (2, NULL, NULL)",
    "CREATE TABLE only_generated (v int AS (1+1) VIRTUAL)",
    "INSERT INTO only_generated VALUES (), (), ()",
    """CREATE TABLE defaults (id int PRIMARY KEY AUTO_INCREMENT, u varchar(40) DEFAULT (UUID()),
       at datetime DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, n int,
       CONSTRAINT positive CHECK (n > 0))""",
    "INSERT INTO defaults (id, u, at, n) VALUES (100, 'x', '2018-04-01 00:00:00', 1)",
    "CREATE TABLE zero_id (id int PRIMARY KEY AUTO_INCREMENT, t text)",
    "INSERT INTO zero_id VALUES (0, 'zero'), (7, 'seven')",
    # ---- keys
    "CREATE TABLE no_key (a int, b varchar(20))",
    "INSERT INTO no_key VALUES (1,'x'),(1,'x'),(2,NULL),(NULL,NULL)",
    "CREATE TABLE nullable_key (a int, b text, UNIQUE KEY (a))",
    "INSERT INTO nullable_key VALUES (1,'x'),(NULL,'y'),(NULL,'z')",
    "CREATE TABLE composite (a int, b varchar(20), c date, t text, PRIMARY KEY (b, a, c))",
    """INSERT INTO composite VALUES (1,'中','2018-01-01','p'),(2,'A','2018-01-01','q'),
       (1,'a ','0000-00-00','r')""",
    "CREATE TABLE ci_key (k varchar(40) COLLATE utf8mb4_unicode_ci PRIMARY KEY, n int)",
    "INSERT INTO ci_key VALUES ('Ä',1),('b',2),('C',3),('ß',4),('',5),('商会',6),('O''x',7)",
    "CREATE TABLE gbk_key (k varchar(40) CHARACTER SET gbk PRIMARY KEY, n int)",
    "INSERT INTO gbk_key VALUES ('商会',1),('',2),('b',3)",
    "CREATE TABLE uuid_key (k binary(16) PRIMARY KEY, n int)",
    "INSERT INTO uuid_key VALUES (0x00,1),(UNHEX(MD5('a')),2),(UNHEX(MD5('b')),3)",
    "CREATE TABLE enum_key (k enum('z','a','m') PRIMARY KEY, n int)",
    "INSERT INTO enum_key VALUES ('a',1),('m',2),('z',3)",
    "CREATE TABLE big_key (k bigint unsigned PRIMARY KEY, n int)",
    "INSERT INTO big_key VALUES (0,1),(18446744073709551615,2),(9223372036854775808,3)",
    "CREATE TABLE typed_keys (u uuid, i inet6, PRIMARY KEY (u, i))",
    """INSERT INTO typed_keys VALUES (UUID(),'::1'),
       ('550e8400-e29b-41d4-a716-446655440000','fe80::2')""",
    "CREATE TABLE bit_key (k bit(9) PRIMARY KEY, n int)",
    "INSERT INTO bit_key VALUES (b'0',1),(b'100000001',2)",
    # ---- engines and storage
    "CREATE TABLE myisam_table (id int PRIMARY KEY, t text) ENGINE=MyISAM",
    "INSERT INTO myisam_table VALUES (1,'x')",
    "CREATE TABLE memory_table (id int PRIMARY KEY, t varchar(9)) ENGINE=MEMORY",
    "INSERT INTO memory_table VALUES (1,'x')",
    "CREATE TABLE aria_table (id int PRIMARY KEY, t varchar(9)) ENGINE=Aria",
    """CREATE TABLE parts (id int, y int, t varchar(20), PRIMARY KEY (id, y))
       PARTITION BY RANGE (y) (PARTITION p0 VALUES LESS THAN (2018),
       PARTITION p1 VALUES LESS THAN MAXVALUE)""",
    "INSERT INTO parts VALUES (1,2017,'a'),(2,2018,'b'),(3,2017,'c')",
    "CREATE TABLE empty_table (id int PRIMARY KEY)",
    """CREATE TABLE compressed (id int PRIMARY KEY, t text COMPRESSED) ROW_FORMAT=COMPRESSED
       COMMENT='it''s; a "comment" -- with; signs'""",
    "INSERT INTO compressed VALUES (1, REPEAT('商会', 500))",
    "CREATE TABLE words (id int PRIMARY KEY, a text, b text, FULLTEXT (a), FULLTEXT (a, b))",
    "INSERT INTO words VALUES (1, 'alpha beta', 'gamma')",
    "CREATE TABLE places (id int PRIMARY KEY, p point NOT NULL, SPATIAL KEY (p))",
    "INSERT INTO places VALUES (1, POINT(120.1, 30.2))",
    # ---- names
    'CREATE TABLE `we``ird "na\'me" -- ; %s` (`c``ol` int PRIMARY KEY, `a b` text, `中文` text)',
    "INSERT INTO `we``ird \"na'me\" -- ; %s` VALUES (1,'x','y')",
    "CREATE TABLE `会员表` (`编号` int PRIMARY KEY, `select` text)",
    "INSERT INTO `会员表` VALUES (1,'张三')",
    "CREATE TABLE `*/` (id int PRIMARY KEY)",
    "INSERT INTO `*/` VALUES (1)",
    # ---- foreign keys, in a circle
    """CREATE TABLE egg (id int PRIMARY KEY, hen int,
       CONSTRAINT egg_hen FOREIGN KEY (hen) REFERENCES hen (id) ON DELETE SET NULL)""",
    """CREATE TABLE hen (id int PRIMARY KEY, egg int,
       CONSTRAINT hen_egg FOREIGN KEY (egg) REFERENCES egg (id) ON UPDATE CASCADE)""",
    "INSERT INTO egg VALUES (1, 1)",
    "INSERT INTO hen VALUES (1, 1)",
    """CREATE TABLE tree (id int PRIMARY KEY, up int, FOREIGN KEY (up) REFERENCES tree (id))""",
    "INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 2)",
    # ---- sequences
    "CREATE SEQUENCE numbers_out START WITH 10 INCREMENT BY 5 MAXVALUE 1000 CYCLE",
    "DO NEXTVAL(numbers_out)",
    "CREATE TABLE from_sequence (id int PRIMARY KEY DEFAULT NEXTVAL(numbers_out), t text)",
    "INSERT INTO from_sequence (t) VALUES ('a'), ('b')",
]

OBJECTS: list[str | bytes] = [
    "CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN n*2",
    """CREATE FUNCTION 问候(n varchar(20)) RETURNS varchar(60) CHARSET utf8mb4 DETERMINISTIC
       RETURN CONCAT('你好；', n, ';;')""",
    """CREATE PROCEDURE loops(IN n int) COMMENT 'it''s' BEGIN
       DECLARE i int DEFAULT 0; -- a comment; with ;; signs
       WHILE i < n DO SET i = i + 1; END WHILE; /* done; */ END""",
    # Made by a client that spoke GBK, as old administration tools do.
    "SET character_set_client=gbk, collation_connection=gbk_bin",
    "CREATE FUNCTION legacy() RETURNS varchar(20) CHARSET gbk DETERMINISTIC RETURN '旧版'".encode(
        "gbk"
    ),
    "SET NAMES utf8mb4",
    "SET sql_mode=ORACLE",
    """CREATE PACKAGE rates AS FUNCTION vat(n number) RETURN number; END""",
    """CREATE PACKAGE BODY rates AS FUNCTION vat(n number) RETURN number AS
       BEGIN RETURN n * 0.13; END; END""",
    "SET sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'",
    # Named so that the order of names is not the order of needs.
    "CREATE VIEW z_base AS SELECT id, twice(id) AS doubled, '中' AS `列` FROM numbers",
    """CREATE SQL SECURITY INVOKER VIEW a_upper AS
       SELECT * FROM z_base WHERE id > 0 WITH CHECK OPTION""",
    "CREATE VIEW abroad AS SELECT n.id FROM numbers n JOIN information_schema.CHARACTER_SETS c"
    " ON c.CHARACTER_SET_NAME = 'gbk'",
    "CREATE VIEW m_both AS SELECT a.id FROM a_upper a JOIN z_base b USING (id)",
    "CREATE TABLE audit (id int PRIMARY KEY AUTO_INCREMENT, what varchar(50))",
    "SET sql_mode='ANSI_QUOTES,PIPES_AS_CONCAT,NO_AUTO_VALUE_ON_ZERO'",
    """CREATE TRIGGER first_trigger BEFORE INSERT ON no_key FOR EACH ROW
       SET NEW.b = 'a' || 'b'""",
    "SET sql_mode='NO_AUTO_VALUE_ON_ZERO'",
    """CREATE TRIGGER second_trigger BEFORE INSERT ON no_key FOR EACH ROW FOLLOWS first_trigger
       BEGIN INSERT INTO audit (what) VALUES (CONCAT('插入;', NEW.a)); END""",
    "CREATE TRIGGER `odd``name` AFTER UPDATE ON numbers FOR EACH ROW SET @x = 1",
    "SET time_zone='+08:00'",
    """CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' DISABLE
       COMMENT '每夜' DO BEGIN DELETE FROM audit WHERE id < 0; END""",
    "SET time_zone='+00:00'",
]
