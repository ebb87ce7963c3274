from __future__ import annotations

import getpass
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from db.engine import Database
from db.ids import uuid7
from db.journal import Journal, letter_of
from db.models import ContractRow, Device, TicketRow
from db.projections import TABLES
from gmops_desktop.contract.record import digest
from gmops_desktop.errors import OpsError

NOW = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)


def make_journal(database, name="workstation", now=lambda: NOW):
    return Journal(database, actor=lambda: "张伟", device_name=name, now=now)


@pytest.fixture
def journal(database):
    return make_journal(database)


@pytest.fixture
def record(database, journal):
    def record(subject="t1", fields=None, kind="ticket", action="ticket.revised", **note):
        with database.session() as session, session.begin():
            return journal.record(session, kind, subject, action, fields or {}, **note)

    return record


def tables(database):
    """Everything the projections say."""
    with database.session() as session:
        return {
            kind: sorted(
                tuple(
                    (column.name, repr(getattr(row, column.name)))
                    for column in model.__table__.columns
                )
                for row in session.scalars(select(model))
            )
            for kind, model in TABLES.items()
        }


# ---------------------------------------------------------------- recording


def test_the_first_entry_of_a_store_is_its_device_joining(journal, record):
    entry = record(fields={"title": "首页 502"})
    joined, first = journal.entries()
    assert (joined.action, joined.sequence, joined.fields["name"]) == (
        "device.joined",
        1,
        "workstation",
    )
    assert first == entry
    assert (first.sequence, first.previous, first.clock) == (2, joined.hash, 2)
    assert (first.actor, first.at) == ("张伟", NOW)
    [head] = journal.heads()
    assert (head.device_name, head.sequence, head.hash) == ("workstation", 2, first.hash)


def test_an_entry_and_its_row_stand_or_fall_together(database, journal, record):
    record(fields={"title": "a"})

    def fail_half_way():
        with database.session() as session, session.begin():
            journal.record(session, "ticket", "t1", "ticket.revised", {"title": "b"})
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        fail_half_way()
    assert journal.count() == 2
    with database.session() as session:
        assert session.get_one(TicketRow, "t1").title == "a"


def test_values_become_plain_and_columns_read_them_back(database, record):
    record(
        "c1",
        {
            "start": date(2018, 3, 6),
            "total": Decimal("32692.70"),
            "items": ({"key": "x"},),
            "colour": "blue",
        },
        kind="contract",
        action="contract.recorded",
    )
    with database.session() as session:
        row = session.get_one(ContractRow, "c1")
    assert (row.start, row.total, row.items) == (
        date(2018, 3, 6),
        Decimal("32692.70"),
        [{"key": "x"}],
    )
    assert row.more == {"colour": "blue"}  # what has no column is not lost
    assert (row.created_at, row.title) == (NOW, "")


def test_null_takes_a_field_back(database, record):
    record(fields={"closed_at": NOW, "title": "x"})
    record(fields={"closed_at": None, "title": None})
    with database.session() as session:
        row = session.get_one(TicketRow, "t1")
    assert (row.closed_at, row.title) == (None, "")


def test_entries_of_a_kind_without_a_table_are_a_list(journal, record):
    record("n1", {"audience": "users"}, kind="notice", action="notice.given", text="公告")
    [entry] = journal.entries("notice", "n1")
    assert entry.note == {"text": "公告"}


def test_nobody_named_at_work_is_the_user_of_the_system(database):
    journal = Journal(database, actor=lambda: " ", device_name="x")
    with database.session() as session, session.begin():
        entry = journal.record(session, "notice", "n", "notice.given")
    assert entry.actor == getpass.getuser()


def test_two_programs_on_one_store_write_one_chain(database, journal, record):
    second = Database(database.path)
    other = make_journal(second)
    for number in range(4):
        store, writer = ((database, journal), (second, other))[number % 2]
        with store.session() as session, session.begin():
            writer.record(session, "notice", uuid7(), "notice.given")
    assert [entry.sequence for entry in journal.entries()] == [1, 2, 3, 4, 5]
    assert journal.verify().ok
    assert len(journal.heads()) == 1
    second.close()


def test_a_clock_set_back_changes_neither_order_nor_proof(database):
    times = iter([NOW, NOW, NOW - timedelta(days=400), NOW + timedelta(days=1)])
    journal = make_journal(database, now=lambda: next(times))
    for title in "abc":
        with database.session() as session, session.begin():
            journal.record(session, "ticket", "t1", "ticket.revised", {"title": title})
    with database.session() as session:
        assert session.get_one(TicketRow, "t1").title == "c"
    assert [entry.fields["title"] for entry in journal.entries("ticket")] == ["a", "b", "c"]
    assert journal.verify().ok


def test_numbers_count_up_and_are_not_taken_by_what_fails(database, journal):
    def open_ticket(fail=False):
        with database.session() as session, session.begin():
            number = journal.next_number(session, "ticket")
            journal.record(session, "ticket", uuid7(), "ticket.opened", {"number": number})
            if fail:
                raise RuntimeError("no")
            return number

    assert open_ticket() == "T-0001"
    with pytest.raises(RuntimeError):
        open_ticket(fail=True)
    assert open_ticket() == "T-0002"


@pytest.mark.parametrize(
    ("place", "letter"), [(0, ""), (1, "B"), (2, "C"), (25, "Z"), (26, "BA"), (27, "BB")]
)
def test_letters_of_devices(place, letter):
    assert letter_of(place) == letter


def test_a_copied_store_is_another_device(tmp_path, database, journal, record):
    """A laptop that takes a copy along must not grow a second end of the same chain."""
    record(fields={"title": "a"})
    database.close()
    (tmp_path / "laptop").mkdir()
    shutil.copy(database.path, tmp_path / "laptop" / "store.db")
    copied = Database(tmp_path / "laptop" / "store.db")
    laptop = make_journal(copied, "laptop")
    with copied.session() as session, session.begin():
        laptop.record(session, "ticket", "t1", "ticket.revised", {"title": "b"})
        assert laptop.next_number(session, "ticket") == "T-B0001"
    record(fields={"title": "c"})
    assert journal.merge(laptop.entries()) == 2
    assert journal.verify().ok
    assert {head.device_name for head in journal.heads()} == {"workstation", "laptop"}
    copied.close()


# ---------------------------------------------------------------- verifying


@pytest.fixture
def whole(database, journal, record):
    for number in range(5):
        record(fields={"title": str(number)}, text=f"step {number}")
    assert journal.verify().ok
    return journal


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (
            "UPDATE entries SET actor = 'x' WHERE sequence = 3",
            "Entry 3 of workstation was altered.",
        ),
        (
            "UPDATE entries SET data = replace(data, 'step 1', 'step 9') WHERE sequence = 3",
            "Entry 3 of workstation was altered.",
        ),
        (
            "UPDATE entries SET at = at + 1 WHERE sequence = 2",
            "Entry 2 of workstation was altered.",
        ),
        (
            "UPDATE entries SET data = '{' WHERE sequence = 4",
            "Entry 4 of workstation cannot be read.",
        ),
        (
            "UPDATE entries SET data = '[]' WHERE sequence = 4",
            "Entry 4 of workstation cannot be read.",
        ),
        (
            "UPDATE entries SET data = '{\"x\":1,' || substr(data, 2) WHERE sequence = 4",
            "Entry 4 of workstation cannot be read.",
        ),
        ("DELETE FROM entries WHERE sequence = 3", "Entry 3 of workstation is missing."),
        ("DELETE FROM entries WHERE sequence = 1", "Entry 1 of workstation is missing."),
        (
            "INSERT INTO entries SELECT 'new', device, 9, 9, at, offset_minutes, actor, kind,"
            " subject, action, data, previous, hash FROM entries WHERE sequence = 6",
            "Entries 7 to 8 of workstation are missing.",
        ),
    ],
)
def test_tampering_is_named_entry_by_entry(database, whole, statement, fault):
    with database.session() as session, session.begin():
        session.connection().exec_driver_sql(statement)
    report = whole.verify()
    assert not report.ok
    assert any(found.startswith(fault) for found in report.faults), report.faults


def test_a_cut_end_is_seen_where_another_device_had_seen_it(tmp_path, database, whole):
    other = Database(tmp_path / "other" / "store.db")
    laptop = make_journal(other, "laptop")
    laptop.merge(whole.entries())
    with other.session() as session, session.begin():
        laptop.record(session, "notice", "n", "notice.given")
    whole.merge(laptop.entries())
    with database.session() as session, session.begin():
        mine = session.scalar(select(Device).where(Device.name == "workstation"))
        statement = "DELETE FROM entries WHERE sequence > 4 AND device = :device"
        session.execute(text(statement), {"device": mine.id})
    [fault] = whole.verify().faults
    assert fault == "Entries 5 to 6 of workstation are missing: another device had seen them."
    other.close()


# ---------------------------------------------------------------- rebuilding


def test_rebuilding_gives_the_same_tables(database, journal, record):
    for number in range(3):
        with database.session() as session, session.begin():
            fields = {"number": journal.next_number(session, "ticket"), "title": f"工单 {number}"}
            journal.record(session, "ticket", f"t{number}", "ticket.opened", fields)
    record("t1", {"state": "working"}, text="开始处理")
    record("c1", {"title": "合同", "x": 1}, kind="contract")
    record("r1", {"name": "官网", "removed": True}, kind="resource")
    record("r1", {"removed": None}, kind="resource")
    before = tables(database)
    journal.rebuild()
    assert tables(database) == before

    with database.session() as session, session.begin():
        session.execute(text("UPDATE tickets SET title = 'forged'"))
        session.execute(text("DELETE FROM resources"))
    assert tables(database) != before
    journal.rebuild()
    assert tables(database) == before


# ---------------------------------------------------------------- merging


@pytest.fixture
def pair(tmp_path):
    with ExitStack() as stack:
        found = []
        for name in ("workstation", "laptop"):
            store = Database(tmp_path / name / "store.db")
            stack.callback(store.close)
            found.append((store, make_journal(store, name)))
        yield found


def put(store, journal, subject, fields):
    with store.session() as session, session.begin():
        return journal.record(session, "ticket", subject, "ticket.revised", fields)


def test_merging_twice_changes_nothing(pair):
    (one, here), (other, there) = pair
    put(one, here, "t1", {"title": "a"})
    assert there.merge(here.entries()) == 2
    before = tables(other)
    assert there.merge(here.entries()) == 0
    assert tables(other) == before == tables(one)


def test_the_same_number_given_twice_stays_with_the_first(pair):
    """Two devices that joined without having met gave out the same number."""
    (one, here), (other, there) = pair
    first = put(one, here, "t-aaaa", {"number": "T-0001"})
    put(other, there, "t-bbbb", {"number": "T-0001"})
    here.merge(there.entries())
    there.merge(here.entries())
    assert tables(one) == tables(other)
    with one.session() as session:
        rows = session.scalars(select(TicketRow).order_by(TicketRow.first_device)).all()
        winner = min(rows, key=lambda row: (row.first_clock, row.first_device))
        loser = max(rows, key=lambda row: (row.first_clock, row.first_device))
    assert winner.number == loser.claimed == "T-0001"
    assert loser.number == f"T-0001-{loser.id[-4:].upper()}"
    assert (winner.conflicts, loser.conflicts) == ([], ["number"])
    assert first.fields["number"] == "T-0001"


def test_a_number_given_up_is_free_for_the_other(pair):
    (one, here), (other, there) = pair
    put(one, here, "t-aaaa", {"number": "T-0001"})
    put(other, there, "t-bbbb", {"number": "T-0001"})
    here.merge(there.entries())
    for subject, number in (("t-aaaa", "T-0003"), ("t-bbbb", "T-0004"), ("t-aaaa", "T-0001")):
        put(one, here, subject, {"number": number})
        before = tables(one)
        here.rebuild()
        assert tables(one) == before
    with one.session() as session:
        found = {row.id: row.number for row in session.scalars(select(TicketRow))}
    assert found == {"t-aaaa": "T-0001", "t-bbbb": "T-0004"}


def refuse(journal, store, entries, match):
    before, count = tables(store), journal.count()
    with pytest.raises(OpsError, match=match) as caught:
        journal.merge(entries)
    assert caught.value.hint
    assert caught.value.unharmed
    assert (tables(store), journal.count()) == (before, count)


def test_what_does_not_fit_is_refused_as_a_whole(pair):
    (one, here), (other, there) = pair
    put(other, there, "mine", {"title": "x"})
    for title in "abc":
        put(one, here, "t1", {"title": title})
    entries = here.entries()
    altered = [*entries[:2], replace(entries[2], actor="x"), *entries[3:]]
    refuse(there, other, altered, "Entry 3 of workstation was altered")
    refuse(there, other, entries[:2] + entries[3:], "Entry 3 of workstation is missing")
    refuse(there, other, entries[1:], "Entry 1 of .* is missing")
    there.merge(entries)
    fork = replace(entries[3], id=uuid7(), actor="x")
    fork = replace(fork, hash=digest(fork))
    refuse(there, other, [*entries[:3], fork], "Entry 4 of workstation is there twice")
    changed = replace(entries[3], actor="x")
    refuse(there, other, [replace(changed, hash=digest(changed))], "there twice")


def test_entries_that_had_seen_what_is_not_there_are_refused(pair, tmp_path):
    (one, here), (other, there) = pair
    put(one, here, "t1", {"title": "a"})
    there.merge(here.entries())
    put(other, there, "t1", {"title": "b"})
    third = Database(tmp_path / "third" / "store.db")
    mine = [e for e in there.entries() if e.fields.get("name") == "laptop" or e.seen]
    refuse(make_journal(third, "third"), third, mine, "another device had seen them")
    third.close()


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "store.db"
    Database(path).close()
    return path


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("write"),
            st.integers(0, 2),
            st.sampled_from(["t1", "t2"]),
            st.dictionaries(
                st.sampled_from(["title", "priority", "number", "colour"]),
                st.sampled_from([None, 1, 2]),
                min_size=1,
            ),
        ),
        st.tuples(st.just("merge"), st.integers(0, 2), st.integers(0, 2)),
    ),
    min_size=1,
    max_size=14,
)


@given(STEPS)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_merging_is_commutative_associative_and_idempotent(template, steps):
    """Three real stores write and meet as they like; afterwards each order of meeting agrees."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:

        def store(name):
            path = Path(folder) / name / "store.db"
            path.parent.mkdir()
            shutil.copy(template, path)
            database = Database(path)
            stack.callback(database.close)
            return database, make_journal(database, name)

        devices = [store(name) for name in ("one", "two", "three")]
        for step in steps:
            database, journal = devices[step[1]]
            if step[0] == "merge":
                journal.merge(devices[step[2]][1].entries())
            else:
                fields = {k: f"T-000{v}" if k == "number" else v for k, v in step[3].items()}
                fields = {k: str(v) if k == "title" and v else v for k, v in fields.items()}
                put(database, journal, step[2], fields)
        piles = [journal.entries() for _, journal in devices]
        results = []
        for number, order in enumerate(itertools.permutations(piles)):
            database, journal = store(f"order{number}")
            for pile in (*order, order[0]):  # and one of them again
                journal.merge(pile)
            results.append(tables(database))
            assert journal.verify().ok
        database, journal = store("at once")
        journal.merge([entry for pile in piles for entry in pile])
        results.append(tables(database))
        journal.rebuild()
        results.append(tables(database))
        for database, journal in devices:
            for pile in piles:
                journal.merge(pile)
            results.append(tables(database))
        assert all(result == results[0] for result in results)


def test_data_is_canonical_text(database, record):
    record(fields={"b": 1, "a": "中"}, text="x")
    with database.session() as session:
        data = session.execute(text("SELECT data FROM entries WHERE sequence = 2")).scalar_one()
    assert data == '{"fields":{"a":"中","b":1},"note":{"text":"x"},"seen":{}}'
    assert json.loads(data)["fields"] == {"a": "中", "b": 1}


@pytest.mark.servers
def test_a_team_may_keep_the_same_store_on_mysql(mariadb, schema, pair):
    """Same models, same migrations, same journal behind a MySQL URL."""
    secret = quote(mariadb.password("root"), safe="")
    place = f"{schema.host}:{schema.port}/{schema.schema}"
    url = f"mysql+pymysql://root:{secret}@{place}?charset=utf8mb4"
    team = Database(url=url)
    shared = make_journal(team, "team")
    try:
        put(team, shared, "t1", {"number": "T-0001", "title": "官网首页 502 🚑", "opened_at": NOW})
        (one, here), _ = pair
        put(one, here, "t2", {"title": "长" * 100, "description": "长" * 70_000})
        shared.merge(here.entries())
        here.merge(shared.entries())
        assert shared.verify().ok
        assert tables(team) == tables(one)
        shared.rebuild()
        assert tables(team) == tables(one)
        assert secret not in team.place
    finally:
        team.close()
    Database(url=url).close()  # and it opens again


def test_programs_that_start_at_once_on_a_new_store_share_one_chain(tmp_path):
    """Window, terminal and timer may all be first: one makes the tables, all write in turn."""
    path = tmp_path / "store.db"
    program = f"""
from pathlib import Path
from db.engine import Database
from db.ids import uuid7
from db.journal import Journal
database = Database(Path({str(path)!r}))
journal = Journal(database, actor=lambda: "x", device_name="w")
for _ in range(10):
    with database.session() as session, session.begin():
        number = journal.next_number(session, "ticket")
        journal.record(session, "ticket", uuid7(), "ticket.opened", {{"number": number}})
database.close()
"""
    started = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    database = Database(path)
    report = make_journal(database).verify()
    with database.session() as session:
        numbers = set(session.scalars(select(TicketRow.number)))
    database.close()
    assert report.ok, report.faults
    assert (report.entries, len(report.heads), len(numbers)) == (31, 1, 30)
