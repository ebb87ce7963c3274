"""People's own words on paper: every section takes them, none is lost, none looks like a figure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest

from example_month import empty_month
from example_papers import PAPERS
from gmops_desktop.contract.report_texts import SECTIONS, OwnText
from gmops_desktop.reports import orders
from gmops_desktop.reports.orders import Document
from gmops_desktop.services.reports import Kind
from printed import lacking, overlaps, pages_of, text_of

AT = datetime(2018, 5, 2, 1, 0, tzinfo=UTC)
KINDS: tuple[Kind, ...] = get_args(Kind)


def written(kind: Kind, text: str = "") -> tuple[OwnText, ...]:
    """Return words in every section of a kind, each naming its section."""
    return tuple(
        OwnText(section, text or f"第一段写在{section}。\n\n第二段，含 Latin 100%。", "王五",
                AT, "e")
        for section in SECTIONS[kind]
    )  # fmt: skip


def test_every_kind_takes_words() -> None:
    assert set(SECTIONS) == set(KINDS)
    assert all(SECTIONS.values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_section_prints_what_was_written_into_it(kind: Kind) -> None:
    texts = written(kind)
    built = PAPERS[kind](Document("GMGSL-YB-2018-04", "zh_CN", texts=texts))
    assert lacking(built, [f"第一段写在{one.section}。" for one in texts]) == []
    said = text_of(built)
    assert said.count("王五撰写2018年5月2日") == said.count("第二段，含") == len(texts)
    assert "左侧有竖线、下方署名的段落由署名人撰写" in said
    assert overlaps(built) == []
    bare = text_of(PAPERS[kind](Document("GMGSL-YB-2018-04", "zh_CN")))
    assert "撰写2018" not in bare
    assert "竖线" not in bare


def test_strange_words_are_printed_or_named_and_never_lost() -> None:
    """10,000 characters without a break, rare characters, a writer's name of forty characters."""
    long = "".join(chr(0x4E00 + place % 20_000) for place in range(9_990))
    texts = (
        OwnText("risks", long, "欧" * 40, AT, "e"),
        OwnText("plan", "𠮷 𬎆 😀 <b>&amp; " + "x" * 300, "王五", AT, "e"),
    )
    built = orders.make_monthly(empty_month(), Document("N-1", "zh_CN", texts=texts))
    pages = "".join(page for page in pages_of(built))
    lost = [char for char in long if char not in pages and char not in built.missing]
    assert lost == []
    # In order: each page holds a stretch of it, and all stretches together are the whole.
    assert sum(pages.count(long[place : place + 4]) > 0 for place in range(0, 9_980, 4)) > 2_480
    assert {"😀"} <= set(built.missing)
    assert "𠮷𬎆〓<b>&amp;" in pages
    assert "".join(pages.split()).count("x") >= 300
    assert overlaps(built) == []
