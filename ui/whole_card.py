"""The card of "everything at once": one button, and how the last run ended, part by part."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gmops_desktop.changes import Change
from gmops_desktop.language import tr
from gmops_desktop.services.schedules import Subject
from gmops_desktop.services.whole_backups import Part, WholeBackup, WholeBackups
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.backup_kinds import KindCard
from ui.backup_lanes import EVERYTHING
from ui.dialogs.sheet import Sheet
from ui.whole_words import outcome_word
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Label, button, disable
from ui.widgets.table_model import Column
from ui.widgets.tables import Table


class WholeCard(KindCard):
    """A run goes on while others use other lanes."""

    def __init__(self, whole: WholeBackups, runner: TaskRunner) -> None:
        super().__init__()
        self._whole, self._runner = whole, runner
        self._busy = False
        self._last: WholeBackup | None = None
        self.take_button = button(
            tr("Back up everything"), self.take, icon_name="archive-box", scale="small"
        )
        self.badge = StateBadge("unknown", "")
        self.verdict = Label(role="caption")
        self.parts_button = button(
            tr("Parts…"), self.show_parts, kind="quiet", icon_name="list-bullets", scale="small"
        )
        actions = (self.take_button, self.parts_button)
        self.lay_out(tr("Everything at once"), (self.badge, self.verdict), actions)

    def planned(self) -> Subject | None:
        """Everything, where there is anything."""
        return self._scheduling.everything() if self._scheduling else None

    def refresh(self) -> None:
        """Show how the last run ended."""
        self._last = self._whole.last()
        planned = self._whole.planned()
        self.setVisible(bool(planned))
        self.badge.setVisible(self._last is not None)
        self.parts_button.setVisible(self._last is not None)
        if self._last is None:
            kinds = dict.fromkeys(kind.word() for kind, _ in planned)
            self.verdict.show_text(
                tr("All in one run, with one verdict: {kinds}", kinds=tr(", ").join(kinds))
            )
        else:
            self.badge.show_state(self._last.state, words.short(self._last.at))
            self.verdict.show_text(self._last.verdict)
            self.verdict.setToolTip(self._last.verdict)
        self.show_light()
        self._judge()

    def take(self) -> None:
        """Back up everything now."""
        if self._busy:
            return
        self._busy = True
        whole = self._whole
        task = self._runner.start(
            whole.take, tr("Back up everything"), lane=EVERYTHING, changes=Change.BACKUPS
        )
        task.succeeded.connect(self._taken)
        task.finished.connect(self._ended)
        self._judge()

    def show_parts(self) -> None:
        """Show every part of the last run."""
        if self._last is not None:
            PartsDialog(self._whole, self._last, self.window()).open()

    def _taken(self, run: WholeBackup) -> None:
        bad = [f"{one.name}{tr(': ')}{one.text}" for one in run.parts if one.state != "ok"]
        self.noticed.emit(run.state, run.verdict, " ".join(bad))

    def _ended(self) -> None:
        self._busy = False
        self.refresh()

    def _judge(self) -> None:
        reason = tr("A backup of everything is running.") if self._busy else ""
        tip = tr("Every kind of backup of the contract's resources, one after another")
        disable(self.take_button, reason, tip)


class PartsDialog(Sheet):
    """The parts of one run, each with its outcome in words."""

    def __init__(
        self, whole: WholeBackups, run: WholeBackup, parent: QWidget | None = None
    ) -> None:
        title = tr("Backup of everything, {at}", at=words.stamp(run.at))
        super().__init__(parent, title, run.verdict, width=820)
        columns: list[Column[Part]] = [
            Column(tr("Part", context="whole backup"), lambda one: whole.word_of(one.kind), 110),
            Column(
                tr("Name", context="resource"),
                lambda one: one.name,
                150,
                strong=lambda _one: True,
            ),
            Column(
                tr("Outcome"),
                lambda one: outcome_word(one.outcome),
                136,
                state=lambda one: one.state,
            ),
            Column(
                tr("Size"),
                lambda one: words.size(one.file_bytes) if one.file_bytes else words.NOTHING,
                88,
                right=True,
            ),
            Column(tr("Said"), lambda one: one.text, tip=lambda one: one.text),
        ]
        self.table: Table[Part] = Table(
            columns, name=title, identity=lambda one: (one.kind, one.resource_id)
        )
        self.table.setMinimumHeight(200)
        self.table.set_rows(run.parts)
        self.body.addWidget(self.table, 1)
        self.add_close(tr("Close"))
