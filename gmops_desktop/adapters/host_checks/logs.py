"""How many errors the logs of a host took in during the last minutes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from gmops_desktop.adapters.host.reading import whole
from gmops_desktop.adapters.host_checks.script import MINUTES
from gmops_desktop.adapters.sections import Section
from gmops_desktop.contract.change_checks import Checked
from gmops_desktop.language import tr, tr_n
from gmops_desktop.states import State

_SLACK: Final = 10.0  # lines more than before that mean nothing; or as many again as there were
_MANY: Final = 100  # lines from which on it is a warning of its own
_NAMES: Final = {"nginx": "nginx", "apache": "Apache", "php": "PHP", "mysql": "MySQL"}


@dataclass(slots=True)
class _Log:
    """What the files of one program came to."""

    lines: int = 0
    least: bool = False  # there were more than were read
    files: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def of_files(text: str) -> tuple[Checked, ...]:
    """Return the entry of the list first, then one for each program that has logs here, and one for
    each log that was named."""
    rows = text.strip().splitlines()
    if not rows or rows[-1] != "end":
        raise ValueError(text)
    found: dict[str, _Log] = defaultdict(_Log)
    for row in rows[:-1]:
        program, what, rest = row.split(" ", 2)
        path = rest.split(" ", 5)[5] if what == "counted" else rest
        log = found[f"{program} {path}" if program == "named" else program]
        if what == "counted":
            _count(log, rest)
        elif what == "missing":
            log.missing.append(path)
        elif what in ("denied", "beyond"):
            log.unread += [path] if path not in log.unread else []
        else:
            raise ValueError(row)
    files = sum(len(one.files) for one in found.values())
    state: State = "ok" if found else "warning"
    said = tr_n("{count} file", "{count} files", files)
    if not found:
        said = tr("no log of nginx, Apache, PHP or MySQL is on the host: whether errors become "
                  "more is not seen there")  # fmt: skip
    return (
        Checked("logs", tr("Error logs"), state, said, "" if found else "none"),
        *(_entry(name, log) for name, log in sorted(found.items())),
    )


def _count(log: _Log, rest: str) -> None:
    errors, timed, lines, early, cut, path = rest.split(" ", 5)
    if errors == "-" or (whole(lines) and not whole(timed)):
        log.unread.append(path)  # nothing in it has a time that we know
        return
    log.files.append(path)
    log.lines += whole(errors)
    # The oldest line that was read is within the time already, and the file is longer.
    log.least = log.least or (early == "1" and cut == "1")


def _entry(name: str, log: _Log) -> Checked:
    program, _, path = name.partition(" ")
    title = tr("Errors of {program}", program=path or _NAMES[program])
    key = f"log:{path or program}"
    if log.missing:
        return Checked(key, title, "unknown", tr("there is no such file"), within="logs")
    if log.unread:
        why = tr("{paths} cannot be read", paths=", ".join(log.unread[:3]))
        return Checked(key, title, "unknown", why, within="logs")
    return _counted(key, title, log.lines, least=log.least, within="logs")


def _counted(key: str, title: str, lines: int, *, least: bool, within: str = "") -> Checked:
    text = tr_n("{count} line in the last {minutes} minutes",
                "{count} lines in the last {minutes} minutes", lines, minutes=MINUTES)  # fmt: skip
    if least:
        text = tr("at least {text}", text=text)
    state: State = "warning" if lines >= _MANY else "ok"
    slack = max(_SLACK, float(lines))
    return Checked(key, title, state, text, "", within, float(lines), slack, rising=True)


def without_journal(section: Section) -> str:
    """Say that this host keeps no journal, if that is what it answers."""
    if section.status == 127 or "No journal files were found" in section.text:
        return tr("This host keeps no journal.")
    return ""


def of_journal(text: str) -> Checked:
    """Return the entry of the journal."""
    words = text.split()
    if len(words) != 2 or words[0] != "lines":
        raise ValueError(text)
    count = whole(words[1])
    return _counted("journal", tr("Errors in the journal"), count, least=count >= 5000)
