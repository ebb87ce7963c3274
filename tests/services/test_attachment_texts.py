"""The begin of a text file, in whichever characters it is written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmops_desktop.services.attachments.texts import SHOWN, first_part

CHINESE = "官网首页 502，重启 php-fpm 后恢复。"


@pytest.mark.parametrize(
    ("codec", "charset"),
    [("ascii", "UTF-8"), ("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("gbk", "GBK"),
     ("utf-16", "UTF-16")],
)  # fmt: skip
def test_a_text_says_the_same_in_every_charset(codec: str, charset: str) -> None:
    text = "plain" if codec == "ascii" else CHINESE
    part = first_part(text.encode(codec))
    assert (part.text, part.charset, part.whole) == (text, charset, True)


@settings(max_examples=25)
@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1),
       st.sampled_from(["utf-8", "gbk"]), st.integers(0, 3))  # fmt: skip
def test_no_character_is_cut_in_two(text: str, codec: str, shift: int) -> None:
    """Wherever the first part ends, what is shown is a begin of the text."""
    told = "甲" * (SHOWN // 2) + text
    data = b"x" * shift + told.encode(codec)
    part = first_part(data)
    assert ("x" * shift + told).startswith(part.text)
    assert SHOWN - 3 <= part.shown <= SHOWN
    assert not part.whole
    assert part.size == len(data)


def test_strange_bytes_become_marks_and_escapes_are_seen() -> None:
    part = first_part(b"ok \xff\xff\x80 end")
    assert part.charset == "unknown"
    assert part.text == "ok \ufffd\ufffd\ufffd end"
    assert first_part(b"\x1b[31mred\x1b[0m").text == "␛[31mred␛[0m"


def test_nothing_is_an_empty_text() -> None:
    assert first_part(b"").text == ""
