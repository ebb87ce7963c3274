"""One change to many servers: the dialog that makes a wave, and the page on which it is led."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialogButtonBox,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QWidget,
)

from gmops_desktop.addresses import Resource
from gmops_desktop.contract.waves import USUAL, Member, Standing, Wave, divide, word_of_standing
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.services.patches import Inventory
from gmops_desktop.states import State
from ui import words
from ui.dialogs.sheet import Sheet
from ui.theme import GAP
from ui.widgets.frames import Card, Label, button, column, disable, paragraph, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

_LIST_HEIGHT: Final = 196
_ANNOUNCE: Final = mark("Record how Party A told them, for every server that was not begun")
_CANCEL: Final = mark("Take the changes of all servers back that were not begun, with the reason")
_STATES: Final[dict[Standing, State | None]] = {
    "waiting": None,
    "begun": "warning",
    "held": "ok",
    "failed": "critical",
    "unknown": "unknown",
    "left_out": None,
}


class WaveSheet(Sheet):
    """Asks which servers, in which order and batches; `given` carries the hosts, the sizes, and
    whether only security updates are meant."""

    given = Signal(object, object, bool)

    def __init__(
        self, parent: QWidget | None, hosts: Sequence[Resource], found: dict[str, Inventory]
    ) -> None:
        super().__init__(
            parent,
            tr("Updates of many servers"),
            tr(
                "Each server gets a change of its own, with its own gates. They are begun in "
                "batches; once one fails or is unknown, none that waits is begun."
            ),
            width=560,
        )
        self._hosts = {host.id: host for host in hosts}
        self.hosts = QListWidget()
        self.hosts.setFixedHeight(_LIST_HEIGHT)
        self.hosts.setDragDropMode(QListWidget.DragDropMode.InternalMove)
        for host in hosts:
            item = QListWidgetItem(f"{host.name} · {_waits(found.get(host.id))}")
            item.setData(Qt.ItemDataRole.UserRole, host.id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
            self.hosts.addItem(item)
        self.add_field(
            tr("Servers, in this order"),
            self.hosts,
            tr("The first is tried first; Alt+Up and Alt+Down move the selected one."),
        )
        self.up = button(tr("Up"), lambda: self._move(-1), icon_name="caret-up", scale="small",
                         shortcut="Alt+Up")  # fmt: skip
        self.down = button(tr("Down"), lambda: self._move(1), icon_name="caret-down",
                           scale="small", shortcut="Alt+Down")  # fmt: skip
        self.body.addLayout(row(None, self.up, self.down, None))
        self.sizes = QLineEdit(", ".join(USUAL))
        self.add_field(
            tr("Batches"),
            self.sizes,
            tr("Numbers, shares such as 10%, and rest, with commas between them."),
        )
        self.said = Label("", "caption")
        self.body.addWidget(self.said)
        self.security = QCheckBox(tr("Only security updates"))
        self.security.setChecked(True)
        self.body.addWidget(self.security)
        self.add_close(tr("Cancel"))
        self.go = button(tr("Add to queue"), self._give, kind="primary")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.hosts.itemChanged.connect(lambda _item: self._judge())
        self.hosts.model().rowsMoved.connect(lambda *_: self._judge())
        self.sizes.textChanged.connect(self._judge)
        self._judge()

    @property
    def chosen(self) -> tuple[Resource, ...]:
        """The servers that are ticked, in their order."""
        items = (self.hosts.item(place) for place in range(self.hosts.count()))
        return tuple(
            self._hosts[item.data(Qt.ItemDataRole.UserRole)]
            for item in items
            if item.checkState() == Qt.CheckState.Checked
        )

    def _move(self, step: int) -> None:
        place = self.hosts.currentRow()
        if 0 <= place < self.hosts.count() and 0 <= place + step < self.hosts.count():
            self.hosts.insertItem(place + step, self.hosts.takeItem(place))
            self.hosts.setCurrentRow(place + step)
            self._judge()

    def _judge(self) -> None:
        reason, told = "", ""
        try:
            counts = divide(len(self.chosen), self._sizes())
            told = tr("Batches of: {counts}", counts=words.listed(map(str, counts)))
        except OpsError as error:
            reason = error.message
        if not reason and len(self.chosen) < 2:
            reason = tr("Choose two servers at least.")
        self.said.show_text(reason or told)
        disable(self.go, reason, tr("Simulate on each server what would be done, and queue it"))

    def _sizes(self) -> tuple[str, ...]:
        parts = self.sizes.text().replace("，", ",").split(",")
        return tuple(part.strip() for part in parts if part.strip())

    def _give(self) -> None:
        self.given.emit(self.chosen, self._sizes(), self.security.isChecked())
        self.accept()


class WavePage(QWidget):
    """Shows one wave; what is pressed asks the tab by `wanted`: an act, and a change or nothing."""

    wanted = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._wave: Wave | None = None
        self.number = Label(role="caption", elide=False)
        self.heading = Label(role="title")
        self.facts = Label(role="caption")
        self.stopped = paragraph("", "body")
        self.stopped.setProperty("ink", "critical")
        self.window_button = button(
            tr("Set window…"), lambda: self.wanted.emit("set_window", ""),
            tip=tr("Set the same window for every server that was not begun"),
        )  # fmt: skip
        self.announce = button(
            tr("Record notice…"), lambda: self.wanted.emit("announce", ""),
            tip=tr(_ANNOUNCE),
        )  # fmt: skip
        self.leave_out = button(
            tr("Leave out…"), self._leave_out,
            tip=tr("Let the wave go on without the selected server, with the reason"),
        )  # fmt: skip
        self.cancel = button(
            tr("Cancel the rest…"), lambda: self.wanted.emit("cancel", ""), tip=tr(_CANCEL)
        )
        self.go_on = button(
            tr("Go on…"), lambda: self.wanted.emit("go_on", ""), kind="primary", icon_name="play"
        )
        self.table: Table[Member] = Table(
            _columns(), name=tr("Servers of the wave"), identity=lambda one: one.change_id
        )
        card = Card(tr("Servers"))
        card.hint.show_text(tr("Enter opens the change of a server"))
        card.add_table(self.table)
        head = row(None, self.number, self.heading, self.window_button, self.announce,
                   self.leave_out, self.cancel, self.go_on)  # fmt: skip
        head.setStretch(1, 1)
        layout = column(self, head, self.facts, self.stopped, spacing=4)
        layout.addSpacing(GAP - 4)
        layout.addWidget(card, 1)
        self.table.opened.connect(lambda one: self.wanted.emit("open", one.change_id))
        self.table.picked.connect(lambda _one: self._judge())

    @property
    def wave(self) -> Wave | None:
        """The wave in sight."""
        return self._wave

    def show_wave(self, wave: Wave, busy: str = "") -> None:
        """Show how a wave stands; `busy` names the task that leads it on right now."""
        self._wave = wave
        self.number.show_text(wave.number)
        self.heading.show_text(wave.title)
        count = len(wave.members)
        told = [
            tr_n("{count} server", "{count} servers", count),
            tr("batches of {sizes}", sizes=words.listed(wave.sizes)),
            tr("{count} touched", count=len(wave.touched)),
            tr("batch {batch} of {count}", batch=wave.current, count=wave.batches)
            if wave.current
            else tr("all through"),
        ]
        self.facts.show_text(" · ".join(told))
        self.stopped.setText(tr("It stopped: {why}", why=wave.stopped) if wave.stopped else "")
        self.stopped.setVisible(bool(wave.stopped))
        self.table.set_rows(wave.members)
        open_ones = "" if wave.untouched else tr("Every server was begun.")
        disable(self.window_button, busy or open_ones,
                tr("Set the same window for every server that was not begun"))  # fmt: skip
        disable(self.announce, busy or open_ones, tr(_ANNOUNCE))
        disable(self.cancel, busy or open_ones, tr(_CANCEL))
        reason = busy or (
            tr("Leave out what stopped it first, or take it back.")
            if wave.stopped and not wave.begun
            else ""
            if wave.begun or wave.due
            else tr("All servers are through.")
        )
        disable(self.go_on, reason, tr("Carry out the next batch, through every server's gates"))
        self._judge()

    def _judge(self) -> None:
        one = self.table.current
        reason = "" if one else tr("Select a server in the table first.")
        if one and one.standing in ("held", "left_out", "begun"):
            reason = word_of_standing(one.standing)
        disable(self.leave_out, reason,
                tr("Let the wave go on without the selected server, with the reason"))  # fmt: skip

    def _leave_out(self) -> None:
        if (one := self.table.current) is not None:
            self.wanted.emit("leave_out", one.change_id)


def state_of_wave(wave: Wave) -> State | None:
    """Return the state that a wave amounts to in the list."""
    if any(one.standing == "failed" for one in wave.members):
        return "critical"
    if wave.stopped:
        return "unknown"
    return "ok" if not wave.current else "warning" if wave.begun else None


def _waits(found: Inventory | None) -> str:
    if found is None:
        return tr("not scanned")
    if found.unknown:
        return tr("unknown")
    return tr_n("{count} update", "{count} updates", len(found.updates))


def _columns() -> tuple[Column[Member], ...]:
    return (
        Column(tr("Batch"), lambda one: str(one.batch), width=64, key=lambda one: one.place,
               right=True),
        Column(tr("Server", context="change"), lambda one: one.name, width=160,
               strong=lambda _one: True),
        Column(tr("Number"), lambda one: one.number, width=80, muted=True),
        Column(tr("Stands", context="wave"), lambda one: word_of_standing(one.standing), width=224,
               state=lambda one: _STATES[one.standing]),
        Column(tr("Why", context="wave"), lambda one: one.why, tip=lambda one: one.why),
    )  # fmt: skip
