"""Help, usage faults and the language, as the program shows them."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import typer

from gmops import ROOT, environment, gmops
from gmops_desktop.cli.tree import commands

COMMANDS = (
    "status",
    "backup",
    "restore",
    "seal",
    "patch",
    "ticket",
    "report",
    "sandbox",
    "verify",
    "doctor",
)


def test_help_names_every_command(tmp_path: Path):
    ran = gmops("--help", home=tmp_path / "home")
    assert ran.code == 0
    assert all(f" {name} " in ran.out for name in COMMANDS)
    assert not (tmp_path / "home").exists(), "asking for help leaves no trace"


@pytest.mark.parametrize("words", [["backup", "take"], ["ticket", "open"], ["patch", "announce"]])
def test_help_of_a_command_speaks_both_languages(tmp_path: Path, words: list[str]):
    english = gmops(*words, "--help", home=tmp_path)
    chinese = gmops(*words, "--help", home=tmp_path, GMOPS_LANGUAGE="zh_CN")
    assert english.code == chinese.code == 0
    assert "Usage: gmops" in english.out
    assert "用法： gmops" in chinese.out
    assert "显示本帮助" in chinese.out
    assert "…" not in chinese.out.replace("SHA256:…", ""), "no line of it is cut off"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["bakcup"], "There is no command bakcup here."),
        (["backup", "take", "--fast"], "There is no option --fast here."),
        (["backup", "verify"], "FILE is missing."),
        (["ticket", "open", "x"], "--requester is missing."),
        (["report", "make", "monthly", "--period", "2018-13"], "--period does not fit"),
        (["report", "make", "notice"], "--of does not fit"),
        (["report", "text", "sign_in"], "--of does not fit"),
        (
            ["report", "text", "notice", "--period", "2018-04", "--of", "C-1"],
            "--period does not fit",
        ),
        (["report", "make", "yearly", "--period", "2018-12"], "KIND does not fit"),
        (["ticket", "open", "x", "--requester", "y", "--priority", "9"], "--priority does not fit"),
    ],
)
def test_a_command_line_that_is_not_understood(tmp_path: Path, words: list[str], sentence: str):
    ran = gmops(*words, home=tmp_path)
    assert ran.code == 2
    assert sentence in ran.err
    assert "--help for help." in ran.err
    assert ran.out == ""


def test_without_a_command_it_shows_its_help(tmp_path: Path):
    ran = gmops(home=tmp_path)
    assert ran.code == 2
    assert "backup" in ran.out + ran.err


@pytest.mark.parametrize(
    ("variables", "word"),
    [
        ({"GMOPS_LANGUAGE": "zh_CN"}, "用法"),
        ({"GMOPS_LANGUAGE": "", "LC_ALL": "en_GB.UTF-8"}, "Usage"),
        ({"GMOPS_LANGUAGE": "", "LC_ALL": "C.UTF-8"}, "用法"),
        ({"GMOPS_LANGUAGE": "", "LC_ALL": "", "LANG": ""}, "用法"),
        ({"GMOPS_LANGUAGE": "klingon", "LC_ALL": "en_GB.UTF-8"}, "Usage"),
    ],
)
def test_the_language(tmp_path: Path, variables: dict[str, str], word: str):
    assert word in gmops("--help", home=tmp_path, **variables).out


def test_the_settings_choose_the_language_before_the_locale(tmp_path: Path):
    (tmp_path / "settings.json").write_text('{"language": "en"}', "utf-8")
    assert "Usage" in gmops("--help", home=tmp_path, GMOPS_LANGUAGE="", LC_ALL="zh_CN.UTF-8").out


def test_a_command_from_nothing_says_the_same(tmp_path: Path):
    """The others are forks of a process that has the libraries in hand (helpers/gmops.py)."""
    ran = subprocess.run(
        [sys.executable, "-m", "gmops_desktop.cli", "backup", "list", "--json"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    again = gmops("backup", "list", "--json", home=tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, again.out, again.err)


def test_help_brings_neither_qt_nor_the_libraries(tmp_path: Path):
    """Start-up must be quick; what is heavy is imported by the command that needs it."""
    script = (
        "import sys; from gmops_desktop.cli import main; main(['backup', 'take', '--help']);"
        "heavy = {'PySide6', 'sqlalchemy', 'paramiko', 'pymysql', 'reportlab', 'httpx', 'keyring'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or None)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_no_command_has_two_options_of_one_name():
    """The second of them would take the place of the first, unnoticed."""

    def look(command: Any, path: str) -> None:
        options = Counter(name for one in command.params for name in one.opts)
        assert not [name for name, times in options.items() if times > 1], path
        for name, below in getattr(command, "commands", {}).items():
            look(below, f"{path} {name}")

    look(typer.main.get_command(commands()), "gmops")
