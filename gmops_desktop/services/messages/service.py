"""The verbs of messages: choose the robot and what it tells, queue, send what may go now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from db.engine import Database
from db.journal import Journal, utc_now
from gmops_desktop.adapters import wecom
from gmops_desktop.adapters.locks import Busy, held
from gmops_desktop.adapters.wecom import WecomRefused
from gmops_desktop.context import Context
from gmops_desktop.contract.messages import (
    EVENTS,
    EXPIRES,
    Event,
    cut,
    wait_after,
    wait_for_room,
)
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.messages.queue import Message, MessageState, Queue
from gmops_desktop.settings import SettingsFile

SECRET: Final = "wecom-robot"  # under which the address lies in the keyring

Send = Callable[[str, str, Context], object]


class Secrets(Protocol):
    """The keyring (`adapters.vault.Vault`)."""

    def find(self, name: str) -> str | None:
        """Return what is kept under `name`."""

    def put(self, name: str, secret: str) -> None:
        """Keep `secret` under `name`."""

    def delete(self, name: str) -> None:
        """Forget what is kept under `name`."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the robot stands; `fault` is a finished sentence while the newest try failed."""

    on: bool
    events: tuple[Event, ...]
    waiting: int
    sent: int
    last_sent: datetime | None
    fault: str


@dataclass(frozen=True, slots=True)
class Flushed:
    """What one flush did; `fault` is why the rest waits, where that is not the limit alone."""

    sent: int
    waiting: int
    fault: str = ""


class Messages:
    """The robot's queue.  `send` says one text to an address (`adapters.wecom.send`)."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        settings: SettingsFile,
        secrets: Secrets,
        locks: Path,
        *,
        send: Send = wecom.send,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._journal, self._settings, self._secrets = journal, settings, secrets
        self._queue = Queue(database, "wecom")
        self._lock = locks / "messages.lock"
        self._send, self._now = send, now

    # ------------------------------------------------------------ the robot

    @property
    def on(self) -> bool:
        """Whether a robot is set up."""
        return self._settings.latest().robot

    @property
    def events(self) -> tuple[Event, ...]:
        """Which events it tells."""
        chosen = self._settings.current.robot_events.split()
        return tuple(event for event in EVENTS if event in chosen)

    def set_up(self, address: str) -> None:
        """Keep the robot's address in the keyring, and tell from now on; what waits is tried again.

        Raises `OpsError` for what is no robot's address, or without a keyring.
        """
        self._secrets.put(SECRET, wecom.checked(address))
        if not self.on or self._queue.position() is None:
            self._queue.move_to(self._journal.clock())  # what was before is no news
        self._settings.change(robot=True)
        self._queue.retry_now(self._now())

    def take_down(self) -> None:
        """Forget the robot; its receipts stay."""
        self._settings.change(robot=False)
        self._queue.move_to(None)
        for message in self._queue.waiting():
            said = tr("The robot was removed before.")
            self._queue.enter(message, "expired", self._now(), said, tried=False)
        self._secrets.delete(SECRET)

    def choose(self, events: Sequence[Event]) -> None:
        """Choose which events it tells; what waits already is told all the same."""
        self._settings.change(robot_events=" ".join(one for one in EVENTS if one in events))

    def standing(self) -> Standing:
        """Return how the robot stands; asks neither the keyring nor the network."""
        counts, last = self._queue.counts(), self._queue.last_tried()
        sent = [one for one in self._queue.newest(200) if one.state == "sent"]
        fault = last.said if last and last.state in ("waiting", "refused") else ""
        return Standing(
            self.on,
            self.events,
            counts.get("waiting", 0),
            counts.get("sent", 0),
            sent[0].tried_at if sent else None,
            fault,
        )

    def history(self, limit: int = 50) -> tuple[Message, ...]:
        """Return the newest messages with their receipts, newest first."""
        return self._queue.newest(limit)

    # ------------------------------------------------------------ telling

    def tell(self, event: Event, key: str, text: str) -> bool:
        """Queue a message about `key`, which is told once; say whether it was queued.

        Nothing is queued without a robot, or for an event that is not chosen.
        """
        if not self.on or (event != "test" and event not in self.events):
            return False
        return self._queue.add(event, key, cut(text), self._now())

    def flush(self, context: Context) -> Flushed:
        """Send what may go now, oldest first; what fails for a passing reason waits.

        Never raises because of the robot or the network: what they said stands with the message.
        """
        if not self.on:
            return Flushed(0, 0)
        try:
            with held(self._lock, tr("Sending messages")):
                sent, fault = self._flush(context)
        except Busy:
            sent, fault = 0, ""
        return Flushed(sent, len(self._queue.waiting()), fault)

    def test(self, context: Context) -> Message:
        """Say now that it works; return the receipt, or raise `OpsError` with what is wrong."""
        now = self._now()
        text = tr("Test message of GMOps Desktop, {at}: messages arrive here.",
                  at=f"{now.astimezone():%Y-%m-%d %H:%M:%S}")  # fmt: skip
        return self._say("test", f"test:{now.isoformat()}", text, context)

    def remind(self, number: str, text: str, context: Context) -> Message:
        """Say now what Party A is still to do for a change; return the receipt, or raise."""
        return self._say("request", f"request:{number}:{self._now().isoformat()}", text, context)

    def _say(self, event: Event, key: str, text: str, context: Context) -> Message:
        """Say something at once, for somebody who waits for the answer."""
        if not self.on:
            raise OpsError(
                tr("No WeCom robot is set up."),
                hint=tr("Enter its address in the settings, or with `gmops robot set`."),
            )
        text = cut(text)
        self._queue.add(event, key, text, self._now())
        with held(self._lock, tr("Sending messages")):
            message = next(one for one in self._queue.waiting() if one.text == text)
            state, said = self._try(self._address(), message, context)
        if state == "waiting":  # whoever asked has the answer now, and asks again
            self._queue.enter(message, "expired", self._now(), said, tried=False)
        if state != "sent":
            raise OpsError(said, unharmed=tr("No other message is lost: they wait."))
        return next(one for one in self._queue.newest(50) if one.id == message.id)

    def position(self) -> int | None:
        """Return up to which entry (its clock) the journal was told; None without a robot."""
        return self._queue.position()

    def move_to(self, clock: int) -> None:
        """Remember up to which entry the journal was told."""
        self._queue.move_to(clock)

    # ------------------------------------------------------------ inside

    def _flush(self, context: Context) -> tuple[int, str]:
        """Send under the lock; return how many went, and why the rest waits."""
        self._let_expire()
        waiting = self._queue.waiting()
        if not waiting or waiting[0].next_at > self._now():
            return 0, ""
        try:
            address = self._address()
        except OpsError as error:  # the keyring is locked or empty: it is asked again next time
            return 0, f"{error.message} {error.hint}".strip()
        sent = 0
        for message in waiting:
            context.check()
            now = self._now()
            if wait_for_room(self._queue.tried(now - timedelta(minutes=2)), now):
                break  # the next flush goes on
            state, said = self._try(address, message, context)
            if state == "waiting":
                return sent, said
            sent += state == "sent"
        return sent, ""

    def _address(self) -> str:
        address = self._secrets.find(SECRET)
        if address is None:
            raise OpsError(
                tr("The keyring does not hold the robot's address any more."),
                hint=tr("Enter it anew in the settings, or with `gmops robot set`."),
                unharmed=tr("No message is lost: they wait."),
            )
        return address

    def _try(self, address: str, message: Message, context: Context) -> tuple[MessageState, str]:
        """Send one message and keep the receipt; return what became of it, and what was said."""
        state: MessageState = "sent"
        said, code = tr("Taken by the robot (errcode 0)."), None
        try:
            self._send(address, message.text, context)
        except WecomRefused as refusal:
            state = "refused" if refusal.final else "waiting"
            said, code = f"{refusal.message} {refusal.hint}", refusal.code
        except OpsError as error:
            state, said = "waiting", f"{error.message} {error.hint}".strip()
        except Cancelled:
            said = tr("It was cancelled on the way; it may have arrived.")
            self._enter(message, "waiting", said, None)
            raise
        self._enter(message, state, said, 0 if state == "sent" else code)
        return state, said

    def _enter(self, message: Message, state: MessageState, said: str, code: int | None) -> None:
        now = self._now()
        again = now + wait_after(message.tries + 1)
        self._queue.enter(message, state, now, said, code=code, next_at=again)

    def _let_expire(self) -> None:
        now = self._now()
        for message in self._queue.waiting():
            if now - message.at > EXPIRES:
                said = message.said or tr("It could not be sent in time.")
                self._queue.enter(message, "expired", now, said, code=message.code, tried=False)
