"""Asks where the evidence that a compilation lists is to be written, and tells what was."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QFileDialog, QProgressBar, QWidget

from gmops_desktop.context import Context, Progress
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.reports import Report
from gmops_desktop.tasks import Task, TaskRunner
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Segments, button, disable, paragraph

_FORMS: Final = ("folder", "zip")


class Saved(Protocol):
    """What was written to `path`; `missing` names what could not be had, with the reason."""

    @property
    def path(self) -> Path: ...

    @property
    def entries(self) -> int: ...

    @property
    def files(self) -> int: ...

    @property
    def missing(self) -> tuple[str, ...]: ...


class Save(Protocol):
    """Writes the evidence that the compilation of a number lists: `EvidenceFiles.save`."""

    def __call__(
        self, name: str, target: Path, context: Context, *, chains: bool = False
    ) -> Saved: ...


class EvidenceSheet(Sheet):
    """`save` writes the evidence of a document's number; what came of it stays to be read."""

    def __init__(
        self, parent: QWidget | None, report: Report, save: Save, runner: TaskRunner
    ) -> None:
        super().__init__(
            parent,
            tr("Evidence of {number}", number=report.number),
            tr("The files, documents and entries of the journal that it lists, with SHA256SUMS: "
               "to be checked without this program."),
            width=520,
        )  # fmt: skip
        self._report, self._save, self._runner = report, save, runner
        self._task: Task | None = None
        words = {"folder": tr("A folder"), "zip": tr("A zip file")}
        self.form = Segments([(one, words[one]) for one in _FORMS], "folder", tr("Write into"))
        self.chains = QCheckBox(tr("With the whole chain of every device"))
        self.bar = QProgressBar()
        self.bar.setAccessibleName(tr("Progress"))
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 100)
        self.said = paragraph("", "body")
        self.missing = paragraph("", "caption")
        self.add_field(tr("Write into"), self.form)
        self.body.addWidget(self.chains)
        self.body.addWidget(
            paragraph(
                tr("The chains lead to the printed heads, and hold everything on record here."),
                "hint",
            )
        )
        self.body.addWidget(self.bar)
        self.body.addWidget(self.said)
        self.body.addWidget(self.missing)
        self.add_close(tr("Close"))
        self.go = button(
            tr("Choose the place…"), self._ask, kind="primary", icon_name="download-simple"
        )
        self.add_button(self.go, QDialogButtonBox.ButtonRole.ActionRole, default=True)
        for one in (self.bar, self.said, self.missing):
            one.hide()

    @Slot()
    def _ask(self) -> None:
        zipped = self.form.current == "zip"
        name = f"{self._report.number}{'.zip' if zipped else ''}"
        chosen, _ = QFileDialog.getSaveFileName(
            self, tr("Write the evidence into"), name, "*.zip" if zipped else ""
        )
        if chosen:
            self.write(Path(chosen))

    def write(self, target: Path) -> None:
        """Write into `target`, which is not there yet; a zip where a zip is chosen."""
        if self.form.current == "zip" and target.suffix.lower() != ".zip":
            target = target.with_name(f"{target.name}.zip")
        number, chains, save = self._report.number, self.chains.isChecked(), self._save
        self._task = self._runner.start(
            lambda context: save(number, target, context, chains=chains),
            tr("Writing the evidence of {number}", number=number),
            lane=f"file:{target}",
        )
        disable(self.go, tr("It is being done."))
        self.said.hide()
        self.missing.hide()
        self.bar.show()
        self._task.progressed.connect(self._progress)
        self._task.succeeded.connect(self._written)
        self._task.failed.connect(self._failed)
        self._task.finished.connect(self._ended)

    @Slot(object)
    def _progress(self, progress: Progress) -> None:
        self.bar.setRange(0, 0 if progress.percent is None else 100)
        self.bar.setValue(progress.percent or 0)

    @Slot(object)
    def _written(self, saved: Saved) -> None:
        self.said.setText(
            tr("{entries} and {files} are in {path}.",
               entries=tr_n("{count} entry", "{count} entries", saved.entries),
               files=tr_n("{count} file", "{count} files", saved.files), path=saved.path)
        )  # fmt: skip
        self.said.show()
        self.missing.setText("\n".join(tr("Not in it: {what}", what=one) for one in saved.missing))
        self.missing.setVisible(bool(saved.missing))

    @Slot(Exception)
    def _failed(self, error: Exception) -> None:
        self.said.setText(f"{error} {getattr(error, 'hint', '')}".strip())
        self.said.show()

    @Slot()
    def _ended(self) -> None:
        self._task = None
        self.bar.hide()
        disable(self.go, "")
