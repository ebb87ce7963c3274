"""Words for Party A about a change: copied or sent, and recorded."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from gmops_desktop.contract.changes import WAYS, word_of_way
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.patches import Change, Patches
from gmops_desktop.services.patches.planning import words_for
from ui.dialogs.sheet import Sheet
from ui.patch_forms import heading
from ui.patch_tasks import ChangeTasks, titled
from ui.patch_window import announcement
from ui.patch_words import title_of
from ui.ticket_fields import designated_now
from ui.widgets.frames import button, disable


def remind(patches: Patches, contracts: Contracts, tasks: ChangeTasks, change: Change) -> None:
    """Ask how Party A is reminded of what it has to say of a change, then do and record it."""
    if tasks.host(change) is None:
        return
    said = change.assessment
    text = words_for(change)
    if change.window is not None and change.state != "awaiting_confirmation":
        minutes = said.downtime_minutes if said else None
        text += "\n\n" + announcement(title_of(change), *change.window, minutes)
    people = [one.name for one in designated_now(contracts)]
    sheet = RemindSheet(tasks.window, heading(change), text, people)
    sheet.given.connect(
        lambda way, whom, words: tasks.beside(
            lambda context: patches.remind(change.id, context, way=way, whom=whom, text=words),
            titled(change, tr("Remind Party A")),
            "patches",
        )
    )
    sheet.open()


class RemindSheet(Sheet):
    """Words for Party A, copied or sent, and recorded; `given` carries way, whom and words."""

    given = Signal(str, str, str)

    def __init__(
        self, parent: QWidget | None, heading: str, text: str, people: Sequence[str]
    ) -> None:
        super().__init__(parent, tr("Remind Party A"), heading, width=560)
        self.text = QPlainTextEdit(text)
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(168)
        self.way = QComboBox()
        for key in WAYS:
            self.way.addItem(word_of_way(key), key)
        self.whom = QLineEdit(people[0] if people else "")
        self.add_field(tr("Text"), self.text)
        hint = tr("By the WeCom robot it is sent at once; in any other way by you.")
        self.add_field(tr("How"), self.way, hint)
        self.add_field(tr("Who was reminded"), self.whom)
        self.add_close(tr("Cancel"))
        self.go = button("", self._give, kind="primary", icon_name="copy")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.way.currentIndexChanged.connect(self._judge)
        self.text.textChanged.connect(self._judge)
        self._judge()

    def _judge(self) -> None:
        way = self.way.currentData()
        word = (tr("Copy and record") if way == "copied" else tr("Send and record")
                if way == "robot" else tr("Record"))  # fmt: skip
        self.go.setText(word)
        why = "" if self.text.toPlainText().strip() else tr("Write what they are reminded of.")
        disable(self.go, why, word)

    def _give(self) -> None:
        text, way = self.text.toPlainText().strip(), str(self.way.currentData())
        if way == "copied":
            QApplication.clipboard().setText(text)
        self.accept()
        self.given.emit(way, self.whom.text().strip(), text)
