from __future__ import annotations

import pytest
from sqlalchemy import text

from db.ids import uuid7
from db.journal import Journal
from gmops_desktop.services.records import Records


@pytest.fixture
def journal(database):
    return Journal(database, actor=lambda: "张伟", device_name="workstation")


@pytest.fixture
def faults():
    return []


@pytest.fixture
def missing():
    return []


@pytest.fixture
def records(database, journal, faults, missing):
    return Records(database, journal, lambda: faults, lambda _context: missing)


@pytest.fixture
def tickets(database, journal):
    with database.session() as session, session.begin():
        for number in range(1, 4):
            fields = {"number": f"T-000{number}", "title": f"工单 {number}", "priority": 1}
            journal.record(session, "ticket", uuid7(), "ticket.opened", fields)


def test_an_empty_record_is_whole(records):
    report = records.verify()
    assert (report.ok, report.entries, report.heads, report.faults) == (True, 0, (), ())


@pytest.mark.usefixtures("tickets")
def test_a_record_is_whole_until_somebody_touches_it(database, records):
    report = records.verify()
    assert report.ok, report.faults
    assert report.entries == records.count() == 4  # joining included
    assert report.heads == records.heads()
    with database.session() as session, session.begin():
        session.execute(text("UPDATE entries SET actor = 'x' WHERE sequence = 2"))
    report = records.verify()
    assert (report.ok, report.faults) == (False, ("Entry 2 of workstation was altered.",))


@pytest.mark.usefixtures("tickets")
@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE tickets SET priority = 4 WHERE number = 'T-0002'", "T-0002"),
        ("UPDATE tickets SET number = 'T-0009' WHERE number = 'T-0002'", "T-0002"),
        ("DELETE FROM tickets WHERE number = 'T-0003'", "T-0003"),
        ("UPDATE tickets SET id = 'new' WHERE number = 'T-0001'", "T-0001"),
    ],
)
def test_a_table_written_past_the_journal_is_named_and_can_be_made_anew(
    database, records, statement, name
):
    with database.session() as session, session.begin():
        session.execute(text(statement))
    report = records.verify()
    assert not report.ok
    assert report.faults[0] == f"{name} shows something else than the journal says."
    records.rebuild()
    assert records.verify().ok


def test_faults_of_the_reports_count(records, faults):
    faults.append("The file of report R-0001 was altered.")
    report = records.verify()
    assert not report.ok
    assert report.faults == ("The file of report R-0001 was altered.",)


def test_attached_files_that_are_not_here_count(records, missing):
    missing.append("The file of 签字单.pdf is not on this machine.")
    assert records.verify().faults == ("The file of 签字单.pdf is not on this machine.",)
