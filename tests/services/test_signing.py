"""Signing from end to end: register, journal, what comes back, and what any file is worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from db.engine import Database
from db.journal import Journal
from example_month import full_month
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.reports.signed import Sealed, examine, sign
from gmops_desktop.services.reports import Report, Reports
from gmops_desktop.services.reports.signing import Signing, worth
from gmops_desktop.settings import SettingsFile
from sandbox.signing_keys import PASSWORD, key_file, seal_picture

PARTY_A = "深圳市光明新区工商业联合会"


class Keys(dict[str, str]):
    """A keyring in memory."""

    def find(self, name: str) -> str | None:
        return self.get(name)

    def put(self, name: str, secret: str) -> None:
        self[name] = secret

    def delete(self, name: str) -> None:
        del self[name]


class Desk:
    """A register with a report of April, and what is needed to sign it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder, self.keys = database, folder, Keys()
        self.journal = Journal(database, actor=lambda: "张工", device_name="工作站")

        def collect(start: date, end: date) -> MonthFacts:
            return replace(full_month(), start=start, end=end, tickets=self.tickets)

        self.tickets = full_month().tickets
        self.reports = Reports(database, self.journal, lambda: folder / "reports", collect)
        self.settings = SettingsFile(folder / "settings.json")
        self.key = folder / "company.p12"
        self.key.write_bytes(key_file())
        self.signing = self.at(datetime.now(UTC))
        with database.session() as session, session.begin():
            self.journal.record(session, "ticket", "t-1", "ticket.opened", {"title": "首页"})
        self.report = self.reports.make("monthly", "2018-04", Context())

    def at(self, now: datetime) -> Signing:
        return Signing(
            self.database, self.journal, self.reports, self.settings, self.keys,
            self.folder / "seal.png", now=lambda: now,
        )  # fmt: skip

    def several_pages(self) -> Report:
        """Return a report of two pages, of March."""
        line = full_month().tickets[0]
        self.tickets = tuple(replace(line, number=f"T-{number:04d}") for number in range(60))
        return self.reports.make("monthly", "2018-03", Context())

    def ready(self) -> None:
        self.signing.use_key(self.key, PASSWORD)

    def signed(self) -> Report:
        self.ready()
        return self.signing.sign(self.report.number, Context())

    def returned(self, content: bytes, name: str = "back.pdf") -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def countersigned(self, report: Report) -> bytes:
        look = Sealed(None, "王主任", "", date(2018, 5, 3))
        theirs = key_file("王主任", PARTY_A)
        return sign(report.path.read_bytes(), theirs, PASSWORD, "party_a", look)


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path)


def test_signing_keeps_what_was_made_and_journals_who_signed(desk: Desk) -> None:
    picture = desk.folder / "scan.png"
    picture.write_bytes(seal_picture(paper=True))
    desk.signing.use_seal(picture)
    made = desk.report.path.read_bytes()

    report = desk.signed()

    assert (report.signed, report.number) == ("party_b", desk.report.number)
    assert desk.report.path.read_bytes() == made
    assert report.path.read_bytes().startswith(made)
    assert report.path != desk.report.path
    entry = desk.journal.entries("report")[-1]
    key = desk.signing.key()
    assert key is not None
    assert (entry.action, entry.actor) == ("report.signed", "张工")
    assert entry.note["certificate"] == key.fingerprint
    assert desk.reports.checks() == ()
    stored = (desk.folder / "settings.json").read_text("utf-8")
    assert PASSWORD not in stored
    assert list(desk.keys.values()) == [PASSWORD]


def test_the_wheel_turns_full_circle(desk: Desk) -> None:
    """Made, signed, countersigned, filed, and judged at each step."""
    judge = desk.signing.judge
    assert judge(desk.report.path, Context()).verdict == "unsigned"
    report = desk.signed()
    found = judge(report.path, Context())
    assert (found.verdict, found.number, found.faults) == ("untouched", report.number, ())
    back = desk.returned(desk.countersigned(report))
    assert judge(back, Context()).verdict == "countersigned"

    filed = desk.signing.file_back(report.number, back, Context(), by="王主任", copies="各一份")

    assert (filed.signed, filed.path.read_bytes()) == ("both", back.read_bytes())
    assert report.path.exists()
    assert desk.reports.checks() == ()
    entry = desk.journal.entries("report")[-1]
    assert (entry.action, entry.note["by"]) == ("report.returned", "王主任")


def test_a_seal_goes_across_the_edges_and_the_document_made_stays_within(desk: Desk) -> None:
    desk.ready()
    several = desk.several_pages()
    with pytest.raises(OpsError, match="No picture of a seal"):
        desk.signing.sign(several.number, Context(), across=True)
    picture = desk.folder / "scan.png"
    picture.write_bytes(seal_picture(paper=True))
    desk.signing.use_seal(picture)
    with pytest.raises(OpsError, match="has one page"):
        desk.signing.sign(desk.report.number, Context(), across=True)
    assert {one.signed for one in desk.reports.all()} == {"unsigned"}

    report = desk.signing.sign(several.number, Context(), across=True)

    assert report.path.read_bytes().startswith(several.path.read_bytes())
    found = desk.signing.judge(report.path, Context())
    assert (found.verdict, found.faults) == ("untouched", ())
    back = desk.returned(desk.countersigned(report))
    assert desk.signing.judge(back, Context()).verdict == "countersigned"
    assert desk.signing.file_back(report.number, back, Context(), by="王主任").signed == "both"
    assert desk.journal.entries("report")[-2].note["across"] == "yes"


def test_a_scan_of_the_signed_paper_is_filed_beside(desk: Desk) -> None:
    report = desk.signed()
    scan = desk.returned(seal_picture(), "scan.png")

    filed = desk.signing.file_back(report.number, scan, Context(), by="王主任")

    assert filed.signed == "both"
    assert filed.path == report.path
    (kept,) = (desk.folder / "reports").glob("*.scan.png")
    assert kept.read_bytes() == scan.read_bytes()


def test_what_is_no_return_is_refused_and_the_register_unchanged(desk: Desk) -> None:
    report = desk.signed()
    good = desk.countersigned(report)
    damaged = bytearray(good)
    damaged[len(desk.report.path.read_bytes()) // 2] ^= 1
    other = desk.reports.make("monthly", "2018-05", Context())
    other = desk.signing.sign(other.number, Context())
    refused = {
        "altered.pdf": bytes(damaged),
        "half.pdf": good[:-3000],
        "ours.pdf": report.path.read_bytes(),
        "other.pdf": desk.countersigned(other),
        "letter.docx": b"PK\x03\x04",
        "empty.pdf": b"",
    }
    for name, content in refused.items():
        with pytest.raises(OpsError):
            desk.signing.file_back(
                report.number, desk.returned(content, name), Context(), by="王主任"
            )
    with pytest.raises(OpsError, match="must be named"):
        desk.signing.file_back(report.number, desk.returned(good), Context(), by=" ")
    assert desk.reports.get(report.number) == report
    assert list((desk.folder / "reports").glob("*countersigned*")) == []


def test_an_entry_that_was_altered_afterwards_is_named(desk: Desk) -> None:
    report = desk.signed()
    with desk.database.session() as session, session.begin():
        session.execute(text("UPDATE entries SET actor = '别人' WHERE sequence = 1"))

    found = desk.signing.judge(report.path, Context())

    assert found.verdict == "contradicted"
    assert any("Entry 1 " in fault for fault in found.faults), found.faults


def test_a_file_altered_after_signing_is_told(desk: Desk) -> None:
    report = desk.signed()
    content = bytearray(report.path.read_bytes())
    content[2000] ^= 4

    found = desk.signing.judge(desk.returned(bytes(content)), Context())

    assert found.verdict == "altered"
    assert found.faults


def test_a_signature_of_another_key_is_not_ours(desk: Desk) -> None:
    desk.signed()
    look = Sealed(None, "冒名", "", date(2018, 5, 3))
    forged = sign(
        desk.report.path.read_bytes(), key_file("冒名", "别家公司"), PASSWORD, "party_b", look
    )

    found = desk.signing.judge(desk.returned(forged), Context())

    assert examine(forged).verdict == "untouched"
    assert found.verdict == "contradicted"


def test_nothing_is_signed_twice_or_after_an_alteration(desk: Desk) -> None:
    report = desk.signed()
    with pytest.raises(OpsError, match="signed already"):
        desk.signing.sign(report.number, Context())
    other = desk.reports.make("monthly", "2018-05", Context())
    other.path.write_bytes(other.path.read_bytes() + b" ")
    with pytest.raises(ProofFailed, match="altered"):
        desk.signing.sign(other.number, Context())


def test_keys_that_cannot_sign_are_told_and_not_kept(desk: Desk) -> None:
    with pytest.raises(OpsError, match="No signing key"):
        desk.signing.sign(desk.report.number, Context())
    with pytest.raises(OpsError, match="wrong password"):
        desk.signing.use_key(desk.key, "wrong")
    with pytest.raises(OpsError, match="cannot be read"):
        desk.signing.use_key(desk.folder / "gone.p12", PASSWORD)
    with pytest.raises(OpsError, match=r"valid .* only"):
        desk.at(datetime(2050, 1, 1, tzinfo=UTC)).use_key(desk.key, PASSWORD)
    assert desk.signing.key() is None
    assert not desk.keys

    desk.ready()
    desk.keys.clear()
    with pytest.raises(OpsError, match="not in the keyring"):
        desk.signing.sign(desk.report.number, Context())
    desk.ready()
    desk.key.unlink()
    with pytest.raises(OpsError, match="cannot be read"):
        desk.signing.sign(desk.report.number, Context())
    desk.signing.forget_key()
    assert desk.signing.key() is None
    assert desk.reports.get(desk.report.number).signed == "unsigned"


def test_what_a_key_is_worth_is_said_plainly(desk: Desk) -> None:
    desk.ready()
    key = desk.signing.key()
    assert key is not None
    assert "根证书" in worth(key)


def test_two_programs_do_not_both_sign(desk: Desk) -> None:
    desk.ready()
    with desk.database.session() as session, session.begin():
        fields = {"signed": "party_b"}
        desk.journal.record(session, "report", desk.report.id, "report.signed", fields)
    stale = desk.report
    desk.reports.get = lambda name: stale  # type: ignore[method-assign]  # what was read before
    with pytest.raises(OpsError, match="meanwhile"):
        desk.signing.sign(stale.number, Context())
    assert not list((desk.folder / "reports").glob("*.signed.pdf"))
