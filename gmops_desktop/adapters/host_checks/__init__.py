"""What is looked at on a host before and after a change, in one exec.

`script` is what runs there, the other modules read what it prints, by subject.  Each part gives an
entry of its own, and the lists (services, ports, disks, logs) one for each thing on them, so that
what is missing later is seen.  What a host does not tell is unknown, and says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from gmops_desktop.adapters.host import disks, kernel
from gmops_desktop.adapters.host.reading import Reading
from gmops_desktop.adapters.host_checks import logs, manager, ports, units
from gmops_desktop.adapters.host_checks.script import Wanted, script_for
from gmops_desktop.adapters.sections import Section, Shell, Unknown, collect
from gmops_desktop.adapters.web import there
from gmops_desktop.context import Context
from gmops_desktop.contract.change_checks import Checked
from gmops_desktop.contract.fact_lines.lines import size
from gmops_desktop.contract.looks import Disk
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.states import State

__all__ = ["PARTS", "Wanted", "look", "parse", "unreached"]

# What every host is asked, and how it is called; each is an entry of its own.
PARTS: Final[dict[str, str]] = {
    "boot": mark("Start of the system"),
    "kernel": mark("Kernel"),
    "disks": mark("Disks"),
    "inodes": mark("Inodes"),
    "ports": mark("Listening ports"),
    "units": mark("Services"),
    "failed": mark("Failed units beside services"),
    "manager": mark("Package manager"),
    "logs": mark("Error logs"),
    "journal": mark("Errors in the journal"),
}


def look(
    shell: Shell, wanted: Wanted, context: Context, *, deadline: float = 90.0
) -> tuple[Checked, ...]:
    """Look at the host behind `shell` once; raises `OpsError` if the answer breaks off."""
    return parse(collect(shell, script_for(wanted), context, deadline=deadline), wanted)


def unreached(wanted: Wanted, why: str) -> tuple[Checked, ...]:
    """Return the entries of a host that could not be asked: all unknown."""
    found = [Checked(key, tr(name), "unknown", why) for key, name in PARTS.items()]
    return (*found, *(Checked(f"there:{url}", _there(url), "unknown", why) for url in wanted.urls))


def parse(sections: Mapping[str, Section], wanted: Wanted) -> tuple[Checked, ...]:
    """Return what the sections of an answer say, in the order of `PARTS`."""
    reading = Reading(sections)
    read = reading.read
    booted = read("boot", _booted, "boot", "uptime")
    release = read("kernel", kernel.release)
    file_systems = read("disks", disks.file_systems, partly=True)
    inodes = read("inodes", disks.inodes, partly=True)
    listening = read("ports", ports.compared(wanted.ports), "ports", "range")
    services = read("units", units.services(wanted.units), absent=units.without_systemd)
    failed = read("failed", units.failed, absent=units.without_systemd)
    healthy = read("manager", manager.health)
    counted = read("logs", logs.of_files)
    journal = read("journal", logs.of_journal, absent=logs.without_journal)

    def part(key: str, text: str, value: str = "") -> Checked:
        return Checked(key, tr(PARTS[key]), "ok", text, value)

    found: list[Checked | None] = [
        part("boot", *booted) if booted else None,
        part("kernel", release, release) if release else None,
        None if file_systems is None else part("disks", _systems(file_systems)),
        None if inodes is None else part("inodes", tr("read")),
        None if listening is None else part("ports", ports.summary(listening)),
        None if services is None else part("units", units.summary(services)),
        None if failed is None else part("failed", tr("none") if not failed else str(len(failed))),
        healthy,
        None if counted is None else counted[0],
        journal,
    ]
    entries = [_told(key, one, reading) for key, one in zip(PARTS, found, strict=True)]
    entries += _disks(file_systems or (), inodes or {})
    entries += [*(listening or ()), *(services or ()), *(failed or ()), *(counted or ())[1:]]
    entries += [_from_there(url, key, sections) for key, url in wanted.pages]
    return tuple(entries)


def _told(key: str, found: Checked | None, reading: Reading) -> Checked:
    """Return an entry as it was found, else why it was not."""
    if found is not None:
        return found
    if key in reading.notes and key not in reading.unknown:
        return Checked(key, tr(PARTS[key]), "ok", reading.notes[key])
    why = reading.unknown.get(key) or tr("the look did not learn it")
    return Checked(key, tr(PARTS[key]), "unknown", why)


def _booted(boot: str, uptime: str) -> tuple[str, str]:
    hours = kernel.uptime(uptime) / 3600
    return tr("{hours} h ago", hours=f"{hours:,.1f}"), kernel.boot_id(boot)


def _systems(found: tuple[Disk, ...]) -> str:
    return tr_n("{count} file system", "{count} file systems", len(found))


def _disks(found: tuple[Disk, ...], inodes: Mapping[str, float]) -> Iterator[Checked]:
    for disk in disks.with_inodes(found, inodes):
        text = tr("{free} of {total} are free, {share} % is used", free=size(disk.available),
                  total=size(disk.total), share=round(disk.share))  # fmt: skip
        if disk.inode_share is not None:
            text += tr(", {share} % of the inodes", share=round(disk.inode_share))
        title = tr("Disk {mount}", mount=disk.mount)
        yield Checked(f"disk:{disk.mount}", title, disk.state, text, within="disks")


def _there(url: str) -> str:
    return tr("{url}, from its server", url=url)


def _from_there(url: str, key: str, sections: Mapping[str, Section]) -> Checked:
    """Return what the host itself gets from a page.

    A host with neither curl nor wget cannot be asked; to install one would itself be a change, so
    this is a warning, and not what stops every change for ever.
    """
    entry, title = f"there:{url}", _there(url)
    try:
        seen = there.parse(sections.get(key))
    except there.NoTool as why:
        return Checked(entry, title, "warning", str(why), "no tool")
    except Unknown as why:
        return Checked(entry, title, "unknown", str(why))
    if seen.status is None:
        return Checked(entry, title, "critical", seen.fault)
    state: State = "critical" if there.broken(seen.status) else "ok"
    return Checked(entry, title, state, tr("status {code}", code=seen.status), str(seen.status))
