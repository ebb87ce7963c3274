"""The words above the list of tickets that sort it, and when something is due of each ticket."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QPushButton, QWidget

from gmops_desktop.context import Context
from gmops_desktop.contract.clocks import Clock
from gmops_desktop.contract.ticket_order import (
    WAYS,
    By,
    Order,
    from_text,
    to_text,
    word_of_way,
)
from gmops_desktop.language import tr
from gmops_desktop.settings import SettingsFile
from gmops_desktop.tasks import TaskRunner
from ui.widgets.frames import row

SORT_KEY: Final = "Ctrl+Shift+S"
_AT_ONCE: Final = 100  # tickets replayed between two looks at whether somebody cancelled


class OrderBar(QWidget):
    """Sorts by the word that is clicked, and the other way round at the next click.

    By keyboard the arrows go from word to word, and Space turns the order round.  The order is kept
    in the settings, where there are any; `changed` tells of another one.
    """

    changed = Signal()

    def __init__(self, settings: SettingsFile | None = None) -> None:
        super().__init__()
        self._settings = settings
        self.order = from_text(settings.current.ticket_order) if settings else Order()
        self.setAccessibleName(tr("Order of the list"))
        self._group, self._buttons = QButtonGroup(self), dict[By, QPushButton]()
        layout = row(self, spacing=0)
        for by in WAYS:
            made = QPushButton()
            made.setCheckable(True)
            made.setProperty("kind", "column")
            made.clicked.connect(lambda _checked=False, by=by: self._turn(by))
            self._buttons[by] = made
            self._group.addButton(made)
            layout.addWidget(made)
        layout.addStretch(1)
        self._say()

    def focus(self) -> None:
        """Let the keyboard choose the order."""
        self._buttons[self.order.by].setFocus()

    def _turn(self, by: By) -> None:
        self.order = self.order.turned_to(by)
        if self._settings is not None:
            self._settings.change(ticket_order=to_text(self.order))
        self._say()
        self.changed.emit()

    def _say(self) -> None:
        """Show on which word the list is sorted, and in which direction."""
        for by, made in self._buttons.items():
            word, here = word_of_way(by), by == self.order.by
            made.setChecked(here)
            down = self.order.descending
            made.setText(f"{word} {'↓' if down else '↑'}" if here else word)
            name = tr("Sort by {word}", word=word)
            if here:
                name = (
                    tr("Sorted by {word}, descending", word=word)
                    if down
                    else tr("Sorted by {word}, ascending", word=word)
                )
            made.setAccessibleName(name)
            made.setToolTip(f"{name} ({SORT_KEY})" if here else name)


class DueTimes(QObject):
    """When something is due of each open ticket: replayed in the background, for all of them.

    `known` keeps what was last found until `came` tells of what holds now.
    """

    came = Signal()

    def __init__(
        self,
        ask: Callable[[Sequence[str]], Mapping[str, Sequence[Clock]]],
        runner: TaskRunner,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._ask, self._runner = ask, runner
        self._asking = False
        self._again: Sequence[str] | None = None  # wished for meanwhile
        self.known: Mapping[str, datetime | None] = {}

    def look(self, identities: Sequence[str]) -> None:
        """Find out for these tickets; a second wish waits for the first."""
        if self._asking:
            self._again = identities
            return
        self._asking, ask = True, self._ask

        def job(context: Context) -> Mapping[str, datetime | None]:
            found: dict[str, datetime | None] = {}
            for start in range(0, len(identities), _AT_ONCE):
                context.check()
                some = ask(identities[start : start + _AT_ONCE])
                found |= {identity: first_due(clocks) for identity, clocks in some.items()}
            return found

        task = self._runner.start(job, tr("Replay clocks"), lane="due", quiet=True)
        task.succeeded.connect(self._found)
        task.finished.connect(self._ended)

    @Slot(object)
    def _found(self, known: Mapping[str, datetime | None]) -> None:
        self.known = known
        self.came.emit()

    @Slot()
    def _ended(self) -> None:
        self._asking, again, self._again = False, self._again, None
        if again is not None:
            self.look(again)


def first_due(clocks: Sequence[Clock]) -> datetime | None:
    """Return when the first running clock of a ticket is used up, or was; None where none is."""
    due = (one.due_at for one in clocks if one.running and one.due_at is not None)
    return min(due, default=None)
