"""How a host is judged."""

from __future__ import annotations

from typing import Final

from gmops_desktop.contract.forecasts import hours_to_full
from gmops_desktop.contract.looks import HostDetails
from gmops_desktop.contract.metrics import free_of, per_core
from gmops_desktop.contract.thresholds import disk_level
from gmops_desktop.contract.verdicts.findings import Finding, Findings, tenth, whole
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.states import State, worst

# The sections of a host without which its state is not known.
_ESSENTIAL: Final = {
    "cpu": mark("processor"),
    "memory": mark("memory"),
    "disks": mark("disks"),
    "inodes": mark("inodes"),
    "load": mark("load"),
    "clock": mark("clock"),
    "units": mark("services"),
    "traffic": mark("network"),
    "disk_busy": mark("work of the disks"),
    "oom_kills": mark("programs killed for memory"),
    "boot": mark("restarts"),
}


def judge_host(seen: HostDetails, add: Findings) -> None:
    """Add to `add` what a look amounts to: findings by key, and figures for the card."""
    disk_state = _disks(seen, add)
    if seen.failed_units is None:
        add.findings["units"] = Finding("unknown")
    if seen.failed_units:
        add.add(
            "units",
            "warning",
            tr_n("The service {units} has failed.", "{count} services have failed: {units}.",
                 len(seen.failed_units), units=", ".join(seen.failed_units)),
        )  # fmt: skip
    cpu = add.judge("cpu", seen.cpu, tr("The processor is {value} % busy.", value=whole(seen.cpu)))
    share = seen.memory_share
    memory = add.judge("memory", share, tr("{value} % of the memory is used.", value=whole(share)))
    out = add.judge(
        "out_mbit", seen.out_mbit,
        tr("{value} Mbit/s leave the server, near the line's limit.", value=tenth(seen.out_mbit)),
    )  # fmt: skip
    load = per_core(seen)
    add.judge("load_per_core", load, tr("The load is {value} per core.", value=tenth(load)))
    add.judge(
        "iowait", seen.iowait,
        tr("The processor waits {value} % of the time for disks.", value=whole(seen.iowait)),
    )  # fmt: skip
    add.judge(
        "steal", seen.steal,
        tr("{value} % of the processor time go to other customers of the cloud.",
           value=whole(seen.steal)),
    )  # fmt: skip
    add.judge(
        "disk_busy", seen.disk_busy,
        tr("The busiest disk works {value} % of the time.", value=whole(seen.disk_busy)),
    )  # fmt: skip
    skew = None if seen.clock_seconds is None else abs(seen.clock_seconds)
    add.judge("clock", skew, tr("The server's clock is {value} s off.", value=whole(skew)))
    before = add.history.details
    if isinstance(before, HostDetails) and before.boot_id == seen.boot_id:
        killed = (seen.oom_kills or 0) - (before.oom_kills or 0)
        if killed > 0:
            add.add("oom", "warning", tr("The kernel killed a program because memory ran out."))
    if seen.restarted:
        add.add("restart", "warning", tr("The server was restarted since the last look."))
    add.unlearnt(seen.sections, _ESSENTIAL)

    disk_share = max((disk.share for disk in seen.disks), default=None)
    add.rate(tr("Processor"), whole(seen.cpu), "%", cpu, "cpu", waits="cpu" in seen.notes)
    add.figure(tr("Memory", context="figure"), whole(share), "%", memory, "memory")
    add.figure(tr("Fullest disk"), whole(disk_share), "%", disk_state, "disk")
    add.rate(tr("Outgoing", context="figure"), tenth(seen.out_mbit), "Mbit/s", out, "out_mbit",
             waits="traffic" in seen.notes)  # fmt: skip


def _disks(seen: HostDetails, add: Findings) -> State:
    """Judge each file system by its bytes, its inodes and how it fills; return the worst level."""
    levels: list[State] = []
    if not seen.disks:
        gone = [
            key for key in add.history.watches if key.startswith(("disk:", "inodes:", "fills:"))
        ]
        add.findings |= dict.fromkeys(gone, Finding("unknown"))
    for disk in seen.disks:
        key = f"disk:{disk.mount}"
        level = disk_level(disk.share, disk.available, add.limit(key), add.before(key))
        sentence = tr("{mount} is {share} % full, {free} GB are free.", mount=disk.mount,
                      share=round(disk.share), free=f"{disk.available / 1e9:.1f}")  # fmt: skip
        add.add(key, level, sentence)
        inodes = add.judge(
            f"inodes:{disk.mount}", disk.inode_share,
            tr("{mount}: {share} % of its inodes are used.",
               mount=disk.mount, share=whole(disk.inode_share)),
        )  # fmt: skip
        free = free_of(disk.mount)
        known = [*add.history.points(free), (add.history.at, float(disk.available))]
        hours = hours_to_full(known)
        fills = add.judge(
            f"fills:{disk.mount}", hours,
            tr("{mount} will be full in {hours} hours, as it fills now.",
               mount=disk.mount, hours=tenth(hours)),
        )  # fmt: skip
        levels += [level, inodes, fills]
    known_levels = [level for level in levels if level != "unknown"]
    return worst(known_levels) if known_levels else "unknown"
