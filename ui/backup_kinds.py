"""Further kinds of backup on the backup page: a small card for each."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gmops_desktop.language import tr
from gmops_desktop.services.schedules import Named
from ui import words
from ui.schedule_words import next_text, ruling_text
from ui.scheduling import Scheduling
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Card, Label, column, row


class KindCard(Card):
    """A card that shows itself anew when the page does; `noticed` tells the page what was done.

    With `plan_with` it also leads to the schedule of what it shows, and carries its light.
    """

    noticed = Signal(str, str, str)  # a State, a sentence, a second line

    def __init__(self) -> None:
        super().__init__()
        self._scheduling: Scheduling | None = None
        self.light = StateBadge(soft=False)  # how old the newest proved backup is, against the plan
        self.light.hide()

    def lay_out(self, title: str, facts: tuple[QWidget, ...], actions: tuple[QWidget, ...]) -> None:
        """Put what it is about and its short facts above, the last fact in a line of its own, where
        a sentence of either language finds room, and actions below."""
        *short, sentence = facts
        head = row(None, Label(title, "strong", elide=False), self.light, *short, None)
        self._actions = row(None, *actions, None)
        self.add(column(None, head, sentence, self._actions, spacing=4))

    def plan_with(self, scheduling: Scheduling) -> None:
        """Lead to schedules by a button behind the others."""
        self._scheduling = scheduling
        made = scheduling.button(self.planned, small=True)
        self._actions.insertWidget(self._actions.count() - 1, made)

    def planned(self) -> Named | None:
        """Return what the card shows, as schedules know it; None where that is nothing yet."""
        raise NotImplementedError

    def show_light(self) -> None:
        """Let the light stand as the schedule of what is shown does."""
        subject = self.planned()
        self.light.setVisible(self._scheduling is not None and subject is not None)
        if self._scheduling is None or subject is None:
            return
        outlook = self._scheduling.outlook(subject)
        standing = outlook.standing
        proved = standing.last_proved
        age = words.ago(proved) if proved else words.NOTHING
        self.light.show_state(standing.state)
        lines = (
            outlook.fault or standing.reason,
            tr("last verified backup: {age}", age=age),
            ruling_text(outlook),
            next_text(outlook.decision),
        )
        self.light.setToolTip("\n".join(filter(None, lines)))

    def refresh(self) -> None:
        """Show what is known now; a kind the contract has nothing for hides itself."""
        raise NotImplementedError
