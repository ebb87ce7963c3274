"""The data of the example website: the same rows at every seeding, about 200 MB, or about 3 MB.

A chamber of commerce as it is in spring 2018: member companies, articles in Chinese, events,
applications, and a log of visits that outweighs all the rest, as it does in life.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Final

from sandbox.mariadb import SITE_SCHEMA, MariaDB
from sandbox.site import words

SEED: Final = 20180306  # the contract's first day

Value = str | int | float | bytes | None
Rows = Iterator[tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows the larger tables hold."""

    members: int
    articles: int
    attachments: int
    events: int
    visits: int
    operations: int


FULL: Final = Size(
    members=2_400, articles=5_200, attachments=320, events=180, visits=800_000, operations=40_000
)
SMALL: Final = Size(
    members=150, articles=110, attachments=6, events=20, visits=9_000, operations=600
)

_FIRST_DAY: Final = date(2018, 1, 1)
_DAYS: Final = 120  # the log ends with April 2018


def seed_digest(size: Size) -> str:
    """Return a mark that changes when the seeded data would."""
    sources = [
        Path(__file__),
        Path(words.__file__),
        Path(str(files("sandbox.site") / "schema.sql")),
    ]
    content = b"".join(source.read_bytes() for source in sources)
    return hashlib.sha256(content + repr(size).encode()).hexdigest()[:12]


def seed(server: MariaDB, size: Size) -> None:
    """Create the schema `chamber` on `server` and fill it; an older one is dropped.

    Tables and objects belong to `ops_backup`, the account a TencentDB customer would use; the rows
    are read by the server itself from files, which only root may ask for.
    """
    tables, logic = _statements()
    folder = server.folder / "seed-rows"
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        with server.connect() as root, root.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {SITE_SCHEMA}")
            cursor.execute(f"CREATE DATABASE {SITE_SCHEMA} CHARACTER SET utf8mb4")
        with server.connect(SITE_SCHEMA, user="ops_backup") as owner, owner.cursor() as cursor:
            for statement in tables:
                cursor.execute(statement)
        with server.connect(SITE_SCHEMA) as root, root.cursor() as cursor:
            cursor.execute("SET foreign_key_checks = 0, unique_checks = 0, time_zone = '+08:00'")
            for table, (columns, rows) in _tables(size).items():
                file = folder / f"{table}.tsv"
                _write(file, rows(Random(f"{SEED} {table}"), size))
                cursor.execute(_load(file, table, columns))
                file.unlink()
            cursor.execute(
                "UPDATE article SET comments_count ="
                " (SELECT COUNT(*) FROM comment WHERE article_id = article.id)"
            )
        with server.connect(SITE_SCHEMA, user="ops_backup") as owner, owner.cursor() as cursor:
            for statement in logic:
                cursor.execute(statement)
            cursor.execute("ANALYZE TABLE " + ", ".join(_tables(size)))
    finally:
        shutil.rmtree(folder)


def _statements() -> tuple[list[str], list[str]]:
    text = (files("sandbox.site") / "schema.sql").read_text("utf-8")
    tables, _, logic = text.partition("-- tables\n")[2].partition("-- logic\n")
    return _split(tables), _split(logic)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split("\n/\n") if part.strip()]


def _write(file: Path, rows: Rows) -> None:
    with file.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines("\t".join(map(_field, row)) + "\n" for row in rows)


def _field(value: Value) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, bytes):
        return value.hex()
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _load(file: Path, table: str, columns: str) -> str:
    """Columns written `name=x` hold bytes in hexadecimal."""
    names = columns.split()
    places = [f"@{name[:-2]}" if name.endswith("=x") else f"`{name}`" for name in names]
    bytes_ = [name[:-2] for name in names if name.endswith("=x")]
    sets = ", ".join(f"`{name}` = UNHEX(@{name})" for name in bytes_)
    return (
        f"LOAD DATA INFILE '{file}' INTO TABLE `{table}` CHARACTER SET utf8mb4"
        f" ({', '.join(places)})" + (f" SET {sets}" if sets else "")
    )


def _tables(size: Size) -> dict[str, tuple[str, Callable[[Random, Size], Rows]]]:
    """Every seeded table with its columns and what makes its rows."""
    return {
        "category": ("id parent_id name slug position", _categories),
        "admin_user": ("id login name password_hash=x roles last_login_at", _admins),
        "member": (
            "id number company legal_person phone industry level capital staff rating longitude"
            " latitude founded joined_on fee_paid profile created_at updated_at",
            _members,
        ),
        "member_apply": (
            "id company contact phone reason state handled_by member_id applied_at handled_at",
            _applications,
        ),
        "article": (
            "id category_id author_id title summary body source published_at reads_count pinned",
            _articles,
        ),
        "comment": ("article_id nickname text written_at", _comments),
        "attachment": ("id article_id name media_type digest=x body=x", _attachments),
        "event": ("id title place held_on begins ends seats fee", _events),
        "event_signup": ("event_id member_id persons signed_at", _signups),
        "visit_log": ("visited_at ip path referrer agent status milliseconds", _visits),
        "operation_log": ("admin_id action detail done_at", _operations),
        "setting": ("name value", _settings),
    }


def _categories(random: Random, size: Size) -> Rows:
    for number, (slug, name, parent) in enumerate(words.CATEGORIES, 1):
        yield number, parent, name, slug, number * 10


def _admins(random: Random, size: Size) -> Rows:
    for number, (login, name, roles) in enumerate(words.ADMINS, 1):
        digest = hashlib.sha512(f"{SEED} {login}".encode()).digest()
        yield number, login, name, digest, roles, f"2018-04-{number:02} 09:1{number % 10}:07.250"


def _members(random: Random, size: Size) -> Rows:
    for number in range(1, size.members + 1):
        company, industry = words.company(random)
        joined = _FIRST_DAY - timedelta(days=random.randrange(2_500))
        profile = {"网址": f"www.gm{number:04}.example", "主营": random.choices(words.GOODS, k=3)}
        yield (
            number,
            f"GM{number:06}",
            company,
            words.person(random),
            words.phone(random),
            industry,
            random.choices(words.LEVELS, words.LEVEL_WEIGHTS)[0],
            round(random.lognormvariate(6, 1.2), 2) if random.random() < 0.95 else None,
            int(random.lognormvariate(4, 1)) if random.random() < 0.9 else None,
            round(random.uniform(2.5, 5), 3) if random.random() < 0.8 else None,
            113.9 + random.random() / 8,
            22.72 + random.random() / 9,
            random.randint(1985, 2017),
            joined.isoformat(),
            int(random.random() < 0.86),
            json.dumps(profile, ensure_ascii=False) if random.random() < 0.7 else None,
            f"{joined} 10:00:00",
            f"{joined} 10:00:00",
        )


def _applications(random: Random, size: Size) -> Rows:
    for number in range(1, size.members // 2 + 1):
        state = random.choices(("待审核", "已通过", "已退回"), (2, 6, 2))[0]
        applied = _moment(random, -300, _DAYS)
        waiting = state == "待审核"
        yield (
            number,
            words.company(random)[0],
            words.person(random),
            words.phone(random),
            words.paragraph(random, 2) if random.random() < 0.8 else None,
            state,
            None if waiting else random.randint(1, len(words.ADMINS)),
            random.randint(1, size.members) if state == "已通过" else None,
            _text(applied),
            None if waiting else _text(applied + timedelta(hours=random.randint(1, 90))),
        )


def _articles(random: Random, size: Size) -> Rows:
    stock = [words.sentence(random) for _ in range(4_000)]
    for number in range(1, size.articles + 1):
        title = words.headline(random)
        parts = [
            "<p>" + "".join(random.choices(stock, k=random.randint(3, 9))) + words.fact(random)
            for _ in range(random.randint(6, 22))
        ]
        yield (
            number,
            random.randint(1, len(words.CATEGORIES)),
            random.randint(1, len(words.ADMINS)),
            title,
            words.sentence(random)[:200],
            f"<h1>{title}</h1>\n" + "</p>\n".join(parts) + "</p>\n",
            random.choice((None, "本会", "区工商联", "光明新闻")),
            _text(_moment(random, -900, _DAYS)),
            int(random.lognormvariate(5, 1.3)),
            int(random.random() < 0.01),
        )


def _comments(random: Random, size: Size) -> Rows:
    for _ in range(size.articles * 2):
        written = f"{_text(_moment(random, -200, _DAYS))}.{random.randrange(10**6):06}"
        emoji = random.choice(("", "", "👍", "🎉", "😄", "🙏"))
        text = words.sentence(random)[:120] + emoji
        yield random.randint(1, size.articles), words.nickname(random), text, written


def _attachments(random: Random, size: Size) -> Rows:
    for number in range(1, size.attachments + 1):
        # Like a photograph or a PDF: it cannot be compressed.
        body = random.randbytes(random.randint(20_000, 90_000))
        kind, media_type = random.choice((("jpg", "image/jpeg"), ("pdf", "application/pdf")))
        yield (
            number,
            random.randint(1, size.articles) if random.random() < 0.9 else None,
            f"{words.headline(random)[:20]}.{kind}",
            media_type,
            hashlib.sha256(body).digest(),
            body,
        )


def _events(random: Random, size: Size) -> Rows:
    for number in range(1, size.events + 1):
        begins = random.randint(9, 15)
        yield (
            number,
            words.headline(random),
            random.choice(words.PLACES),
            _moment(random, -500, _DAYS).date().isoformat(),
            f"{begins:02}:30:00",
            f"{begins + 2:02}:30:00",
            random.choice((30, 60, 120, 300)),
            random.choice(("0.00", "0.00", "80.00", "199.50")),
        )


def _signups(random: Random, size: Size) -> Rows:
    for event in range(1, size.events + 1):
        for member in sorted(random.sample(range(1, size.members + 1), min(60, size.members // 3))):
            yield event, member, random.randint(1, 3), _text(_moment(random, -300, _DAYS))


def _visits(random: Random, size: Size) -> Rows:
    moment = datetime.combine(_FIRST_DAY, datetime.min.time())
    step = _DAYS * 86_400 / size.visits
    pick, exponential = random.choice, random.expovariate
    paths = [f"/article/{number}" for number in range(1, size.articles + 1)]
    paths += ["/", "/members", "/apply", "/events", "/search?q=%E4%BC%9A%E5%91%98"] * 60
    for _ in range(size.visits):
        moment += timedelta(seconds=exponential(1 / step))
        status = 200 if random.random() < 0.97 else pick((301, 304, 404, 404, 500))
        yield (
            moment.isoformat(" ", "seconds"),
            random.getrandbits(32),
            pick(paths),
            pick(words.REFERRERS),
            pick(words.AGENTS),
            status,
            round(random.lognormvariate(3.5, 0.8), 2),
        )


def _operations(random: Random, size: Size) -> Rows:
    for _ in range(size.operations):
        yield (
            random.randint(1, len(words.ADMINS)),
            random.choice(words.OPERATIONS),
            words.sentence(random) if random.random() < 0.4 else None,
            _text(_moment(random, -400, _DAYS)),
        )


def _settings(random: Random, size: Size) -> Rows:
    yield from words.SETTINGS


def _moment(random: Random, first: int, last: int) -> datetime:
    """Return a moment in office hours, `first` to `last` days from the first day of 2018."""
    day = _FIRST_DAY + timedelta(days=random.randrange(first, last))
    seconds = random.randrange(8 * 3600, 21 * 3600)
    return datetime.combine(day, datetime.min.time()) + timedelta(seconds=seconds)


def _text(moment: datetime) -> str:
    return moment.isoformat(" ", "seconds")
