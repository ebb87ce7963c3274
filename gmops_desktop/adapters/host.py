"""One look at a Linux host: what its commands print, and the reading of it.

Fields are those of proc(5); what a host does not tell is unknown, and says why.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from gmops_desktop.adapters.sections import Section, Shell, Unknown, collect, text_of
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import Disk, HostDetails
from gmops_desktop.language import tr

T = TypeVar("T")

# Two samples first, half a second apart, before our own commands add to the load.
_SCRIPT: Final = r"""
sample='cat /proc/uptime; echo; grep "^cpu " /proc/stat; echo; cat /proc/net/dev; echo;
cat /proc/diskstats 2>/dev/null; true'
s sample1 "$sample"
sleep 0.5 2>/dev/null || sleep 1
s sample2 "$sample"
s clock 'date +%s'
s boot 'cat /proc/sys/kernel/random/boot_id'
s cores 'nproc || grep -c ^processor /proc/cpuinfo'
s system 'cat /etc/os-release || cat /etc/redhat-release'
s kernel 'uname -r'
s memory 'cat /proc/meminfo'
s load 'cat /proc/loadavg'
s route 'cat /proc/net/route'
s disks 'if df --version >/dev/null 2>&1
then df -P -k -T -x tmpfs -x devtmpfs -x squashfs; else df -P -k; fi'
s inodes 'df -P -i'
s units 'systemctl list-units --failed --plain --no-legend --no-pager'
s events 'grep -E "^oom_kill " /proc/vmstat'
"""

_NOT_DISKS: Final = frozenset(
    ("tmpfs", "devtmpfs", "squashfs", "iso9660", "proc", "sysfs", "cgroup", "cgroup2", "efivarfs",
     "ramfs", "none", "udev", "shm")
)  # fmt: skip
_NOT_OUTSIDE: Final = re.compile(r"lo$|docker|veth|br-|virbr|cni|flannel|tun|tap")
_WHOLE_DISK: Final = re.compile(r"(?:[shv]d[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$")


class _NotHere(Exception):
    """Something this host does not have, and need not; the text says what."""


def look(shell: Shell, context: Context, *, deadline: float = 60.0) -> HostDetails:
    """Look at the host behind `shell` once; takes about a second."""
    begun = time.time()
    sections = collect(shell, _SCRIPT, context, deadline=deadline)
    return parse(sections, ours=(begun, time.time()))


def parse(
    sections: Mapping[str, Section], *, ours: tuple[float, float] = (0.0, 0.0)
) -> HostDetails:
    """Return what the sections say.  `ours` is our clock before and after, 0 if not known."""
    unknown: dict[str, str] = {}
    notes: dict[str, str] = {}

    def read(name: str, reader: Callable[[str], T], *keys: str) -> T | None:
        """Read one thing from the text of `keys`; on failure note why under `name`."""
        try:
            return reader("\n\f".join(_text(sections, key) for key in keys or (name,)))
        except Unknown as why:
            unknown[name] = str(why)
        except _NotHere as why:
            notes[name] = str(why)
        except (ValueError, IndexError, KeyError, ZeroDivisionError):
            unknown[name] = tr("the host answered in a form we do not know")
        return None

    cpu = read("cpu", _cpu, "sample1", "sample2")
    traffic = read("traffic", _traffic, "sample1", "sample2", "route")
    memory = read("memory", _memory)
    load = read("load", lambda text: [float(word) for word in text.split()[:2]])
    disks = read("disks", _disks)
    inodes = read("inodes", _inodes) or {}
    return HostDetails(
        system=read("system", _system) or "",
        kernel=read("kernel", str.strip) or "",
        boot_id=read("boot", str.strip) or "",
        uptime_seconds=read("uptime", lambda text: float(text.split()[0]), "sample2"),
        cores=read("cores", lambda text: int(text.split()[0])),
        cpu=cpu[0] if cpu else None,
        iowait=cpu[1] if cpu else None,
        steal=cpu[2] if cpu else None,
        memory_total=memory["total"] if memory else None,
        memory_available=memory["available"] if memory else None,
        swap_total=memory["swap_total"] if memory else None,
        swap_free=memory["swap_free"] if memory else None,
        load1=load[0] if load else None,
        load5=load[1] if load else None,
        disks=tuple(_with_inodes(disk, inodes) for disk in disks or ()),
        disk_busy=read("disk_busy", _disk_busy, "sample1", "sample2"),
        out_mbit=traffic[0] if traffic else None,
        in_mbit=traffic[1] if traffic else None,
        failed_units=_failed_units(sections, unknown, notes),
        oom_kills=_oom_kills(sections),
        clock_seconds=read("clock", lambda text: _clock(text, ours)) if ours[1] else None,
        sections=unknown,
        notes=notes,
    )


def _text(sections: Mapping[str, Section], key: str) -> str:
    # df fails when one of several file systems cannot be read: the others still count.
    return text_of(sections, key, partly=key in ("disks", "inodes"))


def _cpu(text: str) -> tuple[float, float, float]:
    """Return busy, iowait and steal in per cent; busy counts neither idle nor iowait."""
    first, second = ([int(word) for word in _sample(part)[1].split()[1:9]] for part in _pair(text))
    # Kernels before 2.6.11 have no steal; iowait may run backwards (proc_stat(5)).
    delta = [max(0, new - old) for old, new in zip(first, second, strict=True)]
    total = sum(delta)
    iowait = delta[4]
    steal = delta[7] if len(delta) > 7 else 0
    busy = total - delta[3] - iowait
    return 100 * busy / total, 100 * iowait / total, 100 * steal / total


def _traffic(text: str) -> tuple[float, float]:
    """Return Mbit/s out and in of the default route's device, or of all outside devices."""
    before, after, routes = text.split("\n\f")
    seconds = _uptime(after) - _uptime(before)
    old, new = _devices(_sample(before)[2]), _devices(_sample(after)[2])
    default = {row[0] for row in map(str.split, routes.splitlines()) if row[1:2] == ["00000000"]}
    devices = default & new.keys() or {name for name in new if not _NOT_OUTSIDE.match(name)}
    if not devices:
        raise _NotHere(tr("No network device of this host leads outside."))
    received = sum(new[name][0] - old[name][0] for name in devices)
    sent = sum(new[name][1] - old[name][1] for name in devices)
    if received < 0 or sent < 0:
        raise Unknown(tr("the counters were reset during the look"))
    return sent * 8 / 1e6 / seconds, received * 8 / 1e6 / seconds


def _devices(text: str) -> dict[str, tuple[int, int]]:
    found = {}
    for line in text.splitlines():
        name, colon, counters = line.partition(":")
        if colon and "|" not in line:
            words = counters.split()
            found[name.strip()] = int(words[0]), int(words[8])
    return found


def _disk_busy(text: str) -> float:
    """Return the share of the time in which the busiest whole disk worked, in per cent."""
    before, after = _pair(text)
    seconds = _uptime(after) - _uptime(before)
    old, new = (
        {row[2]: int(row[12]) for row in map(str.split, _sample(part)[3].splitlines()) if row[12:]}
        for part in (before, after)
    )
    busy = [new[name] - old[name] for name in new if _WHOLE_DISK.match(name) and name in old]
    if not busy:
        raise _NotHere(tr("This host shows no disk of its own."))
    return min(100.0, 100 * max(busy) / 1000 / seconds)


def _memory(text: str) -> dict[str, int]:
    kb = {name: int(rest.split()[0]) for name, _, rest in map(_halves, text.splitlines()) if rest}
    available = kb.get("MemAvailable")
    if available is None:  # kernels before 3.14
        cached = kb["Buffers"] + kb["Cached"] + kb.get("SReclaimable", 0)
        available = kb["MemFree"] + cached - kb.get("Shmem", 0)
    return {
        "total": kb["MemTotal"] * 1024,
        "available": available * 1024,
        "swap_total": kb.get("SwapTotal", 0) * 1024,
        "swap_free": kb.get("SwapFree", 0) * 1024,
    }


def _system(text: str) -> str:
    found = re.search(r'^PRETTY_NAME=(["\']?)(.*)\1$', text, re.MULTILINE)
    return found[2] if found else _first_line(text)


def _disks(text: str) -> list[Disk]:
    """Return each real file system once, the shortest mount first where it has several."""
    head, *lines = [line for line in text.splitlines() if not line.startswith("df: ")]
    typed = "Type" in head.split()
    found: dict[str, Disk] = {}
    for line in lines:
        words = line.split(None, 6 if typed else 5)
        kind = words.pop(1) if typed else words[0]
        device, mount = words[0], words[5]
        if kind in _NOT_DISKS or device.startswith("/dev/loop") or device in _NOT_DISKS:
            continue
        if "overlay" in (kind, device) and mount != "/":
            continue  # a container's view of a disk that is listed by itself
        total, used, available = (int(word) * 1024 for word in words[1:4])
        if not used + available:
            continue
        disk = Disk(mount, device, total, used, available, 100 * used / (used + available))
        if device not in found or len(mount) < len(found[device].mount):
            found[device] = disk
    if not found:
        raise Unknown(tr("the host lists no file system"))
    return sorted(found.values(), key=lambda disk: disk.mount)


def _inodes(text: str) -> dict[str, float]:
    """Return used inodes by mount in per cent; file systems without a fixed number are left out."""
    found = {}
    for line in text.splitlines()[1:]:
        words = line.split(None, 5)
        if len(words) == 6 and words[1].isdigit() and int(words[1]):
            found[words[5]] = 100 * int(words[2]) / int(words[1])
    return found


def _with_inodes(disk: Disk, inodes: Mapping[str, float]) -> Disk:
    return Disk(
        disk.mount, disk.device, disk.total, disk.used, disk.available, disk.share,
        inodes.get(disk.mount),
    )  # fmt: skip


def _failed_units(
    sections: Mapping[str, Section], unknown: dict[str, str], notes: dict[str, str]
) -> tuple[str, ...] | None:
    section = sections.get("units")
    text = section.text if section else ""
    missing = section is not None and section.status == 127
    if missing or "not been booted with systemd" in text:
        notes["units"] = tr("This host does not run systemd.")
        return None
    try:
        lines = _text(sections, "units").splitlines()
    except Unknown as why:
        unknown["units"] = str(why)
        return None
    # systemd before 230 marks failed units with a dot even in plain lists.
    return tuple(line.lstrip("●*× ").split()[0] for line in lines if line.strip())


def _oom_kills(sections: Mapping[str, Section]) -> int | None:
    """Return how often the kernel killed for memory since boot; kernels before 4.13 do not say."""
    words = sections["events"].text.split() if "events" in sections else []
    return int(words[1]) if len(words) == 2 and words[1].isdigit() else None


def _clock(text: str, ours: tuple[float, float]) -> float:
    """Return how far the host's clock is ahead; whole seconds on its side, so within one it's 0."""
    theirs = int(text)
    if ours[0] - 1 <= theirs <= ours[1] + 1:
        return 0.0
    return theirs - ours[1] if theirs > ours[1] else theirs - ours[0]


def _sample(text: str) -> list[str]:
    """Return a sample's parts: uptime, the cpu line, the network devices, the disks."""
    return re.split(r"\n{2,}", text.strip(), maxsplit=3)


def _uptime(text: str) -> float:
    return float(_sample(text)[0].split()[0])


def _pair(text: str) -> tuple[str, str]:
    first, second = text.split("\n\f")[:2]
    return first, second


def _halves(line: str) -> tuple[str, str, str]:
    return line.partition(":")


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0].strip()
