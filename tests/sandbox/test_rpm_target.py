"""A host of the Red Hat family that is only an overlay: it has what it says, and harms nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox.rpm_target import RPMS, RpmTarget

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(os.geteuid() != 0, reason="the overlay is laid by root alone"),
]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> RpmTarget:
    target = RpmTarget(tmp_path_factory.mktemp("rpm") / "target")
    target.make()
    return target


def test_it_is_another_system_and_installs_for_real_in_itself_alone(target: RpmTarget) -> None:
    assert target.installed() == {rpm.name: rpm.old for rpm in RPMS if rpm.old}
    shown = target.run("sh", "-c", "cat /etc/os-release; command -v apt-get dpkg-query; true")
    assert "Rocky Linux" in shown
    assert "/apt-get" not in shown
    before = Path("/etc/os-release").read_bytes()
    target.run("dnf", "-q", "-y", "upgrade", "tzdata", "nginx")
    after = target.installed()
    assert (after["tzdata"], after["nginx"]) == ("2024b-2.el9", "1:1.20.1-16.el9")
    assert "nginx-filesystem" in after
    target.run("dnf", "-q", "-y", "history", "undo", "last")
    assert target.installed() == {rpm.name: rpm.old for rpm in RPMS if rpm.old}
    assert Path("/etc/os-release").read_bytes() == before
    assert not Path("/usr/share/sandbox").exists()
    assert str(target.folder) not in Path("/proc/mounts").read_text("utf-8")


def test_it_is_made_once_and_half_a_build_is_redone(target: RpmTarget, tmp_path: Path) -> None:
    stamp = (target.folder / "stamp").stat().st_mtime_ns
    RpmTarget(target.folder).make()
    assert (target.folder / "stamp").stat().st_mtime_ns == stamp
    half = RpmTarget(tmp_path / "target")
    (half.folder / "upper/usr").mkdir(parents=True)
    half.make()
    assert half.installed()["nginx"] == "1:1.20.1-14.el9"
