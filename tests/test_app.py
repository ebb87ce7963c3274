"""The program put together: services on a fresh home, and the window on them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLineEdit,
    QPushButton,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from gmops_desktop.adapters.host_keys import UnknownHostKey
from gmops_desktop.adapters.vault import NoSecret, Vault
from gmops_desktop.addresses import MysqlAddress, SshAddress, WebAddress
from gmops_desktop.app import Desk, build_window, open_window
from gmops_desktop.assembly import Services, assemble
from gmops_desktop.context import Context
from gmops_desktop.contract.terms import day_of
from gmops_desktop.errors import OpsError
from gmops_desktop.month_facts import Collector
from gmops_desktop.paths import Home
from gmops_desktop.tasks import TaskRunner
from sandbox.sshd import Sshd
from ui.dialogs.questions import HostKeyQuestion, PasswordQuestion
from ui.program import Program


def test_the_services_stand_on_a_fresh_home(home: Home) -> None:
    with assemble(home) as services:
        assert services.contracts.current() is None
        assert services.backups.all() == ()
        assert services.records.verify().ok
        assert services.obligations.overview().contract is None


def test_a_command_does_not_wait_for_qt() -> None:
    code = "import gmops_desktop.app, sys; sys.exit('PySide6' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_passwords_come_from_where_the_caller_says(home: Home) -> None:
    asked = []

    def secret(name: str) -> str:
        asked.append(name)
        raise OpsError("no password")

    with assemble(home, secret=secret) as services:
        address = MysqlAddress("127.0.0.1", 1, "u", "s")
        with pytest.raises(OpsError, match="no password"):
            services.backups.take(address, Context())
    assert asked == ["mysql:u@127.0.0.1:1"]


def collector(services: Services) -> Collector:
    return Collector(
        services.contracts,
        services.tickets,
        services.backups,
        services.restores,
        services.patches,
        services.servers,
    )


def test_a_month_gathers_what_the_services_know(home: Home) -> None:
    with assemble(home) as services:
        contract = services.contracts.load_example()
        services.contracts.save_resource("website", "site", WebAddress("https://www.example"))
        services.contracts.save_resource("host", "web1", SshAddress("web1.example"))
        asked = next(one.name for one in services.contracts.contacts() if one.party == "A")
        ticket = services.tickets.open("incident", "502", requester=asked, priority=1)
        today = day_of(datetime.now(UTC))
        gather = collector(services)
        facts = gather(today.replace(day=1), today)
    assert facts.contract == contract
    assert [line.number for line in facts.tickets] == [ticket.number]
    assert facts.availability is None
    assert "availability" in facts.why_unknown


def test_a_month_is_that_of_the_contract_shown(home: Home) -> None:
    with assemble(home) as services:
        first = services.contracts.load_example()
        services.contracts.save_resource("website", "site", WebAddress("https://www.example"))
        second = services.contracts.add_contract(replace(first, number="HY", title="另一份"))
        mine = services.tickets.open("incident", "甲", requester="李慧敏", priority=1)
        services.settings.change(contract=second.id)
        services.contracts.add_contact("孙会长", "A", post="designated", valid_from=first.start)
        theirs = services.tickets.open("incident", "乙", requester="孙会长", priority=1)
        today = day_of(datetime.now(UTC))
        found = {}
        for one in (first, second):
            services.settings.change(contract=one.id)
            found[one.id] = collector(services)(today.replace(day=1), today)
    assert [line.number for line in found[first.id].tickets] == [mine.number]
    assert [line.number for line in found[second.id].tickets] == [theirs.number]
    assert [facts.contract for facts in found.values()] == [first, second]


def test_without_a_contract_the_example_stands_in_unrecorded(home: Home) -> None:
    with assemble(home) as services:
        report = services.reports.make("monthly", "2018-04", Context())
        assert report.number == "GMGSL-YB-2018-04"
        assert services.contracts.current() is None


def test_the_window_tests_itself_on_every_page(home: Home, qapp: QApplication) -> None:
    assert open_window(home, self_test=True) == 0


def test_a_broken_store_is_refused_in_a_finished_sentence(home: Home, qapp: QApplication) -> None:
    home.store.write_bytes(b"this is no database" * 100)
    with pytest.raises(OpsError) as refused:
        open_window(home, self_test=True)
    assert refused.value.hint


@pytest.mark.parametrize("guide", [True, False], ids=["first steps", "settings"])
def test_every_action_of_the_window_can_be_told_by_tooltip_and_ear(
    home: Home, qapp: QApplication, runner: TaskRunner, qtbot: QtBot, guide: bool
) -> None:
    with assemble(home) as services:
        program = Program(services.settings.current)
        window = build_window(services, runner, program, Desk(guide))
        qtbot.addWidget(window)
        for tab in window.pages.tabs:
            tab.page.renew()
        nameless = [
            f"{type(made).__name__} {made.text()!r} in {tab.name}"
            for tab in window.pages.tabs
            for made in tab.page.findChildren(QAbstractButton)
            if made.isVisibleTo(tab.page)
            and not isinstance(made.parent(), QLineEdit | QTableView)
            and not (made.toolTip() and (made.accessibleName() or made.text()))
        ]
        assert nameless == []
        qtbot.waitUntil(lambda: not runner.running())


def test_a_missing_password_is_asked_for_and_kept(
    home: Home, qapp: QApplication, runner: TaskRunner, qtbot: QtBot
) -> None:
    with assemble(home) as services:
        program = Program(services.settings.current)
        window = build_window(services, runner, program, Desk())
        qtbot.addWidget(window)
        window.show_error("Back up", NoSecret("mysql:u@127.0.0.1:1"))
        press(window.notice, "输入密码…")
        question = next(iter(window.findChildren(PasswordQuestion)))
        question.field.setText("correct horse")
        with qtbot.waitSignal(runner.ended):
            question.save.click()
        qtbot.waitUntil(lambda: not runner.running())
        assert Vault().get("mysql:u@127.0.0.1:1") == "correct horse"


def test_an_unknown_host_key_leads_to_the_question(
    home: Home, qapp: QApplication, runner: TaskRunner, sshd: Sshd, qtbot: QtBot
) -> None:
    with assemble(home) as services:
        services.contracts.save_resource("host", "box", sshd.address)
        program = Program(services.settings.current)
        window = build_window(services, runner, program, Desk())
        qtbot.addWidget(window)
        window.show()
        key = services.connections.fingerprint(sshd.address, Context())
        window.show_error("Look", UnknownHostKey(key))
        press(window.notice, "核对主机密钥…")
        qtbot.waitUntil(lambda: bool(window.findChildren(HostKeyQuestion)))
        question = next(iter(window.findChildren(HostKeyQuestion)))
        with qtbot.waitSignal(question.finished):
            question.trust.click()
        qtbot.waitUntil(lambda: not runner.running())
        assert services.connections.fingerprint(sshd.address, Context()).known == "pinned"


def press(within: QWidget, word: str) -> None:
    """Click the button of that word."""
    next(one for one in within.findChildren(QPushButton) if one.text() == word).click()


def test_the_window_looks_in_a_process_of_its_own(
    home: Home, qapp: QApplication, runner: TaskRunner, qtbot: QtBot
) -> None:
    with assemble(home) as services:
        services.contracts.load_example()
        services.contracts.save_resource("website", "site", WebAddress("http://127.0.0.1:1/"))
        window = build_window(services, runner, Program(services.settings.current), Desk())
        qtbot.addWidget(window)
        qtbot.waitUntil(lambda: bool(services.servers.glance()))
        assert [look.name for look in services.servers.glance()] == ["site"]
        assert services.looking.process.pid is not None
        window.close()
        qtbot.waitUntil(lambda: not runner.running())
    assert services.looking.process.pid is None
