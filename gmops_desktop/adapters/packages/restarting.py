"""What must restart after an upgrade, as far as the host can say before it.

Asked is what asks already (needrestart, reboot-required, dnf's needs-restarting) and which services
have files of the packages open: their processes' maps against the packages' lists of files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from gmops_desktop.adapters.packages.reading import Reading, inside
from gmops_desktop.adapters.sections import Unknown
from gmops_desktop.contract.restarts import HOST, Restart, Why
from gmops_desktop.language import tr

# Lines "UNIT PACKAGE" for each service that has a file of a package open.  Paths are compared
# without /usr, into which older trees are merged; documents and data are not what runs.
_USERS: Final = r"""
R=; [ "$(id -u)" = 0 ] || R="sudo -n"
$R true 2>/dev/null || exit 77
{ for p in NAMES; do FILES "$p" 2>/dev/null | sed "s,^/usr/,/,;\,^/share/,d;s,^,$p ,"; done
echo "#"
$R sh -c 'cd /proc && for p in [0-9]*; do
u=$(sed -n "s,^\(0::\|[0-9]*:name=systemd:\).*/system\.slice/\(.*/\)*\([^/]*\.service\).*$,\3,p" \
  $p/cgroup 2>/dev/null | head -n 1)
[ -z "$u" ] || sed "s,^,$u ," $p/maps 2>/dev/null; done; :'
} | awk '$0 == "#" { maps = 1; next }
!maps { of[$2] = $1; next }
$7 ~ /^\// { f = $7; sub(/^\/usr\//, "/", f); if (f in of) print $1, of[f] }' | sort -u
"""
# Where the packages lie in another root than the running system's, nothing here is about them.
_APT: Final = r"""
s here 'eval "$(apt-config shell D Dir/d)"; [ "$D" = / ] || { echo "$D"; exit 3; }
[ -d /run/systemd/system ] || exit 4'
s marked 'eval "$(apt-config shell D Dir/d)"; [ "$D" = / ] || exit 0
[ -e /var/run/reboot-required ] || exit 0
echo reboot-required; cat /var/run/reboot-required.pkgs 2>/dev/null; :'
s stale 'eval "$(apt-config shell D Dir/d)"; [ "$D" = / ] || exit 0
command -v needrestart >/dev/null || { echo needrestart; exit 127; }
R=; [ "$(id -u)" = 0 ] || R="sudo -n"; $R true 2>/dev/null || exit 77
$R needrestart -b -r l 2>/dev/null' 60
"""
_DNF: Final = r"""
s here '[ -d /run/systemd/system ] || exit 4'
s marked 'R=needs-restarting; command -v $R >/dev/null || R="$M -q $R"
$R -r; [ $? -le 1 ]' 60
s stale 'S=; [ "$(id -u)" = 0 ] || S="sudo -n"; $S true 2>/dev/null || exit 77
R=needs-restarting; command -v $R >/dev/null || R="$M -q $R"; $S $R -s' 60
"""
_FILES_OF_DPKG: Final = 'dpkg-query --admindir="${S%/*}" -L'

_KERNEL: Final = re.compile(
    r"linux-image-|linux-modules-|kernel(?:-core|-modules|-rt|-uek|-tlinux\S*)?$"
)
_MICROCODE: Final = re.compile(r"intel-microcode|amd64-microcode|microcode_ctl$|linux-firmware$")
_CORE: Final = re.compile(
    r"(?:libc6|libc-bin|glibc\S*|systemd|libsystemd0|libsystemd-shared|systemd-libs|dbus|dbus-daemon"
    r"|dbus-broker|libdbus-1-3)$"
)
# needrestart leaves these alone, too: with them sessions, seats or the network would go.
_WHOLE: Final = re.compile(
    r"(?:dbus|dbus-broker|systemd-(?:logind|journald|udevd|networkd|resolved|machined)|elogind"
    r"|NetworkManager|networking|network|wpa_supplicant|polkit|ModemManager|gdm3?|lightdm|sddm"
    r"|getty@\S+|serial-getty@\S+|console-getty|user@\S+|user-runtime-dir@\S+)\.service$"
)


def script(manager: str, names: str) -> str:
    """Return the sections that ask; `names` are the packages, quoted for the shell."""
    if manager == "apt":
        files = 'eval "$(apt-config shell S Dir::State::status/f)"\n'
        users = files + _USERS.replace("FILES", _FILES_OF_DPKG)
        asked = _APT
    else:
        users, asked = _USERS.replace("FILES", "rpm -ql"), _DNF
    return f"{asked}s users '{inside(users.replace('NAMES', names))}' 60\n"


def read(
    reading: Reading, packages: Sequence[str], services: Sequence[str]
) -> tuple[tuple[Restart, ...], str, str]:
    """Return what asks for a restart once `packages` are replaced; why nothing can be restarted
    from here ("" if it can); and what is not known of all this.

    `services` restart with their packages, and need none of ours.
    """
    no = _why_not(reading)
    asks = [*_of_packages(packages)]
    if no == "":
        asks += _marked(reading)
        units = _units(reading, services)
        whole = tuple(unit for unit in units if _WHOLE.match(unit))
        if whole:
            asks.append(Restart(HOST, "whole", whole))
        asks += [one for unit, one in units.items() if unit not in whole]
    return tuple(asks), no, _unknown(reading) if no == "" else ""


def _of_packages(packages: Sequence[str]) -> Iterator[Restart]:
    forms: tuple[tuple[Why, re.Pattern[str]], ...] = (
        ("kernel", _KERNEL), ("microcode", _MICROCODE), ("core", _CORE),
    )  # fmt: skip
    for why, form in forms:
        if found := tuple(dict.fromkeys(name for name in packages if form.match(name))):
            yield Restart(HOST, why, found)


def _why_not(reading: Reading) -> str:
    section = reading.sections.get("here")
    status = section.status if section else None
    if status == 0:
        return ""
    if section and status == 3:
        return tr("its packages lie in a folder of their own, not in the running system")
    if status == 4:
        return tr("systemd does not run there")
    return tr("the server does not say whether systemd runs there")


def _marked(reading: Reading) -> Iterator[Restart]:
    """Yield what asks for a restart of the host already."""
    said = reading.or_empty("marked").splitlines()
    if said[:1] == ["reboot-required"]:
        yield Restart(HOST, "marked", tuple(dict.fromkeys(said[1:])))
    elif any(re.search(r"Reboot is required|Reboot should be", line) for line in said):
        names = (re.match(r"\s+\* (\S+)", line) for line in said)
        yield Restart(HOST, "marked", tuple(found[1] for found in names if found))
    kernel = dict(re.findall(r"^NEEDRESTART-(KCUR|KEXP|KSTA): (\S+)", reading.or_empty("stale"),
                             re.MULTILINE))  # fmt: skip
    if kernel.get("KSTA") in ("2", "3"):
        yield Restart(HOST, "outdated", (kernel.get("KEXP", "?"),))


def _units(reading: Reading, services: Sequence[str]) -> dict[str, Restart]:
    """Return by unit why it needs a restart; what everything uses is a matter of the host."""
    said = reading.or_empty("stale")
    stale = re.findall(r"^NEEDRESTART-SVC: (\S+)", said, re.MULTILINE)
    if "NEEDRESTART-" not in said:
        stale = re.findall(r"^(\S+\.service)$", said, re.MULTILINE)
    found = {unit: Restart(unit, "stale") for unit in stale}
    uses: dict[str, list[str]] = {}
    for line in reading.or_empty("users").splitlines():
        unit, _, package = line.partition(" ")
        if unit.endswith(".service") and not _CORE.match(package):
            uses.setdefault(unit, []).append(package)
    for unit, packages in sorted(uses.items()):
        if unit not in services:
            found.setdefault(unit, Restart(unit, "uses", tuple(packages)))
    return found


def _unknown(reading: Reading) -> str:
    """Return why it is not known which services need a restart."""
    whys: dict[str, None] = {}
    for key in ("stale", "users"):
        try:
            reading.text(key)
        except Unknown as why:
            whys[str(why)] = None
    return "; ".join(whys)
