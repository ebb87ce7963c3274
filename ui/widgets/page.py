"""What every tab is: a head, a body that scrolls where the screen is low, and when to refresh."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from gmops_desktop.changes import Change
from ui.theme import GAP
from ui.widgets.frames import PageHead, column
from ui.widgets.panes import Shrinking


class Page(QWidget):
    """Base of the tabs.

    A page names in `shows` what changes concern it: while it is visible they refresh it at once,
    otherwise when it is next shown.  Subclasses put widgets into `body` and fill them in `refresh`.
    """

    shows: ClassVar[Change] = Change.NOTHING

    counted = Signal(int, str)  # how many things wait here, and the worst State of them
    wanted = Signal(str, str)  # another page's name, and the id of what to show there
    ticket_wanted = Signal(str, str, str)  # of a new ticket: title, description, resource
    rebuild = Signal()  # all pages must be made anew (another language, set-up done)
    noticed = Signal(str, str, str)  # for the notice bar: a State, a sentence, a second line

    def __init__(self, title: str, caption: str = "") -> None:
        super().__init__()
        self._stale = True
        self.head = PageHead(title, caption)
        inside = Shrinking()
        inside.setProperty("kind", "body")
        self.body: QVBoxLayout = column(inside, margins=(16, GAP, 16, GAP), spacing=GAP)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column(self, self.head, scroll, spacing=0)

    @property
    def at_rest(self) -> bool:
        """Whether what was to be shown is shown: nothing is still read or drawn."""
        return True

    def refresh(self) -> None:
        """Show what is stored now; quick, in the GUI thread."""

    def reload(self) -> None:
        """What F5 does: look again at what is outside."""
        self.renew()

    def recount(self) -> None:
        """Tell `counted` anew, also while hidden; quick."""

    def show_item(self, identity: str) -> None:
        """Bring the thing of that id (or number) before the user's eyes."""

    def hear(self, change: Change) -> None:
        """Refresh, now or when next shown, if `change` concerns this page."""
        if not change & self.shows:
            return
        self._stale = True
        if self.isVisible():
            self.renew()
        else:
            self.recount()

    def renew(self) -> None:
        """Refresh now."""
        self._stale = False
        self.refresh()

    def retire(self) -> None:
        """Do nothing more by itself: another page takes this one's place."""
        for timer in self.findChildren(QTimer):
            timer.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self.renew()
