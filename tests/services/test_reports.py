"""Reports end to end: made in a real worker process, kept, recorded, and checked afterwards."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from db.engine import Database
from db.journal import Journal
from example_change import PATCH, notice, taken_back
from example_month import empty_month, full_month
from gmops_desktop.context import Context
from gmops_desktop.contract.notices import Notice
from gmops_desktop.contract.report_texts import TextKey
from gmops_desktop.contract.steps import Handed
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.language import current
from gmops_desktop.reports.change_facts import RecordFacts
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.reports.orders import HandOverFacts, LetterFacts
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.reports import Report, Reports

DAY = date(2018, 7, 2)
PNG = b"\x89PNG\r\n\x1a\n"
Build = Callable[[MonthFacts], Reports]


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database, actor=lambda: "张伟", device_name="工作站")


@pytest.fixture
def build(database: Database, journal: Journal, tmp_path: Path) -> Build:
    def build(facts: MonthFacts) -> Reports:
        def collect(start: date, end: date) -> MonthFacts:
            return replace(facts, start=start, end=end)

        return Reports(database, journal, lambda: tmp_path / "reports", collect)

    return build


def note(database: Database, journal: Journal, title: str) -> None:
    with database.session() as session, session.begin():
        journal.record(session, "ticket", "t-1", "ticket.opened", {"title": title})


def test_a_report_is_kept_recorded_and_shown(
    build: Build, database: Database, journal: Journal, context: Context, tmp_path: Path
) -> None:
    note(database, journal, "首页无法打开")
    reports = build(full_month())
    report = reports.make("monthly", "2018-04", context, out=tmp_path / "out" / "april.pdf")

    assert (report.number, report.kind, report.period) == ("GMGSL-YB-2018-04", "monthly", "2018-04")
    content = report.path.read_bytes()
    assert report.path == tmp_path / "out" / "april.pdf"
    assert hashlib.sha256(content).hexdigest() == report.file_digest
    (registered,) = reports.all()
    assert registered.path.read_bytes() == content
    if os.name == "posix":
        assert registered.path.stat().st_mode & 0o777 == 0o600
    assert reports.get(report.number) == reports.get(report.id) == registered
    assert reports.page_count(report.path) == report.pages
    assert reports.render(report.path, 0, 300).startswith(PNG)
    assert reports.checks() == ()
    (entry,) = journal.entries("report")
    assert (entry.action, entry.actor) == ("report.made", "张伟")
    (head,) = report.heads
    newest = journal.entries("ticket")[-1]
    assert (head.sequence, head.hash, head.device_name) == (newest.sequence, newest.hash, "工作站")


def test_a_second_one_is_a_version_that_names_the_first(build: Build, context: Context) -> None:
    reports = build(empty_month())
    first = reports.make("monthly", "2018-05", context)
    second = reports.make("monthly", "2018-05", context)
    assert (second.number, second.replaces) == ("GMGSL-YB-2018-05-V2", first.number)
    assert first.path.exists()
    assert first.path != second.path
    assert [one.number for one in reports.all()] == [second.number, first.number]


def test_the_facts_are_collected_in_the_language_of_the_report(
    database: Database, journal: Journal, context: Context, tmp_path: Path
) -> None:
    spoken: list[str] = []

    def collect(start: date, end: date) -> MonthFacts:
        spoken.append(current())
        return empty_month()

    reports = Reports(database, journal, lambda: tmp_path, collect)
    reports.make("monthly", "2018-04", context)
    reports.make("monthly", "2018-04", context, language="en")
    assert spoken == ["zh_CN", "en"]


def test_a_contract_without_letters_still_gets_a_number(build: Build, context: Context) -> None:
    facts = empty_month()
    facts = replace(facts, contract=replace(facts.contract, number="2018年第3号"))
    assert build(facts).make("monthly", "2018-04", context).number == "GMOPS-YB-2018-04"


def test_letters_are_counted_in_their_month_and_a_new_one_about_the_same_is_a_version(
    build: Build, database: Database, journal: Journal, context: Context
) -> None:
    contracts = Contracts(database, journal)
    contract = contracts.load_example()
    reports = build(empty_month())

    def write(name: str, dated: date = DAY) -> Report:
        notice = Notice("joined", name, name, "B", DAY, DAY + timedelta(3), None, "", True)
        return reports.write_letter(LetterFacts(notice, contract, None, dated), context)

    first, second, again = write("刘洋"), write("周敏"), write("刘洋")
    assert [one.number for one in (first, second, again)] == [
        "GMGSL-LX-2018-07-01", "GMGSL-LX-2018-07-02", "GMGSL-LX-2018-07-01-V2",
    ]  # fmt: skip
    assert (again.replaces, second.replaces) == (first.number, "")
    assert reports.newest(first.about) == again
    later = write("刘洋", DAY + timedelta(31))  # the next month corrects it, too
    assert (later.number, later.replaces) == ("GMGSL-LX-2018-07-01-V3", again.number)
    key = TextKey(contract.id, "contact", first.about)
    assert reports.version_before(key) == later
    assert write("陈静", DAY + timedelta(31)).number == "GMGSL-LX-2018-08-01"
    assert reports.checks() == ()


def test_the_papers_of_a_change_are_kept_apart_and_told_in_their_own_language(
    build: Build, context: Context
) -> None:
    spoken: list[str] = []
    reports = build(empty_month())

    def gather() -> RecordFacts:
        spoken.append(current())
        return taken_back()

    first = reports.write_notice(notice, context)
    made = reports.write_change_record(gather, context)
    again = reports.write_change_record(gather, context, "en")
    handed = HandOverFacts(
        "", "", "", (Handed("site.conf", "configuration"),), PATCH.contract, DAY, (),
        PATCH.change_id, PATCH.number, PATCH.title,
    )  # fmt: skip
    form = reports.write_change_hand_over(lambda: handed, context)
    assert [one.number for one in (first, made, again, form)] == [
        "GMGSL-TJ-2018-04-01", "GMGSL-BG-2018-04-01", "GMGSL-BG-2018-04-01-V2",
        "GMGSL-YJ-2018-07-01",
    ]  # fmt: skip
    assert spoken == ["zh_CN", "en"]
    assert {one.about for one in reports.all()} == {PATCH.change_id}
    assert reports.newest(PATCH.change_id, "change_record") == again
    assert reports.newest(PATCH.change_id, "notice") == first
    assert reports.checks() == ()


def test_two_contracts_never_share_a_number_or_a_register(
    build: Build, database: Database, journal: Journal, context: Context
) -> None:
    contracts = Contracts(database, journal)
    mine = contracts.load_example()
    other = contracts.add_contract(replace(mine, number="GMGSL-YW-2018-02", title="另一份"))
    renewed = contracts.renew(
        mine.id, date(2019, 3, 7), date(2020, 3, 6), number="GMGSL-YW-2019", signed_on=None
    )
    made = [
        build(replace(empty_month(), contract=one)).make("monthly", "2018-05", context)
        for one in (mine, other, mine, other)
    ]
    assert [one.number for one in made] == [
        "GMGSL-YB-2018-05", "GMGSLYW201802-YB-2018-05",
        "GMGSL-YB-2018-05-V2", "GMGSLYW201802-YB-2018-05-V2",
    ]  # fmt: skip
    reports = build(empty_month())
    assert {one.id for one in reports.all(mine)} == {made[0].id, made[2].id}
    assert {one.id for one in reports.all(other)} == {made[1].id, made[3].id}
    assert reports.all(renewed) == reports.all(mine)
    assert len(reports.all()) == 4


@pytest.mark.parametrize("period", ["2018", "2018-13", "2018-4", "四月", "", "../../etc"])
def test_a_wrong_period_is_refused(build: Build, context: Context, period: str) -> None:
    with pytest.raises(OpsError, match="not a month") as refused:
        build(empty_month()).make("monthly", period, context)
    assert "2018-04" in refused.value.hint


def test_what_no_font_has_is_named(build: Build) -> None:
    notes: list[str] = []
    facts = full_month()
    ticket = replace(facts.tickets[0], title="表情 😀 与 𠮷")
    build(replace(facts, tickets=(ticket,))).make("monthly", "2018-04", Context(note=notes.append))
    assert notes == ["No font has these characters, printed as 〓: U+1F600."]


def test_an_unknown_number_is_refused(build: Build) -> None:
    with pytest.raises(OpsError, match="no report “X-1”"):
        build(empty_month()).get("X-1")


# ---------------------------------------------------------------- what goes wrong


def test_a_full_disk_leaves_neither_file_nor_entry(
    build: Build,
    journal: Journal,
    context: Context,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    reports = build(empty_month())
    monkeypatch.setattr("gmops_desktop.paths.os.fsync", full)
    with pytest.raises(OpsError, match="No space left") as refused:
        reports.make("monthly", "2018-04", context)
    monkeypatch.undo()
    assert refused.value.unharmed == "No report was recorded."
    assert refused.value.hint
    assert list((tmp_path / "reports").iterdir()) == []
    assert reports.all() == ()
    assert journal.entries("report") == ()


def test_cancel_ends_the_worker_and_leaves_nothing(
    build: Build, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Context, "_INTERVAL", 0)  # hear of every step
    context = Context(lambda progress: started.set() if "Setting" in progress.text else None)
    started = threading.Event()

    def cancel() -> None:
        started.wait(30)
        context.cancel()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    with pytest.raises(Cancelled):
        build(empty_month()).make("monthly", "2018-04", context)
    canceller.join()
    assert not (tmp_path / "reports").exists()
    assert journal.entries("report") == ()


def test_a_place_that_cannot_be_written_names_itself(
    build: Build, context: Context, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    reports = build(empty_month())
    with pytest.raises(OpsError, match="could not be written") as refused:
        reports.make("monthly", "2018-04", context, out=tmp_path / "file" / "a.pdf")
    assert str(reports.all()[0].path) in refused.value.unharmed


# ---------------------------------------------------------------- what verify sees


def test_an_altered_file_is_named(build: Build, context: Context) -> None:
    reports = build(empty_month())
    path = reports.make("monthly", "2018-04", context).path
    path.write_bytes(path.read_bytes().replace(b"%%EOF", b"%%EOG"))
    assert reports.checks() == ("The file of report GMGSL-YB-2018-04 was altered.",)


def test_a_missing_file_is_named(build: Build, context: Context) -> None:
    reports = build(empty_month())
    reports.make("monthly", "2018-04", context).path.unlink()
    (fault,) = reports.checks()
    assert "GMGSL-YB-2018-04 cannot be read" in fault


def test_a_rewritten_journal_contradicts_the_paper(
    build: Build, database: Database, journal: Journal, context: Context
) -> None:
    """Even a chain written anew without a break no longer leads to the head that was printed."""
    note(database, journal, "已付款")
    reports = build(empty_month())
    reports.make("monthly", "2018-04", context)
    assert reports.checks() == ()
    with database.session() as session, session.begin():
        session.execute(
            text("UPDATE entries SET hash = :hash WHERE sequence = 2"), {"hash": "0" * 64}
        )
    (fault,) = reports.checks()
    assert fault.startswith("Report GMGSL-YB-2018-04 contradicts the journal: entry 2 of 工作站")
