"""The services of a host: which run, which failed, which had to be started again by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from gmops_desktop.adapters.host import programs
from gmops_desktop.adapters.host.reading import whole
from gmops_desktop.contract.change_checks import Checked
from gmops_desktop.language import tr_n
from gmops_desktop.states import State

__all__ = ["failed", "services", "summary", "without_systemd"]

without_systemd = programs.without_systemd

_UP: Final = ("active", "reloading")
_COMING: Final = ("activating", "deactivating", "maintenance")
# What comes and goes with the sessions of people, ours among them.
_PASSING: Final = re.compile(r"(user|user-runtime-dir|serial-getty|getty|session)@|gmops-|run-")
_FIXED: Final = re.compile(r"enabled|disabled|generated|linked|alias|bad|$")


def services(wanted: tuple[str, ...]) -> Callable[[str], tuple[Checked, ...]]:
    """Return the reader of `systemctl show`: the services that run for good, those that failed, and
    those of the change however they stand.

    Left out is what something else starts when it is asked for and what ends by itself: it comes
    and goes without meaning anything.
    """
    chosen = frozenset(f"{name}.service" if "." not in name else name for name in wanted)

    def read(text: str) -> tuple[Checked, ...]:
        blocks = [_block(one) for one in re.split(r"\n\s*\n", text.strip())]
        if not any("Id" in block for block in blocks):
            raise ValueError(text)
        return tuple(sorted(_entries(blocks, chosen), key=lambda one: one.key))

    return read


def _block(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines())
    return {name: value for name, equals, value in pairs if equals}


def _entries(blocks: list[dict[str, str]], chosen: frozenset[str]) -> Iterator[Checked]:
    for block in blocks:
        if not (name := block.get("Id", "")) or block.get("LoadState") == "not-found":
            continue
        active, how = block["ActiveState"], block.get("SubState", "")
        if not (name in chosen or active == "failed" or _lasting(name, active, block)):
            continue
        restarts = whole(block.get("NRestarts") or "0")
        text = f"{active} ({how})"
        if restarts:
            text += tr_n(", restarted by itself once", ", restarted by itself {count} times",
                         restarts)  # fmt: skip
        yield Checked(
            f"unit:{name}", name, _state(active, how, named=name in chosen), text,
            how if active in _UP else active, "units", float(restarts), rising=True,
        )  # fmt: skip


def _lasting(name: str, active: str, block: dict[str, str]) -> bool:
    """Whether a unit runs because somebody wants it to run for good."""
    file = block.get("UnitFileState", "")
    if active not in (*_UP, *_COMING) or _PASSING.match(name) or not _FIXED.match(file):
        return False
    if active in _COMING and block.get("Type") == "oneshot":
        return False  # the work of a timer
    return file.startswith("enabled") or not block.get("TriggeredBy")


def _state(active: str, how: str, *, named: bool) -> State:
    """Return how a unit stands; what failed and is not part of the change may have failed before
    it, and does not stop it."""
    if active == "failed":
        return "critical" if named else "warning"
    if active in _UP and how != "auto-restart":
        return "ok"
    return "warning"


def summary(found: tuple[Checked, ...]) -> str:
    """Return how many run."""
    running = sum(one.state == "ok" for one in found)
    return tr_n("{count} service runs", "{count} services run", running)


def failed(text: str) -> tuple[Checked, ...]:
    """Return the failed units that are no services (mounts, timers, sockets)."""
    names = (name for name in programs.failed_units(text) if not name.endswith(".service"))
    return tuple(
        Checked(f"unit:{name}", name, "warning", "failed", "failed", "failed") for name in names
    )
