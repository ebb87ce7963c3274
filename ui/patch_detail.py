"""The right side of the patches tab: what is picked in the queue, and what is pressed there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QStackedWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.contract.gates import GateKey
from gmops_desktop.contract.terms import ZONE, told_in
from gmops_desktop.contract.waves import Wave
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.patches import Change, Inventory, Patches
from gmops_desktop.services.patches.waves import Waves
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.patch_live import Live, task_of
from ui.patch_offer import PatchOffer
from ui.patch_page import PatchPage
from ui.patch_verbs import PatchVerbs
from ui.patch_wave import WavePage
from ui.patch_waves import WaveVerbs

_AGAIN_MS: Final = 300_000  # until runs that are followed by nobody are asked for again


class PatchDetail(QStackedWidget):
    """Shows a change, a server's updates or a wave, follows what runs, and does what is pressed."""

    wanted = Signal(str, str)  # another page's name, and what to show there
    noticed = Signal(str, str, str)  # for the notice bar
    opened = Signal(str)  # the id of a change to show
    made = Signal(str)  # the id of a wave that was just put into the queue

    def __init__(
        self,
        patches: Patches,
        contracts: Contracts,
        waves: Waves | None,
        runner: TaskRunner,
        ticket_number: Callable[[str], str],
    ) -> None:
        """`ticket_number` gives the number of a ticket's id."""
        super().__init__()
        self._patches, self._contracts, self._waves = patches, contracts, waves
        self._runner, self._ticket_number = runner, ticket_number
        self.page = PatchPage()
        self.offer = PatchOffer(runner)
        self.wave_page = WavePage()
        self.live = Live(runner, self.page.run)
        self.verbs = PatchVerbs(patches, contracts, runner, self._resource, self)
        self.wave_verbs = WaveVerbs(waves, patches, runner, self) if waves else None
        self._watch = QTimer(self)

        for part in (self.page, self.offer, self.wave_page):
            self.addWidget(part)
        self.page.wanted.connect(self._do)
        self.wave_page.wanted.connect(self._do_wave)
        self.verbs.wanted.connect(self.wanted)
        self.verbs.noticed.connect(self.noticed)
        self.verbs.cloud.told.connect(self._tell_gate)
        if self.wave_verbs is not None:
            self.wave_verbs.noticed.connect(self.noticed)
            self.wave_verbs.made.connect(self.made)
        self._watch.timeout.connect(self._follow_again)

    def watch(self) -> None:
        """Follow what goes on at servers, begun by whomever, from now on."""
        self._watch.start(_AGAIN_MS)
        QTimer.singleShot(0, self, self._follow_again)

    def show_host(self, host: Resource, found: Inventory | None) -> None:
        """Show what a server offers."""
        self.offer.show_host(host, found)
        self.setCurrentWidget(self.offer)

    def show_wave(self, wave: Wave) -> None:
        """Show a wave, and what is done with it right now."""
        task = task_of(self._runner, wave.id)
        busy = tr("First this must end: {what}", what=task.title) if task else ""
        self.wave_page.show_wave(wave, busy)
        self.setCurrentWidget(self.wave_page)

    @told_in(ZONE)
    def show_change(self, change: Change, host: str) -> None:
        """Show a change on the server named `host`, and what goes on with it right now."""
        steps = [
            f"{words.stamp(step.at)}  {step.actor}  {step.action}{tr(': ')}{step.text}"
            for step in self._patches.steps(change.id)
        ]
        task = task_of(self._runner, change.id)
        self.page.show_change(
            change,
            host,
            steps,
            ticket=self._ticket_number(change.ticket_id) if change.ticket_id else "",
            busy=task.title if task else "",
        )
        run = change.running
        if run is not None or task_of(self._runner, change.id, run=True) is not None:
            known = tr("It goes on at the server; “Attach” follows it from here.")
            said = run.left if run and run.left else known
            self.live.show_run(change.id, said, run.tail if run else "")
        self.setCurrentWidget(self.page)

    # -- inside

    def _resource(self, identity: str) -> Resource | None:
        found = (one for one in self._contracts.resources() if one.id == identity)
        return next(found, None)

    @Slot(str, str)
    def _do(self, act: str, gate: str) -> None:
        if self.page.change_id and not self.page.refusal(act):
            self.verbs.do(self.page.change_id, act, gate)

    @Slot(str, str)
    def _do_wave(self, act: str, change_id: str) -> None:
        wave = self.wave_page.wave
        if act == "open":
            self.opened.emit(change_id)
        elif wave is not None and self.wave_verbs is not None:
            self.wave_verbs.do(wave, act, change_id)

    @Slot(str, str, str)
    def _tell_gate(self, change_id: str, gate: str, text: str) -> None:
        """Show beside a gate of the change in sight how far it is."""
        if change_id == self.page.change_id:
            self.page.gates.tell(cast(GateKey, gate), text)

    @Slot()
    def _follow_again(self) -> None:
        """Attach to every run that no task of this window follows."""
        led = {
            one.change_id
            for wave in (self._waves.waves() if self._waves else ())
            if task_of(self._runner, wave.id)
            for one in wave.members
        }
        for change in self._patches.all():
            if change.running is None or change.id in led:
                continue
            if task_of(self._runner, change.id) is None:
                self.verbs.do(change.id, "attach")
