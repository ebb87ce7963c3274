"""The measured database: a content site of a good 1 GB of SQL, and what a day changes in it.

Articles in Chinese with the mark-up an editor leaves behind, comments, members, followers, a log of
visits, a MyISAM log, images, and a table without a key.  Everything is the same at every seeding.
The seeded data folder is kept outside the project, so that only the first run waits for it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Final

from platformdirs import user_cache_path
from pymysql.cursors import Cursor

from sandbox.mariadb import MariaDB
from sandbox.site import words

SCHEMA: Final = "bench"
WIDE_SCHEMA: Final = "bench_wide"  # a small table with one large row

# What a server of a small site is given; the sandbox's own figures are for laptops that do more.
OPTIONS: Final = ("--innodb-buffer-pool-size=256M", "--innodb-log-file-size=96M")


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows the tables hold, and how large the one large row is."""

    name: str
    articles: int
    comments: int
    members: int
    followers: int
    tags: int
    visits: int
    operations: int
    images: int
    searches: int
    wide_row: int  # bytes


FULL: Final = Size(
    "full",
    articles=44_000,
    comments=300_000,
    members=60_000,
    followers=40_000,
    tags=150_000,
    visits=2_200_000,
    operations=400_000,
    images=300,
    searches=30_000,
    wide_row=64 << 20,
)


def part(size: Size, name: str, of: int) -> Size:
    """Return a database of one `of`-th of the rows."""
    counted = [field for field in Size.__slots__ if field not in ("name", "wide_row")]
    return replace(size, name=name, **{field: getattr(size, field) // of for field in counted})


QUICK: Final = part(FULL, "quick", 10)
TINY: Final = replace(part(FULL, "tiny", 500), wide_row=4 << 20)

_TABLES: Final = """
CREATE TABLE article (
  id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, category_id smallint NOT NULL,
  author varchar(40) NOT NULL, title varchar(200) NOT NULL, summary varchar(500) NOT NULL,
  body mediumtext NOT NULL, state enum('草稿','待审','已发布') NOT NULL,
  reads_count int unsigned NOT NULL DEFAULT 0, published_at datetime NOT NULL,
  updated_at datetime NOT NULL, KEY (category_id, published_at)) ENGINE=InnoDB;
CREATE TABLE comment (
  id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, article_id int unsigned NOT NULL,
  nickname varchar(40) NOT NULL, text varchar(1000) NOT NULL, likes int NOT NULL DEFAULT 0,
  written_at datetime(6) NOT NULL, KEY (article_id)) ENGINE=InnoDB;
CREATE TABLE member (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY, number char(8) NOT NULL UNIQUE,
  company varchar(120) NOT NULL, person varchar(40) NOT NULL, phone varchar(20) NOT NULL,
  industry varchar(40), capital decimal(14,2), rating float, longitude double,
  joined_on date NOT NULL, profile json, logins int NOT NULL DEFAULT 0,
  last_login_at timestamp NULL) ENGINE=InnoDB;
CREATE TABLE follower (
  openid char(28) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  nickname varchar(60) NOT NULL, city varchar(40), followed_at datetime NOT NULL,
  visits int NOT NULL DEFAULT 0, last_seen_at datetime) ENGINE=InnoDB;
CREATE TABLE article_tag (
  article_id int unsigned NOT NULL, tag varchar(20) NOT NULL, weight int NOT NULL,
  PRIMARY KEY (article_id, tag)) ENGINE=InnoDB;
CREATE TABLE visit_log (
  id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, visited_at datetime NOT NULL,
  ip int unsigned NOT NULL, path varchar(200) NOT NULL, referrer varchar(200) NOT NULL,
  agent varchar(200) NOT NULL, status smallint NOT NULL, milliseconds float NOT NULL,
  seconds_on_page int NOT NULL DEFAULT 0, KEY (visited_at)) ENGINE=InnoDB;
CREATE TABLE operation_log (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY, person varchar(40) NOT NULL,
  action varchar(40) NOT NULL, detail varchar(300), done_at datetime NOT NULL,
  reviewed_at datetime) ENGINE=MyISAM;
CREATE TABLE image (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(100) NOT NULL,
  digest binary(32) NOT NULL, body mediumblob NOT NULL,
  downloads int NOT NULL DEFAULT 0) ENGINE=InnoDB;
CREATE TABLE search_word (
  word varchar(60) NOT NULL, day date NOT NULL, hits int NOT NULL, KEY (word)) ENGINE=InnoDB
"""

_OBJECTS: Final = """
CREATE VIEW published AS SELECT id, title, published_at FROM article WHERE state = '已发布';
CREATE TRIGGER count_login BEFORE UPDATE ON follower FOR EACH ROW
  SET NEW.last_seen_at = IFNULL(NEW.last_seen_at, OLD.last_seen_at);
CREATE PROCEDURE tidy() DELETE FROM search_word WHERE hits = 0
"""


# ---------------------------------------------------------------- the kept data folder


def cache_folder() -> Path:
    """Return where seeded data folders are kept: `GMOPS_BENCH_CACHE`, or the user's cache."""
    named = os.environ.get("GMOPS_BENCH_CACHE")
    return Path(named).absolute() if named else user_cache_path("gmops-bench")


def seeded(size: Size, folder: Path) -> MariaDB:
    """Return a server of `folder`, not started, with the data of `size`.

    The first time that takes a minute for 1 GB; afterwards a copy of what was kept.
    """
    mark = hashlib.sha256(Path(__file__).read_bytes() + Path(words.__file__).read_bytes())
    kept = cache_folder() / f"{size.name}-{mark.hexdigest()[:12]}"
    if not kept.is_dir():
        for old in cache_folder().glob(f"{size.name}-*"):
            shutil.rmtree(old)
        making = kept.with_name(f"making-{os.getpid()}")
        shutil.rmtree(making, ignore_errors=True)
        try:
            with MariaDB(making, options=OPTIONS) as server:
                seed(server, size)
            os.replace(making, kept)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    shutil.copytree(kept / "data", folder / "data")
    shutil.copy2(kept / "passwords.json", folder)
    return MariaDB(folder, options=OPTIONS)


def seed(server: MariaDB, size: Size) -> None:
    """Create and fill both schemas on a running `server`."""
    with server.connect() as root, root.cursor() as cursor:
        cursor.execute("SET GLOBAL max_allowed_packet = 512 * 1024 * 1024")
    with server.connect() as root, root.cursor() as cursor:
        for schema in (SCHEMA, WIDE_SCHEMA):
            cursor.execute(f"CREATE DATABASE {schema} CHARACTER SET utf8mb4")
        cursor.execute(f"USE {SCHEMA}")
        cursor.execute("SET unique_checks = 0, time_zone = '+08:00'")
        for statement in filter(str.strip, _TABLES.split(";\n")):
            cursor.execute(statement)
        _append(cursor, size, size, 0)
        for statement in filter(str.strip, _OBJECTS.split(";\n")):
            cursor.execute(statement)
        cursor.execute(f"USE {WIDE_SCHEMA}")
        cursor.execute("CREATE TABLE upload (id int PRIMARY KEY, name text, body longblob)")
        cursor.execute("INSERT INTO upload SELECT seq, MD5(seq), SHA2(seq, 512) FROM seq_1_to_500")
        cursor.execute("INSERT INTO upload VALUES (1000, 'one large file', '')")
        for number in range(size.wide_row >> 22):
            piece = Random(number).randbytes(1 << 22)
            append = "UPDATE upload SET body = CONCAT(body, %s) WHERE id = 1000"
            cursor.execute(append, (piece,))
        cursor.execute("SET GLOBAL max_allowed_packet = DEFAULT")


# ---------------------------------------------------------------- a day


def live_a_day(server: MariaDB, size: Size, day: int) -> None:
    """Append 1 % of each table's rows, and update 1 % of the older ones, picked at random.

    What is updated is what a site updates: counters and dates; a fifth of the picked articles get
    one more paragraph in the middle, a fifth of the members another telephone number, a tenth of
    the comments are blanked.  Followers' keys are random, so theirs arrive all over the table.
    """
    picked = f"CRC32(CONCAT('{day}:', %s)) %% 100 = 0"
    fifth, tenth = (f"CRC32(CONCAT('{day}/', id)) % {n} = 0" for n in (5, 10))
    now = f"DATE '2018-04-30' + INTERVAL {day} DAY"
    updates = {
        "article": (
            f"body = IF({fifth}, INSERT(body, LOCATE('</p>', body, CHAR_LENGTH(body) DIV 2), 0,"
            f" CONCAT('（第 {day} 次更正：', title, '）')), body),"
            f" updated_at = IF({fifth}, {now}, updated_at), reads_count = reads_count + 1 + id % 9",
            "id",
        ),
        "comment": (f"text = IF({tenth}, '该评论已被管理员屏蔽', text), likes = likes + 1", "id"),
        "member": (
            f"phone = IF({fifth}, CONCAT('100', LPAD(id * {day}, 8, '0')), phone),"
            f" logins = logins + 1, last_login_at = {now} + INTERVAL id SECOND",
            "id",
        ),
        "follower": (f"visits = visits + 1, last_seen_at = {now}", "openid"),
        "article_tag": ("weight = weight + 1", "article_id, tag"),
        "visit_log": ("seconds_on_page = seconds_on_page + 1 + id % 90", "id"),
        "operation_log": (f"reviewed_at = {now} + INTERVAL id SECOND", "id"),
        "image": ("downloads = downloads + 1", "id"),
        "search_word": ("hits = hits + 1", "word, day"),
    }
    with server.connect(SCHEMA) as root, root.cursor() as cursor:
        cursor.execute("SET time_zone = '+08:00'")
        for table, (sets, key) in updates.items():
            cursor.execute(f"UPDATE {table} SET {sets} WHERE {picked % key}".replace("%%", "%"))
        _append(cursor, part(size, "day", 100), size, day)


# ---------------------------------------------------------------- rows


def _append(cursor: Cursor, more: Size, whole: Size, day: int) -> None:
    """Write `more` rows into each table; `day` 0 is the seeding of the `whole` database."""
    random = Random(f"day {day}")

    def insert(statement: str, count: int, rows: Iterator[tuple[object, ...]]) -> None:
        if count:
            cursor.executemany(statement, rows)

    insert(
        "INSERT INTO article (category_id, author, title, summary, body, state, reads_count,"
        " published_at, updated_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        more.articles,
        _articles(random, more.articles),
    )
    insert(
        "INSERT INTO comment (article_id, nickname, text, written_at) VALUES (%s, %s, %s, %s)",
        more.comments,
        _comments(random, more.comments, whole.articles),
    )
    first = day * 1_000_000 if day else 0
    insert(
        "INSERT INTO member (number, company, person, phone, industry, capital, rating, longitude,"
        " joined_on, profile, last_login_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        more.members,
        _members(random, more.members, first),
    )
    insert(
        "INSERT IGNORE INTO image (name, digest, body) VALUES (%s, %s, %s)",
        more.images,
        _images(random, more.images),
    )
    counted = {
        "follower": more.followers,
        "article_tag": more.tags,
        "visit_log": more.visits,
        "operation_log": more.operations,
        "search_word": more.searches,
    }
    for table, rows in counted.items():
        if rows:
            cursor.execute(_BY_THE_SERVER[table].format(rows=rows, day=day, **_choices(whole)))


# The server makes these rows itself: h and k are two reproducible random numbers per row.
_FROM: Final = (
    " FROM (SELECT seq, CRC32(CONCAT('h{day} ', seq)) h, CRC32(CONCAT('k{day} ', seq)) k"
    " FROM seq_1_to_{rows}) s"
)
_BY_THE_SERVER: Final = {
    "follower": "INSERT IGNORE INTO follower (openid, nickname, city, followed_at, visits)"
    " SELECT CONCAT('o', LEFT(TO_BASE64(UNHEX(SHA2(CONCAT(h, k), 256))), 27)),"
    " CONCAT(ELT(1 + h % 30, {surnames}), ELT(1 + k % 12, {things})), ELT(1 + k % 10, {places}),"
    " TIMESTAMP'2016-01-01 00:00:00' + INTERVAL h % 70000000 SECOND, k % 40" + _FROM,
    "article_tag": "INSERT IGNORE INTO article_tag"
    " SELECT 1 + h % {articles}, CONCAT(ELT(1 + k % 10, {places}), ELT(1 + h % 12, {things})),"
    " k % 100" + _FROM,
    "visit_log": "INSERT INTO visit_log (visited_at, ip, path, referrer, agent, status,"
    " milliseconds, seconds_on_page) SELECT TIMESTAMP'2018-01-01 00:00:00'"
    " + INTERVAL {day} * 86400 * 120 + seq * 4 + h % 9 SECOND, 1879048192 + (h % 40000) * 977,"
    " IF(k % 5 = 0, ELT(1 + h % 5, '/', '/members', '/apply', '/events', '/search?q=%E5%95%86'),"
    " CONCAT('/article/', 1 + FLOOR({articles} * POW(h / 4294967296, 2)))),"
    " ELT(1 + k % 6, {referrers}), ELT(1 + h % 5, {agents}), IF(k % 31 = 0, 404, 200),"
    " ROUND(8 + 900 * POW(k / 4294967296, 4), 2), h % 200" + _FROM,
    "operation_log": "INSERT INTO operation_log (person, action, detail, done_at)"
    " SELECT ELT(1 + h % 30, {surnames}), ELT(1 + k % 6, {operations}),"
    " IF(h % 3, CONCAT(ELT(1 + k % 10, {places}), '：', ELT(1 + h % 12, {things}),"
    " '，编号 ', h % 90000, '，已处理'), NULL),"
    " TIMESTAMP'2017-01-01 00:00:00' + INTERVAL seq * 90 + h % 60 SECOND" + _FROM,
    "search_word": "INSERT INTO search_word SELECT CONCAT(ELT(1 + h % 10, {places}),"
    " ELT(1 + k % 12, {things})), DATE'2018-01-01' + INTERVAL {day} * 130 + h % 120 DAY, k % 50"
    + _FROM,
}


def _choices(whole: Size) -> dict[str, str]:
    """Return the lists from which the server chooses, as arguments of ELT."""
    surnames = [a + b for a in "陈黄林李张王" for b in "伟芳娜敏静"]
    lists = {
        "surnames": surnames,
        "things": ("会员大会", "银企对接", "税收政策", "融资服务", "安全培训", "知识产权", "招聘",
                   "扶贫", "招商推介", "沙龙", "补贴申报", "换届"),
        "places": ("光明", "公明", "马田", "凤凰", "玉塘", "新湖", "楼村", "将石", "合水口",
                   "田寮"),
        "referrers": words.REFERRERS,
        "agents": words.AGENTS,
        "operations": words.OPERATIONS,
    }  # fmt: skip
    quoted = {name: ", ".join(f"'{text}'" for text in texts) for name, texts in lists.items()}
    return {**quoted, "articles": str(whole.articles)}


@cache
def _sentences() -> list[str]:
    """Return 90,000 sentences: a third from phrases, the rest from a vocabulary used as Zipf says.

    With the mark-up around it such text compresses a good 4:1 (`zstd -3`), as a real site's does.
    """
    random = Random("sentences")
    letters = [chr(random.randrange(0x4E00, 0x9000)) for _ in range(1_800)]
    vocabulary = ["".join(random.choices(letters[: 300 + n % 1_500], k=2)) for n in range(9_000)]
    weights = list(accumulate(1 / (rank + 8) for rank in range(len(vocabulary))))
    made = []
    for number in range(90_000):
        if number % 3 == 0:
            made.append(words.sentence(random))
            continue
        text = random.choices(vocabulary, cum_weights=weights, k=random.randint(8, 24))
        text.insert(len(text) // 2, "，")
        made.append("".join(text) + "。")
    return made


def _articles(random: Random, count: int) -> Iterator[tuple[object, ...]]:
    stock, pick = _sentences(), random.choice
    opening = '<p style="text-indent:2em;line-height:1.75em;margin-bottom:15px;">'
    span = '<span style="font-family:宋体;font-size:16px;color:rgb(51,51,51);">'
    for number in range(count):
        parts = [
            f"{opening}{span}{''.join(random.choices(stock, k=random.randint(3, 10)))}"
            f"{words.fact(random)}</span></p>"
            for _ in range(random.randint(3, 20))
        ]
        day = f"201{random.randint(2, 7)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
        published = f"{day} {random.randint(8, 20):02}:{number % 60:02}:{random.randint(0, 59):02}"
        yield (
            random.randint(1, len(words.CATEGORIES)),
            words.person(random),
            words.headline(random),
            pick(stock)[:200],
            "\n".join(parts),
            random.choices((1, 2, 3), (1, 1, 40))[0],
            int(random.lognormvariate(5, 1.3)),
            published,
            published,
        )


def _comments(random: Random, count: int, articles: int) -> Iterator[tuple[object, ...]]:
    stock, pick = _sentences(), random.choice
    for number in range(count):
        text = "".join(random.choices(stock, k=random.randint(1, 3)))
        moment = (
            f"{random.randint(1, 28):02} 1{number % 10}:{number % 60:02}:07.{number % 10**6:06}"
        )
        written = f"2018-0{random.randint(1, 4)}-{moment}"
        yield random.randint(1, articles), words.nickname(random), text + pick("👍🎉😄🙏 "), written


def _members(random: Random, count: int, first: int) -> Iterator[tuple[object, ...]]:
    for number in range(first + 1, first + count + 1):
        company, industry = words.company(random)
        joined = f"201{random.randint(0, 7)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
        profile = f'{{"网址": "www.gm{number:04}.example", "主营": "{random.choice(words.GOODS)}"}}'
        yield (
            f"{number:08}",
            company,
            words.person(random),
            words.phone(random),
            industry,
            round(random.lognormvariate(6, 1.2), 2) if random.random() < 0.95 else None,
            round(random.uniform(2.5, 5), 3) if random.random() < 0.8 else None,
            113.9 + random.random() / 8,
            joined,
            profile if random.random() < 0.7 else None,
            f"{joined} 10:00:00",
        )


def _images(random: Random, count: int) -> Iterator[tuple[object, ...]]:
    for _ in range(count):
        body = random.randbytes(random.randint(20_000, 60_000))  # like a photograph
        yield f"{words.headline(random)[:20]}.jpg", hashlib.sha256(body).digest(), body
