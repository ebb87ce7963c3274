"""File systems as df shows them, and the work of whole disks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from gmops_desktop.adapters.host.reading import NotHere, share, whole
from gmops_desktop.adapters.sections import Unknown
from gmops_desktop.contract.looks import Disk
from gmops_desktop.language import tr

_NOT_DISKS: Final = frozenset(
    ("tmpfs", "devtmpfs", "squashfs", "iso9660", "proc", "sysfs", "cgroup", "cgroup2", "efivarfs",
     "ramfs", "none", "udev", "shm", "dev")
)  # fmt: skip
_WHOLE_DISK: Final = re.compile(r"(?:[shv]d[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$")


def file_systems(text: str) -> tuple[Disk, ...]:
    """Return each real file system once, the shortest mount first where it has several.

    busybox's df tells no types: `/proc/mounts` follows it then.
    """
    shown, _, mounted = text.partition("\n== mounts\n")
    head, *lines = [line for line in shown.splitlines() if not line.startswith("df: ")]
    typed, kinds = "Type" in head.split(), _kinds(mounted)
    found: dict[str, Disk] = {}
    for line in filter(str.strip, lines):
        words = line.split(None, 6 if typed else 5)
        kind = words.pop(1) if typed else ""
        device, mount = words[0], words[5]
        kind = kind or kinds.get(mount, device)
        if kind in _NOT_DISKS or device.startswith("/dev/loop") or device in _NOT_DISKS:
            continue
        if "overlay" in (kind, device) and mount != "/":
            continue  # a container's view of a disk that is listed by itself
        total, used, available = (whole(word) * 1024 for word in words[1:4])
        if not used + available:
            continue
        if not mount.startswith("/") or max(used, available) > total:
            raise ValueError(line)
        disk = Disk(mount, device, total, used, available, share(used, used + available))
        if device not in found or len(mount) < len(found[device].mount):
            found[device] = disk
    if not found:
        raise Unknown(tr("the host lists no file system"))
    return tuple(sorted(found.values(), key=lambda disk: disk.mount))


def _kinds(mounted: str) -> dict[str, str]:
    """Return the types of file systems by mount; blanks in names are written in octal."""
    rows = (line.split() for line in mounted.splitlines())
    return {
        re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), row[1]): row[2]
        for row in rows
        if len(row) > 2
    }


def inodes(text: str) -> dict[str, float]:
    """Return used inodes by mount in per cent; file systems without a fixed number are left out."""
    head, *lines = [line for line in text.splitlines() if not line.startswith("df: ")]
    if "Inodes" not in head.split():
        raise ValueError(text)
    found = {}
    for line in lines:
        words = line.split(None, 5)
        if len(words) == 6 and words[1].isdigit() and words[2].isdigit() and int(words[1]):
            found[words[5]] = share(whole(words[2]), whole(words[1]))
    return found


def with_inodes(disks: tuple[Disk, ...], used: Mapping[str, float]) -> tuple[Disk, ...]:
    """Return the disks with their used inodes."""
    return tuple(replace(disk, inode_share=used.get(disk.mount)) for disk in disks)


def work(text: str) -> dict[str, tuple[int, ...]]:
    """Return sectors read, sectors written and milliseconds of work by whole disk."""
    found: dict[str, tuple[int, ...]] = {}
    for words in map(str.split, text.splitlines()):
        if len(words) > 12 and _WHOLE_DISK.match(words[2]):
            found[words[2]] = whole(words[5]), whole(words[9]), whole(words[12])
    if not found:
        if not text.strip() or re.fullmatch(r"( *\d+ +\d+ \S+( \d+)+\n?)+", text.strip()):
            raise NotHere(tr("This host shows no disk of its own."))
        raise ValueError(text)
    return found
