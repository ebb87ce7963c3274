"""Whether a host's package manager could begin now, and what a change altered on the host."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.packages.applying import folder
from gmops_desktop.adapters.packages.reading import Reading, inside
from gmops_desktop.adapters.packages.scan import MANAGER
from gmops_desktop.adapters.sections import Section, Shell, Unknown, collect
from gmops_desktop.context import Context
from gmops_desktop.contract.updates import Plan
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

# Who holds a lock is in /proc/locks by inode, and that needs neither rights nor tools; where we may
# see what a process has open, one with the same inode of another disk is told apart.
_HOLDERS: Final = r"""
holders() {
  i=$(stat -L -c %i "$1" 2>/dev/null) || return
  t=$(readlink -f "$1")
  for p in $(sed -n "s/^[^>]* \([0-9][0-9]*\) [0-9a-f:]*:$i .*/\1/p" /proc/locks | sort -u); do
    [ -r /proc/$p/fd ] && ! ls -l /proc/$p/fd | grep -qF -- " -> $t" && continue
    echo "$p $(cat /proc/$p/comm 2>/dev/null)"
  done
}
"""
_READY: Final = (
    MANAGER
    + r"""
export M
s manager 'echo '$M'; test -n "'$M'"'
case $M in
apt-get)
s locks 'HOLDERS
eval "$(apt-config shell S Dir::State::status/f L Dir::State::lists/d A Dir::Cache::archives/d)"
for f in "${S%/*}/lock-frontend" "${S%/*}/lock" "${L}lock" "${A}lock"; do holders "$f"; done; :'
s state 'eval "$(apt-config shell S Dir::State::status/f)"
ls "${S%/*}/updates" | grep -q "^[0-9][0-9]*$" && echo interrupted
dpkg-query --admindir="${S%/*}" -W -f "\${db:Status-Status} \${binary:Package}\n" |
sed -n "/^installed \|^config-files \|^not-/!s/.* /half /p"; :' 60
s whole 'apt-get check -q -o Debug::NoLocking=1' 60
s held 'apt-mark showhold' 20
s sizes 'apt-cache show --no-all-versions NAMES | sed -n "s/^Installed-Size: //p"' 60
;;
dnf|yum)
s locks 'HOLDERS
for f in /var/lib/rpm/.rpm.lock /usr/lib/sysimage/rpm/.rpm.lock; do holders "$f"; done
for f in /var/cache/dnf/*.pid /var/lib/dnf/*.pid /run/yum.pid; do
  [ -f "$f" ] && read -r p <"$f" && [ -d "/proc/$p" ] && echo "$p $(cat /proc/$p/comm)"
done; :'
s state 'ls /var/lib/yum 2>/dev/null | grep -q ^transaction-all && echo interrupted
rpm -qa --qf "%{NAME}.%{ARCH}\n" | grep -v "^gpg-pubkey\|^kernel" | sort | uniq -d |
sed "s/^/half /"; :' 60
s whole 'rpm -qa | grep -q .' 60
;;
esac
s units 'for u in UNITS; do
[ "$(systemctl show -p LoadState --value -- "$u" 2>/dev/null)" != not-found ] || echo "$u"; done'
"""
)

_CHANGED: Final = (
    MANAGER
    + r"""
export M
if [ "$(id -u)" = 0 ]; then base=/var/tmp/gmops-runs; root=; else
  base=/var/tmp/gmops-runs-$(id -u); root="sudo -n"; fi
kept=${GMOPS_RUNS:-$base}/kept/CHANGE; export kept root
s packages '[ -f "$kept/packages" ] || exit 1
if [ '$M' = apt-get ]; then eval "$(apt-config shell S Dir::State::status/f)"
f="\${Package}:\${Architecture} \${Version}/\${db:Status-Status}\n"
dpkg-query --admindir="${S%/*}" -W -f "$f" | sed "s,/installed$,,"
else rpm -qa --qf "%{NAME}.%{ARCH}=%{EVR} %{EVR}\n"; fi | sort -k 1,1 |
join -a 1 -a 2 -e - -o 0,1.2,2.2 "$kept/packages" - | awk "\$2 != \$3"' 60
s settings '[ -f "$kept/settings" ] || exit 1
if [ '$M' = apt-get ]; then eval "$(apt-config shell D Dir/d)"; fi
$root find "${D%/}/etc" -xdev -type f ! -name ld.so.cache -exec sha256sum {} + | sort |
comm -3 "$kept/settings" -' 60
"""
)


@dataclass(frozen=True, slots=True)
class Readiness:
    """`why_not` says why the package manager cannot begin now ("" if it can); `disk_needed` is what
    the installation may take besides the packages themselves, in bytes, None where not known."""

    why_not: str
    disk_needed: int | None = None


@dataclass(frozen=True, slots=True)
class Altered:
    """What is otherwise than before: packages (name, version before, version now) and files of the
    settings (path, SHA-256 before, SHA-256 now); "" for one that was or is not there."""

    packages: tuple[tuple[str, str, str], ...]
    files: tuple[tuple[str, str, str], ...]


def readiness(shell: Shell, plan: Plan, context: Context) -> Readiness:
    """Ask whether somebody holds the manager's locks, and whether something is half done."""
    names = " ".join(shlex.quote(f"{one.name}={one.new}") for one in plan.packages)
    script = _READY.replace("HOLDERS", _HOLDERS).replace("NAMES", inside(names))
    script = script.replace("UNITS", inside(shlex.join(plan.restarts)))
    reading = Reading(collect(shell, script, context, deadline=240))
    try:
        return Readiness(_why_not(reading, plan), _needed(reading, plan))
    except Unknown as why:
        return Readiness(tr("The state of the package manager is not known: {why}.",
                            why=str(why).rstrip(".")))  # fmt: skip


def altered(shell: Shell, change_id: str, context: Context) -> Altered:
    """Return what is otherwise than when the change began; raises `OpsError` where nobody knows."""
    script = _CHANGED.replace("CHANGE", folder(change_id))
    sections = collect(shell, script, context, deadline=150)
    reading = Reading(sections)
    try:
        return Altered(_packages(reading.text("packages")), _files(reading.text("settings")))
    except Unknown as why:
        raise OpsError(
            tr("What the change altered is not known: {why}.", why=str(why).rstrip(".")),
            hint=tr("What was there before is kept on the server from the begin of the change on."),
        ) from why


def _why_not(reading: Reading, plan: Plan) -> str:
    faults: list[str] = []
    if holders := sorted(set(reading.text("locks").splitlines()) - {""}):
        said = ", ".join("{1} ({0})".format(*line.split(" ", 1)) for line in holders)
        faults.append(tr("Another program holds the lock of the package manager: {who}.",
                         who=said))  # fmt: skip
    lines = reading.text("state").split("\n")
    if "interrupted" in lines:
        faults.append(tr("The package manager was interrupted on the server; mend that first."))
    if half := [line.removeprefix("half ") for line in lines if line.startswith("half ")]:
        faults.append(tr("Packages are only half installed: {names}.", names=", ".join(half)))
    if gone := reading.or_empty("units").split():
        faults.append(tr("Units of the plan that are to be restarted are not there: {names}.",
                         names=", ".join(gone)))  # fmt: skip
    section = reading.sections.get("whole")
    if section is None or section.status:
        faults.append(tr("The package manager finds its packages broken: {why}.",
                         why=_said(section)))  # fmt: skip
    held = set(reading.or_empty("held").split())
    if stuck := sorted({one.name for one in plan.packages} & held):
        faults.append(tr("Packages of the plan are held now: {names}.", names=", ".join(stuck)))
    return "\n".join(faults)


def _said(section: Section | None) -> str:
    text = section.text if section else ""
    lines = re.findall(r"^E: (.+)$", text, re.MULTILINE) or text.strip().splitlines()
    return lines[-1].strip().rstrip(".") if lines else tr("it does not say why")


def _needed(reading: Reading, plan: Plan) -> int | None:
    """Return the room for new and old packages and for what they unpack to; None where nobody says
    either."""
    sizes = [int(line) * 1024 for line in reading.or_empty("sizes").split() if line.isdigit()]
    unpacked = sum(sizes) if plan.manager == "apt" else None
    fetched = plan.download_bytes
    if fetched is None:
        # No package is larger than what it unpacks to.
        return 3 * unpacked if unpacked else None
    return 2 * fetched + (4 * fetched if unpacked is None else unpacked)


def _packages(text: str) -> tuple[tuple[str, str, str], ...]:
    """Read lines of name, version before and version now; rpm's names hold the version, as several
    of one name may be there."""
    before: dict[str, list[str]] = {}
    now: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, old, new = line.split()
        name = key.partition("=")[0]
        before.setdefault(name, []).extend([old] if old != "-" else [])
        now.setdefault(name, []).extend([new] if new != "-" else [])
    return tuple((name, ", ".join(before[name]), ", ".join(now[name])) for name in sorted(before))


def _files(text: str) -> tuple[tuple[str, str, str], ...]:
    """Read the lines of `comm`: what stands only in the first list, behind a tab what only in the
    second."""
    before: dict[str, str] = {}
    now: dict[str, str] = {}
    for line in text.splitlines():
        digest, _, path = line.strip("\t").partition("  ")
        (now if line.startswith("\t") else before)[path.lstrip("*")] = digest
    return tuple(
        (path, before.get(path, ""), now.get(path, "")) for path in sorted({*before, *now})
    )
