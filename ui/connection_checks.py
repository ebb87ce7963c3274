"""Testing a connection: name, port, server's identity, login and rights, each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget

from gmops_desktop.addresses import Resource, SshAddress, ssh_of
from gmops_desktop.language import tr
from gmops_desktop.services.connections import Connections, HostKey
from gmops_desktop.states import Check, worst
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.questions import HostKeyQuestion
from ui.widgets.badges import StateMark
from ui.widgets.frames import Label, button, clear, column, paragraph, row


class ConnectionChecks(QWidget):
    """Runs the checks of one resource in the background and shows a row for each.

    An SSH server met for the first time is asked about before anything is sent to it.
    """

    tested = Signal(str, str)  # the resource's id, and the worst State

    def __init__(self, connections: Connections, runner: TaskRunner) -> None:
        super().__init__()
        self._connections, self._runner = connections, runner
        self._rows = QVBoxLayout()
        self._rows.setSpacing(12)
        column(self, self._rows, None)
        self.say(tr("Not tested yet."))

    def say(self, text: str) -> None:
        """Show a sentence in place of checks."""
        clear(self._rows)
        self._rows.addWidget(Label(text, "caption"))

    def test(self, resource: Resource) -> None:
        """Test the connection to `resource`, asking about its host key first where needed."""
        self.say(tr("Testing {name}…", name=resource.name))
        server = ssh_of(resource)
        if server is None:
            self._test(resource)
            return
        task = self._runner.start(
            lambda context: self._connections.fingerprint(server, context),
            tr("Ask {host} for its key", host=server.host),
            lane=f"test:{resource.id}",
            quiet=True,
        )
        task.succeeded.connect(partial(self._keyed, resource, server))
        # The checks themselves say where it is stuck.
        task.failed.connect(lambda _error: self._test(resource))
        task.cancelled.connect(lambda: self.say(tr("Cancelled.")))

    def show_checks(self, resource: Resource, checks: Sequence[Check]) -> None:
        """Show what was found, a row per check."""
        clear(self._rows)
        for check in checks:
            self._rows.addWidget(_check_row(check))
            if check.remedy and check.state != "ok":
                self._rows.addWidget(_remedy(check.remedy))
        self.tested.emit(resource.id, worst(check.state for check in checks))

    @Slot(object)
    def _keyed(self, resource: Resource, server: SshAddress, key: HostKey) -> None:
        if key.known == "pinned":
            self._test(resource)
            return
        question = HostKeyQuestion(
            self.window(),
            host=str(server),
            algorithm=key.algorithm,
            fingerprint=key.fingerprint,
            known=key.known,
            on_trust=lambda: self._connections.trust(server, key),
        )
        # Without trust, the check of the server's identity says what is missing.
        question.finished.connect(lambda _code: self._test(resource))
        question.open()

    def _test(self, resource: Resource) -> None:
        task = self._runner.start(
            lambda context: self._connections.test(resource, context),
            tr("Test the connection to {name}", name=resource.name),
            lane=f"test:{resource.id}",
        )
        task.succeeded.connect(partial(self.show_checks, resource))
        task.failed.connect(lambda error: self.say(str(error)))
        task.cancelled.connect(lambda: self.say(tr("Cancelled.")))


def _check_row(check: Check) -> QWidget:
    made = QWidget()
    name = Label(check.name, "strong", elide=False)
    name.setFixedWidth(112)
    bad = check.state in ("warning", "critical")
    text = paragraph(check.text, "body")
    if bad:
        text.setProperty("ink", check.state)
    texts = column(None, text, spacing=0)
    if check.detail:
        texts.addWidget(paragraph(check.detail, "hint"))
    row(made, StateMark(check.state, 18), name, texts, spacing=12).setStretch(2, 1)
    made.setAccessibleName(f"{check.name}: {check.text}")
    return made


def _remedy(text: str) -> QFrame:
    made = QFrame()
    made.setProperty("kind", "well")
    words = paragraph(text, "body")
    words.setTextInteractionFlags(words.textInteractionFlags().TextSelectableByMouse)
    copy = button(
        tr("Copy"),
        lambda: QApplication.clipboard().setText(text),
        icon_name="copy",
        tip=tr("Copy this text"),
        scale="small",
    )
    row(made, words, copy, margins=(12, 8, 12, 8)).setStretch(0, 1)
    return made
