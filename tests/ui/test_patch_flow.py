"""A change led through the window from its plan to its hand-over: gates, dialogs, the live run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from db.engine import Database
from gmops_desktop.addresses import SshAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.change_checks import Checked
from gmops_desktop.contract.changes import ChangeKind
from gmops_desktop.contract.gates import TABLE
from gmops_desktop.contract.releases import (
    ConfigurationPlan,
    ReleaseChange,
    ReleasePlan,
    Script,
    plan_to_dict,
)
from gmops_desktop.services.patches import Change
from gmops_desktop.services.patches.book import Book
from gmops_desktop.services.patches.waves import Waves
from gmops_desktop.tasks import TaskRunner
from tests.helpers.change_desk import MINUTE, Desk
from ui.patch_forms import AskSheet
from ui.patch_gates import said_of
from ui.patch_live import task_of
from ui.patch_release import ReleaseSheet
from ui.patch_restarts import RestartSheet
from ui.patch_start import StartSheet
from ui.patch_wave import WaveSheet
from ui.patch_window import WindowSheet
from ui.patch_words import facts_of, waits_for, window_words
from ui.patches_tab import PatchesTab
from ui.ticket_dialogs import ConfirmSheet, ReasonSheet
from ui.ticket_forms import FormSheet
from ui.widgets.frames import Label

LEFT = Qt.MouseButton.LeftButton
Settled = Callable[[], None]


@pytest.fixture
def desk(database: Database) -> Desk:
    """A desk whose clock is this machine's: the dialogs ask for times to come."""
    desk = Desk(database)
    desk.now = datetime.now(UTC)
    desk.furnish()
    known, today = desk.contracts.all()[0], desk.now.date()
    desk.contracts.save_contract(
        replace(known, start=today - timedelta(days=30), end=today + timedelta(days=300))
    )
    return desk


@pytest.fixture
def open_tab(qtbot: QtBot, desk: Desk, runner: TaskRunner) -> Callable[[], PatchesTab]:
    """Open a tab on the desk's queue, as each start of the program does."""

    def make() -> PatchesTab:
        tab = PatchesTab(desk.patches, desk.contracts, runner)
        runner.changed.connect(tab.hear)
        qtbot.addWidget(tab)
        tab.resize(1278, 716)
        tab.show()
        return tab

    return make


def dialog(tab: PatchesTab, kind: type[QDialog]) -> QDialog:
    """Return the dialog of that kind that is open over the tab."""
    return next(one for one in reversed(tab.findChildren(kind)) if one.isVisible())


def typed(qtbot: QtBot, tab: PatchesTab, number: str, reason: str = "") -> None:
    """Type the number into the look before the leap, and press its red button."""
    sheet = dialog(tab, StartSheet)
    assert isinstance(sheet, StartSheet)
    assert not sheet.go.isEnabled()
    assert sheet.go.toolTip()
    sheet.reason.setPlainText(reason)
    sheet.name.setText("C-9999")
    assert not sheet.go.isEnabled()
    sheet.name.setText(number)
    qtbot.mouseClick(sheet.go, LEFT)


def given(tab: PatchesTab, **texts: str) -> None:
    """Fill in a short form and give it."""
    form = dialog(tab, FormSheet)
    assert isinstance(form, FormSheet)
    for key, text in texts.items():
        field = form.fields[key]
        setter = getattr(field, "setPlainText", None) or getattr(field, "setText", None)
        assert setter is not None
        setter(text)
    assert form.go.isEnabled(), form.go.toolTip()
    form.go.click()


# ---------------------------------------------------------------- the whole way


def test_a_change_goes_its_whole_way_by_its_next_step(
    qtbot: QtBot, desk: Desk, open_tab: Callable[[], PatchesTab], settled: Settled
) -> None:
    change = desk.patches.add("patch", "openssl", desk.host, _plan())
    tab = open_tab()
    page = tab.detail.page
    tab.show_item(change.id)

    def step(word: str) -> None:
        assert page.next.text() == word
        assert page.next.isEnabled(), page.next.toolTip()
        qtbot.mouseClick(page.next, LEFT)

    step("Simulate")
    settled()
    step("Set window…")
    sheet = dialog(tab, WindowSheet)
    assert isinstance(sheet, WindowSheet)
    begin, end = sheet.chosen
    assert end - begin == timedelta(hours=1)
    assert begin > datetime.now(UTC)
    assert "openssl" in sheet.text.toPlainText()
    sheet.begin.setDateTime(sheet.begin.dateTime().addDays(-2))
    assert sheet.go.isEnabled()
    sheet.end.setDateTime(sheet.end.dateTime().addDays(-3))
    assert not sheet.go.isEnabled()
    assert "ends before" in sheet.go.toolTip()
    sheet.end.setDateTime(sheet.end.dateTime().addDays(3))
    qtbot.mouseClick(sheet.go, LEFT)
    settled()
    for _ in range(3):
        step("Record notice…")
        notice = dialog(tab, ReasonSheet)
        assert isinstance(notice, ReasonSheet)
        notice.words.setPlainText("公众号推文")
        qtbot.mouseClick(notice.go, LEFT)
        settled()
    step("Prepare")
    settled()
    assert desk.patches.get(change.id).way_back is not None
    assert not page.apply.isEnabled()
    assert "second person" in page.apply.toolTip()
    step("Back up now")  # the backups tab is asked
    desk.copied()
    desk.released(desk.patches.get(change.id))
    tab.renew()
    step("Check before")
    settled()
    assert page.apply.isEnabled()
    assert not page.next.isVisible()

    desk.server.going = 1
    qtbot.mouseClick(page.apply, LEFT)
    typed(qtbot, tab, change.number)
    settled()
    settled()  # the check after begins by itself
    assert page.gates.title.isVisible()
    assert not page.gates._list.isVisible()
    assert desk.patches.get(change.id).state == "awaiting_confirmation"
    assert [run[0] for run in desk.server.runs()] == ["apply"]
    assert "Setting up nginx" in page.run.log.toPlainText()
    assert [one.title for one in page.checks.table.rows.shown] == ["page:/", "unit:nginx.service"]

    step("Confirmation by Party A…")
    confirm = dialog(tab, ConfirmSheet)
    assert isinstance(confirm, ConfirmSheet)
    qtbot.mouseClick(confirm.save, LEFT)
    settled()
    step("Hand over…")
    given(tab, text="v1", documents="操作手册 v2")
    settled()
    step("Close")
    settled()
    assert desk.patches.get(change.id).state == "closed"
    assert not page.next.isVisible()
    assert not page.apply.isVisible()
    assert [one.title for one in desk.patches.handed_over(change.id)] == ["a.php", "操作手册 v2"]


# ---------------------------------------------------------------- gates


def queued(desk: Desk, kind: ChangeKind = "patch") -> Change:
    """Queue a change with a plan of its kind, and have it played through."""
    plan = _plan() if kind == "patch" else plan_to_dict(_FILE)
    change = desk.patches.add(kind, "openssl", desk.host, plan)
    if kind != "patch":
        change = desk.patches.assess(change.id, text="x", by="陈志远", person_days=Decimal("0.5"))
    return desk.patches.simulate(desk.host, change.id, Context())


def ready(desk: Desk) -> Change:
    """Return a system patch with every gate open."""
    change = desk.released(desk.announced(queued(desk)))
    desk.copied()
    desk.patches.prepare(desk.host, change.id, Context())
    return desk.patches.check_before(desk.host, change.id, Context())


def closed(desk: Desk, gate: str) -> Change:
    """Return a change ready to begin but for one gate."""
    change = queued(desk, "configuration" if gate == "assessed" else "patch")
    change = desk.announced(change)
    if gate != "second_person":
        change = desk.released(change)
    if gate not in ("backup", "files", "snapshot"):
        desk.copied()
    else:
        _copied_but(desk, gate)
    desk.server.why_not = "No old package is kept." if gate == "way_back" else ""
    desk.patches.prepare(desk.host, change.id, Context())
    if gate != "checks":
        desk.patches.check_before(desk.host, change.id, Context())
    match gate:
        case "assessed":
            desk.write(change.id, assessed_at=None)
        case "notice_users" | "notice_leaders" | "notice_responsible":
            desk.write(change.id, **{f"announced_{gate.removeprefix('notice_')}": ""})
        case "window":
            begin = desk.now + 30 * MINUTE
            desk.write(
                change.id,
                window_from=begin,
                window_to=begin + 60 * MINUTE,
                **{
                    f"announced_{one}_for": f"{_json(begin)}/{_json(begin + 60 * MINUTE)}"
                    for one in ("users", "leaders", "responsible")
                },
            )
        case "disk":
            desk.server.disk_free = 1024
        case "manager":
            desk.server.health = "The package manager is locked."
        case "plan":
            desk.server.differs = ("+ openssl 3",)
        case "alone":
            other = desk.patches.add("patch", "curl", desk.host, _plan())
            desk.write(other.id, run_x={"purpose": "apply", "at": _json(desk.now), "by": "x"})
    if gate in ("disk", "manager", "plan"):
        desk.patches.simulate(desk.host, change.id, Context())
    return desk.patches.get(change.id)


@pytest.mark.parametrize("gate", [row.key for row in TABLE])
def test_no_entry_of_the_window_begins_through_a_closed_gate(
    qtbot: QtBot,
    desk: Desk,
    open_tab: Callable[[], PatchesTab],
    settled: Settled,
    runner: TaskRunner,
    gate: str,
) -> None:
    change = closed(desk, gate)
    shut = [one.key for one in change.gates if not one.open]
    assert gate in shut
    tab = open_tab()
    tab.show_item(change.id)
    page = tab.detail.page
    # The button is off and says why; pressing it by any way does nothing.
    assert not page.apply.isEnabled()
    assert page.apply.toolTip()
    page.apply.click()
    qtbot.keyClick(page.apply, Qt.Key.Key_Space)
    page.wanted.emit("apply", "")
    assert not tab.findChildren(StartSheet)
    for act, action in page._acts.items():
        assert act != "apply", action.text()
    # And were the dialog open already when the gate fell shut, the service refuses.
    tab.detail.verbs.do(change.id, "apply")
    with qtbot.waitSignal(runner.failed) as failed:
        typed(qtbot, tab, change.number)
    assert change.number in str(failed.args[1])
    settled()
    assert desk.server.runs() == []
    assert desk.patches.get(change.id).runs == ()
    # Each gate that is shut stands in the list with its word.
    rows = {one.key: one for one in change.gates}
    said = said_of(rows[gate]).splitlines()[0]
    qtbot.waitUntil(lambda: any(said in one.full_text for one in _labels(page.gates)))


def test_an_emergency_opens_only_what_it_may(
    qtbot: QtBot, desk: Desk, open_tab: Callable[[], PatchesTab], settled: Settled
) -> None:
    change = closed(desk, "notice_leaders")
    tab = open_tab()
    tab.show_item(change.id)
    tab.detail.page.gates.emergency.click()
    form = dialog(tab, FormSheet)
    assert isinstance(form, FormSheet)
    gate = form.fields["gate"]
    offered = [gate.itemData(place) for place in range(gate.count())]  # type: ignore[attr-defined]
    assert "notice_leaders" in offered
    assert not {"disk", "manager", "plan", "way_back", "checks", "alone"} & set(offered)
    assert not form.go.isEnabled()
    given(tab, reason="官网正被攻击")
    settled()
    change = desk.patches.get(change.id)
    assert dict(change.emergencies) == {"notice_leaders": "官网正被攻击"}
    qtbot.waitUntil(lambda: "Passed" in [label.text() for label in _labels(tab.detail.page.gates)])
    assert tab.detail.page.apply.isEnabled()


# ---------------------------------------------------------------- what goes wrong


def test_a_failed_run_says_so_and_is_rolled_back(
    qtbot: QtBot, desk: Desk, open_tab: Callable[[], PatchesTab], settled: Settled
) -> None:
    change = ready(desk)
    tab = open_tab()
    told: list[tuple[str, str, str]] = []
    tab.noticed.connect(lambda *said: told.append(said))
    tab.show_item(change.id)
    desk.server.state = "failed"
    qtbot.mouseClick(tab.detail.page.apply, LEFT)
    typed(qtbot, tab, change.number)
    settled()
    assert told[-1][0] == "critical"
    assert "Unpacking failed" in told[-1][1]
    assert desk.patches.get(change.id).state == "postcheck"
    assert tab.detail.page._acts["try_again"].isEnabled()
    assert tab.detail.page._acts["mend"].isEnabled()

    desk.server.state = "done"
    qtbot.mouseClick(tab.detail.page.roll_back, LEFT)
    sheet = dialog(tab, StartSheet)
    assert isinstance(sheet, StartSheet)
    sheet.name.setText(change.number)
    assert not sheet.go.isEnabled()  # a reason is asked for
    sheet.name.clear()
    typed(qtbot, tab, change.number, "postinst fails")
    settled()
    settled()
    assert [run[0] for run in desk.server.runs()] == ["apply", "rollback"]
    rolled = desk.patches.get(change.id)
    assert rolled.rollback_reason == "postinst fails"
    assert rolled.state == "awaiting_confirmation"


def test_what_is_worse_after_it_is_told_and_stands_first(
    qtbot: QtBot, desk: Desk, open_tab: Callable[[], PatchesTab], settled: Settled
) -> None:
    change = ready(desk)
    tab = open_tab()
    told: list[tuple[str, str, str]] = []
    tab.noticed.connect(lambda *said: told.append(said))
    tab.show_item(change.id)

    def break_page(_purpose: str) -> None:
        desk.server.checked["unit:nginx.service"] = Checked(
            "unit:nginx.service", "nginx", "critical", "failed"
        )

    desk.server.on_start = break_page
    qtbot.mouseClick(tab.detail.page.apply, LEFT)
    typed(qtbot, tab, change.number)
    settled()
    settled()
    assert told[-1][0] == "critical"
    assert "nginx" in told[-1][1]
    rows = tab.detail.page.checks.table.rows.shown
    assert [one.verdict for one in rows] == ["worse", "same"]
    assert tab.detail.page.roll_back.isVisible()
    assert tab.detail.page.roll_back.isEnabled()
    tab.detail.page._acts["accept"].trigger()
    sheet = dialog(tab, ReasonSheet)
    assert isinstance(sheet, ReasonSheet)
    sheet.words.setPlainText("与甲方商定稍后启动")
    qtbot.mouseClick(sheet.go, LEFT)
    settled()
    assert desk.patches.get(change.id).state == "awaiting_confirmation"


def test_a_lost_line_leaves_it_going_on_and_the_next_start_attaches(
    qtbot: QtBot, desk: Desk, open_tab: Callable[[], PatchesTab], settled: Settled
) -> None:
    change = ready(desk)
    tab = open_tab()
    told: list[tuple[str, str, str]] = []
    tab.noticed.connect(lambda *said: told.append(said))
    tab.show_item(change.id)
    desk.server.silent = 99
    qtbot.mouseClick(tab.detail.page.apply, LEFT)
    typed(qtbot, tab, change.number)
    settled()
    assert desk.patches.get(change.id).state == "applying"
    assert told[-1][0] == "warning"
    assert "goes on at the server" in told[-1][1]
    assert tab.detail.page.next.text() == "Attach"
    assert tab.detail.page.next.isEnabled()
    tab.retire()
    tab.hide()

    desk.server.silent = 0
    again = open_tab()  # the program was started anew
    again.detail.watch()
    qtbot.waitUntil(lambda: desk.patches.get(change.id).state == "awaiting_confirmation")
    settled()
    assert [run[0] for run in desk.server.runs()] == ["apply"]  # begun once


def test_stopping_to_follow_stops_nothing(
    qtbot: QtBot,
    desk: Desk,
    open_tab: Callable[[], PatchesTab],
    settled: Settled,
    runner: TaskRunner,
) -> None:
    change = ready(desk)
    tab = open_tab()
    told: list[tuple[str, str, str]] = []
    tab.noticed.connect(lambda *said: told.append(said))
    tab.show_item(change.id)
    desk.server.going = 10**9
    qtbot.mouseClick(tab.detail.page.apply, LEFT)
    typed(qtbot, tab, change.number)
    qtbot.waitUntil(lambda: "Setting up nginx" in tab.detail.page.run.log.toPlainText())
    assert tab.detail.page.run.state.word == "Going on at the server"
    qtbot.waitUntil(lambda: tab.detail.page.gates.height() < 80)  # folded: the log has the room
    assert not tab.detail.page.next.isEnabled()  # it is followed already
    other = open_tab()  # made anew, as for another language: it shows the same run
    other.show_item(change.id)
    assert "Setting up nginx" in other.detail.page.run.log.toPlainText()
    other.hide()
    task = task_of(runner, change.id, run=True)
    assert task is not None
    task.cancel()
    settled()
    assert desk.patches.get(change.id).state == "applying"
    assert "not followed any more" in told[-1][1]
    desk.server.going = 0
    qtbot.waitUntil(tab.detail.page.next.isEnabled)
    qtbot.mouseClick(tab.detail.page.next, LEFT)
    qtbot.waitUntil(lambda: desk.patches.get(change.id).state == "awaiting_confirmation")
    settled()


def test_a_change_of_a_server_that_is_gone_is_refused(
    qtbot: QtBot, desk: Desk, open_tab: Callable[[], PatchesTab]
) -> None:
    change = ready(desk)
    tab = open_tab()
    desk.contracts.remove_resource(desk.host.id)
    with qtbot.waitSignal(tab.noticed) as told:
        tab.detail.verbs.do(change.id, "simulate")
    assert "no longer in the contract" in told.args[1]


# ---------------------------------------------------------------- list, board, keyboard


def test_the_board_has_every_change_in_its_column_and_opens_it(
    qtbot: QtBot, desk: Desk, open_tab: Callable[[], PatchesTab], settled: Settled
) -> None:
    first = desk.patches.add("patch", "openssl", desk.host, _plan())
    waiting = ready(desk)
    gone = desk.patches.add("patch", "curl", desk.host, _plan())
    desk.patches.cancel(gone.id, "replaced")
    tab = open_tab()
    board = tab.queue.views.findChildren(QPushButton)[1]
    qtbot.mouseClick(board, LEFT)
    assert tab.queue.board.isVisible()
    shown = {
        key: [entry.number for entry in made.entries] for key, made in tab.queue.board.lists.items()
    }
    assert shown["plan"] == [first.number]
    assert shown["window"] == [waiting.number]
    assert shown["done"] == [gone.number]
    assert shown["under_way"] == []
    tab.queue.search_board.setText("nothing of the kind")
    assert not any(made.entries for made in tab.queue.board.lists.values())
    tab.queue.search_board.clear()
    column = tab.queue.board.lists["window"]
    column.setCurrentIndex(column.model().index(0, 0))
    column.setFocus()
    qtbot.keyClick(column, Qt.Key.Key_Return)
    assert tab.queue.list.isVisible()
    assert tab.detail.page.change_id == waiting.id


def test_the_emergency_and_release_dialogs_name_who_and_what(
    desk: Desk, open_tab: Callable[[], PatchesTab], settled: Settled
) -> None:
    change = closed(desk, "second_person")
    desk.actor = "刘洋"
    tab = open_tab()
    tab.show_item(change.id)
    tab.detail.verbs.do(change.id, "approve", "second_person")
    sheet = dialog(tab, AskSheet)
    assert isinstance(sheet, AskSheet)
    sheet.go.click()
    settled()
    assert desk.patches.get(change.id).approved_by == "刘洋"


_FILE = ConfigurationPlan(
    "/etc/nginx/nginx.conf", "/etc/nginx/nginx.conf", "a" * 64, "b" * 64, ((1, 1, ("x\n",)),),
    "--- nginx.conf\n+++ nginx.conf\n@@ -1 +1 @@\n-worker_processes 1;\n+worker_processes 4;\n",
    0o644, 0, 0, check="nginx -t", reload="systemctl reload nginx",
)  # fmt: skip


def _plan() -> dict[str, object]:
    return {
        "packages": [
            {"name": "openssl", "arch": "amd64", "old": "1.0.2k-12", "new": "1.0.2k-16",
             "origin": "updates", "security": True, "severity": "Critical",
             "cves": ["CVE-2018-5407"]}
        ],
        "installs": [], "removes": [], "services": ["nginx"], "reboot": False,
        "text": "Inst openssl", "simulated_at": "2018-04-20T06:00:00+00:00",
    }  # fmt: skip


def _json(at: datetime) -> str:
    return at.isoformat()


def _labels(widget: QWidget) -> list[Label]:
    return [one for one in widget.findChildren(Label) if one.isVisibleTo(widget)]


def _copied_but(desk: Desk, gate: str) -> None:
    if gate != "backup":
        desk.back_up(desk.site_db, "backup")
    if gate != "files":
        desk.back_up(desk.site, "files")
    if gate != "snapshot":
        desk.look_at_cloud()


# ---------------------------------------------------------------- many servers, other kinds


def test_a_wave_is_led_from_its_page_and_stops_by_itself(
    qtbot: QtBot, desk: Desk, runner: TaskRunner, settled: Settled
) -> None:
    second = desk.contracts.save_resource("host", "web2", SshAddress("10.0.0.5"))
    third = desk.contracts.save_resource("host", "web3", SshAddress("10.0.0.6"))
    changes = []
    for host in (desk.host, second, third):
        change = desk.patches.add("patch", "openssl", host, _plan())
        changes.append(desk.patches.simulate(host, change.id, Context()))
    book = Book(desk.database, desk.journal, lambda: desk.now)
    waves = Waves(desk.patches, book, desk.contracts.resources, together=1)
    wave = waves.band([one.id for one in changes], sizes=("1", "rest"), title="openssl")
    tab = PatchesTab(desk.patches, desk.contracts, runner, waves=waves)
    runner.changed.connect(tab.hear)
    told: list[tuple[str, str, str]] = []
    tab.noticed.connect(lambda *said: told.append(said))
    qtbot.addWidget(tab)
    tab.resize(1278, 716)
    tab.show()
    tab.queue.list.select(f"wave:{wave.id}")
    page = tab.detail.wave_page
    assert [one.name for one in page.table.rows.shown] == ["web1", "web2", "web3"]

    qtbot.mouseClick(page.window_button, LEFT)
    window = dialog(tab, WindowSheet)
    assert isinstance(window, WindowSheet)
    window.begin.setDateTime(window.begin.dateTime().addDays(-2))
    window.end.setDateTime(window.end.dateTime().addDays(1))
    qtbot.mouseClick(window.go, LEFT)
    settled()
    assert all(desk.patches.get(one.id).window for one in changes)
    for place in range(3):
        qtbot.mouseClick(page.announce, LEFT)
        form = dialog(tab, FormSheet)
        assert isinstance(form, FormSheet)
        form.fields["audience"].setCurrentIndex(place)  # type: ignore[attr-defined]
        given(tab, evidence="公众号推文")
        settled()
    desk.copied()
    for one in changes[:2]:
        desk.released(desk.patches.get(one.id))

    def go_on() -> None:
        qtbot.mouseClick(page.go_on, LEFT)
        typed(qtbot, tab, waves.get(wave.id).number)
        settled()

    go_on()
    assert [one.standing for one in waves.get(wave.id).members] == ["held", "waiting", "waiting"]
    assert told[-1][0] == "ok"
    desk.server.state = "failed"
    go_on()  # web2 fails; web3 is not begun, whose gate would have been shut, too
    assert [one.standing for one in waves.get(wave.id).members] == ["held", "failed", "waiting"]
    assert told[-1][0] == "critical"
    assert "web3" in told[-1][2]
    assert not page.go_on.isEnabled()
    assert "web2" in page.stopped.text()
    assert len(desk.server.runs()) == 2
    page.table.select(changes[1].id)
    qtbot.mouseClick(page.leave_out, LEFT)
    sheet = dialog(tab, ReasonSheet)
    assert isinstance(sheet, ReasonSheet)
    sheet.words.setPlainText("硬件故障")
    qtbot.mouseClick(sheet.go, LEFT)
    settled()
    go_on()  # now web3's turn, which nobody released
    assert len(desk.server.runs()) == 2
    assert desk.patches.get(changes[2].id).runs == ()


def test_the_dialog_of_a_wave_orders_and_divides(qtbot: QtBot, desk: Desk) -> None:
    second = desk.contracts.save_resource("host", "web2", SshAddress("10.0.0.5"))
    sheet = WaveSheet(None, [desk.host, second], {})
    qtbot.addWidget(sheet)
    assert "1, 1" in sheet.said.full_text
    sheet.hosts.setCurrentRow(1)
    sheet.up.click()
    assert [one.name for one in sheet.chosen] == ["web2", "web1"]
    sheet.sizes.setText("many")
    assert not sheet.go.isEnabled()
    assert "many" in sheet.go.toolTip()
    sheet.sizes.setText("1, rest")
    with qtbot.waitSignal(sheet.given) as told:
        sheet.go.click()
    assert [one.name for one in told.args[0]] == ["web2", "web1"]
    assert told.args[1:] == [("1", "rest"), True]


def test_a_release_is_asked_for_with_its_digest(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    sheet = ReleaseSheet(None, [desk.host], [desk.site_db])
    qtbot.addWidget(sheet)
    assert sheet.go.toolTip() == "Choose the release first."
    sheet.source.setText(str(tmp_path / "gone.zip"))
    assert "no such file" in sheet.go.toolTip()
    sheet.source.setText(str(tmp_path))
    sheet.digest.setText("abc")
    assert "64" in sheet.go.toolTip()
    sheet.digest.setText("AB" * 32)
    with qtbot.waitSignal(sheet.given) as told:
        sheet.go.click()
    host, source, said = told.args
    assert (host.name, source, said["digest"]) == ("web1", tmp_path, "ab" * 32)


def test_each_kind_shows_its_plan(
    desk: Desk, open_tab: Callable[[], PatchesTab], settled: Settled
) -> None:
    file = desk.patches.add("configuration", "nginx", desk.host, plan_to_dict(_FILE))
    release = desk.patches.add("release", "v2", desk.host, plan_to_dict(_RELEASE))
    tab = open_tab()
    tab.show_item(file.id)
    assert "+worker_processes 4;" in tab.detail.page.plan.diff.text.toPlainText()
    assert "nginx -t" in tab.detail.page.plan.said.full_text
    tab.show_item(release.id)
    assert [one.path for one in tab.detail.page.plan.files.rows.shown] == ["index.php", "old.php"]
    assert "1 SQL statement" in tab.detail.page.plan.said.full_text


_RELEASE = ReleasePlan(
    "v2.zip", "d" * 64, "t" * 64, "/srv/www", "folder", "/srv/www", "l" * 64,
    (ReleaseChange("index.php", "change", 10, "1" * 64, "2" * 64),
     ReleaseChange("old.php", "remove", 0, "3" * 64)),
    4, 100, 10, (Script("before", "before/1.sql", "5" * 64, 1),),
)  # fmt: skip


def test_the_hours_of_a_change_are_beijing_time_wherever_the_window_runs(
    qtbot: QtBot, runner: TaskRunner, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its gates and documents say Beijing time; list, page and dialog must name the same hours."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        change = desk.queued()
        begin = datetime(desk.now.year + 1, 1, 20, 14, 0, tzinfo=UTC)  # 22:00 in Beijing
        change = desk.patches.set_window(change.id, begin, begin + timedelta(hours=1))
        told = f"{desk.now.year + 1}-01-20 22:00–23:00"
        assert window_words(change.window, desk.now) == told
        assert waits_for(change, desk.now).startswith("notice")
        assert f"window {told}" in facts_of(change, "web1")
        gate = next(one for one in change.gates if one.key == "window")
        assert "-01-20 22:00 - " in gate.missing
        said = next(one.text for one in desk.patches.steps(change.id) if one.action == "Window set")
        assert f"{desk.now.year + 1}-01-20 22:00" in said
        sheet = WindowSheet(None, "C-0001", "nginx", desk.now, change.window)
        qtbot.addWidget(sheet)
        assert sheet.begin.text().endswith("01-20 22:00")
        assert "From " + f"{desk.now.year + 1}-01-20 22:00 until 23:00" in sheet.text.toPlainText()
        sheet.begin.setDateTime(sheet.begin.dateTime().addSecs(3600))
        assert sheet.chosen[0] == begin + timedelta(hours=1)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_what_restarts_is_told_and_changed_from_the_plan(
    qtbot: QtBot, desk: Desk, open_tab: Callable[[], PatchesTab], settled: Settled
) -> None:
    asks = [
        {"unit": "", "why": "kernel", "names": ["linux-image-amd64"]},
        {"unit": "front.service", "why": "uses", "names": ["libfront"]},
    ]
    change = desk.patches.add(
        "patch", "kernel", desk.host, {**_plan(), "asks": asks, "restart_host": True}
    )
    release = desk.patches.add("release", "v2", desk.host, plan_to_dict(_RELEASE))
    begun = ready(desk)
    desk.patches.apply(desk.host, begun.id, Context(), confirm=begun.number)
    tab = open_tab()
    plan = tab.detail.page.plan
    tab.show_item(change.id)
    assert plan.restarts.text().startswith(
        "The server itself restarts at the end: a new kernel runs only after it (linux-image-amd64)"
    )
    qtbot.mouseClick(plan.change_restarts, LEFT)
    sheet = dialog(tab, RestartSheet)
    assert isinstance(sheet, RestartSheet)
    assert sheet.host.isChecked()
    assert not sheet.units["front.service"].isChecked()
    sheet.host.setChecked(False)
    assert "no effect until somebody restarts it" in sheet.warning.text()
    sheet.units["front.service"].setChecked(True)
    sheet.more.setText("cron, nginx.service")
    sheet.go.click()
    settled()
    updates = desk.patches.get(change.id).updates
    assert updates
    assert not updates.restart_host
    assert updates.restarts == ("front.service", "cron.service", "nginx.service")
    assert plan.restarts.text().startswith("The server itself does not restart, though it must")
    assert "front.service restarts at the end: it runs what is replaced now" in plan.restarts.text()
    # A release restarts nothing by its plan, and once begun nothing is changed any more.
    tab.show_item(release.id)
    assert not plan.change_restarts.isVisible()
    tab.show_item(begun.id)
    assert tab.detail.page.refusal("restarts")
