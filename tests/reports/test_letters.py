"""Letters and sign-in sheets as people read them, and their data as machines do."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pypdfium2
import pytest

from gmops_desktop.contract.notices import Notice, payment_of
from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.registers import Record
from gmops_desktop.contract.terms import Contact
from gmops_desktop.contract.workdays import STANDARD
from gmops_desktop.language import Language
from gmops_desktop.reports.orders import (
    Built,
    Document,
    LetterFacts,
    SignInFacts,
    attached,
    make_letter,
    make_sign_in,
)
from gmops_desktop.services.contracts import Contracts

EXAMPLE = Contracts.example()
HEADS = (ChainHead("01620000-0000-7000-8000-00000000abcd", "工作站", 1234, "a" * 64),)
JOINED = Notice("joined", "x", "赵明", "A", date(2018, 7, 2), date(2018, 7, 5), None, "", True)
ZHAO = Contact("x", "赵明", "A", "指定联系人", "0755-0000 0009", date(2018, 7, 2))


def text_of(built: Built) -> str:
    """Return the words of a document without the spaces that setting them put in."""
    pages = pypdfium2.PdfDocument(io.BytesIO(built.content))
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    return "".join(text.split())


def letter(notice: Notice, contact: Contact | None, language: Language = "zh_CN") -> Built:
    facts = LetterFacts(notice, EXAMPLE, contact, date(2018, 7, 2), HEADS)
    return make_letter(facts, Document("GMGSL-LX-2018-07-01", language))


def test_a_change_of_contact_names_who_from_when_and_until_when_it_is_told() -> None:
    built = letter(JOINED, ZHAO)
    text = text_of(built)
    assert built.pages == 1
    for said in ("联系人变更通知", "致：深圳市示例信息技术有限公司", "赵明", "0755-00000009",
                 "2018年7月2日", "2018年7月5日", "3个工作日", "GMGSL-LX-2018-07-01"):  # fmt: skip
        assert said in text


def test_party_b_writes_to_party_a_of_its_own_people() -> None:
    text = text_of(letter(replace(JOINED, what="left", party="B"), None))
    assert "致：光明新区工商联" in text


def test_the_payment_stands_in_figures_and_in_capitals_with_what_it_is_for() -> None:
    payment = payment_of(replace(EXAMPLE, paid_on=None), STANDARD)
    assert payment is not None
    text = text_of(letter(payment, None))
    for said in ("付款通知", "¥32,692.00", "叁万贰仟陆佰玖拾贰元整", "32,692.70", "11,636.70",
                 "2018年3月9日"):  # fmt: skip
        assert said in text


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_unknown_holidays_are_owned_up_to(language: Language) -> None:
    text = text_of(letter(replace(JOINED, certain=False), ZHAO, language))
    assert {"zh_CN": "期限可能顺延", "en": "itmaybelater"}[language] in text


def test_the_data_are_attached_with_the_heads_printed(tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(letter(JOINED, ZHAO).content)
    values, data = attached(path)
    assert values["facts"]["heads"][0]["hash"] == "a" * 64
    assert values["document"]["kind"] == "letter"
    assert json.loads(data)["facts"]["contract"]["payable"] == "32692"


def test_a_sign_in_sheet_is_one_page_with_room_for_names() -> None:
    training = Record(
        "t", "training", date(2018, 5, 10), "公众号后台使用", ("李慧敏",), "张伟",
        hours=Decimal("1.5"),
    )  # fmt: skip
    built = make_sign_in(SignInFacts(training, EXAMPLE, HEADS), Document("N-1", "zh_CN"))
    text = text_of(built)
    assert built.pages == 1
    for said in ("签到表", "公众号后台使用", "李慧敏", "张伟", "1.5", "18"):
        assert said in text
    crowd = replace(training, people=tuple(f"学员{n}" for n in range(40)))
    more = make_sign_in(SignInFacts(crowd, EXAMPLE, HEADS), Document("N-1", "zh_CN"))
    assert "学员39" in text_of(more)
