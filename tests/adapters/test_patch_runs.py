"""Packages brought, installed exactly and taken back: the real apt and dpkg over the real sshd."""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from db.ids import uuid7
from gmops_desktop.adapters import detached, packages
from gmops_desktop.adapters.packages import applying
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.context import Context
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.contract.updates import Plan, Update
from machines import Machine, logged_in
from sandbox.patch_target import HELD, PACKAGES, TROUBLESOME, Package, PatchTarget
from sandbox.sshd import Sshd
from walls import MOUNTS

OLD = {package.name: package.old for package in (*PACKAGES, *TROUBLESOME) if package.old}
NEW = {package.name: package.new for package in (*PACKAGES, *TROUBLESOME) if package.new}
TROUBLE = {package.name for package in TROUBLESOME}
NGINX = "etc/nginx/nginx.conf"

# Holds a lock as apt and dpkg do, until it is told to end.
HOLDER = """
import fcntl, sys
with open(sys.argv[1], "w") as file:
    fcntl.lockf(file, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.read()
"""


@dataclass
class Host:
    """A host to patch, and a change to it."""

    target: PatchTarget
    shell: Ssh
    change: str = ""

    def plan(self, *names: str) -> Plan:
        self.change = uuid7()
        wanted = [Update(name, "", OLD[name], NEW[name], "", False) for name in names
                  if name in OLD and name not in (*HELD, "redis-server")]  # fmt: skip
        return packages.simulate(self.shell, wanted, Context())

    def begin(self, script: str) -> str:
        run_id = uuid7()
        detached.start(self.shell, run_id, script, Context())
        return run_id

    def end(self, run_id: str) -> RunLook:
        for _ in range(1200):
            look = detached.look(self.shell, run_id, Context())
            if look.ended:
                return look
            threading.Event().wait(0.05)
        raise AssertionError(look)

    def carry_out(self, script: str) -> RunLook:
        return self.end(self.begin(script))

    def prepared(self, *names: str) -> Plan:
        plan = self.plan(*names)
        done(self.carry_out(applying.prepare(plan, self.change)))
        return plan

    def kept(self, name: str) -> Path:
        return self.target.folder.parent / "runs/kept" / self.change / name

    def changed(self) -> dict[str, str]:
        """What is not as at the beginning."""
        now = self.target.installed()
        return {name: now.get(name, "") for name in {*OLD, *now} if now.get(name) != OLD.get(name)}


@contextmanager
def host_of(folder: Path, kind: type[Sshd] = Sshd) -> Iterator[Host]:
    target = PatchTarget(folder / "apt", (*PACKAGES, *TROUBLESOME))
    target.make()
    with (
        kind(folder / "sshd", environment=target.environment) as sshd,
        logged_in(sshd.address, folder) as shell,
    ):
        yield Host(target, shell)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with host_of(tmp_path_factory.mktemp("patched")) as host:
        yield host


@pytest.fixture(autouse=True)
def as_it_was(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "host" in request.fixturenames:
        assert request.getfixturevalue("host").changed() == {}, "a test left the host altered"


def done(look: RunLook) -> RunLook:
    assert look.state == "done", f"{look.why}\n{look.log}"
    return look


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_approved_versions_go_in_and_come_back(host: Host) -> None:
    root = host.target.root
    here = (root / NGINX).read_text()
    host.target.run("apt-mark", "auto", "libssl3")
    plan = host.plan(*(NEW.keys() - TROUBLE))
    prepared = done(host.carry_out(applying.prepare(plan, host.change)))
    sources = [line.split()[2] for line in prepared.outcome["kept"].splitlines()]
    assert sources == ["archive"] * len(plan.packages)
    assert host.changed() == {}

    look = done(host.carry_out(applying.apply(plan, host.change)))
    wanted = NEW.keys() - TROUBLE - {*HELD, "redis-server"}
    assert host.changed() == {name: NEW[name] for name in wanted}
    told = [line.split() for line in look.outcome["packages"].splitlines()]
    assert {name.split(":")[0]: (old, new) for name, old, new in told} == {
        name: (OLD.get(name, "-"), NEW[name]) for name in wanted
    }
    # What somebody edited stays, and what the package brought lies beside it.
    setting = PACKAGES[0].settings[0]
    assert (root / NGINX).read_text() == here == setting.here
    assert look.outcome["beside"].split() == [digest(setting.new), f"{root / NGINX}.dpkg-dist"]
    assert (root / "etc/ssl/openssl.cnf").read_text() == "MinProtocol = TLSv1.2\n"
    assert (root / "var/log/restarted").read_text() == "nginx\n"

    # The way back needs no archive.
    pool = host.target.folder / "repository/pool"
    pool.rename(pool.with_name("gone"))
    done(host.carry_out(applying.roll_back(plan, host.change)))
    pool.with_name("gone").rename(pool)
    assert host.changed() == {}
    assert (root / NGINX).read_text() == here
    assert (root / "etc/ssl/openssl.cnf").read_text() == "MinProtocol = TLSv1.1\n"
    assert host.target.run("apt-mark", "showhold").split() == list(HELD)
    assert "libssl3" in host.target.run("apt-mark", "showauto").split()
    manual = host.target.run("apt-mark", "showmanual").split()
    assert {"nginx", "curl", "tzdata"} <= {*manual}


def test_a_package_that_fails_is_named_and_taken_back(host: Host) -> None:
    plan = host.prepared("mail-filter", "tzdata")
    look = host.carry_out(applying.apply(plan, host.change))
    assert look.state == "failed"
    assert look.outcome["broken"] == look.outcome["half"] == "mail-filter"
    assert look.why.startswith("The step “Install” failed with exit code 100: mail-filter: ")
    assert "its database does not answer" in look.log
    assert "mail-filter:amd64 1.0-1 1.1-1/half-configured" in look.outcome["packages"]
    # It cannot be mended: the package fails again, and that is said.
    mended = host.carry_out(applying.mend(plan, host.change))
    assert mended.state == "failed"
    assert mended.outcome["half"] == "mail-filter"
    again = host.carry_out(applying.apply(plan, host.change))
    assert again.why.endswith("Packages are only half installed: mail-filter")
    done(host.carry_out(applying.roll_back(plan, host.change)))


def test_what_would_go_otherwise_than_approved_is_not_begun(host: Host) -> None:
    plan = host.prepared("curl", "linux-image-amd64")
    look = host.carry_out(applying.apply(replace(plan, installs=()), host.change))
    assert look.state == "failed"
    assert "would do otherwise than was approved" in look.why
    assert look.outcome["differs"].split() == ["Inst", "linux-image-6.1.0-34-amd64", "6.1.135-1"]
    # What was approved is gone, as something newer was published.
    newer = Package("curl", OLD["curl"], "7.88.1-10+deb12u13", "stable-security")
    host.target.publish(newer)
    look = host.carry_out(applying.apply(plan, host.change))
    assert "Version '7.88.1-10+deb12u12' for 'curl' was not found" in look.why
    # The old one, too: nobody has it any more.
    known = packages.scan(host.shell, Context())
    host.change = uuid7()
    [update] = [one for one in known.updates if one.name == "curl"]
    later = packages.simulate(host.shell, [update], Context())
    prepared = done(host.carry_out(applying.prepare(later, host.change)))
    assert prepared.outcome["kept"] == f"curl {OLD['curl']} none - -\n"


def test_what_was_altered_since_it_was_brought_is_refused(host: Host) -> None:
    plan = host.prepared("rsync")
    for folder, script in (("new", applying.apply), ("old", applying.roll_back)):
        file = next(host.kept(folder).glob("*.deb"))
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] + b"?")
        look = host.carry_out(script(plan, host.change))
        assert look.why.endswith("is not there any more, or was altered; prepare again.")
        file.write_bytes(whole)
    host.change = uuid7()
    look = host.carry_out(applying.apply(plan, host.change))
    assert look.why.endswith("is not there any more, or was altered; prepare again.")


def test_anothers_lock_is_waited_for_and_its_holder_named(host: Host) -> None:
    plan = host.prepared("rsync")
    lock = host.target.root / "var/lib/dpkg/lock-frontend"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdin
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        look = host.carry_out(applying.apply(plan, host.change, patience=1))
        assert look.state == "failed"
        assert f"holds the lock of the package manager: process {holder.pid} (" in look.why
        assert host.changed() == {}
        waiting = host.begin(applying.apply(plan, host.change))
        while "held by process" not in detached.look(host.shell, waiting, Context()).log:
            threading.Event().wait(0.1)
        holder.stdin.close()
        done(host.end(waiting))
    with lock.open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # nobody has it any more
    done(host.carry_out(applying.roll_back(plan, host.change)))


@MOUNTS
def test_a_full_disk_leaves_no_half_package(tmp_path: Path) -> None:
    with host_of(tmp_path, Machine) as host:
        plan = host.prepared("photo-archive", "rsync")
        usr = host.target.root / "usr"

        def disk(megabytes: int) -> None:
            status, said = host.shell.run(
                f"cp -a {usr} {usr}.kept && mount -t tmpfs -o size={megabytes}m none {usr} &&"
                f" cp -a {usr}.kept/. {usr}/ && rm -rf {usr}.kept",
                Context(),
            )
            assert status == 0, said.decode()

        disk(4)
        look = host.carry_out(applying.apply(plan, host.change))
        assert "There is too little room on the server (free / needed): 3 MB / 8 MB" in look.why
        assert host.changed() == {}
        # Enough by what the packages say of themselves; one of them does not say it.
        host.shell.run(f"umount {usr}", Context())
        disk(10)
        look = host.carry_out(applying.apply(plan, host.change))
        assert look.state == "failed"
        assert look.outcome["broken"]
        assert "No space left on device" in look.why
        done(host.carry_out(applying.roll_back(plan, host.change)))
        assert host.changed() == {}
