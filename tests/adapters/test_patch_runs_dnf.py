"""Packages installed exactly and taken back by the real dnf and rpm, over the real sshd."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from db.ids import uuid7
from gmops_desktop.adapters import detached, packages
from gmops_desktop.adapters.packages import applying, readiness
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.context import Context
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.contract.updates import Plan, Update
from machines import logged_in
from sandbox.rpm_target import RPMS, RpmTarget
from sandbox.sshd import Sshd

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a tree of one's own needs root")
OLD = {rpm.name: rpm.old for rpm in RPMS if rpm.old}
NEW = {rpm.name: rpm.new for rpm in RPMS if rpm.new}

HOLDER = """
import fcntl, os, time
lock = open("/var/lib/rpm/.rpm.lock", "a+")
fcntl.lockf(lock, fcntl.LOCK_EX)
with open("/root/held", "w") as file:
    file.write(str(os.getpid()))
while os.path.exists("/root/held"):
    time.sleep(0.1)
"""


@dataclass
class Host:
    """A host to patch, what waits on it, and a change to it."""

    shell: Ssh
    updates: tuple[Update, ...]
    archive: Path
    change: str = ""

    def plan(self, *names: str) -> Plan:
        self.change = uuid7()
        wanted = [one for one in self.updates if one.name in names]
        return packages.simulate(self.shell, wanted, Context())

    def carry_out(self, script: str) -> RunLook:
        run_id = uuid7()
        detached.start(self.shell, run_id, script, Context())
        for _ in range(1200):
            look = detached.look(self.shell, run_id, Context())
            if look.ended:
                return look
            threading.Event().wait(0.1)
        raise AssertionError(look)

    def said(self, command: str) -> str:
        status, said = self.shell.run(command, Context(), deadline=60)
        assert status == 0, said.decode()
        return said.decode()

    def changed(self) -> dict[str, set[str]]:
        now: dict[str, set[str]] = {}
        for line in self.said("rpm -qa --qf '%{NAME} %{EVR}\\n'").splitlines():
            name, version = line.split()
            now.setdefault(name, set()).add(version)
        before = {name: {version} for name, version in OLD.items()}
        return {
            name: now.get(name, set())
            for name in {*now, *before}
            if now.get(name) != before.get(name)
        }


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    assert RpmTarget.possible(), "dnf, rpm and createrepo-c are missing: python3 dev.py setup"
    folder = tmp_path_factory.mktemp("rpm")
    target = RpmTarget(folder / "target")
    target.make()
    with (
        Sshd(folder / "sshd", inside=target.inside) as sshd,
        logged_in(sshd.address, folder) as shell,
    ):
        known = packages.scan(shell, Context())
        assert known.unknown == ""
        yield Host(shell, known.updates, target.repository("sandbox-base"))


def done(look: RunLook) -> RunLook:
    assert look.state == "done", f"{look.why}\n{look.log}"
    return look


@pytest.mark.servers
def test_the_approved_versions_go_in_and_come_back(host: Host) -> None:
    plan = host.plan("nginx", "openssl-libs", "kernel-core", "tzdata")
    assert [one.split()[0] for one in plan.installs] == ["nginx-filesystem"]
    ready = readiness.readiness(host.shell, plan, Context())
    assert ready.why_not == ""
    assert ready.disk_needed
    prepared = done(host.carry_out(applying.prepare(plan, host.change)))
    kept = [line.split()[:3] for line in prepared.outcome["kept"].splitlines()]
    assert kept == [[f"{one.name}.noarch", one.old, "archive"] for one in plan.packages]
    assert host.changed() == {}

    # One that was not approved would come along.
    look = host.carry_out(applying.apply(replace(plan, installs=()), host.change))
    assert "would do otherwise than was approved" in look.why
    assert host.changed() == {}

    look = done(host.carry_out(applying.apply(plan, host.change)))
    names = ("nginx", "nginx-filesystem", "openssl-libs", "tzdata", "kernel-core")
    assert host.changed() == {name: {NEW[name]} for name in names}
    altered = readiness.altered(host.shell, host.change, Context())
    assert ("nginx.noarch", OLD["nginx"], NEW["nginx"]) in altered.packages
    assert ("nginx-filesystem.noarch", "", NEW["nginx-filesystem"]) in altered.packages

    done(host.carry_out(applying.roll_back(plan, host.change)))
    assert host.changed() == {}


@pytest.mark.servers
def test_the_way_back_needs_no_archive(host: Host) -> None:
    plan = host.plan("nginx", "php-fpm")
    done(host.carry_out(applying.prepare(plan, host.change)))
    done(host.carry_out(applying.apply(plan, host.change)))
    assert set(host.changed()) == {"nginx", "nginx-filesystem", "php-fpm"}
    host.said("mv /etc/yum.repos.d/sandbox.repo /root/sandbox.repo && dnf -q clean all")
    look = host.carry_out(applying.roll_back(plan, host.change))
    host.said("mv /root/sandbox.repo /etc/yum.repos.d/sandbox.repo")
    done(look)
    assert host.changed() == {}


@pytest.mark.servers
def test_anothers_transaction_is_waited_for_and_its_holder_named(host: Host) -> None:
    plan = host.plan("tzdata")
    done(host.carry_out(applying.prepare(plan, host.change)))
    host.said(f"cat >/root/holder.py <<'END'\n{HOLDER}\nEND")
    host.said("setsid python3 /root/holder.py >/dev/null 2>&1 &")
    host.said("until [ -s /root/held ]; do sleep 0.1; done")
    pid = host.said("cat /root/held")
    look = host.carry_out(applying.apply(plan, host.change, patience=1))
    assert f"holds the lock of the package manager: process {pid} (python3)" in look.why
    ready = readiness.readiness(host.shell, plan, Context())
    assert ready.why_not.endswith(f"the lock of the package manager: python3 ({pid}).")
    host.said("rm /root/held")
    done(host.carry_out(applying.apply(plan, host.change)))
    done(host.carry_out(applying.roll_back(plan, host.change)))
    assert host.changed() == {}


@pytest.mark.servers
def test_what_an_interruption_left_is_seen_and_mended(host: Host) -> None:
    plan = host.plan("openssl-libs")
    done(host.carry_out(applying.prepare(plan, host.change)))
    newer = f"{host.archive}/openssl-libs-3.0.7-27*.rpm"
    host.said(f"rpm --force-debian -i --justdb --nodeps --force {newer}")
    look = host.carry_out(applying.apply(plan, host.change))
    assert look.why.endswith("Packages are only half installed: openssl-libs.noarch")
    ready = readiness.readiness(host.shell, plan, Context())
    assert "only half installed: openssl-libs.noarch" in ready.why_not
    done(host.carry_out(applying.mend(plan, host.change)))
    assert host.changed() == {"openssl-libs": {NEW["openssl-libs"]}}
    done(host.carry_out(applying.roll_back(plan, host.change)))
    assert host.changed() == {}
