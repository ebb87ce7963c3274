"""What the cover of a document says, and what a new version of it puts right."""

from __future__ import annotations

from typing import Final, NamedTuple

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QSizePolicy, QWidget

from gmops_desktop.language import tr
from gmops_desktop.reports.orders import SECRECIES, Secrecy, word_of_secrecy
from gmops_desktop.services.reports import COVERED, Kind, Report
from ui.widgets.frames import Label, column, row

_PAUSE_MS: Final = 350  # of typing, after which the pages are set anew
_LONGEST: Final = 200  # characters of what a version corrects: a cell of the table of versions


class Bound(NamedTuple):
    """Who may read a document, and what it corrects in words ("": nobody said)."""

    secrecy: Secrecy = "internal"
    corrects: str = ""


USUAL: Final = Bound()


class BoundFields(QWidget):
    """Shown where a document has a cover, or an older version; `changed` tells, after a pause,
    that the pages differ.  What is typed belongs to one document: another begins empty."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._of: tuple[Kind, str] | None = None
        self.secrecy = QComboBox()
        self.secrecy.setAccessibleName(tr("Secrecy"))
        self.secrecy.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.secrecy.setToolTip(tr("Printed on the cover: who may read it"))
        for secrecy in SECRECIES:
            self.secrecy.addItem(word_of_secrecy(secrecy), secrecy)
        self.secrecy.setCurrentIndex(SECRECIES.index("internal"))
        self.corrects = QLineEdit()
        self.corrects.setAccessibleName(tr("What it corrects"))
        self.corrects.setPlaceholderText(tr("printed in the new version"))
        self.corrects.setMaxLength(_LONGEST)
        self._version = Label(role="caption")
        self._cover, self._older = QWidget(), QWidget()
        row(self._cover, Label(tr("Secrecy"), "caption", elide=False), self.secrecy)
        column(self._older, self._version, self.corrects, spacing=4)
        column(self, self._cover, self._older, spacing=8)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self.changed)
        self.secrecy.activated.connect(lambda _place: self.changed.emit())
        self.corrects.textEdited.connect(lambda _text: self._pause.start())
        self.show_document(None, "", None)

    def show_document(self, kind: Kind | None, of: str, before: Report | None) -> None:
        """Ask for what this document can say; `before` is the version that it would replace."""
        meant = (kind, before.number if before is not None else of) if kind is not None else None
        if meant != self._of:
            self._of = meant
            self._pause.stop()
            self.corrects.clear()
        self._cover.setVisible(kind in COVERED)
        self._older.setVisible(before is not None)
        self.setVisible(kind in COVERED or before is not None)
        if before is not None:
            self._version.show_text(tr("What it corrects in {number}", number=before.number))

    @property
    def bound(self) -> Bound:
        """What is asked for; where nothing is asked, what holds of every document."""
        secrecy: Secrecy = self.secrecy.currentData()
        covered = self._of is not None and self._of[0] in COVERED
        return Bound(secrecy if covered else "internal", self.corrects.text().strip())
