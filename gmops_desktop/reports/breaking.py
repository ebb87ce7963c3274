"""Where a line of Chinese text may end, and how its characters stand beside each other.

Pure functions over characters and widths, after the requirements for Chinese text layout (W3C
CLREQ): no closing mark begins a line and no opening mark ends one (避头尾), words and numbers stay
whole, Chinese and Latin stand a quarter em apart, and of two neighbouring full-width marks one
gives up its blank half.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

QUARTER: Final = 0.25  # em between Chinese and Latin
CLOSING: Final = frozenset("，。、；：？！）》〉】〕」』〗”’")  # ink in the left half
OPENING: Final = frozenset("（《〈【〔「『〖“‘")  # ink in the right half
NO_START: Final = CLOSING | frozenset("…—·・％‰℃°%,.;:?!)]}＞～々ー／")
NO_END: Final = OPENING | frozenset("￥＄￡＃#([{$¥")
_JOINERS: Final = frozenset("'_@&+-=/.:%#~?$\\*<>|^`")
_SOFT: Final = frozenset("/-_.?&=:@\\,+")  # where a Latin run too long for a line may break
_QUOTES: Final = {"”": "“", "’": "‘"}
_SHORT: Final = 0.75  # a line filled less than this would rather break a Latin run


@dataclass(frozen=True, slots=True)
class Line:
    """Characters `start` to `end` of a text; `width` in the unit of the widths given.

    `last` marks a paragraph's end, which is never stretched.
    """

    start: int
    end: int
    width: float
    last: bool


def is_han(char: str) -> bool:
    """Say whether `char` is an ideograph."""
    code = ord(char)
    return 0x3400 <= code < 0xA000 or 0xF900 <= code < 0xFB00 or code >= 0x20000 or char in "〇々"


def is_latin(char: str) -> bool:
    """Say whether `char` is a letter or digit of a word that stays whole."""
    return char < "\u2e80" and char.isalnum()


def kerning(text: Sequence[str], widths: Sequence[float], em: float) -> list[float]:
    """Return what is added between each character and the next (0 after the last)."""
    kerns = [0.0] * len(text)
    for index in range(len(text) - 1):
        first, second = text[index], text[index + 1]
        left_latin = is_latin(first) or first in "%‰℃"
        if (left_latin and is_han(second)) or (is_han(first) and is_latin(second)):
            kerns[index] = QUARTER * em
        elif (first in CLOSING and (second in CLOSING or second in OPENING)) or (
            first in OPENING and second in OPENING
        ):
            kerns[index] = -widths[index] / 2
    return kerns


def latin_quotes(text: Sequence[str]) -> list[int]:
    """Return where the quotes stand that are Latin ones, half as wide: pairs that nothing Chinese
    stands beside."""
    found: list[int] = []
    opened: list[int] = []
    for index, char in enumerate(text):
        if char in "“‘":
            opened.append(index)
        elif char in "”’":
            begin = opened.pop() if opened and text[opened[-1]] == _QUOTES[char] else None
            if begin is not None and _beside_latin(text, begin, index):
                found += [begin, index]
            elif begin is None and char == "’" and _beside_latin(text, index, index):
                found.append(index)  # an apostrophe
    return found


def _beside_latin(text: Sequence[str], first: int, last: int) -> bool:
    """Say whether what stands around `first` to `last` is Latin; if nothing does, what is in."""
    around = [*text[max(0, first - 1) : first], *text[last + 1 : last + 2]]
    return all(char < "\u2e80" for char in (around or text[first + 1 : last]))


def may_break(text: Sequence[str]) -> list[bool]:
    """Return for each position 0 to len(text) whether a line may end before that character."""
    allowed = [False] * (len(text) + 1)
    allowed[-1] = True
    solid = ""  # the last character that is not a space
    for index in range(1, len(text)):
        first, second = text[index - 1], text[index]
        solid = first if first != " " else solid
        allowed[index] = not (
            second == " "
            or second in NO_START
            or solid in NO_END
            or (_joins(text, index - 1) and _joins(text, index))
        )
    return allowed


def break_text(
    text: Sequence[str],
    widths: Sequence[float],
    kerns: Sequence[float],
    room: Callable[[int], float],
) -> list[Line]:
    """Return the lines of `text`, greedily filled; `room` gives each line's width by its number.

    Spaces at a line's end are left out of it.  A closing mark may hang over the edge by its blank
    half.  A run longer than a line breaks where it hurts least.
    """
    if text and text[-1] != " " and "\n" not in text:
        whole = sum(widths) + sum(kerns)
        if whole <= room(0):  # most cells of a table
            return [Line(0, len(text), whole, True)]
    allowed = may_break(text)
    lines: list[Line] = []
    start = 0
    while start < len(text):
        while lines and not lines[-1].last and start < len(text) and text[start] == " ":
            start += 1
        if start == len(text):
            lines[-1] = Line(lines[-1].start, lines[-1].end, lines[-1].width, True)
            break
        line, start = _one(text, widths, kerns, allowed, start, room(len(lines)))
        lines.append(line)
    return lines or [Line(0, 0, 0.0, True)]


def stretchable(text: Sequence[str], index: int) -> bool:
    """Say whether justification may widen the gap after character `index`."""
    first, second = text[index], text[index + 1]
    if first == " " or second == " ":
        return second != " "
    return not (_joins(text, index) and _joins(text, index + 1)) and first + second not in "——……"


def _one(
    text: Sequence[str],
    widths: Sequence[float],
    kerns: Sequence[float],
    allowed: Sequence[bool],
    start: int,
    room: float,
) -> tuple[Line, int]:
    """Return the line that begins at `start`, and where the next one does."""
    reach, best, position, edge = start, start, 0.0, 0.0
    ends = []  # the width of the line if it ended after each character
    while reach < len(text) and text[reach] != "\n":
        edge = position + widths[reach]
        if edge > room + 1e-6:
            hangs = text[reach] in CLOSING and edge - widths[reach] / 2 <= room + 1e-6
            if hangs and allowed[reach + 1]:
                ends.append(edge)
                best = reach + 1
            break
        ends.append(edge)
        position = edge + kerns[reach]
        reach += 1
        if allowed[reach]:
            best = reach
    else:
        newline = reach < len(text)
        return _line(text, ends, start, reach, True), reach + newline
    if best == start:
        best = _cut(text, start, max(reach, start + 1))
        ends = ends or [widths[start]]
    elif ends[best - start - 1] < _SHORT * room:
        best = next((cut for cut in range(reach, best, -1) if _soft(text, cut)), best)
    return _line(text, ends, start, best, False), best


def _line(text: Sequence[str], ends: Sequence[float], start: int, end: int, last: bool) -> Line:
    stop = end
    while stop > start and text[stop - 1] == " ":
        stop -= 1
    return Line(start, stop, ends[stop - start - 1] if stop > start else 0.0, last)


def _cut(text: Sequence[str], start: int, reach: int) -> int:
    """Return where to break a run without a legal break: softly, else at least legally placed."""
    for cut in range(reach, start + (reach - start) // 2, -1):
        if _soft(text, cut):
            return cut
    for cut in range(reach, start, -1):
        if cut < len(text) and text[cut] not in NO_START and text[cut - 1] not in NO_END:
            return cut
    return reach


def _soft(text: Sequence[str], cut: int) -> bool:
    """Say whether a Latin run may break here: after a slash or dash, never inside a number."""
    if cut == len(text) or text[cut - 1] not in _SOFT or text[cut] in NO_START:
        return False
    return not (text[cut - 1] in ".,:" and text[cut].isdigit())


def _joins(text: Sequence[str], index: int) -> bool:
    """Say whether the character belongs to a word, a number, an address."""
    char = text[index]
    if char == ",":  # 32,692 is one number
        around = (*text[max(0, index - 1) : index], *text[index + 1 : index + 2])
        return len(around) == 2 and all(one.isdigit() for one in around)
    return is_latin(char) or char in _JOINERS
