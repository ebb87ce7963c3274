"""Restores of a website's database while the website is visited: nobody sees anything half."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest

from databases import execute, opener
from db.engine import Database
from every_step import Everything
from gmops_desktop.adapters.mysql import amending, exchange
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import OpsError
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.restores import Restores, replacement, swapping
from sandbox import site_data
from sandbox.database import SITE_SCHEMA
from sandbox.mariadb import MariaDB
from sandbox.website import Website
from steady_visitors import Ask, States, Visitors, page, sums

pytestmark = pytest.mark.servers

# One statement sees one moment, of however many tables.
_MEMBERS = "SELECT COUNT(*), SUM(CRC32(CONCAT(id, company, level))), MIN(id), MAX(id) FROM member"
_ARTICLES = "SELECT COUNT(*), SUM(CRC32(CONCAT(id, title, LENGTH(body)))) FROM article"
_BOTH = f"SELECT * FROM ({_MEMBERS}) m, ({_ARTICLES}) a"
_OVER = "SELECT * FROM member_overview"

_WRONG_ROWS = [
    "SET foreign_key_checks=0",
    "UPDATE member SET company='？'",
    "DELETE FROM member WHERE id % 9 = 0",
    "UPDATE article SET title=CONCAT('旧 ', title), body='无'",
    "INSERT INTO article (category_id, author_id, title, body, published_at)"
    " SELECT category_id, author_id, '广告', body, published_at FROM article LIMIT 40",
]
_OTHER_TABLES = [
    "ALTER TABLE member ADD damaged int FIRST",
    "ALTER TABLE article MODIFY title varchar(400)",
]
# What damages the site, and whether tables are swapped for it, amended where they stand, or both.
DAMAGE = {
    "swap": (_WRONG_ROWS + _OTHER_TABLES, {"swap"}),
    "in place": (_WRONG_ROWS, {"commit"}),
    "both": (_WRONG_ROWS + _OTHER_TABLES[:1], {"swap", "commit"}),
}


@dataclass(frozen=True, slots=True)
class Site:
    """The website as it serves, its archive, and what is asked of it."""

    address: MysqlAddress
    archive: Path
    pages: dict[str, Ask]
    tables: dict[str, Ask]
    website: Website

    def visitors(self) -> Visitors:
        return Visitors([self.pages, self.tables])

    @property
    def asks(self) -> dict[str, Ask]:
        return {**self.pages, **self.tables}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    with MariaDB(tmp_path_factory.mktemp("site-db")) as server:
        yield server


@pytest.fixture(scope="module")
def website(server: MariaDB, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    with Website(tmp_path_factory.mktemp("site"), server) as site:
        yield site


@pytest.fixture
def backups(database: Database, server: MariaDB, tmp_path: Path) -> Backups:
    return Backups(database, opener(server), lambda: tmp_path / "archives")


@pytest.fixture
def restores(database: Database, server: MariaDB, backups: Backups) -> Restores:
    return Restores(database, opener(server), partial(backups.take, purpose="safety"))


@pytest.fixture
def site(server: MariaDB, website: Website, backups: Backups, tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "archives").mkdir()
    site_data.seed(server, site_data.SMALL)
    archive = backups.take(server.address(), Context()).path
    url = website.plain_address.url
    with (
        httpx.Client(trust_env=False, timeout=15) as client,
        server.connect(SITE_SCHEMA, user="site") as own,
    ):
        yield Site(
            server.address(),
            archive,
            {"/": page(client, url), "/members": page(client, f"{url}members")},
            {
                "both tables": sums(own, _BOTH),
                "members": sums(own, _MEMBERS),
                "view": sums(own, _OVER),
            },
            website,
        )


def slowly(visitors: Visitors, monkeypatch: pytest.MonkeyPatch) -> Context:
    """Return a context for a restore that waits at each kind of step until all visitors were
    answered, and before and after the steps that change what is seen."""
    for module, step, name in (
        (exchange, "exchange", "swap"),
        (exchange, "exchange_back", "swap back"),
        (exchange, "tie", "tie"),
        (swapping, "define_anew", "define"),
        (amending, "set_mark", "mark"),
        (replacement, "amend", "amend"),
    ):
        monkeypatch.setattr(module, step, _watched(visitors, getattr(module, step), name))

    told: set[str] = set()

    def report(progress: Progress) -> None:
        step = progress.text.partition(" ")[0]
        if step not in told:
            told.add(step)
            visitors.mark(progress.text)

    return Everything(report)


def _watched(visitors: Visitors, step: Callable[..., object], name: str) -> Callable[..., object]:
    def stepped(*words: object, **named: object) -> object:
        visitors.mark(f"before: {name}")
        done = step(*words, **named)
        visitors.mark(f"after: {name}")
        return done

    return stepped


def moment(visitors: Visitors, name: str) -> float:
    """Return when a step was taken, which was taken once."""
    (found,) = [at for at, mark in visitors.marks if mark == name]
    return found


@pytest.mark.parametrize("damage", sorted(DAMAGE))
def test_each_page_is_that_of_before_or_that_of_after(
    damage: str,
    restores: Restores,
    server: MariaDB,
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The restore, and then its undo: one moment in which everything becomes the other."""
    if damage == "both":  # no table is too small to stay in place beside others that are swapped
        monkeypatch.setattr(replacement, "_ALONG", 0)
        del site.tables["both tables"]  # one changes by the transaction, the other by the swap
    states = States(site.asks)
    states.learn("sound")
    statements, ways = DAMAGE[damage]
    execute(server, SITE_SCHEMA, statements)
    states.learn("damaged")
    served = site.website.folder / "access.log"
    logged, asked = served.stat().st_size, 0

    for was, becomes in (("damaged", "sound"), ("sound", "damaged")):
        with site.visitors() as visitors, monkeypatch.context() as patch:
            visitors.mark("as it was")
            begin = visitors.mark("begin")
            context = slowly(visitors, patch)
            if becomes == "sound":
                done = restores.run(site.archive, site.address, context, confirm=SITE_SCHEMA)
            else:
                done = restores.undo(done.id, context)
            end = visitors.mark("end")
        assert done.proved

        asked += sum(answer.what in site.pages for answer in visitors.answers)
        wrong = states.write(tmp_path / f"requests to {becomes}.log", visitors)
        assert not wrong, wrong
        took_place = {mark for _, mark in visitors.marks}
        assert ("after: swap" in took_place) == ("swap" in ways)
        assert ("after: amend" in took_place) == ("commit" in ways)

        # Whoever asked before the change saw the one state, whoever asked after it the other.
        changes = [
            (moment(visitors, f"before: {step}"), moment(visitors, f"after: {step}"))
            for step, way in (("amend", "commit"), ("swap", "swap"))
            if way in ways
        ]
        first, last = changes[0][0], changes[-1][1]
        for answers, state in (
            (visitors.between(0, begin), was),
            (visitors.between(begin, first), was),
            (visitors.between(last, end), becomes),
            (visitors.between(end, float("inf")), becomes),
        ):
            assert states.seen(answers) == [state]
            assert {answer.what for answer in answers} == {*site.asks}
        during = visitors.between(first, last)
        assert {answer.what for answer in during} == {*site.asks}
        for what in site.asks:
            alone = [a for a in visitors.answers if a.what == what]
            assert states.seen(alone) == [was, becomes]
        if len(ways) == 1:  # and so for all tables at once: who saw one new saw no other old later
            for answer in visitors.answers:
                if states.of(answer) == becomes:
                    later = visitors.between(answer.ended, float("inf"))
                    assert states.seen(later) in ([], [becomes])
                    break

    requests = served.read_bytes()[logged:].decode().splitlines()
    assert len(requests) == asked
    assert all('HTTP/1.1" 200' in line for line in requests)


def test_a_restore_that_fails_after_the_swap_is_seen_whole_too(
    restores: Restores,
    server: MariaDB,
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Then the sound tables are seen for a while, and after the way back the damaged ones again."""
    states = States(site.asks)
    states.learn("sound")
    execute(server, SITE_SCHEMA, DAMAGE["swap"][0])
    states.learn("damaged")
    define, calls = swapping.define_anew, []

    def broken(*words: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise OpsError("the line was cut")
        return define(*words)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(swapping, "define_anew", broken)
    with site.visitors() as visitors, monkeypatch.context() as patch:
        visitors.mark("begin")
        context = slowly(visitors, patch)
        with pytest.raises(OpsError, match="the line was cut"):
            restores.run(site.archive, site.address, context, confirm=SITE_SCHEMA)
        visitors.mark("end")
    wrong = states.write(tmp_path / "requests.log", visitors)
    assert not wrong, wrong
    for what in site.asks:
        alone = [answer for answer in visitors.answers if answer.what == what]
        assert states.seen(alone) == ["damaged", "sound", "damaged"]


def test_a_half_restored_table_would_be_seen(server: MariaDB, site: Site, tmp_path: Path) -> None:
    """The visitors and their log are no good unless they tell what a careless restore does."""
    states = States(site.asks)
    states.learn("sound")
    execute(server, SITE_SCHEMA, _WRONG_ROWS)
    states.learn("damaged")
    with site.visitors() as visitors:
        visitors.mark("begin")
        execute(server, SITE_SCHEMA, ["UPDATE member SET company='！' WHERE id=1"])
        visitors.mark("half")
    assert states.write(tmp_path / "requests.log", visitors)
    assert {a.what for a in visitors.answers if states.of(a) == "neither"} == {
        "/members",
        "both tables",
        "members",
    }
