"""Line breaking: what may not stand at an end, what stays whole, and that nothing is lost."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.reports.breaking import (
    CLOSING,
    NO_END,
    NO_START,
    break_text,
    is_han,
    is_latin,
    kerning,
    latin_quotes,
)

HAN = "运维备份还原服务器数据库工单甲乙方确认月报网站公众号商会一二三"
MARKS = "，。、；：？！）》”…（《“￥%"
WORDS = ["MySQL", "2018-04", "32,692.00", "99.87%", "openssl", "a", "https://gm.example/a/b", " "]


def widths_of(text: str) -> list[float]:
    return [1.0 if is_han(char) or char in CLOSING or char in "（《“…" else 0.5 for char in text]


def lines_of(text: str, room: float) -> list[str]:
    widths = widths_of(text)
    lines = break_text(text, widths, kerning(text, widths, 1), lambda number: room)
    return [text[line.start : line.end] for line in lines]


def stress(seed: int) -> str:
    dice = random.Random(seed)
    pieces = []
    for _ in range(400):
        kind = dice.random()
        if kind < 0.7:
            pieces.append("".join(dice.choices(HAN, k=dice.randint(1, 6))))
        elif kind < 0.85:
            pieces.append(dice.choice(MARKS))
        else:
            pieces.append(dice.choice(WORDS))
    return "".join(pieces)


@pytest.mark.parametrize("room", [8, 12, 20, 38])
def test_stress_text_has_hardly_any_bad_line(room: int) -> None:
    """Only lines of nothing but marks may start or end badly: under one in five hundred."""
    total = bad = 0
    for seed in range(60):
        lines = lines_of(stress(seed), room)
        total += len(lines)
        bad += sum(
            line[0] in NO_START or line[-1] in NO_END for line in lines[1:-1] if line.strip()
        )
    assert total > 1000
    assert bad * 500 <= total, f"{bad} of {total} lines"


@given(st.text(alphabet=HAN + MARKS + "abc019 .,-/\n", max_size=120), st.integers(1, 30))
def test_nothing_is_lost_and_nothing_overflows(text: str, room: int) -> None:
    widths = widths_of(text)
    lines = break_text(text, widths, kerning(text, widths, 1), lambda number: room)
    joined = "".join(text[line.start : line.end] for line in lines)
    assert joined.replace(" ", "") == text.replace(" ", "").replace("\n", "")
    for line in lines:
        hung = 0.5 if line.end > line.start and text[line.end - 1] in CLOSING else 0
        assert line.width - hung <= room + 1e-6 or line.end - line.start == 1


def test_a_number_and_a_word_stay_whole() -> None:
    lines = lines_of("合同总价为人民币32,692.00元整服务于TencentDB", 10.5)
    assert any("32,692.00" in line for line in lines)
    assert any("TencentDB" in line for line in lines)


def test_a_long_address_breaks_after_a_slash() -> None:
    lines = lines_of("见https://www.example-chamber.org.cn/service/hall?id=20260415", 12)
    assert all(line[-1] in "/-.?=见" or line == lines[-1] for line in lines)


def test_a_run_longer_than_a_line_is_cut() -> None:
    assert lines_of("x" * 50, 10) == ["x" * 20, "x" * 20, "x" * 10]


def test_a_closing_mark_may_hang_by_its_blank_half() -> None:
    assert lines_of("一二三四，五", 4.5) == ["一二三四，", "五"]
    assert lines_of("一二三四，五", 4.4) == ["一二三", "四，五"]


def test_the_quarter_em_stands_between_chinese_and_latin_only() -> None:
    text = "网站CPU达86%以上，MySQL"
    kerns = kerning(text, widths_of(text), 1)
    gaps = [text[index : index + 2] for index, kern in enumerate(kerns) if kern == 0.25]
    assert gaps == ["站C", "U达", "达8", "%以"]
    assert all(is_latin(gap[0]) != is_latin(gap[1]) or "%" in gap for gap in gaps)


def test_a_gap_at_a_line_end_takes_no_room() -> None:
    """The quarter em before MySQL must not push 库 to the next line."""
    assert lines_of("云数据库MySQL", 4) == ["云数据库", "MySQL"]


def test_neighbouring_marks_share_their_blank() -> None:
    text = "《合同》（副本）。"
    kerns = kerning(text, widths_of(text), 1)
    assert [text[index : index + 2] for index, kern in enumerate(kerns) if kern < 0] == [
        "》（",
        "）。",
    ]


def test_a_command_keeps_the_marks_around_it() -> None:
    """A mark that says where a command begins does not end the line before."""
    lines = lines_of("without contradicting the heads; `gmops verify` checks it.", 18)
    assert not any(line.rstrip().endswith(" `") for line in lines)
    assert any("`gmops" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "narrow"),
    [
        ("last; “—” was not told", "“”"),
        ("the account “公众号” here", "“”"),  # an English sentence that quotes Chinese
        ("“nothing to do”", "“”"),
        ("Party B’s own", "’"),
        ("变更 C-0012“web1 更新”已完成", ""),
        ("“—”为微信未提供", ""),
        ("最后 “未完", ""),  # one that is never closed
    ],
)
def test_quotes_are_half_as_wide_beside_latin_alone(text: str, narrow: str) -> None:
    assert "".join(sorted(text[at] for at in latin_quotes(text))) == "".join(sorted(narrow))
