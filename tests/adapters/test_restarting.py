"""What hosts of both families say asks for a restart, from their own words."""

from __future__ import annotations

import pytest

from gmops_desktop.adapters.packages import restarting
from gmops_desktop.adapters.packages.reading import Reading
from gmops_desktop.adapters.sections import Section
from gmops_desktop.contract.restarts import HOST, Restart

HERE = {"here": Section(0, ""), "marked": Section(0, ""), "stale": Section(0, ""),
        "users": Section(0, "")}  # fmt: skip
# needrestart 3.6 on Debian 12, in batch mode.
NEEDRESTART = """NEEDRESTART-VER: 3.6
NEEDRESTART-KCUR: 6.1.0-31-amd64
NEEDRESTART-KEXP: 6.1.0-34-amd64
NEEDRESTART-KSTA: 3
NEEDRESTART-SVC: cron.service
NEEDRESTART-SVC: dbus.service
NEEDRESTART-SVC: getty@tty1.service
"""
# dnf-utils on Rocky Linux 9.
NEEDS_RESTARTING = """Core libraries or services have been updated since boot-up:
  * glibc
  * kernel-core

Reboot is required to fully utilize these updates.
More information: https://access.redhat.com/solutions/27943
"""


def read(
    *packages: str, services: tuple[str, ...] = (), **sections: Section
) -> tuple[tuple[Restart, ...], str, str]:
    return restarting.read(Reading({**HERE, **sections}), packages, services)


@pytest.mark.parametrize(
    ("name", "why"),
    [("linux-image-6.1.0-34-amd64", "kernel"), ("kernel-core", "kernel"), ("kernel", "kernel"),
     ("intel-microcode", "microcode"), ("libc6", "core"), ("glibc", "core"), ("systemd", "core")],
)  # fmt: skip
def test_some_packages_ask_by_what_they_are(name: str, why: str) -> None:
    assert read(name, "nginx", "kernel-doc", "libc6-dev")[0] == (Restart(HOST, why, (name,)),)  # type: ignore[arg-type]


def test_what_asks_already_is_told_and_what_would_take_sessions_is_the_hosts() -> None:
    asks, no, unknown = read(stale=Section(0, NEEDRESTART))
    assert asks == (
        Restart(HOST, "outdated", ("6.1.0-34-amd64",)),
        Restart(HOST, "whole", ("dbus.service", "getty@tty1.service")),
        Restart("cron.service", "stale"),
    )
    assert (no, unknown) == ("", "")
    marked = Section(0, "reboot-required\nlinux-image-amd64\nlibc6\n")
    assert read(marked=marked)[0] == (Restart(HOST, "marked", ("linux-image-amd64", "libc6")),)
    asks, _no, _unknown = read(
        marked=Section(0, NEEDS_RESTARTING), stale=Section(0, "crond.service\n")
    )
    assert asks == (
        Restart(HOST, "marked", ("glibc", "kernel-core")), Restart("crond.service", "stale"),
    )  # fmt: skip


def test_services_with_files_of_the_packages_open() -> None:
    users = Section(0, "nginx.service libssl3\nssh.service libssl3\nssh.service libc6\n"
                    "cron.service libc6\n")  # fmt: skip
    asks, _no, _unknown = read("libssl3", services=("nginx.service",), users=users)
    assert asks == (Restart("ssh.service", "uses", ("libssl3",)),)


def test_unknown_is_said_and_never_read_as_nothing() -> None:
    gone = Section(127, "needrestart")
    _asks, no, unknown = read(stale=gone, users=Section(77, ""))
    assert no == ""
    assert "needrestart is not installed" in unknown
    assert "only root may ask" in unknown
    for status, said, why in (
        (3, "/srv/root/", "its packages lie in a folder of their own"),
        (4, "", "systemd does not run"),
        (124, "", "does not say whether systemd runs"),
    ):
        asks, no, unknown = read("linux-image-amd64", here=Section(status, said),
                                 stale=Section(0, NEEDRESTART))  # fmt: skip
        assert asks == (Restart(HOST, "kernel", ("linux-image-amd64",)),)
        assert why in no
        assert unknown == ""
