from __future__ import annotations

from dataclasses import asdict

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
def records(database, journal, faults):
    return Records(database, journal, lambda: faults)


def record(database, journal, count=3):
    with database.session() as session, session.begin():
        for _ in range(count):
            journal.record(session, "notice", uuid7(), "notice.given", {}, text="公告")


def make_report(database, journal):
    heads = [asdict(head) for head in journal.heads()]
    with database.session() as session, session.begin():
        fields = {"number": journal.next_number(session, "report"), "heads": heads}
        journal.record(session, "report", uuid7(), "report.made", fields)


def test_an_empty_record_is_whole(records):
    report = records.verify()
    assert (report.ok, report.entries, report.heads, report.faults) == (True, 0, (), ())


def test_a_record_with_its_reports_is_whole(database, journal, records):
    record(database, journal)
    make_report(database, journal)
    record(database, journal)
    report = records.verify()
    assert report.ok, report.faults
    assert report.entries == records.count() == 8  # joining included
    assert report.heads == records.heads()


def test_a_chain_written_anew_contradicts_the_printed_report(database, journal, records):
    """Somebody who recomputes every hash fools the chain, but not the paper."""
    record(database, journal)
    make_report(database, journal)
    forged = Journal(database, actor=lambda: "x", device_name="workstation")
    entries = journal.entries()
    with database.session() as session, session.begin():
        session.execute(text("DELETE FROM entries"))
    with database.session() as session, session.begin():
        device = forged._device(session)
        for entry in entries[1:]:
            forged._append(
                session,
                device,
                entry.kind,
                entry.subject,
                entry.action,
                entry.fields,
                {"text": "!"},
            )
    assert journal.verify().faults == ()
    report = records.verify()
    assert not report.ok
    assert any("R-0001" in fault for fault in report.faults)


def test_entries_cut_off_after_a_report_was_made_are_missed(database, journal, records):
    record(database, journal)
    make_report(database, journal)
    with database.session() as session, session.begin():
        session.execute(text("DELETE FROM entries WHERE sequence > 3"))
    [fault] = records.verify().faults
    assert "R-0001" in fault
    assert "Entry 4 of workstation" in fault


def test_faults_of_the_report_files_count(records, faults):
    faults.append("R-0001 was changed after it was made.")
    report = records.verify()
    assert not report.ok
    assert report.faults == ("R-0001 was changed after it was made.",)
