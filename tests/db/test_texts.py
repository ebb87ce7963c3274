"""What people wrote is found: all of it, by two characters, the same as by reading every text."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select, text

from db import schema, texts
from db.engine import Database
from db.journal import Fact, Journal, New
from db.models import TextRow
from gmops_desktop.contract.findable import holds, wanted_words, words_of
from gmops_desktop.contract.record import fold

NOW = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)


def make_journal(database, name="workstation"):
    return Journal(database, actor=lambda: "张伟", device_name=name, now=lambda: NOW)


@pytest.fixture
def journal(database):
    return make_journal(database)


def write(database, journal, subject, fields, kind="ticket", **note):
    with database.session() as session, session.begin():
        journal.record(session, kind, subject, f"{kind}.revised", fields, **note)


def found(database, wanted, kind="ticket"):
    with database.session() as session:
        return sorted(session.scalars(texts.matching(session, wanted, kind)))


def by_reading(journal, wanted, kind="ticket"):
    """The truth: every subject's words, read one by one."""
    entries = journal.entries(kind)
    subjects = {entry.subject: [] for entry in entries}
    for entry in entries:
        subjects[entry.subject].append(entry)
    words = wanted_words(wanted)
    return sorted(key for key, own in subjects.items() if holds(words_of(fold(own)), words))


# What trips tokenizers: Chinese beside Latin, signs, wide letters, emoji, signs of the query's own.
PIECES = st.sampled_from(
    ["备份", "份", "数据库", "年审", "nginx", "Nginx", "1.24", "％", "%", "_", '"', "*", "'", "a_b",
     "-", "AND", "OR", "\\", "🚑", "é", "ß", "ＡＢ", " ", "\n", "\t", "　", "502", "\ue021", "!",
     "\x00", "ﬁ", "(", ")", "+", "甲乙"]
)  # fmt: skip
TEXTS = st.lists(PIECES, min_size=1, max_size=8).map("".join)


@settings(
    max_examples=1000 if os.environ.get("GMOPS_SOAK") else 25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    written=st.lists(st.tuples(st.integers(0, 4), TEXTS), min_size=1, max_size=12),
    wanted=st.lists(st.one_of(TEXTS, PIECES), min_size=1, max_size=6),
)
def test_a_search_finds_what_reading_finds(database, journal, written, wanted):
    """Example after example goes into one store, which is rebuilt in between."""
    for subject, words in written:
        write(database, journal, f"t{subject}", {"title": words}, text=words[::-1])
    for one in wanted:
        assert found(database, one) == by_reading(journal, one), one
    journal.rebuild()
    for one in wanted:
        assert found(database, one) == by_reading(journal, one), one


def test_two_chinese_characters_suffice_and_mixed_queries_are_right(database, journal):
    """The cases in which FTS5's own tokenizers fail: short terms give nothing, or are dropped."""
    write(database, journal, "t1", {"title": "数据库备份失败"})
    write(database, journal, "t2", {"title": "证书到期，已备份"})
    write(database, journal, "t3", {"title": "升级nginx到1.24", "description": "证书到期"})
    assert found(database, "备份") == ["t1", "t2"]
    assert found(database, "证书到期 备份") == ["t2"]
    assert found(database, "nginx 到期") == ["t3"]
    assert found(database, "级nginx到1.2") == ["t3"]
    assert found(database, "db") == []
    assert found(database, "库") == ["t1"]
    assert found(database, "期") == ["t2", "t3"], "also at the end of a text"


def test_everything_people_wrote_is_found_and_the_machines_codes_are_not(database, journal):
    fields = {
        "title": "首页",
        "state": "awaiting_notice",
        "kind": "incident",
        "resource_id": "0190b3c2-0000-7000-8000-00000000beef",
        "root_cause": {"text": "连接池耗尽", "sha256": "ab" * 32},
        "people": ["王主任", "李老师"],
        "opened_at": "2018-11-22T02:00:00.000+00:00",
    }
    write(database, journal, "t1", fields, evidence=["access.log"], waiting_on="party_a")
    for wanted in ("连接池", "王主任", "老师 access"):
        assert found(database, wanted) == ["t1"], wanted
    for wanted in ("awaiting", "incident", "party_a", "beef", "abab", "2018-11-22t02"):
        assert found(database, wanted) == [], wanted


def test_other_records_are_found_beside_tickets(database, journal):
    write(database, journal, "t1", {"number": "T-0001", "title": "李老师来电"})
    write(database, journal, "c1", {"name": "李老师"}, kind="contact")
    plan = {"packages": [{"name": "openssl"}]}
    change = {"number": "C-0001", "title": "3 个更新", "plan": plan}
    write(database, journal, "p1", change, kind="change")
    write(database, journal, "x1", {}, kind="training", text="给李老师培训后台")
    with database.session() as session:
        others = texts.find(session, "李老师", but="ticket")
        assert {(one.kind, one.title) for one in others} == {
            ("contact", "李老师"),
            ("training", "给李老师培训后台"),
        }
        [it] = texts.find(session, "openssl")
        assert (it.kind, it.title) == ("change", "C-0001 3 个更新")
        assert len(texts.find(session, "李老师", most=1)) == 1


def test_a_word_that_was_taken_back_is_still_found_because_the_entry_stands(database, journal):
    write(database, journal, "t1", {"title": "旧标题"})
    write(database, journal, "t1", {"title": "新标题"})
    assert found(database, "旧标题") == found(database, "新标题") == ["t1"]


def test_what_was_rolled_back_is_not_found(database, journal):
    write(database, journal, "t1", {"title": "留下"})
    with database.session() as session:
        transaction = session.begin()
        journal.record(session, "ticket", "t2", "ticket.opened", {"title": "没有留下"})
        transaction.rollback()
    assert found(database, "留下") == ["t1"]


def test_many_new_subjects_are_as_if_recorded_one_by_one(tmp_path, database, journal):
    rows = [
        (f"t{n}", {"number": f"T-{n:04d}", "title": f"工单 {n}", "b": "乙", "a": "甲"})
        for n in range(1, 8)
    ]
    for subject, fields in rows:
        write(database, journal, subject, fields, text="备注")
    other = Database(tmp_path / "other.db")
    with closing(other):
        many = make_journal(other)
        facts = [
            New(key, [Fact("ticket.revised", fields, {"text": "备注"})]) for key, fields in rows
        ]
        told: list[int] = []
        with other.session() as session, session.begin():
            assert many.record_new(session, "ticket", facts, told.append) == 7
        assert told == [7]
        assert many.verify().ok
        assert many.strangers() == ()
        with database.session() as one, other.session() as two:
            said = select(TextRow.subject, TextRow.title, TextRow.words).order_by(TextRow.subject)
            assert one.execute(said).all() == two.execute(said).all()
        assert found(other, "工单 备注") == found(database, "工单 备注") != []


def test_a_number_given_anew_is_found_and_given_up_again(tmp_path, database, journal):
    """Two devices that had not met gave out one number: the later ticket is shown with a suffix."""
    other = Database(tmp_path / "other.db")
    with closing(other):
        there = make_journal(other, "laptop")
        first, second = (
            "0190b3c2-0000-7000-8000-00000000aaaa",
            "0190b3c2-0000-7000-8000-00000000bbbb",
        )
        write(database, journal, first, {"number": "T-0001", "title": "甲"})
        write(other, there, second, {"title": "先有一条"})
        write(other, there, second, {"number": "T-0001", "title": "乙"})
        journal.merge(there.entries())
        assert found(database, "t-0001-bbbb") == [second]
        assert found(database, "t-0001") == [first, second]
        assert journal.strangers() == ()
        journal.rebuild()
        assert found(database, "t-0001-bbbb") == [second]
        write(database, journal, second, {"number": "T-0002"})
        assert found(database, "t-0001-bbbb") == []
        assert found(database, "t-0002") == [second]
        assert journal.strangers() == ()


def test_words_written_past_the_journal_are_noticed_and_put_right(database, journal):
    write(database, journal, "t1", {"title": "原文"})
    with database.session() as session, session.begin():
        session.execute(text("UPDATE texts SET words = '伪造'"))
    assert journal.strangers() == ("原文",)
    journal.rebuild()
    assert journal.strangers() == ()
    assert found(database, "原文") == ["t1"]


def test_a_store_of_an_older_program_is_caught_up_once(tmp_path):
    written, path = tmp_path / "now.db", tmp_path / "store.db"
    database = Database(written)
    journal = make_journal(database)
    write(database, journal, "t1", {"title": "升级前写的"})
    assert not journal.catch_up()
    database.close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        schema.upgrade(connection, "0004")  # which knew no texts
    engine.dispose()
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("ATTACH ? AS written", (str(written),))
        for table in ("devices", "entries"):
            store.execute(f"INSERT INTO {table} SELECT * FROM written.{table}")
    database = Database(path)
    journal = make_journal(database)
    assert found(database, "升级") == []
    assert journal.catch_up()
    assert found(database, "升级") == ["t1"]
    assert not journal.catch_up()
    database.close()


def test_without_fts5_every_text_is_read_and_the_result_is_the_same(database, journal):
    with database.session() as session, session.begin():
        session.execute(text("DROP TABLE text_pairs"))
    write(database, journal, "t1", {"title": "数据库备份 50%"})
    write(database, journal, "t1", {"title": "数据库备份完成"})
    journal.rebuild()
    assert found(database, "备份") == found(database, "50%") == ["t1"]
    assert found(database, "备分") == []


@pytest.mark.servers
def test_a_team_s_mysql_finds_the_same(mariadb, schema):
    secret = quote(mariadb.password("root"), safe="")
    place = f"{schema.host}:{schema.port}/{schema.schema}"
    team = Database(url=f"mysql+pymysql://root:{secret}@{place}?charset=utf8mb4")
    try:
        journal = make_journal(team, "team")
        write(team, journal, "t1", {"title": "数据库备份 50% 🚑"})
        write(team, journal, "t2", {"title": "café 年审"})
        write(team, journal, "t2", {"title": "年审完成"})
        queries = ("备份", "年审", "库", "50%", "_", "🚑", "cafe", "café", "é", "审完成 年", "")
        for _ in range(2):
            for wanted in queries:
                assert found(team, wanted) == by_reading(journal, wanted), wanted
            journal.rebuild()
    finally:
        team.close()
