"""The servers of this machine are found, told apart, and the nearest one is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from gmops_desktop.adapters import local_programs
from gmops_desktop.adapters.local_programs import NoLocalServer, Program, choose, find


def program(kind: local_programs.Kind, version: str) -> Program:
    return Program(kind, version, Path("server"), Path("client"))


OLD, MARIA, NEW = (
    program("MySQL", "5.7.44"),
    program("MariaDB", "10.11.6"),
    program("MySQL", "8.4.3"),
)


def script(folder: Path, name: str, said: str, code: int = 0) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{said}'\nexit {code}\n")
    path.chmod(0o755)
    return path


@pytest.mark.servers
def test_the_server_of_this_machine_is_found_once() -> None:
    found = find()
    assert len({one.server.resolve() for one in found}) == len(found)
    maria = next(one for one in found if one.kind == "MariaDB")
    assert maria.number >= (10, 5)
    assert maria.installer is not None
    assert str(maria) == f"MariaDB {maria.version}"


def test_what_does_not_run_or_has_no_client_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    script(folder, "mysqld", "mysqld  Ver 8.0.36 for Linux on x86_64", 1)
    assert find([folder]) == ()
    server = script(folder, "mysqld", "mysqld  Ver 8.0.36 for Linux on x86_64")
    assert find([folder]) == ()
    client = script(folder, "mysql", "mysql  Ver 8.0.36")
    assert find([folder]) == (Program("MySQL", "8.0.36", server, client),)
    (folder / "mysqld").write_text("no program")
    assert find([folder]) == ()


@pytest.mark.parametrize(
    ("kind", "version", "chosen"),
    [
        ("MariaDB", "10.5.9", MARIA),
        ("MySQL", "5.6.24", OLD),
        ("MySQL", "8.0.30", NEW),
        ("MySQL", "9.1.0", NEW),
    ],
)
def test_the_nearest_is_chosen(kind: str, version: str, chosen: Program) -> None:
    assert choose([NEW, MARIA, OLD], kind, version) == chosen


def test_another_kind_is_better_than_none() -> None:
    assert choose([MARIA], "MySQL", "5.6.24") == MARIA


def test_none_says_how_to_install_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoLocalServer) as refusal:
        choose([], "MySQL", "5.6.24")
    assert refusal.value.hint
    monkeypatch.setattr(local_programs.shutil, "which", lambda name, path=None: None)
    assert local_programs.installing() is None
    monkeypatch.setattr(
        local_programs.shutil,
        "which",
        lambda name, path=None: f"/bin/{name}" if name == "brew" else None,
    )
    assert local_programs.installing() == ("brew", "install", "mariadb")
