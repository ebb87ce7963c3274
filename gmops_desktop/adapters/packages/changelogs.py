"""What an update of a Debian package mends, by the changelog of its new version.

The host fetches it from where its distributor keeps changelogs; where that does not answer, holes
and severity stay unknown.  The severity is the distributor's own word, the urgency of the upload.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from functools import total_ordering
from typing import Final

from gmops_desktop.adapters.packages.reading import Reading, inside
from gmops_desktop.adapters.sections import Unknown
from gmops_desktop.contract.updates import Update
from gmops_desktop.language import tr_n

# Several packages of one source share a changelog.  45 s in all; the rest stays unknown.
_SCRIPT: Final = r"""
s changelogs 'B=$(date +%%s); seen=" "
for p in %s; do
  [ $(($(date +%%s) - B)) -lt 45 ] || break
  src=$(apt-cache show "$p" 2>/dev/null | sed -n "s/^Source: \([^ ]*\).*/\1/p" | head -n 1)
  src=${src:-${p%%%%=*}}
  echo "=== $p $src"
  case $seen in *" $src "*) continue;; esac
  seen="$seen$src "
  apt-get -qq -o Acquire::http::Timeout=8 -o Acquire::https::Timeout=8 -o Acquire::Retries=0 \
    changelog "$p" 2>/dev/null | head -c 30000
done' 70
"""
_MANY: Final = 60
_ENTRY: Final = re.compile(r"^(\S+) \(([^)\s]+)\) [^;\n]*;(.*)$", re.MULTILINE)
_CVE: Final = re.compile(r"\bCVE-\d{4}-\d{4,7}\b")
_URGENCY: Final = re.compile(r"urgency=(\w+)")
_RANK: Final = ("low", "medium", "high", "emergency", "critical")


def script(updates: Sequence[Update]) -> str:
    """Return what asks for the changelogs of these updates; nothing for none."""
    if not updates:
        return ""
    words = " ".join(shlex.quote(f"{one.name}={one.new}") for one in updates[:_MANY])
    return _SCRIPT % inside(words)


def judge(reading: Reading, updates: Sequence[Update]) -> tuple[Update, ...]:
    """Return the updates with what their changelogs say; how many say nothing is noted."""
    wanted = [one for one in updates if one.security]
    try:
        said = _by_package(reading.text("changelogs")) if wanted else {}
    except Unknown as why:
        reading.unknowns["cves"] = str(why)
        return tuple(updates)
    judged, silent = [], 0
    for update in updates:
        text = said.get(f"{update.name}={update.new}", "")
        found = mended(text, update.old, update.new) if update.security else None
        if found is None:
            silent += update.security
            judged.append(update)
        else:
            cves, urgency = found
            judged.append(replace(update, cves=cves, severity=urgency))
    if silent:
        reading.unknowns["cves"] = tr_n(
            "the changelog of {count} security update cannot be fetched",
            "the changelogs of {count} security updates cannot be fetched",
            silent,
        )
    return tuple(judged)


def mended(text: str, old: str, new: str) -> tuple[tuple[str, ...], str] | None:
    """Return the CVEs and the highest urgency of all that came after `old`, up to `new`.

    None where the changelog does not begin with `new` or does not reach back to `old`: what was cut
    off might name more.
    """
    entries = list(_ENTRY.finditer(text))
    heads = [(entry, Version(entry[2])) for entry in entries]
    if not heads or heads[0][1] < Version(_source(new)):
        return None
    before = Version(_source(old))
    cves: list[str] = []
    urgency = -1
    for place, (entry, version) in enumerate(heads):
        if version <= before:
            return tuple(dict.fromkeys(cves)), _RANK[urgency] if urgency >= 0 else ""
        end = heads[place + 1][0].start() if place + 1 < len(heads) else len(text)
        cves += _CVE.findall(text[entry.start() : end])
        found = _URGENCY.search(entry[3])
        if found and found[1].lower() in _RANK:
            urgency = max(urgency, _RANK.index(found[1].lower()))
    return None


def _by_package(said: str) -> dict[str, str]:
    """Return the changelogs by "name=version"; what shares a source shares its changelog."""
    of_source: dict[str, str] = {}
    found = {}
    parts = re.split(r"^=== (\S+) (\S+)$", said, flags=re.MULTILINE)
    for package, source, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        if text.strip():
            of_source[source] = text
        found[package] = of_source.get(source, "")
    return found


def _source(version: str) -> str:
    """Return the version of the source: a rebuild without a change adds "+b1"."""
    return re.sub(r"\+b\d+$", "", version)


@total_ordering
class Version:
    """A Debian version, in the order of deb-version(7)."""

    def __init__(self, text: str) -> None:
        epoch, colon, rest = text.partition(":")
        self._epoch = int(epoch) if colon and epoch.isdigit() else 0
        upstream, _, revision = (rest if colon else text).rpartition("-")
        self._parts = (upstream, revision) if upstream else (revision, "")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and not self < other and not other < self

    def __lt__(self, other: Version) -> bool:
        if self._epoch != other._epoch:
            return self._epoch < other._epoch
        for mine, theirs in zip(self._parts, other._parts, strict=True):
            a, b = _keys(mine), _keys(theirs)
            if a != b:
                return a < b
        return False

    __hash__ = None  # type: ignore[assignment]


def _keys(part: str) -> list[tuple[list[int], int]]:
    """Return a part as pairs of letters and number: "~" before the end, letters before "+"."""
    keys = []
    for letters, digits in re.findall(r"(\D*)(\d*)", part):
        # 0 closes the letters, so that "~" (-1) sorts before what ends here.
        order = [-1 if one == "~" else ord(one) + (0 if one.isalpha() else 256) for one in letters]
        keys.append(([*order, 0], int(digits or 0)))
    return keys
