"""What apt would update, and why it leaves the rest (nothing is changed but apt's own lists)."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from gmops_desktop.adapters.packages import changelogs
from gmops_desktop.adapters.packages.reading import Reading, inside
from gmops_desktop.adapters.sections import Unknown
from gmops_desktop.contract.updates import KeptBack, Repository, Update
from gmops_desktop.language import tr, tr_n

_STALE_DAYS: Final = 7
_ASKED_WHY: Final = 12  # so many of what is kept back are played through, half a second each

# The lists are refreshed only by somebody who may: it installs nothing.  What needs root says 77.
SCRIPT: Final = r"""
s refresh 'eval "$(apt-config shell D Dir::State::lists/d)"
if [ -w "$D" ]; then apt-get -qq -o Acquire::http::Timeout=20 update; else echo not permitted; fi
' 90
s lists 'eval "$(apt-config shell D Dir::State::lists/d)"
ls "$D" | grep -c _Packages; stat -c %Y "$D" "$D/partial" | sort -n | tail -n 1; date +%s'
s upgrade 'apt-get -s -o Debug::NoLocking=1 --with-new-pkgs upgrade' 120
s sizes 'apt-get --print-uris -y -o Debug::NoLocking=1 --with-new-pkgs upgrade' 120
s held 'apt-mark showhold' 20
s reboot 'if [ -e /var/run/reboot-required ]; then echo yes
elif [ -e /usr/share/update-notifier/notify-reboot-required ]; then echo no
else echo unknown; fi'
s askers 'sort -u /var/run/reboot-required.pkgs 2>/dev/null; true'
s restarts 'command -v needrestart >/dev/null || { echo needrestart; exit 127; }
[ "$(id -u)" = 0 ] || exit 77
needrestart -b -r l 2>/dev/null' 60
s pro 'command -v pro >/dev/null || exit 127; pro security-status --format json 2>/dev/null' 30
"""

# Ran over 128 of 128 real lines: `Inst NAME [OLD] (NEW ORIGIN:VER/SUITE, ORIGIN... [ARCH]) []`.
_LINE: Final = re.compile(r"^Inst (\S+)(?: \[([^\]]*)\])? \((\S+) (.*?) \[(\w+)\]\)", re.MULTILINE)
SUMMARY: Final = re.compile(
    r"^(\d+) upgraded, (\d+) newly installed, (?:\d+ downgraded, )?(\d+) to remove", re.MULTILINE
)
REMOVED: Final = re.compile(r"^Remv (\S+)", re.MULTILINE)
_FILE: Final = re.compile(r"^'[^']+' ([^_\s]+)_\S+?_(\w+)\.deb (\d+)", re.MULTILINE)
_DISK: Final = re.compile(
    r"^After this operation, ([\d.,]+) ([kMGT]?B) (of additional disk space|disk space will be f)",
    re.MULTILINE,
)
_ESM: Final = re.compile(r"require Ubuntu Pro with '[\w-]+' enabled:\n((?:[ \t]+\S.*\n?)+)")
_UNITS: Final = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def read(reading: Reading) -> datetime | None:
    """Gather what waits; return when the lists were fetched.

    Raises `Unknown` where apt cannot say what waits.
    """
    lists_at = _lists(reading)
    text = reading.text("upgrade")
    updates = _upgrades(text)
    held = tuple(reading.text("held").split())
    reading.updates = _with_sizes(reading, updates)
    reading.updates = changelogs.judge(reading, reading.updates)
    reading.held = held
    reading.not_taken = _not_taken(reading, text, held)
    return lists_at


def kept_back(text: str, held: Iterable[str]) -> tuple[str, ...]:
    """Return what an upgrade leaves though nobody holds it."""
    found = _names_under(text, "have been kept back:", "deferred due to phasing:")
    return tuple(name for name in found if name not in held)


def follow_up(reading: Reading) -> str:
    """Return what is asked once the names are known: why something waits, and the changelogs."""
    try:
        text = reading.text("upgrade")
        updates, held = _upgrades(text), reading.text("held").split()
    except Unknown:
        return ""
    kept = kept_back(text, held)[:_ASKED_WHY]
    lines = [
        f"s kept{place} 'apt-get -s -o Debug::NoLocking=1 install {inside(shlex.quote(name))}' 30"
        for place, name in enumerate(kept)
    ]
    if kept:
        words = " ".join(shlex.quote(name) for name in kept)
        lines.append(f"s phasing 'apt-cache policy {inside(words)}' 20")
    asked = [update for update in updates if update.security]
    return "\n".join([*lines, changelogs.script(asked)])


def restart_facts(reading: Reading) -> None:
    """Gather what must restart: services by needrestart, the host by its mark or its kernels."""
    try:
        said = reading.text("restarts")
        if "NEEDRESTART-VER" not in said:
            raise Unknown(tr("{program} gave no answer", program="needrestart"))
        reading.restarts = tuple(
            dict.fromkeys(re.findall(r"^NEEDRESTART-SVC: (\S+)", said, re.MULTILINE))
        )
    except Unknown as why:
        reading.unknowns["restarts"] = str(why)
    mark = reading.or_empty("reboot", "reboot").strip()
    reading.reboot_packages = tuple(reading.or_empty("askers").split())
    kernels = reading.kernels
    told = kernels is not None and kernels.newest != ""
    if mark == "yes" or (told and kernels and kernels.newest != kernels.running):
        reading.reboot_required = True
    elif mark == "no" or (mark == "unknown" and told):
        reading.reboot_required = False
    if reading.reboot_required is None:
        unsure = tr("the host keeps no mark, and its kernels cannot be told")
        reading.unknowns.setdefault("reboot", unsure)


def lines(text: str) -> list[Update]:
    """Return every package apt would unpack; several origins may stand in one line."""
    found = []
    for name, old, new, origins, arch in _LINE.findall(text):
        suites = [origin.rpartition("/")[2].strip() for origin in origins.split(", ")]
        security = any(suite.endswith("-security") for suite in suites)
        found.append(Update(name, arch, old, new, origins, security))
    return found


def download_sizes(text: str) -> dict[str, int]:
    """Return the bytes of each file apt would fetch, by package; what it has already is left out"""
    return {name: int(size) for name, _arch, size in _FILE.findall(text)}


def _upgrades(text: str) -> tuple[Update, ...]:
    """Return the upgrades; apt's own count must agree with ours."""
    summary = SUMMARY.search(text)
    found = lines(text)
    if summary is None:
        raise Unknown(tr("apt gave no summary"))
    upgraded = sum(1 for update in found if update.old)
    if (upgraded, len(found) - upgraded) != (int(summary[1]), int(summary[2])):
        raise Unknown(tr("apt's answer has a form we do not know"))
    return tuple(update for update in found if update.old)


def _with_sizes(reading: Reading, updates: Sequence[Update]) -> tuple[Update, ...]:
    """Return the updates with what each would fetch, and note what all would."""
    text = reading.or_empty("sizes", "sizes")
    if SUMMARY.search(text) is None:
        reading.unknowns.setdefault("sizes", tr("apt gave no summary"))
        return tuple(updates)
    sizes = download_sizes(text)
    reading.download_bytes = sum(sizes.values())
    disk = _DISK.search(text)
    if disk:
        count = round(float(disk[1].replace(",", "")) * _UNITS[disk[2]])
        reading.disk_bytes = count if disk[3].startswith("of add") else -count
    return tuple(replace(update, bytes=sizes.get(update.name)) for update in updates)


def _lists(reading: Reading) -> datetime | None:
    """Return when the package lists were fetched; raises `Unknown` where they are none or old."""
    words = reading.text("lists").split()
    if len(words) != 3 or not all(word.isdigit() for word in words):
        raise Unknown(tr("the package lists cannot be read"))
    count, fetched, now = (int(word) for word in words)
    if not count:
        raise Unknown(tr("the host has no package lists; apt-get update must run there first"))
    refresh = reading.sections.get("refresh")
    said = refresh.text.strip() if refresh else ""
    reading.repositories = tuple(_silent(said))
    fetched_now = refresh and not refresh.status and "not permitted" not in said
    if fetched_now and "E:" not in said:
        # What did not answer is named; apt goes on with what it knew of it before.
        return datetime.fromtimestamp(now, UTC)
    days = (now - fetched) / 86400
    if days > _STALE_DAYS:
        raise Unknown(
            tr("its package lists are {days} days old and could not be fetched anew",
               days=round(days))
        )  # fmt: skip
    reading.notes.append(
        tr_n("The package lists are {count} day old and could not be fetched anew.",
             "The package lists are {count} days old and could not be fetched anew.", round(days))
    )  # fmt: skip
    return datetime.fromtimestamp(fetched, UTC)


def _silent(said: str) -> list[Repository]:
    """Return the archives that apt could not fetch: it warns of them, and ends with 0."""
    found = re.findall(r"^[WE]: Failed to fetch (\S+)\s+(.*)$", said, re.MULTILINE)
    faults = {_archive(uri): why.strip() for uri, why in found}
    if not faults and "Some index files failed to download" in said:
        faults = {"?": "Some index files failed to download"}
    return [Repository(name, True, why or "?") for name, why in faults.items()]


def _archive(uri: str) -> str:
    """Return what names an archive in the address of one of its files."""
    plain = re.sub(r"^[a-z+]+:(?://)?(?:[^@/]*@)?", "", uri)
    return plain.rpartition("/dists/")[0] + " " + plain.rpartition("/dists/")[2].split("/")[0] \
        if "/dists/" in plain else plain  # fmt: skip


def _not_taken(reading: Reading, text: str, held: Sequence[str]) -> tuple[KeptBack, ...]:
    """Return what waits and is not taken, each with its reason."""
    phased = _names_under(text, "deferred due to phasing:")
    policy = reading.or_empty("phasing")
    found = [KeptBack(name, "held") for name in held]
    for place, name in enumerate(kept_back(text, held)):
        if name in phased or _phased(policy, name):
            found.append(KeptBack(name, "phased"))
        else:
            found.append(_why_kept(reading, name, place))
    found += [KeptBack(name, "pro") for name in _needing_pro(reading, text)]
    return tuple(found)


def _why_kept(reading: Reading, name: str, place: int) -> KeptBack:
    """Return why plain upgrading leaves a package, by what installing it alone would do."""
    section = reading.sections.get(f"kept{place}")
    said = section.text if section and section.status in (0, 100) else ""
    if gone := REMOVED.findall(said):
        return KeptBack(name, "removes", ", ".join(gone))
    unmet = re.findall(r"^\s*(\S+) : (?:Pre)?Depends: (.+)$", said, re.MULTILINE)
    unmet += re.findall(r"^\s*(\S+) : (?:Conflicts|Breaks): (.+)$", said, re.MULTILINE)
    if unmet:
        return KeptBack(name, "dependency", "; ".join(f"{one}: {what}" for one, what in unmet[:3]))
    return KeptBack(name, "unknown")


def _phased(policy: str, name: str) -> bool:
    """Return whether apt's policy says a package is given to a part of all hosts at first."""
    block = re.search(rf"^{re.escape(name)}:\n((?:[ \t].*\n?)*)", policy, re.MULTILINE)
    return bool(block and re.search(r"\(phased \d+%\)", block[1]))


def _needing_pro(reading: Reading, text: str) -> list[str]:
    """Return what waits behind a subscription to Ubuntu Pro: by apt's own words, or by `pro`."""
    names = [name for block in _ESM.findall(text) for name in block.split()]
    try:
        status = json.loads(reading.text("pro"))
        for one in status["packages"]:
            if one["service_name"].startswith("esm-") and one["status"].startswith("pending_"):
                names.append(one["package"])
    except Unknown as why:
        if reading.sections.get("pro") and reading.sections["pro"].status != 127:
            reading.unknowns["pro"] = str(why)
    except (ValueError, KeyError, TypeError, AttributeError):
        reading.unknowns["pro"] = tr("{program} gave no answer", program="pro")
    return list(dict.fromkeys(names))


def _names_under(text: str, *headings: str) -> tuple[str, ...]:
    """Return the names apt lists, indented, under its headings."""
    found: list[str] = []
    for heading in headings:
        block = re.search(rf"{re.escape(heading)}\n((?:[ \t]+\S.*\n?)+)", text)
        found += block[1].split() if block else []
    return tuple(found)
