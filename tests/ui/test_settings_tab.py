"""Settings: resources with their passwords and connection tests, the contract, this machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from PySide6.QtCore import QDate
from PySide6.QtWidgets import QApplication, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.addresses import AccountAddress, MysqlAddress, SshAddress
from gmops_desktop.archive.plain_copies import PlainCopies
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import AccountDetails
from gmops_desktop.errors import OpsError
from gmops_desktop.paths import Home
from gmops_desktop.services.calendars import Calendars
from gmops_desktop.services.connections import Connections
from gmops_desktop.services.connections import Database as OpenDatabase
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.messages import Messages
from gmops_desktop.services.reports import Reports
from gmops_desktop.services.reports.signing import Signing
from gmops_desktop.services.reports.texts import Texts
from gmops_desktop.services.roster import Roster
from gmops_desktop.services.sealing import Sealing
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.settings import SettingsFile, Theme
from gmops_desktop.states import Check, State
from gmops_desktop.tasks import TaskRunner
from sandbox.sshd import Sshd
from strange_servers import free_port
from ui.contract_wizard import ContractWizard
from ui.dialogs.contract import (
    ContactDialog,
    ContractDialog,
    HistorySheet,
    NoticeSheet,
)
from ui.dialogs.questions import HostKeyQuestion
from ui.dialogs.resource import ResourceDialog
from ui.dialogs.sealing import KeyImport
from ui.dialogs.sheet import Sheet
from ui.duty_card import DutySheet, HolidaysSheet
from ui.papers import Papers
from ui.settings_tab import IMPORT_KEY, SettingsTab
from ui.widgets.badges import StateMark


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database, actor=lambda: "Zhang")


@pytest.fixture
def contracts(database: Database, journal: Journal, settings: SettingsFile) -> Contracts:
    return Contracts(database, journal, shown=lambda: settings.current.contract)


@pytest.fixture
def settings(home: Home) -> SettingsFile:
    return SettingsFile(home.settings)


@pytest.fixture
def connections(home: Home) -> Connections:
    def open_ssh(address: SshAddress, context: Context) -> Ssh:
        return Ssh.open(address, context, password=None, known_hosts=home.known_hosts)

    def open_mysql(address: MysqlAddress, context: Context) -> OpenDatabase:
        raise OpsError("no database here")

    def look_account(address: AccountAddress, context: Context) -> AccountDetails:
        raise OpsError("no account here")

    return Connections(
        known_hosts=home.known_hosts,
        open_ssh=open_ssh,
        open_mysql=open_mysql,
        look_host=look_account,
        look_account=look_account,
        look_cloud=look_account,
        count_cloud_backups=lambda _cloud, _context: 0,
    )


@pytest.fixture
def themes() -> list[Theme]:
    return []


@pytest.fixture
def messages(database: Database, settings: SettingsFile, home: Home) -> Messages:
    journal = Journal(database, actor=lambda: "Zhang")
    return Messages(database, journal, settings, Vault(), home.locks)


@pytest.fixture
def papers(
    database: Database,
    journal: Journal,
    contracts: Contracts,
    home: Home,
    runner: TaskRunner,
    texts: Texts,
) -> Papers:
    ledgers = Ledgers(database, journal, Tickets(database, journal))
    reports = Reports(
        database, journal, lambda: home.reports, lambda start, end: pytest.fail("not asked")
    )
    return Papers(contracts, ledgers, reports, runner, texts)


@pytest.fixture
def tab(
    qtbot: QtBot,
    database: Database,
    journal: Journal,
    contracts: Contracts,
    connections: Connections,
    settings: SettingsFile,
    home: Home,
    runner: TaskRunner,
    themes: list[Theme],
    messages: Messages,
    papers: Papers,
    signing: Signing,
) -> SettingsTab:
    sealing = Sealing(settings, Vault(), PlainCopies(home.opened))
    tab = SettingsTab(
        contracts,
        connections,
        Vault().put,
        settings,
        home,
        runner,
        themes.append,
        sealing,
        messages,
        Roster(database, journal),
        Calendars(database, journal),
        papers,
        signing,
    )
    runner.changed.connect(tab.hear)
    qtbot.addWidget(tab)
    with qtbot.waitExposed(tab):
        tab.show()
    return tab


def opened(tab: SettingsTab, kind: type[Sheet]) -> Sheet:
    """Return the dialog of that kind that stands open."""
    return next(one for one in tab.findChildren(kind) if one.isVisible())


def marks(tab: SettingsTab) -> list[State]:
    """Return the states of the checks in sight, from top to bottom."""
    return [mark.state for mark in tab.checks.findChildren(StateMark) if mark.isVisible()]


def press(within: QWidget, word: str) -> None:
    """Click the button of that word."""
    next(one for one in within.findChildren(QPushButton) if one.text() == word).click()


def test_a_new_host_is_recorded_and_its_password_goes_to_the_keyring(
    tab: SettingsTab, contracts: Contracts, runner: TaskRunner, qtbot: QtBot
) -> None:
    tab.resources.begin()
    dialog = opened(tab, ResourceDialog)
    assert isinstance(dialog, ResourceDialog)
    assert not dialog.ok.isEnabled()
    form = dialog.forms["host"].ssh
    form.host.setText("web1.example")
    form.user.setText("ops")
    form.secret.setText("correct horse")
    dialog.name.setText("web1")
    with qtbot.waitSignal(runner.ended):
        dialog.ok.click()
    address = SshAddress("web1.example", 22, "ops")
    assert [(one.name, one.address) for one in contracts.resources()] == [("web1", address)]
    assert Vault().get(address.secret_name) == "correct horse"
    assert tab.resources.table.current == contracts.resources()[0]


def test_a_database_goes_through_the_tunnel_of_a_recorded_host(
    tab: SettingsTab, contracts: Contracts
) -> None:
    host = contracts.save_resource("host", "web1", SshAddress("web1.example"))
    tab.resources.begin()
    dialog = opened(tab, ResourceDialog)
    assert isinstance(dialog, ResourceDialog)
    dialog.kind._buttons["mysql"].click()
    form = dialog.forms["mysql"]
    form.user.setText("ops_backup")
    form.schema.setText("chamber")
    form.through.setCurrentIndex(1)
    dialog.ok.click()
    saved = next(one for one in contracts.resources() if one.kind == "mysql")
    assert saved.address == MysqlAddress(
        "127.0.0.1", 3306, "ops_backup", "chamber", ssh=host.address
    )


def test_an_account_is_called_from_a_recorded_host(tab: SettingsTab, contracts: Contracts) -> None:
    host = contracts.save_resource("host", "web1", SshAddress("web1.example"))
    tab.resources.begin()
    dialog = opened(tab, ResourceDialog)
    assert isinstance(dialog, ResourceDialog)
    dialog.kind._buttons["account"].click()
    form = dialog.forms["account"]
    form.app_id.setText("wx1")
    form.through.setCurrentIndex(1)
    dialog.ok.click()
    saved = next(one for one in contracts.resources() if one.kind == "account")
    assert saved.address == AccountAddress("wx1", ssh=host.address)
    # Opened again, it keeps a server that is no longer among the contract's.
    contracts.remove_resource(host.id)
    tab.renew()
    tab.resources._open(saved)
    again = next(one for one in tab.window().findChildren(ResourceDialog) if one.form is not form)
    again.ok.click()
    assert next(one for one in contracts.resources()).address == saved.address


def test_changing_a_resource_keeps_what_the_form_does_not_show(
    tab: SettingsTab, contracts: Contracts
) -> None:
    address = MysqlAddress("db.example", 3307, "u", "s", tls="required", ca="/ca.pem")
    resource = contracts.save_resource("mysql", "db", address)
    tab.renew()
    tab.resources._open(resource)
    dialog = opened(tab, ResourceDialog)
    assert isinstance(dialog, ResourceDialog)
    dialog.name.setText("database")
    dialog.ok.click()
    assert [(one.id, one.name, one.address) for one in contracts.resources()] == [
        (resource.id, "database", address)
    ]


def test_removing_asks_first(tab: SettingsTab, contracts: Contracts) -> None:
    contracts.save_resource("host", "web1", SshAddress("web1.example"))
    tab.renew()
    tab.resources.remove_button.click()
    assert len(contracts.resources()) == 1
    sheet = opened(tab, Sheet)
    next(
        b for b in sheet.findChildren(type(tab.resources.add_button)) if b.text() == "Remove"
    ).click()
    assert contracts.resources() == ()


def test_a_first_contact_is_asked_about_and_then_every_check_passes(
    tab: SettingsTab,
    contracts: Contracts,
    connections: Connections,
    runner: TaskRunner,
    sshd: Sshd,
    qtbot: QtBot,
) -> None:
    contracts.save_resource("host", "box", sshd.address)
    tab.renew()
    with qtbot.waitSignal(runner.ended, timeout=20_000):
        tab.resources.test_button.click()
    question = opened(tab, HostKeyQuestion)
    assert isinstance(question, HostKeyQuestion)
    with qtbot.waitSignal(tab.checks.tested, timeout=20_000) as heard:
        question.trust.click()
    assert heard.args[1] in ("ok", "warning")
    assert connections.fingerprint(sshd.address, Context()).known == "pinned"
    qtbot.waitUntil(lambda: len(marks(tab)) == 5)
    assert "critical" not in marks(tab)


def test_without_trust_the_check_of_the_host_key_says_so(
    tab: SettingsTab,
    contracts: Contracts,
    connections: Connections,
    runner: TaskRunner,
    sshd: Sshd,
    qtbot: QtBot,
) -> None:
    contracts.save_resource("host", "box", sshd.address)
    tab.renew()
    with qtbot.waitSignal(runner.ended, timeout=20_000):
        tab.resources.test_button.click()
    with qtbot.waitSignal(tab.checks.tested, timeout=20_000):
        opened(tab, HostKeyQuestion).reject()
    assert connections.fingerprint(sshd.address, Context()).known == "unknown"
    qtbot.waitUntil(lambda: marks(tab) == ["ok", "ok", "warning", "unknown", "unknown"])


def test_a_dead_host_shows_where_it_is_stuck(
    tab: SettingsTab, contracts: Contracts, qtbot: QtBot
) -> None:
    contracts.save_resource("host", "gone", SshAddress("127.0.0.1", free_port()))
    tab.renew()
    with qtbot.waitSignal(tab.checks.tested, timeout=20_000) as heard:
        tab.resources.test_button.click()
    assert heard.args[1] == "critical"
    qtbot.waitUntil(lambda: marks(tab)[:2] == ["ok", "critical"])


def test_the_example_contract_is_one_click_away_and_can_be_changed(
    tab: SettingsTab, contracts: Contracts
) -> None:
    tab.show_group("contract")
    assert tab.contract.example.isVisible()
    tab.contract.example.click()
    contract = contracts.current()
    assert contract is not None
    assert not tab.contract.example.isVisible()
    assert len(tab.contract.table.rows.shown) == len(contracts.contacts())
    tab.contract.change_button.click()
    dialog = opened(tab, ContractDialog)
    assert isinstance(dialog, ContractDialog)
    dialog.terms.title.setText("Another title")
    dialog.ok.click()
    changed = contracts.current()
    assert changed is not None
    assert changed.title == "Another title"
    assert changed.items == contract.items


def test_contacts_are_added_and_ended_never_deleted(tab: SettingsTab, contracts: Contracts) -> None:
    contracts.load_example()
    tab.renew()
    before = len(contracts.contacts())
    tab.contract.add_contact.click()
    dialog = opened(tab, ContactDialog)
    assert isinstance(dialog, ContactDialog)
    assert not dialog.ok.isEnabled()
    dialog.name.setText("Li Na")
    dialog.phone.setText("not a number")
    assert not dialog.ok.isEnabled()
    dialog.phone.setText("0755-1234")
    dialog.ok.click()
    added = next(one for one in contracts.contacts() if one.name == "Li Na")
    assert len(contracts.contacts()) == before + 1
    tab.contract.table.select(added.id)
    tab.contract.end_contact.click()
    sheet = opened(tab, Sheet)
    press(sheet, "End today")
    ended = next(one for one in contracts.contacts() if one.id == added.id)
    assert ended.valid_to == date.today()


def test_choices_of_this_machine_hold_at_once(
    tab: SettingsTab, settings: SettingsFile, themes: list[Theme], qtbot: QtBot
) -> None:
    tab.machine.actor.setText("Zhang")
    tab.machine.actor.editingFinished.emit()
    tab.machine.theme._buttons["dark"].click()
    tab.machine.probe._buttons["30"].click()
    with qtbot.waitSignal(tab.rebuild):
        tab.machine.language._buttons["en"].click()
    now = settings.current
    assert (now.actor, now.theme, now.probe_seconds, now.language) == ("Zhang", "dark", 30, "en")
    assert themes == ["dark"]


def test_a_remedy_can_be_copied(tab: SettingsTab, contracts: Contracts) -> None:
    resource = contracts.save_resource("host", "web1", SshAddress("web1.example"))
    check = Check("Permission", "critical", "Two rights are missing.", remedy="GRANT SELECT ON x")
    tab.checks.show_checks(resource, [check])
    copy = next(
        b for b in tab.checks.findChildren(type(tab.resources.add_button)) if b.text() == "Copy"
    )
    copy.click()
    assert QApplication.clipboard().text() == "GRANT SELECT ON x"


def test_a_backup_that_no_key_opens_leads_to_the_import(tab: SettingsTab) -> None:
    tab.show_item(IMPORT_KEY)
    assert isinstance(opened(tab, KeyImport), KeyImport)


# ---------------------------------------------------------------- contracts, duty, calendar


def test_the_wizard_records_a_contract_whose_terms_hold_together(
    tab: SettingsTab, contracts: Contracts, settings: SettingsFile
) -> None:
    contracts.load_example()
    tab.renew()
    tab.show_group("contract")
    tab.contract.new_button.click()
    wizard = opened(tab, ContractWizard)
    assert isinstance(wizard, ContractWizard)
    terms = wizard.terms
    terms.title.setText("另一份运维合同")
    terms.number.setText("HY-1")
    terms.party_a.setText("行业协会")
    wizard.next.click()
    assert wizard.page == 1
    amount = wizard.items.table.item(0, 2)
    assert amount is not None
    amount.setText("a lot")
    wizard.next.click()
    wizard.next.click()
    assert not wizard.next.isEnabled()  # the last page says what is wrong
    amount.setText("6358.00")
    wizard.items.payable.setText("32692")
    assert wizard.next.isEnabled()
    assert "叁万贰仟陆佰玖拾贰元整" in wizard.summary.text()
    wizard.next.click()
    made = contracts.get("HY-1")
    assert (made.party_a, made.total) == ("行业协会", contracts.example().total)
    assert settings.current.contract == made.id
    assert contracts.current() == made
    # The former one is a choice away.
    assert tab.contract.choice.isVisible()
    place = tab.contract.choice.findText("GMGSL-YW-2018-01 · 光明新区工商联")
    tab.contract.choice.setCurrentIndex(place)
    tab.contract.choice.activated.emit(place)
    assert settings.current.contract == contracts.example().id


def test_a_contract_is_renewed_on_its_terms(tab: SettingsTab, contracts: Contracts) -> None:
    example = contracts.load_example()
    tab.renew()
    tab.contract.renew_button.click()
    wizard = opened(tab, ContractWizard)
    assert isinstance(wizard, ContractWizard)
    assert not wizard.ok.isEnabled()
    wizard.terms.number.setText("GM-2019")
    wizard.terms.start.setDate(QDate(2019, 3, 6))
    assert "before the contract ends" in wizard.ok.toolTip()
    wizard.terms.start.setDate(QDate(2019, 3, 7))
    wizard.items.payable.setText("30000")
    wizard.ok.click()
    renewed = contracts.get("GM-2019")
    assert (renewed.renews, renewed.start) == (example.id, date(2019, 3, 7))
    assert (renewed.end, renewed.payable) == (date(2020, 3, 7), Decimal(30000))
    assert (renewed.items, renewed.paid_on) == (example.items, None)


def test_a_notice_is_shown_with_its_letter_and_recorded(
    tab: SettingsTab, contracts: Contracts
) -> None:
    contracts.save_contract(replace(contracts.load_example(), paid_on=None))
    tab.renew()
    press(tab.contract, "Record…")
    sheet = opened(tab, NoticeSheet)
    assert isinstance(sheet, NoticeSheet)
    assert "叁万贰仟陆佰玖拾贰元整" in sheet.letter.toPlainText()
    assert not sheet.ok.isEnabled()
    sheet.evidence.setText("bank receipt 0308")
    sheet.ok.click()
    [payment] = contracts.notices()
    assert (payment.evidence, payment.done_on) == ("bank receipt 0308", date.today())


def test_a_letter_is_one_click_and_its_number_stands_in_the_answer(
    tab: SettingsTab, contracts: Contracts, papers: Papers, qtbot: QtBot
) -> None:
    contracts.save_contract(replace(contracts.load_example(), paid_on=None))
    tab.renew()
    with qtbot.waitSignal(papers.made, timeout=20_000) as made:
        press(tab.contract, "Letter")
    [number] = made.args
    assert number.startswith("GMGSL-FK-")
    press(tab.contract, "Record…")
    sheet = opened(tab, NoticeSheet)
    assert isinstance(sheet, NoticeSheet)
    assert (sheet.evidence.text(), sheet.printed.isHidden()) == (number, False)


def test_a_persons_history_is_a_click_away(tab: SettingsTab, contracts: Contracts) -> None:
    contracts.load_example()
    tab.renew()
    tab.contract.table.selectRow(0)
    tab.contract.history.click()
    assert "李慧敏" in opened(tab, HistorySheet).windowTitle()


def test_people_are_put_on_duty(tab: SettingsTab, contracts: Contracts) -> None:
    contracts.load_example()
    tab.renew()
    assert all(line[1] is None for line in tab.duty.table.rows.shown)
    tab.duty.assign.click()
    sheet = opened(tab, DutySheet)
    assert isinstance(sheet, DutySheet)
    sheet.turns.setChecked(True)
    sheet.days.setValue(2)
    sheet.ok.click()
    names = [line[1].person.name for line in tab.duty.table.rows.shown if line[1] is not None]
    assert len(names) == 7
    assert len(set(names)) == 4


def test_a_year_of_holidays_is_entered(tab: SettingsTab, contracts: Contracts) -> None:
    contracts.load_example()
    tab.show_item("calendar")
    sheet = opened(tab, HolidaysSheet)
    assert isinstance(sheet, HolidaysSheet)
    sheet.year.setValue(2094)
    sheet.source.setText("国办发明电")
    sheet.off.setPlainText("nothing")
    assert not sheet.ok.isEnabled()
    sheet.off.setPlainText("1月1日\n2月15日至20日")
    sheet.worked.setPlainText("2094-02-21")
    assert sheet.ok.isEnabled()
    sheet.ok.click()
    known = contracts.calendar()
    assert not known.is_workday(date(2094, 2, 19))
    assert known.is_workday(date(2094, 2, 21))


def test_every_group_fits_a_small_laptop(tab: SettingsTab) -> None:
    """At 1280 x 800 nothing is scrolled to; what others ask for is in the group that shows it."""
    tab.resize(1190, 716)
    (scroll,) = (one for one in tab.findChildren(QScrollArea) if one.widget() is not None
                 and one.widget().property("kind") == "body")  # fmt: skip
    for key in ("contract", "keys", "machine", "resources"):
        tab.show_group(key)
        QApplication.processEvents()
        assert scroll.verticalScrollBar().maximum() == 0, key
    tab.show_item("calendar")
    assert tab.groups.current == "contract"
    assert tab.duty.isVisible()
    tab.show_item("contract")
    assert tab.contract.isVisible()
    assert not tab.machine.isVisible()
