"""The lines of a look at a host."""

from __future__ import annotations

from gmops_desktop.contract.fact_lines.lines import Lines, noted, percent, size
from gmops_desktop.contract.looks import Disk, FailedLogins, HostDetails
from gmops_desktop.language import tr, tr_n

_LISTED = 12  # ports, at most
_NO_LIMIT = 10**15  # file handles: what newer kernels write for "as many as you like"


def write(seen: HostDetails, lines: Lines) -> None:
    """Add everything the look at a host found."""
    _system(seen, lines)
    _load(seen, lines)
    _disks(seen, lines)
    _network(seen, lines)
    _programs(seen, lines)
    _people(seen, lines)


def _system(seen: HostDetails, lines: Lines) -> None:
    lines.subject = tr("Operating system")
    lines.add("system", tr("Version"), seen.system or None)
    lines.add("kernel", tr("Kernel"), seen.kernel or None)
    up = seen.uptime_seconds
    lines.add("uptime", tr("Running for"),
              None if up is None else tr("{days} days {hours} h", days=int(up // 86400),
                                         hours=int(up % 86400 // 3600)))  # fmt: skip
    lines.add("boot", tr("This run of the host (boot id)"), seen.boot_id or None,
              "warning" if seen.restarted else None)  # fmt: skip
    clock = None
    if seen.clock_seconds is not None:
        ahead = f"{seen.clock_seconds:+.1f}"
        clock = tr("{seconds} s off", seconds=ahead) if seen.clock_seconds else tr("right")
    lines.add("clock", tr("Clock"), clock)


def _load(seen: HostDetails, lines: Lines) -> None:
    lines.subject = tr("Processor and memory")
    cpu = None
    if seen.cpu is not None and seen.iowait is not None and seen.steal is not None:
        cpu = tr("{busy} busy, {waiting} waiting for disks, {stolen} taken by others of the cloud",
                 busy=percent(seen.cpu), waiting=percent(seen.iowait),
                 stolen=percent(seen.steal))  # fmt: skip
    lines.add("cpu", tr("Processor"), cpu)
    load = None
    if seen.load1 is not None and seen.load5 is not None and seen.load15 is not None:
        load = f"{seen.load1:.2f} / {seen.load5:.2f} / {seen.load15:.2f}"
        if seen.cores:
            each = f"{seen.load5 / seen.cores:.2f}"
            load = tr("{load}; {each} on each of {cores} cores", load=load, each=each,
                      cores=seen.cores)  # fmt: skip
    lines.add("load", tr("Load (1 / 5 / 15 min)"), load)
    pressure = seen.pressure
    lines.add("pressure", tr("Pressure (1 min)"), None if pressure is None else
              tr("processor {cpu}, memory {memory}, disks {io}", cpu=percent(pressure.cpu),
                 memory=percent(pressure.memory), io=percent(pressure.io)))  # fmt: skip
    memory = None
    if seen.memory_share is not None and seen.memory_total and seen.memory_available is not None:
        memory = tr("{share} used, {free} of {total} available", share=percent(seen.memory_share),
                    free=size(seen.memory_available), total=size(seen.memory_total))  # fmt: skip
    lines.add("memory", tr("Memory"), memory)
    swap = None
    if seen.swap_total == 0:
        swap = tr("none set up")
    elif seen.swap_share is not None and seen.swap_total:
        swap = tr("{share} of {total} used", share=percent(seen.swap_share),
                  total=size(seen.swap_total))  # fmt: skip
    lines.add("memory", tr("Swap"), swap)
    moved = None
    if seen.swap_in is not None and seen.swap_out is not None:
        moved = tr("{read}/s in, {written}/s out", read=size(seen.swap_in),
                   written=size(seen.swap_out))  # fmt: skip
    lines.add("swap", tr("Swap traffic"), moved)
    handles = None
    if seen.files_open is not None and seen.files_most is not None:
        handles = f"{seen.files_open:,}"
        if seen.files_most < _NO_LIMIT:
            handles = tr("{count} of at most {most}", count=handles, most=f"{seen.files_most:,}")
    lines.add("files", tr("Open file handles"), handles)


def _disks(seen: HostDetails, lines: Lines) -> None:
    lines.subject = tr("Disks")
    for disk in seen.disks:
        lines.add("disks", disk.mount, _disk(disk), disk.state)
    if not seen.disks:
        lines.add("disks", tr("File systems"), None)
    if "inodes" in seen.sections:
        lines.add("inodes", tr("Inodes"), None)
    for work in seen.disk_work or ():
        lines.add("disk_busy", work.name,
                  tr("{busy} of the time at work, {read}/s read, {written}/s written",
                     busy=percent(work.busy), read=size(work.read),
                     written=size(work.written)))  # fmt: skip
    if not seen.disk_work:
        lines.add("disk_busy", tr("Work of the disks"), None)


def _disk(disk: Disk) -> str:
    said = tr("{share} used, {free} of {total} free", share=percent(disk.share),
              free=size(disk.available), total=size(disk.total))  # fmt: skip
    if disk.inode_share is None:
        return said
    return said + tr("; inodes {share} used", share=percent(disk.inode_share))


def _network(seen: HostDetails, lines: Lines) -> None:
    lines.subject = tr("Network")
    traffic = None
    if seen.out_mbit is not None and seen.in_mbit is not None:
        traffic = tr("{out} Mbit/s out, {into} Mbit/s in", out=f"{seen.out_mbit:.2f}",
                     into=f"{seen.in_mbit:.2f}")  # fmt: skip
    lines.add("traffic", tr("Traffic"), traffic)
    tcp = seen.tcp
    lines.add("sockets", tr("TCP connections"), None if tcp is None else
              tr("{used} in use, {waiting} ending, {orphaned} without a program",
                 used=tcp.in_use, waiting=tcp.time_wait, orphaned=tcp.orphaned))  # fmt: skip
    again = tcp.retransmitted if tcp else None
    lines.add("retransmits", tr("Sent again (TCP)"), None if again is None else percent(again))
    ports = None
    if seen.ports is not None:
        ports = tr(", ").join(
            noted(f"{one.protocol} {one.address}:{one.port}", one.program or tr("program not told"))
            for one in seen.ports[:_LISTED]
        )
        if len(seen.ports) > _LISTED:
            ports += " " + tr("and {count} more", count=len(seen.ports) - _LISTED)
    lines.add("ports", tr("Listening ports"), ports if ports != "" else tr("none"))


def _programs(seen: HostDetails, lines: Lines) -> None:
    lines.subject = tr("Programs")
    failed = None
    if seen.failed_units is not None:
        failed = ", ".join(seen.failed_units) or tr("none")
    lines.add("units", tr("Failed units"), failed, "warning" if seen.failed_units else "ok")
    for log in seen.unit_logs:
        if log.why:
            lines.unknown(log.unit, log.why)
        for line in log.lines:
            lines.add("units", log.unit, line)
    top = seen.top_cpu
    lines.add("top_cpu", tr("Most processor"), None if top is None else tr(", ").join(
        f"{one.name} {percent(one.cpu or 0)}" for one in top) or tr("none"))  # fmt: skip
    largest = seen.top_memory
    lines.add("top_memory", tr("Most memory"), None if largest is None else tr(", ").join(
        f"{one.name} {size(one.memory or 0)}" for one in largest))  # fmt: skip
    lines.add("processes", tr("Zombies"), None if seen.zombies is None else str(seen.zombies))
    lines.add("blocked", tr("Waiting for a disk"),
              None if seen.blocked is None else str(seen.blocked))  # fmt: skip
    lines.add("oom_kills", tr("Killed for memory since the start"),
              None if seen.oom_kills is None else str(seen.oom_kills))  # fmt: skip
    lines.add("oom", tr("Killed last"), None if seen.oom is None else tr(", ").join(
        f"{kill.program} {kill.at}".strip() for kill in seen.oom) or tr("none"))  # fmt: skip


def _people(seen: HostDetails, lines: Lines) -> None:
    lines.subject = tr("Logins")
    users = None
    if seen.users is not None:
        users = tr(", ").join(
            noted(f"{one.user} {one.source or one.terminal}", one.since) for one in seen.users
        ) or tr("nobody")
    lines.add("users", tr("Logged in"), users)
    failed = seen.failed_logins
    lines.add(
        "logins", tr("Refused in the last 24 h"), None if failed is None else _refused(failed)
    )


def _refused(failed: FailedLogins) -> str:
    said = str(failed.count) if failed.whole else tr("{count} or more", count=failed.count)
    if failed.sources:
        most = tr(", ").join(
            tr_n("{source} {count} time", "{source} {count} times", count,
                 source=source or tr("at the console"))
            for source, count in failed.sources
        )  # fmt: skip
        said = noted(said, most)
    return said
