"""What `gmops patch scan` prints, for people and for scripts."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from gmops_desktop.cli.patch_scan import show
from gmops_desktop.cli.terminal import Terminal
from gmops_desktop.contract.updates import Inventory, Repository, Update

FOUND = Inventory(
    "h", datetime(2026, 11, 22, 8, 0, tzinfo=UTC), "yum", "CentOS Linux 7 (Core)",
    (Update("openssl", "x86_64", "1.0.2k-12", "1.0.2k-16", "updates", True, "Important",
            ("CVE-2018-5407",), "CESA-2018:1", 493_000),
     Update("php", "x86_64", "5.4.16-1", "5.4.16-2", "remi", False)),
    (), (), True, False, "", system_id="centos", system_version="7",
    repositories=(Repository("updates", True), Repository("remi", False)), restarts=(),
)  # fmt: skip


def test_people_read_updates_and_findings(capsys: pytest.CaptureFixture[str]) -> None:
    show(Terminal(as_json=False), FOUND)
    said = capsys.readouterr().out
    for words in ("1.0.2k-16", "important", "CVE-2018-5407", "493.0 kB",
                  "2 updates, 1 for security.", "Of 1 it is not known whether it is for security.",
                  "No longer maintained since 2024-06-30", "The host must restart"):  # fmt: skip
        assert words in said


def test_scripts_get_everything(capsys: pytest.CaptureFixture[str]) -> None:
    show(Terminal(as_json=True), FOUND)
    said = json.loads(capsys.readouterr().out)
    assert said["updates"][0]["cves"] == ["CVE-2018-5407"]
    assert said["repositories"][1] == {"name": "remi", "security": False, "fault": ""}
    assert (said["state"], said["standing"]) == ("warning", "1 security update")
    states = {one["name"]: one["state"] for one in said["findings"]}
    assert states["Operating system"] == "critical"
    assert states["Security of updates"] == "unknown"


def test_unknown_is_said_first_and_the_system_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    why = "the host uses zypper"
    unknown = Inventory("h", FOUND.at, "zypper", "openSUSE Leap 15.6", (), (), (), None, None, why)
    show(Terminal(as_json=False), unknown)
    said = capsys.readouterr().out
    assert said.startswith("Unknown: the host uses zypper")
    assert "up to date" not in said.casefold()
    assert "openSUSE Leap 15.6: until when it is maintained is not known" in said
