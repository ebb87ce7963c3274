"""What a host's package manager would update, and the simulation of it (apt; nothing is changed).

"No updates" is believed only when apt itself says so, from package lists that are there and fresh:
an empty answer of a broken collector must never read as "fully patched".
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from gmops_desktop.adapters.sections import Section, Shell, Unknown, collect, text_of
from gmops_desktop.context import Context
from gmops_desktop.contract.updates import Inventory, Plan, Update
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n

_STALE_DAYS: Final = 7

# The lists are refreshed only by somebody who may: it installs nothing.
_SCAN: Final = r"""
s manager 'for m in apt-get dnf yum apk zypper; do
command -v $m >/dev/null && { echo $m; exit 0; }; done; exit 1'
s system 'cat /etc/os-release'
s refresh 'eval "$(apt-config shell D Dir::State::lists/d)"
if [ -w "$D" ]; then apt-get -qq -o Acquire::http::Timeout=20 update; else echo not permitted; fi
' 90
s lists 'eval "$(apt-config shell D Dir::State::lists/d)"
ls "$D" | grep -c _Packages; stat -c %Y "$D" "$D/partial" | sort -n | tail -n 1; date +%s'
s upgrade 'apt-get -s -o Debug::NoLocking=1 --with-new-pkgs upgrade' 120
s held 'apt-mark showhold' 20
s reboot 'if [ -e /var/run/reboot-required ]; then echo yes
elif [ -e /usr/share/update-notifier/notify-reboot-required ]; then echo no
else echo unknown; fi'
s kernels 'uname -r; ls /boot | grep "^vmlinuz-[0-9]"'
s periodic 'apt-config dump'
"""

_PLAN: Final = r"""
s plan 'apt-get -s -o Debug::NoLocking=1 install --only-upgrade %s' 120
s space 'df -P -k / /var /usr /boot 2>/dev/null | sed 1d'
s services 'eval "$(apt-config shell S Dir::State::status/f)"
for p in %s; do dpkg-query --admindir="$(dirname "$S")" -L "$p" 2>/dev/null; done |
sed -n "s#^\(/usr\)\{0,1\}/lib/systemd/system/\([^/@]*\.service\)\$#\2#p" | sort -u' 30
s active 'systemctl list-units --type=service --state=active --plain --no-legend --no-pager'
"""

# Ran over 128 of 128 real lines: `Inst NAME [OLD] (NEW ORIGIN:VER/SUITE, ORIGIN... [ARCH]) []`.
_LINE: Final = re.compile(r"^Inst (\S+)(?: \[([^\]]*)\])? \((\S+) (.*?) \[(\w+)\]\)", re.MULTILINE)
_REMOVED: Final = re.compile(r"^Remv (\S+)", re.MULTILINE)
_SUMMARY: Final = re.compile(
    r"^(\d+) upgraded, (\d+) newly installed, (?:\d+ downgraded, )?(\d+) to remove", re.MULTILINE
)
_REBOOT: Final = re.compile(r"linux-image-|linux-modules-|intel-microcode|amd64-microcode")
_PERHAPS_REBOOT: Final = re.compile(r"(?:libc6|systemd|dbus|libssl\S*)$")


class PlanRefused(OpsError):
    """apt does not play through the plan: a version is gone, or its packages are broken."""


def scan(shell: Shell, context: Context) -> Inventory:
    """Ask the host what waits; takes some seconds, up to two minutes where mirrors are slow."""
    sections = collect(shell, _SCAN, context, deadline=240)
    return inventory(sections, datetime.now(UTC))


def simulate(shell: Shell, wanted: Sequence[Update], context: Context) -> Plan:
    """Let apt play through the upgrade to exactly the versions of `wanted`.

    Raises `PlanRefused` where apt refuses: a version is no longer offered, or something is broken.
    """
    if not wanted:
        raise OpsError(
            tr("There is nothing to simulate: no update was chosen."),
            hint=tr("Choose at least one package."),
        )
    words = [shlex.quote(f"{update.name}={update.new}") for update in wanted]
    names = [shlex.quote(update.name) for update in wanted]
    script = _PLAN % (_inside(" ".join(words)), _inside(" ".join(names)))
    sections = collect(shell, script, context, deadline=200)
    return plan(sections, datetime.now(UTC))


def inventory(sections: Mapping[str, Section], at: datetime) -> Inventory:
    """Return what the sections of a scan say."""
    manager = _or_empty(sections, "manager").strip().removesuffix("-get")
    notes: list[str] = []
    unknown = ""
    updates: tuple[Update, ...] = ()
    kept: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    lists_at: datetime | None = None
    try:
        if manager != "apt":
            raise Unknown(_no_apt(manager))
        lists_at = _lists(sections, notes)
        text = text_of(sections, "upgrade")
        updates = _upgrades(text)
        kept = _names_under(text, "have been kept back:", "deferred due to phasing:")
        held = tuple(text_of(sections, "held").split())
    except Unknown as why:
        unknown, updates = str(why), ()
    return Inventory(
        resource_id="",
        at=at,
        manager=manager,
        system=_system(_or_empty(sections, "system")),
        updates=updates,
        held=held,
        kept_back=tuple(name for name in kept if name not in held),
        reboot_required=_reboot(sections),
        automatic=_automatic(sections) if manager == "apt" else None,
        unknown=unknown,
        lists_at=lists_at,
        notes=tuple(notes),
    )


def plan(sections: Mapping[str, Section], at: datetime) -> Plan:
    """Return what the sections of a simulation say."""
    try:
        text = text_of(sections, "plan")
        upgrades = tuple(update for update in _lines(text) if update.old)
        if _SUMMARY.search(text) is None:
            raise Unknown(tr("apt gave no summary"))
    except Unknown as why:
        raise PlanRefused(
            tr("The upgrade cannot be simulated: {why}.", why=str(why).rstrip(".")),
            hint=tr("Scan the server again: what it offers may have changed."),
            unharmed=tr("Nothing was installed or changed on the server."),
        ) from why
    installs = tuple(f"{line.name} {line.new}" for line in _lines(text) if not line.old)
    names = [update.name for update in upgrades]
    reboot: bool | None = False
    if any(_REBOOT.match(name) for name in (*names, *installs)):
        reboot = True
    elif any(_PERHAPS_REBOOT.match(name) for name in names):
        reboot = None
    return Plan(
        packages=upgrades,
        installs=installs,
        removes=tuple(_REMOVED.findall(text)),
        services=_services(sections),
        reboot=reboot,
        text=text.strip(),
        simulated_at=at,
        disk_free=_free(sections),
    )


def _upgrades(text: str) -> tuple[Update, ...]:
    """Return the upgrades; apt's own count must agree with ours."""
    summary = _SUMMARY.search(text)
    found = _lines(text)
    if summary is None:
        raise Unknown(tr("apt gave no summary"))
    upgraded = sum(1 for update in found if update.old)
    if (upgraded, len(found) - upgraded) != (int(summary[1]), int(summary[2])):
        raise Unknown(tr("apt's answer has a form we do not know"))
    return tuple(update for update in found if update.old)


def _lines(text: str) -> list[Update]:
    """Return every package apt would unpack; several origins may stand in one line."""
    found = []
    for name, old, new, origins, arch in _LINE.findall(text):
        suites = [origin.rpartition("/")[2].strip() for origin in origins.split(", ")]
        security = any(suite.endswith("-security") for suite in suites)
        found.append(Update(name, arch, old, new, origins, security))
    return found


def _lists(sections: Mapping[str, Section], notes: list[str]) -> datetime | None:
    """Return when the package lists were fetched; raises `Unknown` where they are none or old."""
    words = text_of(sections, "lists").split()
    if len(words) != 3:
        raise Unknown(tr("the package lists cannot be read"))
    count, fetched, now = (int(word) for word in words)
    if not count:
        raise Unknown(tr("the host has no package lists; apt-get update must run there first"))
    refresh = sections.get("refresh")
    said = refresh.text.strip() if refresh else ""
    if refresh and not refresh.status and "not permitted" not in said and "E:" not in said:
        return datetime.fromtimestamp(now, UTC)
    days = (now - fetched) / 86400
    if days > _STALE_DAYS:
        raise Unknown(
            tr("its package lists are {days} days old and could not be fetched anew",
               days=round(days))
        )  # fmt: skip
    notes.append(
        tr_n("The package lists are {count} day old and could not be fetched anew.",
             "The package lists are {count} days old and could not be fetched anew.", round(days))
    )  # fmt: skip
    return datetime.fromtimestamp(fetched, UTC)


def _names_under(text: str, *headings: str) -> tuple[str, ...]:
    """Return the names apt lists, indented, under its headings."""
    found: list[str] = []
    for heading in headings:
        block = re.search(rf"{re.escape(heading)}\n((?:[ \t]+\S.*\n?)+)", text)
        found += block[1].split() if block else []
    return tuple(found)


def _no_apt(manager: str) -> str:
    if not manager:
        return tr("no package manager was found on the host")
    return tr("this version reads apt, and the host uses {manager}", manager=manager)


def _reboot(sections: Mapping[str, Section]) -> bool | None:
    """Return whether a restart is due: the host's own mark, or a newer kernel of its flavour."""
    said = _or_empty(sections, "reboot").strip()
    if said == "yes":
        return True
    running, *installed = _or_empty(sections, "kernels", partly=True).split() or [""]
    flavour = re.sub(r"^[\d.]+-?\d*-?", "", running)
    same = [
        name.removeprefix("vmlinuz-")
        for name in installed
        if re.sub(r"^vmlinuz-[\d.]+-?\d*-?", "", name) == flavour
    ]
    if running in same:
        return max(same, key=_numbers) != running
    return False if said == "no" else None


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _automatic(sections: Mapping[str, Section]) -> bool | None:
    """Return whether the host installs updates by itself, without anybody being told."""
    dump = _or_empty(sections, "periodic")
    if not dump:
        return None
    found = re.search(r'^APT::Periodic::Unattended-Upgrade "(.*)";$', dump, re.MULTILINE)
    return found is not None and found[1] not in ("", "0")


def _services(sections: Mapping[str, Section]) -> tuple[str, ...]:
    """Return the services of the packages; only the active ones, where the host says which."""
    own = tuple(_or_empty(sections, "services").split())
    lines = _or_empty(sections, "active").splitlines()
    active = {line.split()[0] for line in lines if line.strip()}
    return tuple(name for name in own if name in active) if active else own


def _free(sections: Mapping[str, Section]) -> int | None:
    rows = [line.split() for line in _or_empty(sections, "space", partly=True).splitlines()]
    free = [int(row[3]) * 1024 for row in rows if len(row) > 5 and row[3].isdigit()]
    return min(free, default=None)


def _system(text: str) -> str:
    found = re.search(r'^PRETTY_NAME=(["\']?)(.*)\1$', text, re.MULTILINE)
    return found[2] if found else ""


def _or_empty(sections: Mapping[str, Section], key: str, *, partly: bool = False) -> str:
    try:
        return text_of(sections, key, partly=partly)
    except Unknown:
        return ""


def _inside(words: str) -> str:
    """Return `words` fit to stand inside the single quotes of a section's command."""
    return words.replace("'", "'\\''")
