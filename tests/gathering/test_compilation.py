"""The compilation of evidence out of what is really on record, and the evidence beside it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from gmops_desktop.assembly import Services, assemble
from gmops_desktop.context import Cancelled, Context
from gmops_desktop.contract.clause_evidence import home_of
from gmops_desktop.contract.clauses import CLAUSES
from gmops_desktop.contract.record import START
from gmops_desktop.contract.terms import day_of, next_month, word_of_post
from gmops_desktop.errors import OpsError
from gmops_desktop.gathering.compilation import compilation_of, days_of
from gmops_desktop.gathering.evidence_files import SUMS
from gmops_desktop.language import speaking
from gmops_desktop.paths import Home
from gmops_desktop.reports import orders, phrases
from gmops_desktop.reports.compilation import CHAIN_CHECK
from gmops_desktop.reports.evidence_facts import ClauseLine, CompilationFacts
from gmops_desktop.reports.orders import Document, attached
from printed import text_of

TODAY = day_of(datetime.now(UTC))
BEGIN = (TODAY.replace(day=1) - timedelta(days=200)).replace(day=1)
PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 64


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """A contract that runs now, with a ticket that went its whole way and a file that proves it."""
    home = tmp_path / "home"
    home.mkdir()
    with assemble(Home(home), secret=lambda name: "") as services:
        services.contracts.load_example()
        contract = services.contracts.current()
        assert contract is not None
        services.contracts.save_contract(
            replace(contract, start=BEGIN, end=BEGIN + timedelta(days=364), signed_on=BEGIN)
        )
        contact = next(one for one in services.contracts.contacts() if one.party == "A")
        book = services.tickets
        ticket = book.open("incident", "首页 𠮷 打不开", requester=contact.name, priority=1)
        book.move(ticket.id, "working")
        shot = services.attachments.keep_bytes(
            b"\x89PNG\r\n\x1a\n" + b"0" * 64, "截图.png", Context()
        )
        services.attachments.attach("ticket", ticket.id, [shot])
        book.open("question", "夜间来电", requester="陌生人", priority=2, emergency="业务中断")
        yield services


def whole(services: Services) -> CompilationFacts:
    return compilation_of(services._shelves(), "")()


def clause(facts: CompilationFacts, key: str) -> ClauseLine:
    return next(one for one in facts.clauses if one.key == key)


def test_every_entry_is_listed_once_under_its_clause(services: Services) -> None:
    facts = whole(services)
    assert [one.key for one in facts.clauses] == list(CLAUSES)
    listed = [line.hash for one in facts.clauses for line in one.entries]
    theirs = [entry for entry in services._journal.entries() if entry.kind != "device"]
    assert sorted(listed) == sorted(entry.hash for entry in theirs)
    opened = [one.subject for one in clause(facts, "1.14").entries]
    assert any("首页 𠮷 打不开" in one for one in opened)
    (file,) = clause(facts, "1.14").files
    assert (file.name, len(file.sha256)) == ("截图.png", 64)
    assert [one.reason for one in facts.overrides] == ["业务中断"]
    assert clause(facts, "1.12").elsewhere == (("1.14", 2),)


def test_what_nobody_recorded_is_unknown_before_the_record_and_missing_after(
    services: Services,
) -> None:
    facts = whole(services)
    for one in facts.clauses:
        for month, (standing, _) in zip(facts.months, one.cells, strict=True):
            if month > TODAY:
                assert standing == "ahead"
            elif month < TODAY.replace(day=1):  # the record began this month
                assert standing in ("unknown", "done"), (one.key, month)
    assert clause(facts, "2.3-1").standing != "done"
    earlier = "UPDATE entries SET at = at - 86400000 * 120 WHERE sequence = 1"
    with services._database.session() as session, session.begin():
        session.execute(text(earlier))
    begun = whole(services)
    backups = dict(zip(begun.months, clause(begun, "2.2-4").cells, strict=True))
    assert "missing" in {standing for standing, _ in backups.values()}


def test_months_that_lack_what_each_month_owes_are_named(services: Services) -> None:
    """Eleven months that hold do not make good the twelfth; a post is judged by who filled it then,
    not by who fills it today."""
    earlier = "UPDATE entries SET at = at - 86400000 * :days WHERE sequence = 1"
    with services._database.session() as session, session.begin():
        session.execute(text(earlier), {"days": (TODAY - BEGIN).days})
    book, contracts = services._shelves().contracts, services.contracts
    contract = book.current()
    assert contract is not None
    ((post, wanted), *_) = contract.staff
    second, third = next_month(BEGIN), next_month(next_month(BEGIN))
    for one in contracts.contacts():
        if one.party == "B" and one.post == post:
            contracts.end_contact(one.id, second + timedelta(days=9))
    for _ in range(wanted):
        contracts.add_contact("新人", "B", "", "", third, post)
    facts = whole(services)
    staff = clause(facts, "2.3-1")
    standing = dict(zip(facts.months, (one for one, _ in staff.cells), strict=True))
    assert (standing[second], standing[third]) == ("late", "unknown")  # there is no roster
    named = phrases.month(second)
    assert [one for one in staff.breaches if one.startswith(named)] == [
        f"{named}: vacant: {word_of_post(post)} (0 of {wanted})"
    ]
    assert staff.standing == "late"
    backups = clause(facts, "2.2-4")
    missing = [
        phrases.month(month)
        for month, (one, _) in zip(facts.months, backups.cells, strict=True)
        if one == "missing"
    ]
    assert missing
    assert f"nothing on record for {', '.join(missing)}" in backups.breaches
    assert backups.standing in ("missing", "late")
    printed = text_of(orders.make_compilation(facts, Document("N-1", "en")))
    assert "".join(f"{named}: vacant: ".split()) in printed
    assert "".join(f"nothing on record for {missing[0]}".split()) in printed


def test_a_period_holds_what_was_recorded_in_it(services: Services) -> None:
    shelves = services._shelves()
    this = compilation_of(shelves, f"{TODAY:%Y-%m}")()
    assert (this.period, this.about, this.whole) == (f"{TODAY:%Y-%m}", "", False)
    assert sum(len(one.entries) for one in this.clauses) > 0
    first, third = BEGIN, next_month(next_month(BEGIN))
    before = compilation_of(shelves, f"{first:%Y-%m}")()
    assert sum(len(one.entries) for one in before.clauses) == 0
    spanned = compilation_of(shelves, f"{first:%Y-%m}~{third:%Y-%m}")()
    assert (spanned.start, spanned.end) == (BEGIN, next_month(third) - timedelta(days=1))
    contract = spanned.contract
    assert days_of(contract, "") == (contract.start, contract.end)
    for wrong in ("2001-01", f"{third:%Y-%m}~{first:%Y-%m}", "yesterday"):
        with pytest.raises(OpsError):
            compilation_of(shelves, wrong)


def test_a_compilation_is_made_and_its_evidence_checked_with_common_tools(
    services: Services, tmp_path: Path
) -> None:
    report = services.reports.make("compilation", "", Context())
    assert "-HB-" in report.number
    target = tmp_path / "evidence"
    saved = services.evidence_files.save(report.number, target, Context(), chains=True)
    facts = attached(report.path)[0]["facts"]
    listed = [line for one in facts["clauses"] for line in one["entries"]]
    assert (saved.entries, saved.files, saved.missing) == (len(listed), 1, ())

    ran = subprocess.run(["sha256sum", "-c", SUMS], cwd=target, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
    lines = (target / "entries.jsonl").read_bytes().splitlines()
    assert [hashlib.sha256(line).hexdigest() for line in lines] == [
        line["hash"] for line in sorted(listed, key=lambda one: (one["device_id"], one["sequence"]))
    ]
    # The commands that the document prints, as they stand there.
    (chain,) = target.glob("chain-*.jsonl")
    script = CHAIN_CHECK.replace("chain-DEVICE.jsonl", chain.name)
    head = subprocess.run(["bash", "-c", script], cwd=target, capture_output=True, text=True)
    (now,) = services._journal.heads()
    assert head.stdout.strip() == now.hash
    printed = next(one for one in facts["heads"])
    hashes = [hashlib.sha256(line).hexdigest() for line in chain.read_bytes().splitlines()]
    assert hashes[printed["sequence"] - 1] == printed["hash"]
    first = json.loads(chain.read_bytes().splitlines()[0])
    assert first[-1] == START

    altered = chain.read_text("utf-8").replace("首页 𠮷 打不开", "首页打不开", 1)
    chain.write_text(altered, "utf-8")
    broken = subprocess.run(["bash", "-c", script], cwd=target, capture_output=True, text=True)
    assert "BROKEN" in broken.stdout
    ran = subprocess.run(["sha256sum", "-c", SUMS], cwd=target, capture_output=True)
    assert ran.returncode == 1


def test_a_zip_holds_the_same_and_says_what_is_not_in_it(
    services: Services, tmp_path: Path
) -> None:
    report = services.reports.make("compilation", "", Context(), language="en")
    (shot,) = services.attachments.all()
    services.attachments._files.path(shot.sha256).unlink()
    target = tmp_path / "evidence.zip"
    saved = services.evidence_files.save(report.number, target, Context())
    assert saved.files == 0
    assert len(saved.missing) == 1
    with zipfile.ZipFile(target) as packed:
        assert set(packed.namelist()) == {
            f"{report.number}.pdf", "README.txt", "entries.jsonl", SUMS
        }  # fmt: skip
        said = packed.read("README.txt").decode()
    assert "截图.png" in said
    assert list(tmp_path.glob(".*")) == []


def test_nothing_is_left_where_it_cannot_be_written(services: Services, tmp_path: Path) -> None:
    report = services.reports.make("compilation", "", Context())
    save = services.evidence_files.save
    there = tmp_path / "there.zip"
    there.write_bytes(b"mine")
    with pytest.raises(OpsError, match="there already"):
        save(report.number, there, Context())
    assert there.read_bytes() == b"mine"
    with pytest.raises(OpsError, match="could not be written"):
        save(report.number, tmp_path / "no" / "such" / "x.zip", Context())
    other = services.reports.make("fees", "", Context())
    with pytest.raises(OpsError, match="no compilation"):
        save(other.number, tmp_path / "x", Context())
    context = Context()
    context.cancel()
    with pytest.raises(Cancelled):
        save(report.number, tmp_path / "y", context)
    assert sorted(os.listdir(tmp_path)) == ["home", "there.zip"]


def test_an_entry_altered_since_is_named(services: Services, tmp_path: Path) -> None:
    report = services.reports.make("compilation", "", Context())
    with services._database.session() as session, session.begin():
        session.execute(text("UPDATE entries SET data = replace(data, '打不开', '好') "
                             "WHERE action = 'ticket.opened'"))  # fmt: skip
    with speaking("en"):
        saved = services.evidence_files.save(report.number, tmp_path / "x", Context())
    assert any("not in the journal as it is printed" in one for one in saved.missing)


def test_the_chains_of_two_contracts_are_not_handed_to_one_of_them(
    services: Services, tmp_path: Path
) -> None:
    report = services.reports.make("compilation", "", Context())
    files = services.evidence_files
    files._whole = lambda: False
    with pytest.raises(OpsError, match="another contract"):
        files.save(report.number, tmp_path / "x", Context(), chains=True)
    assert files.save(report.number, tmp_path / "x", Context()).entries > 0


def test_every_kind_of_entry_has_a_home(services: Services) -> None:
    for entry in services._journal.entries():
        assert home_of(entry, entry) in CLAUSES


@pytest.mark.parametrize("asked", ["", "month", "span", "whole", "beyond"])
def test_own_words_are_found_again_whatever_the_period_is_called(
    services: Services, asked: str
) -> None:
    """The words are kept under what the document itself is of: months as far as the contract runs
    in them, or the contract."""
    second = next_month(BEGIN)
    of = {
        "": "",
        "month": f" {second:%Y-%m} ",
        "span": f"{BEGIN:%Y-%m}~{second:%Y-%m}",
        "whole": f"{BEGIN:%Y-%m}~{BEGIN + timedelta(days=364):%Y-%m}",
        "beyond": f"{BEGIN - timedelta(days=1):%Y-%m}~{second:%Y-%m}",
    }[asked]
    facts = compilation_of(services._shelves(), of)()
    key = services.report_texts.key("compilation", of)
    assert (key.contract_id, key.of) == (facts.contract.id, facts.about or facts.period)


def test_a_period_that_is_none_is_refused_before_words_are_kept(services: Services) -> None:
    with pytest.raises(OpsError, match="month"), speaking("en"):
        services.report_texts.key("compilation", "soon")
