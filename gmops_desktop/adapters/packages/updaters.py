"""What installs updates by itself: nobody is told before, so contract 2.3-8 would be broken."""

from __future__ import annotations

import re

from gmops_desktop.adapters.packages.reading import Reading
from gmops_desktop.adapters.sections import Unknown
from gmops_desktop.contract.updates import Updater
from gmops_desktop.language import tr

# is-enabled answers by words; on a host without systemd it complains, which no word matches.
_UNIT = r"""for u in %s; do echo "$u $(systemctl is-enabled "$u" 2>&1 | head -n 1)"; done"""

APT = r"""
s periodic 'apt-config dump'
s unattended 'command -v unattended-upgrade || command -v unattended-upgrades || echo none
%s'
""" % (_UNIT % "apt-daily-upgrade.timer")

DNF = r"""
s units '%s'
s automatic 'cat /etc/dnf/automatic.conf 2>/dev/null; true'
s cron 'cat /etc/yum/yum-cron.conf 2>/dev/null; true'
s tos 'command -v tos && crontab -l 2>/dev/null | grep -n "tos .*-u"; true'
""" % (
    _UNIT % "dnf-automatic.timer dnf-automatic-install.timer dnf5-automatic.timer yum-cron.service"
)  # fmt: skip

_ON = ("enabled", "enabled-runtime", "static", "linked", "alias", "generated", "indirect")


def of_apt(reading: Reading) -> tuple[Updater, ...]:
    """Return unattended-upgrades as it is set up; nothing where the host has no such setting."""
    try:
        dump = reading.text("periodic")
        if "APT" not in dump:
            raise Unknown(tr("apt's settings cannot be read"))
    except Unknown as why:
        reading.unknowns["automatic"] = str(why)
        return (Updater("unattended-upgrades", None),)
    said = _setting(dump, "APT::Periodic::Unattended-Upgrade")
    if said in ("", "0") or _setting(dump, "APT::Periodic::Enable") == "0":
        return ()
    units = _units(reading.or_empty("unattended"))
    there = "none" not in reading.or_empty("unattended").splitlines()
    if not there or units.get("apt-daily-upgrade.timer") in ("disabled", "masked"):
        return ()  # the setting is there; what would act on it is not
    origins = re.findall(
        r'^Unattended-Upgrade::(?:Origins-Pattern|Allowed-Origins)::? "(.*)";$', dump, re.MULTILINE
    )
    return (
        Updater(
            "unattended-upgrades",
            True,
            ", ".join(one for one in origins if one),
            _setting(dump, "Unattended-Upgrade::Automatic-Reboot") in ("true", "1", "yes"),
            "systemctl disable --now apt-daily-upgrade.timer",
        ),
    )


def of_dnf(reading: Reading) -> tuple[Updater, ...]:
    """Return dnf-automatic and yum-cron as they are set up, and the helper of TencentOS."""
    try:
        units = _units(reading.text("units"))
        if not units:
            raise Unknown(tr("systemd does not answer"))
    except Unknown as why:
        reading.unknowns["automatic"] = str(why)
        return (Updater("dnf-automatic", None),)
    found = []
    settings = reading.or_empty("automatic")
    for unit in ("dnf-automatic.timer", "dnf-automatic-install.timer", "dnf5-automatic.timer"):
        # The install timer applies whatever the file says.
        applies = unit == "dnf-automatic-install.timer" or _yes(settings, "apply_updates")
        if units.get(unit) in _ON and applies:
            found.append(
                Updater(
                    unit.removesuffix(".timer"),
                    True,
                    _value(settings, "upgrade_type") or "default",
                    _value(settings, "reboot") not in ("", "never"),
                    f"systemctl disable --now {unit}",
                )
            )
    cron = reading.or_empty("cron")
    if units.get("yum-cron.service") in _ON and _yes(cron, "apply_updates"):
        scope = _value(cron, "update_cmd") or "default"
        found.append(
            Updater("yum-cron", True, scope, False, "systemctl disable --now yum-cron.service")
        )
    if "tos " in reading.or_empty("tos"):
        found.append(Updater("tos", True, "", None, "crontab -e"))
    return tuple(found)


def _units(text: str) -> dict[str, str]:
    """Return what systemd says of each unit: a word, or "absent"; its complaints are no state."""
    found = {}
    for line in text.splitlines():
        unit, _, said = line.partition(" ")
        if re.fullmatch(r"[a-z-]+", said):
            found[unit] = "absent" if said == "not-found" else said
        elif "No such file" in said or "not be found" in said or "does not exist" in said:
            found[unit] = "absent"
    return found


def _setting(dump: str, name: str) -> str:
    found = re.search(rf'^{re.escape(name)} "(.*)";$', dump, re.MULTILINE)
    return found[1] if found else ""


def _value(settings: str, name: str) -> str:
    found = re.search(rf"^\s*{name}\s*=\s*(\S+)", settings, re.MULTILINE)
    return found[1] if found else ""


def _yes(settings: str, name: str) -> bool:
    return _value(settings, name).lower() in ("yes", "true", "1", "on")
