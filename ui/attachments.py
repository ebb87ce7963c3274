"""The files of a subject: attached by paste, drop and file dialog; listed, shown, saved, removed.

A page places the strip and its `add_button`, and names the widgets that take pastes and drops.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QMimeData, QObject, Signal, Slot
from PySide6.QtGui import (
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFileDialog, QWidget

from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.language import tr
from gmops_desktop.services.attachments import Attachment, Attachments, Content, Family
from gmops_desktop.states import State
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.attachment_preview import can_preview
from ui.attachment_questions import RemovalQuestion
from ui.attachment_ways import LANE, AttachmentWays
from ui.dialogs.sheet import Sheet
from ui.icons import icon
from ui.pasted import has_picture, paths_in, picture_in, png_of, takes
from ui.theme import CARD_ROW_HEIGHT
from ui.widgets.frames import Label, button, column, disable, icon_button, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

ICONS: Final[dict[Family, str]] = {
    "picture": "image",
    "pdf": "file-pdf",
    "document": "file-text",
    "text": "file-text",
    "packed": "archive-box",
    "media": "file",
    "program": "warning-octagon",
    "data": "file",
}
_ROWS: Final = 3  # in sight; more are scrolled to
_WHEN: Final = 3  # the column of the time, which a draft has not

Item = Attachment | Content
_Done = tuple[tuple[Content, ...], tuple[str, str] | None]  # what was kept, and for what


class AttachmentStrip(QWidget):
    """Shows nothing where there is nothing; `noticed` tells the page what was done.

    Without a subject it gathers `drafts`, which the page attaches once the subject exists.
    """

    noticed = Signal(str, str, str)  # a State, a sentence, a second line
    drafts_changed = Signal()  # also when one begins to be read
    attached = Signal(str, str)  # to which subject, and the names

    def __init__(self, attachments: Attachments, runner: TaskRunner) -> None:
        super().__init__()
        self._attachments, self._runner = attachments, runner
        self.ways = AttachmentWays(attachments, runner, self)
        self._subject: tuple[str, str] | None = None
        self._parts: tuple[str, ...] = ()
        self._drafts: list[Content] = []
        self._reading = 0  # tasks
        self._folded = False
        self.add_button = button(
            tr("Attach", context="button"),
            self.choose,
            icon_name="paperclip",
            tip=tr("Attach files; or paste a picture, or drop files here"),
        )
        self._title = Label(role="caption", elide=False)
        self._show = icon_button("eye", tr("Preview"), self._preview)
        self._save = icon_button("download-simple", tr("Save as…"), self._ask_save)
        self._open = icon_button(
            "arrow-square-out", tr("Open with the system's program"), self._ask_open
        )
        self._remove = icon_button("trash", tr("Remove…"), self._ask_remove)
        self._folding = icon_button("caret-down", tr("Show the list of files"), self._turn)
        self._folding.hide()
        columns: list[Column[Item]] = [
            Column(
                tr("Name", context="file"),
                lambda one: one.name,
                icon=lambda one: ICONS[one.kind.family],
                tip=_facts,
            ),
            Column(tr("Type"), lambda one: one.kind.word, 150, state=_state, muted=True),
            Column(tr("Size"), lambda one: words.size(one.size), 84, right=True),
            Column(tr("Attached"), _attached_at, 128, muted=True),
        ]
        self.table = Table(
            columns, name=tr("Attachments"), identity=lambda one: getattr(one, "id", one.sha256)
        )
        self.table.horizontalHeader().hide()

        icons = (self._show, self._save, self._open, self._remove)
        head = row(None, self._title, self._folding, None, *icons)
        column(self, head, self.table, margins=(16, 6, 8, 6), spacing=2)
        self.ways.noticed.connect(self.noticed)
        self.table.picked.connect(lambda _one: self._judge())
        self.table.opened.connect(lambda _one: self._preview())
        self._fill()

    # -- what is shown

    @property
    def drafts(self) -> tuple[Content, ...]:
        """What was gathered without a subject."""
        return tuple(self._drafts)

    @property
    def reading(self) -> str:
        """Why it is too early to go on, "" once every file is read."""
        return tr("The files are still being read.") if self._reading else ""

    @property
    def items(self) -> list[Item]:
        """What is listed."""
        return list(self.table.rows.shown)

    def show_subject(self, kind: str, subject: str, parts: Sequence[str] = ()) -> None:
        """Show the attachments of a subject of the journal, and of those that are part of it."""
        self._subject, self._parts = (kind, subject), tuple(parts)
        self._fill()

    def listen_to(self, *widgets: QWidget) -> None:
        """Take files and pictures that are pasted into these or dropped onto them; text stays
        theirs."""
        for widget in widgets:
            widget.setAcceptDrops(True)
            widget.installEventFilter(self)
            if isinstance(widget, QAbstractScrollArea):  # there it is the inside that hears drops
                widget.viewport().installEventFilter(self)

    def join(self, sheet: Sheet, *widgets: QWidget) -> None:
        """Stand at the end of a dialog, as `widgets` take pastes and drops; leaving it forgets what
        was gathered."""
        sheet.body.addWidget(self)
        sheet.left.addWidget(self.add_button)
        self.align()
        self.listen_to(sheet, *widgets)
        sheet.rejected.connect(self.drop_drafts)

    def fold(self) -> None:
        """Show one line, and the list only on demand: the story's chips lead to the files, too."""
        self._folded = True
        self._folding.show()
        self._fill()

    def align(self) -> None:
        """Line up with the fields of a dialog, which has margins of its own."""
        if layout := self.layout():
            layout.setContentsMargins(0, 0, 0, 0)

    def hand_over(self, kind: str, subject: str) -> None:
        """Attach what was gathered to a subject that exists by now."""
        contents, self._drafts = tuple(self._drafts), []
        if contents:
            self._attach_job(lambda _context: contents, (kind, subject))
        self._fill()

    def drop_drafts(self) -> None:
        """Forget what was gathered."""
        for content in self._drafts:
            self._attachments.drop(content)
        self._drafts = []
        self._fill()

    def _fill(self) -> None:
        there = self._there()
        self.table.set_rows(there)
        rows = min(_ROWS, len(there))
        self.table.setFixedHeight(max(1, rows) * CARD_ROW_HEIGHT)
        total = words.size(sum(one.size for one in there))
        self._title.show_text(tr("Attachments {count} · {size}", count=len(there), size=total))
        self.table.setVisible(not self._folded)
        for made in (self._show, self._save, self._open):  # a draft can only be taken away again
            made.setVisible(self._subject is not None and not self._folded)
        self._remove.setVisible(not self._folded)
        self.table.setColumnHidden(_WHEN, self._subject is None)
        self.setVisible(bool(there))
        if there and self.table.current is None:
            self.table.selectRow(len(there) - 1)
        self._judge()
        self.drafts_changed.emit()

    def _there(self) -> Sequence[Item]:
        if self._subject is None:
            return self._drafts
        kind, subject = self._subject
        found = [one for id in (subject, *self._parts) for one in self._attachments.of(kind, id)]
        return sorted(found, key=lambda one: one.at)

    def _turn(self) -> None:
        self._folded = not self._folded
        name = "caret-down" if self._folded else "caret-up"
        self._folding.setIcon(icon(name, "accent"))
        tip = tr("Show the list of files") if self._folded else tr("Hide the list of files")
        self._folding.setToolTip(tip)
        self._folding.setAccessibleName(tip)
        self._fill()

    def _judge(self) -> None:
        chosen = self.table.current
        kept = chosen if isinstance(chosen, Attachment) else None
        none = tr("Choose an attachment first.") if chosen is None else ""
        early = none or ("" if kept else tr("It is attached together with the rest."))
        unseen = early or (
            "" if kept and can_preview(kept) else tr("There is no preview of this kind of file.")
        )
        disable(self._show, unseen, tr("Preview (Enter)"))
        disable(self._save, early, tr("Save as…"))
        disable(self._open, early, tr("Open with the system's program"))
        disable(self._remove, none, tr("Remove…"))

    # -- in

    def choose(self) -> None:
        """Ask for files and attach them."""
        chosen, _ = QFileDialog.getOpenFileNames(self.window(), tr("Attach files"))
        self.attach_files([Path(name) for name in chosen])

    def attach_files(self, paths: Sequence[Path]) -> None:
        """Attach the files at `paths`, in the background; all of them or, where one fails, none."""

        def keep(context: Context) -> tuple[Content, ...]:
            kept: list[Content] = []
            try:
                for path in paths:
                    kept.append(self._attachments.keep(path, context))
            except BaseException:
                for content in kept:
                    self._attachments.drop(content)
                raise
            return tuple(kept)

        if paths:
            self._attach_job(keep, self._subject)

    def attach_picture(self, picture: QImage) -> None:
        """Attach a picture that has no file, such as a screenshot."""
        name = tr("Picture {at}.png", at=f"{datetime.now():%Y-%m-%d %H.%M.%S}")

        def keep(context: Context) -> tuple[Content, ...]:
            return (self._attachments.keep_bytes(png_of(picture, name), name, context),)

        self._attach_job(keep, self._subject)

    def take(self, mime: QMimeData) -> bool:
        """Attach what `mime` holds of files and pictures; say whether it held any."""
        if paths := paths_in(mime):
            self.attach_files(paths)
        elif has_picture(mime):
            self.attach_picture(picture_in(mime))
        else:
            return False
        return True

    def _attach_job(
        self,
        keep: Callable[[Context], tuple[Content, ...]],
        subject: tuple[str, str] | None,
    ) -> None:
        """Keep files and name them in one entry, or gather them where there is no subject yet."""

        def job(context: Context) -> _Done:
            contents = keep(context)
            if subject is not None:
                with context.uncut():
                    self._attachments.attach(*subject, contents)
            return contents, subject

        changes = Change.NOTHING if subject is None else Change.TICKETS
        task = self._runner.start(job, tr("Attach files"), lane=LANE, changes=changes)
        self._reading += 1
        self.drafts_changed.emit()
        task.succeeded.connect(self._attached)
        task.finished.connect(self._read)

    def _attached(self, done: _Done) -> None:
        contents, subject = done
        if subject is None:
            self._drafts += contents
        else:
            self.attached.emit(subject[1], words.listed(one.name for one in contents))
        if subject == self._subject:
            self._fill()
        if programs := [one for one in contents if one.kind.runs]:
            names = words.listed(f"{one.name} ({one.kind.word})" for one in programs)
            self.noticed.emit(
                "warning",
                tr("Attached was something that runs: {names}.", names=names),
                tr("It is kept as it is; opening it asks first."),
            )

    def _read(self) -> None:
        self._reading -= 1
        self.drafts_changed.emit()

    # -- out

    def _chosen(self) -> Attachment | None:
        chosen = self.table.current
        return chosen if isinstance(chosen, Attachment) else None

    def _preview(self) -> None:
        chosen = self._chosen()
        if chosen is not None and can_preview(chosen):
            self.ways.look_into(chosen)

    @Slot(str)
    def show_file(self, identity: str) -> None:
        """Show the attachment of that id as far as it can be shown here."""
        found = [one for one in self._there() if isinstance(one, Attachment) and one.id == identity]
        if found:
            self.table.select(identity)
            self.ways.look_into(found[0])
        else:
            self.noticed.emit("warning", tr("This attachment was removed."), "")

    def _ask_save(self) -> None:
        if (chosen := self._chosen()) is not None:
            self.ways.ask_where(chosen)

    def _ask_open(self) -> None:
        if (chosen := self._chosen()) is not None:
            self.ways.ask_open(chosen)

    def _ask_remove(self) -> None:
        chosen = self.table.current
        if isinstance(chosen, Content):
            self._attachments.drop(chosen)
            self._drafts.remove(chosen)
            self._fill()
        elif chosen is not None:
            RemovalQuestion(self.window(), chosen, self._remove_for).open()

    def _remove_for(self, attachment: Attachment, reason: str) -> None:
        task = self._runner.start(
            lambda _context: self._attachments.remove(attachment, reason),
            tr("Remove {name}", name=attachment.name),
            lane=LANE,
            changes=Change.TICKETS,
        )
        task.succeeded.connect(lambda _none: self._fill())

    # -- Qt

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Pastes and drops of what we listen to."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.matches(QKeySequence.StandardKey.Paste):
                return self.take(QGuiApplication.clipboard().mimeData())
        elif isinstance(event, QDropEvent):  # an enter and a move are drops, too, to Qt
            dropped = event.type() == QEvent.Type.Drop
            if self.take(event.mimeData()) if dropped else takes(event.mimeData()):
                event.acceptProposedAction()
                return True
        return super().eventFilter(watched, event)


def _facts(one: Item) -> str:
    facts = [one.name, f"{one.kind.word}, {words.size(one.size)}", f"SHA-256 {one.sha256}"]
    if isinstance(one, Attachment):
        facts.append(f"{one.actor}, {words.stamp(one.at)}")
    return "\n".join(facts)


def _state(one: Item) -> State | None:
    return "warning" if one.kind.runs else None


def _attached_at(one: Item) -> str:
    return words.stamp(one.at) if isinstance(one, Attachment) else words.NOTHING
