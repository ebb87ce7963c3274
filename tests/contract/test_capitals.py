from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.capitals import rmb_capitals


@pytest.mark.parametrize(
    ("amount", "capitals"),
    [
        ("32692", "叁万贰仟陆佰玖拾贰元整"),  # the contract's own words
        ("32692.70", "叁万贰仟陆佰玖拾贰元柒角"),
        # The examples of the People's Bank's rules.
        ("1409.50", "壹仟肆佰零玖元伍角"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
        ("107000.53", "壹拾万柒仟元零伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        # Corners.
        ("0", "零元整"),
        ("0.004", "零元整"),
        ("-0.001", "零元整"),
        ("0.005", "壹分"),
        ("0.05", "伍分"),
        ("0.30", "叁角"),
        ("10", "壹拾元整"),
        ("20000", "贰万元整"),
        ("10203040.5", "壹仟零贰拾万叁仟零肆拾元零伍角"),
        ("100000000", "壹亿元整"),
        ("100005000", "壹亿零伍仟元整"),
        ("100010001.01", "壹亿零壹万零壹元零壹分"),
        ("-12.5", "负壹拾贰元伍角"),
        (
            "9999999999999999.99",
            "玖仟玖佰玖拾玖万亿玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
        ),
    ],
)
def test_amounts_in_capitals(amount, capitals):
    assert rmb_capitals(Decimal(amount)) == capitals


def test_an_amount_beyond_the_words_is_refused():
    with pytest.raises(ValueError, match="too large"):
        rmb_capitals(Decimal(10) ** 16)


def read(text: str) -> Decimal:
    """Read capitals back: an independent way round."""
    digits = {word: value for value, word in enumerate("零壹贰叁肆伍陆柒捌玖")}
    places = {"拾": 10, "佰": 100, "仟": 1000}
    total = section = digit = 0
    cents = Decimal(0)
    for word in text.replace("万亿", "兆").removesuffix("整"):
        if word in digits:
            digit = digits[word]
        elif word in places:
            section, digit = section + digit * places[word], 0
        elif word in "万亿兆元":
            unit = {"万": 10**4, "亿": 10**8, "兆": 10**12, "元": 1}[word]
            total, section, digit = total + (section + digit) * unit, 0, 0
        else:
            cents, digit = cents + digit * {"角": Decimal("0.1"), "分": Decimal("0.01")}[word], 0
    return total + cents


@given(st.decimals(min_value=0, max_value=10**16 - 1, places=2))
def test_capitals_say_exactly_the_amount(amount):
    text = rmb_capitals(amount)
    assert read(text) == amount
    assert "零零" not in text
