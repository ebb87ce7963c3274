"""Processor, memory, pressure, clock and open files, as proc(5) shows them."""

from __future__ import annotations

import re
from typing import Final

from gmops_desktop.adapters.host.reading import NotHere, real, share, whole
from gmops_desktop.adapters.sections import Section
from gmops_desktop.contract.looks import Pressure
from gmops_desktop.language import tr

_TIMES: Final = 8  # user nice system idle iowait irq softirq steal; guest is within user


def uptime(text: str) -> float:
    """Return the seconds since the host's start."""
    return real(text.split()[0])


def cpu_times(text: str) -> tuple[int, ...]:
    """Return the eight times of all processors together, in ticks; old kernels leave out steal."""
    words = _rows(text)["cpu"]
    times = [whole(word) for word in words[:_TIMES]]
    if len(times) < 4:
        raise ValueError(text)
    return tuple(times + [0] * (_TIMES - len(times)))


def cores(text: str) -> int:
    """Return how many processors are at work."""
    count = sum(bool(re.fullmatch(r"cpu[0-9]+", name)) for name in _rows(text))
    if not count:
        raise ValueError(text)
    return count


def blocked(text: str) -> int:
    """Return how many processes wait for a disk and cannot be woken."""
    return whole(_rows(text)["procs_blocked"][0])


def memory(text: str) -> dict[str, int]:
    """Return bytes: total, available, swap_total, swap_free."""
    kb: dict[str, int] = {}
    for line in text.splitlines():
        name, colon, rest = line.partition(":")
        if colon and (words := rest.split()):
            kb[name] = whole(words[0])
    available = kb.get("MemAvailable")
    if available is None:  # kernels before 3.14
        cached = kb["Buffers"] + kb["Cached"] + kb.get("SReclaimable", 0)
        available = kb["MemFree"] + cached - kb.get("Shmem", 0)
    share(available, kb["MemTotal"])
    found = {
        "total": kb["MemTotal"] * 1024,
        "available": available * 1024,
        "swap_total": kb["SwapTotal"] * 1024,
        "swap_free": kb["SwapFree"] * 1024,
    }
    if found["swap_free"] > found["swap_total"]:
        raise ValueError(text)
    return found


def swapped(text: str, page: str) -> tuple[int, ...]:
    """Return the bytes moved in from swap and out to it since the start."""
    rows, size = _rows(text), whole(page.strip())
    return tuple(whole(rows[name][0]) * size for name in ("pswpin", "pswpout"))


def oom_kills(text: str) -> int:
    """Return how often the kernel killed for memory since boot."""
    rows = _rows(text)
    if "oom_kill" not in rows:
        if "pswpin" not in rows:
            raise ValueError(text)
        raise NotHere(tr("This kernel does not count what it kills for memory (before 4.13)."))
    return whole(rows["oom_kill"][0])


def load(text: str) -> tuple[float, float, float]:
    """Return the load of the last 1, 5 and 15 minutes."""
    one, five, fifteen = (real(word) for word in text.split()[:3])
    return one, five, fifteen


def without_pressure(section: Section) -> str:
    """Say that this kernel does not measure pressure, if that is so (before 4.20, or off)."""
    if section.status and re.search(r"No such file|not supported", section.text):
        return tr("This kernel does not measure pressure (PSI).")
    return ""


def pressure(text: str) -> Pressure:
    """Return the pressure of the last minute."""
    found = {
        name: real(value)
        for name, value in re.findall(r"/pressure/(\w+):some .*\bavg60=([0-9.]+)", text)
    }
    if max(found.values()) > 100:
        raise ValueError(text)
    return Pressure(found["cpu"], found["memory"], found["io"])


def files(text: str) -> tuple[int, int]:
    """Return the open file handles and the most there may be."""
    words = text.split()
    return whole(words[0]), whole(words[2])


def name(text: str) -> str:
    """Return the system's name as people know it (os-release(5), or redhat-release before)."""
    found = re.search(r'^PRETTY_NAME=(["\']?)(.+)\1$', text, re.MULTILINE)
    if found:
        return found[2]
    return _matching(r"\w.* release [0-9].*", text)


def release(text: str) -> str:
    """Return the kernel's release as `uname -r` writes it."""
    return _matching(r"[0-9]+\.[0-9]+\S*", text)


def boot_id(text: str) -> str:
    """Return the kernel's name for this run of the host."""
    return _matching(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text)


def skew(begin: str, end: str, ours: tuple[float, float]) -> float:
    """Return how far the host's clock is ahead, in seconds; 0 where the journey may explain it.

    `ours` is our clock before and after: half of what the journey took is taken off each way
    (RFC 5905, section 8).
    """
    (second, grain), (third, _) = _epoch(begin), _epoch(end)
    first, fourth = ours
    offset = ((second - first) + (third - fourth)) / 2
    journey = max(0.0, (fourth - first) - (third - second))
    return 0.0 if abs(offset) <= journey / 2 + grain else offset


def epoch(text: str) -> float:
    """Return the host's time in seconds since 1970."""
    return _epoch(text)[0]


def _epoch(text: str) -> tuple[float, float]:
    """Return a time and its grain: busybox's `date` knows whole seconds only."""
    found = re.fullmatch(r"([0-9]{9,11})(\.[0-9]{9})?[.%N]*", text.strip())
    if not found:
        raise ValueError(text)
    return float(found[1] + (found[2] or "")), 0.001 if found[2] else 1.0


def _matching(pattern: str, text: str) -> str:
    found = re.search(rf"^{pattern}$", text.strip(), re.MULTILINE)
    if not found:
        raise ValueError(text)
    return found[0]


def _rows(text: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for words in map(str.split, text.splitlines()) if words}
