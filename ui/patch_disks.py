"""The dialogs of a server's cloud disks: snapshots before they are ordered, the last way back
before it is taken."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QWidget,
)

from gmops_desktop.contract.snapshots import (
    KEPT_DAYS,
    LEAST_DAYS,
    MOST_DAYS,
    DiskWay,
    hour,
)
from gmops_desktop.language import tr
from gmops_desktop.states import State
from ui.dialogs.sheet import Sheet
from ui.patch_start import fact
from ui.ticket_fields import CHANNELS
from ui.widgets.frames import Card, Label, button, column, disable, paragraph, row
from ui.widgets.panes import scrolled

_REASON_HEIGHT = 48
_PLAN_HEIGHT = 340


class SnapshotSheet(Sheet):
    """Says what snapshots are and cost, and asks how long they are kept; `wanted` carries days."""

    wanted = Signal(int)

    def __init__(self, parent: QWidget | None, heading: str, costs: str, going: str = "") -> None:
        """`going` says that a making is taken up, whose days stand."""
        super().__init__(parent, tr("Snapshots of the cloud disks"), heading, width=520)
        self.body.addWidget(
            paragraph(
                tr("One is made of every disk of the server, while it runs: as after a power cut, "
                   "so databases on it are backed up besides. It takes minutes, sometimes an hour; "
                   "the gate opens when all are there."),
                "body",
            )
        )  # fmt: skip
        self.body.addWidget(paragraph(going or costs, "body"))
        self.days = QSpinBox()
        self.days.setRange(LEAST_DAYS, MOST_DAYS)
        self.days.setValue(KEPT_DAYS)
        self.days.setFixedWidth(96)
        if not going:
            self.add_field(
                tr("Days until the cloud deletes them"), self.days,
                tr("They cost until then; “Delete snapshots…” deletes them before."),
            )  # fmt: skip
        self.add_close(tr("Cancel"))
        word = tr("Take it up") if going else tr("Make snapshots")
        self.go = button(word, self._give, kind="primary")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole, default=True)

    def _give(self) -> None:
        self.accept()
        self.wanted.emit(self.days.value())


class DisksSheet(Sheet):
    """The last way back, told before: what is lost, how long, what it costs, who must agree.

    `confirmed` carries the server's name as it was typed, the reason, who agreed, and how.
    """

    confirmed = Signal(str, str, str, str)

    def __init__(
        self, parent: QWidget | None, heading: str, server: str, way: DiskWay, people: Sequence[str]
    ) -> None:
        super().__init__(parent, tr("Put the disks back to their snapshots"), heading, width=760)
        self._server, self._why_not = server, way.why_not
        if way.before:
            self.body.addWidget(fact("critical", way.before))
        if way.why_not:
            self.body.addWidget(fact("critical", way.why_not))
        lost = Card(tr("What is lost"))
        lost.hint.show_text(tr("since {at}", at=hour(way.since)))
        _fill(lost, [("critical", one) for one in way.loses])
        _fill(lost, [("unknown", one) for one in way.not_known])
        other = Card(tr("What is done, in order"))
        _fill(other, [("warning", f"{n}. {one}") for n, one in enumerate(way.steps, start=1)])
        _fill(other, [("ok", one) for one in way.stays])
        rest = Card(tr("How long, what it costs, who must agree"))
        _fill(rest, [("unknown", way.takes), ("unknown", way.costs), ("warning", way.agree)])
        plan = scrolled(column(None, lost, other, rest))
        plan.setMinimumHeight(_PLAN_HEIGHT)
        self.body.addWidget(plan, 1)

        self.agreed = QComboBox()
        self.agreed.addItems(list(people))
        self.agreed.setAccessibleName(tr("Who of Party A agreed"))
        self.channel = QComboBox()
        for channel in CHANNELS:
            self.channel.addItem(tr(channel))
        self.channel.setAccessibleName(tr("How"))
        self.reason = QPlainTextEdit()
        self.reason.setTabChangesFocus(True)
        self.reason.setFixedHeight(_REASON_HEIGHT)
        self.reason.setAccessibleName(tr("Reason"))
        fields = (
            column(None, Label(word, "caption", elide=False), field, spacing=4)
            for word, field in (
                (tr("Who of Party A agreed"), self.agreed),
                (tr("How"), self.channel),
            )
        )
        self.body.addLayout(row(None, *fields, spacing=12))
        self.add_field(tr("Reason"), self.reason)
        self.name = QLineEdit()
        self.name.setFixedWidth(140)
        self.name.setAccessibleName(tr("Type {number} to go on", number=server))
        self.go = button(tr("Put the disks back"), self._confirm, kind="danger")
        self.left.addWidget(Label(tr("To go on, type the server's name"), elide=False))
        self.left.addWidget(Label(server, "strong", elide=False))
        self.left.addWidget(self.name)
        self.add_close(tr("Cancel"))
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole)
        self.name.textChanged.connect(self._judge)
        self.reason.textChanged.connect(self._judge)
        self._judge()
        self.reason.setFocus()

    @Slot()
    def _judge(self) -> None:
        """Switch the red button on only when all was said and the server's name typed."""
        why = self._why_not
        if not self.agreed.currentText():
            why = why or tr("No designated contact is recorded yet.")
        if not self.reason.toPlainText().strip():
            why = why or tr("Write the reason first: it stands in the record.")
        if self.name.text().strip() != self._server:
            why = why or tr("Type the server's name first.")
        disable(self.go, why, self.go.text())

    @Slot()
    def _confirm(self) -> None:
        said = (self.name.text().strip(), self.reason.toPlainText().strip(),
                self.agreed.currentText(), self.channel.currentText())  # fmt: skip
        self.accept()
        self.confirmed.emit(*said)


def _fill(card: Card, lines: Sequence[tuple[State, str]]) -> None:
    for state, text in lines:
        card.add(fact(state, text))
