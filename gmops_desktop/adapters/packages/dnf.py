"""What dnf or yum would update: by its own words, enriched by its API where the host has one.

`check-update` says what waits, with plugins and locks in force.  Which of it mends holes is said by
the repositories' notices; one that publishes none is "unknown" and never "no security update".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from gmops_desktop.adapters.packages.dnf_script import SCRIPT as API
from gmops_desktop.adapters.packages.reading import Reading, inside
from gmops_desktop.adapters.sections import Unknown
from gmops_desktop.contract.updates import KeptBack, Repository, Update
from gmops_desktop.language import tr

# yum 3 is Python 2 and dies of LC_ALL=C on names that are not ASCII; its rows wrap at 80 columns.
_LOCALE: Final = "unset LC_ALL; LC_MESSAGES=C LC_CTYPE=en_US.UTF-8; export LC_MESSAGES LC_CTYPE"
_WORDS: Final = r"""
s waiting '%(locale)s; $M -q check-update' 240
s notices '%(locale)s; $M updateinfo list --updates security 2>&1' 90
s holes '%(locale)s; $M updateinfo list --updates --with-cve 2>&1' 90
s rpms 'rpm -qa --qf "%%{INSTALLTIME} %%{NAME} %%{ARCH} %%{EPOCH}:%%{VERSION}-%%{RELEASE}\n"' 30
s metadata 'for f in /var/cache/dnf/*/repodata/repomd.xml /var/tmp/dnf-*/*/repodata/repomd.xml \
/var/cache/libdnf5/*/repodata/repomd.xml /var/cache/yum/*/*/*/repomd.xml; do
[ -r "$f" ] || continue
grep -q "type=.updateinfo" "$f" && echo "yes $f" || echo "no $f"; done'
s locks 'cat /etc/dnf/plugins/versionlock.list /etc/yum/pluginconf.d/versionlock.list 2>/dev/null |
grep -v "^#"; true'
s needs 'R=needs-restarting; command -v $R >/dev/null || R="$M -q $R"; $R -r' 60
s restarts '[ "$(id -u)" = 0 ] || exit 77
R=needs-restarting; command -v $R >/dev/null || R="$M -q $R"; $R -s' 60
"""
# dnf 5 speaks of advisories, and in JSON; what it says with CVEs has its severities wrong.
_FIVE: Final = r"""
case $($M --version 2>&1 | head -n 1) in dnf5*)
s five '$M -q advisory list --updates --security --json' 90;; esac
"""
_ASK_API: Final = r"""
[ "$M" = dnf ] && s api 'for p in /usr/libexec/platform-python /usr/bin/python3; do
[ -x "$p" ] || continue
printf %%s '\''%s'\'' | "$p" -; exit $?; done; echo python3; exit 127' 240
"""
SCRIPT: Final = (
    "export M\n"
    + _WORDS % {"locale": _LOCALE}
    + _FIVE
    + _ASK_API % inside(inside(API))
)  # fmt: skip

_VERSION: Final = re.compile(r"^(?:\d+:)?[\w.+~^]+-[\w.+~^]+$")
_ADVISORY: Final = re.compile(r"^[A-Z]{2,10}-\d{4}[:-]\d+$")
_LISTED: Final = re.compile(
    r"^(?:Last metadata expiration check|updateinfo list done)", re.MULTILINE
)
_NOTICE: Final = re.compile(r"^(\S+)\s+(?:(\w+)/)?(Sec\.|security|bugfix|enhancement)\s+(\S+)\s*$")


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    arch: str
    new: str
    repository: str


def read(reading: Reading, at: datetime) -> datetime | None:
    """Gather what waits; return when the oldest of the lists was fetched, where that is known.

    Raises `Unknown` where dnf cannot say what waits.
    """
    rows = _waiting(reading)
    api = _api(reading)
    before = _installed(reading)
    notices = _notices(reading) if api is None else {}
    # A notice about a package that does not wait was not understood, or the list of what waits.
    if astray := sorted(set(notices) - {f"{row.name}.{row.arch}" for row in rows}):
        reading.unknowns.setdefault("security", ", ".join(astray))
    known = {(one["name"], one["arch"]): one for one in api["upgrades"]} if api else {}
    updates = []
    for row in rows:
        found = known.get((row.name, row.arch))
        if found and found["new"] == row.new:
            updates.append(_by_api(row, found))
        else:
            updates.append(_by_words(row, before, notices))
    reading.updates = tuple(updates)
    reading.repositories = _repositories(reading, api, rows)
    _not_taken(reading, api, rows)
    if api:
        taken = [known[one.name, one.arch] for one in updates if (one.name, one.arch) in known]
        reading.download_bytes = sum(one["bytes"] for one in taken)
        reading.disk_bytes = sum(one["disk"] for one in taken)
        ages = [age for age in api["ages"] if isinstance(age, int) and age >= 0]
        return at - timedelta(seconds=max(ages)) if ages else None
    reading.unknowns["sizes"] = reading.unknowns.get("api", "")
    return None


def restart_facts(reading: Reading) -> None:
    """Gather what must restart, by `needs-restarting`; its exit code alone proves nothing.

    Where the plugin is missing dnf ends with 1 too, which would read as "restart".
    """
    section = reading.sections.get("needs")
    said = section.text if section and section.status in (0, 1) else ""
    if re.search(r"^Reboot (?:is required|should be necessary)", said, re.MULTILINE):
        reading.reboot_required = True
        reading.reboot_packages = tuple(re.findall(r"^\s+\* (\S+)", said, re.MULTILINE))
    elif re.search(r"^(?:Reboot should not be necessary|No core libraries)", said, re.MULTILINE):
        reading.reboot_required = False
    kernels = reading.kernels
    if kernels and kernels.newest and kernels.newest != kernels.running:
        reading.reboot_required = True
    if reading.reboot_required is None:
        reading.unknowns["reboot"] = tr(
            "{program} gave no answer", program="needs-restarting (yum-utils, dnf-utils)"
        )
    try:
        said = reading.text("restarts")
        if any(not re.fullmatch(r"[\w@.:\\-]+\.\w+", line) for line in said.split()):
            raise Unknown(said.strip().splitlines()[0])
        reading.restarts = tuple(dict.fromkeys(said.split()))
    except Unknown as why:
        reading.unknowns["restarts"] = str(why)


def split_nevra(text: str) -> tuple[str, str, str] | None:
    """Return name, [epoch:]version-release and architecture of "name-version-release.arch".

    From the right: a name may hold what looks like a version (java-1.8.0-openjdk).
    """
    body, dot, arch = text.rpartition(".")
    parts = body.rsplit("-", 2)
    if not dot or len(parts) != 3 or not all(parts):
        return None
    return parts[0], f"{parts[1]}-{parts[2]}", arch


def evr(version: str) -> str:
    """Return a version without an epoch of nought, as all of dnf's answers write it."""
    return re.sub(r"^(?:0|\(none\)):", "", version)


def _waiting(reading: Reading) -> list[_Row]:
    """Return what `check-update` lists; only its codes 0 (none) and 100 (some) are an answer."""
    section = reading.sections.get("waiting")
    if section is None or section.status not in (0, 100):
        reading.text("waiting")  # raises with the reason; a code of its own below
        raise Unknown(tr("exit code {code}", code=section.status if section else "?"))
    listed = re.split(r"^Obsoleting [Pp]ackages", section.text, flags=re.MULTILINE)[0]
    rows, words = [], list[str]()
    for line in listed.splitlines():
        # A long row of yum 3 goes on in the next line, which begins with blanks.
        words = [*words, *line.split()] if words and line[:1].isspace() else line.split()
        if len(words) == 3:
            name, dot, arch = words[0].rpartition(".")
            if dot and _VERSION.match(words[1]) and re.search(r"\d", words[1]):
                rows.append(_Row(name, arch, evr(words[1]), words[2]))
            words = []
        elif len(words) > 3:
            words = []  # a banner or a warning
    if bool(rows) != (section.status == 100):
        raise Unknown(tr("{program}'s answer has a form we do not know", program="check-update"))
    if replacing := re.findall(r"^([\w+.-]+)\.\w+\s+\S+-\S+\s", section.text[len(listed) :], re.M):
        reading.notes.append(
            tr("A full upgrade would also replace packages by others: {names}.",
               names=", ".join(replacing))
        )  # fmt: skip
    return rows


def _api(reading: Reading) -> dict[str, Any] | None:
    """Return what dnf's API said; without it the notices are read from dnf's words."""
    if "api" not in reading.sections:
        reading.unknowns["api"] = tr("the host has no API of dnf")
        return None
    try:
        said = reading.text("api").strip().splitlines()
        found = json.loads(said[-1])
        return _checked(found)
    except Unknown as why:
        lines = reading.sections["api"].text.strip().splitlines()
        reading.unknowns["api"] = lines[-1] if lines else str(why)
    except (ValueError, IndexError, KeyError, TypeError):
        reading.unknowns["api"] = tr("{program} gave no answer", program="python3 dnf")
    return None


def _checked(found: Any) -> dict[str, Any]:
    """Return the API's answer if it has the form that our script gives it; else `KeyError`."""
    for one in found["upgrades"]:
        if not {"name", "arch", "old", "new", "repo", "bytes", "disk", "notices"} <= one.keys():
            raise KeyError(str(one))
        for notice in one["notices"]:
            _ = notice["id"], notice["security"], notice["severity"], notice["cves"]
    if not isinstance(found["repositories"], dict) or not isinstance(found["ages"], list):
        raise TypeError(str(found)[:200])
    _ = found["excluded"]
    return dict(found)


def _by_api(row: _Row, found: Mapping[str, Any]) -> Update:
    security = [one for one in found["notices"] if one["security"]]
    first = max(security, key=lambda one: _rank(one["severity"]), default=None)
    cves = [cve for one in security for cve in one["cves"]]
    return Update(
        row.name,
        row.arch,
        evr(found["old"]),
        row.new,
        row.repository,
        bool(security),
        severity=first["severity"] if first and first["severity"] != "None" else "",
        cves=tuple(dict.fromkeys(cves)),
        advisory=first["id"] if first else "",
        bytes=found["bytes"],
    )


def _rank(severity: str) -> int:
    order = ("low", "moderate", "important", "critical")
    return order.index(severity.lower()) if severity.lower() in order else -1


def _by_words(
    row: _Row, before: Mapping[tuple[str, str], str], notices: Mapping[str, list[_Notice]]
) -> Update:
    found = notices.get(f"{row.name}.{row.arch}", [])
    first = max(found, key=lambda one: _rank(one.severity), default=None)
    cves = [cve for one in found for cve in one.cves]
    return Update(
        row.name,
        row.arch,
        before.get((row.name, row.arch), ""),
        row.new,
        row.repository,
        bool(found),
        severity=first.severity if first else "",
        cves=tuple(dict.fromkeys(cves)),
        advisory=first.id if first else "",
    )


@dataclass(frozen=True, slots=True)
class _Notice:
    id: str
    severity: str
    cves: tuple[str, ...]


def _notices(reading: Reading) -> dict[str, list[_Notice]]:
    """Return the security notices by "name.arch", from `updateinfo list`."""
    if "five" in reading.sections:
        return _notices_of_five(reading)
    holes: dict[str, list[str]] = {}
    for line in reading.or_empty("holes", "cves").splitlines():
        parts = _NOTICE.match(line.strip())
        if parts and parts[1].startswith("CVE-"):
            holes.setdefault(parts[4], []).append(parts[1])
    found: dict[str, list[_Notice]] = {}
    said = reading.or_empty("notices", "security")
    if not _LISTED.search(said) and not any(_NOTICE.match(one) for one in said.splitlines()):
        # Silence is no answer: a list that was made names its age or its end.
        silence = tr("{program} gave no answer", program="updateinfo")
        reading.unknowns.setdefault("security", (said.strip().splitlines() or [silence])[0])
    for line in said.splitlines():
        parts = _NOTICE.match(line.strip())
        nevra = split_nevra(parts[4]) if parts and _ADVISORY.match(parts[1]) else None
        if parts and nevra:
            if parts[3] in ("Sec.", "security"):
                notice = _Notice(parts[1], parts[2] or "", tuple(holes.get(parts[4], ())))
                found.setdefault(f"{nevra[0]}.{nevra[2]}", []).append(notice)
        elif re.search(r"-\d{2,4}|Sec\.", line) and not _LISTED.match(line):
            reading.unknowns.setdefault("security", line.strip()[:200])
    return found


def _notices_of_five(reading: Reading) -> dict[str, list[_Notice]]:
    """Return the security notices as dnf 5 lists them; it names no holes with them."""
    found: dict[str, list[_Notice]] = {}
    reading.unknowns["cves"] = tr("dnf 5 does not list them reliably")
    try:
        said = json.loads(reading.text("five"))
        if not isinstance(said, list):
            raise TypeError(str(said)[:200])
        for one in said:
            nevra = split_nevra(one["nevra"])
            if nevra and one["type"] == "security":
                notice = _Notice(one["name"], str(one.get("severity") or ""), ())
                found.setdefault(f"{nevra[0]}.{nevra[2]}", []).append(notice)
    except Unknown as why:
        reading.unknowns["security"] = str(why)
    except (ValueError, KeyError, TypeError, AttributeError):
        reading.unknowns["security"] = tr("{program} gave no answer", program="dnf advisory")
    return found


def _installed(reading: Reading) -> dict[tuple[str, str], str]:
    """Return the versions that are installed; of several kernels the one that came last."""
    newest: dict[tuple[str, str], tuple[int, str]] = {}
    for line in reading.or_empty("rpms", "versions").splitlines():
        words = line.split()
        if len(words) == 4 and words[0].isdigit():
            key, value = (words[1], words[2]), (int(words[0]), evr(words[3]))
            newest[key] = max(newest.get(key, value), value)
    if not newest:
        reading.unknowns.setdefault("versions", tr("the list of installed packages is empty"))
    return {key: version for key, (_, version) in newest.items()}


def _repositories(
    reading: Reading, api: Mapping[str, Any] | None, rows: Sequence[_Row]
) -> tuple[Repository, ...]:
    """Return the repositories: whether each publishes notices, and which were passed over."""
    said = reading.sections["waiting"].text
    failed: dict[str, str] = {}
    for line in said.splitlines():
        if line.startswith("Ignoring repositories: "):
            for name in line.removeprefix("Ignoring repositories: ").split(","):
                failed[name.strip()] = tr("its lists could not be fetched")
        wrong = re.match(r"Error: Failed to download metadata for repo '([^']+)': (.*)", line)
        if wrong:
            failed[wrong[1]] = wrong[2]
    judged: dict[str, bool | None] = {}
    if api:
        judged = dict(api["repositories"])
    else:
        metadata = reading.or_empty("metadata")
        judged = {row.repository: _in_cache(metadata, row.repository) for row in rows}
        if "security" in reading.unknowns:  # what they publish was not read
            judged = dict.fromkeys(judged)
    names = dict.fromkeys([*judged, *failed])
    return tuple(Repository(name, judged.get(name), failed.get(name, "")) for name in names)


def _in_cache(metadata: str, repository: str) -> bool | None:
    """Return what a repository's cached index says; None where it is not there."""
    for line in metadata.splitlines():
        said, _, path = line.partition(" ")
        folder = path.removesuffix("/repomd.xml").removesuffix("/repodata").rpartition("/")[2]
        if re.sub(r"-[0-9a-f]{16}$", "", folder) == repository:
            return said == "yes"
    return None


def _not_taken(reading: Reading, api: Mapping[str, Any] | None, rows: Sequence[_Row]) -> None:
    """Note what dnf's settings or a version lock leave out."""
    locks = reading.or_empty("locks").split()
    names = {row.name for row in rows}
    waits = {one["name"] for one in api["upgrades"]} - names if api else set()
    locked = sorted(name for name in waits if any(name in lock for lock in locks))
    other = sorted(waits - set(locked))
    excluded = sorted(set(api["excluded"]) - names - waits) if api else []
    reading.held = tuple(locked)
    reading.not_taken = (
        *(KeptBack(name, "held", "versionlock") for name in locked),
        *(KeptBack(name, "excluded") for name in excluded),
        *(KeptBack(name, "unknown") for name in other),
    )
    if api is None and locks:
        reading.notes.append(tr("Locked by versionlock: {names}.", names=", ".join(locks)))
