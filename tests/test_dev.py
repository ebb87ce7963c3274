"""The one door for developers: it runs on a bare Python, and is quick the second time."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def dev() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "dev.py", *words],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=140,
        check=False,
    )


def test_it_needs_nothing_but_the_standard_library():
    tree = ast.parse((ROOT / "dev.py").read_text("utf-8"))
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
             for alias in node.names}  # fmt: skip
    named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in named} <= sys.stdlib_module_names


@pytest.mark.parametrize("words", [[], ["--help"], ["tset"]])
def test_it_explains_itself(words: list[str]):
    ran = run(*words)
    assert ran.returncode == 2
    assert "python3 dev.py run" in ran.stdout


def test_every_command_it_explains_exists(dev: ModuleType):
    explained = (dev.__doc__ or "").split("Standard library")[0]
    for command in ("run", "test", "lint", "types", "bench", "screenshots", "pictures", "build",
                    "setup", "lock", "test-all", "samples"):  # fmt: skip
        assert command in explained
        assert command in dev.COMMANDS


def test_a_second_set_up_does_nothing(dev: ModuleType):
    if Path(sys.prefix) != dev.VENV:
        pytest.fail("the tests run in the project's own .venv: python3 dev.py test")
    first = run("setup")  # what was changed since the last one may need more than was there then
    assert first.returncode == 0, first.stdout + first.stderr
    made = (dev.VENV / "gmops-stamp").stat().st_mtime_ns
    ran = run("setup")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout == "", "nothing to do, nothing to say"
    assert (dev.VENV / "gmops-stamp").stat().st_mtime_ns == made


def test_it_knows_what_is_missing(dev: ModuleType):
    if not dev.shutil.which("dpkg-query"):
        assert dev.find_tool("mariadbd"), "without dpkg, the servers are looked for by name"
        return
    # Nothing is called awk: some package provides it.
    asked = ["dpkg", "awk", "no-such-package-0"]
    assert dev.missing_packages(asked) == ["no-such-package-0"]


def test_a_failing_step_is_named(dev: ModuleType, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(dev.Failed, match="exit 7"):
        dev.call(sys.executable, "-c", "print('why'); raise SystemExit(7)", quiet=True)
    assert "why" in capsys.readouterr().out


def test_ci_runs_what_a_developer_runs():
    assert (ROOT / ".ci" / "run").read_text("utf-8").rstrip().endswith("python3 dev.py test")
