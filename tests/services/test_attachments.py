"""Files of tickets: kept once, named by entries, proved, and every way in which that fails."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from db.engine import Database
from db.journal import Journal
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from gmops_desktop.services.attachments import Attachments, Content
from gmops_desktop.services.attachments.kinds import kind_of
from gmops_desktop.services.attachments.service import safe_name
from gmops_desktop.services.tickets import Tickets

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


class Desk:
    """A ticket, and the attachments of its store."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.journal = Journal(database, actor=lambda: "Zhang", device_name="desk")
        self.tickets = Tickets(database, self.journal)
        self.limit = 1_000_000
        self.now = NOW
        self.folder = folder / "attachments"
        self.inbox = folder / "inbox"
        self.inbox.mkdir()
        self.attachments = Attachments(
            database, self.journal, self.folder, limit=lambda: self.limit, now=lambda: self.now
        )
        self.ticket = self.open()

    def open(self) -> str:
        return self.tickets.open("incident", "site down", requester="", priority=1).id

    def file(self, name: str, content: bytes) -> Path:
        path = self.inbox / name
        path.write_bytes(content)
        return path

    def attach(self, name: str, content: bytes, ticket: str = "") -> None:
        kept = self.attachments.keep(self.file(name, content), Context())
        self.attachments.attach("ticket", ticket or self.ticket, [kept])

    @property
    def stored(self) -> list[Path]:
        """Every file in the folder of the attachments."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# ---------------------------------------------------------------- in


def test_an_attachment_is_an_entry_that_names_it(desk: Desk) -> None:
    desk.attach("响应截图.png", PNG)
    [one] = desk.attachments.of("ticket", desk.ticket)
    assert (one.name, one.size, one.sha256) == ("响应截图.png", len(PNG), digest(PNG))
    assert (one.kind.key, one.kind.word, one.actor) == ("png", "PNG picture", "Zhang")
    assert desk.attachments.read(one) == PNG
    entry = desk.journal.entries("ticket", desk.ticket)[-1]
    assert entry.action == "ticket.attached"
    assert entry.note["attachments"][0]["sha256"] == digest(PNG)
    step = desk.tickets.steps(desk.ticket)[-1]
    assert (step.action, step.text) == ("Attached", "响应截图.png")
    assert desk.tickets.search("响应截图"), "its name is found"


def test_the_same_content_lies_there_once_for_its_owner_alone(desk: Desk) -> None:
    other = desk.open()
    desk.attach("a.png", PNG)
    desk.attach("b.png", PNG, other)
    [path] = desk.stored
    assert path == desk.folder / digest(PNG)[:2] / digest(PNG)
    assert [one.name for one in desk.attachments.all()] == ["a.png", "b.png"]
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(desk.folder.stat().st_mode) == 0o700


def test_several_files_are_one_step(desk: Desk) -> None:
    kept = [desk.attachments.keep(desk.file(n, n.encode()), Context()) for n in ("a.txt", "b.txt")]
    desk.attachments.attach("ticket", desk.ticket, kept, "as asked for")
    assert desk.tickets.steps(desk.ticket)[-1].text == "a.txt, b.txt\nas asked for"
    ids = [one.id for one in desk.attachments.of("ticket", desk.ticket)]
    assert len(ids) == len(set(ids)) == 2


def test_a_picture_without_a_file_is_attached(desk: Desk) -> None:
    content = desk.attachments.keep_bytes(PNG, "Picture.png", Context())
    [one] = desk.attachments.attach("ticket", desk.ticket, [content])
    assert desk.attachments.read(one) == PNG


def test_other_subjects_have_attachments_too(desk: Desk, database: Database) -> None:
    with database.session() as session, session.begin():
        desk.journal.record(session, "training", "t-1", "training.held", topic="backups")
    content = desk.attachments.keep(desk.file("sign-in.txt", b"Li, Wang"), Context())
    [one] = desk.attachments.attach("training", "t-1", [content])
    assert (one.subject_kind, one.name) == ("training", "sign-in.txt")
    with pytest.raises(ValueError, match="no ticket"):
        desk.attachments.attach("ticket", "nowhere", [content])


def test_a_dropped_content_leaves_nothing(desk: Desk) -> None:
    content = desk.attachments.keep(desk.file("a.txt", b"a"), Context())
    assert desk.stored
    desk.attachments.drop(content)
    assert desk.stored == []


# ---------------------------------------------------------------- what fails on the way in


def refused(desk: Desk, path: Path) -> OpsError:
    with pytest.raises(OpsError) as caught:
        desk.attachments.keep(path, Context())
    assert caught.value.hint
    assert desk.stored == [], "nothing is left behind"
    return caught.value


def test_a_file_beyond_the_limit_is_refused_with_both_sizes(desk: Desk) -> None:
    error = refused(desk, desk.file("film.mp4", bytes(1_500_000)))
    assert error.message == "film.mp4 has 1.5 MB; 1 MB is the most for an attachment."
    assert error.unharmed == "No file was attached."
    with pytest.raises(OpsError, match="is the most"):
        desk.attachments.keep_bytes(bytes(1_000_001), "Picture.png", Context())
    assert desk.stored == []


def test_a_source_that_vanished_or_is_a_folder_is_named(desk: Desk) -> None:
    assert "still there" in refused(desk, desk.inbox / "gone.txt").hint
    assert "Pack a folder" in refused(desk, desk.inbox).hint


class Torn(io.BytesIO):
    """A stick that is pulled out after the first block."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError(5, "Input/output error")
        return super().read(10)


def test_a_source_that_vanishes_while_it_is_read_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = desk.file("a.txt", b"a" * 100)
    monkeypatch.setattr(Path, "open", lambda self, mode="r": Torn(b"a" * 100))
    error = refused(desk, path)
    assert error.message == "a.txt could not be read: Input/output error."
    assert "stick" in error.hint


def test_a_full_disk_is_a_sentence_and_loses_nothing(
    desk: Desk, full_disk: AbstractContextManager[None]
) -> None:
    path = desk.file("big.bin", os.urandom(200_000))
    with full_disk, pytest.raises(OpsError, match="could not be written") as caught:
        desk.attachments.keep(path, Context())
    assert "Free some space" in caught.value.hint
    assert desk.stored == []
    assert desk.attachments.of("ticket", desk.ticket) == ()


def test_a_folder_that_takes_nothing_is_named(desk: Desk) -> None:
    desk.folder.write_text("a file in its place")
    with pytest.raises(OpsError, match="could not be written") as caught:
        desk.attachments.keep(desk.file("a.txt", b"a"), Context())
    assert "may be written to" in caught.value.hint
    assert caught.value.unharmed == "No file was attached."


def test_cancelling_leaves_nothing(desk: Desk) -> None:
    context = Context()
    context.cancel()
    with pytest.raises(Cancelled):
        desk.attachments.keep(desk.file("a.txt", b"a"), context)
    assert desk.stored == []


def test_what_a_killed_program_left_is_swept_after_a_day(desk: Desk) -> None:
    desk.attachments.keep(desk.file("a.txt", b"a"), Context())
    desk.attach("b.txt", b"b")
    [one] = desk.attachments.all()
    lent = desk.attachments.lend(one, Context())
    begun = datetime.fromtimestamp(lent.stat().st_mtime, UTC)
    desk.now = begun + timedelta(hours=2)
    desk.attachments.sweep()
    assert len(desk.stored) == 3, "somebody may be at them"
    desk.now = begun + timedelta(days=2)
    desk.attachments.sweep()
    assert [path.name for path in desk.stored] == [digest(b"b")]


# ---------------------------------------------------------------- proof


@pytest.fixture
def spoilt(desk: Desk) -> Desk:
    """A desk whose one attachment was changed on the disk."""
    desk.attach("note.txt", b"what was said")
    desk.stored[0].write_bytes(b"what was SAID")
    return desk


def test_a_damaged_file_is_named_and_never_shown(spoilt: Desk, tmp_path: Path) -> None:
    [one] = spoilt.attachments.all()
    ways: list[Callable[[], object]] = [
        lambda: spoilt.attachments.read(one),
        lambda: spoilt.attachments.save(one, tmp_path / "out.txt", Context()),
        lambda: spoilt.attachments.lend(one, Context()),
    ]
    for way in ways:
        with pytest.raises(ProofFailed, match=r"note\.txt is damaged") as caught:
            way()
        assert "Attach the same file anew" in caught.value.hint
    assert not (tmp_path / "out.txt").exists()
    found = spoilt.attachments.verify(Context())
    assert (found.whole, found.strays) == (0, ())
    assert found.faults == ("note.txt is damaged: the file here is not the one that was attached.",)
    assert spoilt.attachments.checks(Context()) == found.faults
    assert spoilt.attachments.checks() == (), "a quick look cannot tell: its size is the same"


def test_attaching_the_same_file_anew_mends_it(spoilt: Desk) -> None:
    spoilt.attach("again.txt", b"what was said")
    assert spoilt.attachments.verify(Context()).faults == ()
    assert spoilt.attachments.read(spoilt.attachments.all()[0]) == b"what was said"


def test_a_missing_file_is_named(desk: Desk) -> None:
    desk.attach("note.txt", b"what was said")
    desk.stored[0].unlink()
    [one] = desk.attachments.all()
    with pytest.raises(ProofFailed, match=r"The file of note\.txt is not on this machine"):
        desk.attachments.read(one)
    told = ("The file of note.txt is not on this machine.",)
    assert desk.attachments.verify(Context()).faults == told
    assert desk.attachments.checks() == desk.attachments.checks(Context()) == told


def test_a_file_that_nothing_names_is_told(desk: Desk) -> None:
    desk.attach("a.txt", b"a")
    stray = desk.folder / "ab" / ("ab" + "0" * 62)
    stray.parent.mkdir()
    stray.write_bytes(b"whose?")
    found = desk.attachments.verify(Context())
    assert (found.whole, found.faults, found.strays) == (1, (), (stray,))


# ---------------------------------------------------------------- away


def test_removing_is_an_entry_and_the_file_stays_while_it_is_named(desk: Desk) -> None:
    other = desk.open()
    desk.attach("a.png", PNG)
    desk.attach("b.png", PNG, other)
    first, second = desk.attachments.all()
    desk.attachments.remove(first, "it shows a password")
    assert desk.attachments.of("ticket", desk.ticket) == ()
    assert desk.attachments.read(second) == PNG
    step = desk.tickets.steps(desk.ticket)[-1]
    assert (step.action, step.text) == ("Attachment removed", "a.png\nit shows a password")
    desk.attachments.remove(second, "that one, too")
    assert desk.stored == []
    assert desk.attachments.verify(Context()).faults == ()
    before = desk.journal.count()
    desk.attachments.remove(second, "twice")
    assert desk.journal.count() == before, "it was removed already"


def test_removing_needs_a_reason(desk: Desk) -> None:
    desk.attach("a.png", PNG)
    [one] = desk.attachments.all()
    with pytest.raises(OpsError, match="needs a reason"):
        desk.attachments.remove(one, "  ")
    assert desk.attachments.all() == (one,)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    deeds=st.lists(
        st.tuples(st.sampled_from(["attach", "remove"]), st.integers(0, 2), st.integers(0, 2)),
        max_size=9,
    )
)
def test_exactly_what_is_named_lies_there(desk: Desk, deeds: list[tuple[str, int, int]]) -> None:
    """Whatever is attached to and removed from three tickets, in whatever order."""
    tickets = [desk.open() for _ in range(3)]
    for deed, place, content in deeds:
        there = desk.attachments.of("ticket", tickets[place])
        if deed == "attach":
            desk.attach(f"{content}.txt", b"content %d" % content, tickets[place])
        elif there:
            desk.attachments.remove(there[content % len(there)], "as it comes")
    named = {one.sha256 for one in desk.attachments.all()}
    assert {path.name for path in desk.stored} == named
    found = desk.attachments.verify(Context())
    assert (found.whole, found.faults, found.strays) == (len(named), (), ())


# ---------------------------------------------------------------- out


def test_saving_writes_a_proved_copy(desk: Desk, tmp_path: Path) -> None:
    desk.attach("a.png", PNG)
    [one] = desk.attachments.all()
    assert desk.attachments.save(one, tmp_path / "b.png", Context()).read_bytes() == PNG
    assert desk.attachments.save(one, tmp_path, Context()) == tmp_path / "a.png"
    with pytest.raises(OpsError, match="exists already"):
        desk.attachments.save(one, tmp_path, Context())
    with pytest.raises(OpsError, match="could not be written"):
        desk.attachments.save(one, tmp_path / "nowhere" / "a.png", Context())


def test_another_program_gets_a_copy_it_cannot_spoil(desk: Desk) -> None:
    desk.attach("a.txt", b"a")
    [one] = desk.attachments.all()
    lent = desk.attachments.lend(one, Context())
    assert (lent.name, lent.read_bytes()) == ("a.txt", b"a")
    if os.name != "nt":
        assert stat.S_IMODE(lent.stat().st_mode) == 0o400
    lent.chmod(0o600)
    lent.write_bytes(b"changed")
    assert desk.attachments.read(one) == b"a"


def test_one_is_found_by_the_begin_of_its_digest(desk: Desk) -> None:
    desk.attach("a.txt", b"a")
    [one] = desk.attachments.all()
    assert desk.attachments.find(digest(b"a")[:8].upper()) == one
    assert desk.attachments.find(one.id) == one
    with pytest.raises(OpsError, match="no attachment") as caught:
        desk.attachments.find("ffff")
    assert "attachment list" in caught.value.hint


def pdf(*sizes: tuple[float, float]) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file)
    for size in sizes:
        canvas.setPageSize(size)
        canvas.drawString(2, 2, "page")
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def test_the_pages_of_a_document_are_drawn_within_bounds(desk: Desk) -> None:
    desk.attach("contract.pdf", pdf((595, 842), (14_000, 20), (20, 14_000)))
    [one] = desk.attachments.all()
    assert desk.attachments.pages(one) == 3
    for number in range(3):
        png = desk.attachments.page(one, number, 400, 300)
        width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
        assert 0 < width <= 401
        assert 0 < height <= 301


def test_what_only_looks_like_a_document_is_a_sentence(desk: Desk) -> None:
    desk.attach("broken.pdf", b"%PDF-1.7\nnothing follows")
    [one] = desk.attachments.all()
    assert one.kind.key == "pdf"
    with pytest.raises(OpsError, match=r"broken\.pdf cannot be shown here") as caught:
        desk.attachments.pages(one)
    assert "Save it" in caught.value.hint


# ---------------------------------------------------------------- kinds and names


def packed(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("holiday.jpg", b"MZ" + bytes(100), "windows-program"),
        ("holiday.jpg", b"\x7fELF" + bytes(100), "linux-program"),
        ("notes.txt", b"#!/bin/sh\nrm -rf /\n", "script"),
        ("clean.bat", b"del *.*\r\n", "script"),
        ("setup.MSI", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "windows-program"),
        ("table.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "ole"),
        ("invoice.pdf.lnk", b"anything", "shortcut"),
        ("MZ.txt", b"MZ-0012 has no light, neither in the hall nor outside of it.", "text"),
        ("photo", b"\xff\xd8\xff\xe0" + bytes(40), "jpeg"),
        ("photo.exe.png", PNG, "png"),
        ("scan.png", b"%PDF-1.4\n", "pdf"),
        ("说明.txt", "会员中心打不开".encode("gb18030"), "text"),
        ("说明.txt", "会员中心打不开".encode(), "text"),
        ("说明.txt", "会员中心打不开".encode("utf-16"), "text"),
        ("page.txt", b"<!DOCTYPE html><html></html>", "html"),
        ("drawing", b"<?xml version='1.0'?><svg></svg>", "svg"),
        ("noise.bin", bytes(range(256)), "data"),
        ("nothing.txt", b"", "empty"),
        ("film.mov", b"\0\0\0\x20ftypisom" + bytes(20), "mp4"),
        ("picture", b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
    ],
)
def test_a_kind_is_told_by_content_and_a_program_by_its_name_too(
    name: str, content: bytes, key: str
) -> None:
    kind = kind_of(content, name)
    assert kind.key == key
    assert kind.word
    assert kind.runs == (key in ("windows-program", "linux-program", "script", "shortcut"))


@pytest.mark.parametrize(
    ("name", "members", "key"),
    [
        ("a.docx", ("[Content_Types].xml", "word/document.xml"), "word"),
        ("a.docx", ("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "macros"),
        ("a.xlsx", ("xl/workbook.xml",), "excel"),
        ("a.ofd", ("OFD.xml",), "ofd"),
        ("a.zip", ("readme.txt",), "zip"),
        ("a.zip", ("META-INF/MANIFEST.MF", "A.class"), "java-program"),
    ],
)
def test_what_a_zip_is_its_members_tell(
    desk: Desk, name: str, members: tuple[str, ...], key: str
) -> None:
    content: Content = desk.attachments.keep(desk.file(name, packed(*members)), Context())
    assert content.kind.key == key


def test_a_zip_that_cannot_be_listed_is_a_zip(desk: Desk) -> None:
    broken = packed("a.txt")[:40]
    assert desk.attachments.keep(desk.file("a.zip", broken), Context()).kind.key == "zip"


def test_names_are_made_fit_for_every_file_system() -> None:
    assert safe_name("../../etc/passwd") == "_.._etc_passwd"
    assert safe_name("会议 纪要?.docx") == "会议 纪要_.docx"
    assert safe_name("\u202egpj.exe") == "_gpj.exe", "the ending does not hide"
    assert safe_name("...") == "_"
    long = safe_name("字" * 300 + ".png")
    assert len(long) == 120
    assert long.endswith("字.png")
