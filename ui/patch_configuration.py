"""The dialog in which a file of configuration is fetched, edited, and queued as a change."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Any, Final

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches.configurations import Configurations, Fetched
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.question import Question
from ui.dialogs.sheet import Sheet
from ui.widgets.diff import DiffView
from ui.widgets.frames import Label, button, column, disable, paragraph, row

_SIZE: Final = (1040, 640)
_EXAMPLE: Final = "/etc/nginx/nginx.conf"
_REST_MS: Final = 200  # of the keyboard, before the difference is computed again


class ConfigurationSheet(Sheet):
    """Fetches a file, shows the difference while it is edited, and lets its service judge it.

    What the service refuses is told in its own words and can be mended at once; `queued` carries
    the change.  Nothing on the server is replaced by it.
    """

    queued = Signal(object)

    def __init__(
        self,
        parent: QWidget | None,
        configurations: Configurations,
        hosts: Sequence[Resource],
        runner: TaskRunner,
    ) -> None:
        super().__init__(parent, tr("Change of configuration"), width=760)
        self.resize(*_SIZE)
        self._configurations, self._hosts = configurations, tuple(hosts)
        self._question = Question(runner, self)
        self._fetched: Fetched | None = None
        self._text = ""
        self._busy = False
        self.host = QComboBox()
        for one in hosts:
            self.host.addItem(one.name)
        self.path = QLineEdit()
        self.path.setPlaceholderText(_EXAMPLE)
        self.fetch = button(tr("Fetch"), self._fetch, icon_name="download-simple",
                            tip=tr("Read the file as it is on the server now"))  # fmt: skip
        self.editor = QPlainTextEdit()
        self.editor.setAccessibleName(tr("File"))
        self.editor.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.diff = DiffView(tr("What changes in the file"))
        self.check, self.reload = QLineEdit(), QLineEdit()
        known = tr("the one that is known for this path")
        for field in (self.check, self.reload):
            field.setPlaceholderText(known)
        self.title, self.ticket = QLineEdit(), QLineEdit()
        self.said = paragraph("", "caption")
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)

        first = row(None, spacing=12)
        first.addLayout(_under(tr("Server", context="change"), self.host), 1)
        first.addLayout(_under(tr("Path"), self.path), 2)
        first.addLayout(column(None, Label(""), self.fetch, spacing=4))
        self.body.addLayout(first)
        both = row(None, _tall(tr("File"), self.editor), _tall(tr("Difference"), self.diff),
                   spacing=12)  # fmt: skip
        self.body.addLayout(both, 1)
        last = row(None, spacing=12)
        for word, field, stretch in (
            (tr("Command that checks it"), self.check, 2),
            (tr("Command afterwards"), self.reload, 2),
            (tr("Title"), self.title, 2),
            (tr("Ticket"), self.ticket, 1),
        ):
            last.addLayout(_under(word, field), stretch)
        self.body.addLayout(last)
        self.body.addWidget(self.said)
        self.add_close(tr("Cancel"))
        self.go = button(tr("Add to queue"), self._queue, kind="primary")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.ActionRole, default=False)
        self.editor.textChanged.connect(self._rest.start)
        self._rest.timeout.connect(self._compare)
        self.path.returnPressed.connect(self.fetch.click)
        self.path.textChanged.connect(lambda _text: self._judge())
        self._show_said(tr("Nothing on the server is replaced before the gates are open."))
        self._judge()

    @property
    def chosen(self) -> Resource:
        """The server whose file it is."""
        return self._hosts[self.host.currentIndex()]

    @Slot()
    def _fetch(self) -> None:
        host, path, service = self.chosen, self.path.text().strip(), self._configurations
        self._ask(
            lambda context: service.fetch(host, path, context),
            tr("Fetch {path}", path=path),
            self._found,
        )

    def _found(self, fetched: Fetched) -> None:
        self._busy, self._fetched = False, fetched
        self._text = fetched.content.decode("utf-8", "surrogateescape")
        self.editor.setPlainText(self._text)
        self._show_said(
            tr("Edit it here; the service judges it before it is queued. {digest}",
               digest=f"SHA-256 {fetched.digest[:12]}")
        )  # fmt: skip
        self._compare()
        self.editor.setFocus()

    @Slot()
    def _compare(self) -> None:
        before, after = self._text.splitlines(), self.editor.toPlainText().splitlines()
        lines = list(difflib.unified_diff(before, after, lineterm="", n=2))[2:]
        self.diff.show_diff("\n".join(lines))
        self._judge()

    def _judge(self) -> None:
        reason = ""
        if self._busy:
            reason = tr("The server is being asked.")
        elif self._fetched is None:
            reason = tr("Fetch the file first.")
        elif self.editor.toPlainText() == self._text:
            reason = tr("Nothing was changed yet.")
        disable(self.go, reason, tr("Let the service judge it, and queue it as a change"))
        missing = "" if self.path.text().strip() else tr("Name the file first.")
        waits = tr("The server is being asked.") if self._busy else missing
        disable(self.fetch, waits, tr("Read the file as it is on the server now"))

    @Slot()
    def _queue(self) -> None:
        fetched = self._fetched
        if fetched is None:
            return
        host, path, service = self.chosen, self.path.text().strip(), self._configurations
        text = self.editor.toPlainText()
        check, reload = self.check.text().strip() or None, self.reload.text().strip() or None
        title, ticket = self.title.text().strip(), self.ticket.text().strip()
        self._ask(
            lambda context: service.queue(
                host, path, text, context, based_on=fetched.digest, check=check, reload=reload,
                title=title, ticket=ticket,
            ),
            tr("Queue the change of {path}", path=path),
            self._done,
        )  # fmt: skip

    def _done(self, change: object) -> None:
        self.queued.emit(change)
        self.accept()

    def _ask(self, job: Callable[[Context], Any], title: str, found: Callable[[Any], None]) -> None:
        self._busy = True
        self._show_said(title)
        self._judge()
        self._question.ask(job, title, found, self._failed, lane=f"host:{self.chosen.id}")

    def _failed(self, error: Exception) -> None:
        self._busy = False
        hint = error.hint if isinstance(error, OpsError) else ""
        self._show_said(f"{error} {hint}".strip(), bad=True)
        self._judge()

    def _show_said(self, text: str, *, bad: bool = False) -> None:
        self.said.setText(text)
        self.said.setProperty("ink", "critical" if bad else "")
        self.said.style().unpolish(self.said)
        self.said.style().polish(self.said)


def _under(word: str, field: QWidget) -> QVBoxLayout:
    field.setAccessibleName(word)
    caption = Label(word, "caption", elide=False)
    caption.setBuddy(field)
    return column(None, caption, field, spacing=4)


def _tall(word: str, field: QWidget) -> QVBoxLayout:
    made = column(None, Label(word, "caption", elide=False), field, spacing=4)
    made.setStretch(1, 1)
    return made
