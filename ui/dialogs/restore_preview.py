"""The dialog before something is restored: what would change, and the typed name that confirms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QLineEdit, QWidget

from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.question import Question
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Label, button, disable, paragraph, row
from ui.widgets.tables import Table

Archive = TypeVar("Archive")
Preview = TypeVar("Preview")


@dataclass(frozen=True, slots=True)
class Words:
    """What the dialog says: its title, what happens and what is kept, what is to be typed, and the
    button's word and tip; `untyped` is why it cannot be pressed before."""

    title: str
    caution: str
    ask: str
    untyped: str
    restore: str
    tip: str


class RestorePreview(Sheet, Generic[Archive, Preview]):
    """Compares the chosen archive with what is there, in the background, and asks for a name.

    `confirmed` carries the archive and what was typed; the dialog itself changes nothing.  Each
    kind of archive says how it is compared (`job`), shown (`show_preview`), and why what was found
    cannot be restored (`objection`); it calls `compare` when it is built.
    """

    confirmed = Signal(object, str)

    def __init__(
        self,
        parent: QWidget | None,
        words: Words,
        archives: Sequence[Archive],
        word_of: Callable[[Archive], str],
        table: Table[Any],
        runner: TaskRunner,
        *,
        answer: str,
        lane: str,
    ) -> None:
        """`archives` are newest first, at least one; `answer` is what must be typed."""
        super().__init__(parent, words.title, width=820)
        self._words, self._answer, self._lane = words, answer, lane
        self._archives = tuple(archives)
        self._question = Question(runner, self)
        self.preview: Preview | None = None
        self.choice = QComboBox()
        self.choice.setAccessibleName(tr("Archive"))
        self.choice.setMinimumWidth(220)
        for archive in self._archives:
            self.choice.addItem(word_of(archive))
        self.state = Label("", "strong")
        self.table = table
        self.more = paragraph("", "body")
        self.name = QLineEdit()
        self.name.setFixedWidth(220)
        self.name.setAccessibleName(words.ask)
        self.restore = button(
            words.restore, self._confirm, kind="danger", icon_name="arrow-counter-clockwise"
        )
        head = row(None, Label(tr("Archive"), "caption", elide=False), self.choice, 16, self.state)
        head.setStretch(head.count() - 1, 1)
        self.body.addLayout(head)
        self.body.addWidget(table, 1)
        self.body.addWidget(self.more)
        self.body.addWidget(paragraph(words.caution, "caption"))
        self.left.addLayout(row(None, Label(words.ask, elide=False), self.name, spacing=8))
        self.add_close(tr("Cancel"))
        self.add_button(self.restore, QDialogButtonBox.ButtonRole.ActionRole)
        self.choice.currentIndexChanged.connect(self.compare)
        self.name.textChanged.connect(self._judge)
        self.name.returnPressed.connect(self.restore.click)

    @property
    def archive(self) -> Archive:
        """The archive that is chosen."""
        return self._archives[max(0, self.choice.currentIndex())]

    @Slot()
    def compare(self) -> None:
        """Ask for what is there now, in the background."""
        self.preview = None
        self.table.set_rows(())
        self.show_more("")
        self.state.show_text(tr("Comparing"))
        title, job = self.job(self.archive)
        self._question.ask(job, title, self._found, self._failed, lane=self._lane)
        self._judge()

    def job(self, archive: Archive) -> tuple[str, Callable[[Context], Preview]]:
        """Return the comparison with an archive, and its title."""
        raise NotImplementedError

    def show_preview(self, preview: Preview) -> None:
        """Show what was found."""
        raise NotImplementedError

    def objection(self, preview: Preview) -> str:
        """Return why this cannot be restored; empty where it can."""
        raise NotImplementedError

    def show_more(self, text: str) -> None:
        """Show what is to be said below the table."""
        self.more.setText(text)
        self.more.setVisible(bool(text))

    @Slot(object)
    def _found(self, preview: Preview) -> None:
        self.preview = preview
        self.show_preview(preview)
        self._judge()

    @Slot(Exception)
    def _failed(self, error: Exception) -> None:
        self.state.show_text(str(error), "critical")
        self.show_more(error.hint if isinstance(error, OpsError) else "")

    @Slot()
    def _judge(self) -> None:
        """Say why nothing can be restored yet."""
        if self.preview is None:
            reason = tr("First the comparison must be there.")
        else:
            reason = self.objection(self.preview)
            if not reason and self.name.text().strip() != self._answer:
                reason = self._words.untyped
        disable(self.restore, reason, self._words.tip)

    @Slot()
    def _confirm(self) -> None:
        self.confirmed.emit(self.archive, self.name.text().strip())
        self.accept()
