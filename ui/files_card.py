"""The card of a site's program files: back up, prove, see what a restore would change, undo."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtWidgets import QComboBox

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.site_files import FileArchive, FileRestore, Place, SiteFiles
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.backup_kinds import KindCard
from ui.backup_lanes import lane_of_place
from ui.files_preview import FilesPreviewDialog
from ui.widgets.frames import Label, button, disable

_NARROW: Final = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon


class FilesCard(KindCard):
    """One line for the directories of the contract's websites; hidden where none is known."""

    def __init__(self, files: SiteFiles, contracts: Contracts, runner: TaskRunner) -> None:
        super().__init__()
        self._files, self._contracts, self._runner = files, contracts, runner
        self._places: tuple[Place, ...] = ()
        self._sites: dict[str, Resource] = {}
        self._archives: tuple[FileArchive, ...] = ()
        self._busy = False
        self.choice = QComboBox()
        self.choice.setAccessibleName(tr("Directory"))
        self.choice.setSizeAdjustPolicy(_NARROW)
        self.choice.setMinimumContentsLength(12)
        self.last = Label(role="caption")
        self.take_button = button(
            tr("Back up", context="files"), self.take, icon_name="archive-box", scale="small"
        )
        self.restore_button = button(
            tr("Preview a restore…"), self.show_preview, icon_name="arrow-counter-clockwise",
            scale="small",
        )  # fmt: skip
        self.undo_button = button(
            tr("Undo", context="files"), self.undo, icon_name="arrows-left-right", scale="small"
        )
        actions = (self.take_button, self.restore_button, self.undo_button)
        self.lay_out(tr("Program files"), (self.choice, self.last), actions)
        self.choice.currentIndexChanged.connect(lambda _place: self._show())
        self.hide()

    @property
    def chosen(self) -> Place | None:
        """The directory that is meant."""
        place = self.choice.currentIndex()
        return self._places[place] if 0 <= place < len(self._places) else None

    def planned(self) -> Resource | None:
        """The website that the directory belongs to."""
        place = self.chosen
        return self._sites.get(place.resource_id) if place else None

    def refresh(self) -> None:
        """Show what the register holds now."""
        kept = self.chosen
        resources = self._contracts.shown_resources()
        self._sites = {one.id: one for one in resources}
        self._places = self._files.places(resources)
        blocked = self.choice.blockSignals(True)
        self.choice.clear()
        for place in self._places:
            self.choice.addItem(place.source)
        known = [str(place) for place in self._places]
        self.choice.setCurrentIndex(known.index(str(kept)) if str(kept) in known else 0)
        self.choice.blockSignals(blocked)
        self.choice.setVisible(len(self._places) > 1)
        self._archives = self._files.all()
        self.setVisible(bool(self._places))
        self._show()

    def take(self) -> None:
        """Back up the directory now, and prove what was written."""
        place = self.chosen
        if place is None or self._busy:
            return
        files = self._files
        self._busy = True
        task = self._runner.start(
            lambda context: files.take(place, context),
            tr("Back up {folder}", folder=place.folder),
            lane=lane_of_place(place),
            changes=Change.BACKUPS,
        )
        task.succeeded.connect(partial(self._taken, place))
        task.finished.connect(self._ended)
        self._judge()

    def show_preview(self) -> None:
        """Open the tree of what a restore would change."""
        place, own = self.chosen, self._own()
        if place is None or not own:
            return
        dialog = FilesPreviewDialog(
            self._files, self._runner, own, place, self.window(), lane=lane_of_place(place)
        )
        dialog.confirmed.connect(partial(self._restore, place))
        dialog.open()

    def undo(self) -> None:
        """Exchange the directory with the one that the newest restore replaced; first of all, put
        right what an interrupted one left."""
        last, files = self._last_restore(), self._files
        if (cut := self._interrupted()) is not None:
            self._recover(cut)
            return
        if last is None:
            return
        task = self._runner.start(
            lambda context: files.undo(last.id, context),
            tr("Undo the restore of {folder}", folder=last.place.folder),
            lane=lane_of_place(last.place),
            changes=Change.BACKUPS,
        )
        task.succeeded.connect(self._undone)

    def _recover(self, cut: FileRestore) -> None:
        files = self._files
        task = self._runner.start(
            lambda context: files.recover(cut.place, context),
            tr("Put {name} right", name=cut.place.folder),
            lane=lane_of_place(cut.place),
            changes=Change.BACKUPS,
        )
        task.succeeded.connect(lambda said: self.noticed.emit("ok", " ".join(said), ""))

    def _restore(self, place: Place, archive: FileArchive, typed: str) -> None:
        files = self._files
        task = self._runner.start(
            lambda context: files.restore(archive.path, place, context, confirm=typed),
            tr("Restore {folder}", folder=place.folder),
            lane=lane_of_place(place),
            changes=Change.BACKUPS,
        )
        task.succeeded.connect(self._restored)

    def _restored(self, done: FileRestore) -> None:
        self.noticed.emit(
            "ok",
            tr("{folder} is the archive's, proved by its digests.", folder=done.place.folder),
            "\n".join(done.notes) or tr("The old directory is kept: the restore can be undone."),
        )

    def _undone(self, done: FileRestore) -> None:
        self.noticed.emit(
            "ok",
            tr("{folder} is as it was before the restore.", folder=done.place.folder)
            if done.undone
            else tr("{folder} is the restored one again.", folder=done.place.folder),
            "",
        )

    def _taken(self, place: Place, archive: FileArchive) -> None:
        """Prove at once what was written: an archive counts only when it was read back."""
        files = self._files
        if archive.verified:
            self._proved(archive, ())
            return
        task = self._runner.start(
            lambda context: files.verify(archive.path, context),
            tr("Verify {file}", file=archive.path.name),
            lane=lane_of_place(place),
            changes=Change.BACKUPS,
        )
        task.succeeded.connect(lambda outcome: self._proved(archive, outcome.faults))

    def _proved(self, archive: FileArchive, faults: tuple[str, ...]) -> None:
        if faults:
            said = tr("{file} is damaged; do not rely on it.", file=archive.path.name)
            self.noticed.emit("critical", said, " ".join(faults[:3]))
            return
        self.noticed.emit(
            "ok" if archive.whole else "warning",
            tr("{folder} was backed up and verified: {count} files, {size} over the line.",
               folder=archive.folder, count=words.number(archive.files),
               size=words.size(archive.travelled)),
            archive.verdict,
        )  # fmt: skip

    def _ended(self) -> None:
        self._busy = False
        self._judge()

    def _own(self) -> tuple[FileArchive, ...]:
        """Return the chosen directory's archives whose files still stand, newest first."""
        place = self.chosen
        if place is None:
            return ()
        return tuple(one for one in self._archives if one.source == place.source and one.exists)

    def _last_restore(self) -> FileRestore | None:
        place = self.chosen
        done = [one for one in self._files.restores() if str(one.place) == str(place)]
        return done[0] if done and done[0].undoable else None

    def _interrupted(self) -> FileRestore | None:
        """Return the restore of the chosen directory that was interrupted."""
        place = str(self.chosen)
        return next((one for one in self._files.unfinished() if str(one.place) == place), None)

    def _show(self) -> None:
        own, cut = self._own(), self._interrupted()
        if cut is not None:
            at = words.stamp(cut.at)
            self.last.show_text(tr("A restore was interrupted on {at}.", at=at), "critical")
            self.last.setToolTip(tr("The directory is as before it or as after it, never between."))
        elif own:
            newest = own[0]
            count = tr("{count} files", count=words.number(newest.files))
            parts = [words.ago(newest.at), count, words.size(newest.file_bytes)]
            if not newest.whole:
                parts.append(tr("incomplete", context="files"))
            self.last.show_text(" · ".join(parts), "" if newest.whole else "warning")
            self.last.setToolTip(newest.verdict)
        else:
            self.last.show_text(tr("Not backed up yet"), "")
        self.show_light()
        self._judge()

    def _judge(self) -> None:
        busy = tr("A backup of the files is running.") if self._busy else ""
        disable(self.take_button, busy, tr("Only what changed since the last one travels"))
        none = "" if self._own() else tr("There is no archive of the files yet.")
        disable(self.restore_button, none, tr("See as a tree what a restore would change"))
        last = self._last_restore()
        nothing = "" if last else tr("There is no restore of the files to undo.")
        tip = tr("Bring back what the last restore replaced")
        if last and last.undone:
            tip = tr("Bring back what was undone")
        cut = self._interrupted()
        if cut is not None:
            nothing, tip = "", tr("Clear what the interrupted restore left on the server")
        self.undo_button.setText(tr("Put right") if cut else tr("Undo", context="files"))
        disable(self.undo_button, nothing, tip)
