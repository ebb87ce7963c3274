"""Further kinds of backup on the backup page: a small card for each."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ui.widgets.frames import Card, Label, column, row


class KindCard(Card):
    """A card that shows itself anew when the page does; `noticed` tells the page what was done."""

    noticed = Signal(str, str, str)  # a State, a sentence, a second line

    def lay_out(self, title: str, facts: tuple[QWidget, ...], actions: tuple[QWidget, ...]) -> None:
        """Put what it is about and its facts above, the last of which may be cut, actions below."""
        head = row(None, Label(title, "strong", elide=False), *facts)
        head.setStretch(len(facts), 1)
        self.add(column(None, head, row(None, *actions, None), spacing=6))

    def refresh(self) -> None:
        """Show what is known now; a kind the contract has nothing for hides itself."""
        raise NotImplementedError
