"""The tab that takes backups, shows every archive, and leads to a proved restore."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QWidget,
)

from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.backups import ArchiveSummary, Backup, Backups, Verification
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.copies import copy_file
from gmops_desktop.services.obligations import RESTORE_FRESH, RPO_TARGET
from gmops_desktop.services.restores import Restored, Restores, Unfinished
from gmops_desktop.states import State
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.backup_panel import (
    BackupPanel,
    consistency_of,
    content_of,
    database_text,
    proof_of,
    trend_of,
)
from ui.restore_preview import PreviewJob, RestorePreview
from ui.theme import GAP, ROW_HEIGHT
from ui.widgets.badges import StateBadge, StateMark
from ui.widgets.frames import Card, EmptyState, Label, button, column, disable, line, row
from ui.widgets.page import Page
from ui.widgets.panes import empty_page
from ui.widgets.tables import Column, FilterField, Table


def _columns() -> tuple[Column[Backup], ...]:
    return (
        Column(tr("Time"), lambda backup: words.stamp(backup.at), width=144, key=lambda b: b.at),
        Column(tr("Content"), lambda backup: f"{content_of(backup)} {backup.schema}"),
        Column(
            tr("Location"),
            lambda backup: tr("This computer") if backup.exists else tr("File missing"),
            width=140,
            icon=lambda backup: "hard-drive" if backup.exists else "",
            state=lambda backup: None if backup.exists else "critical",
            tip=lambda backup: str(backup.path),
        ),
        Column(
            tr("Size (MB)"),
            lambda backup: words.megabytes(backup.file_bytes),
            width=92,
            key=lambda backup: backup.file_bytes,
            right=True,
        ),
        Column(
            tr("Sent (MB)"),
            lambda backup: words.megabytes(backup.travelled),
            width=92,
            key=lambda backup: backup.travelled,
            right=True,
        ),
        Column(
            tr("Consistency"),
            lambda backup: consistency_of(backup)[1],
            width=132,
            state=lambda backup: consistency_of(backup)[0],
            tip=lambda backup: backup.verdict,
        ),
        Column(
            tr("Verified", context="column"),
            lambda backup: proof_of(backup)[1],
            width=124,
            key=lambda backup: backup.verified_at,
            state=lambda backup: proof_of(backup)[0],
        ),
    )


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
        self._rpo = _Target(tr("Recovery point (RPO)"))
        self._rto = _Target(tr("Recovery time (RTO)"))
        self.table: Table[Backup] = Table(
            _columns(),
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
        self._interrupted = _Interrupted()
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
        self.panel.undo_wanted.connect(self._undo)
        self.panel.forget_wanted.connect(self._forget)
        self._interrupted.wanted.connect(self._recover)

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
        self._show_targets()
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
        address, backups = _address(resource), self._backups
        self._busy.add(resource.id)
        task = self._runner.start(
            lambda context: backups.take(address, context, resource_id=resource.id),
            tr("Back up {name}", name=resource.name),
            lane=_lane(resource),
            changes=Change.BACKUPS,
        )
        task.succeeded.connect(lambda backup: self._taken(resource, backup))
        task.finished.connect(lambda: self._ended(resource))
        self._judge()

    def _lay_out(self) -> None:
        self._interrupted.hide()
        top = Card()
        figures = row(None, self._rpo, line(upright=True), self._rto, spacing=16)
        top.add(row(None, self.take_button, 8, self.source, None, figures))
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

    def _show_targets(self) -> None:
        now = datetime.now(UTC)
        proved = [b for b in self._all if b.purpose == "backup" and b.exists and b.verified]
        if proved:
            seconds = (now - proved[0].at).total_seconds()
            target = tr("target 24 h")
            self._rpo.show_figure(words.lasting(seconds), _light(seconds), target)
        else:
            self._rpo.show_figure(words.NOTHING, "unknown", tr("no verified backup"))
        restored = [one for one in self._restores.all() if one.proved]
        if restored:
            last = restored[0]
            state: State = "ok" if now - last.at <= RESTORE_FRESH else "warning"
            text = tr("restored and proved {age}", age=words.ago(last.at, now))
            self._rto.show_figure(words.lasting(last.seconds), state, text)
        else:
            self._rto.show_figure(words.NOTHING, "unknown", tr("no restore proved yet"))

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
        last = self._restores.last()
        if last is None:
            self.panel.show_undo(tr("Nothing was restored yet."), "")
        elif last.safety is None or not last.safety.exists:
            self.panel.show_undo(tr("The safety copy of the last restore is gone."), "")
        else:
            at = words.stamp(last.at)
            tip = tr("Go back to the state before the restore of {at}", at=at)
            self.panel.show_undo("", tip)

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
        if backup is None or not backup.exists or not self._databases:
            return
        restores, path = self._restores, backup.path

        def restore(target: Resource, typed: str) -> None:
            address = _address(target)
            self._restore(
                lambda context: restores.run(path, address, context, confirm=typed), target
            )

        first = [one for one in self._databases if one.id == backup.resource_id]
        others = [one for one in self._databases if one.id != backup.resource_id]
        self._open_preview(backup, [*first, *others], restore)

    @Slot()
    def _undo(self) -> None:
        last, restores = self._restores.last(), self._restores
        if last is None or last.safety is None:
            return
        targets = [one for one in self._databases if str(_address(one)) == last.target]
        if not targets:
            return

        def undo(target: Resource, _typed: str) -> None:
            self._restore(lambda context: restores.undo(last.id, context), target)

        self._open_preview(last.safety, targets, undo)

    def _open_preview(
        self,
        backup: Backup,
        targets: list[Resource],
        restore: Callable[[Resource, str], None],
    ) -> None:
        job: PreviewJob = self._restores.preview
        state, word = proof_of(backup)
        proof = tr("verified") if state == "ok" else word
        dialog = RestorePreview(
            job,
            backup.path,
            tr("Archive of {at}", at=words.stamp(backup.at)),
            tr(", ").join((f"{content_of(backup)} {backup.schema}", proof)),
            targets,
            self._runner,
            self,
        )
        dialog.confirmed.connect(restore)
        dialog.open()

    def _restore(self, job: Callable[[Context], Restored], target: Resource) -> None:
        task = self._runner.start(
            job,
            tr("Restore {name}", name=target.name),
            lane=_lane(target),
            changes=Change.BACKUPS,
        )
        task.succeeded.connect(lambda restored: self._restored(target, restored))

    def _restored(self, target: Resource, restored: Restored) -> None:
        done = tr(
            "{tables} tables, {rows} rows, {time}; the safety copy is kept for undo.",
            tables=restored.tables,
            rows=words.number(restored.rows),
            time=words.lasting(restored.seconds),
        )
        if restored.proved:
            self.noticed.emit("ok", tr("{name} was restored and proved.", name=target.name), done)
        else:
            self.noticed.emit(
                "critical",
                tr("{name} was restored, but is not the same as the archive.", name=target.name),
                " ".join(restored.differences[:3]),
            )

    @Slot()
    def _recover(self) -> None:
        """Put right what an interrupted restore left in its database."""
        waiting, restores = {one.target for one in self._restores.unfinished()}, self._restores
        for resource in self._databases:
            address = _address(resource)
            if str(address) in waiting:
                task = self._runner.start(
                    partial(restores.recover, address),
                    tr("Put {name} right", name=resource.name),
                    lane=_lane(resource),
                    changes=Change.BACKUPS,
                )
                task.succeeded.connect(partial(self._recovered, resource))

    def _recovered(self, resource: Resource, _was: bool) -> None:
        self.noticed.emit(
            "ok",
            tr("{name} is as it was before the interrupted restore.", name=resource.name),
            tr("Every table and definition was put back."),
        )

    def _chosen(self) -> Resource | None:
        place = self.source.currentIndex()
        return self._databases[place] if 0 <= place < len(self._databases) else None


class _Interrupted(QFrame):
    """Stands above everything while a restore that was cut off has not been put right."""

    wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "notice-critical")
        self.sentence = Label(role="strong")
        hint = Label(
            tr("Its tables may be half way. What was there before can be put back."), "caption"
        )
        self.go = button(
            tr("Put it right"),
            self.wanted.emit,
            tip=tr("Bring the database back to the state before the interrupted restore"),
        )
        text = column(None, self.sentence, hint, spacing=2)
        layout = row(self, StateMark("critical", 20), text, self.go, margins=(14, 8, 14, 8))
        layout.setSpacing(12)
        layout.setStretch(1, 1)

    def show_restore(self, unfinished: Unfinished | None) -> None:
        """Name the interrupted restore, or hide."""
        self.setVisible(unfinished is not None)
        if unfinished is not None:
            self.sentence.show_text(
                tr(
                    "A restore of {schema} was interrupted on {at}.",
                    schema=unfinished.schema,
                    at=words.stamp(unfinished.at),
                )
            )


class _Target(QWidget):
    """One of the two promises: what it is, its state, the figure, the target."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.badge = StateBadge(soft=False)
        self.figure = Label(role="title", elide=False)
        self.hint = Label(role="caption", elide=False)
        column(
            self,
            row(None, Label(title, "caption", elide=False), None, self.badge),
            row(None, self.figure, self.hint, None),
            spacing=2,
        )

    def show_figure(self, figure: str, state: State, hint: str) -> None:
        """Show the figure with its state and what it is measured against."""
        self.badge.show_state(state)
        self.figure.show_text(figure)
        self.hint.show_text(hint)


def _light(seconds: float) -> State:
    """Return how the age of the newest proved backup stands against its target."""
    return "ok" if seconds <= RPO_TARGET else "warning" if seconds <= 2 * RPO_TARGET else "critical"


def _address(resource: Resource) -> MysqlAddress:
    assert isinstance(resource.address, MysqlAddress)
    return resource.address


def _lane(resource: Resource) -> str:
    return f"mysql:{resource.id}"
