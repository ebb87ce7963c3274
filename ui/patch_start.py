"""The dialog between wanting to touch a server and doing it: what happens, the typed number."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialogButtonBox, QFrame, QLineEdit, QPlainTextEdit, QWidget

from gmops_desktop.contract.rollbacks import RollbackPlan
from gmops_desktop.language import tr
from gmops_desktop.states import State
from ui.dialogs.sheet import Sheet
from ui.patch_way_back import WayBackView
from ui.widgets.frames import Card, Glyph, Label, button, column, disable, paragraph, row

_REASON_HEIGHT = 56
_WIDTH, _EDGES = 720, 84  # pixels: the dialog, and what is around its steps
_MOST = 300  # of the steps, before they scroll


class StartSheet(Sheet):
    """Tells what a run will do, shows the way back, and asks for the change's number.

    `confirmed` carries the number as it was typed, and the reason ("" where none is asked for).
    """

    confirmed = Signal(str, str)

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        number: str,
        facts: Sequence[tuple[State, str]],
        way_back: RollbackPlan | None,
        action: str,
        *,
        asks_reason: bool = False,
        heading: str = "",
    ) -> None:
        """`facts` are what will happen, each with the state that it amounts to; `action` is the
        word on the red button; `heading` names the way (back), without which and without one no
        steps are shown."""
        super().__init__(parent, title, width=_WIDTH)
        self._number, self._asks_reason = number, asks_reason
        happens = Card(tr("What is going to happen"))
        for state, text in facts:
            happens.add(fact(state, text))
        self.way_back = WayBackView()
        self.way_back.show_plan(way_back)
        self.way_back.fit(_WIDTH - _EDGES, _MOST)
        back = Card(heading or tr("The way back"))
        back.add(self.way_back)
        self.reason = QPlainTextEdit()
        self.reason.setTabChangesFocus(True)
        self.reason.setFixedHeight(_REASON_HEIGHT)
        self.name = QLineEdit()
        self.name.setFixedWidth(120)
        self.name.setAccessibleName(tr("Type {number} to go on", number=number))
        self.go = button(action, self._confirm, kind="danger")

        self.body.addWidget(happens)
        if way_back is not None or heading:
            self.body.addWidget(back)
        if asks_reason:
            self.add_field(tr("Reason"), self.reason, tr("It stands in the record of the change."))
        self.left.addWidget(Label(tr("To go on, type the change's number"), elide=False))
        self.left.addWidget(Label(number, "strong", elide=False))
        self.left.addWidget(self.name)
        self.add_close(tr("Cancel"))
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole)
        self.name.textChanged.connect(self._judge)
        self.reason.textChanged.connect(self._judge)
        self.name.returnPressed.connect(self.go.click)
        self._judge()
        (self.reason if asks_reason else self.name).setFocus()

    @Slot()
    def _judge(self) -> None:
        """Switch the red button on only when the number was typed, and the reason if one is due."""
        reason = ""
        if self._asks_reason and not self.reason.toPlainText().strip():
            reason = tr("Write the reason first: it stands in the record.")
        elif self.name.text().strip() != self._number:
            reason = tr("Type the change's number first.")
        disable(self.go, reason, self.go.text().rstrip("…"))

    @Slot()
    def _confirm(self) -> None:
        typed, reason = self.name.text().strip(), self.reason.toPlainText().strip()
        self.accept()
        self.confirmed.emit(typed, reason)


def fact(state: State, text: str) -> QWidget:
    """Return one line of what happens, with the shape of its state."""
    glyphs = {"ok": "check", "warning": "warning", "critical": "warning", "unknown": "question"}
    made = QFrame()
    inks = {"ok": "ok", "warning": "warning", "critical": "critical"}
    glyph = Glyph(glyphs[state], 16, inks.get(state, "text2"))  # type: ignore[arg-type]
    line = row(made, column(None, glyph, None), paragraph(text, "body"), spacing=10)
    line.setStretch(1, 1)
    return made
