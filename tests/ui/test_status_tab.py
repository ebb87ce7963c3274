"""The status tab looks in the background, shows what was found, and makes tickets of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from gmops_desktop.addresses import AccountAddress, SshAddress, WebAddress
from gmops_desktop.changes import Change
from gmops_desktop.context import Context, as_they_end
from gmops_desktop.contract.consoles import Notice, Person
from gmops_desktop.contract.looks import (
    AccountDetails,
    CloudDetails,
    Disk,
    HostDetails,
    MysqlDetails,
    WebDetails,
)
from gmops_desktop.contract.metrics import METRICS, metric_of, metrics_of, unasked
from gmops_desktop.contract.thresholds import Limit
from gmops_desktop.errors import OpsError
from gmops_desktop.services.account_quotas import AccountQuotas
from gmops_desktop.services.alerts import Alerts
from gmops_desktop.services.consoles import Consoles
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.events import Events
from gmops_desktop.services.limits import Limits
from gmops_desktop.services.servers import Servers
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.troubles import Troubles
from gmops_desktop.settings import SettingsFile
from gmops_desktop.tasks import TaskRunner
from sandbox import account_days
from ui import status_tab
from ui.around_dialog import AroundDialog
from ui.chart_picker import ChartPicker
from ui.console_sheet import ConsoleSheet
from ui.limits_dialog import LimitsDialog
from ui.quota_sheet import QuotaSheet
from ui.status_reading import Reading, Wish
from ui.status_tab import StatusTab
from ui.widgets.frames import Label

GB = 10**9


class Outside:
    """What the adapters would find; tests change it, and may hold a look back."""

    def __init__(self) -> None:
        self.status = 200
        self.silence = ""
        self.days = 200.0  # until the certificate ends
        self.hint = "Ask Party A to allow it."
        self.go = threading.Event()
        self.go.set()

    def host(self, address: SshAddress, context: Context) -> HostDetails:
        while not self.go.wait(0.02):
            context.check()
        if self.silence:
            raise OpsError(self.silence, hint="It may be down.")
        return HostDetails(
            system="Debian 12",
            kernel="6.1",
            boot_id="b",
            uptime_seconds=86400.0,
            cores=8,
            cpu=33.0,
            iowait=0.0,
            steal=0.0,
            memory_total=8 * GB,
            memory_available=4 * GB,
            swap_total=0,
            swap_free=0,
            load1=1.0,
            load5=1.0,
            disks=(Disk("/", "/dev/vda1", 50 * GB, 45 * GB, 5 * GB, 90.0),),
            disk_busy=1.0,
            out_mbit=2.0,
            in_mbit=1.0,
            failed_units=("php-fpm.service",),
            oom_kills=0,
            clock_seconds=0.0,
        )

    def mysql(self, address: object, context: Context) -> MysqlDetails:
        raise OpsError("not reached")

    def web(self, address: WebAddress, context: Context) -> WebDetails:
        return WebDetails(self.status, 0.4, True, self.days, True, 200, 4000)

    def cloud(self, address: object, context: Context) -> CloudDetails:
        raise AssertionError("no cloud account is entered")

    def account(self, address: object, context: Context, before: object) -> AccountDetails:
        raise OpsError("The outgoing address is not allowed.", hint=self.hint)


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def contracts(database: Database) -> Contracts:
    return Contracts(database, Journal(database, actor=lambda: "Zhang"))


@pytest.fixture
def servers(database: Database, outside: Outside) -> Servers:
    return Servers(
        database,
        look_host=outside.host,
        look_mysql=outside.mysql,
        look_web=outside.web,
        look_account=outside.account,
        look_cloud=outside.cloud,
        together=partial(as_they_end, gather=0.05),
    )


@pytest.fixture
def alerts(database: Database, journal: Journal, contracts: Contracts) -> Alerts:
    troubles = Troubles(database, journal, Tickets(database, journal))
    return Alerts(database, troubles, contracts.resources)


@pytest.fixture
def events(database: Database, journal: Journal, contracts: Contracts) -> Events:
    names = lambda: {one.id: one.name for one in contracts.resources()}  # noqa: E731 - short
    return Events(database, journal, names)


@pytest.fixture
def limits(database: Database, journal: Journal) -> Limits:
    return Limits(database, journal)


@pytest.fixture
def show(
    qtbot: QtBot,
    servers: Servers,
    contracts: Contracts,
    runner: TaskRunner,
    tmp_path: Path,
    alerts: Alerts,
    events: Events,
    limits: Limits,
) -> Callable[[], StatusTab]:
    def show() -> StatusTab:
        settings = SettingsFile(tmp_path / "settings.json")
        tab = StatusTab(servers, contracts, settings, runner, alerts, events, limits)
        runner.changed.connect(tab.hear)
        qtbot.addWidget(tab)
        tab.resize(1278, 680)
        with qtbot.waitExposed(tab):
            tab.show()
        rest(qtbot, tab)
        return tab

    return show


Show = Callable[[], StatusTab]


def rest(qtbot: QtBot, tab: StatusTab) -> None:
    """Wait until nothing is under way, and what was read is drawn."""
    qtbot.waitUntil(lambda: not tab._runner.running() and tab.at_rest, timeout=20_000)


def test_without_resources_it_says_what_it_is_for(show: Show) -> None:
    assert show()._empty.isVisible()


def test_before_the_first_look_everything_is_unknown(show: Show, contracts: Contracts) -> None:
    host = contracts.save_resource("host", "web1", SshAddress("web1.example"))
    tab = show()
    assert tab._cards[host.id]._badge.state == "unknown"


def test_a_look_runs_in_the_background_and_fills_cards_detail_and_alerts(
    show: Show, contracts: Contracts, outside: Outside, runner: TaskRunner, qtbot: QtBot
) -> None:
    host = contracts.save_resource("host", "web1", SshAddress("web1.example"))
    site = contracts.save_resource("website", "site", WebAddress("https://www.example"))
    outside.status = 502
    outside.go.clear()
    tab = show()
    tab.look()
    assert not tab.now.isEnabled()
    tab.look()
    assert len(runner.running()) == 1
    outside.go.set()
    rest(qtbot, tab)
    assert tab.now.isEnabled()
    assert tab._cards[site.id]._badge.state == "critical"
    assert tab._cards[host.id]._badge.state == "warning"
    assert "502" in tab._cards[site.id]._reason.full_text
    shown = {label.full_text for label in tab.findChildren(Label)}
    assert {"33 %", "5.0 GB free"} <= shown
    assert "2, 1 critical" in shown


def test_a_hanging_server_keeps_the_next_round_from_nobody_else(
    show: Show, contracts: Contracts, outside: Outside, runner: TaskRunner, qtbot: QtBot
) -> None:
    host = contracts.save_resource("host", "web1", SshAddress("web1.example"))
    site = contracts.save_resource("website", "site", WebAddress("https://www.example"))
    outside.go.clear()
    tab = show()
    tab.look(quiet=True)
    qtbot.waitUntil(lambda: tab._cards[site.id]._badge.state == "ok", timeout=20_000)
    outside.status = 502
    tab.look(quiet=True)
    qtbot.waitUntil(lambda: tab._cards[site.id]._badge.state == "critical", timeout=20_000)
    assert tab._cards[host.id]._badge.state == "unknown"
    assert not tab.now.isEnabled()
    tab.look()  # by hand, it waits for the one under way
    assert len(runner.running()) == 1
    outside.go.set()
    qtbot.waitUntil(lambda: not runner.running(), timeout=20_000)
    assert tab._cards[host.id]._badge.state == "warning"
    assert tab.now.isEnabled()


def test_a_finding_becomes_a_ticket_with_its_evidence(
    show: Show, contracts: Contracts, outside: Outside, runner: TaskRunner, qtbot: QtBot
) -> None:
    site = contracts.save_resource("website", "site", WebAddress("https://www.example"))
    outside.status = 502
    tab = show()
    tab.look()
    rest(qtbot, tab)
    entry = tab.attention._list.itemAt(0).widget()
    with qtbot.waitSignal(tab.ticket_wanted) as heard:
        next(b for b in entry.findChildren(type(tab.now)) if b.isEnabled()).click()
    title, evidence, resource_id = heard.args
    assert resource_id == site.id
    assert title.startswith("site: ")
    assert "502" in evidence


def test_another_resource_shows_its_own_charts(
    show: Show, contracts: Contracts, database: Database, runner: TaskRunner, qtbot: QtBot
) -> None:
    contracts.save_resource("host", "web1", SshAddress("web1.example"))
    site = contracts.save_resource("website", "site", WebAddress("https://www.example"))
    tab = show()
    tab.look()
    rest(qtbot, tab)
    assert len(tab.detail.charts.charts) == 4
    tab.show_item(site.id)
    assert tab.detail.title.full_text == "site"
    assert len(tab.detail.charts.charts) == 3
    assert not tab.terminal.isEnabled()


def test_an_accounts_facts_lead_to_the_expiry_board(
    show: Show, contracts: Contracts, servers: Servers, runner: TaskRunner, qtbot: QtBot
) -> None:
    account = contracts.save_resource("account", "account", AccountAddress("wx1"))
    servers._look_account = lambda address, context, before: account_days.calm(datetime.now(UTC))
    tab = show()
    tab.look()
    rest(qtbot, tab)
    tab.renew()
    rest(qtbot, tab)
    boards = [one for one in tab.detail.findChildren(QPushButton) if "Expiry" in one.text()]
    with qtbot.waitSignal(tab.wanted) as wanted:
        boards[-1].click()  # those of an older look go with the next event
    assert wanted.args == ["overview", f"expiry:verification:{account.id}"]


def test_the_quotas_are_cleared_once_the_appid_is_typed(
    show: Show, contracts: Contracts, servers: Servers, database: Database, runner: TaskRunner,
    qtbot: QtBot,
) -> None:  # fmt: skip
    contracts.save_resource("account", "account", AccountAddress("wx1"))
    servers._look_account = lambda address, context, before: account_days.calm(datetime.now(UTC))
    tab = show()
    calls: list[str] = []

    class Called:
        def clear_quota(self) -> None:
            calls.append("cleared")

    journal = Journal(database, actor=lambda: "Zhang")
    opened = lambda address, context: nullcontext(Called())  # noqa: E731 - short
    tab._quotas = AccountQuotas(database, journal, opened)
    tab.look()
    rest(qtbot, tab)
    links = [one for one in tab.detail.findChildren(QPushButton) if one.text() == "Clear quotas…"]
    links[-1].click()
    sheet = tab.findChild(QuotaSheet)
    assert not sheet.clear.isEnabled()
    qtbot.keyClicks(sheet.typed, "wx1")
    with qtbot.waitSignal(runner.ended):
        sheet.clear.click()
    rest(qtbot, tab)
    assert calls == ["cleared"]
    assert tab._quotas.standing(AccountAddress("wx1")).count == 1


def test_what_is_read_in_the_console_is_recorded_from_the_account_card(
    show: Show, contracts: Contracts, servers: Servers, database: Database, runner: TaskRunner,
    qtbot: QtBot,
) -> None:  # fmt: skip
    account = contracts.save_resource("account", "account", AccountAddress("wx1"))
    servers._look_account = lambda address, context, before: account_days.calm(datetime.now(UTC))
    tab = show()
    tab._consoles = consoles = Consoles(database, Journal(database, actor=lambda: "Zhang"))
    tab.look()
    rest(qtbot, tab)
    wanted = "Read in the console…"
    [*_, link] = [one for one in tab.detail.findChildren(QPushButton) if one.text() == wanted]
    link.click()
    sheet = tab.findChild(ConsoleSheet)
    assert not sheet.save.isEnabled()
    sheet.notices.setPlainText("yesterday something")
    assert "is no notice" in sheet.save.toolTip()
    sheet.notices.setPlainText("2018-04-12 图文被删除 -> 已更正")
    sheet.people.setPlainText("王㛃: 管理员")
    assert sheet.save.isEnabled()
    sheet.none.setChecked(True)
    assert not sheet.save.isEnabled()
    sheet.none.setChecked(False)
    sheet.on.setDate(QDate(2018, 4, 1))  # before the notice
    with qtbot.waitSignal(runner.failed):
        sheet.save.click()
    assert "cannot have been read" in sheet._told.text()
    assert sheet.people.toPlainText()  # what was written stays, to be tried again
    sheet.on.setDate(QDate(2018, 5, 2))
    with qtbot.waitSignal(sheet.accepted):
        sheet.save.click()
    rest(qtbot, tab)
    (read,) = consoles.readings(account.id)
    assert read.notices == (Notice(date(2018, 4, 12), "图文被删除", "已更正"),)
    assert read.people == (Person("王㛃", "管理员"),)
    link.click()
    again = tab.findChildren(ConsoleSheet)[-1]
    assert again.people.toPlainText() == "王㛃: 管理员"  # to be looked through


def test_the_age_and_the_failure_of_a_look_are_told(
    show: Show, contracts: Contracts, servers: Servers, runner: TaskRunner, qtbot: QtBot
) -> None:
    account = contracts.save_resource("account", "account", AccountAddress("wx1"))
    servers._now = lambda: datetime.now(UTC) - timedelta(minutes=19)
    tab = show()
    tab.look()
    rest(qtbot, tab)
    card = tab._cards[account.id]
    assert card._badge.state == "unknown"
    assert card._reason.full_text == "The outgoing address is not allowed."
    assert card._hint.full_text == "never reached · Ask Party A to allow it."
    assert "1 of 1 not reached" in tab.head.caption.full_text


def test_what_is_no_longer_seen_says_when_it_was_seen_last(
    show: Show, contracts: Contracts, servers: Servers, outside: Outside, runner: TaskRunner,
    qtbot: QtBot,
) -> None:  # fmt: skip
    host = contracts.save_resource("host", "web1", SshAddress("web1.example"))
    tab = show()
    for minutes, silence in ((190, ""), (10, "web1 did not answer.")):
        outside.silence = silence
        servers._now = lambda ago=timedelta(minutes=minutes): datetime.now(UTC) - ago
        tab.look()
        rest(qtbot, tab)
    card = tab._cards[host.id]
    assert (card._badge.state, card._reason.full_text) == ("unknown", "web1 did not answer.")
    assert card._hint.isVisible()
    assert card._hint.full_text == "last reached 3 h ago · It may be down."
    assert card._age.full_text == ""
    servers._now = lambda: datetime.now(UTC)
    tab.renew()
    rest(qtbot, tab)
    assert tab.detail.charts.charts["memory"]._now == "last 50.0, 3 h ago"


def test_a_certificate_that_ends_soon_is_below_its_limit_and_the_last_chart_fills_its_row(
    show: Show, contracts: Contracts, outside: Outside, runner: TaskRunner, qtbot: QtBot
) -> None:
    outside.days = 17.4
    contracts.save_resource("website", "site", WebAddress("https://www.example"))
    tab = show()
    tab.look()
    rest(qtbot, tab)
    *_, last = tab.detail.charts.charts.values()
    assert last._now.startswith("now 17.4, below 30 for")
    assert last.width() > tab.detail.charts.width() - 10


def test_five_cards_stand_in_one_row_and_a_long_hint_ends_in_dots(
    show: Show, contracts: Contracts, outside: Outside, runner: TaskRunner, qtbot: QtBot
) -> None:
    for place in range(4):
        contracts.save_resource("host", f"web{place}", SshAddress(f"web{place}.example"))
    account = contracts.save_resource("account", "account", AccountAddress("wx1"))
    outside.hint = "Ask Party A to allow it, " * 8
    tab = show()
    tab.look()
    rest(qtbot, tab)
    cards = tab._cards.values()
    assert len({card.y() for card in cards}) == 1
    widths = [card.width() for card in cards]
    assert max(widths) - min(widths) <= 2
    hint = tab._cards[account.id]._hint
    qtbot.waitUntil(lambda: hint.text().endswith("…"))
    assert hint.text().count("\n") == 1


def test_more_alerts_than_fit_scroll_in_their_card(
    show: Show, contracts: Contracts, outside: Outside, runner: TaskRunner, qtbot: QtBot
) -> None:
    for place in range(8):
        contracts.save_resource("website", f"site {place}", WebAddress(f"https://w{place}.example"))
    outside.status = 502
    tab = show()
    tab.look()
    rest(qtbot, tab)
    assert tab.attention.hint.full_text == "8, 8 critical"
    assert tab.attention.height() <= tab.height()


def test_other_series_are_drawn_when_they_are_chosen_and_stay_so(
    show: Show, contracts: Contracts, runner: TaskRunner, qtbot: QtBot
) -> None:
    contracts.save_resource("host", "web1", SshAddress("web1.example"))
    tab = show()
    tab.look()
    rest(qtbot, tab)
    charts = tab.detail.charts
    choose(charts.picker, "Load per core")
    choose(charts.picker, "/ used (%)")
    choose(charts.picker, "CPU (%)")
    rest(qtbot, tab)
    drawn = {key: chart.title for key, chart in charts.charts.items()}
    assert list(drawn) == ["memory", "disk", "out_mbit", "load_per_core", "used:/"]
    assert drawn["used:/"] == "/ used (%)"
    used = charts.charts["used:/"]
    assert [one.value for one in used._thresholds] == [85]
    assert (used._state, used._points[-1][1]) == ("warning", 90.0)
    kept = SettingsFile(tab._settings._path)  # as the next start reads it
    assert "used:/" in kept.current.charts
    choose(charts.picker, "The usual charts")
    assert list(charts.charts) == ["cpu", "memory", "disk", "out_mbit"]


def test_between_one_and_six_series_are_drawn(show: Show, contracts: Contracts) -> None:
    contracts.save_resource("host", "web1", SshAddress("web1.example"))
    picker = show().detail.charts.picker
    choose(picker, "Load per core")
    choose(picker, "Clock off by (s)")
    free = [one for one in actions(picker) if one.isCheckable() and one.isEnabled()]
    assert {one.isChecked() for one in free} == {True}, "six are enough"
    for action in ("CPU (%)", "Memory used (%)", "Fullest disk (%)", "Sent (Mbit/s)",
                   "Clock off by (s)"):  # fmt: skip
        choose(picker, action)
    (last,) = (one for one in actions(picker) if one.isChecked())
    assert (last.text(), last.isEnabled()) == ("Load per core", False)


def test_every_series_of_every_kind_can_be_chosen() -> None:
    for kind, metrics in METRICS.items():
        assert set(metrics) <= set(metrics_of(kind, None))
        assert all(metric_of(kind, one.key) == one for one in metrics)
        assert unasked(kind)


@pytest.mark.logs("choice of charts")
def test_a_choice_that_cannot_be_read_is_none(show: Show, contracts: Contracts) -> None:
    contracts.save_resource("host", "web1", SshAddress("web1.example"))
    tab = show()
    tab._settings.change(charts='["cpu"]')
    tab.renew()
    assert list(tab.detail.charts.charts) == ["cpu", "memory", "disk", "out_mbit"]


def actions(picker: ChartPicker) -> list[QAction]:
    picker.fill()
    return picker.menu.actions()


def choose(picker: ChartPicker, words: str) -> None:
    """Choose an entry of the menu by its words."""
    (action,) = (one for one in actions(picker) if one.text() == words)
    assert action.isEnabled(), action.toolTip()
    action.trigger()


def test_an_alert_is_acknowledged_by_name_and_leads_to_its_ticket(
    show: Show, contracts: Contracts, outside: Outside, runner: TaskRunner, alerts: Alerts,
    qtbot: QtBot,
) -> None:  # fmt: skip
    contracts.save_resource("website", "site", WebAddress("https://www.example"))
    outside.status = 502
    tab = show()
    tab._settings.change(actor="Zhang")
    for _ in range(3):
        tab.look()
        rest(qtbot, tab)
    assert len(alerts.follow().raised) == 1
    tab.renew()
    entry = tab.attention._list.itemAt(0).widget()
    acknowledge, ticket = entry.findChildren(QPushButton)
    with qtbot.waitSignal(tab.wanted) as wanted:
        ticket.click()
    assert wanted.args == ["tickets", alerts.active()[0].ticket]
    acknowledge.click()
    rest(qtbot, tab)
    assert alerts.active()[0].acknowledged_by == "Zhang"
    shown = {label.full_text for label in tab.attention.findChildren(Label)}
    assert "acknowledged by Zhang" in shown


def test_many_resources_stand_in_a_table_and_are_chosen_there(
    show: Show, contracts: Contracts, qtbot: QtBot
) -> None:
    hosts = [contracts.save_resource("host", f"web{n}", SshAddress(f"w{n}")) for n in range(9)]
    tab = show()
    tab.look()
    rest(qtbot, tab)
    assert tab._fleet.isVisible()
    assert not tab._cards
    assert len(tab._fleet.table.rows.shown) == 9
    tab._fleet.table.select(hosts[5].id)
    assert tab.detail.title.full_text == "web5"


def test_a_hidden_page_counts_many_in_the_background(
    show: Show, contracts: Contracts, outside: Outside, qtbot: QtBot
) -> None:
    for number in range(9):
        contracts.save_resource("website", f"site{number}", WebAddress(f"https://w{number}"))
    outside.status = 502
    tab = show()
    tab.hide()
    counted: list[tuple[int, str]] = []
    tab.counted.connect(lambda count, state: counted.append((count, state)))
    tab.look()
    rest(qtbot, tab)
    qtbot.waitUntil(lambda: (9, "critical") in counted, timeout=20_000)


def test_what_changes_while_hundreds_are_read_is_read_once_more(
    show: Show, contracts: Contracts, qtbot: QtBot
) -> None:
    for number in range(9):
        contracts.save_resource("host", f"web{number}", SshAddress(f"w{number}"))
    tab = show()
    tab.renew()
    contracts.save_resource("host", "last", SshAddress("last"))
    tab.renew()
    rest(qtbot, tab)
    assert len(tab._fleet.table.rows.shown) == 10


def test_nothing_is_read_while_hundreds_are_shown(
    show: Show, contracts: Contracts, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    for number in range(9):
        contracts.save_resource("host", f"web{number}", SshAddress(f"w{number}"))
    tab = show()
    rest(qtbot, tab)
    order: list[str] = []
    read, step = tab._read, tab._do_step

    def reading() -> object:
        order.append("read")
        return read()

    def showing() -> None:
        order.append("show")
        tab.renew()  # something changed meanwhile
        step()

    monkeypatch.setattr(tab, "_read", reading)
    tab._breath.timeout.disconnect()
    tab._breath.timeout.connect(showing)
    tab.renew()
    qtbot.waitUntil(lambda: order.count("read") == 2, timeout=20_000)
    assert order[:5] == ["read", "show", "show", "show", "read"]
    tab._breath.timeout.disconnect()
    tab._breath.timeout.connect(step)
    rest(qtbot, tab)


def test_a_fleet_is_filtered_by_state_and_name_and_stays_where_it_was(
    show: Show, contracts: Contracts, outside: Outside, qtbot: QtBot
) -> None:
    for number in range(40):
        contracts.save_resource("host", f"web{number:02}", SshAddress(f"w{number}"))
    contracts.save_resource("website", "site", WebAddress("https://www.example"))
    outside.status = 502
    tab = show()
    tab.look()
    rest(qtbot, tab)
    fleet = tab._fleet
    names = lambda: [one.resource.name for one in fleet.table.rows.shown]  # noqa: E731 - short
    assert names()[0] == "site", "the worst comes first"
    words = {button.text() for button in fleet.states.findChildren(QPushButton)}
    assert {"Critical 1", "Warning 40", "Unknown 0", "OK 0"} <= words
    button = next(one for one in fleet.states.findChildren(QPushButton) if "Critical" in one.text())
    button.click()
    assert names() == ["site"]
    fleet.states.findChildren(QPushButton)[0].click()
    bar = fleet.table.verticalScrollBar()
    bar.setValue(bar.maximum())
    place = bar.value()
    tab.look()
    rest(qtbot, tab)
    assert bar.value() == place > 0
    qtbot.keyClicks(fleet.filter, "web07")
    assert names() == ["web07"]
    qtbot.keyClick(fleet.filter, Qt.Key.Key_Return)
    assert tab.detail.title.full_text == "web07"
    assert fleet.table.hasFocus() or not tab.isActiveWindow()


def test_only_a_new_look_at_the_chosen_one_draws_it_anew(
    show: Show,
    contracts: Contracts,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    for number in range(9):
        contracts.save_resource("host", f"web{number}", SshAddress(f"w{number}"))
    tab = show()
    tab.look()
    rest(qtbot, tab)
    drawn, asked = list[object](), list[bool]()
    ask = tab._show_detail
    monkeypatch.setattr(tab.detail, "show_resource", lambda *seen: drawn.append(seen))
    monkeypatch.setattr(tab, "_show_detail", lambda: (ask(), asked.append(True)))

    def after(step: Callable[[], None]) -> int:
        """Return how often the chosen one was drawn up to the end of what a step began."""
        step()
        rest(qtbot, tab)
        asked.clear()
        tab.refresh()  # shown after everything that is still to be shown
        rest(qtbot, tab)
        qtbot.waitUntil(lambda: bool(asked), timeout=20_000)
        return len(drawn)

    first = after(tab.renew)
    assert after(lambda: tab.hear(Change.SERVERS)) == first
    assert after(tab.look) == first + 1
    assert after(tab.renew) == first + 2


def test_thresholds_are_set_in_the_window_and_nonsense_is_refused(
    show: Show, contracts: Contracts, limits: Limits
) -> None:
    host = contracts.save_resource("host", "web1", SshAddress("web1.example"))
    tab = show()
    tab.thresholds.click()
    dialog = tab.findChild(LimitsDialog)
    dialog.fields["memory"].warning.setText("40")
    dialog.save.click()
    assert dialog.fault.isVisible()
    dialog.fields["memory"].warning.setText("40 → 30")
    dialog.save.click()
    assert limits.own(host) == {"memory": Limit((40, 30), (98, 90))}


def test_what_changed_around_a_time_is_asked_from_the_chart(
    show: Show, contracts: Contracts, runner: TaskRunner, qtbot: QtBot
) -> None:
    contracts.save_resource("host", "web1", SshAddress("web1.example"))
    tab = show()
    with qtbot.waitSignal(runner.ended):
        tab.detail.charts.charts["cpu"].asked.emit(datetime.now(UTC).timestamp())
    dialog = tab.findChild(AroundDialog)
    texts = [event.text for event in dialog.table.rows.shown]
    assert any("web1" in text for text in texts), "the resource was recorded just now"
    dialog.reject()


def test_zooming_shows_a_part_in_all_charts_until_one_goes_back(
    show: Show, contracts: Contracts, qtbot: QtBot
) -> None:
    contracts.save_resource("host", "web1", SshAddress("web1.example"))
    tab = show()
    charts = tab.detail.charts
    now = datetime.now(UTC).timestamp()
    charts.charts["cpu"].zoomed.emit(now - 7200, now - 3600)
    assert tab.detail.whole.isVisible()
    rest(qtbot, tab)
    spans = {(round(one._begin - now), round(one._end - now)) for one in charts.charts.values()}
    assert spans == {(-7200, -3600)}
    charts.charts["memory"].back.emit()
    assert not tab.detail.whole.isVisible()
    rest(qtbot, tab)
    assert round(charts.charts["memory"]._begin - now) == pytest.approx(-86400, abs=30)


def test_what_comes_when_another_one_is_wanted_is_dropped(
    show: Show, contracts: Contracts, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    contracts.save_resource("host", "web1", SshAddress("web1.example"))
    site = contracts.save_resource("website", "site", WebAddress("https://www.example"))
    tab = show()
    charts = tab.detail.charts
    go, read, asked = threading.Event(), charts._readings.read, list[str]()

    def slowly(wish: Wish, context: Context) -> Reading:
        asked.append(f"{wish.resource.name} {wish.span}")
        while not go.wait(0.02):
            context.check()
        return read(wish, context)

    monkeypatch.setattr(charts._readings, "read", slowly)
    told: list[Reading] = []
    charts.read.connect(told.append)
    charts.show_span("hour")
    qtbot.waitUntil(lambda: bool(asked), timeout=20_000)
    tab.show_item(site.id)
    charts.show_span("month")
    assert {chart.blank for chart in charts.charts.values()} == {True}, "the host's are not shown"
    assert not tab.detail.findings.isVisible()
    go.set()
    rest(qtbot, tab)
    assert asked == ["web1 hour", "site month"], "what nobody wants any more is not read"
    assert [set(one.plots) for one in told] == [set(charts.charts)]
    begin, end = told[0].shown
    assert (end - begin).days == 30


def test_charts_are_drawn_one_in_each_turn_of_the_window(
    show: Show, contracts: Contracts, qtbot: QtBot
) -> None:
    contracts.save_resource("host", "web1", SshAddress("web1.example"))
    tab = show()
    charts = tab.detail.charts
    drawn: list[int] = []
    for chart in charts.charts.values():
        chart.show_plot = lambda plot: drawn.append(turns[0])
    turns = [0]
    beat = QTimer()
    beat.timeout.connect(lambda: turns.__setitem__(0, turns[0] + 1))
    beat.start(0)
    tab.renew()
    rest(qtbot, tab)
    beat.stop()
    assert len(drawn) == len(set(drawn)) == 4


def test_what_cannot_be_read_is_said_and_nothing_old_is_shown(
    show: Show, contracts: Contracts, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    contracts.save_resource("host", "web1", SshAddress("web1.example"))
    tab = show()
    charts = tab.detail.charts

    def refuse(wish: Wish, context: Context) -> Reading:
        raise OpsError("The store cannot be read.")

    monkeypatch.setattr(charts._readings, "read", refuse)
    tab.renew()
    rest(qtbot, tab)
    assert tab.detail.facts.full_text == "The store cannot be read."
    assert {chart.blank for chart in charts.charts.values()} == {True}


def test_the_window_closes_while_something_is_read(
    show: Show, contracts: Contracts, runner: TaskRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    contracts.save_resource("host", "web1", SshAddress("web1.example"))
    tab = show()
    begun = threading.Event()

    def hang(wish: Wish, context: Context) -> Reading:
        begun.set()
        while True:
            context.wait(60)

    monkeypatch.setattr(tab.detail.charts._readings, "read", hang)
    tab.renew()
    assert begun.wait(20)
    tab.close()
    assert runner.shut_down(20_000)


def test_the_terminal_button_opens_one_or_copies_the_command(
    show: Show, contracts: Contracts, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    contracts.save_resource("host", "web1", SshAddress("web1.example", 2222, "ops"))
    tab = show()
    asked: list[list[str]] = []
    monkeypatch.setattr(status_tab, "open_terminal", lambda words: asked.append(words) or "xterm")
    with qtbot.waitSignal(tab.noticed) as told:
        tab.terminal.click()
    assert told.args[0] == "ok"
    assert asked[0][-1] == "ops@web1.example"
    monkeypatch.setattr(status_tab, "open_terminal", lambda words: "")
    with qtbot.waitSignal(tab.noticed) as told:
        tab.terminal.click()
    assert told.args[0] == "warning"
    assert QApplication.clipboard().text() == "ssh -p 2222 ops@web1.example" == told.args[2]
