"""Due dates as an iCalendar file (RFC 5545), for whichever calendar people look at.

Written here rather than by a library: events alone are a dozen lines, and what must be right about
them (folding by bytes, escaping, UTC, one lasting UID) is tested.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

_FOLD: Final = 75  # bytes of a line, the line's end apart (3.1)
_ESCAPES: Final = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}


@dataclass(frozen=True, slots=True)
class DueDate:
    """Something that is due: at a moment (aware), or on a day.

    `uid` lasts: a calendar that takes the file again moves the event instead of doubling it.
    `changed` is when it was last written about; `remind`, how long before it a calendar speaks.
    """

    uid: str
    at: datetime | date
    title: str
    text: str = ""
    changed: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    until: datetime | None = None  # of what lasts
    remind: timedelta | None = timedelta(hours=1)


def calendar(due: Iterable[DueDate], *, name: str, now: datetime) -> bytes:
    """Return the iCalendar file: UTF-8, CRLF, every line folded at 75 bytes."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//GMOps Desktop//GMOps Desktop//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(name)}",
    ]
    for one in due:
        lines += _event(one, now)
    lines.append("END:VCALENDAR")
    return b"".join(folded(line) for line in lines)


def escaped(text: str) -> str:
    """Return a text as a TEXT value (3.3.11); control characters are left out."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        _ESCAPES.get(one, one) for one in plain if one in "\n\t" or (one >= " " and one != "\x7f")
    )


def folded(line: str) -> bytes:
    """Return a content line with its CRLF, folded so that no character is cut in two (3.1)."""
    parts: list[bytes] = []
    part = b""
    for one in line:
        more = one.encode()
        if len(part) + len(more) > _FOLD:
            parts.append(part)
            part = b" "  # counts among the bytes of the next line
        part += more
    return b"\r\n".join((*parts, part)) + b"\r\n"


def _event(one: DueDate, now: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{escaped(one.uid)}"
    yield f"DTSTAMP:{_instant(now)}"
    yield f"LAST-MODIFIED:{_instant(one.changed)}"
    # Later than any before: a calendar takes the file's event for the newer one.
    yield f"SEQUENCE:{max(0, int(one.changed.timestamp()) - _BEGIN)}"
    if isinstance(one.at, datetime):
        yield f"DTSTART:{_instant(one.at)}"
        yield f"DTEND:{_instant(one.until or one.at)}"
    else:
        yield f"DTSTART;VALUE=DATE:{one.at:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{one.at + timedelta(days=1):%Y%m%d}"
        yield "TRANSP:TRANSPARENT"
    yield f"SUMMARY:{escaped(one.title)}"
    if one.text:
        yield f"DESCRIPTION:{escaped(one.text)}"
    if one.remind is not None:
        yield "BEGIN:VALARM"
        yield "ACTION:DISPLAY"
        yield f"DESCRIPTION:{escaped(one.title)}"
        yield f"TRIGGER:-PT{int(one.remind.total_seconds()) // 60}M"
        yield "END:VALARM"
    yield "END:VEVENT"


_BEGIN: Final = int(datetime(2018, 1, 1, tzinfo=UTC).timestamp())


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
