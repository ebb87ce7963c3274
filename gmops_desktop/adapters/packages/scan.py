"""The scan of a host: one exec asks everything, a second one what names were needed for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from gmops_desktop.adapters.packages import apt, components, dnf, kernels, updaters
from gmops_desktop.adapters.packages.reading import Reading
from gmops_desktop.adapters.sections import Section, Shell, Unknown, collect
from gmops_desktop.context import Context
from gmops_desktop.contract.updates import Inventory
from gmops_desktop.language import tr

# Which manager is there tells what is asked: distributions of one ID come with one or the other.
# So that nothing stays behind, nothing but the managers' own lists is written on the host.
MANAGER: Final = r"""
M=; for m in apt-get dnf yum apk zypper; do
command -v $m >/dev/null && { M=$m; break; }; done
"""
_SCAN: Final = (
    MANAGER
    + r"""
s manager 'echo '$M'; test -n "'$M'"'
s system 'cat /etc/os-release || cat /etc/redhat-release'
case $M in
apt-get)"""
    + apt.SCRIPT
    + updaters.APT
    + ";;\ndnf|yum)\n"
    + dnf.SCRIPT
    + updaters.DNF
    + ";;\nesac\n"
    + kernels.SCRIPT
    + components.SCRIPT
)


def scan(shell: Shell, context: Context) -> Inventory:
    """Ask the host what waits; takes some seconds, some minutes where mirrors are slow."""
    sections = collect(shell, _SCAN, context, deadline=600)
    if _manager(Reading(sections)) == "apt":
        more = apt.follow_up(Reading(sections))
        if more:
            sections |= collect(shell, more, context, deadline=300)
    return inventory(sections, datetime.now(UTC))


def inventory(sections: Mapping[str, Section], at: datetime) -> Inventory:
    """Return what the sections of a scan say."""
    reading = Reading(sections)
    manager = _manager(reading)
    system, system_id, version = _system(reading.or_empty("system", "system"))
    reading.kernels = kernels.read(reading)
    reading.components = components.read(reading)
    unknown, lists_at = "", None
    kept: tuple[str, ...] = ()
    try:
        lists_at = _waiting(reading, manager, at)
        kept = tuple(one.name for one in reading.not_taken if one.reason not in ("held", "pro"))
    except Unknown as why:
        unknown = str(why)
        reading.updates, reading.held, reading.not_taken = (), (), ()
    if manager == "apt":
        apt.restart_facts(reading)
        reading.updaters = updaters.of_apt(reading)
    elif manager in ("dnf", "yum"):
        dnf.restart_facts(reading)
        reading.updaters = updaters.of_dnf(reading)
    return Inventory(
        resource_id="",
        at=at,
        manager=manager,
        system=system,
        updates=reading.updates,
        held=reading.held,
        kept_back=kept,
        reboot_required=reading.reboot_required,
        automatic=_automatic(reading, manager),
        unknown=unknown,
        lists_at=lists_at,
        notes=tuple(reading.notes),
        system_id=system_id,
        system_version=version,
        not_taken=reading.not_taken,
        repositories=reading.repositories,
        kernels=reading.kernels,
        reboot_packages=reading.reboot_packages,
        restarts=reading.restarts,
        updaters=reading.updaters,
        components=reading.components,
        download_bytes=reading.download_bytes,
        disk_bytes=reading.disk_bytes,
        unknowns=reading.unknowns,
    )


def _waiting(reading: Reading, manager: str, at: datetime) -> datetime | None:
    if manager == "apt":
        return apt.read(reading)
    if manager in ("dnf", "yum"):
        return dnf.read(reading, at)
    if not manager:
        raise Unknown(tr("no package manager was found on the host"))
    raise Unknown(
        tr("this version reads apt, dnf and yum, and the host uses {manager}", manager=manager)
    )


def _manager(reading: Reading) -> str:
    return reading.or_empty("manager").strip().removesuffix("-get")


def _automatic(reading: Reading, manager: str) -> bool | None:
    """Return whether something installs updates by itself; None where nobody knows."""
    states = [one.active for one in reading.updaters]
    if True in states:
        return True
    return None if None in states or manager not in ("apt", "dnf", "yum") else False


def _system(text: str) -> tuple[str, str, str]:
    """Return the system's name, its ID and its version, by os-release or an older file."""

    def field(name: str) -> str:
        found = re.search(rf"^{name}=([\"']?)(.*)\1$", text, re.MULTILINE)
        return found[2] if found else ""

    name, system_id, version = field("PRETTY_NAME"), field("ID"), field("VERSION_ID")
    if system_id == "centos" and "stream" in field("NAME").lower():
        system_id = "centos-stream"
    if not name:  # CentOS 6: "CentOS release 6.10 (Final)"
        old = re.match(r"(CentOS|Red Hat)[^\d\n]*(\d[\d.]*)[^\n]*", text)
        if old:
            return old[0].strip(), "centos" if old[1] == "CentOS" else "rhel", old[2]
    return name, system_id, version
