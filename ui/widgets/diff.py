"""A unified diff, read-only: what came is set in one colour, what went in another, and heavier."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument
from PySide6.QtWidgets import QFrame, QPlainTextEdit

from ui.theme import tokens_of
from ui.widgets.frames import column

_HEADS: Final = ("+++", "---", "@@", "diff ", "index ")


class DiffView(QFrame):
    """Shows a diff in a well; the signs at the beginnings of lines tell the same without colour."""

    def __init__(self, name: str) -> None:
        """`name` is for screen readers."""
        super().__init__()
        self.setProperty("kind", "well")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(name)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._marks = DiffMarks(self.text.document())
        column(self, self.text, margins=(8, 4, 8, 4))

    def show_diff(self, diff: str) -> None:
        """Show another diff; the place in sight stays where it was if it is the same."""
        if diff != self.text.toPlainText():
            self.text.setPlainText(diff)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_marks"):
            self._marks.rehighlight()


class DiffMarks(QSyntaxHighlighter):
    """Colours the lines of a diff in the theme of the moment."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)

    def highlightBlock(self, text: str) -> None:
        tokens, form = tokens_of(None), QTextCharFormat()
        if text.startswith(_HEADS):
            form.setForeground(QColor(tokens.text3))
        elif text.startswith("+"):
            form.setForeground(QColor(tokens.ok.ink))
            form.setFontWeight(QFont.Weight.Medium)
        elif text.startswith("-"):
            form.setForeground(QColor(tokens.critical.ink))
            form.setFontWeight(QFont.Weight.Medium)
        else:
            return
        self.setFormat(0, len(text), form)
