"""The notice bar: what failed, in finished sentences; what is unharmed; the step that helps."""

from __future__ import annotations

import platform
import traceback
from collections.abc import Sequence

from PySide6.QtWidgets import QApplication, QFrame, QWidget

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.log import redact
from gmops_desktop.states import State
from ui.theme import UNIT
from ui.widgets.badges import StateMark
from ui.widgets.frames import Label, button, clear, column, icon_button, row


class NoticeBar(QFrame):
    """One notice above everything; a newer one takes the place of an older one."""

    def __init__(self) -> None:
        super().__init__()
        self._state = StateMark("critical", 18)
        self.message = Label("", "strong")
        self.second = Label("", "caption")
        self._actions = row(spacing=UNIT)
        close = icon_button("x", tr("Close this notice"), self.hide)
        texts = column(None, self.message, self.second, spacing=2)
        layout = row(
            self, self._state, texts, self._actions, close, margins=(16, 8, 16, 8), spacing=12
        )
        layout.setStretch(1, 1)
        self.hide()

    def show_notice(
        self, state: State, message: str, second: str = "", actions: Sequence[QWidget] = ()
    ) -> None:
        """Show a sentence, a second line below it, and buttons."""
        self.setProperty("kind", f"notice-{state}")
        self.style().unpolish(self)
        self.style().polish(self)
        self._state.show_state(state)
        self.message.show_text(message)
        self.second.show_text(second)
        self.second.setVisible(bool(second))
        clear(self._actions)
        for action in actions:
            self._actions.addWidget(action)
        self.setAccessibleName(f"{message} {second}".strip())
        self.show()

    def show_failure(
        self, title: str, error: Exception, log: Sequence[str] = (), actions: Sequence[QWidget] = ()
    ) -> None:
        """Show why the task `title` failed; a bug brings a report to copy."""
        if isinstance(error, OpsError):
            second = " ".join(filter(None, (redact(error.unharmed), redact(error.hint))))
            message = redact(f"{title}{tr(': ')}{error.message}")
            self.show_notice("critical", message, second, actions)
            return
        copy = button(tr("Copy the report"), icon_name="copy")
        copy.clicked.connect(
            lambda: QApplication.clipboard().setText(bug_report(title, error, log))
        )
        self.show_notice(
            "critical",
            tr("{title} met an error that is a fault of this program.", title=title),
            tr("Nothing more was done. The report holds no passwords; please pass it on."),
            [copy, *actions],
        )


def bug_report(title: str, error: Exception, log: Sequence[str] = ()) -> str:
    """Return what a developer needs to know, with every known secret struck out."""
    trace = "".join(traceback.format_exception(error))
    system = f"{platform.platform()}, Python {platform.python_version()}"
    lines = [f"GMOps Desktop: {title}", system, "", trace, *log]
    return redact("\n".join(lines))
