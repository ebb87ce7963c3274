"""The dialog before program files are restored: the tree of changes, and the typed name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QLineEdit, QWidget

from gmops_desktop.errors import OpsError
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
from ui.dialogs.question import Question
from ui.dialogs.sheet import Sheet
from ui.files_words import change_columns, notes, summary
from ui.widgets.frames import Label, button, disable, paragraph, row
from ui.widgets.tables import Table

_SIZE: Final = (940, 620)


class FilesPreviewDialog(Sheet):
    """Shows which files a restore would change, and asks for the directory's name.

    `confirmed` carries the archive and what was typed; the dialog itself changes nothing.
    """

    confirmed = Signal(object, str)

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
        super().__init__(parent, tr("Restore program files: what would change"), width=820)
        self.resize(*_SIZE)
        self._files, self._lane = files, lane
        self._archives, self._place = tuple(archives), place
        self._question = Question(runner, self)
        self.preview: TreePreview | None = None
        self.choice = QComboBox()
        self.choice.setAccessibleName(tr("Archive"))
        self.choice.setMinimumWidth(220)
        for archive in self._archives:
            size = words.size(archive.file_bytes)
            self.choice.addItem(f"{words.stamp(archive.at)} · {size}")
        self.state = Label("", "strong")
        self.table: Table[FileChange] = Table(
            change_columns(),
            name=tr("What would change"),
            runner=runner,
            identity=lambda one: one.path,
        )
        self.more = paragraph("", "body")
        self.name = QLineEdit()
        self.name.setFixedWidth(200)
        self.name.setAccessibleName(tr("Type “{name}” to confirm.", name=place.name))
        self.restore = button(
            tr("Restore the files"),
            self._confirm,
            kind="danger",
            icon_name="arrow-counter-clockwise",
        )
        self._lay_out()
        self.choice.currentIndexChanged.connect(self.compare)
        self.name.textChanged.connect(self._judge)
        self.name.returnPressed.connect(self.restore.click)
        self.compare()

    def _lay_out(self) -> None:
        head = row(None, Label(tr("Archive"), "caption", elide=False), self.choice, 16, self.state)
        head.setStretch(head.count() - 1, 1)
        self.body.addLayout(head)
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self.more)
        self.body.addWidget(
            paragraph(
                tr("The new directory is built beside the old one and proved there; then both are"
                   " exchanged in one step. The old one is kept, so the restore can be undone."),
                "caption",
            )
        )  # fmt: skip
        ask = tr("Type “{name}” to confirm.", name=self._place.name)
        self.left.addLayout(row(None, Label(ask, elide=False), self.name, spacing=8))
        self.add_close(tr("Cancel"))
        self.add_button(self.restore, QDialogButtonBox.ButtonRole.ActionRole)

    @property
    def archive(self) -> FileArchive:
        """The archive that is chosen."""
        return self._archives[max(0, self.choice.currentIndex())]

    @Slot()
    def compare(self) -> None:
        """Ask for what stands in the directory, in the background."""
        self.preview = None
        self.table.set_rows(())
        self.more.hide()
        self.state.show_text(tr("Comparing"))
        path, place = self.archive.path, self._place
        self._question.ask(
            lambda context: self._files.preview(path, place, context),
            tr("Compare {folder}", folder=place.folder),
            self._found,
            self._failed,
            lane=self._lane,
        )
        self._judge()

    @Slot(object)
    def _found(self, preview: TreePreview) -> None:
        self.preview = preview
        self.table.set_rows(preview.changes)
        self._show_more(notes(preview))
        if preview.identical:
            self.state.show_text(tr("The directory holds exactly this backup."), "ok")
        else:
            self.state.show_text(summary(preview))
        self._judge()

    @Slot(Exception)
    def _failed(self, error: Exception) -> None:
        self.state.show_text(str(error), "critical")
        self._show_more(error.hint if isinstance(error, OpsError) else "")

    def _show_more(self, text: str) -> None:
        self.more.setText(text)
        self.more.setVisible(bool(text))

    @Slot()
    def _judge(self) -> None:
        """Say why nothing can be restored yet."""
        if self.preview is None:
            reason = tr("First the comparison must be there.")
        elif self.preview.identical:
            reason = tr("The directory holds exactly this backup.")
        elif self.name.text().strip() != self._place.name:
            reason = tr("Type “{name}” to confirm.", name=self._place.name)
        else:
            reason = ""
        disable(self.restore, reason, tr("Replace the directory by the archive's"))

    @Slot()
    def _confirm(self) -> None:
        self.confirmed.emit(self.archive, self.name.text().strip())
        self.accept()
