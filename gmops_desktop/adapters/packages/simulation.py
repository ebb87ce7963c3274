"""Let the package manager play an upgrade through, to exactly the versions that were chosen."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from gmops_desktop.adapters.packages import apt, restarting
from gmops_desktop.adapters.packages.dnf import evr
from gmops_desktop.adapters.packages.reading import Reading, inside
from gmops_desktop.adapters.packages.scan import MANAGER
from gmops_desktop.adapters.sections import Section, Shell, Unknown, collect
from gmops_desktop.context import Context
from gmops_desktop.contract.updates import Plan, Update
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

# `--assumeno` resolves everything, asks, answers itself "no" and ends with 1: that is the success.
_PLAN: Final = (
    MANAGER
    + r"""
export M
s manager 'echo '$M'; test -n "'$M'"'
s space 'df -P -k / /var /usr /boot 2>/dev/null | sed 1d'
case $M in
apt-get)
%(restarts_apt)s
s plan 'apt-get -s -o Debug::NoLocking=1 install --only-upgrade %(apt)s' 120
s sizes 'apt-get --print-uris -y -o Debug::NoLocking=1 install --only-upgrade %(apt)s' 120
s services 'eval "$(apt-config shell S Dir::State::status/f)"
for p in %(names)s; do dpkg-query --admindir="$(dirname "$S")" -L "$p" 2>/dev/null; done |
sed -n "s#^\(/usr\)\{0,1\}/lib/systemd/system/\([^/@]*\.service\)\$#\2#p" | sort -u' 30
;;
dnf|yum)
%(restarts_dnf)s
s plan 'unset LC_ALL; LC_MESSAGES=C LC_CTYPE=en_US.UTF-8; export LC_MESSAGES LC_CTYPE
$M upgrade --assumeno %(dnf)s 2>&1' 240
s services 'rpm -ql %(names)s 2>/dev/null |
sed -n "s#^\(/usr\)\{0,1\}/lib/systemd/system/\([^/@]*\.service\)\$#\2#p" | sort -u' 30
;;
esac
s active 'systemctl list-units --type=service --state=active --plain --no-legend --no-pager'
"""
)

_REBOOT: Final = re.compile(
    r"linux-image-|linux-modules-|intel-microcode|amd64-microcode"
    r"|kernel(?:-core|-modules|-rt|-uek|-tlinux\S*)?$|microcode_ctl$|linux-firmware$"
)
_PERHAPS_REBOOT: Final = re.compile(
    r"(?:libc6|glibc|systemd|dbus|dbus-broker|libssl\S*|openssl-libs)$"
)
_SIZE: Final = re.compile(r"^Total (?:download )?size: ([\d.]+)(?: ([kMGT]))?", re.MULTILINE)
_POWERS: Final = {None: 1, "k": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_COUNTS: Final = re.compile(
    r"^(Install|Upgrade|Remove|Downgrade)\s+(\d+) (?:\(\+\s*(\d+) Dependent )?[Pp]ackages?",
    re.MULTILINE,
)


class PlanRefused(OpsError):
    """The manager does not play the plan through: a version is gone, or packages are broken."""


def simulate(shell: Shell, wanted: Sequence[Update], context: Context) -> Plan:
    """Let the host's manager play through the upgrade to exactly the versions of `wanted`.

    Raises `PlanRefused` where it refuses: a version is no longer offered, or something is broken.
    dnf and yum play nothing through for anybody but root.
    """
    if not wanted:
        raise OpsError(
            tr("There is nothing to simulate: no update was chosen."),
            hint=tr("Choose at least one package."),
        )
    names = " ".join(shlex.quote(one.name) for one in wanted)
    script = _PLAN % {
        "apt": _words(f"{one.name}={one.new}" for one in wanted),
        "dnf": _words(f"{one.name}-{one.new}.{one.arch}" for one in wanted),
        "names": _words(one.name for one in wanted),
        "restarts_apt": restarting.script("apt", names),
        "restarts_dnf": restarting.script("dnf", names),
    }
    sections = collect(shell, script, context, deadline=600)
    found = plan(sections, datetime.now(UTC))
    if found.manager in ("dnf", "yum"):
        return _with_what_is_known(found, wanted)
    return found


def plan(sections: Mapping[str, Section], at: datetime) -> Plan:
    """Return what the sections of a simulation say."""
    reading = Reading(sections)
    manager = reading.or_empty("manager").strip().removesuffix("-get") or "apt"
    try:
        found = _of_dnf(reading, manager, at) if manager in ("dnf", "yum") else _of_apt(reading, at)
    except Unknown as why:
        raise PlanRefused(
            tr("The upgrade cannot be simulated: {why}.", why=str(why).rstrip(".")),
            hint=tr("Scan the server again: what it offers may have changed."),
            unharmed=tr("Nothing was installed or changed on the server."),
        ) from why
    names = [one.name for one in found.packages] + [one.split()[0] for one in found.installs]
    asks, no_restart, unknown = restarting.read(reading, names, found.services)
    return replace(found, asks=asks, no_restart=no_restart, asks_unknown=unknown)


def _of_apt(reading: Reading, at: datetime) -> Plan:
    text = reading.text("plan")
    found = apt.lines(text)
    if apt.SUMMARY.search(text) is None:
        raise Unknown(tr("apt gave no summary"))
    upgrades = tuple(update for update in found if update.old)
    installs = tuple(f"{line.name} {line.new}" for line in found if not line.old)
    said = reading.or_empty("sizes")
    sizes = apt.download_sizes(said)
    return Plan(
        packages=tuple(replace(one, bytes=sizes.get(one.name)) for one in upgrades),
        installs=installs,
        removes=tuple(apt.REMOVED.findall(text)),
        services=_services(reading),
        reboot=_reboot([update.name for update in upgrades], installs),
        text=text.strip(),
        simulated_at=at,
        disk_free=_free(reading),
        manager="apt",
        download_bytes=sum(sizes.values()) if apt.SUMMARY.search(said) else None,
    )


def _of_dnf(reading: Reading, manager: str, at: datetime) -> Plan:
    section = reading.sections.get("plan")
    text = section.text if section else ""
    if section is None or section.status != 1 or not _declined(text):
        raise Unknown(_refusal(reading, text))
    rows = _transaction(text)
    # Rows must be as many as dnf itself counts, else its table has a form we do not know.
    counted = {"Install": 0, "Upgrade": 0, "Remove": 0, "Downgrade": 0}
    for verb, count, more in _COUNTS.findall(text):
        counted[verb] += int(count) + int(more or 0)
    ours = {verb: sum(row.verb == verb for row in rows) for verb in counted}
    if ours != counted or not rows:
        raise Unknown(tr("{program}'s answer has a form we do not know", program=manager))
    upgrades = tuple(
        Update(row.name, row.arch, "", row.version, row.repository, False)
        for row in rows
        if row.verb == "Upgrade"
    )
    installs = tuple(f"{row.name} {row.version}" for row in rows if row.verb == "Install")
    size = _SIZE.search(text)
    return Plan(
        packages=upgrades,
        installs=installs,
        removes=tuple(row.name for row in rows if row.verb == "Remove"),
        services=_services(reading),
        reboot=_reboot([row.name for row in rows if row.verb in ("Install", "Upgrade")], ()),
        text=text.strip(),
        simulated_at=at,
        disk_free=_free(reading),
        manager=manager,
        download_bytes=round(float(size[1]) * _POWERS[size[2]]) if size else None,
        obsoletes=tuple(f"{old} by {row.name}" for row in rows for old in row.replaces),
    )


class _Row:
    """A row of dnf's table of a transaction."""

    def __init__(self, verb: str, words: Sequence[str]) -> None:
        self.verb = verb
        self.name, self.arch, version, self.repository = words[:4]
        self.version = evr(version)
        self.replaces: list[str] = []


_VERBS: Final = (
    ("Install", re.compile(r"^(?:Installing|Reinstalling)\b.*:$")),
    ("Upgrade", re.compile(r"^(?:Upgrading|Updating)\b.*:$")),
    ("Remove", re.compile(r"^Removing\b.*:$")),
    ("Downgrade", re.compile(r"^Downgrading\b.*:$")),
)


def _transaction(text: str) -> list[_Row]:
    """Return the rows of the table; what is too long for its column goes on in the next line."""
    table = re.split(r"^Transaction Summary", text, flags=re.MULTILINE)[0]
    rows: list[_Row] = []
    verb, words = "", list[str]()
    for line in table.splitlines():
        heading = next((name for name, form in _VERBS if form.match(line)), "")
        if heading or not line.startswith(" "):
            verb, words = heading, []
            continue
        replaced = re.match(r"\s+replacing\s+(\S+?)\.\w+ \S+", line)
        if replaced and rows:
            rows[-1].replaces.append(replaced[1])
            continue
        words += line.split()
        # Name, architecture, version, repository, size, and its unit where it has one.
        if verb and len(words) >= 5:
            rows.append(_Row(verb, words))
            words = []
    return rows


def _declined(text: str) -> bool:
    """Return whether everything was resolved and then answered with "no"."""
    ended = re.search(r"^(?:Operation aborted\.|Exiting on user command)", text, re.MULTILINE)
    return bool(ended and "Transaction Summary" in text and not re.search(
        r"^(?:Error:|No match for argument|No package .* available|Problem)", text, re.MULTILINE
    ))  # fmt: skip


def _refusal(reading: Reading, text: str) -> str:
    """Return in dnf's own words why it does not play the plan through."""
    for form in (r"^No match for argument: .+", r"^Error: *\n? *(.+)", r"^No package .+",
                 r"^.*superuser privileges.*", r"^.*nothing provides.*",
                 r"^Nothing to do\."):  # fmt: skip
        found = re.search(form, text, re.MULTILINE)
        if found:
            return found[0].strip()
    try:
        reading.text("plan")
    except Unknown as why:
        return str(why)
    return tr("{program}'s answer has a form we do not know", program="dnf")


def _with_what_is_known(found: Plan, wanted: Sequence[Update]) -> Plan:
    """Return the plan with what the scan knew of each package; all that were wanted must be there.

    dnf goes on without a version that it does not find, as if nobody had asked for it.
    """
    known = {(one.name, one.arch, one.new): one for one in wanted}
    planned = {(one.name, one.arch, one.new) for one in found.packages}
    # A kernel is installed beside the old one, and stands among what comes new.
    beside = {tuple(one.split(" ", 1)) for one in found.installs}
    missing = [
        f"{one.name} {one.new}"
        for key, one in known.items()
        if key not in planned and (one.name, one.new) not in beside
    ]
    if missing:
        raise PlanRefused(
            tr("The upgrade cannot be simulated: {why}.",
               why=tr("not offered any more: {names}", names=", ".join(missing))),
            hint=tr("Scan the server again: what it offers may have changed."),
            unharmed=tr("Nothing was installed or changed on the server."),
        )  # fmt: skip
    packages = tuple(known.get((one.name, one.arch, one.new), one) for one in found.packages)
    return replace(found, packages=packages)


def _reboot(names: Sequence[str], installs: Sequence[str]) -> bool | None:
    """Return whether the host must restart afterwards; None for what only perhaps asks for it."""
    if any(_REBOOT.match(name) for name in (*names, *installs)):
        return True
    return None if any(_PERHAPS_REBOOT.match(name) for name in names) else False


def _services(reading: Reading) -> tuple[str, ...]:
    """Return the services of the packages; only the active ones, where the host says which."""
    own = tuple(reading.or_empty("services").split())
    rows = [line.split() for line in reading.or_empty("active").splitlines()]
    active = {row[0] for row in rows if row and row[0].endswith(".service")}
    return tuple(name for name in own if name in active) if active else own


def _free(reading: Reading) -> int | None:
    rows = [line.split() for line in reading.or_empty("space", partly=True).splitlines()]
    free = [int(row[3]) * 1024 for row in rows if len(row) > 5 and row[3].isdigit()]
    return min(free, default=None)


def _words(words: Iterable[str]) -> str:
    return inside(" ".join(shlex.quote(word) for word in words))
