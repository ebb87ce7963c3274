"""What a bound document begins with, and that its contents tell the truth."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO

import pikepdf
import pikepdf.pdfa
import pytest
from reportlab.platypus import Flowable, KeepTogether, Spacer

from example_month import CONTRACT, full_month
from gmops_desktop.language import Language, speaking
from gmops_desktop.reports import phrases
from gmops_desktop.reports.captions import Captions
from gmops_desktop.reports.covers import Cover
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.marks import Section
from gmops_desktop.reports.orders import Built, Document, Revision
from gmops_desktop.reports.paragraph import Paragraph
from gmops_desktop.reports.styles import BODY
from gmops_desktop.reports.tables import ruled_table
from printed import heads_at_the_foot, lacking, overlaps, pages_of

MADE = datetime(2026, 5, 5, 20, tzinfo=UTC)  # the 6th in Beijing
BEFORE = Revision("GMGSL-ND-2026", datetime(2026, 4, 6, 2, tzinfo=UTC))


def bound(language: Language = "zh_CN", rows: int = 90, **said: object) -> Built:
    """Return a document of three sections, the second with a long table and a part."""
    document = Document("GMGSL-ND-2026-V2", language, **said)  # type: ignore[arg-type]

    def story(digest: str) -> list[Flowable]:
        captions = Captions()
        lines = [[f"T-{row:04d}", "官网首页更新" * 4] for row in range(rows)]
        return [
            Section(phrases.numbered(1, "概况")),
            Paragraph("本年度运维服务按合同进行。" * 30, BODY),
            Section(phrases.numbered(2, "工单")),
            Section(phrases.part(2, 1, "明细"), level=1),
            ruled_table(("单号", "事项"), lines, (1, 5), caption=captions.table("全年工单")),
            captions.figure("各月工单数"),
            Spacer(0, 300),
            KeepTogether([Section(phrases.numbered(3, "结论")), Paragraph("验收通过。", BODY)]),
            ruled_table(("项", "值"), [["一", "二"]], (1, 1), caption=captions.table("结论")),
        ]

    with speaking(language):
        cover = Cover("年度运维总结与验收报告", "2025 年度", CONTRACT, MADE, "张伟")
        return filed(
            full_month(), "annual", document, "年度运维总结", CONTRACT.party_b, story,
            cover=cover, sheets={"tickets.csv": "单号\r\nT-0001\r\n".encode("utf-8-sig")},
        )  # fmt: skip


def test_the_cover_says_what_it_is_of_whom_and_who_may_read_it() -> None:
    made = bound(replaces=BEFORE.number, revisions=(BEFORE,), corrects="补充三月份的工单",
                 secrecy="commercial")  # fmt: skip
    cover, contents, *_ = pages_of(made)
    for said in (
        "密级：商业秘密", "编号：GMGSL-ND-2026-V2", CONTRACT.title, "年度运维总结与验收报告",
        "2025年度", CONTRACT.number, CONTRACT.party_a, CONTRACT.party_b, "编制张伟", "审核", "批准",
        "V2（替代GMGSL-ND-2026）", "二〇二六年五月六日",
    ):  # fmt: skip
        assert said in cover, said
    assert "第" not in cover  # no page number, and no running head
    versions = contents.split("修订记录")[1]
    assert "V1GMGSL-ND-20262026年4月6日首版" in versions
    assert "V2GMGSL-ND-2026-V22026年5月6日补充三月份的工单" in versions
    assert (overlaps(made), made.missing) == ([], ())


def test_contents_and_outline_lead_to_the_page_on_which_a_section_stands() -> None:
    made = bound()
    pages = pages_of(made)
    assert made.pages == len(pages)
    heads = ("一、概况", "二、工单", "（一）明细", "三、结论")
    where = {head: next(n for n, page in enumerate(pages) if n > 1 and head in page)
             for head in heads}  # fmt: skip
    assert where["三、结论"] > where["二、工单"] + 1
    for head, page in where.items():
        assert f"{head}{page}" in pages[1], head  # the cover is not counted
        assert f"第{page}页共{len(pages) - 1}页" in pages[page]
    assert heads_at_the_foot(made, heads) == []
    with pikepdf.open(BytesIO(made.content)) as pdf:
        assert pikepdf.pdfa.check(pdf, "3b").verdict == "pass"
        assert sorted(pdf.attachments) == ["data.json", "tickets.csv"]
        with pdf.open_outline() as outline:
            titles = [one.title for one in outline.root]
            assert titles == ["一、概况", "二、工单", "三、结论"]
            assert [one.title for one in outline.root[1].children] == ["（一）明细"]
        links = [one for one in pdf.pages[1].Annots if one.Subtype == "/Link"]
        assert len(links) == len(heads)
        # A link leads to the very page that the contents name.
        targets = [pdf.pages.index(pikepdf.Page(one.Dest[0])) for one in links]
        assert targets == list(where.values())


def test_captions_are_numbered_through_and_told_again_on_the_next_page() -> None:
    pages = pages_of(bound())
    assert sum("表1全年工单" in page and "续表1" not in page for page in pages) == 1
    assert [page.count("续表1全年工单") for page in pages[3:-1]] == [1] * (len(pages) - 4)
    assert sum("图1各月工单数" in page.replace("：", "") for page in pages) == 1
    assert sum("表2结论" in page for page in pages) == 1


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_a_short_one_is_whole_in_both_languages(language: Language) -> None:
    made = bound(language, rows=1)
    assert overlaps(made) == []
    zh = language == "zh_CN"
    assert lacking(made, ["内部", "目录"] if zh else ["Internal", "6 May 2026"]) == []


def test_days_stand_on_a_cover_in_chinese_numerals() -> None:
    with speaking("zh_CN"):
        assert phrases.solemn_day(date(2026, 5, 6)) == "二〇二六年五月六日"
        assert phrases.solemn_day(date(2030, 10, 20)) == "二〇三〇年十月二十日"
        assert phrases.solemn_day(date(2019, 12, 31)) == "二〇一九年十二月三十一日"
        assert [phrases.numeral(n) for n in (1, 10, 11, 20, 99)] == [
            "一", "十", "十一", "二十", "九十九",
        ]  # fmt: skip
