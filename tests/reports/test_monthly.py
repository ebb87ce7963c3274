"""The monthly report as a file: whole, extractable, archival, and never surer than we are."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pikepdf.pdfa
import pytest

from example_month import CONTRACT, empty_month, full_month
from gmops_desktop.errors import OpsError
from gmops_desktop.reports import rendering
from gmops_desktop.reports.archival import attached
from gmops_desktop.reports.facts import MonthFacts, Question
from gmops_desktop.reports.fonts import missing
from gmops_desktop.reports.monthly import make_monthly
from gmops_desktop.reports.orders import Built, Document
from gmops_desktop.reports.proof import qr_text

NUMBER = "GMGSL-YB-2018-04"
PRINTED = f"""
运维月报 编号：{NUMBER} {CONTRACT.title} {CONTRACT.party_a} {CONTRACT.party_b}
第1页共1页 时间均为北京时间 99.70% 监测覆盖率93.06% 未监测 备份30次，经校验无误30次
全部校验无误 已证明，摘要一致 用时3分12秒
待甲方确认 特殊紧急 夜间来电，业务中断 漏洞已被利用 1/3 一式两份
甲方（盖章）： 乙方（盖章）： 代表（签字）：
""".split()


def make(facts: MonthFacts, number: str = NUMBER, replaces: str = "") -> Built:
    return make_monthly(facts, Document(number, "zh_CN", replaces))


def kept(built: Built, folder: Path) -> Path:
    path = folder / "report.pdf"
    path.write_bytes(built.content)
    return path


def text_of(built: Built, folder: Path) -> str:
    """Return the text without blanks: justified and spaced Chinese has blanks that mean nothing."""
    return "".join(rendering.text(kept(built, folder)).split())


@pytest.fixture(scope="module")
def full() -> Built:
    return make(full_month())


# ---------------------------------------------------------------- what a person reads


def test_an_ordinary_month_is_one_page(full: Built) -> None:
    assert full.pages == 1
    assert make(empty_month()).pages == 1


def test_the_page_says_everything(full: Built, tmp_path: Path) -> None:
    said = text_of(full, tmp_path)
    facts = full_month()
    for words in (*PRINTED, full.data_digest, *(head.hash for head in facts.heads)):
        assert "".join(words.split()) in said, words
    for ticket in facts.tickets:
        assert "".join(ticket.title.split()) in said
        assert ticket.requester in said
    assert "〓" not in said


def test_an_empty_month_says_unknown_with_its_reason(tmp_path: Path) -> None:
    reasons: dict[Question, str] = {
        "availability": "未配置网站探测",
        "usage": "主机无法登录",
        "backups": "备份清单无法读取",
        "restores": "清单无法读取",
        "changes": "清单无法读取",
    }
    said = text_of(make(replace(empty_month(), why_unknown=reasons)), tmp_path)
    assert "资源使用率：未知（主机无法登录）" in said
    assert "网站可用率：未知（未配置网站探测）" in said
    assert "备份：未知（备份清单无法读取）" in said
    assert "备份未知次" in said
    assert "本期没有备份" not in said
    plain = text_of(make(empty_month()), tmp_path)
    assert "网站可用率：未知（本期没有记录）" in plain
    assert "本期没有备份。" in plain
    assert "本期没有特殊紧急处理" in plain


def test_a_long_reason_is_cut_in_its_card_and_whole_in_its_section(tmp_path: Path) -> None:
    why = "官网 https://www.gm-gsl.cn 无法访问：证书已过期，且主机 10.0.0.4 拒绝连接，请检查"
    said = text_of(make(replace(empty_month(), why_unknown={"availability": why})), tmp_path)
    assert f"网站可用率：未知（{''.join(why.split())}）" in said
    assert said.count("…") == 1
    assert said.count("请检查") == 1


def test_a_backup_that_failed_its_check_is_not_called_good(tmp_path: Path) -> None:
    facts = full_month()
    bad = replace(facts.backups[3], verified=False)
    said = text_of(make(replace(facts, backups=(*facts.backups[:3], bad))), tmp_path)
    assert "1份校验失败" in said
    assert "全部校验无误" not in said
    open_question = replace(facts.backups[3], verified=None)
    said = text_of(make(replace(facts, backups=(open_question,))), tmp_path)
    assert "1份尚未校验" in said


def test_an_override_only_the_row_knows_is_listed(tmp_path: Path) -> None:
    said = text_of(make(replace(full_month(), overrides=())), tmp_path)
    assert "T-0002TencentDBMySQL连接数达上限，官网间歇无法打开。原因：夜间来电，业务中断" in said


def test_a_new_version_names_the_old(tmp_path: Path) -> None:
    said = text_of(make(empty_month(), f"{NUMBER}-V2", NUMBER), tmp_path)
    assert f"本版替代{NUMBER}" in said


def test_english_on_request(tmp_path: Path) -> None:
    built = make_monthly(full_month(), Document(NUMBER, "en"))
    said = text_of(built, tmp_path)
    assert "MonthlyOperationsReport" in said
    assert "Specialemergency" in said
    assert re.search(r"Page1of\d", said)


# ---------------------------------------------------------------- more than a page


def test_long_tables_flow_on_with_repeated_heads_and_nothing_lost(tmp_path: Path) -> None:
    facts = full_month()
    rows = tuple(
        replace(
            facts.tickets[number % 4], number=f"T-{number:04d}", title=f"第{number}件 " + "事" * 30
        )
        for number in range(300)
    )
    built = make(replace(facts, tickets=rows))
    said = text_of(built, tmp_path)
    assert built.pages > 5
    assert all(f"T-{number:04d}" in said for number in range(300))
    assert said.count("受理时间") == said.count("提出人") >= built.pages - 2
    assert f"第{built.pages}页共{built.pages}页" in said
    assert said.count("事") == 300 * 30 + said.count("事项") + said.count("事件")


def test_a_cell_longer_than_a_page_is_split(tmp_path: Path) -> None:
    facts = full_month()
    long = "".join(f"{number}。" for number in range(4000))
    ticket = replace(facts.tickets[0], title=long)
    said = text_of(make(replace(facts, tickets=(ticket,))), tmp_path)
    missed = [number for number in range(4000) if f"{number}。" not in said]
    # A number cut by the page's foot is apart in the text; there is one at most on each page.
    assert len(missed) < 12


def test_the_signatures_stay_with_their_sentence(tmp_path: Path) -> None:
    facts = full_month()
    for count in range(1, 30, 4):
        rows = tuple(replace(facts.tickets[2], number=f"T-{one:04d}") for one in range(count))
        path = kept(make(replace(facts, tickets=rows)), tmp_path)
        with pikepdf.open(path) as pdf:
            pages = len(pdf.pages)
        last = rendering.text(path).split("编号：")[-1] if pages > 1 else rendering.text(path)
        flat = "".join(last.split())
        assert "凭证与签署" in flat
        assert "一式两份" in flat
        assert flat.count("代表（签字）") == 2


def test_names_that_break_nothing(tmp_path: Path) -> None:
    facts = full_month()
    party = "深圳市光明新区工商业联合会及其下属各街道商会与行业协会联合秘书处信息化建设办公室" * 2
    name = "x" * 40
    rows = (replace(facts.tickets[0], requester=name),)
    contract = replace(facts.contract, party_a=party, title="合同" * 60)
    built = make(replace(facts, contract=contract, tickets=rows))
    said = text_of(built, tmp_path)
    assert name in said.replace("\n", "")
    assert said.count(party) >= 2


# ---------------------------------------------------------------- what a program reads


def test_fonts_are_embedded_and_helvetica_is_not_there(full: Built) -> None:
    names = set()
    with pikepdf.open(BytesIO(full.content)) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font":
                names.add(str(item.BaseFont))
                assert "/FontFile2" in item.FontDescriptor
        assert not any("/Trans" in page for page in pdf.pages)
    assert names
    assert all(re.match(r"/[A-Z0-9]+\+(Noto|RareHan|LXGW|GMOps)", name) for name in names), names


def test_it_is_pdf_a_and_says_who_made_it(full: Built) -> None:
    with pikepdf.open(BytesIO(full.content)) as pdf:
        assert pikepdf.pdfa.check(pdf, "3b").verdict == "pass"
        with pdf.open_metadata() as metadata:
            assert metadata.pdfa_status == "3B"
            assert NUMBER in str(metadata["dc:title"])
            assert CONTRACT.party_b in str(metadata["dc:creator"])
        assert str(pdf.Root.Lang) == "zh-CN"


def test_the_facts_travel_inside(full: Built, tmp_path: Path) -> None:
    values, content = attached(kept(full, tmp_path))
    assert hashlib.sha256(content).hexdigest() == full.data_digest
    assert values["document"] == {
        "kind": "monthly", "number": NUMBER, "language": "zh_CN", "replaces": "", "revisions": [],
        "corrects": "", "secrecy": "internal",
    }  # fmt: skip
    assert values["facts"]["tickets"][0]["requester"] == "王㛃"
    assert values["facts"]["contract"]["payable"] == "32692.00"
    assert len(values["facts"]["heads"]) == 2
    with pikepdf.open(BytesIO(full.content)) as pdf:
        assert pdf.attachments["data.json"].relationship == pikepdf.Name.Data


def test_the_qr_code_holds_number_digest_and_heads() -> None:
    heads = full_month().heads
    said = qr_text(NUMBER, "ab" * 32, heads).split()
    assert said[:3] == ["GMOPS1", NUMBER, f"DATA:{'AB' * 32}"]
    assert [one.split(":")[1] for one in said[3:]] == [str(head.sequence) for head in heads]


def test_a_foreign_file_is_refused(tmp_path: Path, full: Built) -> None:
    path = tmp_path / "a.pdf"
    with pytest.raises(OpsError, match="no file"):
        attached(path)
    path.write_bytes(b"not a pdf")
    with pytest.raises(OpsError, match="not a report"):
        attached(path)
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(path)
    with pytest.raises(OpsError, match="not a report"):
        attached(path)
    with pikepdf.open(BytesIO(full.content)) as pdf:
        del pdf.attachments["data.json"]
        pdf.attachments["data.json"] = pikepdf.AttachedFileSpec(pdf, b'{"format": "other"}')
        pdf.save(path)
    with pytest.raises(OpsError, match="cannot read"):
        attached(path)


def test_no_word_of_ours_lacks_a_glyph() -> None:
    folder = Path(__file__).parents[2] / "resources/translations/zh_CN"
    words = "".join(
        text
        for file in folder.glob("*.json")
        for pair in json.loads(file.read_text("utf-8")).items()
        for text in pair
    )
    assert missing(words) == set()


# ---------------------------------------------------------------- pictures


def test_pages_become_pictures(full: Built, tmp_path: Path) -> None:
    path = kept(full, tmp_path)
    assert rendering.page_count(path) == 1
    assert rendering.picture(path, 0, 400)[:4] == b"\x89PNG"
    with pytest.raises(OpsError, match="no page 2"):
        rendering.picture(path, 1, 400)
    path.write_bytes(b"%PDF-1.7 broken")
    with pytest.raises(OpsError, match="cannot be shown"):
        rendering.page_count(path)
