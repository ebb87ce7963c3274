"""The dialog before program files are restored: the tree of changes, and the typed name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QWidget

from gmops_desktop.context import Context
from gmops_desktop.language import tr
from gmops_desktop.services.site_files import (
    FileArchive,
    FileChange,
    Place,
    SiteFiles,
    TreePreview,
)
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.dialogs.restore_preview import RestorePreview, Words
from ui.files_words import change_columns, notes, summary
from ui.widgets.tables import Table


class FilesPreviewDialog(RestorePreview[FileArchive, TreePreview]):
    """Shows which files a restore would change, and asks for the directory's name."""

    def __init__(
        self,
        files: SiteFiles,
        runner: TaskRunner,
        archives: Sequence[FileArchive],
        place: Place,
        parent: QWidget | None = None,
        *,
        lane: str = "",
    ) -> None:
        """`archives` are those of the directory, newest first; at least one."""
        ask = tr("Type “{name}” to confirm.", name=place.name)
        said = Words(
            title=tr("Restore program files: what would change"),
            caution=tr(
                "The new directory is built beside the old one and proved there; then both are"
                " exchanged in one step. The old one is kept, so the restore can be undone."
            ),
            ask=ask,
            untyped=ask,
            restore=tr("Restore the files"),
            tip=tr("Replace the directory by the archive's"),
        )
        table: Table[FileChange] = Table(
            change_columns(),
            name=tr("What would change"),
            runner=runner,
            identity=lambda one: one.path,
        )
        super().__init__(parent, said, archives, _word, table, runner, answer=place.name, lane=lane)
        self.resize(940, 620)
        self._files, self._place = files, place
        self.compare()

    def job(self, archive: FileArchive) -> tuple[str, Callable[[Context], TreePreview]]:
        files, path, place = self._files, archive.path, self._place
        title = tr("Compare {folder}", folder=place.folder)
        return title, lambda context: files.preview(path, place, context)

    def show_preview(self, preview: TreePreview) -> None:
        self.table.set_rows(preview.changes)
        self.show_more(notes(preview))
        if preview.identical:
            self.state.show_text(tr("The directory holds exactly this backup."), "ok")
        else:
            self.state.show_text(summary(preview))

    def objection(self, preview: TreePreview) -> str:
        return tr("The directory holds exactly this backup.") if preview.identical else ""


def _word(archive: FileArchive) -> str:
    return f"{words.stamp(archive.at)} · {words.size(archive.file_bytes)}"
