"""Attachments in the window: pasted, dropped, chosen; shown, and a program never without a word."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
)
from PySide6.QtWidgets import QApplication, QComboBox, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot
from reportlab.pdfgen.canvas import Canvas

from db.engine import Database
from db.journal import Journal
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.reports.orders import HandOverFacts
from gmops_desktop.services.attachments import Attachments
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.attachment_preview import AttachmentPreview, drawn
from ui.attachment_questions import ProgramQuestion, RemovalQuestion
from ui.attachments import AttachmentStrip
from ui.ticket_dialogs import ConfirmSheet
from ui.ticket_forms import FormSheet
from ui.tickets_tab import TicketsTab

Settled = Callable[[], None]


@pytest.fixture
def attachments(database: Database, journal: Journal, tmp_path: Path) -> Attachments:
    return Attachments(database, journal, tmp_path / "attachments", limit=lambda: 5_000_000)


@pytest.fixture
def strip(attachments: Attachments, runner: TaskRunner) -> AttachmentStrip:
    return AttachmentStrip(attachments, runner)


@pytest.fixture
def tab(
    qtbot: QtBot,
    tickets: Tickets,
    contracts: Contracts,
    runner: TaskRunner,
    finding: Finding,
    strip: AttachmentStrip,
    attachments: Attachments,
) -> TicketsTab:
    """The tickets' tab with one ticket shown."""
    tickets.open("incident", "官网首页 502", requester="李老师", priority=1)
    tab = TicketsTab(tickets, contracts, runner, finding)
    first = [strip]
    tab.place_attachments(lambda: first.pop() if first else AttachmentStrip(attachments, runner))
    runner.changed.connect(tab.hear)
    qtbot.addWidget(tab)
    tab.resize(1278, 716)
    with qtbot.waitExposed(tab):
        tab.show()
    return tab


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def picture(width: int = 60, height: int = 40) -> QImage:
    made = QImage(width, height, QImage.Format.Format_RGB32)
    made.fill(QColor("#1f5fae"))
    return made


def names(strip: AttachmentStrip) -> list[str]:
    return [one.name for one in strip.items]


def test_the_strip_hides_where_there_is_nothing(tab: TicketsTab, strip: AttachmentStrip) -> None:
    assert not strip.isVisible()
    assert strip.add_button.isVisible()
    assert strip.add_button.toolTip()


def test_files_are_attached_in_one_step(
    tab: TicketsTab, strip: AttachmentStrip, tickets: Tickets, inbox: Path, settled: Settled
) -> None:
    for name in ("error.log", "说明.txt"):
        (inbox / name).write_text("php-fpm exited", "utf-8")
    strip.attach_files(sorted(inbox.iterdir()))
    settled()
    assert names(strip) == ["error.log", "说明.txt"]
    assert strip.isVisible()
    assert strip._title.full_text == "Attachments 2 · 28 B"
    ticket = tickets.all()[0]
    assert tickets.steps(ticket.id)[-1].text == "error.log, 说明.txt"


def test_where_one_file_fails_none_is_attached(
    tab: TicketsTab,
    strip: AttachmentStrip,
    runner: TaskRunner,
    qtbot: QtBot,
    inbox: Path,
    settled: Settled,
) -> None:
    (inbox / "a.txt").write_text("a")
    with qtbot.waitSignal(runner.failed) as failed:
        strip.attach_files([inbox / "a.txt", inbox / "gone.txt"])
    settled()
    assert isinstance(failed.args[1], OpsError)
    assert names(strip) == []


def test_a_screenshot_is_pasted_into_the_note(
    qtbot: QtBot,
    tab: TicketsTab,
    strip: AttachmentStrip,
    attachments: Attachments,
    settled: Settled,
) -> None:
    QGuiApplication.clipboard().setImage(picture())
    qtbot.keyClick(tab.page.note, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    settled()
    [one] = attachments.all()
    assert one.kind.key == "png"
    assert one.name.startswith("Picture 20")
    assert QImage.fromData(attachments.read(one)).size() == picture().size()
    assert tab.page.note.text() == ""


def test_text_is_pasted_as_text_even_beside_a_picture_of_it(
    qtbot: QtBot, tab: TicketsTab, strip: AttachmentStrip, settled: Settled
) -> None:
    cells = QMimeData()
    cells.setText("3 rows")
    cells.setImageData(picture())
    QGuiApplication.clipboard().setMimeData(cells)
    qtbot.keyClick(tab.page.note, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    settled()
    assert tab.page.note.text() == "3 rows"
    assert names(strip) == []


def test_files_are_dropped_anywhere_on_the_ticket(
    tab: TicketsTab, strip: AttachmentStrip, inbox: Path, settled: Settled
) -> None:
    file = inbox / "dropped.txt"
    file.write_text("dropped")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file))])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), copy, mime, left, none)
    QApplication.sendEvent(tab.page, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(tab.page, QDropEvent(QPointF(5, 5), copy, mime, left, none))
    settled()
    assert names(strip) == ["dropped.txt"]


def test_another_ticket_shows_its_own(
    tab: TicketsTab, strip: AttachmentStrip, tickets: Tickets, inbox: Path, settled: Settled
) -> None:
    (inbox / "a.txt").write_text("a")
    strip.attach_files([inbox / "a.txt"])
    settled()
    other = tickets.open("incident", "another", requester="李老师", priority=3)
    tab.renew()
    tab.show_item(other.id)
    assert names(strip) == []


def test_a_merged_ticket_brings_its_files_along(
    tab: TicketsTab, strip: AttachmentStrip, tickets: Tickets, inbox: Path, settled: Settled
) -> None:
    (inbox / "a.txt").write_text("a")
    strip.attach_files([inbox / "a.txt"])
    settled()
    first = tickets.all()[0]
    other = tickets.open("incident", "another", requester="李老师", priority=3)
    tickets.bonds.merge(first.id, other.id)
    tab.renew()
    tab.show_item(other.id)
    assert names(strip) == ["a.txt"]


def test_a_new_ticket_takes_files_before_it_exists(
    qtbot: QtBot,
    tab: TicketsTab,
    tickets: Tickets,
    attachments: Attachments,
    inbox: Path,
    settled: Settled,
) -> None:
    (inbox / "a.txt").write_text("a")
    dialog = tab.new_ticket("会员中心打不开")
    made = dialog.findChild(AttachmentStrip)
    assert isinstance(made, AttachmentStrip)
    QGuiApplication.clipboard().setImage(picture())
    qtbot.keyClick(dialog.description, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    settled()
    made.attach_files([inbox / "a.txt"])
    assert "still being read" in dialog.create_button.toolTip()
    settled()
    assert attachments.all() == ()
    dialog.create_button.click()
    settled()
    ticket = tickets.all()[0]
    assert ticket.title == "会员中心打不开"
    picked = [one.name for one in attachments.of("ticket", ticket.id)]
    assert picked[1:] == ["a.txt"]
    assert picked[0].endswith(".png")


def test_a_confirmation_takes_its_sheet(
    qtbot: QtBot,
    tab: TicketsTab,
    tickets: Tickets,
    attachments: Attachments,
    inbox: Path,
    settled: Settled,
) -> None:
    (inbox / "签字单.pdf").write_bytes(b"%PDF-1.4")
    ticket = tickets.all()[0]
    tickets.move(ticket.id, "working")
    tickets.move(ticket.id, "awaiting_confirmation")
    tab.renew()
    qtbot.mouseClick(tab.page.forward, Qt.MouseButton.LeftButton)
    sheet = tab.findChild(ConfirmSheet)
    assert isinstance(sheet, ConfirmSheet)
    made = sheet.findChild(AttachmentStrip)
    assert isinstance(made, AttachmentStrip)
    made.attach_files([inbox / "签字单.pdf"])
    settled()
    sheet.by.setCurrentText("李老师")
    qtbot.mouseClick(sheet.save, Qt.MouseButton.LeftButton)
    settled()
    assert [one.name for one in attachments.of("ticket", ticket.id)] == ["签字单.pdf"]
    confirmed = next(one for one in tickets.steps(ticket.id) if one.key == "ticket.confirmed")
    assert "签字单.pdf" in confirmed.text


# ---------------------------------------------------------------- looking


@pytest.fixture
def preview(
    qtbot: QtBot, tab: TicketsTab, strip: AttachmentStrip, settled: Settled, inbox: Path
) -> Callable[[str, bytes], AttachmentPreview]:
    def show(name: str, content: bytes) -> AttachmentPreview:
        (inbox / name).write_bytes(content)
        strip.attach_files([inbox / name])
        settled()
        strip._preview()
        sheet = tab.findChild(AttachmentPreview) or tab.window().findChild(AttachmentPreview)
        assert isinstance(sheet, AttachmentPreview)
        settled()
        return sheet

    return show


def png(width: int, height: int) -> bytes:
    from PySide6.QtCore import QBuffer, QIODevice

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture(width, height).save(buffer, "PNG")
    return buffer.data().data()


def test_a_picture_is_shown_no_larger_than_a_preview(
    preview: Callable[[str, bytes], AttachmentPreview],
) -> None:
    sheet = preview("large.png", png(4000, 1000))
    assert sheet.sheet.picture is not None
    assert (sheet.sheet.picture.width(), sheet.sheet.picture.height()) == (1600, 400)
    assert "PNG picture" in sheet.facts.full_text
    assert not sheet.forth.isVisible()


def test_the_pages_of_a_document_are_turned(
    qtbot: QtBot, preview: Callable[[str, bytes], AttachmentPreview], settled: Settled
) -> None:
    file = io.BytesIO()
    canvas = Canvas(file)
    for number in range(3):
        canvas.drawString(100, 700, f"page {number}")
        canvas.showPage()
    canvas.save()
    sheet = preview("report.pdf", file.getvalue())
    assert sheet.place.full_text == "1 / 3"
    first = sheet.sheet.picture
    assert first is not None
    qtbot.keyClick(sheet, Qt.Key.Key_PageDown)
    settled()
    assert (sheet.page, sheet.place.full_text) == (1, "2 / 3")
    assert sheet.sheet.picture is not None
    assert sheet.sheet.picture != first
    sheet.turn(5)
    settled()
    assert not sheet.forth.isEnabled()


def test_what_cannot_be_drawn_is_a_sentence(
    preview: Callable[[str, bytes], AttachmentPreview],
) -> None:
    sheet = preview("broken.pdf", b"%PDF-1.7\nnothing follows")
    assert sheet.sheet.picture is None
    assert sheet.sheet.text.startswith("broken.pdf cannot be shown here")


def test_a_bomb_of_a_picture_is_not_unpacked() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + kind + data + check

    size = (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    rows = zlib.compress(bytes(1000))
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", rows)
    with pytest.raises(OpsError, match="3,600 million pixels"):
        drawn(bomb, "bomb.png")


@pytest.mark.parametrize(
    ("name", "charset", "told"),
    [("说明.txt", "utf-8", "UTF-8"), ("error.log", "gbk", "GBK"), ("list.csv", "utf-16", "UTF-16"),
     ("facts.json", "utf-8-sig", "UTF-8"), ("步骤.md", "gb18030", "GBK")],
)  # fmt: skip
def test_a_text_is_shown_in_its_own_characters(
    preview: Callable[[str, bytes], AttachmentPreview], name: str, charset: str, told: str
) -> None:
    text = "2018-11-22 官网首页 502\n重启 php-fpm"
    sheet = preview(name, text.encode(charset))
    assert sheet.text.isVisible()
    assert sheet.text.isReadOnly()
    assert sheet.text.toPlainText() == text
    assert sheet.facts.full_text.endswith(f"written in {told}")


def test_of_a_long_text_the_begin_is_shown_and_said(
    preview: Callable[[str, bytes], AttachmentPreview],
) -> None:
    sheet = preview("access.log", "访问记录\n".encode() * 40_000)
    assert "the first 262.1 kB are shown" in sheet.facts.full_text
    assert len(sheet.text.toPlainText().encode()) <= 262_144


def test_what_has_no_preview_says_so(
    tab: TicketsTab, strip: AttachmentStrip, inbox: Path, settled: Settled
) -> None:
    (inbox / "a.gz").write_bytes(b"\x1f\x8b\x08")
    strip.attach_files([inbox / "a.gz"])
    settled()
    assert not strip._show.isEnabled()
    assert "no preview" in strip._show.toolTip()
    assert strip._save.isEnabled()


# ---------------------------------------------------------------- programs, copies, removal


def test_a_program_is_named_and_never_run_without_a_word(
    qtbot: QtBot,
    tab: TicketsTab,
    strip: AttachmentStrip,
    inbox: Path,
    settled: Settled,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: bool(opened.append(url)) or True)
    (inbox / "photo.jpg").write_bytes(b"MZ" + bytes(200))
    with qtbot.waitSignal(strip.noticed) as noticed:
        strip.attach_files([inbox / "photo.jpg"])
    settled()
    assert "photo.jpg (Windows program)" in noticed.args[1]
    strip._ask_open()
    settled()
    assert opened == []
    question = tab.window().findChild(ProgramQuestion)
    assert isinstance(question, ProgramQuestion)
    qtbot.mouseClick(question.run, Qt.MouseButton.LeftButton)
    settled()
    [url] = opened
    assert Path(url.toLocalFile()).name == "photo.jpg"


def test_a_copy_is_saved(
    qtbot: QtBot, tab: TicketsTab, strip: AttachmentStrip, inbox: Path, settled: Settled
) -> None:
    (inbox / "a.txt").write_text("a")
    strip.attach_files([inbox / "a.txt"])
    settled()
    chosen = strip._chosen()
    assert chosen is not None
    with qtbot.waitSignal(strip.noticed):
        strip.ways.save_to(chosen, inbox / "copy.txt")
    settled()
    assert (inbox / "copy.txt").read_text() == "a"


def test_removing_asks_why(
    qtbot: QtBot,
    tab: TicketsTab,
    strip: AttachmentStrip,
    attachments: Attachments,
    inbox: Path,
    settled: Settled,
) -> None:
    (inbox / "a.txt").write_text("a")
    strip.attach_files([inbox / "a.txt"])
    settled()
    strip._ask_remove()
    question = tab.window().findChild(RemovalQuestion)
    assert isinstance(question, RemovalQuestion)
    assert not question.remove.isEnabled()
    question.reason.setText("it shows a password")
    qtbot.mouseClick(question.remove, Qt.MouseButton.LeftButton)
    settled()
    assert attachments.all() == ()
    assert not strip.isVisible()


# ---------------------------------------------------------------- before there is a subject


def test_what_is_gathered_early_is_attached_later(
    qtbot: QtBot,
    strip: AttachmentStrip,
    tickets: Tickets,
    contracts: Contracts,
    attachments: Attachments,
    inbox: Path,
    settled: Settled,
) -> None:
    qtbot.addWidget(strip)
    for name in ("a.txt", "b.txt", "c.txt"):
        (inbox / name).write_text(name)
    strip.attach_files(sorted(inbox.iterdir()))
    settled()
    assert names(strip) == ["a.txt", "b.txt", "c.txt"]
    assert attachments.all() == ()
    assert not strip._save.isEnabled()
    strip.table.selectRow(1)
    strip._ask_remove()
    ticket = tickets.open("incident", "site down", requester="李老师", priority=1)
    strip.hand_over("ticket", ticket.id)
    settled()
    assert [one.name for one in attachments.of("ticket", ticket.id)] == ["a.txt", "c.txt"]
    assert strip.drafts == ()


def test_what_was_gathered_for_nothing_leaves_nothing(
    qtbot: QtBot, strip: AttachmentStrip, inbox: Path, tmp_path: Path, settled: Settled
) -> None:
    qtbot.addWidget(strip)
    (inbox / "a.txt").write_text("a")
    strip.attach_files([inbox / "a.txt"])
    settled()
    strip.drop_drafts()
    assert [path for path in (tmp_path / "attachments").rglob("*") if path.is_file()] == []


def test_a_file_as_it_lies_there_is_never_handed_out(
    attachments: Attachments, tickets: Tickets, contracts: Contracts
) -> None:
    ticket = tickets.open("incident", "site down", requester="李老师", priority=1)
    content = attachments.keep_bytes(b"a", "a.txt", Context())
    [one] = attachments.attach("ticket", ticket.id, [content])
    assert one.sha256 not in str(attachments.lend(one, Context()))


# ---------------------------------------------------------------- in the story and in forms


def test_a_step_shows_its_files_as_chips_that_open_them(
    qtbot: QtBot,
    tab: TicketsTab,
    strip: AttachmentStrip,
    attachments: Attachments,
    tickets: Tickets,
    inbox: Path,
    settled: Settled,
) -> None:
    (inbox / "shot.png").write_bytes(png(60, 40))
    (inbox / "error.log.gz").write_bytes(b"\x1f\x8b" + bytes(40))
    strip.attach_files(sorted(inbox.iterdir()))
    settled()

    def visible() -> list[QPushButton]:
        return [one for one in tab.page.timeline.findChildren(QPushButton) if one.isVisible()]

    qtbot.waitUntil(lambda: len(visible()) == 2)
    chips = visible()
    assert [one.text() for one in chips] == ["error.log.gz  42 B", f"shot.png  {size_of(inbox)}"]
    [_, picked] = attachments.all()
    assert picked.sha256 in chips[1].toolTip()
    qtbot.keyClick(chips[1], Qt.Key.Key_Space)
    settled()
    sheet = tab.findChild(AttachmentPreview)
    assert isinstance(sheet, AttachmentPreview)
    assert sheet.sheet.picture is not None
    sheet.reject()
    tab.page.timeline.file_wanted.emit(attachments.all()[0].id)
    shown = [one for one in tab.findChildren(AttachmentPreview) if one.isVisible()]
    assert "no preview" in shown[0].sheet.text
    attachments.remove(attachments.all()[0], "wrong")
    with qtbot.waitSignal(strip.noticed) as noticed:
        tab.page.timeline.file_wanted.emit("gone")
    assert "removed" in noticed.args[1]


def size_of(inbox: Path) -> str:
    return words.size((inbox / "shot.png").stat().st_size)


def test_the_digest_of_what_is_handed_over_comes_from_the_file(
    qtbot: QtBot,
    tab: TicketsTab,
    tickets: Tickets,
    attachments: Attachments,
    inbox: Path,
    settled: Settled,
) -> None:
    (inbox / "运维手册.docx").write_bytes(b"manual")
    ticket = tickets.all()[0]
    tab.page.verb_wanted.emit("hand_over")
    sheet = tab.findChild(FormSheet)
    assert isinstance(sheet, FormSheet)
    assert "digest" not in sheet.fields, "nobody types it"
    assert not sheet.go.isEnabled()
    made = sheet.findChild(AttachmentStrip)
    assert isinstance(made, AttachmentStrip)
    made.attach_files([inbox / "运维手册.docx"])
    assert "still being read" in sheet.go.toolTip()
    settled()
    qtbot.mouseClick(sheet.go, Qt.MouseButton.LeftButton)
    settled()
    [handed] = tickets.facts.handed_over(ticket.id)
    assert (handed.title, handed.digest) == (
        "运维手册.docx",
        hashlib.sha256(b"manual").hexdigest(),
    )
    [kept] = attachments.of("ticket", ticket.id)
    assert kept.sha256 == handed.digest, "what was handed over is at hand, and provable"
    printed: list[HandOverFacts] = []
    tab.verbs.print_receipt = printed.append
    tab.page.verb_wanted.emit("receipt")
    [facts] = printed
    assert (facts.ticket, facts.items) == (ticket.number, (handed,))


def test_a_cause_outside_party_b_is_shown_by_a_file(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets, inbox: Path, settled: Settled
) -> None:
    (inbox / "notice.txt").write_text("maintenance of the cloud")
    tab.page.verb_wanted.emit("cause")
    sheet = tab.findChild(FormSheet)
    assert isinstance(sheet, FormSheet)
    cause, side = sheet.fields["cause"], sheet.fields["attribution"]
    assert isinstance(cause, QPlainTextEdit)
    assert isinstance(side, QComboBox)
    cause.setPlainText("their gateway")
    side.setCurrentIndex(side.findData("third_party"))
    assert not sheet.go.isEnabled()
    made = sheet.findChild(AttachmentStrip)
    assert isinstance(made, AttachmentStrip)
    made.attach_files([inbox / "notice.txt"])
    settled()
    qtbot.mouseClick(sheet.go, Qt.MouseButton.LeftButton)
    settled()
    ticket = tickets.all()[0]
    assert ticket.attribution == "third_party"
    texts = [step.text for step in tickets.steps(ticket.id)]
    assert any("their gateway" in text and "notice.txt" in text for text in texts)


def test_the_list_of_files_is_folded_until_it_is_wanted(
    qtbot: QtBot, tab: TicketsTab, strip: AttachmentStrip, inbox: Path, settled: Settled
) -> None:
    (inbox / "a.txt").write_text("a")
    strip.attach_files([inbox / "a.txt"])
    settled()
    assert strip.isVisible()
    assert not strip.table.isVisible()
    qtbot.keyClick(strip._folding, Qt.Key.Key_Space)
    assert strip.table.isVisible()
    assert strip._save.isVisible()
    assert strip._folding.accessibleName() == "Hide the list of files"
