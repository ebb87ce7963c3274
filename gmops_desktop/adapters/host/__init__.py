"""One look at a Linux host: one exec, each part with its own exit code and limit.

`script` is what runs there, the other modules read what it prints, by subject.  What a host does
not tell is unknown, and says why.  Rates are not measured here: they are the difference to the
look before (`contract.rates`), so that a look needs no pause.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from gmops_desktop.adapters.host import disks, kernel, network, people, programs
from gmops_desktop.adapters.host.programs import Running
from gmops_desktop.adapters.host.reading import Reading
from gmops_desktop.adapters.host.script import SCRIPT
from gmops_desktop.adapters.sections import Section, Shell, Unknown, collect
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import HostCounters, HostDetails, OomKill
from gmops_desktop.contract.rates import RATES, collecting
from gmops_desktop.language import tr

__all__ = ["SCRIPT", "look", "parse"]


def look(shell: Shell, context: Context, *, deadline: float = 60.0) -> HostDetails:
    """Look at the host behind `shell` once."""
    begun = time.time()
    sections = collect(shell, SCRIPT, context, deadline=deadline)
    return parse(sections, ours=(begun, time.time()))


def parse(
    sections: Mapping[str, Section], *, ours: tuple[float, float] = (0.0, 0.0)
) -> HostDetails:
    """Return what the sections say.  `ours` is our clock before and after, 0 if not known."""
    reading = Reading(sections)
    read = reading.read
    uptime = read("uptime", kernel.uptime)
    memory = read("memory", kernel.memory) or {}
    load = read("load", kernel.load) or (None, None, None)
    files = read("files", kernel.files) or (None, None)
    file_systems = read("disks", disks.file_systems, partly=True) or ()
    inodes = read("inodes", disks.inodes, partly=True) or {}
    running = read("processes", programs.processes)
    killed = read("oom_kills", kernel.oom_kills, "vm")
    return HostDetails(
        system=read("system", kernel.name) or "",
        kernel=read("kernel", kernel.release) or "",
        boot_id=read("boot", kernel.boot_id) or "",
        uptime_seconds=uptime,
        cores=read("cores", kernel.cores, "stat"),
        cpu=None,
        iowait=None,
        steal=None,
        memory_total=memory.get("total"),
        memory_available=memory.get("available"),
        swap_total=memory.get("swap_total"),
        swap_free=memory.get("swap_free"),
        load1=load[0],
        load5=load[1],
        load15=load[2],
        pressure=read("pressure", kernel.pressure, absent=kernel.without_pressure),
        disks=disks.with_inodes(file_systems, inodes),
        disk_busy=None,
        out_mbit=None,
        in_mbit=None,
        tcp=read("sockets", network.sockets),
        failed_units=read("units", programs.failed_units, absent=programs.without_systemd),
        unit_logs=read("unit_logs", programs.unit_logs, "units", absent=programs.without_systemd)
        or (),
        top_memory=read("top_memory", programs.top_memory, "processes", "page"),
        zombies=None if running is None else sum(state == "Z" for state, _ in running.values()),
        blocked=read("blocked", kernel.blocked, "stat"),
        oom_kills=killed,
        oom=() if killed == 0 else _killed(reading, uptime, counted=killed is not None),
        clock_seconds=_skew(reading, ours),
        users=read("users", people.users),
        failed_logins=read("logins", people.failed_logins, "logins", "today"),
        ports=read("ports", network.ports),
        files_open=files[0],
        files_most=files[1],
        counters=_counters(reading, uptime, running),
        sections=reading.unknown,
        notes=reading.notes,
    )


def _skew(reading: Reading, ours: tuple[float, float]) -> float | None:
    if not ours[1]:
        return None
    return reading.read("clock", lambda begin, end: kernel.skew(begin, end, ours), "begin", "end")


def _killed(reading: Reading, uptime: float | None, *, counted: bool) -> tuple[OomKill, ...] | None:
    """Return what was killed and when; without the counter, the kernel's log alone tells."""

    def read(text: str, now: str) -> tuple[OomKill, ...]:
        booted = None if uptime is None else kernel.epoch(now) - uptime
        found = programs.killed(text, booted)
        if counted and not found:
            raise Unknown(tr("the kernel's log no longer reaches back to it"))
        return found

    return reading.read("oom", read, "oom", "begin")


def _counters(
    reading: Reading, uptime: float | None, running: Mapping[str, Running] | None
) -> HostCounters | None:
    """Return what the next look takes its differences from."""
    read = reading.read
    cpu = read("cpu", kernel.cpu_times, "stat")
    traffic = read("traffic", network.traffic, "network", "route")
    work = read("disk_busy", disks.work, "diskstats")
    tcp = read("retransmits", network.segments, "snmp")
    swap = read("swap", kernel.swapped, "vm", "page")
    if running is None:
        reading.unknown["top_cpu"] = reading.unknown["processes"]
    for name in RATES:
        if name not in reading.unknown and name not in reading.notes:
            reading.notes[name] = collecting()
    if uptime is None:
        reading.unknown |= dict.fromkeys(RATES, reading.unknown["uptime"])
        return None
    return HostCounters(
        uptime,
        cpu or (),
        traffic or {},
        work or {},
        tcp or (),
        swap or (),
        programs.used_ticks(running or {}),
    )
