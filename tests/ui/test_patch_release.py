"""A release with SQL, and a configuration, from their dialogs to hand-over and back, in the window
on the sandbox's site: everything behind it is real."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import keyring
import pytest
from PySide6.QtCore import QDateTime
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QLabel, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

import sandbox_site
from gmops_desktop.assembly import Services, assemble
from gmops_desktop.context import Context
from gmops_desktop.language import speaking
from gmops_desktop.paths import Home
from gmops_desktop.services.patches import Change
from gmops_desktop.tasks import TaskRunner
from sandbox.site_release import make
from sandbox_site import Site
from ui.patch_adding import PatchAdding
from ui.patch_configuration import ConfigurationSheet
from ui.patch_leftovers import LeftoversSheet
from ui.patch_release import ReleaseSheet
from ui.patch_start import StartSheet
from ui.patch_window import WindowSheet
from ui.patches_tab import PatchesTab
from ui.ticket_dialogs import ConfirmSheet, ReasonSheet
from ui.ticket_forms import FormSheet

pytestmark = pytest.mark.servers

Dialog = TypeVar("Dialog", bound=QDialog)
SHOTS = os.environ.get("GMOPS_SHOTS", "")  # a folder for pictures of what is walked through


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with sandbox_site.running(tmp_path_factory.mktemp("window-site")) as site:
        yield site


@pytest.fixture
def services(home: Home, site: Site) -> Iterator[Services]:
    """A home whose contract has the site, with fresh proved backups of it."""
    for name, secret in site.secrets.items():
        keyring.set_password("gmops-desktop", name, secret)
    with assemble(home) as services:
        services.settings.change(actor="张伟")
        site.enter(services)
        taken = services.whole_backups.take(Context())
        assert [one.outcome for one in taken.parts] == ["whole"] * 2, [
            one.text for one in taken.parts
        ]
        yield services


class Walk:
    """The tab on the services, and what a hand does there."""

    def __init__(
        self, qtbot: QtBot, services: Services, runner: TaskRunner, settled: Callable[[], None]
    ) -> None:
        self.services, self._qtbot, self.settled = services, qtbot, settled
        self.tab = PatchesTab(services.patches, services.contracts, runner)
        runner.changed.connect(self.tab.hear)
        self.adding = PatchAdding(
            services.releases, services.configurations, services.leftovers, services.contracts,
            runner, self.tab,
        )  # fmt: skip
        qtbot.addWidget(self.tab)
        self.tab.resize(1278, 716)
        self.tab.show()

    @property
    def change(self) -> Change:
        return self.services.patches.all()[0]

    def dialog(self, kind: type[Dialog]) -> Dialog:
        def open_ones() -> list[Dialog]:
            return [one for one in self.tab.findChildren(kind) if one.isVisible()]

        self._qtbot.waitUntil(lambda: bool(open_ones()))
        return open_ones()[-1]

    def shoot(self, name: str, dialog: QDialog | None = None) -> None:
        if SHOTS:
            (dialog or self.tab).grab().save(f"{SHOTS}/{name}.png")

    def step(self, word: str) -> None:
        page = self.tab.detail.page
        said = page.next.text(), page.next.isEnabled(), page.next.toolTip()
        assert said[:2] == (word, True), (said, [gate.missing for gate in self.change.gates])
        page.next.click()

    def fill(self, **texts: str) -> None:
        form = self.dialog(FormSheet)
        for key, text in texts.items():
            field = form.fields[key]
            if isinstance(field, QPlainTextEdit):
                field.setPlainText(text)
            elif isinstance(field, QComboBox):
                field.setCurrentText(text)
            else:
                assert isinstance(field, QLineEdit)
                field.setText(text)
        assert form.go.isEnabled(), form.go.toolTip()
        form.go.click()
        self.settled()

    def through_the_gates(self) -> None:
        """Press what the page offers as the next step, until it may begin."""
        self.step("Evaluate…")
        self.fill(text="版本更新", risk="低", person_days="0.5")
        self.step("Simulate")
        self.settled()
        self.step("Set window…")
        sheet = self.dialog(WindowSheet)
        now = QDateTime.currentDateTime()
        sheet.begin.setDateTime(now.addSecs(-600))
        sheet.end.setDateTime(now.addSecs(3000))
        sheet.go.click()
        self.settled()
        for _ in range(3):
            self.step("Record notice…")
            notice = self.dialog(ReasonSheet)
            notice.words.setPlainText("公众号推文")
            notice.go.click()
            self.settled()
        self.step("Prepare")
        self.settled()
        self.step("Check before")
        self.settled()
        assert [gate.missing for gate in self.change.gates if not gate.open] == []

    def apply(self) -> None:
        self.tab.detail.page.apply.click()
        sheet = self.dialog(StartSheet)
        sheet.name.setText(self.change.number)
        self.shoot("apply", sheet)
        sheet.go.click()
        self._qtbot.waitUntil(lambda: self.change.after is not None)
        self.settled()
        assert self.change.state == "awaiting_confirmation", self.change.differences

    def hand_over(self, **said: str) -> None:
        self.step("Confirmation by Party A…")
        self.dialog(ConfirmSheet).save.click()
        self.settled()
        self.step("Hand over…")
        self.fill(**said)

    def roll_back(self) -> str:
        """Take it back; return what the look before the leap said would be lost."""
        self.tab.detail.page.roll_back.click()
        sheet = self.dialog(StartSheet)
        said = " ".join(label.text() for label in sheet.way_back.findChildren(QLabel))
        sheet.reason.setPlainText("演练")
        sheet.name.setText(self.change.number)
        self.shoot("back", sheet)
        sheet.go.click()
        self._qtbot.waitUntil(lambda: self.change.state == "rolled_back")
        self.settled()
        return said


@pytest.fixture
def walk(qtbot: QtBot, services: Services, runner: TaskRunner, settled: Callable[[], None]) -> Walk:
    return Walk(qtbot, services, runner, settled)


def test_a_release_with_sql_goes_its_whole_way_and_back(
    walk: Walk, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make(tmp_path / "site-2.0")
    archive = Path(shutil.make_archive(str(tmp_path / "site-2.0"), "gztar", source))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert site.served() == "1.0"
    began = site.log.stat().st_size

    walk.tab.adding["release"].trigger()
    sheet = walk.dialog(ReleaseSheet)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(archive), ""))
    next(one for one in sheet.findChildren(type(sheet.go)) if one.text() == "Archive…").click()
    assert sheet.source.text() == str(archive)
    sheet.digest.setText("0" * 64)
    sheet.title.setText("官网 2.0")
    sheet.go.click()
    walk.settled()
    assert walk.services.patches.all() == ()
    again = walk.dialog(ReleaseSheet)  # what was refused is mended, not typed again
    assert (again.source.text(), again.title.text()) == (str(archive), "官网 2.0")
    again.digest.setText(digest)
    walk.shoot("release", again)
    again.go.click()
    walk.settled()
    assert (walk.change.kind, walk.change.title) == ("release", "官网 2.0")
    assert [one.path for one in walk.tab.detail.page.plan.files.rows.shown] == ["page.html"]
    assert not walk.tab.detail.page.apply.isEnabled()

    walk.through_the_gates()
    walk.shoot("ready")
    walk.apply()
    walk.shoot("applied")
    assert site.served() == "2.0"
    walk.hand_over(text="2.0：页脚显示服务时间", documents="操作手册", person_days="0.5")
    handed = {one.title: one for one in walk.services.patches.handed_over(walk.change.id)}
    assert set(handed) == {"page.html", "sql/before/1-hours.sql", "sql/after/2-faq.sql", "操作手册"}
    page = site.website.program / "page.html"
    assert handed["page.html"].after == hashlib.sha256(page.read_bytes()).hexdigest()
    assert handed["page.html"].before not in ("", handed["page.html"].after)
    ticket = walk.services.tickets.get(walk.change.ticket_id)
    line = walk.services.ledgers.line(ticket.number)
    assert [str(one.days) for one in line.bookings] == ["0.5"]
    assert "3 statements run" in handed["sql/before/1-hours.sql"].line()
    with speaking("zh_CN"):  # words of the paper's language, whichever was spoken when it was run
        assert "已执行 3 条语句" in handed["sql/before/1-hours.sql"].line()
    walk.shoot("handed")
    facts = walk.services.patches.hand_over_facts(walk.change.id)
    paper = walk.services.reports.write_change_hand_over(lambda: facts, Context())
    if SHOTS:
        shutil.copy(paper.path, SHOTS)

    said = walk.roll_back()
    assert "faq: made by the release, they go with all their rows (2)" in said
    assert site.served() == "1.0"
    assert "faq" not in site.tables()
    assert site.statuses(began) == {"200"}


def test_a_configuration_is_edited_and_goes_its_way(walk: Walk, tmp_path: Path) -> None:
    file = tmp_path / "app.conf"
    file.write_text("limit = 10\npassword = hidden-one\n")
    walk.tab.adding["configuration"].trigger()
    sheet = walk.dialog(ConfigurationSheet)
    sheet.path.setText(str(file))
    sheet.fetch.click()
    walk.settled()
    sheet.check.setText("grep -q '^limit = [0-9]*$' {file}")
    sheet.editor.setPlainText("limit = 20\npassword = hidden-one\n")
    walk._qtbot.waitUntil(sheet.go.isEnabled)
    walk.shoot("configuration", sheet)
    sheet.go.click()
    walk.settled()
    assert "+limit = 20" in walk.tab.detail.page.plan.diff.text.toPlainText()
    walk.through_the_gates()
    walk.apply()
    assert file.read_text() == "limit = 20\npassword = hidden-one\n"
    walk.hand_over(text="并发上限改为 20")
    [handed] = walk.services.patches.handed_over(walk.change.id)
    assert handed.before == hashlib.sha256(b"limit = 10\npassword = hidden-one\n").hexdigest()
    assert handed.after == hashlib.sha256(file.read_bytes()).hexdigest()
    facts = walk.services.patches.hand_over_facts(walk.change.id)
    paper = walk.services.reports.write_change_hand_over(lambda: facts, Context())
    if SHOTS:
        shutil.copy(paper.path, SHOTS)

    # What it left on the server goes once it is over, and not before.
    [host] = [one for one in walk.tab.hosts if one.name == "web1"]
    walk.tab.queue.list.select(f"host:{host.id}")
    walk.tab.detail.offer.leftovers.click()
    sheet = walk.dialog(LeftoversSheet)
    walk.settled()
    [left] = [one for one in sheet.table.rows.shown if one.number == walk.change.number]
    assert left.stays == f"{walk.change.number} is “Hand-over”"
    sheet.reject()
    walk.tab.show_item(walk.change.id)
    walk.roll_back()
    assert file.read_text() == "limit = 10\npassword = hidden-one\n"
    walk.hand_over(text="已回退", documents="回退记录")  # what was handed over before is no more
    walk.step("Close")
    walk.settled()
    walk.tab.queue.list.select(f"host:{host.id}")
    walk.tab.detail.offer.leftovers.click()
    sheet = walk.dialog(LeftoversSheet)
    walk.settled()
    assert not sheet.go.isEnabled()
    sheet.name.setText("web1")
    walk.shoot("leftovers", sheet)
    assert Path(left.path).is_dir()
    sheet.go.click()
    walk.settled()
    assert not Path(left.path).exists()
