"""The samples in docs/samples: one of every kind, each page marked as a sample, none left over."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pypdfium2
import pytest

from gmops_desktop.services.reports import SUBJECTS, Kind
from printed import lonely_heads
from sample_papers import FOLDER, drawn, kind_of, main, samples

ROOT = Path(__file__).resolve().parents[2]
MADE = sorted(FOLDER.glob("*.pdf"))


def test_every_kind_and_every_paper_of_a_change_has_its_sample() -> None:
    there = {file.stem for file in MADE}
    assert there == set(samples()), "python3 dev.py samples makes them anew"
    assert {kind_of(name) for name in there} == set(get_args(Kind)) >= set(SUBJECTS)
    for kind in ("notice", "change_record"):
        papers = {name for name in there if name.split(".")[0].split("-")[0] == kind}
        assert len(papers) >= 3, f"{kind}: of a patch, a release and a configuration change"


def test_the_set_is_small() -> None:
    assert sum(file.stat().st_size for file in MADE) < 3_500_000


@pytest.mark.parametrize("file", MADE, ids=lambda file: file.stem)
def test_every_page_says_that_it_is_a_sample_and_none_ends_with_a_head(file: Path) -> None:
    marked = "SAMPLE-" if file.stem.endswith(".en") else "样例-"
    for number, page in enumerate(pypdfium2.PdfDocument(file), 1):
        assert marked in page.get_textpage().get_text_range(), number
    assert lonely_heads(file.read_bytes()) == []


def test_made_twice_they_draw_the_same_and_what_is_no_kind_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = samples()["sign_in"]
    monkeypatch.setattr("sample_papers.samples", lambda: {"sign_in": one})
    (tmp_path / "gone.pdf").write_bytes(b"%PDF")
    main(tmp_path)
    file = tmp_path / "sign_in.pdf"
    first = file.read_bytes()
    assert list(tmp_path.iterdir()) == [file]
    assert drawn(one().content) == drawn(first)
    main(tmp_path)
    assert file.read_bytes() == first, "the same page is not written again"
