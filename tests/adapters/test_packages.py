"""Updates of a host: answers in the form of apt's, put together here, and a real apt over the real
sshd."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gmops_desktop.adapters import host_keys, packages, ssh
from gmops_desktop.adapters.sections import Section
from gmops_desktop.context import Context
from gmops_desktop.contract.updates import (
    Inventory,
    KeptBack,
    drift,
    inventory_from_dict,
    plan_from_dict,
    to_dict,
)
from gmops_desktop.errors import OpsError
from sandbox.patch_target import PatchTarget
from sandbox.sshd import Sshd

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())

UPGRADE = """\
Reading package lists...
Building dependency tree...
Reading state information...
Calculating upgrade...
The following packages have been kept back:
  php8.2-fpm redis-server
The following NEW packages will be installed:
  linux-image-6.1.0-31-amd64
The following packages will be upgraded:
  debian-security-support libgcrypt20 libgcrypt20-dev linux-image-amd64
4 upgraded, 1 newly installed, 0 to remove and 2 not upgraded.
Inst debian-security-support [1:12+2024.01.01] (1:12+2025.01.28 Debian:12.15/oldstable [all])
Inst libgcrypt20-dev [1.10.1-3] (1.10.1-3+deb12u1 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64]) []
Inst libgcrypt20 [1.10.1-3] (1.10.1-3+deb12u1 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64])
Inst linux-image-6.1.0-31-amd64 (6.1.128-1 Debian-Security:12/oldstable-security [amd64])
Inst linux-image-amd64 [6.1.119-1] (6.1.128-1 Debian-Security:12/oldstable-security [amd64])
Conf libgcrypt20 (1.10.1-3+deb12u1 Debian:12.15/oldstable [amd64])
"""  # noqa: E501 - as apt prints it
UP_TO_DATE = """\
Reading package lists...
Building dependency tree...
Reading state information...
Calculating upgrade...
0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.
"""


def scanned(**changed: Section | None) -> Inventory:
    said: dict[str, Section | None] = {
        "manager": Section(0, "apt-get\n"),
        "system": Section(0, 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'),
        "refresh": Section(0, ""),
        "lists": Section(0, f"4\n{EPOCH - 3600}\n{EPOCH}\n"),
        "upgrade": Section(0, UPGRADE),
        "held": Section(0, "php8.2-fpm\n"),
        "reboot": Section(0, "unknown\n"),
        "kernels": Section(0, "6.1.0-28-amd64\nvmlinuz-6.1.0-28-amd64\n"),
        "periodic": Section(0, 'APT "";\nAPT::Periodic::Unattended-Upgrade "0";\n'),
        **changed,
    }
    return packages.inventory({key: part for key, part in said.items() if part}, NOW)


def test_updates_their_origins_holds_and_what_is_kept_back() -> None:
    found = scanned()
    assert found.unknown == ""
    assert [(update.name, update.security) for update in found.updates] == [
        ("debian-security-support", False),  # its name says security, its origin does not
        ("libgcrypt20-dev", True),
        ("libgcrypt20", True),
        ("linux-image-amd64", True),
    ]
    assert found.updates[1].old == "1.10.1-3"
    assert found.updates[1].new == "1.10.1-3+deb12u1"
    assert found.security == 3
    assert (found.held, found.kept_back) == (("php8.2-fpm",), ("redis-server",))
    assert (found.manager, found.system) == ("apt", "Debian GNU/Linux 12 (bookworm)")
    assert (found.reboot_required, found.automatic) == (False, False)
    assert inventory_from_dict(to_dict(found)) == found


def test_a_patched_host_has_no_updates_and_that_is_known() -> None:
    found = scanned(upgrade=Section(0, UP_TO_DATE))
    assert (found.updates, found.unknown, found.security) == ((), "", 0)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"manager": Section(1, "")}, "no package manager was found"),
        ({"manager": Section(0, "zypper\n")}, "the host uses zypper"),
        ({"manager": None}, "no package manager was found"),
        ({"upgrade": Section(124, "")}, "it took too long"),
        ({"upgrade": Section(100, "Reading\nE: dpkg was interrupted\n")}, "dpkg was interrupted"),
        ({"upgrade": Section(0, "")}, "apt gave no summary"),
        ({"upgrade": None}, "the host did not answer this part"),
        (
            {"upgrade": Section(0, UPGRADE.replace("Inst libgcrypt20 ", "Instead "))},
            "apt's answer has a form we do not know",
        ),
        ({"lists": Section(0, f"0\n{EPOCH}\n{EPOCH}\n")}, "no package lists"),
        ({"lists": Section(0, "")}, "the package lists cannot be read"),
        (
            {
                "lists": Section(0, f"4\n{EPOCH - 30 * 86400}\n{EPOCH}\n"),
                "refresh": Section(0, "not permitted\n"),
            },
            "30 days old",
        ),
        ({"held": Section(1, "")}, "exit code 1"),
    ],
)
def test_a_failed_collector_never_reads_as_no_updates(changed: dict, why: str) -> None:
    found = scanned(**changed)
    assert why in found.unknown
    assert found.updates == ()
    assert found.security is None


def test_lists_that_could_not_be_fetched_anew_are_said() -> None:
    failed = Section(100, "E: Failed to fetch http://mirror.example/x\n")
    found = scanned(refresh=failed, lists=Section(0, f"4\n{EPOCH - 2 * 86400}\n{EPOCH}\n"))
    assert found.unknown == ""
    assert found.notes == ("The package lists are 2 days old and could not be fetched anew.",)


@pytest.mark.parametrize(
    ("kernels", "said", "due"),
    [
        ("6.1.0-28-amd64\nvmlinuz-6.1.0-28-amd64\nvmlinuz-6.1.0-31-amd64\n", "unknown", True),
        ("6.1.0-9-amd64\nvmlinuz-6.1.0-9-amd64\nvmlinuz-6.1.0-10-amd64\n", "no", True),
        ("6.1.0-31-amd64\nvmlinuz-6.1.0-28-amd64\nvmlinuz-6.1.0-31-amd64\n", "unknown", False),
        # another flavour's newer kernel is none of ours
        ("6.1.0-28-amd64\nvmlinuz-6.1.0-28-amd64\nvmlinuz-6.1.0-31-cloud-amd64\n", "no", False),
        ("6.18.44-cloud\n", "unknown", None),
        ("6.18.44-cloud\n", "no", False),
        ("6.1.0-28-amd64\nvmlinuz-6.1.0-28-amd64\n", "yes", True),
    ],
)
def test_whether_a_restart_is_due(kernels: str, said: str, due: bool | None) -> None:
    found = scanned(kernels=Section(0, kernels), reboot=Section(0, said))
    assert found.reboot_required is due


@pytest.mark.parametrize(
    ("section", "automatic"),
    [
        (Section(0, 'APT::Periodic::Unattended-Upgrade "1";\n'), True),
        (Section(0, 'APT::Periodic::Unattended-Upgrade "0";\n'), False),
        (Section(0, 'APT "";\n'), False),
        (Section(127, ""), None),
    ],
)
def test_whether_the_host_updates_itself(section: Section, automatic: bool | None) -> None:
    assert scanned(periodic=section).automatic is automatic


# -- Plans

PLAN = """\
Reading package lists...
The following packages will be REMOVED:
  redis-legacy
2 upgraded, 1 newly installed, 1 to remove and 3 not upgraded.
Remv redis-legacy [1.0-1]
Inst nginx [1.22.1-9] (1.22.1-9+deb12u2 Debian-Security:12/oldstable-security [amd64])
Inst linux-image-6.1.0-31-amd64 (6.1.128-1 Debian-Security:12/oldstable-security [amd64])
Inst linux-image-amd64 [6.1.119-1] (6.1.128-1 Debian-Security:12/oldstable-security [amd64])
"""


def planned(**changed: Section):
    said = {
        "plan": Section(0, PLAN),
        "space": Section(0, "/dev/vda1 100 50 5000000 1% /\n/dev/vda2 9 9 300000 1% /boot\n"),
        "services": Section(0, "apache2.service\nnginx.service\n"),
        "active": Section(0, "nginx.service loaded active running A web server\n"),
        **changed,
    }
    return packages.plan(said, NOW)


def test_a_plan_says_everything_that_would_happen() -> None:
    plan = planned()
    assert [update.name for update in plan.packages] == ["nginx", "linux-image-amd64"]
    assert plan.installs == ("linux-image-6.1.0-31-amd64 6.1.128-1",)
    assert plan.removes == ("redis-legacy",)
    assert plan.services == ("nginx.service",)
    assert plan.reboot is True
    assert plan.disk_free == 300000 * 1024
    assert plan_from_dict(to_dict(plan)) == plan


@pytest.mark.parametrize(("name", "reboot"), [("libc6", None), ("nginx", False)])
def test_whether_a_plan_needs_a_restart(name: str, reboot: bool | None) -> None:
    text = f"Inst {name} [1] (2 Debian:12/oldstable [amd64])\n"
    summary = "1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n"
    assert planned(plan=Section(0, summary + text)).reboot is reboot


@pytest.mark.parametrize(
    ("section", "why"),
    [
        (
            Section(100, "Reading...\nE: Version ‘9’ for ‘nginx’ was not found\n"),
            "Version ‘9’ for ‘nginx’ was not found",
        ),
        (Section(124, ""), "it took too long"),
        (Section(0, ""), "apt gave no summary"),
    ],
)
def test_a_refused_plan_says_why_and_that_nothing_happened(section: Section, why: str) -> None:
    with pytest.raises(packages.PlanRefused, match=why) as caught:
        planned(plan=section)
    assert "Nothing was installed" in caught.value.unharmed


def test_drift_names_every_difference() -> None:
    approved = planned()
    assert drift(approved, planned()) == ()
    newer = planned(plan=Section(0, PLAN.replace("deb12u2", "deb12u3").replace("Remv", "Keep")))
    assert drift(approved, newer) == (
        "- nginx:amd64 1.22.1-9+deb12u2",
        "- redis-legacy (removed)",
        "+ nginx:amd64 1.22.1-9+deb12u3",
    )


# -- A real apt


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> PatchTarget:
    target = PatchTarget(tmp_path_factory.mktemp("patch-target"))
    target.make()
    return target


@pytest.mark.servers
def test_a_real_apt_is_scanned_and_simulated_over_ssh(target: PatchTarget, tmp_path: Path) -> None:
    before = target.installed()
    known = tmp_path / "known_hosts"
    with Sshd(tmp_path / "sshd", environment={"APT_CONFIG": str(target.config)}) as sshd:
        key = ssh.host_key(sshd.address, Context(), known_hosts=known)
        host_keys.trust(sshd.address, key, known)
        with ssh.Ssh.open(sshd.address, Context(), password=None, known_hosts=known) as shell:
            found = packages.scan(shell, Context())
            wanted = [update for update in found.updates if update.name in ("nginx", "openssl")]
            plan = packages.simulate(shell, wanted, Context())
            kernel = [one for one in found.updates if one.name == "linux-image-amd64"]
            with_kernel = packages.simulate(shell, kernel, Context())
            gone = [packages.Update("nginx", "amd64", "1", "9.9-never", "", False)]
            with pytest.raises(packages.PlanRefused, match="9-never"):
                packages.simulate(shell, gone, Context())
            with pytest.raises(OpsError, match="no update was chosen"):
                packages.simulate(shell, [], Context())
    assert found.unknown == ""
    security = {update.name for update in found.updates if update.security}
    assert {"nginx", "openssl", "curl", "linux-image-amd64"} <= security
    assert "apparmor-security-profiles" not in security
    assert found.held == ("php8.2-fpm",)
    assert found.kept_back == ("redis-server",)
    assert found.automatic is False
    assert {update.name for update in plan.packages} == {"nginx", "openssl"}
    assert (plan.installs, plan.removes) == ((), ())
    assert with_kernel.installs == ("linux-image-6.1.0-34-amd64 6.1.135-1",)
    assert with_kernel.reboot is True
    assert target.installed() == before  # nothing was changed
    told = {update.name: (update.severity, update.cves) for update in found.updates}
    # What lay between the two versions counts, too; what was mended before does not.
    assert told["nginx"] == ("high", ("CVE-2024-7347", "CVE-2025-23419"))
    assert told["libssl3"] == ("medium", ("CVE-2024-13176",))
    # No changelog, and one cut off before what is installed: not known, and said so.
    assert told["curl"] == told["linux-image-amd64"] == ("", ())
    assert found.unknowns["cves"].startswith("the changelogs of 2 security updates")
    assert found.not_taken == (
        KeptBack("php8.2-fpm", "held"),
        KeptBack("redis-server", "removes", "redis-legacy"),
    )
    assert found.download_bytes is not None
    assert found.download_bytes >= sum(update.bytes or 0 for update in found.updates) > 0
    assert found.disk_bytes is not None
    assert found.kernels is not None
    assert plan.download_bytes == sum(update.bytes or 0 for update in plan.packages) > 0
