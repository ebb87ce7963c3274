"""In which character set a dump's text is written: what it says of itself, and what it seems."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final, Literal

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

Seems = Literal["ascii", "utf8mb4", "gbk", "gb18030", "unknown"]

_BOM: Final = codecs.BOM_UTF8
_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DECLARED: Final = re.compile(rb"\bSET\s+NAMES\s+['\"]?(\w+)", re.IGNORECASE)
_NAVICAT: Final = re.compile(rb"^\s*(?:Target Server |Source |File )Encoding\s*:\s*(\d+)", re.M)
_CODE_PAGES: Final = {
    "65001": "utf8mb4",
    "936": "gbk",
    "54936": "gb18030",
    "950": "big5",
    "932": "cp932",
    "1252": "latin1",
}
_PYTHON: Final = {"latin1": "cp1252", "utf8mb4": "utf-8", "utf8mb3": "utf-8", "binary": "latin1"}


@dataclass(frozen=True, slots=True)
class Reading:
    """How a dump's text is to be read: `charset` by MySQL's name.

    `declared` is what the dump says of itself, `seems` what its bytes look like.  `bom` counts the
    bytes before the text; with `lone_cr` lines end in CR alone.
    """

    charset: str
    declared: str
    seems: Seems
    bom: int
    lone_cr: bool

    @property
    def contradicted(self) -> bool:
        """Whether the bytes look like another character set than the one declared."""
        if not self.declared or self.seems in ("ascii", "unknown"):
            return False
        return _family(self.declared) != _family(self.seems)


def detect(head: bytes, *, said: str = "") -> Reading:
    """Judge by the first bytes of a dump's text; `said` is what the user knows better.

    Raises `OpsError` for UTF-16, which no server reads.
    """
    if head.startswith(_WIDE) or (head[1:2] == b"\0" and head[3:4] == b"\0"):
        raise OpsError(
            tr("The file is UTF-16 text, as the > of PowerShell writes it; values may be lost in "
               "it already."),
            hint=tr("Write the dump anew, with --result-file=FILE in place of >."),
        )  # fmt: skip
    bom = len(_BOM) if head.startswith(_BOM) else 0
    declared = ""
    if found := _DECLARED.search(head):
        declared = found[1].decode().lower()
    elif found := _NAVICAT.search(head):
        declared = _CODE_PAGES.get(found[1].decode(), "")
    seems = _seems(head[bom:])
    like = "utf8mb4" if seems in ("ascii", "unknown") else seems
    return Reading(
        charset=said or declared or ("utf8mb4" if bom else like),
        declared=declared,
        seems=seems,
        bom=bom,
        lone_cr=b"\r" in head and b"\n" not in head,
    )


def readable(text: bytes, charset: str) -> str:
    """Return bytes of a dump as text for a sentence; what cannot be read becomes a mark."""
    try:
        return text.decode(_PYTHON.get(charset, charset), "replace")
    except LookupError:  # a character set that only the server knows
        return text.decode("utf-8", "replace")


def _seems(head: bytes) -> Seems:
    if head.isascii():
        return "ascii"
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(head)
    wrong = text.count("\ufffd")
    if not wrong:
        return "utf8mb4"
    for charset in ("gbk", "gb18030"):
        try:
            codecs.getincrementaldecoder(charset)().decode(head)
        except UnicodeDecodeError:
            continue
        return "gbk" if charset == "gbk" else "gb18030"
    # Binary values between the quotes are in no character set.
    right = sum(1 for sign in text if sign > "\x7f") - wrong
    return "utf8mb4" if right > 4 * wrong else "unknown"


def _family(charset: str) -> str:
    if charset.startswith("utf8"):
        return "utf8"
    return "gbk" if charset in ("gbk", "gb2312", "gb18030") else charset
