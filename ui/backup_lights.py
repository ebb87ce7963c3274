"""What stands above the archives: the two lights, RPO and RTO, and an interrupted restore."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QWidget

from gmops_desktop.contract.standing import Standing
from gmops_desktop.language import tr
from gmops_desktop.services.backups import Backup
from gmops_desktop.services.obligations import RESTORE_FRESH, RPO_TARGET
from gmops_desktop.services.restores import Restored, Unfinished
from gmops_desktop.states import State
from ui import words
from ui.widgets.badges import StateBadge, StateMark
from ui.widgets.frames import Label, button, column, line, row


class Lights(QWidget):
    """The age of the newest proved backup (RPO), and what the last proved restore took (RTO)."""

    def __init__(self) -> None:
        super().__init__()
        self.rpo = _Target(tr("Recovery point (RPO)"))
        self.rto = _Target(tr("Recovery time (RTO)"))
        row(self, self.rpo, line(upright=True), self.rto, spacing=16)

    def show_facts(self, archives: Sequence[Backup], restores: Sequence[Restored]) -> None:
        """Show how `archives` and `restores`, both newest first, stand against their targets."""
        now = datetime.now(UTC)
        proved = [b for b in archives if b.purpose == "backup" and b.exists and b.verified]
        if proved:
            seconds = (now - proved[0].at).total_seconds()
            target = tr("target 24 h")
            self.rpo.show_figure(words.lasting(seconds), _light(seconds), target)
        else:
            self.rpo.show_figure(words.NOTHING, "unknown", tr("no verified backup"))
        restored = [one for one in restores if one.proved]
        if restored:
            last = restored[0]
            state: State = "ok" if now - last.at <= RESTORE_FRESH else "warning"
            text = tr("restored and proved {age}", age=words.ago(last.at, now))
            self.rto.show_figure(words.lasting(last.seconds), state, text)
        else:
            self.rto.show_figure(words.NOTHING, "unknown", tr("no restore proved yet"))

    def show_standing(self, standing: Standing, coming: str) -> None:
        """Let the recovery point stand as the schedule of the chosen database does; `coming` says
        what comes next."""
        proved = standing.last_proved
        age = (datetime.now(UTC) - proved).total_seconds() if proved else None
        figure = words.NOTHING if age is None else words.lasting(age)
        hint = tr("no verified backup") if age is None else tr("target 24 h")
        self.rpo.show_figure(figure, standing.state, hint)
        self.rpo.setToolTip(f"{standing.reason}\n{coming}".strip())


class Interrupted(QFrame):
    """Stands above everything while a restore that was cut off has not been put right.

    `wanted` says where the database is to be brought: "before" the restore or "after" it.
    """

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "notice-critical")
        self.sentence = Label(role="strong")
        self.hint = Label("", "caption")
        self.go = button(
            tr("Go back"),
            lambda: self.wanted.emit("before"),
            tip=tr("Bring the database back to the state before the interrupted restore"),
        )
        self.finish = button(
            tr("Finish it"),
            lambda: self.wanted.emit("after"),
            tip=tr("Bring the interrupted restore to its end, with proof"),
        )
        text = column(None, self.sentence, self.hint, spacing=2)
        layout = row(
            self, StateMark("critical", 20), text, self.finish, self.go, margins=(14, 8, 14, 8)
        )
        layout.setSpacing(12)
        layout.setStretch(1, 1)

    def show_restore(self, unfinished: Unfinished | None) -> None:
        """Name the interrupted restore and how the database stands, or hide."""
        self.setVisible(unfinished is not None)
        if unfinished is not None:
            self.sentence.show_text(
                tr(
                    "A restore of {schema} was interrupted on {at}.",
                    schema=unfinished.schema,
                    at=words.stamp(unfinished.at),
                )
            )
            stands = {
                "before": tr("The database is as before it; only working tables are left over."),
                "after": tr("The database is as after it; only working tables are left over."),
                "unknown": tr(
                    "The server knows how far it came: it can be finished or taken back."
                ),
            }
            self.hint.show_text(stands[unfinished.stands])


class _Target(QWidget):
    """One of the two promises: what it is, its state, the figure, the target."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.badge = StateBadge(soft=False)
        self.figure = Label(role="title", elide=False)
        self.hint = Label(role="caption", elide=False)
        column(
            self,
            row(None, Label(title, "caption", elide=False), None, self.badge),
            row(None, self.figure, self.hint, None),
            spacing=2,
        )

    def show_figure(self, figure: str, state: State, hint: str) -> None:
        """Show the figure with its state and what it is measured against."""
        self.badge.show_state(state)
        self.figure.show_text(figure)
        self.hint.show_text(hint)


def _light(seconds: float) -> State:
    """Return how the age of the newest proved backup stands against its target."""
    return "ok" if seconds <= RPO_TARGET else "warning" if seconds <= 2 * RPO_TARGET else "critical"
