"""The page that stands for an answer: what is being done until it is there, or why it is not."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QPushButton, QWidget

from gmops_desktop.context import Progress
from gmops_desktop.errors import OpsError
from ui.widgets.frames import Label, column, paragraph, row

_WIDTH: Final = 320


class Working(QWidget):
    """A sentence, how far it is, a hint, and `buttons` below."""

    def __init__(self, *buttons: QPushButton) -> None:
        super().__init__()
        self.state = Label("", "strong")
        self.state.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint = paragraph("", "caption")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(_WIDTH)
        bar, below = row(None, None, self._bar, None), row(None, None, *buttons, None)
        column(self, None, self.state, bar, self.hint, below, None, spacing=8)

    def show_state(self, text: str, hint: str = "", *, busy: bool = False) -> None:
        """Say what is being done (`busy`), or how it ended."""
        self.state.show_text(text)
        self.hint.setText(hint)
        self._bar.setRange(0, 0)
        self._bar.setVisible(busy)

    def show_error(self, error: Exception) -> None:
        """Say why there is no answer, and what to do about it."""
        self.show_state(str(error), error.hint if isinstance(error, OpsError) else "")

    def show_progress(self, progress: Progress) -> None:
        """Say how far it is."""
        self._bar.setRange(0, 0 if progress.percent is None else 100)
        self._bar.setValue(progress.percent or 0)
        self.hint.setText(progress.text)
