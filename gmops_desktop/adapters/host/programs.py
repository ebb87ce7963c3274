"""What runs on the host, what failed, and what the kernel had to kill."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from gmops_desktop.adapters.host.reading import real, whole
from gmops_desktop.adapters.sections import Section
from gmops_desktop.contract.looks import OomKill, Process, UnitLog
from gmops_desktop.language import tr

TOP: Final = 5
_LONGEST: Final = 300  # characters of a journal's line
_ROW: Final = re.compile(r"(\d+) ([A-Za-z]) (\d+) (\d+) (\d+) (-?\d+) (.+)")
_KILL: Final = re.compile(
    r"^(?:\[ *(?P<after>\d+\.\d+)\] )?.*Kill(?:ed)? process (?P<pid>\d+)[^(]*\((?P<name>[^)]*)\)"
)


Running = tuple[str, tuple[int, ...]]
"""A process: its state letter; its start and used time in ticks, and its pages in memory."""


def processes(text: str) -> dict[str, Running]:
    """Return what runs, by "pid name"."""
    found: dict[str, Running] = {}
    for line in text.strip().splitlines():
        row = _ROW.fullmatch(line)
        if not row:
            raise ValueError(line)
        pid, state, user, system, start, pages, name = row.groups()
        numbers = whole(start), whole(user) + whole(system), max(0, int(pages))
        found[f"{pid} {name}"] = state, numbers
    if not found:
        raise ValueError(text)
    return found


def used_ticks(found: Mapping[str, Running]) -> dict[str, tuple[int, ...]]:
    """Return start and used ticks of what has used any: the counters of the next look."""
    return {key: numbers[:2] for key, (_, numbers) in found.items() if numbers[1]}


def top_memory(text: str, page: str) -> tuple[Process, ...]:
    """Return the programs that hold most memory, the largest first."""
    size = whole(page.strip())
    rows = [(numbers[2] * size, key) for key, (_, numbers) in processes(text).items()]
    largest = sorted(rows, reverse=True)[:TOP]
    return tuple(
        Process(int(pid), name, None, held)
        for held, (pid, _, name) in ((held, key.partition(" ")) for held, key in largest)
    )


def failed_units(text: str) -> tuple[str, ...]:
    """Return the names of the failed units."""
    names = []
    for line in text.partition("\n== ")[0].splitlines():
        # systemd before 230 marks failed units with a dot even in plain lists.
        words = re.sub(r"^[●*×\s]+", "", line).split()
        if not words:
            continue
        if not re.fullmatch(r"[\w@:.\\-]+\.[a-z]+", words[0]) or "failed" not in words[1:]:
            raise ValueError(line)
        names.append(words[0])
    return tuple(names)


def without_systemd(section: Section) -> str:
    """Say that this host has no systemd, if that is what it answers."""
    if section.status == 127 or re.search(
        r"not been booted with systemd|systemctl: (command )?not found", section.text
    ):
        return tr("This host does not run systemd.")
    return ""


def unit_logs(text: str) -> tuple[UnitLog, ...]:
    """Return the newest lines in the journal of the first failed units."""
    found = []
    for part in text.split("\n== ")[1:]:
        unit, _, rest = part.partition("\n")
        lines = [line[:_LONGEST] for line in rest.strip().splitlines() if line.strip()]
        told = [line for line in lines if not line.startswith(("-- ", "Hint: ", "      "))]
        if told:
            found.append(UnitLog(unit.strip(), tuple(told)))
        else:
            hidden = any(line.startswith("Hint: ") for line in lines)
            why = (tr("this account may not read the journal (group systemd-journal)") if hidden
                   else tr("the journal holds nothing of it"))  # fmt: skip
            found.append(UnitLog(unit.strip(), (), why))
    return tuple(found)


def killed(text: str, booted: float | None) -> tuple[OomKill, ...]:
    """Return what the kernel's log says it killed for memory, the newest last.

    `booted` is when the host started, in seconds since 1970: the log counts from there.
    """
    found: dict[str, OomKill] = {}
    for line in text.splitlines():
        kill = _KILL.match(line)
        if not kill:
            raise ValueError(line)
        at = ""
        if kill["after"] and booted is not None:
            moment = datetime.fromtimestamp(booted + real(kill["after"]), UTC)
            at = moment.isoformat(timespec="seconds")
        # Old kernels write two lines for each.
        found.setdefault(kill["pid"], OomKill(kill["name"], at))
    return tuple(found.values())
