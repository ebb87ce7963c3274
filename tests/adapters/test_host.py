"""The look at a host: answers of several systems (which of them are recorded and which formed says
`hosts/README.md`), damaged answers, and this machine's real one."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from dataclasses import asdict, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmops_desktop.adapters import host, host_keys, sections, ssh
from gmops_desktop.adapters.sections import Section
from gmops_desktop.context import Context
from gmops_desktop.contract.fact_lines import lines_of
from gmops_desktop.contract.looks import HostDetails, details_from_dict, details_to_dict
from gmops_desktop.contract.rates import RATES, with_rates
from gmops_desktop.contract.verdicts import History, verdict
from gmops_desktop.errors import OpsError
from sandbox.sshd import Sshd
from walls import MOUNTS

ANSWERS = Path(__file__).parent / "hosts"
SYSTEMS = sorted(file.stem for file in ANSWERS.glob("*.txt"))
OURS = (1795392860.5, 1795392861.2)
"""Our clock before and after the look at `debian-12`."""

# What each section is read for: once it fails, none of these may hold anything.
FIELDS = {
    "begin": {"clock_seconds", "oom"},
    "end": {"clock_seconds"},
    "uptime": {"uptime_seconds", "counters"},
    "stat": {"cores", "blocked"},
    "network": {"counters.network"},
    "route": {"counters.network"},
    "diskstats": {"counters.disks"},
    "vm": {"oom_kills", "counters.swap"},
    "snmp": {"counters.tcp"},
    "processes": {"zombies", "top_memory", "counters.processes"},
    "page": {"top_memory", "counters.swap"},
    "boot": {"boot_id"},
    "system": {"system"},
    "kernel": {"kernel"},
    "memory": {"memory_total", "memory_available", "swap_total", "memory_share"},
    "load": {"load1", "load5", "load15"},
    "pressure": {"pressure"},
    "sockets": {"tcp"},
    "files": {"files_open", "files_most"},
    "disks": {"disks"},
    "inodes": set(),  # each disk's own
    "units": {"failed_units", "unit_logs"},
    "oom": {"oom"},
    "users": {"users"},
    "today": {"failed_logins"},
    "logins": {"failed_logins"},
    "ports": {"ports"},
}

# What the state hangs on: without it the host is not known to be well.
JUDGED = {
    "begin", "end", "uptime", "stat", "network", "route", "diskstats", "vm", "boot", "memory",
    "load", "disks", "inodes", "units",
}  # fmt: skip


def answer(name: str) -> dict[str, Section]:
    return sections.split((ANSWERS / f"{name}.txt").read_text("utf-8"), "fixture")


def looked(name: str, **changed: Section | None) -> HostDetails:
    found = {**answer(name), **changed}
    return host.parse({key: one for key, one in found.items() if one}, ours=OURS)


def two_looks(**changed: Section | None) -> HostDetails:
    """The second of two looks at the same host, 20 s apart."""
    first = with_rates(looked("debian-12"), None, timedelta())
    found = with_rates(looked("debian-12-later", **changed), first, timedelta(seconds=20))
    assert isinstance(found, HostDetails)
    return found


def held(seen: HostDetails, name: str) -> object:
    value: Any = seen
    for part in name.split("."):
        value = getattr(value, part) if value is not None else None
    return value


def test_each_answer_says_whether_a_real_host_gave_it() -> None:
    """By its name, and in the page beside it; so nobody takes what was formed for a proof."""
    page = (ANSWERS / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (`.+?`) \| (recorded|formed)\b", page, re.MULTILINE)
    told = {name: kind for names, kind in rows for name in re.findall(r"`(.+?)`", names)}
    assert sorted(told) == SYSTEMS
    assert {name for name, kind in told.items() if kind == "recorded"} == {
        name for name in SYSTEMS if "-recorded" in name
    }


# ---------------------------------------------------------------- what is read


def test_debian_with_reserved_blocks_a_failed_unit_and_a_killed_program() -> None:
    seen = looked("debian-12")
    assert seen.system == "Debian GNU/Linux 12 (bookworm)"
    assert (seen.kernel, seen.cores) == ("6.1.0-28-amd64", 8)
    assert (seen.load1, seen.load5, seen.load15) == (0.52, 0.61, 0.70)
    assert (seen.memory_share, seen.swap_share) == (50.0, 25.0)
    assert [disk.mount for disk in seen.disks] == ["/", "/data/web site"]
    root, data = seen.disks
    assert root.share == pytest.approx(68.969, abs=0.001)  # of used + available, as df says
    assert (root.inode_share, data.inode_share) == (5.0, None)
    assert (root.state, data.state) == ("ok", "critical")
    assert seen.failed_units == ("nginx.service",)
    assert "Address already in use" in seen.unit_logs[0].lines[0]
    assert seen.oom_kills == 3
    assert seen.oom
    assert (seen.oom[0].program, seen.oom[0].at) == ("mysqld", "2026-11-22T23:57:40+00:00")
    assert (seen.uptime_seconds, seen.clock_seconds) == (864000.6, 0)
    assert seen.sections == {}
    assert set(seen.notes) == set(RATES)  # they wait for the second look


def test_programs_people_ports_and_files() -> None:
    seen = looked("debian-12")
    assert seen.top_memory
    assert (seen.top_memory[0].name, seen.top_memory[0].memory) == ("mysqld", 700000 * 4096)
    assert seen.top_memory[1].name == "php-fpm: pool www"
    assert (seen.zombies, seen.blocked) == (1, 0)
    assert seen.users
    assert [(one.user, one.source) for one in seen.users] == [("root", "203.0.113.7"), ("ops", "")]
    assert seen.failed_logins
    assert seen.failed_logins.count == 4  # the fifth is three days old
    assert seen.failed_logins.sources[0] == ("198.51.100.9", 2)
    assert ("2001:db8::7", 1) in seen.failed_logins.sources
    assert seen.ports
    shown = {(one.port, one.address): one.program for one in seen.ports}
    assert shown[443, "*"] == "nginx"
    assert shown[22, "::"] == "sshd"
    assert shown[3306, "127.0.0.1"] == ""  # another account's
    assert (seen.files_open, seen.tcp and seen.tcp.time_wait) == (1984, 33)
    assert seen.pressure
    assert (seen.pressure.cpu, seen.pressure.memory, seen.pressure.io) == (2.5, 0, 2.1)


def test_two_looks_give_the_rates() -> None:
    seen = two_looks()
    # 16,000 ticks passed: 7,200 busy (800 of them stolen), 800 waiting, 8,000 idle
    assert (seen.cpu, seen.iowait, seen.steal) == (45.0, 5.0, 5.0)
    assert (seen.out_mbit, seen.in_mbit) == (pytest.approx(4.0), pytest.approx(1.0))
    assert seen.disk_work
    (disk,) = seen.disk_work
    assert (disk.name, disk.busy) == ("vda", pytest.approx(25))
    assert (disk.read, disk.written) == (pytest.approx(256000), pytest.approx(512000))
    assert seen.tcp
    assert seen.tcp.retransmitted == pytest.approx(1.0)
    assert (seen.swap_in, seen.swap_out) == (pytest.approx(2048), 0)
    assert seen.top_cpu
    shown = [(one.name, one.cpu) for one in seen.top_cpu]
    # mysqldump began after the first look: all it used counts
    assert shown == [("mysqld", 75.0), ("mysqldump", 15.0), ("php-fpm: pool www", 2.0)]
    assert seen.notes == {}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"counters": None}, "without counters"),
        ({"boot_id": "00000000-0000-0000-0000-000000000000"}, "after a restart"),
        ({"boot_id": ""}, "of another host, perhaps"),
    ],
)
def test_no_rate_comes_from_two_lives_of_a_host(change: dict[str, Any], why: str) -> None:
    first, second = looked("debian-12"), looked("debian-12-later")
    seen = with_rates(second, replace(first, **change), timedelta(seconds=20))
    assert isinstance(seen, HostDetails)
    assert (seen.cpu, seen.out_mbit, seen.top_cpu) == (None, None, None), why
    assert set(seen.notes) == set(RATES)
    assert seen.restarted is ("0000" in str(change))


def test_no_rate_comes_from_looks_far_apart_or_in_the_wrong_order() -> None:
    first, second = looked("debian-12"), looked("debian-12-later")
    late = str(864000.6 + 3600) + " 1.0\n"
    hour = looked("debian-12-later", uptime=Section(0, late))
    for new, old in ((hour, first), (first, second), (first, first)):
        seen = with_rates(new, old, timedelta(seconds=20))
        assert isinstance(seen, HostDetails)
        assert (seen.cpu, seen.in_mbit) == (None, None)


def test_counters_that_ran_backwards_give_no_rate() -> None:
    text = answer("debian-12-later")["network"].text.replace("12000000", "100")
    seen = two_looks(network=Section(0, text))
    assert (seen.out_mbit, seen.cpu) == (None, 45.0)
    assert "reset" in seen.sections["traffic"]
    assert "traffic" not in seen.notes


def test_ubuntu_for_an_ordinary_account_with_snaps_and_one_unreadable_mount() -> None:
    seen = looked("ubuntu-22.04")
    assert [disk.mount for disk in seen.disks] == ["/", "/boot/efi"]
    assert (seen.failed_units, seen.unit_logs) == ((), ())
    assert (seen.oom, seen.oom_kills, seen.failed_logins) == (None, 2, None)
    assert seen.sections == {
        "oom": "dmesg: read kernel buffer failed: Operation not permitted",
        "logins": "lastb: cannot open /var/log/btmp: Permission denied",
    }
    assert seen.ports
    assert {one.program for one in seen.ports} == {""}


def test_centos_7_without_memavailable_pressure_and_kill_count() -> None:
    seen = looked("centos-7")
    assert seen.memory_available == (500000 + 100000 + 3000000 + 300000 - 200000) * 1024
    assert seen.failed_units == ("kdump.service", "mysqld.service")
    told, hidden = seen.unit_logs
    assert told.lines == (
        "2026-11-13T00:15:00+0800 web1 kdumpctl[700]: No memory reserved for crash kernel",
    )
    assert (hidden.lines, "may not read the journal" in hidden.why) == ((), True)
    assert (seen.oom_kills, seen.pressure) == (None, None)
    assert {"oom_kills", "pressure"} <= seen.notes.keys()
    assert seen.oom
    assert len(seen.oom) == 1  # two lines of one kill
    assert seen.sections == {"inodes": "it took too long"}
    assert seen.ports
    assert [one.program for one in seen.ports] == ["sshd", "chronyd", "mysqld"]


def test_tencentos_with_pressure_off_and_logins_in_a_file() -> None:
    assert looked("tencentos-2").system.startswith("TencentOS Server 2")
    assert "PSI" in looked("tencentos-3").notes["pressure"]
    logins = looked("tencentos-4").failed_logins
    assert logins
    # "Invalid user" and "Failed" of one try are one; a third is older than a day
    assert (logins.count, logins.whole) == (2, True)
    assert looked("tencentos-4").sections == {}


def test_alpine_has_no_systemd_which_is_not_zero_failures() -> None:
    seen = looked("alpine-3.19")
    assert seen.failed_units is None
    assert seen.notes["units"] == "This host does not run systemd."
    assert seen.sections == {"logins": "no record of failed logins was found"}
    assert [disk.mount for disk in seen.disks] == ["/", "/boot"]
    assert seen.disks[0].inode_share == pytest.approx(2.478, abs=0.001)
    assert seen.users
    assert seen.users[0].source == "203.0.113.7"
    assert seen.ports
    assert [(one.port, one.program) for one in seen.ports] == [
        (22, "sshd"), (80, ""), (323, "chronyd"),
    ]  # fmt: skip


def test_a_real_busybox_tells_less_and_says_so() -> None:
    seen = looked("busybox-1.35-recorded")
    assert seen.sections.keys() == {"top_memory", "swap", "logins"}
    assert "getconf: not found" in seen.sections["swap"]
    assert [disk.mount for disk in seen.disks] == ["/"]
    assert seen.ports
    assert {one.program for one in seen.ports} == {""}
    assert (seen.cores, seen.zombies, seen.users) == (2, 1, ())


def test_without_types_from_df_the_mounts_tell_them() -> None:
    text = """Filesystem 1024-blocks Used Available Capacity Mounted on
/dev/vda1 100 50 50 50% /
/dev/loop7 4 4 0 100% /snap/core
/dev/mapper/image 4 4 0 100% /srv/read only
tmpfs 100 99 1 99% /run

== mounts
/dev/vda1 / ext4 rw 0 0
/dev/mapper/image /srv/read\\040only squashfs ro 0 0
torn
"""
    seen = looked("alpine-3.19", disks=Section(0, text))
    assert [disk.mount for disk in seen.disks] == ["/"]


def test_a_real_debian_was_recorded_twice() -> None:
    first, second = looked("debian-12-recorded"), looked("debian-12-recorded-later")
    seen = with_rates(second, first, timedelta(seconds=1))
    assert isinstance(seen, HostDetails)
    assert (seen.cores, seen.kernel[:4]) == (2, "6.18")
    assert seen.cpu is not None
    assert 0 <= seen.cpu <= 100
    assert seen.disk_work
    assert seen.sections == {}


def test_the_tools_of_a_real_debian_13_say_what_those_of_12_say_but_for_failed_logins() -> None:
    seen = looked("debian-13-recorded")
    assert seen.system == "Debian GNU/Linux 13 (trixie)"
    assert [disk.mount for disk in seen.disks] == ["/"]
    assert {one.program for one in seen.ports} == {"sshd"}
    assert (seen.cores, seen.users, seen.oom) == (2, (), ())
    assert seen.sections.keys() == {"logins"}
    assert "no record of failed logins" in seen.sections["logins"]


def test_a_wrong_clock_is_measured_with_half_the_journey_taken_off() -> None:
    found = answer("debian-12")

    def ahead(*ours: float) -> float | None:
        return host.parse(found, ours=(ours[0], ours[1])).clock_seconds

    assert ahead(1795392860.5, 1795392861.2) == 0
    assert ahead(1795392800.8, 1795392801.1) == pytest.approx(60.0, abs=0.01)
    assert ahead(1795392900.8, 1795392901.1) == pytest.approx(-40.0, abs=0.01)
    assert ahead(1795392850.0, 1795392872.0) == 0  # a slow line explains as much
    coarse = {**found, "begin": Section(0, "1795392861\n"), "end": Section(0, "1795392861.N\n")}
    assert host.parse(coarse, ours=OURS).clock_seconds == 0  # whole seconds only


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_answer_survives_the_store(system: str) -> None:
    seen = looked(system)
    assert details_from_dict("host", details_to_dict(seen)) == seen
    rated = two_looks()
    assert details_from_dict("host", details_to_dict(rated)) == rated


# ---------------------------------------------------------------- what fails, and how


@pytest.mark.parametrize("section", sorted(FIELDS))
@pytest.mark.parametrize(
    "damage",
    [None, Section(124, ""), Section(1, "cat: Permission denied\n"), Section(0, "garbage 12\n")],
    ids=["missing", "timed out", "not permitted", "garbage"],
)
def test_without_a_section_nothing_of_it_is_ok(section: str, damage: Section | None) -> None:
    """The mutation test: every section in turn, failing in every way, against the whole look."""
    assert FIELDS.keys() == answer("debian-12").keys()
    whole, seen = two_looks(), two_looks(**{section: damage})
    for name in FIELDS[section]:
        assert held(whole, name) is not None or name == "counters", name
        assert held(seen, name) in (None, "", (), {}), name
    if section == "inodes":
        assert {disk.inode_share for disk in seen.disks} == {None}
    assert set(seen.sections) - set(whole.sections), "nobody says why"
    # Whatever else the look says stays as it was.
    own = {name.partition(".")[0] for name in FIELDS[section]}
    kept = {"memory_total", "disks", "failed_units", "files_open", "users", "ports"} - own
    for name in kept - ({"disks"} if section == "inodes" else set()):
        assert held(seen, name) == held(whole, name), name
    assert any(line.state == "unknown" for line in lines_of(seen))
    right = None if seen.clock_seconds is None else 0.0
    calm = replace(
        seen, disks=seen.disks[:1], failed_units=seen.failed_units and (), clock_seconds=right
    )
    found = verdict(calm, History())
    assert found.state == ("unknown" if section in JUDGED else "ok"), found.reason
    assert found.reason.startswith("Unknown: ") == (section in JUDGED)


@pytest.mark.parametrize("wrong", ["-5", "nan", "inf", "1e9", "٣", "1_000", "", "99" * 40])
def test_a_number_that_is_none_is_not_read(wrong: str) -> None:
    text = answer("debian-12")["memory"].text.replace("4000000", wrong)
    seen = looked("debian-12", memory=Section(0, text))
    assert (seen.memory_available, "memory" in seen.sections) == (None, True)
    seen = looked("debian-12", load=Section(0, f"{wrong} {wrong} {wrong} 1/2 3"))
    assert (seen.load5, "load" in seen.sections) == (None, True)


def test_more_available_than_there_is_is_no_answer() -> None:
    text = "MemTotal: 100 kB\nMemAvailable: 200 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"
    assert looked("debian-12", memory=Section(0, text)).memory_share is None


def test_systemd_that_cannot_be_asked_is_unknown_not_zero() -> None:
    seen = looked("debian-12", units=Section(1, "Failed to connect to bus: Permission denied\n"))
    assert seen.failed_units is None
    assert seen.sections["units"] == "Failed to connect to bus: Permission denied"


def sound(seen: HostDetails) -> None:
    """Whatever was printed: numbers are finite and possible, and what is missing says why."""
    for name in ("cpu", "iowait", "steal", "memory_share", "swap_share", "disk_busy"):
        value = getattr(seen, name)
        assert value is None or 0 <= value <= 100.001, name
    for name in ("load1", "load5", "out_mbit", "in_mbit", "files_open", "uptime_seconds"):
        value = getattr(seen, name)
        assert value is None or (math.isfinite(value) and value >= 0), name
    for disk in seen.disks:
        assert 0 <= disk.share <= 100
        assert disk.inode_share is None or 0 <= disk.inode_share <= 100
    told = {**seen.sections, **seen.notes}
    for name, key in (("memory_total", "memory"), ("load5", "load"), ("cpu", "cpu"),
                      ("failed_units", "units"), ("failed_logins", "logins")):  # fmt: skip
        assert getattr(seen, name) is not None or key in told, name
    assert seen.disks or "disks" in seen.sections
    lines_of(seen)
    verdict(seen, History())
    assert details_from_dict("host", details_to_dict(seen)) == seen


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, Section]:
    """A section of some system, cut, shuffled, doubled, overwritten or huge."""
    found = answer(draw(st.sampled_from(SYSTEMS)))
    key = draw(st.sampled_from(sorted(found)))
    text = found[key].text
    how = draw(st.sampled_from(["cut", "shuffled", "garbage", "overwritten", "huge", "other"]))
    if how == "cut":
        text = text[: draw(st.integers(0, len(text)))]
    elif how == "shuffled":
        words = re.split(r"(\s+)", text)
        text = "".join(draw(st.permutations(words[:40])))
    elif how == "garbage":
        text = draw(st.text(max_size=200))
    elif how == "overwritten":
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.text(min_size=1, max_size=8)) + text[at + 3 :]
    elif how == "huge":
        text = text * 300
    else:
        text = found[draw(st.sampled_from(sorted(found)))].text
    return key, Section(draw(st.sampled_from([0, 0, 0, 1, 2, 124, 127])), text)


@settings(max_examples=150, deadline=None)
@given(damaged())
def test_no_damage_to_a_section_is_more_than_an_unknown(damage: tuple[str, Section]) -> None:
    key, section = damage
    sound(two_looks(**{key: section}))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_order_of_the_sections_means_nothing(data: st.DataObject) -> None:
    output = (ANSWERS / "debian-12.txt").read_text("utf-8")
    parts = re.findall(r"\nfixture B .*?\nfixture E \w+ \d+\n", output, re.DOTALL)
    mixed = "".join(data.draw(st.permutations(parts))) + "\nfixture DONE\n"
    assert host.parse(sections.split(mixed, "fixture"), ours=OURS) == looked("debian-12")


@settings(max_examples=60, deadline=None)
@given(st.integers(0), st.binary(max_size=30))
def test_an_answer_cut_anywhere_is_an_error_not_a_look(at: int, noise: bytes) -> None:
    output = (ANSWERS / "debian-12.txt").read_bytes()
    cut = output[: at % (len(output) - 2)] + noise.replace(b"DONE", b"")
    with pytest.raises(OpsError, match="broke off"):
        sections.split(cut.decode("utf-8", "replace"), "fixture")


def test_a_section_whose_end_is_lost_costs_only_itself() -> None:
    output = (ANSWERS / "debian-12.txt").read_text("utf-8")
    broken = output.replace("fixture E memory 0", "fixture E mem")
    seen = host.parse(sections.split(broken, "fixture"), ours=OURS)
    assert seen.sections == {"memory": "the host did not answer this part"}


# ---------------------------------------------------------------- for real


class Here:
    """This machine's own shell."""

    def __init__(self) -> None:
        self.runs: list[str] = []

    def run(self, script: str, context: Context, *, deadline: float) -> tuple[int, bytes]:
        self.runs.append(script)
        ran = subprocess.run(["sh", "-s"], input=script.encode(), stdout=subprocess.PIPE)
        return ran.returncode, ran.stdout


def test_a_look_is_one_exec_and_leaves_nothing() -> None:
    here = Here()
    seen = host.look(here, Context())
    runs = here.runs
    assert (len(runs), bool(seen.boot_id)) == (1, True)
    assert not re.search(
        r"mktemp|tee |[^&2]>\s*(?!/dev/null|&1)[/\w]", runs[0]
    )  # no file is written


class Bare:
    """This machine with nothing but busybox where the tools are, as Alpine has it.

    What lies over them is a mount in a name space of its own, gone with the process.
    """

    def __init__(self, folder: Path) -> None:
        self.tools, self.none = folder / "tools", folder / "none"
        self.tools.mkdir()
        self.none.mkdir()
        busybox = shutil.copy("/usr/bin/busybox", self.tools)
        subprocess.run([busybox, "--install", "-s", self.tools], check=True)

    def run(self, script: str, context: Context, *, deadline: float) -> tuple[int, bytes]:
        lay = f"""cd / && T={self.tools}
$T/mount --bind {self.none} /usr/sbin && $T/mount --bind $T /usr/bin && exec /usr/bin/sh -s"""
        words = ["unshare", "--mount", self.tools / "sh", "-ec", lay]
        ran = subprocess.run(words, input=script.encode(), stdout=subprocess.PIPE, check=True)
        return ran.returncode, ran.stdout


@MOUNTS
def test_a_host_with_busybox_alone_answers_the_same_script(tmp_path: Path) -> None:
    first = host.look(Bare(tmp_path), Context())
    # Nothing tells a page's size or who was refused, nor what was killed where that is restricted.
    assert first.sections.keys() <= {"swap", "top_memory", "logins", "oom"}
    assert {"swap", "top_memory"} <= first.sections.keys()
    assert first.failed_units is None
    assert first.notes["units"] == "This host does not run systemd."
    with_tools = host.look(Here(), Context())
    assert (first.cores, first.boot_id) == (with_tools.cores, with_tools.boot_id)
    assert first.memory_total == with_tools.memory_total
    assert {disk.mount: disk.total for disk in first.disks} == {
        disk.mount: disk.total for disk in with_tools.disks
    }
    assert first.clock_seconds == 0
    assert first.ports
    found = verdict(replace(first, disks=(), load5=0.1), History())
    assert found.state != "critical"
    assert first.counters
    before = replace(first, counters=replace(first.counters, uptime=first.counters.uptime - 10))
    assert isinstance(with_rates(first, before, timedelta(seconds=10)), HostDetails)


def test_this_machine_answers_over_the_real_sshd(sshd: Sshd, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    key = ssh.host_key(sshd.address, Context(), known_hosts=known)
    host_keys.trust(sshd.address, key, known)
    with ssh.Ssh.open(sshd.address, Context(), password=None, known_hosts=known) as connection:
        first = host.look(connection, Context())
        seen = with_rates(host.look(connection, Context()), first, timedelta(seconds=1))
    assert isinstance(seen, HostDetails)
    assert seen.system
    assert seen.cores
    assert seen.memory_total
    assert seen.disks
    assert first.cpu is None  # collecting
    assert seen.cpu is not None
    assert 0 <= seen.cpu <= 100
    assert seen.clock_seconds == 0
    assert seen.top_memory
    assert seen.ports is not None
    assert any(one.port == sshd.port for one in seen.ports)
    assert set(asdict(seen)) == {field.name for field in fields(HostDetails)}
