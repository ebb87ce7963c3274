"""A paper before it is made, wherever its matter is shown: one's own words beside its pages."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from gmops_desktop.language import tr
from gmops_desktop.services.reports import Kind, Reports, word_of_kind
from gmops_desktop.services.reports.texts import Texts
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.sheet import Sheet
from ui.report_bound import BoundFields
from ui.report_drafting import Drafting, Drawn
from ui.report_preview import ReportPreview
from ui.report_texts import ReportTexts
from ui.widgets.frames import button, column, disable, paragraph, row

_WORDS: Final = 304  # wide
_HIGH: Final = 560


class PaperSheet(Sheet):
    """The editor at the left, the pages as they would be made at the right.

    `given` tells that the document is to be made, and carries its `Bound`.
    """

    given = Signal(object)

    def __init__(
        self,
        parent: QWidget | None,
        kind: Kind,
        of: str,
        reports: Reports,
        texts: Texts,
        runner: TaskRunner,
    ) -> None:
        """`of` names what the document is of, as `Reports.make` takes it; raises `OpsError` where
        there is no such thing."""
        key = texts.key(kind, of)
        super().__init__(parent, word_of_kind(kind), width=880)
        self._kind: Kind = kind
        self._of = of
        self.texts, self.bound = ReportTexts(texts), BoundFields()
        self.said = paragraph("", "caption")
        self.preview = ReportPreview(reports.render, runner, reports.render_draft)
        self.preview.sheet.show_text(tr("Drawing the draft"))
        self.drafting = Drafting(reports, runner, self)
        self.go = button(tr("Make this document"), self._give, kind="primary", icon_name="file-pdf")

        left = QWidget()
        left.setFixedWidth(_WORDS)
        column(left, self.texts, self.bound, self.said, spacing=8).setStretch(0, 1)
        both = row(None, left, spacing=16)
        both.addWidget(self.preview, 1)
        self.body.addLayout(both, 1)
        self.preview.setMinimumHeight(_HIGH)
        self.add_close(tr("Close"))
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole)
        disable(self.go, "", tr("Make this document and keep it in the register"))

        self.texts.typed.connect(self._draw)
        self.texts.noticed.connect(self._tell)
        self.bound.changed.connect(self._draw)
        self.drafting.drawn.connect(self._drawn)
        self.finished.connect(self.drafting.close)
        self.said.hide()
        self.texts.show_document(key)
        self.bound.show_document(kind, key.of, reports.version_before(key))
        QTimer.singleShot(0, self, self._draw)

    @Slot()
    def _draw(self) -> None:
        words = self.texts.words()
        self.drafting.show(self._kind, self._of, words, self.texts.typing, self.bound.bound)

    @Slot(object)
    def _drawn(self, drawn: Drawn) -> None:
        self.preview.show_draft(word_of_kind(self._kind), drawn.built, drawn.page)

    @Slot(str, str, str)
    def _tell(self, _state: str, said: str, more: str) -> None:
        self.said.setText(f"{said} {more}".strip())
        self.said.show()

    @Slot()
    def _give(self) -> None:
        self.texts.keep()
        self.given.emit(self.bound.bound)
        self.accept()
