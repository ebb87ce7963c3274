"""The program files in the window: backed up, previewed as a tree, restored, taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.addresses import ProgramFiles, WebAddress
from gmops_desktop.assembly import assemble
from gmops_desktop.contract.retention import Keep
from gmops_desktop.contract.schedules import Plan
from gmops_desktop.paths import Home
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.schedules import everything
from gmops_desktop.services.site_files import SiteFiles
from gmops_desktop.tasks import TaskRunner
from sandbox.sshd import Sshd
from ui.files_card import FilesCard
from ui.files_preview import FilesPreviewDialog
from ui.scheduling import Scheduling
from ui.whole_card import WholeCard


@pytest.fixture
def site(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    (site / "pages").mkdir(parents=True)
    (site / "index.php").write_text("<?php echo 'hello';\n")
    (site / "pages" / "about.html").write_text("about")
    (site / "logs").mkdir()
    return site


@pytest.fixture
def card(
    qtbot: QtBot, runner: TaskRunner, database: Database, sshd: Sshd, site: Path, tmp_path: Path
) -> FilesCard:
    known = tmp_path / "known_hosts"
    known.write_text(sshd.known_hosts_line())
    contracts = Contracts(database, Journal(database, actor=lambda: "王工"))
    program = ProgramFiles(sshd.address, (str(site),), ("logs/",))
    contracts.save_resource("website", "网站", WebAddress("http://site.example", program=program))
    files = SiteFiles(
        database,
        lambda address, context: Ssh.open(address, context, password=None, known_hosts=known),
        lambda: tmp_path / "archives",
        tmp_path / "locks",
    )
    card = FilesCard(files, contracts, runner)
    qtbot.addWidget(card)
    card.refresh()
    return card


def test_from_backup_to_undo(qtbot: QtBot, card: FilesCard, site: Path) -> None:
    said: list[tuple[str, str, str]] = []
    card.noticed.connect(lambda *told: said.append(told))
    assert card.isVisibleTo(None)
    assert not card.restore_button.isEnabled()
    card.take_button.click()
    qtbot.waitUntil(lambda: bool(said), timeout=20_000)
    assert said[0][0] == "ok", said
    assert "2 files" in said[0][1]
    (site / "index.php").write_text("hacked")
    (site / "shell.php").write_text("evil")

    card.refresh()
    card.restore_button.click()
    dialog = card.findChild(FilesPreviewDialog) or card.window().findChild(FilesPreviewDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.preview is not None, timeout=20_000)
    kinds = {change.path: change.kind for change in dialog.preview.changes}
    assert kinds == {"index.php": "change", "shell.php": "remove"}
    assert not dialog.restore.isEnabled()
    dialog.name.setText("site")
    assert dialog.restore.isEnabled()
    dialog.restore.click()
    qtbot.waitUntil(lambda: len(said) == 2, timeout=30_000)
    assert said[1][0] == "ok", said
    assert not (site / "shell.php").exists()
    assert (site / "logs").is_dir()

    card.refresh()
    card.undo_button.click()
    qtbot.waitUntil(lambda: len(said) == 3, timeout=20_000)
    assert (site / "shell.php").read_text() == "evil"


def test_hidden_without_a_directory(
    qtbot: QtBot, card: FilesCard, database: Database, runner: TaskRunner
) -> None:
    contracts = Contracts(database, Journal(database, actor=lambda: "王工"))
    for resource in contracts.resources():
        contracts.remove_resource(resource.id)
    card.refresh()
    assert card.isHidden()


def test_the_light_follows_the_plan_which_the_card_leads_to(
    qtbot: QtBot, runner: TaskRunner, home: Home, sshd: Sshd, site: Path
) -> None:
    """With the whole program: the plan for everything lights the card of the files, too."""
    home.known_hosts.parent.mkdir(parents=True, exist_ok=True)
    home.known_hosts.write_text(sshd.known_hosts_line())
    page = QWidget()
    qtbot.addWidget(page)
    with assemble(home) as services:
        program = ProgramFiles(sshd.address, (str(site),), ("logs/",))
        web = services.contracts.save_resource(
            "website", "网站", WebAddress("http://site.example", program=program)
        )
        card = FilesCard(services.site_files, services.contracts, runner)
        whole = WholeCard(services.whole_backups, runner)
        scheduling = Scheduling(
            services.schedules,
            services.retention,
            services.timers,
            services.collecting,
            runner,
            page,
        )
        for one in (card, whole):
            qtbot.addWidget(one)
            one.plan_with(scheduling)
            one.refresh()
        assert (card.light.state, "no backup yet" in card.light.toolTip()) == ("unknown", True)
        scheduling.open(web).saved.emit(Plan(keep=Keep(enabled=True)))
        qtbot.waitUntil(lambda: services.schedules.plan(web) is not None)
        said: list[tuple[str, str, str]] = []
        card.noticed.connect(lambda *told: said.append(told))
        card.take()
        qtbot.waitUntil(lambda: bool(said), timeout=20_000)
        card.refresh()
        whole.refresh()
        assert (card.light.state, whole.light.state) == ("ok", "ok")
        assert "daily at 03:00" in card.light.toolTip()
        services.schedules.forget(web)
        services.schedules.save(everything((), lambda _context, _rate: ()), Plan())
        card.refresh()
        assert "with everything, daily at 03:00" in card.light.toolTip()
        assert card.isVisibleTo(None)
