"""Two questions about an attachment: why it no longer counts, and whether it is really to run."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QWidget

from gmops_desktop.language import tr
from gmops_desktop.services.attachments import Attachment
from ui import words
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import button, disable, paragraph


class RemovalQuestion(Sheet):
    """Asks why an attachment no longer counts."""

    def __init__(
        self,
        parent: QWidget | None,
        attachment: Attachment,
        on_given: Callable[[Attachment, str], object],
    ) -> None:
        super().__init__(parent, tr("Remove {name}?", name=attachment.name), width=480)
        self.reason = QLineEdit()
        self.add_field(
            tr("Why it is removed"),
            self.reason,
            tr("The removal stands in the record; the file goes where nothing else names it."),
        )
        self.add_close(tr("Keep it"))
        self.remove = button(
            tr("Remove"), lambda: on_given(attachment, self.reason.text()), kind="danger"
        )
        self.remove.clicked.connect(self.accept)
        self.add_button(self.remove, QDialogButtonBox.ButtonRole.ActionRole)
        self.reason.textChanged.connect(self._judge)
        self._judge()

    def _judge(self) -> None:
        empty = not self.reason.text().strip()
        disable(self.remove, tr("Write it first: it stands in the record.") if empty else "")


class ProgramQuestion(Sheet):
    """Says that opening would run something, before it does."""

    def __init__(
        self,
        parent: QWidget | None,
        attachment: Attachment,
        on_run: Callable[[Attachment], object],
    ) -> None:
        super().__init__(
            parent,
            tr("Run {name}?", name=attachment.name),
            tr(
                "{name} is a program ({kind}). Opening it runs it on this computer, with your "
                "rights and with everything you can reach.",
                name=attachment.name,
                kind=attachment.kind.word,
            ),
            width=480,
        )
        facts = tr("Attached by {actor} on {at}, SHA-256 {digest}", actor=attachment.actor,
                   at=words.stamp(attachment.at), digest=attachment.sha256)  # fmt: skip
        self.body.addWidget(paragraph(facts, "hint"))
        self.add_close(tr("Do not run it"))
        self.run = button(tr("Run it all the same"), lambda: on_run(attachment), kind="danger")
        self.run.clicked.connect(self.accept)
        self.add_button(self.run, QDialogButtonBox.ButtonRole.ActionRole)
