from __future__ import annotations

import random
import re
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


def written(cents: int) -> str:
    """Write an amount another way: every digit with its place, noughts too, then what is not said
    is taken out by the rules for vouchers."""
    yuan, jiao, fen = cents // 100, cents // 10 % 10, cents % 10
    names = "零壹贰叁肆伍陆柒捌玖"
    places = "元拾佰仟万拾佰仟亿拾佰仟万"
    text = ""
    for place, digit in enumerate(str(yuan)[::-1]):
        text = names[int(digit)] + places[place] + text
    text = re.sub("零[拾佰仟]", "零", text)
    text = re.sub("零+", "零", text)
    text = re.sub("零([万亿元])", r"\1", text)
    text = text.replace("亿万", "亿零")
    text = re.sub("零+", "零", text).replace("零元", "元")
    if not yuan:
        text = "" if cents else "零元"
    if not jiao and not fen:
        return text + "整"
    if jiao:
        nought = "零" if yuan and yuan % 10 == 0 else ""
        return text + nought + names[jiao] + "角" + (names[fen] + "分" if fen else "")
    return text + ("零" if yuan else "") + names[fen] + "分"


def amounts() -> list[int]:
    """Amounts in fen from nought to 10^12 yuan: the small, the corners, and many with noughts."""
    chance = random.Random(20180306)
    most = 10**14
    corners = [10**n + by for n in range(15) for by in (-1, 0, 1)]
    digits = [
        "".join(chance.choice("000123456789") for _ in range(chance.randrange(1, 15)))
        for _ in range(30_000)
    ]
    many = [*range(12_000), *corners, *map(int, digits), 3_269_270, 3_269_200]
    return [one for one in many if 0 <= one <= most]


def test_amounts_from_nought_to_a_million_million_are_written_as_another_way_writes_them():
    wrong = [
        (cents, said, wanted)
        for cents in amounts()
        if (said := rmb_capitals(Decimal(cents) / 100)) != (wanted := written(cents))
    ]
    assert wrong == []
