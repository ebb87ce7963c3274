"""The tab that takes backups, shows every archive, and leads to a proved restore."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change
from gmops_desktop.language import tr
from gmops_desktop.services.backups import Backup, Backups, TransferPlan
from gmops_desktop.services.cloud_backups import KINDS, CloudBackups
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.restores import Restores
from gmops_desktop.tasks import Task, TaskRunner
from ui import words
from ui.backup_card import ArchivesCard
from ui.backup_cloud import Clouds, cloud_of
from ui.backup_files import Files
from ui.backup_kinds import KindCard
from ui.backup_lights import Interrupted, Lights
from ui.backup_lines import Line, line_of
from ui.backup_rows import database_text
from ui.backup_side import BackupSide
from ui.backup_taking import Taking
from ui.backup_transfer import TransferMenu
from ui.drilling import Drilling
from ui.importing import Importing
from ui.restoring import Restoring
from ui.schedule_words import next_text
from ui.scheduling import Scheduling
from ui.theme import GAP
from ui.widgets.frames import Card, EmptyState, button, column, disable, row
from ui.widgets.page import Page
from ui.widgets.panes import Shrinking, empty_page
from ui.widgets.tables import Table

# Opens a comparison over a page: the archive chosen, and all there are.
Compare = Callable[[QWidget, Backup, Sequence[Backup]], object]


class BackupsTab(Page):
    """Archives of the databases; each action runs in the lane of the database it touches.

    `compare` opens the comparison of two archives; `scheduling` gives the way to schedules over
    this page, and with it the light of each database; `kinds` are the cards of other backups;
    `drilling` gives the way to drills, and with it the light of the recovery time; `importing`
    the way to imports of other tools' dumps.
    """

    shows = Change.BACKUPS | Change.CONTRACT

    def __init__(
        self,
        backups: Backups,
        restores: Restores,
        contracts: Contracts,
        clouds: CloudBackups,
        runner: TaskRunner,
        *,
        compare: Compare | None = None,
        scheduling: Callable[[QWidget], Scheduling] | None = None,
        kinds: Sequence[KindCard] = (),
        drilling: Callable[[QWidget], Drilling] | None = None,
        importing: Callable[[QWidget], Importing] | None = None,
    ) -> None:
        super().__init__(tr("Backup and restore"))
        self.kinds = tuple(kinds)
        self._backups = backups
        self._restores = restores
        self._contracts = contracts
        self._runner = runner
        self._compare = compare
        self._databases: tuple[Resource, ...] = ()
        self._all: tuple[Backup, ...] = ()

        self.take_button = button(
            tr("Back up now"),
            self.take,
            kind="primary",
            icon_name="archive-box",
            scale="large",
        )
        self.transfer = TransferMenu()
        self.source = QComboBox()
        self.source.setAccessibleName(tr("Database to back up"))
        self.source.setToolTip(tr("Database to back up"))
        self.source.setMinimumWidth(220)
        self.lights = Lights()
        self.archives = ArchivesCard(runner)
        self._interrupted = Interrupted()
        self._restoring = Restoring(restores, runner, self)
        self._files = Files(backups, runner, self)
        self._clouds = Clouds(clouds, runner, self)
        self._scheduling = scheduling(self) if scheduling else None
        self._drilling = drilling(self) if drilling else None
        self._importing = importing(self) if importing else None
        self._taking = Taking(
            backups, runner, self._files, self.archives.run, self._last_seconds, self
        )
        drilled = self._drilling.proof_of if self._drilling else None
        self.side = BackupSide(backups, runner, self._restoring, self._files, self._clouds, drilled)
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
        self._others = QWidget()  # the cards of the other kinds

        self._lay_out()
        self.source.currentIndexChanged.connect(self._judge)
        self.transfer.cloud_wanted.connect(self._take_in_cloud)
        self.archives.picked.connect(self.side.show_line)
        self.archives.opened.connect(lambda _line: self.side.preview())
        self.archives.compare_wanted.connect(self._open_compare)
        self.archives.settings_wanted.connect(lambda id: self.wanted.emit("settings", id))
        self._interrupted.wanted.connect(
            lambda goal: self._restoring.recover(self._databases, goal)
        )
        self._restoring.broken.connect(self.renew)
        self._taking.taken.connect(self._show_taken)
        self._taking.ended.connect(self._show_archives)
        self._taking.ended.connect(self._judge)
        self._clouds.seen.connect(self._show_archives)
        runner.started.connect(self._heed)
        for source in (self._taking, self._restoring, self._files, self._clouds):
            source.noticed.connect(self.noticed)
        for card in self.kinds:
            card.noticed.connect(self.noticed)
        if self._scheduling is not None:
            self._scheduling.noticed.connect(self.noticed)
            self.head.add_action(self._scheduling.button(self._chosen))
            for card in self.kinds:
                card.plan_with(self._scheduling)
        if self._drilling is not None:
            self._drilling.noticed.connect(self.noticed)
            self.head.add_action(self._drilling.button(self._chosen))
        if self._importing is not None:
            self._importing.noticed.connect(self.noticed)
            self._importing.preview_wanted.connect(
                lambda backup: self._restoring.preview(backup, self._databases)
            )
            self.head.add_action(self._importing.button(self._chosen))

    @property
    def table(self) -> Table[Line]:
        """The list of archives."""
        return self.archives.table

    def refresh(self) -> None:
        """Show what the inventory holds now."""
        chosen = self.source.currentData()
        resources = self._contracts.shown_resources()
        first = not self._databases
        self._databases = tuple(one for one in resources if one.kind == "mysql")
        if first:  # this page may take the place of one in another language
            for task in self._runner.running():
                self._heed(task)
        blocked = self.source.blockSignals(True)
        self.source.clear()
        for resource in self._databases:
            self.source.addItem(database_text(resource), resource.id)
        self.source.setCurrentIndex(max(0, self.source.findData(chosen)))
        self.source.blockSignals(blocked)
        scope = self._contracts.shown_scope()
        self._all = tuple(one for one in self._backups.all() if scope.holds(one.resource_id))
        restores = [one for one in self._restores.all() if scope.holds(one.resource_id)]
        self._clouds.show_databases(self._databases)
        self.lights.show_facts(self._all, restores)
        self.side.show_known(self._all, self._databases)
        for card in self.kinds:
            card.refresh()
        self._show_archives()
        unfinished = self._restores.unfinished()
        self._interrupted.show_restore(unfinished[0] if unfinished else None)
        self._judge()

    def reload(self) -> None:
        """What F5 does: read the inventory, and ask the cloud, too."""
        self.renew()
        self._clouds.look()

    def show_item(self, identity: str) -> None:
        """Show the archive of that id in the list."""
        self.renew()
        self.archives.show_view("list")
        self.archives.move_to(identity)

    @Slot()
    def take(self) -> None:
        """Back up the chosen database now."""
        resource = self._chosen()
        if resource is None or self._taking.of(resource):
            return
        self._taking.take(resource, self._plan(resource))
        self.archives.show_view("run")
        self._pages.setCurrentIndex(0)
        self.transfer.spent()
        self._judge()

    def _lay_out(self) -> None:
        self._interrupted.hide()
        top = Card()
        taking = row(None, self.take_button, self.transfer.caret, spacing=1)
        top.add(row(None, taking, 8, self.source, self.transfer, None, self.lights))
        lower = QHBoxLayout()
        lower.setSpacing(GAP)
        lower.addWidget(self.archives, 1)
        lower.addWidget(self.side)
        body = Shrinking()
        cards = row(self._others, *self.kinds, spacing=GAP)
        for place in range(len(self.kinds)):
            cards.setStretch(place, 1)
        above = (self._interrupted, top, self._others)
        self._above = column(body, *above, margins=(16, 12, 16, 12), spacing=GAP)
        self._above.addLayout(lower, 1)

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
        self._outer = QVBoxLayout()
        self._outer.setSpacing(0)
        self._outer.addWidget(self._pages, 1)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.addLayout(self._outer)

    # -- what is shown

    @Slot()
    def _show_archives(self) -> None:
        known = {one.id: one for one in self._databases}
        lines = [line_of(backup, known) for backup in self._all] + self._clouds.lines()
        self.archives.show_lines(lines)
        self.archives.show_fault(self._clouds.fault())
        there = bool(lines) or self._taking.any
        self._pages.setCurrentIndex(0 if there else 1 if self._databases else 2)
        self._place_others(below_own=there)

    def _place_others(self, *, below_own: bool) -> None:
        """Show the other kinds below the database's own card, or above the page without one."""
        if below_own:
            self._above.insertWidget(2, self._others)
            self._others.setContentsMargins(0, 0, 0, 0)
        else:
            self._outer.insertWidget(0, self._others)
            self._others.setContentsMargins(16, 12, 16, 0)
        self._others.setVisible(any(not card.isHidden() for card in self.kinds))

    @Slot()
    def _judge(self) -> None:
        """Say what cannot be done now, and why."""
        resource = self._chosen()
        reason = ""
        if resource is None:
            reason = tr("No database is known yet")
        elif self._taking.of(resource):
            reason = tr("A backup of {name} is running.", name=resource.name)
        for made in (self.take_button, self._first):
            disable(made, reason, tr("Back up now (Ctrl+B)"))
        inside = resource is not None and cloud_of(resource) is not None
        self.transfer.show_cloud(
            "" if inside else tr("No TencentDB instance is known for this database.")
        )
        self._show_schedule(resource)
        if self._drilling is not None and resource is not None:
            self._drilling.light(resource, self.lights)
        compare = "" if self._compare and self._all else tr("There are no two archives yet.")
        disable(self.archives.compare, compare)

    def _show_schedule(self, resource: Resource | None) -> None:
        """Say in the head when the database was last backed up and when backups are taken, and let
        the light stand as the schedule does."""
        own = (one for one in self._all if one.purpose == "backup")
        if resource is not None:
            own = (one for one in own if one.resource_id == resource.id)
        newest = next(own, None)
        last = tr("Last backup {age}", age=words.ago(newest.at)) if newest else tr("No backup yet")
        if self._scheduling is None or resource is None:
            self.head.caption.show_text(last)
            return
        self.head.caption.show_text(f"{last} · {self._scheduling.caption(resource)}")
        outlook = self._scheduling.outlook(resource)
        self.lights.show_standing(outlook.standing, next_text(outlook.decision))

    # -- what is done

    @Slot(object)
    def _show_taken(self, backup: Backup) -> None:
        self.renew()
        self.archives.move_to(backup.id)

    @Slot(Task)
    def _heed(self, task: Task) -> None:
        self._taking.heed(task, self._databases)

    @Slot(str)
    def _take_in_cloud(self, kind: str) -> None:
        resource = self._chosen()
        for known in KINDS:
            if resource is not None and kind == known:
                self._clouds.make(resource, known)

    @Slot()
    def _open_compare(self) -> None:
        compare = self._compare
        if compare is not None:
            self.side.with_file(lambda backup: compare(self, backup, self._all))

    def _plan(self, resource: Resource) -> TransferPlan:
        """Return how this backup may use the line: what was chosen for it, else what holds."""
        plan = self.transfer.plan()
        if plan.rate_limit or self._scheduling is None:
            return plan
        return replace(plan, rate_limit=self._scheduling.rate_limit(resource))

    def _last_seconds(self, resource: Resource) -> float:
        own = (one for one in self._all if one.resource_id == resource.id)
        last = next((one for one in own if one.purpose == "backup"), None)
        return last.seconds if last else 0.0

    def _chosen(self) -> Resource | None:
        place = self.source.currentIndex()
        return self._databases[place] if 0 <= place < len(self._databases) else None
