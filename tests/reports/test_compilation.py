"""The compilation of evidence as Party A reads it, and as a machine does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pypdfium2
import pytest

from example_evidence import MONTHS, compilation, empty, entries
from gmops_desktop.contract.clause_evidence import Standing
from gmops_desktop.language import Language, speaking
from gmops_desktop.reports.evidence_facts import ClauseLine, CompilationFacts
from gmops_desktop.reports.orders import Built, Document, make_compilation
from gmops_desktop.reports.standings import MOST, matrices
from printed import heads_at_the_foot, lacking, overlaps, pages_of, text_of

HEADS = ("一、概况与结论", "二、条款履行矩阵", "三、各条款证据", "四、偏差与特殊紧急",
         "五、核验方法", "六、凭证与签署")  # fmt: skip


def built(facts: CompilationFacts, language: Language = "zh_CN") -> Built:
    return make_compilation(facts, Document("GMGSL-HB-2019-01-01", language))


def spoken(make: object = compilation) -> CompilationFacts:
    with speaking("zh_CN"):
        return make()  # type: ignore[operator,no-any-return]


def test_every_clause_stands_there_with_its_evidence_and_what_speaks_against_it() -> None:
    facts = spoken()
    made = built(facts)
    said = (
        "有条款缺少履约证据", "2.2-5运维报告：缺失", "承诺未兑现：T-0031、T-0044", "已履行19条",
        "迟延或不全1条", "未知1条", "记录自2018年4月2日开始", "另由列于他处的记录证明",
        "网信办通报𠮷2018-04.pdf", "未知", "不在本机", "GMGSL-XJ-2018-05", "夜间来电，业务中断",
        "漏洞已被利用", "sha256sum-cSHA256SUMS", "探测43,120次", *HEADS,
    )  # fmt: skip
    assert lacking(made, said) == []
    assert lacking(made, [f"第{one.key}条{one.title}" for one in facts.clauses]) == []
    listed = [line for one in facts.clauses for line in one.entries]
    assert lacking(made, [line.hash[:16] for line in listed]) == []
    files = [line for one in facts.clauses for line in one.files]
    assert lacking(made, [line.sha256 for line in files]) == []
    assert (made.missing, overlaps(made), heads_at_the_foot(made, HEADS)) == ((), [], [])


def test_a_contract_of_which_nothing_is_known_is_unknown_and_not_kept() -> None:
    made = built(spoken(empty))
    assert lacking(made, ["未知24条", "尚无任何记录", "并非全部有记录"]) == []
    assert "均已履行。" not in text_of(made)
    nothing = built(replace(spoken(empty), clauses=(), months=()))
    assert overlaps(nothing) == []


def test_of_five_thousand_lines_none_is_lost_or_doubled() -> None:
    facts = spoken()
    many = replace(facts.clauses[0], entries=entries("x", 5_000))
    made = built(replace(facts, clauses=(many, *facts.clauses[1:])))
    text = text_of(made)
    assert {text.count(line.hash[:16]) for line in many.entries} == {1}
    assert heads_at_the_foot(made, HEADS) == []


@pytest.mark.parametrize("count", [1, MOST, MOST + 1, 37])
def test_a_matrix_never_has_more_months_than_fit(count: int) -> None:
    months = [date(2018 + n // 12, n % 12 + 1, 1) for n in range(count)]
    standings: tuple[Standing, ...] = ("done", "late", "missing", "unknown", "none", "ahead")
    clause = ClauseLine(
        "1.13", "按约定流程执行" * 9, "done",
        cells=tuple((standings[n % 6], n * 337) for n in range(count)),
    )  # fmt: skip
    drawn = matrices([clause], months)
    assert len(drawn) == -(-count // MOST)
    shapes = [shape for drawing in drawn for shape in drawing.contents]
    signs = [shape.text for shape in shapes if hasattr(shape, "text")]
    assert sum(sign in {f"{n:02d}" for n in range(1, 13)} for sign in signs) >= count


def test_the_matrix_is_read_without_colour() -> None:
    """Each standing differs from every other one in grey, too: by its sign."""
    facts = spoken()
    standings: tuple[Standing, ...] = ("done", "late", "missing", "unknown", "none", "ahead")
    clause = replace(facts.clauses[0], cells=tuple((one, 0) for one in standings))
    made = built(replace(facts, clauses=(clause,), months=MONTHS[:6]))
    page = next(n for n, text in enumerate(pages_of(made)) if "二、条款履行矩阵" in text and n > 1)
    drawn = pypdfium2.PdfDocument(made.content)[page]
    words = drawn.get_textpage()
    found = words.search("随时响应")
    place = found.get_next()
    assert place is not None
    high = words.get_charbox(place[0])[3]
    scale = 6
    picture = drawn.render(scale=scale).to_pil().convert("L")
    top = picture.height - (high + 3) * scale
    row = picture.crop((0, round(top), picture.width, round(top + 13 * scale)))
    side, first = 34 * scale, round((73.7 + 150) * scale)
    cells = [row.crop((first + n * side, 0, first + (n + 1) * side, row.height)) for n in range(6)]
    seen = {cell.resize((17, 7)).tobytes() for cell in cells}
    assert len(seen) == len(standings)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_both_languages_are_whole(language: Language) -> None:
    with speaking(language):
        facts = compilation()
    made = built(facts, language)
    assert (made.missing, overlaps(made)) == ((), [])
    assert ("核验方法" in text_of(made)) == (language == "zh_CN")
