"""The way from an archive to a proved restore: preview, the typed name, the job, the outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.backups import Backup
from gmops_desktop.services.restores import Goal, Recovered, Restored, Restores
from gmops_desktop.tasks import Task, TaskRunner
from ui import words
from ui.backup_rows import address_of, content_of, lane_of, proof_of
from ui.restore_order import Order
from ui.restore_preview import ReadRows, RestorePreview


class Restoring(QObject):
    """Leads through restores, over `page`; `noticed` tells how they ended."""

    noticed = Signal(str, str, str)  # a State, a sentence, a second line
    broken = Signal()  # a restore ended before its end: it may have to be put right

    def __init__(self, restores: Restores, runner: TaskRunner, page: QWidget) -> None:
        super().__init__(page)
        self._restores = restores
        self._runner = runner
        self._page = page

    def preview(self, backup: Backup, databases: Sequence[Resource]) -> None:
        """Show what a restore of `backup` would change, in its own database or another."""
        restores, path = self._restores, backup.path

        def restore(target: Resource, typed: str, order: Order) -> None:
            self._run(
                lambda context: restores.run(
                    path,
                    order.address,
                    context,
                    confirm=typed,
                    choice=order.choice,
                    definers=order.definers,
                    beside=order.beside,
                ),
                target,
                order.address.schema,
            )

        own_first = sorted(databases, key=lambda one: one.id != backup.resource_id)
        self._open(backup, own_first, restore, restores.rows)

    def undo_state(self, databases: Sequence[Resource]) -> tuple[str, str]:
        """Return why the last restore cannot be undone (or nothing), and what undoing would do."""
        last = self._restores.last()
        if last is None:
            return tr("Nothing was restored yet."), ""
        if last.safety is None or not last.safety.exists:
            return tr("The safety copy of the last restore is gone."), ""
        if self._target_of(last, databases) is None:
            return tr("The database of the last restore is no longer in the contract."), ""
        at = words.stamp(last.at)
        return "", tr("Go back to the state before the restore of {at}", at=at)

    def undo(self, databases: Sequence[Resource]) -> None:
        """Show what taking the last restore back would change."""
        last, restores = self._restores.last(), self._restores
        target = self._target_of(last, databases) if last else None
        if last is None or last.safety is None or target is None:
            return

        def take_back(resource: Resource, _typed: str, order: Order) -> None:
            self._run(
                lambda context: restores.undo(last.id, context), resource, order.address.schema
            )

        self._open(last.safety, [target], take_back, schema=last.schema)

    def recover(self, databases: Sequence[Resource], goal: Goal = "before") -> None:
        """Put right what interrupted restores left: take them back, or bring them to their end."""
        for waiting in self._restores.unfinished():
            resource = self._of(waiting.target, waiting.schema, databases)
            if resource is None:
                continue
            address = replace(address_of(resource), schema=waiting.schema)
            name = _name(resource, waiting.schema)
            task = self._runner.start(
                partial(self._restores.recover, address, goal=goal),
                tr("Put {name} right", name=name),
                lane=lane_of(resource),
                changes=Change.BACKUPS,
            )
            task.succeeded.connect(partial(self._recovered, name))
            self._tell_broken(task)

    def _open(
        self,
        backup: Backup,
        targets: Sequence[Resource],
        restore: Callable[[Resource, str, Order], None],
        rows: ReadRows | None = None,
        schema: str = "",
    ) -> None:
        restores = self._restores
        state, word = proof_of(backup)
        proof = tr("verified") if state == "ok" else word
        dialog = RestorePreview(
            lambda path, address, context, choice, beside: restores.preview(
                path, address, context, choice=choice, beside=beside
            ),
            backup.path,
            tr("Archive of {at}", at=words.stamp(backup.at)),
            tr(", ").join((f"{content_of(backup)} {backup.schema}", proof)),
            targets,
            self._runner,
            self._page,
            rows,
            schema,
        )
        dialog.confirmed.connect(restore)
        dialog.open()

    def _run(self, job: Callable[[Context], Restored], target: Resource, schema: str) -> None:
        name = _name(target, schema)
        task = self._runner.start(
            job,
            tr("Restore {name}", name=name),
            lane=lane_of(target),
            changes=Change.BACKUPS,
        )
        task.succeeded.connect(partial(self._ended, name))
        self._tell_broken(task)

    def _tell_broken(self, task: Task) -> None:
        task.failed.connect(lambda _error: self.broken.emit())
        task.cancelled.connect(self.broken)

    def _ended(self, name: str, restored: Restored) -> None:
        if restored.proved:
            done = tr(
                "{tables}, {rows}, {time}; the safety copy is kept for undo.",
                tables=tr_n("{count} table", "{count} tables", restored.tables),
                rows=tr_n("{count} row", "{count} rows", restored.rows),
                time=words.lasting(restored.seconds),
            )
            told = " ".join((done, *restored.differences[:3]))
            self.noticed.emit("ok", tr("{name} was restored and proved.", name=name), told)
        else:
            self.noticed.emit(
                "critical",
                tr("{name} was restored, but is not the same as the archive.", name=name),
                " ".join(restored.differences[:3]),
            )

    def _recovered(self, name: str, found: Recovered | None) -> None:
        if found is not None and found.stands == "after":
            self.noticed.emit(
                "ok",
                tr("The interrupted restore of {name} is complete.", name=name),
                tr("It is proved; nothing of it is left half-way."),
            )
            return
        self.noticed.emit(
            "ok",
            tr("{name} is as it was before the interrupted restore.", name=name),
            tr("Every table and definition was put back."),
        )

    def _target_of(self, restored: Restored, databases: Sequence[Resource]) -> Resource | None:
        return self._of(restored.target, restored.schema, databases)

    def _of(self, target: str, schema: str, databases: Sequence[Resource]) -> Resource | None:
        """Return the database that a restore went into, or beside which: its own comes first."""
        own = (one for one in databases if str(address_of(one)) == target)
        near = (one for one in databases if str(replace(address_of(one), schema=schema)) == target)
        return next(own, None) or next(near, None)


def _name(resource: Resource, schema: str) -> str:
    """Return what is restored: the database, or a schema beside it."""
    if schema == address_of(resource).schema:
        return resource.name
    return tr("{name} ({schema})", name=resource.name, schema=schema)
