"""Further kinds of backup on the backup page: a card of one line for each."""

from __future__ import annotations

from PySide6.QtCore import Signal

from ui.widgets.frames import Card


class KindCard(Card):
    """A card that shows itself anew when the page does; `noticed` tells the page what was done."""

    noticed = Signal(str, str, str)  # a State, a sentence, a second line

    def refresh(self) -> None:
        """Show what is known now; a kind the contract has nothing for hides itself."""
        raise NotImplementedError
