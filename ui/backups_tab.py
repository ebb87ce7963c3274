"""The tab that takes backups, shows every archive, and leads to a proved restore."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QStackedWidget,
    QWidget,
)

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.backups import ArchiveSummary, Backup, Backups, Verification
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.copies import copy_file
from gmops_desktop.services.restores import Restores
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.backup_lights import Interrupted, Lights
from ui.backup_panel import BackupPanel
from ui.backup_rows import (
    address_of,
    columns_of_archives,
    database_text,
    lane_of,
    trend_of,
)
from ui.restoring import Restoring
from ui.theme import GAP, ROW_HEIGHT
from ui.widgets.frames import Card, EmptyState, Label, button, column, disable, row
from ui.widgets.page import Page
from ui.widgets.panes import empty_page
from ui.widgets.tables import FilterField, Table


class BackupsTab(Page):
    """Archives of the databases; each action runs in the lane of the database it touches."""

    shows = Change.BACKUPS | Change.CONTRACT

    def __init__(
        self, backups: Backups, restores: Restores, contracts: Contracts, runner: TaskRunner
    ) -> None:
        super().__init__(tr("Backup and restore"))
        self._backups = backups
        self._restores = restores
        self._contracts = contracts
        self._runner = runner
        self._databases: tuple[Resource, ...] = ()
        self._all: tuple[Backup, ...] = ()
        self._busy: set[str] = set()  # resources whose backup runs
        self._summaries: dict[str, ArchiveSummary] = {}

        self.take_button = button(
            tr("Back up now"),
            self.take,
            kind="primary",
            icon_name="archive-box",
            scale="large",
        )
        self.source = QComboBox()
        self.source.setAccessibleName(tr("Database to back up"))
        self.source.setToolTip(tr("Database to back up"))
        self.source.setMinimumWidth(220)
        self.lights = Lights()
        self.table: Table[Backup] = Table(
            columns_of_archives(),
            name=tr("Archives"),
            runner=runner,
            row_height=ROW_HEIGHT,
        )
        self.filter = FilterField(self.table, tr("Filter: time, content, location"))
        self.purpose = QComboBox()
        self.purpose.setAccessibleName(tr("Which archives"))
        self.purpose.setToolTip(tr("Which archives"))
        for word, key in (
            (tr("All archives"), ""),
            (tr("Backups"), "backup"),
            (tr("Safety copies"), "safety"),
        ):
            self.purpose.addItem(word, key)
        self._totals = Label(role="caption", right=True)
        self.panel = BackupPanel()
        self._interrupted = Interrupted()
        self._restoring = Restoring(restores, runner, self)
        self._first = button(
            tr("Take the first backup"), self.take, kind="primary", icon_name="archive-box"
        )
        self._connect = button(
            tr("Add a database…"),
            lambda: self.wanted.emit("settings", "resources"),
            kind="primary",
            icon_name="database",
            tip=tr("Open the settings, where the resources of the contract stand"),
        )
        self._pages = QStackedWidget()

        self._lay_out()
        self.source.currentIndexChanged.connect(self._judge)
        self.purpose.currentIndexChanged.connect(self._show_archives)
        self.table.picked.connect(self._show_backup)
        self.table.opened.connect(lambda _backup: self._preview())
        self.panel.preview_wanted.connect(self._preview)
        self.panel.verify_wanted.connect(self._verify)
        self.panel.save_wanted.connect(self._save)
        self.panel.undo_wanted.connect(lambda: self._restoring.undo(self._databases))
        self.panel.forget_wanted.connect(self._forget)
        self._interrupted.wanted.connect(lambda: self._restoring.recover(self._databases))
        self._restoring.noticed.connect(self.noticed)

    def refresh(self) -> None:
        """Show what the inventory holds now."""
        chosen = self.source.currentData()
        resources = self._contracts.resources()
        self._databases = tuple(one for one in resources if one.kind == "mysql")
        blocked = self.source.blockSignals(True)
        self.source.clear()
        for resource in self._databases:
            self.source.addItem(database_text(resource), resource.id)
        self.source.setCurrentIndex(max(0, self.source.findData(chosen)))
        self.source.blockSignals(blocked)
        self._all = self._backups.all()
        self.lights.show_facts(self._all, self._restores.all())
        self._show_archives()
        unfinished = self._restores.unfinished()
        self._interrupted.show_restore(unfinished[0] if unfinished else None)
        if self.table.current is None and self.table.rows.shown:
            self.table.selectRow(0)
        self._pages.setCurrentIndex(0 if self._all else 1 if self._databases else 2)
        newest = self._all[0] if self._all else None
        self.head.caption.show_text(
            tr("Last backup {age}", age=words.ago(newest.at)) if newest else tr("No backup yet")
        )
        self._judge()

    @Slot()
    def take(self) -> None:
        """Back up the chosen database now."""
        resource = self._chosen()
        if resource is None or resource.id in self._busy:
            return
        address, backups = address_of(resource), self._backups
        self._busy.add(resource.id)
        task = self._runner.start(
            lambda context: backups.take(address, context, resource_id=resource.id),
            tr("Back up {name}", name=resource.name),
            lane=lane_of(resource),
            changes=Change.BACKUPS,
        )
        task.succeeded.connect(lambda backup: self._taken(resource, backup))
        task.finished.connect(lambda: self._ended(resource))
        self._judge()

    def _lay_out(self) -> None:
        self._interrupted.hide()
        top = Card()
        top.add(row(None, self.take_button, 8, self.source, None, self.lights))
        archives = Card()
        archives.add(row(None, self.filter, self.purpose, None, self._totals))
        archives.add_table(self.table)
        lower = QHBoxLayout()
        lower.setSpacing(GAP)
        lower.addWidget(archives, 1)
        lower.addWidget(self.panel)
        body = QWidget()
        body_layout = column(body, self._interrupted, top, margins=(16, 12, 16, 12), spacing=GAP)
        body_layout.addLayout(lower, 1)

        self._pages.addWidget(body)
        self._pages.addWidget(
            empty_page(
                EmptyState(
                    "archive-box",
                    tr("No backup yet"),
                    tr(
                        "Here stand the backups of the database. Each can be verified, and what a "
                        "restore would change is shown before anything is written."
                    ),
                    (self._first,),
                    tr("The website keeps running meanwhile; nothing is locked."),
                )
            )
        )
        self._pages.addWidget(
            empty_page(
                EmptyState(
                    "database",
                    tr("No database is known yet"),
                    tr("Name the database of the contract; then it can be backed up here."),
                    (self._connect,),
                )
            )
        )
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(self._pages)

    # -- what is shown

    @Slot()
    def _show_archives(self) -> None:
        purpose = self.purpose.currentData()
        shown = [backup for backup in self._all if purpose in ("", backup.purpose)]
        self.table.set_rows(shown)
        archives = tr_n("{count} archive", "{count} archives", len(shown))
        size = words.size(sum(backup.file_bytes for backup in shown if backup.exists))
        self._totals.show_text(tr(", ").join((archives, size)))

    @Slot(object)
    def _show_backup(self, backup: Backup | None) -> None:
        self.panel.setVisible(backup is not None)
        if backup is None:
            return
        self.panel.show_backup(backup, trend_of(self._all, backup))
        if backup.id in self._summaries:
            self.panel.show_summary(self._summaries[backup.id])
        elif backup.exists:
            path, backups = backup.path, self._backups
            task = self._runner.start(
                lambda _context: backups.inspect(path),
                tr("Read {file}", file=path.name),
                quiet=True,
            )
            task.succeeded.connect(lambda summary: self._inspected(backup.id, summary))

    def _inspected(self, backup_id: str, summary: ArchiveSummary) -> None:
        self._summaries[backup_id] = summary
        current = self.table.current
        if current is not None and current.id == backup_id:
            self.panel.show_summary(summary)

    @Slot()
    def _judge(self) -> None:
        """Say what cannot be done now, and why."""
        resource = self._chosen()
        reason = ""
        if resource is None:
            reason = tr("No database is known yet")
        elif resource.id in self._busy:
            reason = tr("A backup of {name} is running.", name=resource.name)
        for made in (self.take_button, self._first):
            disable(made, reason, tr("Back up now (Ctrl+B)"))
        self.panel.show_undo(*self._restoring.undo_state(self._databases))

    # -- what is done

    def _taken(self, resource: Resource, backup: Backup) -> None:
        """Prove at once what was written: an archive counts only when it was read back."""
        self.renew()
        self.table.select(backup.id)
        self._prove(
            backup.path,
            tr("{name} was backed up and verified.", name=resource.name),
            tr(
                "{size}, {time}; {verdict}",
                size=words.size(backup.file_bytes),
                time=words.lasting(backup.seconds),
                verdict=" ".join(backup.verdict.splitlines()),
            ),
        )

    def _ended(self, resource: Resource) -> None:
        self._busy.discard(resource.id)
        self._judge()

    @Slot()
    def _verify(self) -> None:
        backup = self.table.current
        if backup is not None and backup.exists:
            whole = tr("{file} is whole: every digest is as it was written.", file=backup.path.name)
            self._prove(backup.path, whole)

    def _prove(self, path: Path, whole: str, details: str = "") -> None:
        """Verify the archive; say `whole` when it is."""
        backups = self._backups
        task = self._runner.start(
            lambda context: backups.verify(path, context),
            tr("Verify {file}", file=path.name),
            lane=f"file:{path}",
            changes=Change.BACKUPS,
        )
        task.succeeded.connect(lambda result: self._verified(path, result, whole, details))

    def _verified(self, path: Path, result: Verification, whole: str, details: str) -> None:
        if result.ok:
            read = tr(
                "{frames} frames, {rows} rows, {time}",
                frames=words.number(result.frames),
                rows=words.number(result.rows),
                time=words.lasting(result.seconds),
            )
            self.noticed.emit("ok", whole, details or read)
        else:
            self.noticed.emit(
                "critical",
                tr("{file} is damaged; do not rely on it.", file=path.name),
                " ".join(result.faults[:3]),
            )

    @Slot()
    def _save(self) -> None:
        backup = self.table.current
        if backup is None or not backup.exists:
            return
        chosen, _ = QFileDialog.getSaveFileName(
            self, tr("Save archive as"), backup.path.name, "*.sql.zst"
        )
        if chosen:
            self.save_as(backup, Path(chosen))

    def save_as(self, backup: Backup, target: Path) -> None:
        """Copy the archive to `target` in the background."""
        path = backup.path
        task = self._runner.start(
            lambda context: copy_file(path, target, context),
            tr("Copy {file}", file=path.name),
            lane=f"file:{target}",
        )
        task.succeeded.connect(
            lambda _size: self.noticed.emit(
                "ok",
                tr("{file} was copied to {folder}.", file=path.name, folder=target.parent),
                tr("The copy was read back and is the same."),
            )
        )

    @Slot()
    def _forget(self) -> None:
        backup = self.table.current
        if backup is None or backup.exists:
            return
        backups = self._backups
        self._runner.start(
            lambda _context: backups.forget(backup.id),
            tr("Remove from list"),
            changes=Change.BACKUPS,
        )

    @Slot()
    def _preview(self) -> None:
        backup = self.table.current
        if backup is not None and backup.exists and self._databases:
            self._restoring.preview(backup, self._databases)

    def _chosen(self) -> Resource | None:
        place = self.source.currentIndex()
        return self._databases[place] if 0 <= place < len(self._databases) else None
