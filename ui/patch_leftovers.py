"""The dialog that shows what changes left on a server, and clears it by the typed name."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.patches.leftovers import Leftover, Leftovers
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.dialogs.question import Question
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Label, button, disable, paragraph
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

_SIZE = (900, 460)


class LeftoversSheet(Sheet):
    """Lists what lies there with why it stays; `cleared` carries what was removed."""

    cleared = Signal(object)

    def __init__(
        self, parent: QWidget | None, leftovers: Leftovers, host: Resource, runner: TaskRunner
    ) -> None:
        title = tr("What changes left on {name}", name=host.name)
        text = tr(
            "Old releases, and files of configuration from before, are kept on the server for the"
            " way back. What belongs to a change that is closed or cancelled may go."
        )
        super().__init__(parent, title, text, width=_SIZE[0])
        self.resize(*_SIZE)
        self._leftovers, self._host = leftovers, host
        self._question = Question(runner, self)
        self._going: list[Leftover] = []
        self._busy = True
        self.table: Table[Leftover] = Table(
            (
                Column(tr("Number"), lambda one: one.number or words.NOTHING, width=88),
                Column(tr("Path"), lambda one: one.path, tip=lambda one: one.path),
                Column(
                    tr("Size"),
                    lambda one: words.NOTHING if one.size is None else words.size(one.size),
                    width=88,
                    key=lambda one: one.size or 0,
                    right=True,
                ),
                Column(
                    tr("What becomes of it"),
                    lambda one: tr("stays: {why}", why=one.stays) if one.stays else tr("may go"),
                    width=300,
                    tip=lambda one: one.stays,
                ),
            ),
            name=title,
            identity=lambda one: (one.what, one.change_id),
            empty=tr("Nothing of ours lies there."),
        )
        self.said = paragraph("", "caption")
        self.name = QLineEdit()
        self.name.setFixedWidth(160)
        self.name.setAccessibleName(tr("Type {name} to go on", name=host.name))
        self.go = button(tr("Remove"), self._clear, kind="danger")
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self.said)
        self.left.addWidget(Label(tr("To go on, type the server's name"), elide=False))
        self.left.addWidget(Label(host.name, "strong", elide=False))
        self.left.addWidget(self.name)
        self.add_close(tr("Close"))
        self.add_button(self.go, QDialogButtonBox.ButtonRole.ActionRole)
        self.name.textChanged.connect(lambda _text: self._judge())
        self._look()

    def _look(self) -> None:
        leftovers, host = self._leftovers, self._host
        title = tr("Looking at what changes left on {name}", name=host.name)
        self._wait(title)
        self._question.ask(
            lambda context: leftovers.look(host, context), title, self._found, self._failed,
            lane=f"host:{host.id}",
        )  # fmt: skip

    def _found(self, found: tuple[Leftover, ...]) -> None:
        self._busy = False
        self._going = [one for one in found if not one.stays]
        self.table.set_rows(found)
        size = words.size(sum(one.size or 0 for one in self._going))
        count = tr_n("{count} may go", "{count} may go", len(self._going))
        self.said.setText(f"{count} · {size}" if self._going else tr("Nothing may go now."))
        self._judge()

    @Slot()
    def _clear(self) -> None:
        leftovers, host, typed = self._leftovers, self._host, self.name.text()
        title = tr("Clearing what changes left on {name}", name=host.name)
        self._wait(title)
        self._question.ask(
            lambda context: leftovers.clear(host, context, confirm=typed), title, self._cleared,
            self._failed, lane=f"host:{host.id}",
        )  # fmt: skip

    def _cleared(self, gone: tuple[Leftover, ...]) -> None:
        self.cleared.emit(gone)
        self.accept()

    def _failed(self, error: Exception) -> None:
        self._busy = False
        hint = error.hint if isinstance(error, OpsError) else ""
        self.said.setText(f"{error} {hint}".strip())
        self._judge()

    def _wait(self, title: str) -> None:
        self._busy = True
        self.said.setText(title)
        self._judge()

    def _judge(self) -> None:
        reason = ""
        if self._busy:
            reason = tr("The server is being asked.")
        elif not self._going:
            reason = tr("Nothing may go now.")
        elif self.name.text().strip() != self._host.name:
            reason = tr("Type the server's name first.")
        disable(self.go, reason, tr("Remove what may go"))
