"""The card of the chat robot: its address, what it tells, a test, and how it stands."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QLineEdit, QSizePolicy

from gmops_desktop.changes import Change
from gmops_desktop.contract.messages import EVENTS, word_of_event
from gmops_desktop.language import mark, tr
from gmops_desktop.services.messages import Message, Messages, MessageState, Standing
from gmops_desktop.states import State
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.dialogs.sheet import Sheet
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Card, button, disable, paragraph, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

_LANE: Final = "keyring"  # the keyring may ask its user to unlock it: never in the GUI thread
_STATES: Final[dict[MessageState, tuple[State, str]]] = {
    "waiting": ("warning", mark("waits")),
    "sent": ("ok", mark("sent")),
    "refused": ("critical", mark("refused")),
    "expired": ("unknown", mark("too late")),
}


class ChannelCard(Card):
    """`noticed` tells the page what was done."""

    noticed = Signal(str, str, str)  # a State, a sentence, a second line

    def __init__(self, messages: Messages, runner: TaskRunner) -> None:
        super().__init__(tr("WeCom robot"))
        self._messages, self._runner = messages, runner
        self.badge = StateBadge()
        self.head.addWidget(self.badge)
        self.text = paragraph(role="caption")
        self.address = QLineEdit()
        self.address.setEchoMode(QLineEdit.EchoMode.Password)
        self.address.setAccessibleName(tr("Address of the robot"))
        self.address.setToolTip(
            tr("It is a secret: it is kept in the system's keyring and nowhere else.")
        )
        self.save_button = button(tr("Save"), self._save, tip=tr("Keep the robot's address"))
        self.boxes = {event: QCheckBox(word_of_event(event)) for event in EVENTS}
        self.test_button = button(
            tr("Test message"),
            self._test,
            icon_name="paper-plane-tilt",
            tip=tr("Let the robot say something in the group now"),
        )
        self.list_button = button(
            tr("Messages…"), self._list, icon_name="list", tip=tr("See what was sent, and when")
        )
        self.remove_button = button(
            tr("Remove…"), self._ask_remove, icon_name="trash", tip=tr("Forget the robot")
        )

        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.add(self.text)
        self.add(row(None, self.address, self.save_button))
        self.add(row(None, *self.boxes.values(), None))
        self.add(row(None, self.test_button, self.list_button, None, self.remove_button))
        self.address.textChanged.connect(self._judge)
        self.address.returnPressed.connect(self._save)
        for box in self.boxes.values():
            box.clicked.connect(self._choose)
        self.refresh()

    def refresh(self) -> None:
        """Show how the robot stands."""
        standing = self._messages.standing()
        state, word = _state_of(standing)
        self.badge.show_state(state, word)
        self.badge.setVisible(standing.on)
        self.text.setText(_words_of(standing))
        self.address.setPlaceholderText(
            tr("kept in the keyring; a new one replaces it")
            if standing.on
            else "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…"
        )
        off = "" if standing.on else tr("Enter the robot's address first.")
        for event, box in self.boxes.items():
            box.setChecked(event in standing.events)
            box.setEnabled(standing.on)
            box.setToolTip(off or tr("Tell the group: {event}", event=word_of_event(event)))
        disable(self.test_button, off, tr("Let the robot say something in the group now"))
        disable(self.remove_button, off, tr("Forget the robot"))
        self._judge()

    def _judge(self) -> None:
        empty = not self.address.text().strip()
        reason = tr("Enter the robot's address first.") if empty else ""
        disable(self.save_button, reason, tr("Keep the robot's address"))

    # -- what is done

    def _save(self) -> None:
        address = self.address.text().strip()
        if not address:
            return
        task = self._runner.start(
            lambda _context: self._messages.set_up(address),
            tr("Keep the robot's address"),
            lane=_LANE,
            changes=Change.SETTINGS,
        )
        task.succeeded.connect(lambda _none: self._saved())

    def _saved(self) -> None:
        self.address.clear()
        self.refresh()
        self.noticed.emit(
            "ok",
            tr("The robot's address is in the keyring."),
            tr("A test message shows that it arrives."),
        )

    def _choose(self) -> None:
        chosen = [event for event, box in self.boxes.items() if box.isChecked()]
        self._messages.choose(chosen)
        self._runner.changed.emit(Change.SETTINGS)

    def _test(self) -> None:
        task = self._runner.start(self._messages.test, tr("Test message"), lane=_LANE)
        task.succeeded.connect(self._tested)
        task.finished.connect(self.refresh)

    def _tested(self, message: Message) -> None:
        self.noticed.emit("ok", tr("The robot took the test message."), message.said)

    def _ask_remove(self) -> None:
        sheet = Sheet(
            self.window(),
            tr("Forget the robot?"),
            tr(
                "Its address is removed from the keyring, and nothing more is told. What waits is "
                "not sent; the receipts stay."
            ),
            width=440,
        )
        sheet.add_close(tr("Keep it"))
        remove = button(tr("Remove"), self._remove, kind="danger")
        remove.clicked.connect(sheet.accept)
        sheet.add_button(remove, QDialogButtonBox.ButtonRole.ActionRole)
        sheet.open()

    def _remove(self) -> None:
        task = self._runner.start(
            lambda _context: self._messages.take_down(),
            tr("Forget the robot"),
            lane=_LANE,
            changes=Change.SETTINGS,
        )
        task.succeeded.connect(lambda _none: self.refresh())

    def _list(self) -> None:
        MessageList(self, self._messages.history()).open()


class MessageList(Sheet):
    """The newest messages with their receipts."""

    def __init__(self, parent: Card, messages: tuple[Message, ...]) -> None:
        super().__init__(parent.window(), tr("Messages of the robot"), width=760)
        columns: list[Column[Message]] = [
            Column(tr("Queued"), lambda one: words.stamp(one.at), 128, muted=True),
            Column(tr("Event"), lambda one: word_of_event(one.event), 110),
            Column(
                tr("State"),
                lambda one: tr(_STATES[one.state][1]),
                96,
                state=lambda one: _STATES[one.state][0],
            ),
            Column(tr("Message"), lambda one: " · ".join(one.text.splitlines()[:2])),
            Column(tr("Receipt"), lambda one: one.said, 220, muted=True, tip=lambda one: one.said),
        ]
        self.table = Table(
            columns,
            name=tr("Messages of the robot"),
            identity=lambda one: one.id,
            empty=tr("Nothing was told yet."),
        )
        self.table.set_rows(messages)
        self.table.setMinimumHeight(320)
        self.body.addWidget(self.table)
        self.add_close(tr("Close"))


def _state_of(standing: Standing) -> tuple[State, str]:
    if standing.fault:
        return "critical", tr("not reached")
    if standing.last_sent is None:
        return "unknown", tr("not tried yet")
    return "ok", tr("sends")


def _words_of(standing: Standing) -> str:
    """Say in sentences what holds."""
    if not standing.on:
        return tr(
            "A robot in a WeCom group tells the team of new tickets, clocks that run out and "
            "failed backups. Its address comes from the group: Settings, Message robots."
        )
    last = words.stamp(standing.last_sent) if standing.last_sent else words.NOTHING
    facts = tr(
        "{sent} sent, {waiting} waiting, the last one {at}.",
        sent=words.number(standing.sent),
        waiting=words.number(standing.waiting),
        at=last,
    )
    return f"{facts}\n{standing.fault}" if standing.fault else facts
