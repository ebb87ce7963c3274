"""Whatever a damaged answer says, it never says that a host is fully patched."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gmops_desktop.adapters import packages
from gmops_desktop.adapters.packages.changelogs import Version, mended
from gmops_desktop.adapters.sections import Section
from gmops_desktop.contract.update_findings import findings, standing
from gmops_desktop.contract.updates import Inventory

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
EPOCH = int(NOW.timestamp())
COMMON = {
    "kernels": Section(0, "6.1.0-28-amd64\nvmlinuz-6.1.0-28-amd64\n"),
    "programs": Section(0, "nginx|/usr/local/nginx/sbin/nginx|-|nginx version: nginx/1.28.0\n"),
    "contents": Section(0, ""),
}
APT = COMMON | {
    "manager": Section(0, "apt-get\n"),
    "system": Section(0, 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n'),
    "refresh": Section(0, ""),
    "lists": Section(0, f"4\n{EPOCH - 3600}\n{EPOCH}\n"),
    "upgrade": Section(
        0,
        "The following packages have been kept back:\n  redis-server\n"
        "2 upgraded, 0 newly installed, 0 to remove and 1 not upgraded.\n"
        "Inst nginx [1.22.1-9] (1.22.1-9+deb12u2 Debian-Security:12/stable-security [amd64])\n"
        "Inst tzdata [2024b] (2025b Debian:12/stable [all])\n",
    ),
    "sizes": Section(
        0,
        "2 upgraded, 0 newly installed, 0 to remove and 1 not upgraded.\n"
        "After this operation, 1,024 kB of additional disk space will be used.\n"
        "'http://x/nginx.deb' nginx_1.22.1-9+deb12u2_amd64.deb 500 SHA256:0\n",
    ),
    "held": Section(0, ""),
    "reboot": Section(0, "no\n"),
    "askers": Section(0, ""),
    "restarts": Section(0, "NEEDRESTART-VER: 3.6\nNEEDRESTART-KSTA: 1\n"),
    "pro": Section(127, ""),
    "periodic": Section(0, 'APT "";\nAPT::Periodic::Unattended-Upgrade "0";\n'),
    "unattended": Section(0, "none\napt-daily-upgrade.timer disabled\n"),
    "changelogs": Section(
        0,
        "=== nginx=1.22.1-9+deb12u2 nginx\n"
        "nginx (1.22.1-9+deb12u2) stable; urgency=high\n  * CVE-2026-1111\n"
        "nginx (1.22.1-9) stable; urgency=low\n",
    ),
    "kept0": Section(0, "Remv redis-legacy [1.0]\n"),
    "phasing": Section(0, "redis-server:\n  Candidate: 1\n"),
}
DNF = COMMON | {
    "manager": Section(0, "yum\n"),
    "system": Section(0, 'ID="rocky"\nVERSION_ID="9.4"\nPRETTY_NAME="Rocky Linux 9.4"\n'),
    "waiting": Section(100, "\nnginx.x86_64   1:1.20.1-16.el9   base\nbash.x86_64 5-2.el9 base\n"),
    "notices": Section(0, "RLSA-2026:1 Important/Sec. nginx-1:1.20.1-16.el9.x86_64\n"),
    "holes": Section(0, "CVE-2026-1 Important/Sec. nginx-1:1.20.1-16.el9.x86_64\n"),
    "rpms": Section(0, "1 nginx x86_64 1:1.20.1-14.el9\n1 bash x86_64 (none):5-1.el9\n"),
    "metadata": Section(0, "yes /var/cache/yum/x86_64/7/base/repomd.xml\n"),
    "locks": Section(0, ""),
    "needs": Section(0, "Reboot should not be necessary.\n"),
    "restarts": Section(0, ""),
    "units": Section(0, "yum-cron.service disabled\n"),
    "automatic": Section(0, ""),
    "cron": Section(0, ""),
    "tos": Section(0, ""),
}
# What is said to be unknown once a part is missing; those that only add to others are not here.
MISSED = {
    "apt": {
        "manager": "all", "lists": "all", "upgrade": "all", "held": "all", "refresh": "note",
        "system": "Operating system", "sizes": "part sizes", "reboot": "part reboot",
        "restarts": "part restarts", "periodic": "part automatic", "changelogs": "part cves",
        "kept0": "Kept back", "kernels": "part kernels", "programs": "part components",
        "contents": "part components",
    },
    "yum": {
        "manager": "all", "waiting": "all", "system": "Operating system",
        "notices": "part security", "holes": "part cves", "rpms": "part versions",
        "metadata": "Security of updates", "needs": "part reboot", "restarts": "part restarts",
        "units": "part automatic", "kernels": "part kernels", "programs": "part components",
        "contents": "part components",
    },
}  # fmt: skip
# An empty answer that is a true one: nothing is held, nothing is there.
TRULY_EMPTY = {"held", "programs", "contents", "holes", "refresh"}
HOSTS = {"apt": APT, "yum": DNF}


def read(sections: Mapping[str, Section]) -> Inventory:
    found = packages.inventory(sections, NOW)
    findings(found, TODAY)  # whatever was read can be put into words
    return found


def is_called_patched(found: Inventory) -> bool:
    """Whether anything says that no hole is open on this host, though two updates wait on it."""
    return standing(found, TODAY)[0] == "ok" or found.security == 0


def worries(found: Inventory) -> set[str]:
    """What is said to be unknown, and about which part."""
    said = {check.name for check in findings(found, TODAY) if check.state == "unknown"}
    said |= {f"part {name}" for name in found.unknowns}
    return said | ({"all"} if found.unknown else set()) | ({"note"} if found.notes else set())


@pytest.mark.parametrize("host", HOSTS)
def test_the_whole_answer_is_understood(host: str) -> None:
    found = read(HOSTS[host])
    assert (found.unknown, len(found.updates), found.security) == ("", 2, 1)
    assert standing(found, TODAY) == ("warning", "1 security update")
    nginx = found.updates[0]
    assert nginx.cves == (("CVE-2026-1111",) if host == "apt" else ("CVE-2026-1",))


@pytest.mark.parametrize("spoilt", ["gone", "empty", "failed", "late"])
@pytest.mark.parametrize(
    ("host", "key"), [(host, key) for host, parts in HOSTS.items() for key in parts]
)
def test_a_part_that_fails_is_missed_and_never_reads_as_patched(
    host: str, key: str, spoilt: str
) -> None:
    whole = HOSTS[host]
    parts = {name: part for name, part in whole.items() if name != key}
    if spoilt != "gone":
        parts[key] = {
            "empty": Section(whole[key].status, ""),
            "failed": Section(1, "sh: something went wrong\n"),
            "late": Section(124, whole[key].text),
        }[spoilt]
    found = read(parts)
    assert not is_called_patched(found)
    token = MISSED[host].get(key)
    if token and not (spoilt == "empty" and (key in TRULY_EMPTY or not whole[key].text)):
        assert token not in worries(read(whole))
        assert token in worries(found)


@pytest.mark.parametrize("host", HOSTS)
@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_cut_and_garbled_answers_never_read_as_patched(host: str, data: st.DataObject) -> None:
    parts = dict(HOSTS[host])
    for key in data.draw(st.sets(st.sampled_from(sorted(parts)), min_size=1, max_size=4)):
        text = parts[key].text
        how = data.draw(st.sampled_from(["cut", "tail", "garbled", "status", "lines"]))
        place = data.draw(st.integers(0, len(text)))
        status = parts[key].status
        if how == "cut":
            text = text[:place]
        elif how == "tail":
            text = text[place:]
        elif how == "garbled":
            text = text[:place] + data.draw(st.text(max_size=20)) + text[place:]
        elif how == "lines":
            text = "".join(data.draw(st.permutations(text.splitlines(keepends=True))))
        else:
            status = data.draw(st.sampled_from([0, 1, 2, 77, 100, 124, 126, 127, 137, 255]))
        parts[key] = Section(status, text)
    assert not is_called_patched(read(parts))


@given(st.dictionaries(st.sampled_from(sorted(APT | DNF)), st.text(max_size=200), max_size=12))
@settings(max_examples=200, deadline=None)
def test_nonsense_never_reads_as_patched(texts: dict[str, str]) -> None:
    found = read({key: Section(0, text) for key, text in texts.items()})
    assert standing(found, TODAY)[0] != "ok"


# -- Changelogs


def test_only_what_lies_between_the_versions_is_mended() -> None:
    text = (
        "nginx (1.2-3) stable; urgency=medium\n  * CVE-2026-0001 CVE-2026-0002\n"
        "nginx (1.2-2) stable; urgency=HIGH\n  * CVE-2026-0002, CVE-2026-12345\n"
        "nginx (1.2-1) stable; urgency=emergency\n  * CVE-2020-0001\n"
    )
    all_of_it = (("CVE-2026-0001", "CVE-2026-0002", "CVE-2026-12345"), "high")
    assert mended(text, "1.2-1", "1.2-3") == all_of_it
    assert mended(text, "1.2-1+b1", "1.2-3+b2") == all_of_it
    assert mended(text, "1.2-2", "1.2-3") == (("CVE-2026-0001", "CVE-2026-0002"), "medium")
    assert mended(text, "1.2-1", "1.2-4") is None  # older than what is offered
    assert mended(text, "1.1-1", "1.2-3") is None  # does not reach back
    assert mended("", "1.2-1", "1.2-3") is None


VERSIONS = st.from_regex(r"([0-9]:)?[0-9][0-9a-c.+~]{0,6}(-[0-9a-c.+~]{1,4})?", fullmatch=True)


@given(st.lists(st.tuples(VERSIONS, VERSIONS), min_size=40, max_size=40))
@settings(max_examples=4, deadline=None)
def test_versions_are_ordered_as_dpkg_orders_them(pairs: list[tuple[str, str]]) -> None:
    script = "\n".join(
        f"dpkg --compare-versions '{one}' lt '{two}' && echo lt || echo ge" for one, two in pairs
    )
    ran = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    said = ran.stdout.split()
    ours = ["lt" if Version(one) < Version(two) else "ge" for one, two in pairs]
    assert [(pair, word) for pair, word in zip(pairs, ours, strict=True)] == [
        (pair, word) for pair, word in zip(pairs, said, strict=True)
    ]
