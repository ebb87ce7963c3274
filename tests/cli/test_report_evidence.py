"""`gmops report` for an account's month, a compilation and its evidence, a seal across edges, and
for what has a cover."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gmops import gmops
from gmops_desktop.assembly import assemble
from gmops_desktop.paths import Home
from gmops_desktop.reports.rendering import page_with


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the example contract."""
    folder = tmp_path / "home"
    folder.mkdir()
    with assemble(Home(folder), secret=lambda name: "") as services:
        services.contracts.load_example()
    return folder


def test_a_compilation_its_evidence_and_a_seal(home: Path, tmp_path: Path) -> None:
    account = gmops("report", "make", "account", "--period", "2018-04", "--json", home=home)
    assert account.answer["number"].endswith("-GZH-2018-04"), account.err
    made = gmops("report", "make", "compilation", "--json", home=home)
    number = made.answer["number"]
    assert "-HB-" in number
    assert Path(made.answer["path"]).read_bytes().startswith(b"%PDF-")
    months = gmops("report", "make", "compilation", "--period", "2018-04~2018-06", home=home)
    assert months.code == 0, months.err

    folder = tmp_path / "evidence"
    saved = gmops("report", "evidence", number, folder, "--chains", "--json", home=home)
    assert saved.answer["entries"] > 0  # its own, though it was recorded years later
    summed = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=False)
    assert summed.returncode == 0
    again = gmops("report", "evidence", number, folder, home=home)
    assert again.code == 1
    assert str(folder) in again.err

    # Without a key nothing is signed, and what is named wrongly is refused as usage.
    unsigned = gmops("report", "sign", number, "--across-edges", home=home)
    assert unsigned.code == 1
    assert gmops("report", "make", "compilation", "--of", "x", home=home).code == 2
    assert gmops("report", "make", "compilation", "--period", "2018-13", home=home).code == 1


def test_a_quarter_and_a_year_are_made_with_their_cover(home: Path) -> None:
    made = gmops(
        "report", "make", "quarter", "--period", "2018-q2", "--secrecy", "public", "--json",
        home=home,
    )  # fmt: skip
    assert made.answer["number"].endswith("-JB-2018-Q2"), made.err
    assert page_with(Path(made.answer["path"]).read_bytes(), "密级：公开") == 0
    year = ("report", "make", "annual", "--period", "2018", "--json")
    first = gmops(*year, home=home)
    assert first.answer["number"].endswith("-ND-2018"), first.err
    second = gmops(*year, "--corrects", "补记六月演练", home=home)
    assert second.answer["replaces"] == first.answer["number"]
    assert page_with(Path(second.answer["path"]).read_bytes(), "日补记六月演练") == 1
    assert gmops("report", "make", "annual", "--period", "2018-Q2", home=home).code == 2
    assert gmops("report", "make", "annual", "--period", "2030", home=home).code == 1
