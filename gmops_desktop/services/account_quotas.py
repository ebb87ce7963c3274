"""Lets the day's quotas of an official account start anew, and counts how often that was done."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.engine import Database
from db.ids import uuid7
from db.journal import Journal, utc_now
from gmops_desktop.adapters.wechat import NoAnswer, WeChat
from gmops_desktop.addresses import AccountAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.terms import day_of
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

MOST: Final = 10  # a month, all programs of the account together
_KIND: Final = "account"
_ACTIONS: Final = ("quotas cleared", "quotas perhaps cleared")

Open = Callable[[AccountAddress, Context], AbstractContextManager[WeChat]]


@dataclass(frozen=True, slots=True)
class Cleared:
    """How often the quotas of an account were cleared from here in this month of Beijing.

    Other programs, and people in the console, share the ten: `left` is the most there can be.
    """

    account: str
    count: int
    last: datetime | None = None

    @property
    def left(self) -> int:
        """How often it may at most be done again in this month."""
        return max(0, MOST - self.count)


class AccountQuotas:
    """`open_account` gives the interfaces of an account, by whatever way its calls must go."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        open_account: Open,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._journal, self._open, self._now = database, journal, open_account, now

    def standing(self, address: AccountAddress) -> Cleared:
        """Return how often it was done this month, as the record of all devices has it."""
        month = day_of(self._now()).replace(day=1)
        times = [
            entry.at
            for entry in self._journal.entries(_KIND)
            if entry.action in _ACTIONS
            and entry.note.get("account") == address.app_id
            and day_of(entry.at).replace(day=1) == month
        ]
        return Cleared(address.app_id, len(times), max(times, default=None))

    def clear(self, address: AccountAddress, context: Context, *, confirm: str) -> Cleared:
        """Clear the quotas of all interfaces of the account; it stands in the record.

        `confirm` must be the account's app id.  Where the line is cut before WeChat answers, it
        counts as done: it may have been.  Raises `OpsError`.
        """
        if confirm != address.app_id:
            raise OpsError(
                tr("The account's AppID was not confirmed."),
                hint=tr("Type {account} to go on.", account=address.app_id),
                unharmed=tr("No quota was cleared."),
            )
        if not self.standing(address).left:
            raise OpsError(
                tr("The quotas were cleared ten times this month, which is the most"),
                hint=tr("Wait for the next month, or for midnight, when the day's quota starts "
                        "anew."),
                unharmed=tr("No quota was cleared."),
            )  # fmt: skip
        with self._open(address, context) as wechat, context.uncut():
            try:
                wechat.clear_quota()
            except NoAnswer as lost:
                self._record(address, _ACTIONS[1])
                raise OpsError(
                    tr("WeChat did not answer: nobody knows whether the quotas were cleared."),
                    hint=tr("Look now: the next look tells how much of each quota is used. {why}",
                            why=lost.message),
                    unharmed=tr("It counts here as one of the ten times of this month."),
                ) from lost  # fmt: skip
            self._record(address, _ACTIONS[0])
        return self.standing(address)

    def _record(self, address: AccountAddress, action: str) -> None:
        with self._database.session() as session, session.begin():
            self._journal.record(session, _KIND, uuid7(), action, account=address.app_id)
