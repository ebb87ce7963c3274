"""The tour: the whole main job on real servers, as a newcomer sees it first."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gmops import ROOT, environment

STEPS = 24


def tour(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    variables = environment(folder / "home")
    for name in ("GMOPS_HOME", "PYTHON_KEYRING_BACKEND"):  # the sandbox brings its own
        del variables[name]
    return subprocess.run(
        [sys.executable, "-m", "sandbox.tour", folder, "--small"],
        cwd=ROOT,
        env=variables | more,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )


def left_running(folder: Path) -> list[str]:
    """Every process that names the tour's folder, ours excepted."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it has just ended
        if str(folder) in words and process.name != str(os.getpid()):
            found.append(words)
    return found


def test_the_tour_holds(tmp_path: Path):
    ran = tour(tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("✓") == STEPS
    assert "Everything held" in ran.stdout
    (archive,) = tmp_path.glob("*.sql.zst")
    digest, name = archive.with_name(f"{archive.name}.sha256").read_text("utf-8").split()
    assert name.lstrip("*") == archive.name
    assert digest == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert (tmp_path / "monthly.pdf").read_bytes().startswith(b"%PDF-")
    pictures = list(tmp_path.glob("*.png"))
    assert len(pictures) >= 7, "one of every tab"
    assert all(picture.stat().st_size > 10_000 for picture in pictures)
    # What the guide shows of this walk is what it leaves: neither can go its own way.
    walk = ("backups", "emergency-", "change-")
    shown = {
        file.name
        for file in (ROOT / "docs" / "pictures").glob("*.en.png")
        if file.name.startswith(walk)
    }
    assert shown
    assert shown | {"emergency-9-report.png"} == {
        picture.name for picture in pictures if picture.name.startswith(walk)
    }
    assert left_running(tmp_path) == []


@pytest.mark.skipif(not Path("/usr/bin/mariadb").exists(), reason="the client lies elsewhere")
def test_a_failing_step_is_named_and_nothing_is_left_running(tmp_path: Path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for folder in ("/usr/local/bin", "/usr/bin", "/bin"):
        for tool in Path(folder).iterdir():
            if tool.name != "mariadb" and not (tools / tool.name).exists():
                (tools / tool.name).symlink_to(tool)
    ran = tour(tmp_path / "tour", PATH=str(tools))
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "mariadb is not installed." in ran.stdout
    assert f"The tour stopped at step 3/{STEPS} Back up the database" in ran.stdout
    assert ran.stdout.count("✓") == 2
    assert left_running(tmp_path) == []
