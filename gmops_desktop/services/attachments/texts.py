"""Text files: in which characters they are written, and as much of them as a look needs."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Final, Literal

Charset = Literal["UTF-8", "UTF-16", "GBK", "unknown"]

SHOWN: Final = 262_144  # bytes of a text that are shown
_LONGEST: Final = 4  # bytes of one character
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Of what the kinds of file let pass as text, these would be drawn as nothing.
_SEEN: Final = {0x1B: "␛", 0x0B: "␋", 0x0C: "␌"}


@dataclass(frozen=True, slots=True)
class TextPart:
    """The begin of a text file: what it says, how it is written, and how many bytes that took."""

    text: str
    charset: Charset
    shown: int
    size: int

    @property
    def whole(self) -> bool:
        """Whether nothing was left out."""
        return self.shown == self.size


def first_part(data: bytes) -> TextPart:
    """Return the first `SHOWN` bytes of a text, never a part of a character; what is written in no
    charset that is known shows its strange bytes as marks."""
    head = data[:SHOWN]
    for bom, codec in _BOMS:
        if head.startswith(bom):
            body = head[len(bom) :]
            text = codecs.getincrementaldecoder(codec)("replace").decode(body)
            charset: Charset = "UTF-8" if codec == "utf-8" else "UTF-16"
            return TextPart(text.translate(_SEEN), charset, len(head), len(data))
    found = decoded(head)
    if found is None:
        text = head.decode("utf-8", "replace").translate(_SEEN)
        return TextPart(text, "unknown", len(head), len(data))
    text, charset, cut = found
    return TextPart(text.translate(_SEEN), charset, len(head) - cut, len(data))


def decoded(head: bytes) -> tuple[str, Charset, int] | None:
    """Return what the begin of a text says, its charset, and how many bytes at the end are a part
    of a character; None where it is neither UTF-8 nor GBK (read as its extension, GB 18030)."""
    charsets: tuple[tuple[Charset, str], ...] = (("UTF-8", "utf-8"), ("GBK", "gb18030"))
    for charset, codec in charsets:
        for cut in range(_LONGEST):
            try:
                return head[: len(head) - cut].decode(codec), charset, cut
            except UnicodeDecodeError:
                continue
    return None
