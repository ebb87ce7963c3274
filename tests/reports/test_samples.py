"""The samples in docs/samples: one of every kind, from a year lived in the sandbox; each page
marked as a sample, each whole, and each as it would be laid out today."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import get_args

import pikepdf
import pikepdf.pdfa
import pypdfium2
import pytest

from gmops_desktop.reports.signing import examine
from gmops_desktop.services.reports import SUBJECTS, Kind
from printed import lonely_heads
from sandbox.year.again import SIGNED, data_of, drawn, kind_of, laid_out, renew
from sandbox.year.life import NUMBER

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "samples"
MADE = sorted(FOLDER.glob("*.pdf"))
LAID = [file for file in MADE if not file.stem.endswith(SIGNED)]
ANEW = "python3 dev.py samples --again lays them out anew"


def test_every_kind_and_every_paper_of_a_change_has_its_sample() -> None:
    there = {file.stem for file in MADE}
    assert {kind_of(name) for name in there} == set(get_args(Kind)) >= set(SUBJECTS)
    for kind in ("notice", "change_record"):
        papers = {name for name in there if name.split(".")[0].split("-")[0] == kind}
        assert len(papers) >= 3, f"{kind}: of a patch, a release and a configuration change"
    assert {"monthly.en", "notice.en", "annual.en", f"monthly{SIGNED}"} <= there


def test_the_set_is_small() -> None:
    assert sum(file.stat().st_size for file in MADE) < 4_500_000


@pytest.mark.parametrize("file", MADE, ids=lambda file: file.stem)
def test_every_page_says_that_it_is_a_sample_and_none_ends_with_a_head(file: Path) -> None:
    code, _, _ = NUMBER.partition("-")
    for number, page in enumerate(pypdfium2.PdfDocument(file), 1):
        words = page.get_textpage().get_text_range()
        assert f"{code}-" in words, number
        assert "示例" in words, f"page {number} does not name the invented Party B"
    assert lonely_heads(file.read_bytes()) == []


@pytest.mark.parametrize("file", LAID, ids=lambda file: file.stem)
def test_a_sample_is_laid_out_today_as_it_stands_there(file: Path) -> None:
    """From the facts that it carries inside: a layout that was changed shows here."""
    content, built = file.read_bytes(), laid_out(file)
    assert data_of(built.content) == data_of(content), ANEW
    assert drawn(built.content) == drawn(content), ANEW


@pytest.mark.parametrize("file", MADE, ids=lambda file: file.stem)
def test_a_sample_is_whole_archival_and_read_by_others(file: Path) -> None:
    with pikepdf.open(file) as pdf:
        if file in LAID:
            assert pikepdf.pdfa.check(pdf, "3b").verdict == "pass"
    told = _said("pdftotext", str(file), "-")
    assert NUMBER in told or kind_of(file.stem) not in ("monthly", "annual")
    assert "〓" not in told
    faces = _said("pdffonts", str(file)).splitlines()[2:]
    assert faces


def test_the_signed_sample_is_untouched() -> None:
    found = examine((FOLDER / f"monthly{SIGNED}.pdf").read_bytes())
    assert found.verdict == "untouched"


def test_what_draws_the_same_stays_and_what_does_not_is_laid_out_again(tmp_path: Path) -> None:
    for name in ("sign_in", "fees"):
        (tmp_path / f"{name}.pdf").write_bytes((FOLDER / f"{name}.pdf").read_bytes())
    sheet = tmp_path / "sign_in.pdf"
    with pikepdf.open(sheet, allow_overwriting_input=True) as pdf:
        page = pdf.pages[0]
        page.Contents = pdf.make_stream(page.Contents.read_bytes() + b" 0 0 50 50 re f")
        pdf.save(sheet)
    assert renew(tmp_path) == ["sign_in"]
    assert drawn(sheet.read_bytes()) == drawn((FOLDER / "sign_in.pdf").read_bytes())
    assert (tmp_path / "fees.pdf").read_bytes() == (FOLDER / "fees.pdf").read_bytes()


def _said(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout
