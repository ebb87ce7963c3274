"""What holds of every kind of document: PDF/A, embedded faces, and words that others can read."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import get_args

import pikepdf
import pikepdf.pdfa
import pytest

from example_papers import PAPERS, RARE
from gmops_desktop.language import LANGUAGES, Language
from gmops_desktop.reports.orders import Built, Document, Revision
from gmops_desktop.services.reports import COVERED, Kind
from printed import overlaps, pages_of

KINDS: tuple[Kind, ...] = get_args(Kind)
NUMBER = "GMGSL-XX-2018-04"


def made(kind: Kind, language: Language = "zh_CN") -> Built:
    return PAPERS[kind](Document(NUMBER, language))


def test_every_kind_has_its_example() -> None:
    assert set(PAPERS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_archival_in_both_languages_and_read_by_others(
    kind: Kind, tmp_path: Path
) -> None:
    """pdftotext and pdffonts are poppler's: they share nothing with what wrote the file."""
    for language in LANGUAGES:
        built = made(kind, language)
        with pikepdf.open(BytesIO(built.content)) as pdf:
            assert pikepdf.pdfa.check(pdf, "3b").verdict == "pass"
            tables = {name for name in pdf.attachments if name.endswith(".csv")}
            assert set(pdf.attachments) - tables == {"data.json"}
        assert (built.missing, overlaps(built)) == ((), [])
        file = tmp_path / f"{kind}-{language}.pdf"
        file.write_bytes(built.content)
        told = "".join(_said("pdftotext", str(file), "-").split())
        assert RARE in told, "characters that only the fallback fonts hold"
        assert NUMBER in told
        assert "〓" not in told
        assert not re.search(f"(替代|replaces){NUMBER}", told)  # it corrects nothing
        faces = _said("pdffonts", str(file)).splitlines()[2:]
        assert faces
        for line in faces:
            embedded, subset, unicode = re.findall(r" (yes|no) +(yes|no) +(yes|no) +\d+", line)[0]
            assert (embedded, subset, unicode) == ("yes", "yes", "yes"), line


@pytest.mark.parametrize("kind", KINDS)
def test_those_have_a_cover_that_the_window_asks_about_one(kind: Kind) -> None:
    """`COVERED` decides whether secrecy is asked for: a kind bound without it would be refused."""
    first, *rest = pages_of(made(kind))
    bound = "密级" in first and "编制" in first and rest[:1] != [] and "目录" in rest[0]
    assert bound == (kind in COVERED)


@pytest.mark.parametrize("kind", KINDS)
def test_every_correction_says_at_its_head_and_in_its_proof_which_version_it_replaces(
    kind: Kind,
) -> None:
    before = Revision(NUMBER, datetime(2018, 5, 2, 1, tzinfo=UTC))
    said = {
        "zh_CN": "本版替代GMGSL-XX-2018-04，原版仍保留在登记中。更正内容：改正了甲方名称",
        "en": "ThisversionreplacesGMGSL-XX-2018-04,whichstaysintheregister.Itcorrects:",
    }
    for language in LANGUAGES:
        document = Document(f"{NUMBER}-V2", language, NUMBER, revisions=(before,),
                            corrects="改正了甲方名称")  # fmt: skip
        built = PAPERS[kind](document)
        pages = pages_of(built)
        assert said[language] in "".join(pages)
        at_the_head = f"(?<!本版)替代{NUMBER}|(?<!version)replaces{NUMBER}"
        assert re.search(at_the_head, pages[0])
        assert overlaps(built) == []


def _said(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout
