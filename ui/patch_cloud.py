"""What the buttons of a change do about the cloud and Party A: snapshots, the disks' way back, the
second way into a server, reminders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change as Flag
from gmops_desktop.context import Context, Progress
from gmops_desktop.contract.changes import WAYS, word_of_way
from gmops_desktop.contract.runs import SshdSeen, words_of_sshd
from gmops_desktop.contract.snapshots import DiskWay, hour
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.patches import Change, Patches
from gmops_desktop.services.patches.planning import words_for
from gmops_desktop.tasks import Task, TaskRunner
from ui.dialogs.sheet import Sheet
from ui.patch_disks import DisksSheet, SnapshotSheet
from ui.patch_forms import heading
from ui.patch_start import StartSheet
from ui.patch_window import announcement
from ui.patch_words import title_of
from ui.ticket_fields import designated_now
from ui.widgets.frames import button, disable, paragraph

CLOUD_ACTS: Final = frozenset(
    ("snapshot", "delete_snapshots", "roll_back_disks", "rescue", "remind")
)


class CloudVerbs(QObject):
    """Does what is wanted of a change in the cloud, over `window`."""

    noticed = Signal(str, str, str)  # for the notice bar
    told = Signal(str, str, str)  # a change's id, a gate, and how far that is

    def __init__(
        self,
        patches: Patches,
        contracts: Contracts,
        runner: TaskRunner,
        host_of: Callable[[str], Resource | None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._patches, self._contracts, self._runner = patches, contracts, runner
        self._host_of, self._window = host_of, window

    def do(self, change: Change, act: str) -> None:
        """Do one of `CLOUD_ACTS`."""
        host = self._host_of(change.resource_id)
        if host is None:
            self.noticed.emit(
                "warning",
                tr("The server of {number} is no longer in the contract.", number=change.number),
                tr("Nothing was done. Add it in the settings, or cancel the change."),
            )
            return
        match act:
            case "snapshot":
                self._snapshot(change, host)
            case "delete_snapshots":
                self._delete(change, host)
            case "roll_back_disks":
                self._roll_back(change, host)
            case "rescue":
                self._rescue(change, host)
            case _:
                self._remind(change)

    # -- snapshots

    def _snapshot(self, change: Change, host: Resource) -> None:
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
        sheet = SnapshotSheet(self._window, heading(change), costs, going)

        def make(days: int) -> None:
            task = self._start(
                lambda context: self._patches.snapshot(host, change.id, context, days=days),
                tr("Make snapshots for {number}", number=change.number),
                host,
                lambda _changed: self.noticed.emit(
                    "ok",
                    tr("{number}: every disk has its snapshot.", number=change.number),
                    tr("They stand in the gate, with the second they were made."),
                ),
            )
            task.progressed.connect(partial(self._tell, change.id))
            task.cancelled.connect(
                lambda: self.noticed.emit(
                    "warning",
                    tr("The cloud goes on making the snapshots of {number}.", number=change.number),
                    tr("“Make snapshots…” takes it up again; nothing is ordered twice."),
                )
            )

        sheet.wanted.connect(make)
        sheet.open()

    def _tell(self, change_id: str, progress: Progress) -> None:
        self.told.emit(change_id, "snapshot", progress.text)

    def _delete(self, change: Change, host: Resource) -> None:
        there = [one for one in change.makings if one.state != "removed"]
        sheet = StartSheet(
            self._window, tr("Delete snapshots"), change.number,
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

    def _roll_back(self, change: Change, host: Resource) -> None:
        self._start(
            lambda context: self._patches.disk_way(host, change.id, context),
            tr("What would be lost on {name}", name=host.name),
            host,
            lambda way: self._ask_roll_back(change, host, way),
        )

    def _ask_roll_back(self, change: Change, host: Resource, way: DiskWay) -> None:
        people = [one.name for one in designated_now(self._contracts)]
        sheet = DisksSheet(self._window, heading(change), host.name, way, people)

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
            self.noticed.emit(
                "critical",
                tr("{number} did not end well: {why}", number=change.number, why=why),
                tr("A ticket tells of it; nothing is overwritten again by itself."),
            )
            return
        self.noticed.emit(
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

    def _rescue(self, change: Change, host: Resource) -> None:
        self._start(
            lambda context: self._patches.sshd(host, change.id, context),
            tr("sshd of {name}, through the cloud's agent", name=host.name),
            host,
            lambda seen: self._show_sshd(change, host, seen),
        )

    def _show_sshd(self, change: Change, host: Resource, seen: SshdSeen) -> None:
        sheet = SshdSheet(self._window, heading(change), seen)
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
            self._window, tr("The second way into {name}", name=host.name), change.number,
            [("warning", does), ("ok", tr("It is recorded, with what came of it."))], None,
            tr("Restart sshd") if step == "restart" else tr("Put its settings back"),
        )  # fmt: skip
        sheet.confirmed.connect(
            lambda typed, _reason: self._start(
                lambda context: self._patches.rescue(host, change.id, step, context, confirm=typed),
                tr("The second way into {name}", name=host.name),
                host,
                lambda _changed: self.noticed.emit(
                    "ok",
                    tr("{name} answers over SSH again.", name=host.name),
                    tr("Attach to the run, or check after it."),
                ),
            )
        )
        sheet.open()

    # -- Party A

    def _remind(self, change: Change) -> None:
        said = change.assessment
        text = words_for(change)
        if change.window is not None and change.state != "awaiting_confirmation":
            minutes = said.downtime_minutes if said else None
            text += "\n\n" + announcement(title_of(change), *change.window, minutes)
        people = [one.name for one in designated_now(self._contracts)]
        sheet = RemindSheet(self._window, heading(change), text, people)
        sheet.given.connect(
            lambda way, whom, words: self._runner.start(
                lambda context: self._patches.remind(
                    change.id, context, way=way, whom=whom, text=words
                ),
                f"{change.number}{tr(': ')}{tr('Remind Party A')}",
                lane="patches",
                changes=Flag.PATCHES,
            )
        )
        sheet.open()

    def _start(
        self,
        job: Callable[[Context], object],
        title: str,
        host: Resource,
        then: Callable[..., object] = lambda _found: None,
    ) -> Task:
        """Ask the cloud, beside what goes on at the server itself."""
        task = self._runner.start(job, title, lane=f"cloud:{host.id}", changes=Flag.PATCHES)
        task.succeeded.connect(then)
        task.failed.connect(lambda: self._runner.changed.emit(Flag.PATCHES))
        return task


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


class RemindSheet(Sheet):
    """Words for Party A, copied or sent, and recorded; `given` carries way, whom and words."""

    given = Signal(str, str, str)

    def __init__(
        self, parent: QWidget | None, heading: str, text: str, people: Sequence[str]
    ) -> None:
        super().__init__(parent, tr("Remind Party A"), heading, width=560)
        self.text = QPlainTextEdit(text)
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(168)
        self.way = QComboBox()
        for key in WAYS:
            self.way.addItem(word_of_way(key), key)
        self.whom = QLineEdit(people[0] if people else "")
        self.add_field(tr("Text"), self.text)
        hint = tr("By the WeCom robot it is sent at once; in any other way by you.")
        self.add_field(tr("How"), self.way, hint)
        self.add_field(tr("Who was reminded"), self.whom)
        self.add_close(tr("Cancel"))
        self.go = button("", self._give, kind="primary", icon_name="copy")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.way.currentIndexChanged.connect(self._judge)
        self.text.textChanged.connect(self._judge)
        self._judge()

    def _judge(self) -> None:
        way = self.way.currentData()
        word = (tr("Copy and record") if way == "copied" else tr("Send and record")
                if way == "robot" else tr("Record"))  # fmt: skip
        self.go.setText(word)
        why = "" if self.text.toPlainText().strip() else tr("Write what they are reminded of.")
        disable(self.go, why, word)

    def _give(self) -> None:
        text, way = self.text.toPlainText().strip(), str(self.way.currentData())
        if way == "copied":
            QApplication.clipboard().setText(text)
        self.accept()
        self.given.emit(way, self.whom.text().strip(), text)
