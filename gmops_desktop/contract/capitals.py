"""Amounts in Chinese capitals, as contracts and vouchers want them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("", "拾", "佰", "仟")
_GROUPS: Final = ("", "万", "亿", "万亿")


def rmb_capitals(amount: Decimal) -> str:
    """Return `amount` yuan in capitals, rounded half up to the fen: 32692 → 叁万贰仟陆佰玖拾贰元整.

    After the rules of the People's Bank for vouchers (正确填写票据和结算凭证的基本规定, 一至三):
    整 stands after 元 only; zeros between digits are read once.  Raises `ValueError` from
    10,000,000,000,000,000 yuan on.
    """
    cents = int(abs(amount.quantize(Decimal("0.01"), ROUND_HALF_UP)) * 100)
    yuan, cents = divmod(cents, 100)
    jiao, fen = divmod(cents, 10)
    if yuan >= 10 ** (4 * len(_GROUPS)):
        raise ValueError(f"too large to be written in capitals: {amount}")
    text = _whole(yuan)
    if text:
        text += "元"
    if jiao:
        # The last digit of the yuan being 0, or no jiao, is read as one 零.
        text += ("零" if text and yuan % 10 == 0 else "") + _DIGITS[jiao] + "角"
    elif fen and text:
        text += "零"
    if fen:
        text += _DIGITS[fen] + "分"
    if not cents:
        text = (text or "零元") + "整"
    return ("负" if amount < 0 and (yuan or cents) else "") + text


def _whole(number: int) -> str:
    """Return a whole number's capitals, "" for 0."""
    digits = str(number)
    text, zero, group = "", False, False
    for index, character in enumerate(digits):
        place = len(digits) - 1 - index
        digit = int(character)
        if digit:
            text += ("零" if zero and text else "") + _DIGITS[digit] + _PLACES[place % 4]
            zero, group = False, True
        else:
            zero = True
        if place % 4 == 0 and group:
            text += _GROUPS[place // 4]
            zero, group = False, False
    return text
