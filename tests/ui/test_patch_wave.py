"""A wave by buttons alone: from the menu to its page, batch by batch, and what is left of it
cancelled; over servers that SSH reaches and one that the cloud's agent does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from db.engine import Database
from gmops_desktop.addresses import HostAddress, SshAddress, TatAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.updates import Inventory, Plan, Update
from gmops_desktop.contract.waves import Wave
from gmops_desktop.errors import OpsError
from gmops_desktop.services.patches.book import Book
from gmops_desktop.services.patches.waves import Waves
from gmops_desktop.tasks import TaskRunner
from tests.helpers.change_desk import Desk, Server
from ui.patch_start import StartSheet
from ui.patch_wave import WaveSheet
from ui.patch_window import WindowSheet
from ui.patches_tab import PatchesTab
from ui.ticket_dialogs import ReasonSheet
from ui.ticket_forms import FormSheet

LEFT = Qt.MouseButton.LeftButton
OPENSSL = Update("openssl", "amd64", "1.0.2k-12", "1.0.2k-16", "Debian-Security", True)
DOWN = SshAddress("10.0.0.7")


class Offering(Server):
    """A server that offers an update, but for the one that is down."""

    def scan(self, address: HostAddress, context: Context) -> Inventory:
        if address == DOWN:
            raise OpsError("10.0.0.7 does not answer.", hint="Is it switched on?")
        return Inventory("", self.now, "apt", "Debian 12", (OPENSSL,), (), (), False, None, "")

    def simulate(self, address: HostAddress, wanted: Sequence[Update], context: Context) -> Plan:
        return Plan(tuple(wanted), (), (), ("nginx",), False, "Inst openssl", self.now, 40 << 30)


@pytest.fixture
def desk(database: Database) -> Desk:
    desk = Desk(database, Offering())
    desk.now = datetime.now(UTC)
    desk.furnish(two_person=False)
    known, today = desk.contracts.all()[0], desk.now.date()
    desk.contracts.save_contract(
        replace(known, start=today - timedelta(days=30), end=today + timedelta(days=300))
    )
    save = desk.contracts.save_resource
    save("host", "web2", SshAddress("10.0.0.5"))
    save("host", "web3", DOWN)
    save("host", "agent", TatAddress("ins-1", "ap-guangzhou", "AKID"))
    save("host", "web5", SshAddress("10.0.0.9"))
    return desk


def test_a_wave_goes_from_the_menu_to_its_end_by_buttons(
    qtbot: QtBot, desk: Desk, runner: TaskRunner, settled: Callable[[], None]
) -> None:
    book = Book(desk.database, desk.journal, lambda: desk.now)
    waves = Waves(desk.patches, book, desk.contracts.resources)
    tab = PatchesTab(desk.patches, desk.contracts, runner, waves=waves)
    runner.changed.connect(tab.hear)
    told: list[tuple[str, str, str]] = []
    tab.noticed.connect(lambda *said: told.append(said))
    qtbot.addWidget(tab)
    tab.resize(1278, 716)
    tab.show()
    page = tab.detail.wave_page

    def over(kind: type[QDialog]) -> QDialog:
        return next(one for one in reversed(tab.findChildren(kind)) if one.isVisible())

    def wave() -> Wave:
        return waves.waves()[0]

    def stand() -> str:
        return " ".join(f"{one.name}:{one.standing}" for one in wave().members)

    tab.adding["wave"].trigger()
    sheet = over(WaveSheet)
    assert isinstance(sheet, WaveSheet)
    assert [one.name for one in sheet.chosen] == ["agent", "web1", "web2", "web3", "web5"]
    sheet.hosts.setCurrentRow(0)  # the agent's server comes after the first
    qtbot.mouseClick(sheet.down, LEFT)
    qtbot.mouseClick(sheet.go, LEFT)
    settled()
    assert page.wave == wave()
    assert page.isVisible()
    assert [one.name for one in page.table.rows.shown] == ["web1", "agent", "web2", "web5"]
    assert told[-1] == ("warning", f"Not part of {wave().number}: web3",
                        "web3: 10.0.0.7 does not answer.")  # fmt: skip

    qtbot.mouseClick(page.go_on, LEFT)  # through closed gates: nothing is begun
    begin(qtbot, over(StartSheet), wave().number)
    settled()
    assert (told[-1][0], desk.server.runs()) == ("warning", [])
    assert "did not go on: web1" in told[-1][1]

    qtbot.mouseClick(page.window_button, LEFT)
    window = over(WindowSheet)
    assert isinstance(window, WindowSheet)
    window.begin.setDateTime(window.begin.dateTime().addDays(-2))
    window.end.setDateTime(window.end.dateTime().addDays(1))
    qtbot.mouseClick(window.go, LEFT)
    settled()
    for place in range(3):
        qtbot.mouseClick(page.announce, LEFT)
        form = over(FormSheet)
        assert isinstance(form, FormSheet)
        form.fields["audience"].setCurrentIndex(place)  # type: ignore[attr-defined]
        form.fields["evidence"].setPlainText("公众号推文")  # type: ignore[attr-defined]
        qtbot.mouseClick(form.go, LEFT)
        settled()
    desk.copied()
    for expected in (
        "web1:held agent:waiting web2:waiting web5:waiting",
        "web1:held agent:held web2:waiting web5:waiting",
    ):
        qtbot.mouseClick(page.go_on, LEFT)
        begin(qtbot, over(StartSheet), wave().number)
        settled()
        assert stand() == expected, told[-1]
        assert told[-1][0] == "ok"
    assert len(desk.server.runs()) == 2

    qtbot.mouseClick(page.cancel, LEFT)
    reason = over(ReasonSheet)
    assert isinstance(reason, ReasonSheet)
    reason.words.setPlainText("甲方推迟其余")
    qtbot.mouseClick(reason.go, LEFT)
    settled()
    assert stand() == "web1:held agent:held web2:left_out web5:left_out"
    assert [one.why for one in wave().members][2:] == ["甲方推迟其余"] * 2
    for made in (page.go_on, page.cancel, page.window_button):
        assert not made.isEnabled()
        assert made.toolTip()


def begin(qtbot: QtBot, sheet: QDialog, number: str) -> None:
    """Type the number into the look before the leap, and press its button."""
    assert isinstance(sheet, StartSheet)
    assert not sheet.go.isEnabled()
    sheet.name.setText(number)
    qtbot.mouseClick(sheet.go, LEFT)
