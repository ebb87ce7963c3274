"""Who is logged in, and who tried to."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from gmops_desktop.contract.looks import FailedLogins, LoggedIn

_MOST_READ: Final = 1000  # entries of lastb, 5000 lines of a log: see the script
_MOST_LINES: Final = 5000
_SOURCES: Final = 5
_DAY: Final = timedelta(days=1)
_WHO: Final = re.compile(
    r"(?P<user>\S+)\s+(?P<terminal>\S+)\s+"
    r"(?:(?:\d\d:\d\d|\S+)\s+(?=[A-Z][a-z]{2} ))?"  # busybox: the idle time
    r"(?P<since>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d(?::\d\d)?|\d{4}-\d\d-\d\d \d\d:\d\d)"
    r"(?:\s+\(?(?P<source>[^()\s]*)\)?)?\s*"
)
_LASTB: Final = re.compile(r"(\S*)\s+(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}) - ")
_LOGGED: Final = re.compile(
    r"(?P<at>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\S* .*"
    r"(?P<kind>Failed|Invalid user) .*from (?P<source>\S+)(?: port (?P<port>\d+))?"
)


def users(text: str) -> tuple[LoggedIn, ...]:
    """Return who `who` lists; the time is the host's own, as it prints it."""
    found = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("USER "):
            continue
        row = _WHO.fullmatch(line)
        if not row:
            raise ValueError(line)
        found.append(LoggedIn(row["user"], row["terminal"], row["since"], row["source"] or ""))
    return tuple(found)


def failed_logins(text: str, today: str) -> FailedLogins:
    """Return the refused logins of the last day, from lastb or from sshd's log.

    `today` is the host's own clock: what both write is its local time.
    """
    now, lines = datetime.fromisoformat(today.strip()), text.strip().splitlines()
    if any(line.startswith("btmp begins") for line in lines):
        tries = [row for row in map(_by_lastb, lines) if row]
        whole = len(tries) < _MOST_READ
    else:
        tries = _by_log(lines, now.year)
        whole = len(lines) < _MOST_LINES
    recent = [source for at, source in tries if now - _DAY <= at <= now + _DAY]
    counted = Counter(recent).most_common(_SOURCES)
    return FailedLogins(len(recent), tuple(counted), whole or len(recent) < len(tries))


def _by_lastb(line: str) -> tuple[datetime, str] | None:
    if not line.strip() or line.startswith("btmp begins"):
        return None
    row = _LASTB.search(line)
    if not row:
        raise ValueError(line)
    at = datetime.strptime(row[2], "%a %b %d %H:%M:%S %Y")
    console = not row[1] or row[1].startswith(("ssh:", "tty"))  # no source was noted
    return at, "" if console else row[1]


def _by_log(lines: list[str], year: int) -> list[tuple[datetime, str]]:
    """Return the tries in a log; "Invalid user" counts where no "Failed" followed it."""
    rows = [row for row in map(_LOGGED.search, lines) if row]
    if lines and not rows:
        raise ValueError(lines[0])
    failed = {(row["source"], row["port"]) for row in rows if row["kind"] == "Failed"}
    return [
        (_moment(row["at"], year), row["source"])
        for row in rows
        if row["kind"] == "Failed" or (row["source"], row["port"]) not in failed
    ]


def _moment(text: str, year: int) -> datetime:
    if text[0].isdigit():
        return datetime.fromisoformat(text)
    return datetime.strptime(f"{year} {text}", "%Y %b %d %H:%M:%S")
