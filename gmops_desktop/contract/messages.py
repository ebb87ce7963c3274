"""The rules of messages to a chat robot: which events there are, how long one may be, how many a
minute, and when one is tried again.

Facts of 企业微信: at most 20 messages a minute for each robot, 4096 bytes of UTF-8 for a markdown
text (developer.work.weixin.qq.com/document/path/91770).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Literal

from gmops_desktop.language import mark, tr

Event = Literal["ticket", "reminder", "breach", "backup", "test", "request"]

LONGEST: Final = 4096  # bytes of UTF-8
PER_MINUTE: Final = 18  # two fewer than the robot takes: another program may send, too
EXPIRES: Final = timedelta(days=3)  # what could not be said for so long is no news any more

_MINUTE: Final = timedelta(minutes=1)
_LATEST: Final = timedelta(hours=1)  # between two tries
_MORE: Final = "…"
_EVENTS: Final[dict[Event, str]] = {
    "ticket": mark("New tickets"),
    "reminder": mark("Reminders"),
    "breach": mark("Breaches"),
    "backup": mark("Failed backups"),
    "test": mark("Test"),
    "request": mark("Reminders to Party A"),
}
EVENTS: Final[tuple[Event, ...]] = ("ticket", "reminder", "breach", "backup")  # to choose from
# What a robot would take for mark-up, as it looks the same without being it.
_PLAIN: Final = str.maketrans("<>[]`*#", "＜＞［］｀＊＃")


def word_of_event(event: Event) -> str:
    """Return the word for a kind of message."""
    return tr(_EVENTS[event])


def plain(text: str) -> str:
    """Return what somebody wrote as one line without mark-up: a title must not mention people or
    carry a link in our name."""
    return " ".join(text.translate(_PLAIN).split())


def cut(text: str, longest: int = LONGEST) -> str:
    """Return `text` in at most `longest` bytes of UTF-8, ended between two characters with "…"."""
    data = text.encode()
    if len(data) <= longest:
        return text
    room = longest - len(_MORE.encode())
    return data[:room].decode(errors="ignore") + _MORE


def wait_for_room(tried: Iterable[datetime], now: datetime) -> timedelta:
    """Return how long until the next message may go, after those tried at these times.

    A clock that was set back leaves times in the future behind; beyond a minute they say nothing.
    """
    recent = sorted(at for at in tried if abs(now - at) < _MINUTE)
    if len(recent) < PER_MINUTE:
        return timedelta()
    return max(timedelta(), recent[-PER_MINUTE] + _MINUTE - now)


def wait_after(tries: int) -> timedelta:
    """Return how long a message waits after so many failed tries: 1, 2, 4 ... minutes, an hour."""
    return min(_LATEST, timedelta(minutes=1 << min(max(0, tries - 1), 10)))
