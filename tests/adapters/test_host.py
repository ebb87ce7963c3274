"""The look at a host: recorded answers of several systems, and this machine's real one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from gmops_desktop.adapters import host, host_keys, sections, ssh
from gmops_desktop.adapters.sections import Section
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import HostDetails, details_from_dict, details_to_dict
from gmops_desktop.errors import OpsError
from sandbox.sshd import Sshd

RECORDED = Path(__file__).parent / "hosts"
SYSTEMS = sorted(file.stem for file in RECORDED.glob("*.txt"))


def recorded(name: str, **changed: Section | None) -> HostDetails:
    output = (RECORDED / f"{name}.txt").read_text("utf-8")
    found = {**sections.split(output, "fixture"), **changed}
    return host.parse({key: section for key, section in found.items() if section})


def test_debian_with_steal_iowait_reserved_blocks_and_a_failed_unit() -> None:
    seen = recorded("debian-12")
    assert seen.system == "Debian GNU/Linux 12 (bookworm)"
    assert (seen.kernel, seen.cores) == ("6.1.0-28-amd64", 8)
    # 400 ticks passed: 160 busy (20 of them stolen), 20 waiting, 200 idle
    assert (seen.cpu, seen.iowait, seen.steal) == (45.0, 5.0, 5.0)
    assert (seen.out_mbit, seen.in_mbit) == (pytest.approx(4.0), pytest.approx(1.0))
    assert seen.disk_busy == pytest.approx(25)
    assert seen.memory_share == 50.0
    assert [disk.mount for disk in seen.disks] == ["/", "/data/web site"]
    root, data = seen.disks
    assert root.share == pytest.approx(68.969, abs=0.001)  # of used + available, as df says
    assert root.inode_share == 5.0
    assert data.inode_share is None
    assert (root.state, data.state) == ("ok", "critical")
    assert seen.failed_units == ("nginx.service",)
    assert seen.oom_kills == 3
    assert seen.uptime_seconds == 864000.6
    assert (seen.sections, seen.notes) == ({}, {})


def test_ubuntu_with_snaps_a_backwards_iowait_and_one_unreadable_mount() -> None:
    seen = recorded("ubuntu-22.04")
    assert (seen.cpu, seen.iowait) == (0.0, 0.0)
    assert [disk.mount for disk in seen.disks] == ["/", "/boot/efi"]
    assert (seen.out_mbit, seen.failed_units, seen.disk_busy) == (0.0, (), 0.0)
    assert seen.sections == {}


def test_centos_7_without_memavailable_and_with_dotted_units() -> None:
    seen = recorded("centos-7")
    assert seen.memory_available == (500000 + 100000 + 3000000 + 300000 - 200000) * 1024
    assert seen.failed_units == ("kdump.service", "mysqld.service")
    assert seen.oom_kills is None
    assert seen.sections == {"inodes": "it took too long"}
    assert seen.disks[0].inode_share is None


def test_alpine_has_no_systemd_which_is_not_zero_failures() -> None:
    seen = recorded("alpine-3.19")
    assert seen.failed_units is None
    assert seen.notes == {"units": "This host does not run systemd."}
    assert "units" not in seen.sections
    assert [disk.mount for disk in seen.disks] == ["/", "/boot"]
    assert seen.disks[0].inode_share == pytest.approx(2.478, abs=0.001)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("section", ["sample1", "memory", "load", "disks", "units", "kernel"])
def test_a_missing_section_is_unknown_and_spoils_nothing_else(system: str, section: str) -> None:
    seen = recorded(system, **{section: None})
    assert "the host did not answer this part" in seen.sections.values()
    assert seen.boot_id


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_answer_survives_the_store(system: str) -> None:
    seen = recorded(system)
    assert details_from_dict("host", details_to_dict(seen)) == seen


@pytest.mark.parametrize(
    ("section", "name"),
    [
        (Section(124, ""), "it took too long"),
        (Section(1, "cat: Permission denied\n"), "cat: Permission denied"),
        (Section(1, ""), "exit code 1"),
        (Section(0, "nonsense"), "the host answered in a form we do not know"),
        (Section(0, "MemTotal: none kB"), "the host answered in a form we do not know"),
    ],
)  # fmt: skip
def test_a_failed_section_says_why(section: Section, name: str) -> None:
    seen = recorded("debian-12", memory=section)
    assert (seen.memory_total, seen.memory_share) == (None, None)
    assert seen.sections == {"memory": name}


def test_counters_that_ran_backwards_give_no_rate() -> None:
    output = (RECORDED / "debian-12.txt").read_text("utf-8")
    found = sections.split(output, "fixture")
    swapped = {**found, "sample1": found["sample2"], "sample2": found["sample1"]}
    seen = host.parse(swapped)
    assert seen.out_mbit is None
    assert "reset" in seen.sections["traffic"]


def test_systemd_that_cannot_be_asked_is_unknown_not_zero() -> None:
    seen = recorded("debian-12", units=Section(1, "Failed to connect to bus: Permission denied\n"))
    assert seen.failed_units is None
    assert seen.sections["units"] == "Failed to connect to bus: Permission denied"


def test_a_wrong_clock_is_measured() -> None:
    output = (RECORDED / "debian-12.txt").read_text("utf-8")
    found = sections.split(output, "fixture")
    assert host.parse(found, ours=(1795366460.2, 1795366461.1)).clock_seconds == 0
    assert host.parse(found, ours=(1795366400.0, 1795366401.0)).clock_seconds == 60
    assert host.parse(found, ours=(1795366500.0, 1795366501.0)).clock_seconds == -39


def test_an_answer_that_broke_off_is_an_error_not_a_look() -> None:
    output = (RECORDED / "debian-12.txt").read_text("utf-8")
    with pytest.raises(OpsError, match="broke off"):
        sections.split(output.replace("fixture DONE", ""), "fixture")


def test_this_machine_answers_over_the_real_sshd(sshd: Sshd, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    key = ssh.host_key(sshd.address, Context(), known_hosts=known)
    host_keys.trust(sshd.address, key, known)
    with ssh.Ssh.open(sshd.address, Context(), password=None, known_hosts=known) as connection:
        seen = host.look(connection, Context())
    assert seen.system
    assert seen.cores
    assert seen.memory_total
    assert seen.disks
    assert seen.cpu is not None
    assert 0 <= seen.cpu <= 100
    assert seen.clock_seconds == 0
    assert set(asdict(seen)) == set(HostDetails.__dataclass_fields__)
