"""Whether this machine runs on its battery, and whether its line to the world is a metered one.

What a system does not tell is None: unknown.  Nothing here waits longer than a few seconds.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gmops_desktop.contract.schedules import Surroundings

SUPPLIES: Final = Path("/sys/class/power_supply")
_SECONDS: Final = 5.0  # for a command to answer


def look() -> Surroundings:
    """Return where this machine stands now."""
    if sys.platform == "darwin":
        return Surroundings(battery_from_pmset(_ask(["pmset", "-g", "batt"])), None)
    if sys.platform == "win32":
        return Surroundings(_battery_of_windows(), None)
    return Surroundings(battery_from_supplies(SUPPLIES), _metered())


def battery_from_supplies(folder: Path) -> bool | None:
    """Read the kernel's power supplies (Documentation/ABI/testing/sysfs-class-power).

    A desktop has none at all, or only those of its mouse: it is on the mains.  A battery that is
    being emptied while no mains is online is what we mean.
    """
    mains, emptying = False, False
    try:
        supplies = sorted(folder.iterdir()) if folder.is_dir() else []
        for supply in supplies:
            kind = _read(supply / "type")
            if kind == "Battery" and _read(supply / "scope") != "Device":
                emptying |= _read(supply / "status") == "Discharging"
            elif kind in ("Mains", "USB", "Wireless"):
                mains |= _read(supply / "online") == "1"
    except OSError:
        return None
    return emptying and not mains


def battery_from_pmset(answer: str) -> bool | None:
    """Read `pmset -g batt`: its first line names what the Mac draws from."""
    found = re.search(r"drawing from '([^']+)'", answer)
    return found.group(1) != "AC Power" if found else None


def metered_from_bus(answer: str) -> bool | None:
    """Read NetworkManager's property `Metered` as `busctl` writes it: "u 4".

    NMMetered: 0 unknown, 1 yes, 2 no, 3 guessed yes, 4 guessed no.
    """
    found = re.fullmatch(r"u (\d)", answer.strip())
    return {"1": True, "3": True, "2": False, "4": False}.get(found.group(1)) if found else None


def metered_from_nmcli(answer: str) -> bool | None:
    """Read `nmcli -g GENERAL.STATE,GENERAL.METERED device show`: one pair of lines per device.

    Any connected device that is metered counts: which one carries a backup is not told.
    """
    known = [
        metered.split()[0]
        for state, metered in re.findall(r"^(\d+).*\n(.+)$", answer, re.MULTILINE)
        if state == "100" and metered.split()[0] in ("yes", "no")
    ]
    return "yes" in known if known else None


def _metered() -> bool | None:
    name = "org.freedesktop.NetworkManager"
    bus = ["busctl", "--system", "get-property", name, "/org/freedesktop/NetworkManager", name]
    found = metered_from_bus(_ask([*bus, "Metered"]))
    if found is None:
        nmcli = ["nmcli", "-g", "GENERAL.STATE,GENERAL.METERED", "device", "show"]
        found = metered_from_nmcli(_ask(nmcli))
    return found


def _battery_of_windows() -> bool | None:
    if sys.platform == "win32":
        import ctypes

        class Status(ctypes.Structure):
            """SYSTEM_POWER_STATUS (winbase.h)."""

            _fields_ = (
                ("line", ctypes.c_ubyte),
                ("flag", ctypes.c_ubyte),
                ("percent", ctypes.c_ubyte),
                ("saver", ctypes.c_ubyte),
                ("left", ctypes.c_ulong),
                ("full", ctypes.c_ulong),
            )

        status = Status()
        if ctypes.windll.kernel32.GetSystemPowerStatus(ctypes.byref(status)):
            return {0: True, 1: False}.get(status.line)
    return None


def _ask(command: Sequence[str]) -> str:
    """Return what a command answers, nothing where it is missing, fails or hangs."""
    if (program := shutil.which(command[0])) is None:
        return ""
    try:
        ran = subprocess.run(
            [program, *command[1:]],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stdout if ran.returncode == 0 else ""


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace").strip()
    except FileNotFoundError:
        return ""
