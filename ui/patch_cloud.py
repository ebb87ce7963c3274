"""What the buttons of a change do in the cloud: snapshots, the disks' way back, the second way into
a server."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context, Progress
from gmops_desktop.contract.runs import SshdSeen, words_of_sshd
from gmops_desktop.contract.snapshots import DiskWay, hour
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.patches import Change, Patches
from gmops_desktop.tasks import Task
from ui.dialogs.sheet import Sheet
from ui.patch_disks import DisksSheet, SnapshotSheet
from ui.patch_forms import heading
from ui.patch_start import StartSheet
from ui.patch_tasks import ChangeTasks
from ui.ticket_fields import designated_now
from ui.widgets.frames import button, disable, paragraph


class CloudVerbs(QObject):
    """Does what is wanted of a change in the cloud, beside what goes on at its server."""

    told = Signal(str, str, str)  # a change's id, a gate, and how far that is

    def __init__(self, patches: Patches, contracts: Contracts, tasks: ChangeTasks) -> None:
        super().__init__(tasks)
        self._patches, self._contracts, self._tasks = patches, contracts, tasks

    # -- snapshots

    def snapshot(self, change: Change) -> None:
        if (host := self._tasks.host(change)) is None:
            return
        going = [one for one in change.makings if one.open]
        said = ""
        if going:
            said = tr("Ordered at {at}, kept until {until}. The cloud is asked how far it is; only "
                      "what is not there yet is ordered.", at=hour(going[-1].at),
                      until=hour(going[-1].deadline))  # fmt: skip
            self._ask_snapshot(change, host, said, said)
            return
        self._start(
            lambda context: self._patches.snapshot_costs(host, change.id, context),
            tr("Asking for the disks of {name}", name=host.name),
            host,
            lambda costs: self._ask_snapshot(change, host, costs),
        )

    def _ask_snapshot(self, change: Change, host: Resource, costs: str, going: str = "") -> None:
        sheet = SnapshotSheet(self._tasks.window, heading(change), costs, going)

        def make(days: int) -> None:
            task = self._start(
                lambda context: self._patches.snapshot(host, change.id, context, days=days),
                tr("Make snapshots for {number}", number=change.number),
                host,
                lambda _changed: self._tasks.noticed.emit(
                    "ok",
                    tr("{number}: every disk has its snapshot.", number=change.number),
                    tr("They stand in the gate, with the second they were made."),
                ),
            )
            task.progressed.connect(partial(self._tell, change.id))
            task.cancelled.connect(
                lambda: self._tasks.noticed.emit(
                    "warning",
                    tr("The cloud goes on making the snapshots of {number}.", number=change.number),
                    tr("“Make snapshots…” takes it up again; nothing is ordered twice."),
                )
            )

        sheet.wanted.connect(make)
        sheet.open()

    def _tell(self, change_id: str, progress: Progress) -> None:
        self.told.emit(change_id, "snapshot", progress.text)

    def delete_snapshots(self, change: Change) -> None:
        if (host := self._tasks.host(change)) is None:
            return
        there = [one for one in change.makings if one.state != "removed"]
        sheet = StartSheet(
            self._tasks.window, tr("Delete snapshots"), change.number,
            [("critical", tr("{server}: snapshots of {at}, {gb} GB of disks at most, which the "
                             "cloud would keep until {until}.", server=one.server, at=hour(one.at),
                             gb=one.gb, until=hour(one.deadline)))
             for one in there]
            + [("warning", tr("With them goes the last way back; they cost nothing any more."))],
            None, tr("Delete snapshots"),
        )  # fmt: skip
        sheet.confirmed.connect(
            lambda typed, _reason: self._start(
                lambda context: self._patches.delete_snapshots(change.id, context, confirm=typed),
                tr("Delete the snapshots of {number}", number=change.number),
                host,
            )
        )
        sheet.open()

    # -- the last way back

    def roll_back_disks(self, change: Change) -> None:
        if (host := self._tasks.host(change)) is None:
            return
        self._start(
            lambda context: self._patches.disk_way(host, change.id, context),
            tr("What would be lost on {name}", name=host.name),
            host,
            lambda way: self._ask_roll_back(change, host, way),
        )

    def _ask_roll_back(self, change: Change, host: Resource, way: DiskWay) -> None:
        people = [one.name for one in designated_now(self._contracts)]
        sheet = DisksSheet(self._tasks.window, heading(change), host.name, way, people)

        def put_back(typed: str, reason: str, by: str, channel: str) -> None:
            self._start(
                lambda context: self._patches.roll_back_disks(
                    host, change.id, context, confirm=typed, reason=reason, agreed_by=by,
                    channel=channel,
                ),
                tr("Put the disks of {name} back", name=host.name),
                host,
                lambda changed: self._is_back(changed, host),
            )  # fmt: skip

        sheet.confirmed.connect(put_back)
        sheet.open()

    def _is_back(self, change: Change, host: Resource) -> None:
        """Tell how it ended, and check the server where it ended well."""
        if change.state != "rolled_back":
            why = change.runs[-1].why if change.runs else ""
            self._tasks.noticed.emit(
                "critical",
                tr("{number} did not end well: {why}", number=change.number, why=why),
                tr("A ticket tells of it; nothing is overwritten again by itself."),
            )
            return
        self._tasks.noticed.emit(
            "warning",
            tr("The disks of {name} are back at their snapshots.", name=host.name),
            tr("Everything that hangs on it is checked now."),
        )
        if change.before is not None:
            self._start(
                lambda context: self._patches.check_after(host, change.id, context),
                tr("Check after {number}", number=change.number),
                host,
            )

    # -- the second way in

    def rescue(self, change: Change) -> None:
        if (host := self._tasks.host(change)) is None:
            return
        self._start(
            lambda context: self._patches.sshd(host, change.id, context),
            tr("sshd of {name}, through the cloud's agent", name=host.name),
            host,
            lambda seen: self._show_sshd(change, host, seen),
        )

    def _show_sshd(self, change: Change, host: Resource, seen: SshdSeen) -> None:
        sheet = SshdSheet(self._tasks.window, heading(change), seen)
        sheet.chosen.connect(lambda step: self._ask_rescue(change, host, step))
        sheet.open()

    def _ask_rescue(self, change: Change, host: Resource, step: str) -> None:
        does = (
            tr("sshd is restarted through the cloud's agent; sessions that are open stay.")
            if step == "restart"
            else tr(
                "sshd's settings become those from before the change, and it is restarted. "
                "What stands there now is kept beside; what sshd finds wrong is not left in place."
            )
        )
        sheet = StartSheet(
            self._tasks.window, tr("The second way into {name}", name=host.name), change.number,
            [("warning", does), ("ok", tr("It is recorded, with what came of it."))], None,
            tr("Restart sshd") if step == "restart" else tr("Put its settings back"),
        )  # fmt: skip
        sheet.confirmed.connect(
            lambda typed, _reason: self._start(
                lambda context: self._patches.rescue(host, change.id, step, context, confirm=typed),
                tr("The second way into {name}", name=host.name),
                host,
                lambda _changed: self._tasks.noticed.emit(
                    "ok",
                    tr("{name} answers over SSH again.", name=host.name),
                    tr("Attach to the run, or check after it."),
                ),
            )
        )
        sheet.open()

    # -- how it is asked

    def _start(
        self,
        job: Callable[[Context], object],
        title: str,
        host: Resource,
        then: Callable[..., object] = lambda _found: None,
    ) -> Task:
        return self._tasks.beside(job, title, f"cloud:{host.id}", then)


class SshdSheet(Sheet):
    """How sshd stands by the agent's word, and the two steps that may help; `chosen` follows."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None, heading: str, seen: SshdSeen) -> None:
        super().__init__(parent, tr("The second way in: sshd"), heading, width=560)
        for line in words_of_sshd(seen):
            self.body.addWidget(paragraph(line, "body"))
        self.add_close(tr("Close"))
        self.settings = button(tr("Put its settings back…"), lambda: self._choose("settings"))
        self.restart = button(tr("Restart sshd…"), lambda: self._choose("restart"), kind="primary")
        for made in (self.settings, self.restart):
            self.add_button(made)
        none = tr("Its settings from before were not kept: they cannot be put back from here.")
        disable(self.settings, "" if seen.kept else none,
                tr("As they were right before the change"))  # fmt: skip
        wrong = tr("It finds its settings wrong: it would not come up with them.")
        disable(self.restart, wrong if seen.fault else "", tr("Restart it as it stands"))

    def _choose(self, step: str) -> None:
        self.accept()
        self.chosen.emit(step)
