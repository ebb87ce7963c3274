"""The hand-over form as Party A reads and signs it."""

from __future__ import annotations

import io
from datetime import date

import pypdfium2
import pytest

from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.steps import Handed
from gmops_desktop.language import Language
from gmops_desktop.reports.orders import Document, HandOverFacts, make_hand_over
from gmops_desktop.services.contracts import Contracts

DIGEST = "71c09ae2" * 8
ITEMS = (
    Handed("运维手册.docx", "document", DIGEST),
    Handed("www.conf", "configuration", before="pm=static", after="pm=dynamic"),
)
HEADS = (ChainHead("01620000-0000-7000-8000-00000000abcd", "工作站", 1234, "a" * 64),)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_file_stands_there_with_its_digest_and_every_setting_with_both_values(
    language: Language,
) -> None:
    contract = Contracts.example()
    facts = HandOverFacts("t", "T-0184", "官网首页 502", ITEMS, contract, date(2018, 11, 22), HEADS)
    built = make_hand_over(facts, Document("GMGSL-YJ-2018-11", language))
    pages = pypdfium2.PdfDocument(io.BytesIO(built.content))
    text = "".join("".join(p.get_textpage().get_text_range() for p in pages).split())
    assert (built.pages, built.missing) == (1, ())
    for said in ("T-0184", "运维手册.docx", DIGEST, "pm=static→pm=dynamic", "GMGSL-YJ-2018-11"):
        assert said in text
    word = "文档移交单" if language == "zh_CN" else "Hand-overform"
    assert word in text
    assert contract.party_a in text


def test_many_files_go_over_several_pages() -> None:
    many = tuple(Handed(f"文档{place}.docx", "document", DIGEST) for place in range(60))
    facts = HandOverFacts("t", "T-0184", "x", many, Contracts.example(), date(2018, 11, 22), HEADS)
    assert make_hand_over(facts, Document("GMGSL-YJ-2018-11", "zh_CN")).pages > 1
