"""A terminal on a server: which program opens it, and what stands on its command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gmops_desktop.addresses import SshAddress
from sandbox.sshd import Sshd
from ui.ssh_terminal import command_of, open_terminal

ADDRESS = SshAddress("web1.example", 2222, "ops", "/home/z w/.ssh/id")


def program(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    made = folder / name
    made.write_text(f"#!/bin/sh\n{text}\n")
    made.chmod(0o700)
    return made


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A screen, and a PATH with nothing but what a test puts there (and the shell's own tools)."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", ":7")
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_the_command_pins_the_key_and_holds_no_password() -> None:
    words = command_of(ADDRESS, Path("/data of gmops/known_hosts"))
    assert words == [
        "ssh", "-p", "2222", "-i", "/home/z w/.ssh/id", "-o", "IdentitiesOnly=yes",
        "-o", 'UserKnownHostsFile="/data of gmops/known_hosts"', "-o", "StrictHostKeyChecking=yes",
        "ops@web1.example",
    ]  # fmt: skip
    assert command_of(SshAddress("h"), None) == ["ssh", "-p", "22", "root@h"]


def test_a_terminal_gets_every_word_as_it_is(desktop: Path, tmp_path: Path, qtbot: QtBot) -> None:
    seen = tmp_path / "seen"
    program(
        desktop, "konsole", f'for word; do echo "$word"; done > {seen}.new; mv {seen}.new {seen}'
    )
    (desktop / "mv").symlink_to("/bin/mv")
    words = command_of(ADDRESS, Path("/data of gmops/known_hosts"))
    assert open_terminal(words) == "konsole"
    qtbot.waitUntil(seen.exists, timeout=20_000)
    lines = seen.read_text().splitlines()
    assert lines[:3] == ["-e", "sh", "-c"]
    assert lines[5:] == words


def test_without_a_screen_or_a_terminal_there_is_none(
    desktop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert open_terminal(["ssh", "h"]) == ""
    program(desktop, "xterm", "exit 0")
    assert open_terminal(["ssh", "h"]) == "xterm"
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert open_terminal(["ssh", "h"]) == ""


def test_windows_and_macs_have_their_own(desktop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ui import ssh_terminal

    monkeypatch.setattr(sys, "platform", "win32")
    first, second = ssh_terminal._ways(["ssh", "a;b"])
    assert first == ["wt.exe", "ssh", "a\\;b"]
    assert second == ["ssh", "a;b"]
    monkeypatch.setattr(sys, "platform", "darwin")
    [[tool, _, script]] = ssh_terminal._ways(["ssh", "-i", 'a "b" c'])
    assert tool == "osascript"
    assert 'do script "ssh -i \'a \\"b\\" c\'"' in script


def test_the_real_client_gets_in_by_it_and_refuses_another_key(sshd: Sshd, tmp_path: Path) -> None:
    """OpenSSH understands the file of trusted keys, also in a folder with a blank in its name."""
    folder = tmp_path / "data of gmops"
    folder.mkdir()
    known = folder / "known_hosts"
    known.write_text(sshd.known_hosts_line())
    words = command_of(sshd.address, known)

    def run() -> subprocess.CompletedProcess[str]:
        given = [*words[:1], "-o", "BatchMode=yes", *words[1:], "echo in"]
        return subprocess.run(given, capture_output=True, text=True, timeout=60, check=False)

    assert run().stdout == "in\n"
    known.write_text("")
    refused = run()
    assert refused.returncode == 255
    assert "host key is known" in refused.stderr or "verification failed" in refused.stderr
    assert os.path.getsize(known) == 0
