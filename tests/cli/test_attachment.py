"""`gmops ticket attach`, `gmops attachment` and `gmops robot` in a home of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmops import gmops
from gmops_desktop.assembly import assemble
from gmops_desktop.paths import Home
from sandbox.wecom import Wecom


@pytest.fixture(scope="module")
def first_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one ticket."""
    home = tmp_path_factory.mktemp("first") / "home"
    home.mkdir()
    with assemble(Home(home)) as services:
        services.tickets.open("problem", "site down", requester="", priority=1)
    return home


@pytest.fixture
def home(first_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(first_home, tmp_path / "home"))


@pytest.fixture(scope="module")
def robot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wecom]:
    with Wecom(tmp_path_factory.mktemp("wecom")) as robot:
        yield robot


def test_files_are_attached_listed_and_saved(home: Path, tmp_path: Path):
    for name in ("a.txt", "setup.exe"):
        (tmp_path / name).write_bytes(b"MZ" + bytes(100) if name == "setup.exe" else b"hello")
    ran = gmops("ticket", "attach", "T-0001", tmp_path / "a.txt", tmp_path / "setup.exe", home=home)
    assert ran.code == 0, ran.err
    assert "a.txt" in ran.out
    assert "setup.exe (Windows program)" in ran.err
    listed = gmops("attachment", "list", "T-0001", "--json", home=home).answer["attachments"]
    assert [one["name"] for one in listed] == ["a.txt", "setup.exe"]
    digest = listed[0]["sha256"]
    saved = gmops("attachment", "save", digest[:12], tmp_path / "copy.txt", home=home)
    assert saved.code == 0, saved.err
    assert (tmp_path / "copy.txt").read_bytes() == b"hello"
    shown = gmops("ticket", "show", "T-0001", home=home)
    assert "Attached  a.txt, setup.exe" in shown.out


def test_a_damaged_file_is_exit_three(home: Path, tmp_path: Path):
    (tmp_path / "a.txt").write_text("hello")
    gmops("ticket", "attach", "T-0001", tmp_path / "a.txt", home=home)
    assert gmops("attachment", "verify", home=home).code == 0
    [path] = [one for one in (home / "attachments").glob("??/*") if len(one.name) == 64]
    path.write_text("HELLO")
    ran = gmops("attachment", "verify", "--json", home=home)
    assert ran.code == 3
    assert "a.txt is damaged" in ran.err
    assert ran.answer["whole"] == 0
    saved = gmops("attachment", "save", path.name[:8], tmp_path / "copy.txt", home=home)
    assert saved.code == 3
    assert not (tmp_path / "copy.txt").exists()


def test_a_file_that_is_not_there_is_refused(home: Path, tmp_path: Path):
    ran = gmops("ticket", "attach", "T-0001", tmp_path / "gone.txt", home=home)
    assert ran.code == 1
    assert "is not a file that could be attached" in ran.err
    assert gmops("attachment", "list", "--json", home=home).answer == {"attachments": []}


def test_removing_needs_a_reason(home: Path, tmp_path: Path):
    (tmp_path / "a.txt").write_text("hello")
    told = gmops("ticket", "attach", "T-0001", tmp_path / "a.txt", "--json", home=home).answer
    digest = told["attachments"][0]["sha256"]
    assert gmops("attachment", "remove", digest, home=home).code == 2
    ran = gmops("attachment", "remove", digest, "--reason", "wrong ticket", home=home)
    assert ran.code == 0, ran.err
    assert gmops("attachment", "list", "--json", home=home).answer == {"attachments": []}


def test_a_robot_without_a_window(home: Path, tmp_path: Path, robot: Wecom):
    keyring = {
        "PYTHONPATH": str(Path(__file__).parents[1] / "helpers"),
        "PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring",
        "GMOPS_TEST_KEYRING": str(tmp_path / "keyring.json"),
    }
    secret = tmp_path / "address"
    secret.write_text(robot.address)
    secret.chmod(0o600)
    ran = gmops("robot", "set", home=home, GMOPS_PASSWORD_FILE=str(secret), **keyring)
    assert ran.code == 0, ran.err
    assert robot.key not in ran.out + ran.err
    tested = gmops("robot", "test", "--json", home=home, **keyring)
    assert tested.code == 0, tested.err
    assert tested.answer["state"] == "sent"
    gmops("robot", "tell", "ticket", home=home, **keyring)
    sent = gmops("robot", "send", "--json", home=home, **keyring)
    assert (sent.code, sent.answer["sent"]) == (0, 0), "the ticket was there before the robot"
    wrong = gmops("robot", "tell", "gossip", home=home, **keyring)
    assert wrong.code == 2
    listed = gmops("robot", "list", home=home, **keyring)
    assert "Taken by the robot" in listed.out
    assert gmops("robot", "remove", home=home, **keyring).code == 0
    refused = gmops("robot", "test", home=home, **keyring)
    assert refused.code == 1
    assert "No WeCom robot is set up." in refused.err
