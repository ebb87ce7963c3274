"""What the buttons of a wave do: forms for all its servers at once, a look before each batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change as Flag
from gmops_desktop.context import Context
from gmops_desktop.contract.changes import AUDIENCES, Audience, word_of_audience
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.contract.waves import Member, Wave, word_of_standing
from gmops_desktop.language import tr
from gmops_desktop.services.patches import Change, Inventory, Patches
from gmops_desktop.services.patches.waves import Refused, Waves
from gmops_desktop.states import State
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.patch_live import mark_task
from ui.patch_start import StartSheet
from ui.patch_wave import WaveSheet
from ui.patch_window import WindowSheet
from ui.ticket_dialogs import ReasonSheet
from ui.ticket_forms import FormSheet


class WaveVerbs(QObject):
    """Does what is wanted of a wave, over `window`."""

    noticed = Signal(str, str, str)  # for the notice bar
    made = Signal(str)  # the id of a wave that was just put into the queue

    def __init__(self, waves: Waves, patches: Patches, runner: TaskRunner, window: QWidget) -> None:
        super().__init__(window)
        self._waves, self._patches, self._runner = waves, patches, runner
        self._window = window

    def plan(self, hosts: Sequence[Resource], found: dict[str, Inventory]) -> None:
        """Ask which servers, and queue a wave of their updates."""
        sheet = WaveSheet(self._window, hosts, found)
        sheet.given.connect(self._queue)
        sheet.open()

    def do(self, wave: Wave, act: str, change_id: str = "") -> None:
        """Do what was pressed for a wave, or one of its servers."""
        match act:
            case "set_window":
                self._set_window(wave)
            case "announce":
                self._announce(wave)
            case "leave_out":
                self._leave_out(wave, change_id)
            case "cancel":
                self._cancel(wave)
            case "go_on":
                self._go_on(wave)

    # -- inside

    def _queue(self, hosts: Sequence[Resource], sizes: Sequence[str], security: bool) -> None:
        waves = self._waves
        task = self._runner.start(
            lambda context: waves.queue_wave(hosts, context, security_only=security, sizes=sizes),
            tr("Queue updates of many servers"),
            lane="waves",
            changes=Flag.PATCHES,
        )
        task.succeeded.connect(self._queued)

    def _queued(self, found: tuple[Wave, Sequence[Refused]]) -> None:
        wave, refused = found
        self.made.emit(wave.id)
        if refused:
            self.noticed.emit(
                "warning",
                tr("Not part of {number}: {names}", number=wave.number,
                   names=words.listed(one.name for one in refused)),
                "\n".join(f"{one.name}{tr(': ')}{one.why}" for one in refused),
            )  # fmt: skip

    def _set_window(self, wave: Wave) -> None:
        heading = f"{wave.number} {wave.title}"
        sheet = WindowSheet(self._window, heading, wave.title, datetime.now(UTC))
        sheet.given.connect(
            lambda begin, end: self._each(
                wave, lambda change: self._patches.set_window(change.id, begin, end),
                tr("Set window"),
            )
        )  # fmt: skip
        sheet.open()

    def _announce(self, wave: Wave) -> None:
        form = FormSheet(
            self._window, tr("Record notice"), f"{wave.number} {wave.title}", tr("Record notice")
        )
        form.choice(
            "audience", tr("Who was told"), [(one, word_of_audience(one)) for one in AUDIENCES],
            AUDIENCES[0],
        )  # fmt: skip
        form.lines("evidence", tr("Evidence: who told them, when, how"), required=True)

        def record(said: dict[str, str]) -> None:
            audience: Audience = next(one for one in AUDIENCES if one == said["audience"])
            self._each(
                wave, lambda change: self._patches.announce(change.id, audience, said["evidence"]),
                tr("Record notice"),
            )  # fmt: skip

        form.given.connect(record)
        form.open()

    def _leave_out(self, wave: Wave, change_id: str) -> None:
        name = next((one.name for one in wave.members if one.change_id == change_id), "")
        sheet = ReasonSheet(
            self._window, tr("Leave {name} out", name=name), f"{wave.number} {wave.title}",
            tr("Leave out"),
        )  # fmt: skip
        sheet.given.connect(
            lambda why: self._runner.start(
                lambda _context: self._waves.leave_out(wave.id, change_id, why),
                tr("Leave {name} out", name=name),
                lane="waves",
                changes=Flag.PATCHES,
            )
        )
        sheet.open()

    def _cancel(self, wave: Wave) -> None:
        names = words.listed(one.name for one in wave.untouched)
        sheet = ReasonSheet(
            self._window, tr("Cancel the rest of {number}", number=wave.number), names,
            tr("Cancel the rest"),
        )  # fmt: skip
        sheet.given.connect(
            lambda why: self._each(
                wave, lambda change: self._patches.cancel(change.id, why), tr("Cancel the rest")
            )
        )
        sheet.open()

    def _go_on(self, wave: Wave) -> None:
        due = wave.begun or wave.due
        names = words.listed(one.name for one in due)
        facts: list[tuple[State, str]] = [
            ("warning", tr("Begun one after the other, a few at a time: {names}", names=names)),
            ("ok", tr("Each goes through its own gates, and is checked before and after.")),
            ("ok", tr("Once one fails or is unknown, none that waits is begun.")),
        ]
        first = self._patches.get(due[0].change_id) if due else None
        sheet = StartSheet(
            self._window, tr("Go on with {number}", number=wave.number), wave.number, facts,
            first.way_back if first else None, tr("Go on"),
            heading=tr("The way back of the first server"),
        )  # fmt: skip
        sheet.confirmed.connect(lambda typed, _reason: self._run(wave, typed))
        sheet.open()

    def _run(self, wave: Wave, typed: str) -> None:
        waves = self._waves

        def job(context: Context) -> Wave:
            def follow(member: Member, look: RunLook | None) -> None:
                if look is None:
                    context.changed(Flag.PATCHES)
                for line in look.log.splitlines() if look else ():
                    context.note(f"{member.name}  {line}")

            return waves.go_on(wave.id, context, confirm=typed, follow=follow)

        task = self._runner.start(
            job, tr("Carry out {number}", number=wave.number), lane="waves",
            changes=Flag.PATCHES | Flag.TICKETS,
        )  # fmt: skip
        mark_task(task, wave.id)
        task.succeeded.connect(self._ended)
        task.failed.connect(lambda _error: self._runner.changed.emit(Flag.PATCHES))
        self._runner.changed.emit(Flag.PATCHES)

    def _ended(self, wave: Wave) -> None:
        if wave.stopped:
            self.noticed.emit(
                "critical",
                tr("{number} stopped: {why}", number=wave.number, why=wave.stopped),
                tr("Nothing was begun on: {names}",
                   names=words.listed(one.name for one in wave.untouched) or words.NOTHING),
            )  # fmt: skip
            return
        if wave.refused:
            self.noticed.emit(
                "warning",
                tr("{number} did not go on: {names}", number=wave.number,
                   names=words.listed(one.name for one in wave.refused)),
                "\n".join(f"{one.name}{tr(': ')}{one.why}" for one in wave.refused),
            )  # fmt: skip
            return
        held = sum(one.standing == "held" for one in wave.members)
        self.noticed.emit(
            "ok" if not wave.begun else "warning",
            tr("{number}: {held} of {all} servers are done, and their checks hold.",
               number=wave.number, held=held, all=len(wave.members)),
            words.listed(f"{one.name} {word_of_standing(one.standing)}" for one in wave.begun)
            or tr("Nothing goes on there now."),
        )  # fmt: skip

    def _each(self, wave: Wave, verb: Callable[[Change], object], title: str) -> None:
        task = self._runner.start(
            lambda _context: self._waves.each(wave.id, verb),
            f"{wave.number}{tr(': ')}{title}",
            lane="patches",
            changes=Flag.PATCHES,
        )
        task.succeeded.connect(self._told)

    def _told(self, refused: Sequence[Refused]) -> None:
        if refused:
            self.noticed.emit(
                "warning",
                tr("Not for every server: {names}",
                   names=words.listed(one.name for one in refused)),
                refused[0].why,
            )  # fmt: skip
