"""What stands on the pages of a document, for tests of reports."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

import pypdfium2

from gmops_desktop.reports.orders import Built

_FOOT = 40.0  # points from the page's lower edge, above which its text ends


def pages_of(built: Built) -> list[str]:
    """Return the words of each page without blanks: setting them puts in and takes out some."""
    document = pypdfium2.PdfDocument(io.BytesIO(built.content))
    texts = (page.get_textpage().get_text_range() for page in document)
    # PDFium takes a hyphen at the end of a line for one that the setting put in.
    return ["".join(text.replace("\x02", "-").replace("\ufffe", "-").split()) for text in texts]


def text_of(built: Built) -> str:
    """Return the words of all pages without blanks."""
    return "".join(pages_of(built))


def lacking(built: Built, wanted: Iterable[str]) -> list[str]:
    """Return which of the words wanted stand nowhere in the document."""
    there = text_of(built)
    return [words for words in wanted if "".join(words.split()) not in there]


def overlaps(built: Built) -> list[str]:
    """Return the lines of text that lie over each other on a page.

    Each run of characters is a box; two boxes of one page that share more than a third of the
    lower one's height and more than a point of width are two texts in one place.
    """
    found = []
    document = pypdfium2.PdfDocument(io.BytesIO(built.content))
    for number, page in enumerate(document, 1):
        words = page.get_textpage()
        boxes = []
        for place in range(words.count_rects()):
            left, low, right, high = words.get_rect(place)
            if words.get_text_bounded(left, low, right, high).strip():
                boxes.append((left, low, right, high))
        boxes.sort()
        for first in range(len(boxes)):
            for second in boxes[first + 1 :]:
                one = boxes[first]
                if second[0] >= one[2]:
                    break
                shared = min(one[3], second[3]) - max(one[1], second[1])
                height = min(one[3] - one[1], second[3] - second[1])
                wide = min(one[2], second[2]) - second[0]
                if wide > 1 and shared > height / 3:
                    found.append(
                        f"page {number}: {words.get_text_bounded(*one)!r} and "
                        f"{words.get_text_bounded(*second)!r}"
                    )
    return found


def lonely_heads(content: bytes) -> list[str]:
    """Return the numbered heads (一、 or （二）) that are the lowest line of their page, by where
    they stand: nothing is below them but the foot."""
    found = []
    for page in pypdfium2.PdfDocument(io.BytesIO(content)):
        words = page.get_textpage()
        boxes = [words.get_rect(place) for place in range(words.count_rects())]
        boxes = [box for box in boxes if box[3] > _FOOT]
        if not boxes:
            continue
        lowest = min(boxes, key=lambda box: box[1])
        for box in boxes:
            line = abs(box[1] + box[3] - lowest[1] - lowest[3]) < 12  # a remark stands beside it
            text = words.get_text_bounded(*box).strip()
            if line and re.match("[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）", text):
                found.append(text)
    return found


def heads_at_the_foot(built: Built, heads: Iterable[str]) -> list[str]:
    """Return the section heads after which nothing stands on their page.

    The running head and the foot are drawn before the text, so that a page's last words are its
    lowest.
    """
    pages, wanted = pages_of(built), tuple(heads)
    return [head for page in pages for head in wanted if page.endswith("".join(head.split()))]
