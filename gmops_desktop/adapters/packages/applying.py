"""The runs of a system patch: bring its packages, install exactly them, take them back, mend.

Each is a script for `adapters.detached`.  What is needed for the change and its way back lies on
the host, in `kept/CHANGE` beside the runs: `new` and `old` packages with their digests, `packages`
and `settings` as they were before.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from typing import Final

from gmops_desktop.adapters.packages import apt_runs, dnf_runs
from gmops_desktop.contract.updates import Plan, Update
from gmops_desktop.language import tr

PREPARE_STEPS: Final = ("fetch", "keep")
APPLY_STEPS: Final = ("ready", "unchanged", "record", "install", "check", "settings", "services")
BACK_STEPS: Final = ("ready", "unchanged", "install", "check", "settings", "services")
RESTART_HOST: Final = "systemctl reboot"  # where systemd runs
MEND_STEPS: Final = ("install", "check", "settings", "services")

# What is common to all managers; `fault` of a failed installation says which package and why.
_WORDS: Final = r"""
kept=${run%/*}/kept/CHANGE
settings_now() {
  root find "$etc" -xdev -type f ! -name ld.so.cache -exec sha256sum {} + | sort
}
carry_out() {
  size=$(wc -c <"$run/log")
  try_step install "$1"; status=$?
  if [ $status != 0 ]; then
    tail -c +$((size + 1)) "$run/log" | tr '\r' '\n' >"$run/said"
    broken=$(faults <"$run/said"); [ -z "$broken" ] || tell broken "$broken"
    why=$(grep -E '^E: |^Error: |No space left on device|returned error exit status' "$run/said" |
      sort -u | head -n 6)
    [ -z "$broken" ] || why="$(echo $broken): $why"
    holder=$(grep -o 'held by process [0-9]* ([^)]*)' "$run/said" | tail -n 1)
    [ -z "$holder" ] || why="$say_locked ${holder#held by }"
    tell fault "${why:-$(tail -n 3 "$run/said")}"
  fi
  if [ $status = 0 ]; then try_step check "$2" || status=$?; fi
  half=$(half_done)
  if [ -n "$half" ]; then
    tell half "$half"
    if [ $status = 0 ]; then tell fault "$say_half $half"; status=1; fi
  fi
  if [ -e "$kept/packages" ]; then
    packages_now >"$run/packages"
    join -a 1 -a 2 -e - -o 0,1.2,2.2 "$kept/packages" "$run/packages" | awk '$2 != $3' |
      tell packages
  fi
  try_step settings settings || [ $status != 0 ] || status=1
  [ $status = 0 ] || exit $status
  step services services
}
record() {
  [ -e "$kept/touched" ] && return
  packages_now >"$kept/packages" && settings_now >"$kept/settings"
}
settings() { left_beside >"$run/beside" && tell beside <"$run/beside"; cat "$run/beside"; }
services() {
  while read -r unit; do
    root systemctl restart "$unit" || { tell fault "$say_service $unit"; exit 1; }
  done <"$run/units"
  if command -v needrestart >/dev/null; then
    root needrestart -b 2>/dev/null | sed -n 's/^NEEDRESTART-SVC: //p' | tell waiting
  fi
  due=$(reboot_due); [ -z "$due" ] || tell reboot "$due"
}
"""


def folder(change_id: str) -> str:
    """Return the name of a change's folder; raises `ValueError` for what is no id."""
    if not re.fullmatch(r"[0-9a-zA-Z][0-9a-zA-Z-]{7,63}", change_id):
        raise ValueError(change_id)
    return change_id


def prepare(plan: Plan, change_id: str, *, patience: int = 60) -> str:
    """Return the script that brings new and old packages to the host; installs nothing.

    It tells `kept`: a line "NAME VERSION SOURCE SHA256 FILE" for each package that will be
    replaced; SOURCE is "none" where the old one can be had nowhere.
    """
    script = apt_runs.PREPARE if plan.manager == "apt" else dnf_runs.PREPARE
    return "\n".join([_head(plan, change_id, patience), _replaced(plan), script])


def apply(
    plan: Plan,
    change_id: str,
    *,
    restart_services: Sequence[str] = (),
    restart_host: str = "",
    patience: int = 60,
) -> str:
    """Return the script that installs exactly the plan, or nothing.

    `restart_services` are units restarted afterwards, `restart_host` the command that restarts the
    host at the end; `patience` how many seconds to wait for another's lock.
    """
    if plan.manager == "apt":
        script = apt_runs.APPLY
        moves = [f"Inst {one.name} {one.new}" for one in plan.packages]
        moves += [f"Inst {one}" for one in plan.installs] + [f"Remv {one}" for one in plan.removes]
    else:
        script = dnf_runs.APPLY
        counts = {"Install": plan.installs, "Upgrade": plan.packages, "Remove": plan.removes}
        moves = [f"{verb} {len(those)}" for verb, those in counts.items() if those]
    versions = [f"{name_at_host(plan, one)} {one.new}" for one in plan.packages]
    return "\n".join(
        [
            _head(plan, change_id, patience),
            _replaced(plan),
            _file("expected", moves),
            _file("versions", [*versions, *plan.installs]),
            _file("units", restart_services),
            _in_place(restart_services, restart_host),
            script,
            _restart(restart_host),
        ]
    )


def roll_back(
    plan: Plan,
    change_id: str,
    *,
    restart_services: Sequence[str] = (),
    restart_host: str = "",
    patience: int = 60,
) -> str:
    """Return the script that puts the kept packages back and removes what came new."""
    apt = plan.manager == "apt"
    came = [one.split()[0] for one in plan.installs] if apt else plan.installs
    return "\n".join(
        [
            _head(plan, change_id, patience),
            _file("came", came),
            _file("units", restart_services),
            _in_place(restart_services, restart_host),
            apt_runs.ROLL_BACK if apt else dnf_runs.ROLL_BACK,
            _restart(restart_host),
        ]
    )


def mend(plan: Plan, change_id: str, *, patience: int = 60) -> str:
    """Return the script that ends what an interrupted package manager left half done."""
    script = apt_runs.MEND if plan.manager == "apt" else dnf_runs.MEND
    return "\n".join([_head(plan, change_id, patience), _file("units", ()), script])


def name_at_host(plan: Plan, package: Update) -> str:
    """Return the name under which the manager of a plan tells a package from all others."""
    return package.name if plan.manager == "apt" else f"{package.name}.{package.arch}"


def _replaced(plan: Plan) -> str:
    old = [f"{name_at_host(plan, one)} {one.old}" for one in plan.packages if one.old]
    return _file("replaced", old)


def _head(plan: Plan, change_id: str, patience: int) -> str:
    sentences = {
        "altered": tr("A package is not the one that its archive names, and was removed again:"),
        "full": tr("There is too little room on the server (free / needed):"),
        "differs": tr("The package manager would do otherwise than was approved:"),
        "interrupted": tr("The package manager was interrupted there; mend that first."),
        "half": tr("Packages are only half installed:"),
        "unprepared": tr("What was prepared is not there any more, or was altered; prepare again."),
        "versions": tr("Packages are not in the versions that were planned:"),
        "locked": tr("Another program holds the lock of the package manager:"),
        "service": tr("A service could not be restarted:"),
        "elsewhere": tr("Nothing of this system is restarted for packages that lie in:"),
    }
    said = "\n".join(f"say_{name}={shlex.quote(text)}" for name, text in sentences.items())
    return "\n".join(
        [
            _WORDS.replace("CHANGE", folder(change_id)),
            f"patience={patience:d}",
            said,
            _of_apt(plan) if plan.manager == "apt" else _of_dnf(plan),
        ]
    )


def _of_apt(plan: Plan) -> str:
    names = " ".join(shlex.quote(f"{one.name}={one.new}") for one in plan.packages)
    removing = "" if plan.removes else "--no-remove "
    wanted = f'wanted() {{ take {removing}"$@" install --only-upgrade {names}; }}'
    return f"{apt_runs.WORDS}{wanted}"


def _of_dnf(plan: Plan) -> str:
    # A kernel comes beside the old one, among what is new.
    beside = (one.split(" ", 1) for one in plan.installs if one.startswith("kernel"))
    names = [f"{one.name}-{one.new}.{one.arch}" for one in plan.packages]
    names += [f"{name}-{version}" for name, version in beside]
    words = shlex.quote(" ".join(names))
    return f'{dnf_runs.WORDS}names={words}\nwanted() {{ take "$@" upgrade $names; }}'


def _file(name: str, lines: Iterable[str]) -> str:
    """Return sh that writes `lines` into a file of the run."""
    words = " ".join(shlex.quote(line) for line in lines)
    return f'printf "%s\\n" {words} >"$run/{name}"' if words else f': >"$run/{name}"'


def _in_place(units: Sequence[str], command: str) -> str:
    """Return sh that begins nothing where what is to restart is not what the packages are of."""
    if not units and command != RESTART_HOST:
        return ""
    return '[ "${PLACE:-/}" = / ] || { tell fault "$say_elsewhere $PLACE"; exit 1; }'


def _restart(command: str) -> str:
    return f"restart {shlex.quote(command)}" if command else ""
