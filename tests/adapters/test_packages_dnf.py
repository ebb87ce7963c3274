"""Updates of dnf and yum: answers in their form, put together here, and a real dnf over the real
sshd."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gmops_desktop.adapters import host_keys, packages, ssh
from gmops_desktop.adapters.packages.dnf import split_nevra
from gmops_desktop.adapters.sections import Section, Shell
from gmops_desktop.context import Context
from gmops_desktop.contract.updates import Inventory, KeptBack, Repository, Update
from sandbox.rpm_target import EXCLUDED, RPMS, RpmTarget
from sandbox.sshd import Sshd

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

WAITING = """\
Last metadata expiration check: 0:00:01 ago on Sun 22 Nov 2026 08:00:00 AM CST.

java-1.8.0-openjdk.x86_64        1:1.8.0.412.b08-2.el8         updates
nginx.x86_64                     1:1.20.1-16.el8               appstream
zlib.i686                        1.2.11-25.el8                 baseos
Obsoleting Packages
grub2-tools.x86_64               1:2.02-150.el8                baseos
    grub2-tools.x86_64           1:2.02-148.el8                @System
"""
NOTICES = """\
TSSA-2024:7777 Critical/Sec.  java-1.8.0-openjdk-1:1.8.0.412.b08-1.el8.x86_64
TSSA-2024:7778 Critical/Sec.  java-1.8.0-openjdk-1:1.8.0.412.b08-2.el8.x86_64
RLSA-2024:0001 Low/Sec.       zlib-1.2.11-25.el8.i686
"""
HOLES = """\
CVE-2024-1 Critical/Sec.  java-1.8.0-openjdk-1:1.8.0.412.b08-1.el8.x86_64
CVE-2024-2 Critical/Sec.  java-1.8.0-openjdk-1:1.8.0.412.b08-2.el8.x86_64
RLBA-2024:9 bugfix        nginx-1:1.20.1-16.el8.x86_64
"""
RPMDB = """\
1500000000 nginx x86_64 1:1.20.1-14.el8
1500000000 java-1.8.0-openjdk x86_64 1:1.8.0.402.b06-2.el8
1500000000 zlib i686 (none):1.2.11-20.el8
1500000000 kernel-core x86_64 (none):4.18.0-1.el8
1600000000 kernel-core x86_64 (none):4.18.0-2.el8
"""
METADATA = """\
yes /var/cache/dnf/updates-0123456789abcdef/repodata/repomd.xml
yes /var/cache/dnf/baseos-0123456789abcdef/repodata/repomd.xml
no /var/cache/dnf/appstream-0123456789abcdef/repodata/repomd.xml
"""
UNITS = """\
dnf-automatic.timer Failed to get unit file state for dnf-automatic.timer: No such file or directory
yum-cron.service disabled
"""


def scanned(manager: str = "dnf", **changed: Section | None) -> Inventory:
    said: dict[str, Section | None] = {
        "manager": Section(0, f"{manager}\n"),
        "system": Section(0, 'ID="rocky"\nVERSION_ID="8.10"\nPRETTY_NAME="Rocky Linux 8.10"\n'),
        "waiting": Section(100, WAITING),
        "notices": Section(0, NOTICES),
        "holes": Section(0, HOLES),
        "rpms": Section(0, RPMDB),
        "metadata": Section(0, METADATA),
        "locks": Section(0, ""),
        "needs": Section(0, "No core libraries or services have been updated.\n"),
        "restarts": Section(0, "crond.service\nnginx.service\n"),
        "kernels": Section(0, "4.18.0-2.el8.x86_64\nvmlinuz-4.18.0-2.el8.x86_64\n"),
        "units": Section(0, UNITS),
        **changed,
    }
    return packages.inventory({key: part for key, part in said.items() if part}, NOW)


def test_the_words_of_dnf_say_what_waits_and_what_it_mends() -> None:
    found = scanned()
    assert found.unknown == ""
    assert found.updates == (
        Update("java-1.8.0-openjdk", "x86_64", "1:1.8.0.402.b06-2.el8", "1:1.8.0.412.b08-2.el8",
               "updates", True, "Critical", ("CVE-2024-1", "CVE-2024-2"), "TSSA-2024:7777"),
        Update("nginx", "x86_64", "1:1.20.1-14.el8", "1:1.20.1-16.el8", "appstream", False),
        Update("zlib", "i686", "1.2.11-20.el8", "1.2.11-25.el8", "baseos", True, "Low", (),
               "RLSA-2024:0001"),
    )  # fmt: skip
    # One repository publishes no notices: what comes from there is not judged.
    assert [one.name for one in found.unjudged] == ["nginx"]
    assert Repository("appstream", False) in found.repositories
    assert found.security == 2
    assert found.restarts == ("crond.service", "nginx.service")
    assert (found.reboot_required, found.automatic) == (False, False)
    assert "grub2-tools" in found.notes[0]
    assert "no API of dnf" in found.unknowns["sizes"]


def test_without_notices_none_is_not_no_security_update() -> None:
    none = Section(0, "Last metadata expiration check: 0:00:01 ago on Sun 22 Nov 2026.\n")
    quiet = scanned(notices=none, holes=none, metadata=Section(0, ""))
    assert len(quiet.updates) == 3
    assert quiet.security is None
    assert {one.security for one in quiet.repositories} == {None}
    # The repositories publish some, and dnf could not list them.
    for status, said in ((1, "Error: broken\n"), (0, "what is this\n"), (124, ""), (0, "")):
        failed = scanned(notices=Section(status, said), holes=Section(0, ""))
        assert failed.security is None
        assert "security" in failed.unknowns


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"waiting": Section(1, "Error: Failed to download metadata for repo 'x'\n")}, "Failed"),
        ({"waiting": Section(0, WAITING)}, "a form we do not know"),
        ({"waiting": Section(100, "")}, "a form we do not know"),
        ({"waiting": Section(100, "Updates are waiting for you!\n")}, "a form we do not know"),
        ({"waiting": Section(124, "")}, "it took too long"),
        ({"waiting": Section(137, WAITING)}, "it took too long"),
        ({"waiting": None}, "did not answer this part"),
        ({"waiting": Section(200, WAITING)}, "Last metadata"),
    ],
)
def test_a_failed_answer_never_reads_as_no_updates(changed: dict, why: str) -> None:
    found = scanned(**changed)
    assert why in found.unknown
    assert (found.updates, found.security) == ((), None)


def test_no_updates_is_believed_when_dnf_says_so() -> None:
    found = scanned(waiting=Section(0, ""))
    assert (found.unknown, found.updates, found.security) == ("", (), 0)
    passed = scanned(waiting=Section(0, "Ignoring repositories: appstream, epel\n"))
    assert [one.name for one in passed.silent] == ["appstream", "epel"]
    assert passed.security is None


def test_yum_3_wraps_its_rows() -> None:
    text = (
        "Loaded plugins: fastestmirror\n\n"
        "java-1.8.0-openjdk-headless.x86_64\n"
        "                                 1:1.8.0.412.b08-1.el7_9      updates\n"
        "bash.x86_64    4.2.46-35.el7_9    updates\n"
    )
    old = 'ID="centos"\nVERSION_ID="7"\nPRETTY_NAME="CentOS Linux 7 (Core)"\n'
    mute = Section(0, "no /var/cache/yum/x86_64/7/updates/repomd.xml\n")
    found = scanned("yum", waiting=Section(100, text), system=Section(0, old), metadata=mute)
    assert [(one.name, one.new) for one in found.updates] == [
        ("java-1.8.0-openjdk-headless", "1:1.8.0.412.b08-1.el7_9"),
        ("bash", "4.2.46-35.el7_9"),
    ]
    assert (found.system_id, found.system_version) == ("centos", "7")
    assert found.security is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("java-1.8.0-openjdk-1:1.8.0.412.b08-2.el8.x86_64",
         ("java-1.8.0-openjdk", "1:1.8.0.412.b08-2.el8", "x86_64")),
        ("glibc-2.28-251.el8.i686", ("glibc", "2.28-251.el8", "i686")),
        ("nonsense", None),
        ("a-b.c", None),
        ("", None),
    ],
)  # fmt: skip
def test_names_are_split_from_the_right(text: str, parts: tuple[str, str, str] | None) -> None:
    assert split_nevra(text) == parts


@pytest.mark.parametrize(
    ("said", "status", "due"),
    [
        ("Core libraries or services have been updated since boot-up:\n  * kernel\n  * glibc\n\n"
         "Reboot is required to fully utilize these updates.\n", 1, True),
        ("No core libraries or services have been updated since boot-up.\n"
         "Reboot should not be necessary.\n", 0, False),
        # The plugin is missing, and dnf ends with 1: no restart follows from that.
        ("No such command: needs-restarting. Please use /usr/bin/dnf --help\n", 1, None),
        ("", 0, None),
        ("", 127, None),
    ],
)  # fmt: skip
def test_whether_a_restart_is_due(said: str, status: int, due: bool | None) -> None:
    found = scanned(needs=Section(status, said), kernels=Section(0, "4.18.0-2.el8.x86_64\n"))
    assert found.reboot_required is due
    if due:
        assert found.reboot_packages == ("kernel", "glibc")
    assert ("reboot" in found.unknowns) is (due is None)


def test_a_newer_kernel_asks_for_a_restart_whatever_the_plugin_says() -> None:
    text = (
        "5.14.0-362.8.1.el9_3.x86_64\nvmlinuz-0-rescue-0af\nvmlinuz-5.14.0-362.8.1.el9_3.x86_64\n"
        "vmlinuz-5.14.0-427.13.1.el9_4.x86_64\nvmlinuz-5.14.0-503.1.1.el9_5.x86_64+debug\n"
    )
    found = scanned(kernels=Section(0, text))
    assert found.reboot_required is True
    assert found.kernels is not None
    assert found.kernels.newest == "5.14.0-427.13.1.el9_4.x86_64"  # and not the debug one


@pytest.mark.parametrize(
    ("units", "settings", "cron", "names"),
    [
        ("dnf-automatic.timer enabled\n", "[commands]\napply_updates = yes\nreboot = never\n", "",
         ["dnf-automatic"]),
        ("dnf-automatic.timer enabled\n", "[commands]\napply_updates = no\n", "", []),
        ("dnf-automatic.timer disabled\n", "[commands]\napply_updates = yes\n", "", []),
        ("dnf-automatic-install.timer enabled\n", "[commands]\napply_updates = no\n", "",
         ["dnf-automatic-install"]),
        ("yum-cron.service enabled\n", "", "update_cmd = security\napply_updates = yes\n",
         ["yum-cron"]),
        ("yum-cron.service enabled\n", "", "apply_updates = no\n", []),
    ],
)  # fmt: skip
def test_what_updates_by_itself(units: str, settings: str, cron: str, names: list[str]) -> None:
    found = scanned(units=Section(0, units), automatic=Section(0, settings), cron=Section(0, cron))
    assert [one.name for one in found.updaters] == names
    assert found.automatic is bool(names)
    assert all("systemctl disable --now" in one.switch_off for one in found.updaters)


def test_whether_it_updates_by_itself_is_unknown_without_systemd() -> None:
    silent = "dnf-automatic.timer System has not been booted with systemd as init system (PID 1).\n"
    found = scanned(units=Section(0, silent))
    assert found.automatic is None
    assert found.unknowns["automatic"] == "systemd does not answer"


def test_dnf_5_speaks_json() -> None:
    said = [{"name": "FEDORA-2024-aa11", "type": "security", "severity": "Moderate",
             "nevra": "nginx-1:1.20.1-16.el8.x86_64", "buildtime": 1}]  # fmt: skip
    found = scanned(five=Section(0, json.dumps(said)))
    nginx = next(one for one in found.updates if one.name == "nginx")
    assert (nginx.security, nginx.severity, nginx.advisory) == (
        True, "Moderate", "FEDORA-2024-aa11"
    )  # fmt: skip
    assert "cves" in found.unknowns
    for broken in ("", "[", "{}", '[{"nevra": 3}]'):
        assert "security" in scanned(five=Section(0, broken)).unknowns


# -- Plans

PLAN = """\
Dependencies resolved.
================================================================================
 Package                                 Arch   Version            Repo     Size
================================================================================
Upgrading:
 java-1.8.0-openjdk-headless-with-a-long-name
                                         x86_64 1:1.8.0.412-2.el8  updates  34 M
 nginx                                   x86_64 1:1.20.1-16.el8    appstream
                                                                           600 k
     replacing  nginx-mod.x86_64 1:1.20.1-14.el8
Installing dependencies:
 nginx-filesystem                        noarch 1:1.20.1-16.el8    appstream 9 k
Removing dependent packages:
 old-tool                                x86_64 1-1                @System    0

Transaction Summary
================================================================================
Install  1 Package
Upgrade  2 Packages
Remove   1 Package

Total download size: 35 M
Operation aborted.
"""


def planned(text: str = PLAN, status: int = 1) -> packages.Plan:
    said = {
        "manager": Section(0, "dnf\n"),
        "plan": Section(status, text),
        "space": Section(0, "/dev/vda1 100 50 5000000 1% /\n"),
        "services": Section(0, "nginx.service\n"),
    }
    return packages.plan(said, NOW)


def test_a_plan_is_read_to_the_last_word() -> None:
    plan = planned()
    assert [(one.name, one.new) for one in plan.packages] == [
        ("java-1.8.0-openjdk-headless-with-a-long-name", "1:1.8.0.412-2.el8"),
        ("nginx", "1:1.20.1-16.el8"),
    ]
    assert plan.installs == ("nginx-filesystem 1:1.20.1-16.el8",)
    assert plan.removes == ("old-tool",)
    assert plan.obsoletes == ("nginx-mod by nginx",)
    assert plan.download_bytes == 35 * 1024**2
    assert (plan.manager, plan.services, plan.reboot) == ("dnf", ("nginx.service",), False)


@pytest.mark.parametrize(
    ("text", "status", "why"),
    [
        (PLAN, 0, "a form we do not know"),  # it would have been done, or something else ran
        (PLAN.replace("Operation aborted.\n", ""), 1, "a form we do not know|Dependencies"),
        (PLAN.replace("Upgrade  2", "Upgrade  3"), 1, "a form we do not know"),
        ("No match for argument: nginx-9\nError: No packages marked for upgrade.\n", 1, "nginx-9"),
        ("Error: \n Problem: nothing provides libx needed by nginx\n", 1, "nothing provides"),
        ("Error: This command has to be run with superuser privileges (under the root user).\n",
         1, "superuser"),
        ("Nothing to do.\nComplete!\n", 0, "Nothing to do"),
        ("", 124, "it took too long"),
        ("", 1, "exit code 1"),
    ],
)  # fmt: skip
def test_a_refusal_says_why_and_that_nothing_happened(text: str, status: int, why: str) -> None:
    with pytest.raises(packages.PlanRefused, match=why) as caught:
        planned(text, status)
    assert "Nothing was installed" in caught.value.unharmed


# -- A real dnf

root_only = pytest.mark.skipif(
    os.geteuid() != 0, reason="a host of the Red Hat family is laid as an overlay, by root alone"
)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> RpmTarget:
    assert RpmTarget.possible(), "dnf, rpm and createrepo-c are missing: python3 dev.py setup"
    target = RpmTarget(tmp_path_factory.mktemp("rpm-target"))
    target.make()
    return target


@pytest.fixture(scope="module")
def shell(target: RpmTarget, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("rpm-host")
    known = folder / "known_hosts"
    with Sshd(folder / "sshd", inside=target.inside) as sshd:
        key = ssh.host_key(sshd.address, Context(), known_hosts=known)
        host_keys.trust(sshd.address, key, known)
        with ssh.Ssh.open(sshd.address, Context(), password=None, known_hosts=known) as shell:
            yield shell


@root_only
@pytest.mark.servers
def test_a_real_dnf_is_scanned_and_simulated_over_ssh(shell: Shell, target: RpmTarget) -> None:
    system = Path("/var/lib/dpkg/status").read_bytes()
    found = packages.scan(shell, Context())
    assert (found.unknown, found.manager) == ("", "dnf")
    assert (found.system_id, found.system_version) == ("rocky", "9.4")
    wanted = {rpm.name: rpm for rpm in RPMS if rpm.old and rpm.new and rpm.name not in EXCLUDED}
    assert {one.name: (one.old, one.new) for one in found.updates} == {
        name: (rpm.old, rpm.new) for name, rpm in wanted.items()
    }
    told = {one.name: (one.severity, one.cves, one.advisory) for one in found.updates}
    assert told["nginx"] == ("Important", ("CVE-2026-1001", "CVE-2026-1002"), "SBSA-2026:1001")
    assert told["java-1.8.0-openjdk"][0] == "Critical"
    # The newest only mends a fault; the hole was mended by one in between.
    assert told["openssl-libs"] == ("Moderate", ("CVE-2026-1003",), "SBSA-2026:1002")
    assert told["tzdata"] == ("", (), "")
    assert found.repositories == (
        Repository("sandbox-base", True),
        Repository("sandbox-thirdparty", False),
    )
    assert [one.name for one in found.unjudged] == ["php-fpm"]
    assert found.not_taken == (KeptBack("redis", "excluded"),)
    assert found.download_bytes == sum(one.bytes or 0 for one in found.updates) > 0
    assert found.restarts is not None
    assert (found.reboot_required, found.automatic) == (False, False)
    assert "new-editor" in found.notes[0]
    by_words = packages.scan(_Without(shell), Context())
    assert by_words.unknowns["api"] == "the host has no API of dnf"
    ours = [(one.name, one.old, one.new, one.security) for one in found.updates]
    assert ours == [(one.name, one.old, one.new, one.security) for one in by_words.updates]
    assert [set(one.cves) for one in by_words.updates] == [set(one.cves) for one in found.updates]
    assert [one.severity for one in by_words.updates] == [one.severity for one in found.updates]
    judged = {one.name: one.security for one in by_words.repositories}
    assert judged == {"sandbox-base": True, "sandbox-thirdparty": False}

    plan = packages.simulate(shell, found.updates, Context())
    assert plan.packages == found.updates
    assert plan.installs == ("nginx-filesystem 1:1.20.1-16.el9",)
    assert (plan.services, plan.reboot, plan.manager) == (("nginx.service",), True, "dnf")
    gone = Update("nginx", "noarch", "1", "9.9-1", "", False)
    with pytest.raises(packages.PlanRefused, match=r"nginx-9\.9-1"):
        packages.simulate(shell, [found.updates[0], gone], Context())
    # Nothing was changed: neither there nor here.
    status, said = shell.run("rpm -q nginx openssl-libs", Context(), deadline=280)
    assert (status, said.split()) == (
        0, [b"nginx-1.20.1-14.el9.noarch", b"openssl-libs-3.0.7-24.el9.noarch"]
    )  # fmt: skip
    assert Path("/var/lib/dpkg/status").read_bytes() == system


class _Without:
    """The same host, as one whose Pythons have no `dnf`: its words alone must do."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def run(self, script: str, context: Context, *, deadline: float) -> tuple[int, bytes]:
        without = script.replace('[ "$M" = dnf ] && s api', "false && s api")
        assert without != script
        return self._shell.run(without, context, deadline=deadline)
