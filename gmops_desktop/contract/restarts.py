"""What must restart after system updates: what asks for it, and why, in words.

The simulation says what asks (`Restart`); which units restart and whether the host does is part of
the plan, and so of what is approved.  Nothing else restarts but what packages restart by
themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr

HOST: Final = ""  # in the place of a unit's name
Why = Literal["kernel", "microcode", "marked", "outdated", "core", "whole", "stale", "uses"]

# Without a restart of the host nothing of these takes effect.
_MUST: Final[frozenset[Why]] = frozenset(("kernel", "microcode", "marked", "outdated"))
_WORDS: Final[dict[Why, str]] = {
    "kernel": mark("a new kernel runs only after it ({names})"),
    "microcode": mark("the processor takes it only when it starts ({names})"),
    "marked": mark("the server itself already asks for it ({names})"),
    "outdated": mark("a newer kernel is installed than the one that runs ({names})"),
    "core": mark("everything that runs goes on with the old one until then ({names})"),
    "whole": mark("these cannot be restarted singly without harm ({names})"),
    "stale": mark("it still runs what was replaced before"),
    "uses": mark("it runs what is replaced now ({names})"),
}
_UNIT: Final = re.compile(r"[\w@:.\\-]+\.(?:service|socket|timer|target|path|mount|scope|slice)")


@dataclass(frozen=True, slots=True)
class Restart:
    """Something that asks for a restart: of a `unit`, or of the host (`HOST`); `names` are the
    packages, kernels or units on account of which it does."""

    unit: str
    why: Why
    names: tuple[str, ...] = ()

    @property
    def must(self) -> bool:
        """Whether an update has no effect without it."""
        return self.why in _MUST

    @property
    def reason(self) -> str:
        """Why, in words."""
        names = tr(", ", context="between names").join(self.names) or "-"
        return tr(_WORDS[self.why], names=names)


def of_host(asks: Iterable[Restart]) -> tuple[Restart, ...]:
    """Return what asks for a restart of the host itself."""
    return tuple(one for one in asks if one.unit == HOST)


def of_units(asks: Iterable[Restart]) -> tuple[Restart, ...]:
    """Return what asks for the restart of a unit."""
    return tuple(one for one in asks if one.unit != HOST)


def proposed(asks: Sequence[Restart]) -> tuple[tuple[str, ...], bool]:
    """Return which units to restart, and whether the host: its restart renews every unit."""
    if any(one.must for one in of_host(asks)):
        return (), True
    return tuple(dict.fromkeys(one.unit for one in of_units(asks))), False


def newly(before: Sequence[Restart], now: Sequence[Restart]) -> tuple[Restart, ...]:
    """Return what asks now and did not before; the host is one thing, whatever asks for it anew
    only counts where nothing had to restart it before."""
    units = {one.unit for one in of_units(before)}
    found = [one for one in of_units(now) if one.unit not in units]
    if not any(one.must for one in of_host(before)):
        found += [one for one in of_host(now) if one.must]
    return tuple(found)


def units_in(words: Iterable[str]) -> tuple[str, ...]:
    """Return the names of units as somebody gave them, `nginx` for `nginx.service`; raises
    `OpsError` for what names none."""
    found: dict[str, None] = {}
    for word in words:
        name = word.strip()
        if not name:
            continue
        unit = name if _UNIT.fullmatch(name) else f"{name}.service"
        if not _UNIT.fullmatch(unit) or unit.startswith("-"):
            raise OpsError(
                tr("“{name}” names no unit of systemd.", name=name),
                hint=tr("Give names such as nginx.service."),
                unharmed=tr("Nothing was done on the server."),
            )
        found[unit] = None
    return tuple(found)


def named(ask: Restart) -> str:
    """Return what is to restart: a unit, or the server itself."""
    return ask.unit or tr("the server itself")
