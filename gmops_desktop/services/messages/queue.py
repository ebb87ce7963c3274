"""The queue of messages: rows of the store, so that none is lost with the program, and the receipt
of each afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, cast

from sqlalchemy import delete, func, select

from db.engine import Database
from db.ids import uuid7
from db.models import ChannelRow, MessageRow
from gmops_desktop.contract.messages import Event

MessageState = Literal["waiting", "sent", "refused", "expired"]

_KEPT: Final = timedelta(days=400)  # receipts: a contract year and its report


@dataclass(frozen=True, slots=True)
class Message:
    """A message and what became of it.

    `said` is what the last try brought: the receipt, or a finished sentence; `code` its errcode,
    None where the robot was not reached.
    """

    id: str
    event: Event
    text: str
    state: MessageState
    at: datetime
    next_at: datetime
    tried_at: datetime | None
    tries: int
    code: int | None
    said: str


class Queue:
    """Reads and writes the messages of one channel."""

    def __init__(self, database: Database, channel: str) -> None:
        self._database, self._channel = database, channel

    def add(self, event: Event, key: str, text: str, now: datetime) -> bool:
        """Queue a message, unless one of that key was queued before; say whether it was new."""
        key = f"{self._channel}:{key}"
        with self._database.session() as session, session.begin():
            if session.scalar(select(MessageRow.id).where(MessageRow.key == key)):
                return False
            session.execute(delete(MessageRow).where(MessageRow.at < now - _KEPT))
            session.add(
                MessageRow(
                    id=uuid7(), channel=self._channel, event=event, key=key, text=text,
                    state="waiting", at=now, next_at=now, tried_at=None, tries=0, code=None,
                    said="",
                )
            )  # fmt: skip
        return True

    def newest(self, limit: int) -> tuple[Message, ...]:
        """Return the newest messages, newest first."""
        wanted = select(MessageRow).where(MessageRow.channel == self._channel)
        order = (MessageRow.at.desc(), MessageRow.id.desc())
        with self._database.session() as session:
            return tuple(map(_message, session.scalars(wanted.order_by(*order).limit(limit))))

    def waiting(self) -> tuple[Message, ...]:
        """Return what is still to be said, oldest first."""
        wanted = select(MessageRow).where(
            MessageRow.channel == self._channel, MessageRow.state == "waiting"
        )
        with self._database.session() as session:
            rows = session.scalars(wanted.order_by(MessageRow.at, MessageRow.id))
            return tuple(map(_message, rows))

    def tried(self, since: datetime) -> Sequence[datetime]:
        """Return when messages were tried, since then."""
        wanted = select(MessageRow.tried_at).where(
            MessageRow.channel == self._channel, MessageRow.tried_at >= since
        )
        with self._database.session() as session:
            return [at for at in session.scalars(wanted) if at is not None]

    def last_tried(self) -> Message | None:
        """Return the message that was tried last."""
        wanted = select(MessageRow).where(
            MessageRow.channel == self._channel, MessageRow.tried_at.is_not(None)
        )
        with self._database.session() as session:
            row = session.scalar(wanted.order_by(MessageRow.tried_at.desc()).limit(1))
            return _message(row) if row else None

    def counts(self) -> dict[str, int]:
        """Return how many messages there are of each state."""
        wanted = select(MessageRow.state, func.count()).where(MessageRow.channel == self._channel)
        with self._database.session() as session:
            return {
                state: count for state, count in session.execute(wanted.group_by(MessageRow.state))
            }

    def enter(
        self,
        message: Message,
        state: MessageState,
        now: datetime,
        said: str,
        *,
        code: int | None = None,
        next_at: datetime | None = None,
        tried: bool = True,
    ) -> None:
        """Write down what a try brought; `next_at` is when it is tried again."""
        with self._database.session() as session, session.begin():
            row = session.get_one(MessageRow, message.id)
            row.state, row.said, row.code = state, said[:1000], code
            row.next_at = next_at or now
            if tried:
                row.tried_at, row.tries = now, row.tries + 1

    def retry_now(self, now: datetime) -> None:
        """Let nothing wait for its next try: the reason why it failed may be mended."""
        with self._database.session() as session, session.begin():
            wanted = select(MessageRow).where(
                MessageRow.channel == self._channel, MessageRow.state == "waiting"
            )
            for row in session.scalars(wanted):
                row.next_at = now

    # ------------------------------------------------------------ how far the journal was read

    def position(self) -> int | None:
        """Return the clock of the last entry looked at; None where the channel is not in use."""
        with self._database.session() as session:
            row = session.get(ChannelRow, self._channel)
            return row.clock if row else None

    def move_to(self, clock: int | None) -> None:
        """Remember how far the journal was read; None forgets it."""
        with self._database.session() as session, session.begin():
            row = session.get(ChannelRow, self._channel)
            if clock is None:
                if row is not None:
                    session.delete(row)
            elif row is None:
                session.add(ChannelRow(id=self._channel, clock=clock))
            else:
                row.clock = clock


def _message(row: MessageRow) -> Message:
    return Message(
        row.id,
        cast(Event, row.event),
        row.text,
        cast(MessageState, row.state),
        row.at,
        row.next_at,
        row.tried_at,
        row.tries,
        row.code,
        row.said,
    )
