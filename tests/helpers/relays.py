"""The processes that compress at the far end of a tunnel."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path


def pumps(port: int) -> list[int]:
    """Return the processes that pump to `port`."""
    return [pid for pid, words in _processes() if words[:1] == ["perl"] and words[-1] == str(port)]


def gone(port: int) -> bool:
    """Wait until nothing pumps to `port`."""
    end = time.monotonic() + 5
    while pumps(port) and time.monotonic() < end:
        threading.Event().wait(0.05)
    return not pumps(port)


def children(pid: int) -> list[int]:
    """Return the processes that `pid` began."""
    return [child for child, _ in _processes() if parent(child) == pid]


def parent(pid: int) -> int:
    """Return who began `pid`, 0 where it has ended."""
    with suppress(OSError):
        return int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    return 0


def _processes() -> list[tuple[int, list[str]]]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it may have ended
            words = (folder / "cmdline").read_bytes().decode(errors="replace")
            found.append((int(folder.name), words.rstrip("\0").split("\0")))
    return found
