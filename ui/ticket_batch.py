"""What stands over the list while several tickets are selected: one step for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QMenu, QPlainTextEdit, QWidget

from gmops_desktop.contract.tickets import STATES, SUSPENSIONS, word_of_pause, word_of_state
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.ticket_batches import Batch
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Glyph, Label, button, icon_button, paragraph, row

REASONED: Final = frozenset({"suspended", "declined", "withdrawn"})  # steps that say why
_SHOWN_LINES: Final = 8


class BatchBar(QFrame):
    """How many are selected, and what can be done with them."""

    move_wanted = Signal(str, str)  # a TicketState, and for a suspension its WaitingOn
    note_wanted = Signal()
    let_go = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "well")
        self.said = Label(role="strong", elide=False)
        self.move_button = button(
            tr("Move to"), scale="small", tip=tr("Bring all selected tickets to one state")
        )
        menu = QMenu(self.move_button)
        for state in STATES:
            if state == "suspended":
                pauses = menu.addMenu(word_of_state(state))
                for pause in SUSPENSIONS:
                    if pause:
                        self._offer(pauses, word_of_pause(pause), state, pause)
            elif state not in ("registered", "closed"):
                self._offer(menu, word_of_state(state), state)
        menu.addSeparator()
        self._offer(menu, tr("Close what Party A confirmed"), "closed")
        self.move_button.setMenu(menu)
        self.note = button(
            tr("Note…"),
            self.note_wanted.emit,
            scale="small",
            tip=tr("Add one note to all selected tickets"),
        )
        drop = icon_button("x", tr("Select one only (Escape)"), self.let_go.emit)
        row(
            self,
            self.said,
            None,
            self.move_button,
            self.note,
            drop,
            margins=(12, 4, 4, 4),
            spacing=4,
        )
        self.hide()

    def _offer(self, menu: QMenu, word: str, state: str, pause: str = "") -> None:
        action = menu.addAction(word)
        action.triggered.connect(lambda _on=False: self.move_wanted.emit(state, pause))

    def show_count(self, count: int) -> None:
        """Show it for several tickets, hide it for one or none."""
        self.said.show_text(tr_n("{count} selected", "{count} selected", count))
        self.setVisible(count > 1)


class BatchReport(Sheet):
    """What became of a step for many tickets: every refusal by number, with its reason."""

    def __init__(self, parent: QWidget | None, batch: Batch) -> None:
        super().__init__(parent, tr("Several tickets"), width=560)
        done, refused = len(batch.done), len(batch.refused)
        self.body.addLayout(
            row(
                None,
                Glyph("warning", 16, "warning"),
                Label(
                    tr(
                        "{done} done, {refused} refused; those are unchanged:",
                        done=done,
                        refused=refused,
                    ),
                    "strong",
                ),
            )
        )
        self.refusals = QPlainTextEdit()
        self.refusals.setReadOnly(True)
        self.refusals.setTabChangesFocus(True)
        self.refusals.setAccessibleName(tr("Refused"))
        self.refusals.setPlainText("\n".join(f"{one.number}  {one.why}" for one in batch.refused))
        self.refusals.ensurePolished()
        lines = min(_SHOWN_LINES, 2 * refused + 1)
        self.refusals.setMinimumHeight(lines * self.refusals.fontMetrics().lineSpacing() + 16)
        self.body.addWidget(self.refusals)
        if batch.done:
            self.body.addWidget(paragraph(tr("Done: {numbers}", numbers=_named(batch.done))))
        self.add_close(tr("Close")).setDefault(True)


def _named(numbers: Sequence[str], most: int = 40) -> str:
    shown = tr(", ", context="list").join(numbers[:most])
    rest = len(numbers) - most
    return tr("{numbers} and {count} more", numbers=shown, count=rest) if rest > 0 else shown
