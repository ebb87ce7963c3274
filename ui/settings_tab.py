"""Settings: resources and their connections, the contract and its people, and this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QLineEdit, QStackedWidget, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change
from gmops_desktop.language import tr
from gmops_desktop.paths import Home
from gmops_desktop.services.calendars import Calendars
from gmops_desktop.services.connections import Connections
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.messages import Messages
from gmops_desktop.services.reports.signing import Signing
from gmops_desktop.services.roster import Roster
from gmops_desktop.services.sealing import Sealing
from gmops_desktop.settings import SettingsFile, Theme
from gmops_desktop.states import STATES
from gmops_desktop.tasks import TaskRunner
from ui.channel_card import ChannelCard
from ui.connection_checks import ConnectionChecks
from ui.contract_card import ContractCard
from ui.duty_card import DutyCard
from ui.papers import Papers
from ui.resources_card import ResourcesCard, SaveSecret
from ui.sealing_card import SealingCard
from ui.signing_card import SigningCard
from ui.theme import GAP
from ui.widgets.frames import Card, Label, Segments, button, column, icon_button, row
from ui.widgets.page import Page

IMPORT_KEY: Final = "import-key"  # what to show when a sealed archive could not be opened

_PROBES: Final = (30, 60, 300)  # seconds between two looks
_ATTACHMENTS: Final = (20, 50, 100, 200)  # megabytes


class SettingsTab(Page):
    """`show_theme` shows a theme at once; `speak` changes the language of the whole program."""

    shows = Change.CONTRACT | Change.SETTINGS

    guide_wanted = Signal()

    def __init__(
        self,
        contracts: Contracts,
        connections: Connections,
        save_secret: SaveSecret,
        settings: SettingsFile,
        home: Home,
        runner: TaskRunner,
        show_theme: Callable[[Theme], object],
        sealing: Sealing,
        messages: Messages,
        roster: Roster,
        calendars: Calendars,
        papers: Papers,
        signing: Signing,
    ) -> None:
        super().__init__(tr("Settings"), str(home.root))
        self.head.add_action(
            button(
                tr("First steps"),
                self.guide_wanted.emit,
                icon_name="list",
                tip=tr("Go through contract, resources, connections and first backup"),
            )
        )
        self.resources = ResourcesCard(contracts, save_secret, runner)
        self.checks = ConnectionChecks(connections, runner)
        self._checks_card = Card(tr("Connection test"))
        self._checks_card.add(self.checks)
        self._checks_card.add_stretch()
        self.contract = ContractCard(
            contracts, runner, lambda identity: settings.change(contract=identity), papers
        )
        self.duty = DutyCard(roster, calendars, contracts, runner)
        self.machine = _MachineCard(settings, home, runner, show_theme)
        self.sealing = SealingCard(sealing, settings, runner)
        self.signing = SigningCard(signing, runner)
        self.channel = ChannelCard(messages, runner)
        self.groups = Segments(
            [
                ("resources", tr("Resources")),
                ("contract", tr("Contract and people")),
                ("keys", tr("Keys and channels")),
                ("machine", tr("This machine")),
            ],
            "resources",
            tr("Group of settings"),
        )
        self._stack = QStackedWidget()
        self._places: dict[str, int] = {}
        self._lay_out()
        self.body.addWidget(self.groups)
        self.body.addWidget(self._stack, 1)

        self.groups.chosen.connect(self.show_group)

        self.resources.test_wanted.connect(self.checks.test)
        self.resources.picked.connect(self._picked)
        self.checks.tested.connect(self._tested)
        self.machine.language_chosen.connect(self.rebuild)
        self.sealing.noticed.connect(self.noticed)
        self.channel.noticed.connect(self.noticed)
        self.signing.noticed.connect(self.noticed)

    def show_group(self, key: str) -> None:
        """Show one group: "resources", "contract", "keys" or "machine"."""
        self.groups.choose(key)
        self._stack.setCurrentIndex(self._places[key])

    def _lay_out(self) -> None:
        """Put the cards into groups, each of which a small laptop shows whole."""
        for key, left, right in (
            ("resources", (self.resources,), (self._checks_card,)),
            ("contract", (self.contract,), (self.duty,)),
            ("keys", (self.signing, self.channel), (self.sealing,)),
            ("machine", (self.machine,), ()),
        ):
            page = QWidget()
            sides = [column(None, *cards, spacing=GAP) for cards in (left, right) if cards]
            layout = row(page, *sides, spacing=GAP)
            for place, side in enumerate(sides):
                layout.setStretch(place, 1)
                if key in ("keys", "machine"):
                    side.addStretch(1)
            if not right:
                layout.addStretch(1)
            self._places[key] = self._stack.addWidget(page)

    def refresh(self) -> None:
        self.resources.refresh()
        self.contract.refresh()
        self.duty.refresh()
        self.sealing.refresh()
        self.channel.refresh()
        self.signing.refresh()

    def show_item(self, identity: str) -> None:
        """Test the connection to the resource of that id, which asks about its host key; or ask
        for the key of sealed backups (`IMPORT_KEY`), or for public holidays ("calendar")."""
        self.renew()
        if identity in self._places:
            self.show_group(identity)
            return
        if identity == IMPORT_KEY:
            self.show_group("keys")
            self.sealing.begin_import()
            return
        if identity == "calendar":
            self.show_group("contract")
            self.duty.begin_calendar()
            return
        self.show_group("resources")
        if self.resources.table.select(identity) and self.resources.table.current is not None:
            self.checks.test(self.resources.table.current)

    def _picked(self, resource: Resource | None) -> None:
        self._checks_card.hint.show_text(resource.name if resource else "")

    def _tested(self, identity: str, state: str) -> None:
        self.resources.show_tested(identity, next(one for one in STATES if one == state))


class _MachineCard(Card):
    """What this machine's user chose; every choice holds at once."""

    language_chosen = Signal()

    def __init__(
        self,
        settings: SettingsFile,
        home: Home,
        runner: TaskRunner,
        show_theme: Callable[[Theme], object],
    ) -> None:
        super().__init__(tr("This machine"))
        self._settings, self._home, self._runner = settings, home, runner
        self._show_theme = show_theme
        now = settings.current

        self.actor = QLineEdit(now.actor)
        self.actor.setPlaceholderText(tr("stands in every journal entry"))
        self.language = Segments(
            [("zh_CN", "中文"), ("en", "English")], now.language, tr("Language")
        )
        self.theme = Segments(
            [("system", tr("System")), ("light", tr("Light")), ("dark", tr("Dark"))],
            now.theme,
            tr("Theme"),
        )
        seconds = sorted({*_PROBES, now.probe_seconds})
        self.probe = Segments(
            [(str(one), tr("{seconds} s", seconds=one)) for one in seconds],
            str(now.probe_seconds),
            tr("Look at the servers every"),
        )
        self.alerts = Segments(
            [("open", tr("open tickets")), ("show", tr("are only shown"))],
            "open" if now.alert_tickets else "show",
            tr("What the looks find"),
        )
        told = (now.alert_desktop, now.alert_sound)
        self.told = Segments(
            [("no", tr("nothing")), ("desktop", tr("a message")), ("both", tr("and a sound"))],
            {(False, False): "no", (True, False): "desktop"}.get(told, "both"),
            tr("A new alert gives"),
        )
        self.registries = Segments(
            [("ask", tr("are asked for")), ("no", tr("are not asked for"))],
            "ask" if now.ask_registries else "no",
            tr("Dates of domains, from their registries"),
        )
        sizes = sorted({*_ATTACHMENTS, now.attachment_megabytes})
        self.attachments = Segments(
            [(str(one), tr("{size} MB", size=one)) for one in sizes],
            str(now.attachment_megabytes),
            tr("Largest attachment"),
        )
        self.folder = QLineEdit(now.archive_folder)
        self.folder.setReadOnly(True)
        self.folder.setPlaceholderText(str(home.archives))
        folder = QWidget()
        choose = icon_button("folder-open", tr("Choose a folder…"), self._choose, kind="plain")
        row(folder, self.folder, choose)

        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        fields: tuple[tuple[str, QWidget], ...] = (
            (tr("Who works here"), self.actor),
            (tr("Language"), self.language),
            (tr("Theme"), self.theme),
            (tr("Look every"), self.probe),
            (tr("What the looks find"), self.alerts),
            (tr("A new alert gives"), self.told),
            (tr("Dates of domains"), self.registries),
            (tr("Largest attachment"), self.attachments),
            (tr("Archive folder"), folder),
        )
        for place, (word, field) in enumerate(fields):
            grid.addWidget(Label(word, "caption", elide=False), place, 0)
            grid.addWidget(field, place, 1)
        self.actor.setAccessibleName(tr("Who works here"))
        self.folder.setAccessibleName(tr("Archive folder"))
        self.add(grid)

        self.actor.editingFinished.connect(self._name)
        self.language.chosen.connect(self._speak)
        self.theme.chosen.connect(self._dress)
        self.probe.chosen.connect(self._probe)
        self.alerts.chosen.connect(lambda key: settings.change(alert_tickets=key == "open"))
        self.told.chosen.connect(
            lambda key: settings.change(alert_desktop=key != "no", alert_sound=key == "both")
        )
        self.registries.chosen.connect(lambda key: settings.change(ask_registries=key == "ask"))
        self.attachments.chosen.connect(lambda key: settings.change(attachment_megabytes=int(key)))

    def _name(self) -> None:
        name = self.actor.text().strip()
        if name != self._settings.current.actor:
            self._settings.change(actor=name)
            self._runner.changed.emit(Change.SETTINGS)

    def _speak(self, language: str) -> None:
        if language != self._settings.current.language:
            self._settings.change(language=language)
            self.language_chosen.emit()

    def _dress(self, theme: str) -> None:
        self._settings.change(theme=theme)
        self._show_theme(self._settings.current.theme)

    def _probe(self, seconds: str) -> None:
        self._settings.change(probe_seconds=int(seconds))
        self._runner.changed.emit(Change.SETTINGS)

    def _choose(self) -> None:
        start = self._settings.current.archive_folder or str(self._home.archives)
        chosen = QFileDialog.getExistingDirectory(self, tr("Archive folder"), start)
        if chosen:
            folder = "" if Path(chosen) == self._home.archives else chosen
            self._settings.change(archive_folder=folder)
            self.folder.setText(folder)
            self._runner.changed.emit(Change.SETTINGS)
