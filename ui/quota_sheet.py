"""Asks whether the day's quotas of an official account are to start anew."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QLineEdit, QWidget

from gmops_desktop.addresses import AccountAddress
from gmops_desktop.changes import Change
from gmops_desktop.language import tr
from gmops_desktop.services.account_quotas import MOST, AccountQuotas
from gmops_desktop.tasks import TaskRunner
from ui.account_words import quota_words
from ui.backup_lanes import lane_of_account
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import button, disable


class QuotaSheet(Sheet):
    """Says what it does and what it costs; only the typed AppID opens the button."""

    def __init__(
        self,
        parent: QWidget,
        quotas: AccountQuotas,
        runner: TaskRunner,
        address: AccountAddress,
        name: str,
    ) -> None:
        text = tr(
            "The calls of today are counted from 0 again, of all interfaces and for all programs "
            "that use the account. WeChat lets that be done {most} times a month, whoever does it.",
            most=MOST,
        )
        super().__init__(parent, tr("Clear the quotas of {name}?", name=name), text)
        self._quotas, self._runner, self._address, self._name = quotas, runner, address, name
        self.standing = quotas.standing(address)
        self.typed = QLineEdit()
        self.add_field(
            tr("Type {account} to go on:", account=address.app_id),
            self.typed,
            quota_words(self.standing),
        )
        self.add_close(tr("Cancel"))
        self.clear = button(tr("Clear"), self._clear, kind="danger")
        self.add_button(self.clear)
        self.typed.textChanged.connect(self._judge)
        self._judge()

    def _judge(self) -> None:
        reason = ""
        if not self.standing.left:
            reason = quota_words(self.standing)
        elif self.typed.text().strip() != self._address.app_id:
            reason = tr("Type {account} to go on.", account=self._address.app_id)
        disable(self.clear, reason, tr("Let the day's quotas start anew"))

    def _clear(self) -> None:
        typed = self.typed.text().strip()
        work = partial(self._quotas.clear, self._address, confirm=typed)
        self._runner.start(
            lambda context: work(context),
            tr("Clear the quotas of {name}", name=self._name),
            lane=lane_of_account(self._address),
            changes=Change.SERVERS,
        )
        self.accept()
