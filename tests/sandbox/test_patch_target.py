"""The real apt-get, over the real sshd, on a root that is not the system's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from sandbox.patch_target import PACKAGES, PatchTarget
from sandbox.sshd import Sshd

SIMULATE = "LC_ALL=C apt-get -s -o Debug::NoLocking=1 --with-new-pkgs upgrade"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> PatchTarget:
    target = PatchTarget(tmp_path_factory.mktemp("apt") / "target")
    target.make()
    return target


@pytest.fixture(scope="module")
def host(
    target: PatchTarget, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[paramiko.SSHClient]:
    with (
        Sshd(tmp_path_factory.mktemp("host"), environment=target.environment) as server,
        paramiko.SSHClient() as client,
    ):
        place = f"[{server.address.host}]:{server.port}"
        key = paramiko.Ed25519Key(filename=str(server.host_key_file))
        client.get_host_keys().add(place, "ssh-ed25519", key)
        client.connect(
            server.address.host,
            server.port,
            server.address.user,
            key_filename=server.address.key,
            allow_agent=False,
            look_for_keys=False,
        )
        yield client


def ask(host: paramiko.SSHClient, command: str) -> str:
    _, out, error = host.exec_command(command)
    text = out.read().decode()
    assert out.channel.recv_exit_status() == 0, error.read().decode()
    return text


def test_the_simulated_upgrade_names_exactly_our_packages(host: paramiko.SSHClient) -> None:
    shown = ask(host, SIMULATE)
    lines = re.findall(
        r"^Inst (\S+)(?: \[([^\]]*)\])? \((\S+) (.*?) \[(\w+)\]\)", shown, re.MULTILINE
    )
    found = {name: (old, new, origin) for name, old, new, origin, _ in lines}
    kept = {"php8.2-fpm", "redis-server"}
    wanted = {package.name for package in PACKAGES if package.new} - kept
    assert set(found) == wanted
    assert found["nginx"] == (
        "1.22.1-9+deb12u1",
        "1.22.1-9+deb12u2",
        "Sandbox-Security:12/stable-security",
    )
    assert found["tzdata"][2] == "Sandbox:12/stable"
    assert found["linux-image-6.1.0-34-amd64"][0] == "", "a new package has no old version"
    held_back = shown.split("kept back:\n")[1].split("\n")[0].split()
    assert set(held_back) == kept


def test_holds_are_seen(host: paramiko.SSHClient) -> None:
    assert ask(host, "apt-mark showhold").split() == ["php8.2-fpm"]


def test_the_systems_own_packages_are_not_seen(host: paramiko.SSHClient) -> None:
    assert ask(host, "apt-cache policy bash") == ""
    policy = ask(host, "apt-cache policy")
    assert "l=Sandbox-Security" in policy
    assert "http" not in policy


def test_approved_versions_are_installed_for_real_and_in_that_root_alone(
    target: PatchTarget, host: paramiko.SSHClient
) -> None:
    system = Path("/var/lib/dpkg/status").read_bytes()
    before = target.installed()
    ask(
        host,
        "DEBIAN_FRONTEND=noninteractive apt-get -y -o Dpkg::Options::=--force-confold"
        " --only-upgrade install nginx=1.22.1-9+deb12u2 curl=7.88.1-10+deb12u12",
    )
    after = target.installed()
    changed = {name: version for name, version in after.items() if before.get(name) != version}
    assert changed == {"nginx": "1.22.1-9+deb12u2", "curl": "7.88.1-10+deb12u12"}
    changelog = target.root / "usr/share/doc/nginx/changelog"
    assert "1.22.1-9+deb12u2" in changelog.read_text("utf-8")
    assert Path("/var/lib/dpkg/status").read_bytes() == system
    assert "Inst nginx" not in ask(host, SIMULATE)
    # And back, from the repository that still has the older one.
    ask(
        host,
        "apt-get -y -o Dpkg::Options::=--force-confold --allow-downgrades"
        " install nginx=1.22.1-9+deb12u1",
    )
    assert target.installed()["nginx"] == before["nginx"]


def test_it_is_made_once(target: PatchTarget) -> None:
    stamp = (target.folder / "stamp").stat().st_mtime_ns
    PatchTarget(target.folder).make()
    assert (target.folder / "stamp").stat().st_mtime_ns == stamp


def test_half_a_build_is_redone(tmp_path: Path) -> None:
    target = PatchTarget(tmp_path / "target")
    (tmp_path / "target/repository").mkdir(parents=True)
    (tmp_path / "target/build").write_text("left by a crash")
    target.make()
    assert target.installed()["nginx"] == "1.22.1-9+deb12u1"
