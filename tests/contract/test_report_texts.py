"""What people write into documents: tidied before it is kept, merged like any fact."""

from __future__ import annotations

import pytest

from gmops_desktop.contract.report_texts import LONGEST, SECTIONS, TextKey, check_section, tidied
from gmops_desktop.errors import OpsError


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("甲\r\n乙\r丙\u2028丁", "甲\n乙\n丙\n丁"),
        ("\ufeff  first\n\n\n\nsecond \x00\x1b[31m\x7f", "first\n\nsecond [31m"),
        ("𠮷野家 👨‍👩‍👧 ✔️", "𠮷野家 👨‍👩‍👧 ✔️"),
        ("one\ttwo\u202eeert\u2066", "one    twoeert"),
        ("\ud800 \ue000\n ", ""),
    ],
)
def test_what_has_no_place_in_a_text_goes(typed: str, kept: str) -> None:
    assert tidied(typed) == kept
    tidied(typed).encode("utf-8")


def test_ten_thousand_characters_are_the_most() -> None:
    assert len(tidied("字" * LONGEST)) == LONGEST
    with pytest.raises(OpsError, match="10,001 characters; a section takes 10,000"):
        tidied("字" * (LONGEST + 1))


def test_a_section_has_the_same_id_on_every_machine() -> None:
    key = TextKey("c-1", "monthly", "2018-04")
    assert key.subject("plan") == TextKey("c-1", "monthly", "2018-04").subject("plan")
    ids = {
        TextKey(contract, kind, of).subject(section)
        for contract in ("c-1", "c-2")
        for kind, sections in SECTIONS.items()
        for of in ("2018-04", "2018-05")
        for section in sections
    }
    assert len(ids) == 4 * sum(map(len, SECTIONS.values()))


def test_a_section_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(OpsError) as refused:
        check_section("visit", "plan")
    assert "work, remains" in refused.value.hint
