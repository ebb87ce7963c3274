"""Why a task failed, in a fixed order: what happened, what is unharmed, what next, details."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.log import redact
from ui.dialogs.sheet import Sheet
from ui.icons import icon
from ui.widgets.badges import StateMark
from ui.widgets.frames import Glyph, Label, button, column, paragraph, row
from ui.widgets.notice import bug_report


class FailureDialog(Sheet):
    """`actions` are the steps that help; the last one is the primary."""

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        error: Exception,
        log: Sequence[str] = (),
        actions: Sequence[QPushButton] = (),
    ) -> None:
        super().__init__(parent, title, width=640)
        known = isinstance(error, OpsError)
        message = error.message if isinstance(error, OpsError) else tr("A fault of this program")
        heading = paragraph(redact(message), "title")
        self.body.addLayout(
            row(
                None,
                StateMark("critical", 32),
                column(None, heading, Label(title, "caption"), spacing=4),
                spacing=16,
            )
        )
        unharmed = redact(error.unharmed) if isinstance(error, OpsError) else ""
        if unharmed:
            well = QFrame()
            well.setProperty("kind", "well")
            row(well, Glyph("check", 16, "ok"), paragraph(unharmed, "body"), margins=(12, 8, 12, 8))
            self.body.addWidget(well)
        hint = redact(error.hint) if isinstance(error, OpsError) else ""
        if not known:
            hint = tr("Please pass the report below on to the developers; it holds no passwords.")
        if hint:
            self.body.addWidget(Label(tr("Next step"), "strong"))
            self.body.addWidget(paragraph(hint, "body"))
        self._report = bug_report(title, error, log)
        self._fold = button(
            tr("Technical details"), self._toggle, kind="quiet", icon_name="caret-right"
        )
        copy = button(tr("Copy"), self._copy, kind="quiet", icon_name="copy")
        self.body.addLayout(row(None, self._fold, None, copy))
        self.details = QPlainTextEdit(self._report)
        self.details.setReadOnly(True)
        self.details.setAccessibleName(tr("Technical details"))
        self._well = QFrame()
        self._well.setProperty("kind", "well")
        column(self._well, self.details, margins=(8, 8, 8, 8))
        self._well.setFixedHeight(140)
        self._well.setVisible(not known)
        self.body.addWidget(self._well)
        self.body.addStretch(1)
        self.add_close(tr("Close"))
        for action in actions:
            self.add_button(action, default=action is actions[-1])
            action.clicked.connect(self.accept)

    def _toggle(self) -> None:
        unfolded = self._well.isHidden()
        self._well.setVisible(unfolded)
        self._fold.setIcon(icon("caret-down" if unfolded else "caret-right", "accent"))

    def _copy(self) -> None:
        QApplication.clipboard().setText(self._report)
