"""The way to an import: the button, files dropped on the page, the dialog and its jobs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QPushButton, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change
from gmops_desktop.language import tr
from gmops_desktop.services.imports import Imported, Imports
from gmops_desktop.tasks import TaskRunner
from ui import import_words
from ui.backup_rows import address_of, database_text, lane_of
from ui.import_dialog import ImportDialog, Wish
from ui.widgets.frames import button


class Importing(QObject):
    """Leads through imports, over `page`; `noticed` tells how they ended.

    `preview_wanted` carries the archive of what was loaded, for the ordinary restore.
    """

    noticed = Signal(str, str, str)  # a State, a sentence, a second line
    preview_wanted = Signal(object)

    def __init__(self, imports: Imports, runner: TaskRunner, page: QWidget) -> None:
        super().__init__(page)
        self._imports, self._runner, self._page = imports, runner, page
        self._chosen: Callable[[], Resource | None] = lambda: None
        self.dialog: ImportDialog | None = None
        page.setAcceptDrops(True)
        page.installEventFilter(self)

    def button(self, chosen: Callable[[], Resource | None]) -> QPushButton:
        """Return the button that imports beside the database `chosen` then; drops go there, too."""
        self._chosen = chosen
        return button(
            tr("Import a dump…"),
            self.open,
            icon_name="file-arrow-down",
            tip=tr("Load a dump of another tool into a new schema; files can be dropped here"),
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take files that are dropped on the page or the dialog."""
        if isinstance(event, QDropEvent) and (path := _file_of(event)):
            event.acceptProposedAction()
            if not isinstance(event, QDragEnterEvent) and event.type() == QEvent.Type.Drop:
                self.open(path)
            return True
        return super().eventFilter(watched, event)

    def open(self, path: Path | None = None) -> ImportDialog | None:
        """Open the dialog, on a file where one is given; nothing without a database."""
        resource = self._chosen()
        if resource is None:
            return None
        if self.dialog is None:
            proposed = self._imports.proposed(address_of(resource))
            self.dialog = dialog = ImportDialog(self._page, database_text(resource), proposed)
            dialog.installEventFilter(self)
            dialog.look_wanted.connect(self._look)
            dialog.run_wanted.connect(lambda wish: self._run(resource, dialog, wish))
            dialog.remove_wanted.connect(lambda schema: self._remove(resource, schema))
            dialog.preview_wanted.connect(self._preview)
            dialog.finished.connect(self._forget)
            dialog.open()
        if path is not None:
            self.dialog.show_file(path)
        return self.dialog

    def _forget(self) -> None:
        self.dialog = None

    def _look(self, path: Path, member: str, charset: str) -> None:
        imports, dialog = self._imports, self.dialog
        task = self._runner.start(
            lambda _context: imports.look(path, member=member, charset=charset),
            tr("Read {file}", file=path.name),
            quiet=True,
        )
        if dialog is not None:
            task.succeeded.connect(dialog.show_look)
            task.failed.connect(dialog.show_no_look)

    def _run(self, resource: Resource, dialog: ImportDialog, wish: Wish) -> None:
        imports, address = self._imports, address_of(resource)
        task = self._runner.start(
            lambda context: imports.run(
                wish.path,
                address,
                context,
                schema=wish.schema,
                member=wish.member,
                charset=wish.charset,
                only=wish.only,
                past_errors=wish.past_errors,
                again=wish.again,
            ),
            tr("Import {file}", file=wish.path.name),
            lane=lane_of(resource),
            changes=Change.BACKUPS,
        )
        task.succeeded.connect(self._loaded)
        dialog.follow(task)

    def _loaded(self, done: Imported) -> None:
        if done.faults:
            self.noticed.emit("warning", import_words.outcome(done), " ".join(done.faults))
        else:
            next_step = tr("Its archive stands in the list: preview the restore from there.")
            self.noticed.emit("ok", import_words.outcome(done), next_step)

    def _remove(self, resource: Resource, schema: str) -> None:
        imports, address, dialog = self._imports, address_of(resource), self.dialog
        task = self._runner.start(
            lambda context: imports.remove(address, schema, context),
            tr("Remove {schema}", schema=schema),
            lane=lane_of(resource),
        )

        def removed(_nothing: object) -> None:
            if dialog is not None and self.dialog is dialog:
                dialog.show_removed(schema)

        task.succeeded.connect(removed)

    def _preview(self, backup: object) -> None:
        if self.dialog is not None:
            self.dialog.accept()
        self.preview_wanted.emit(backup)


def _file_of(event: QDropEvent) -> Path | None:
    """Return the file that is dragged, if it is one."""
    urls = event.mimeData().urls()
    if len(urls) == 1 and urls[0].isLocalFile():
        return Path(urls[0].toLocalFile())
    return None
