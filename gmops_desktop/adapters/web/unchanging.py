"""What of a page stays the same as long as nobody changes it: the text without what each answer has
of its own.

The rules are data, each for one thing that sites write anew into every answer.  What they take out
is no longer compared: a page whose dates alone change counts as unchanged.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

_FLAGS: Final = re.IGNORECASE | re.DOTALL
_TOKEN: Final = r"csrf|xsrf|token|nonce|formhash|__viewstate|__event|captcha|session|sid\b"
_MONTHS: Final = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"

# What is taken out, and what stands in its place.  Each is linear in the length of the page.
_RULES: Final = tuple(
    (re.compile(pattern, _FLAGS), instead)
    for pattern, instead in (
        # Hidden fields: tokens against forged requests, the time a form was made.
        (r"""(<input\b(?=[^>]{0,500}\btype\s*=\s*["']?hidden)[^>]{0,500}?\bvalue\s*=\s*)"""
         r"""("[^"]*"|'[^']*'|[^\s>]*)""", r"\1~"),
        (rf"""(<meta\b[^>]{{0,500}}(?:{_TOKEN})[^>]{{0,500}}?\bcontent\s*=\s*)("[^"]*"|'[^']*')""",
         r"\1~"),
        (r"""\b(nonce|integrity-nonce|data-cfemail)\s*=\s*("[^"]*"|'[^']*')""", r"\1=~"),
        # The same within scripts and addresses: token: "...", "csrf":"...", ?sid=..., ;jsessionid=
        (rf"""((?:{_TOKEN})[\w-]{{0,60}}["']?\s*[:=]\s*)"""
         r"""("[^"]*"|'[^']*'|[^\s"'&;,<>}]+)""", r"\1~"),
        (r"([?&;](?:t|ts|_|time|timestamp|sign|signature|expires|rand|random|jsessionid|phpsessid)"
         r"=)[^&\"'\s<>;]+", r"\1~"),
        # Dates and times, in figures or words; seconds or milliseconds since 1970.
        (rf"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{{0,6}},?\s+(?=\d|{_MONTHS})", ""),
        (r"星期[一二三四五六日天]|周[一二三四五六日]", ""),
        (rf"\b\d{{1,2}}[ -]{_MONTHS}[ -]\d{{4}}", "~"),
        (rf"\b{_MONTHS}\.? \d{{1,2}},? \d{{4}}", "~"),
        (r"\b\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?", "~"),
        (r"\d{1,2}\s?月\s?\d{1,2}\s?日", "~"),
        (r"(?<!\d)T?\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:\s?(?:Z|GMT|UTC|[+-]\d{2}:?\d{2}))?(?!\d)",
         "~"),
        (r"\b(?:1[5-9]|2[0-4])\d{8}(?:\d{3})?(?:\.\d{1,6})?\b", "~"),
        # How often something was read, who is here, how long the page took.
        (r"(访问|浏览|点击|阅读|在线|访客|人气|热度|views?|hits?|visits?|visitors?|online)"
         r"(\D{0,12})[\d,]{1,12}", r"\1\2~"),
        (r"[\d,]{1,12}(\s?(?:次|人|位|views?|hits?|visits?|visitors?|queries|条查询))", r"~\1"),
        (r"\d{1,6}\.\d{1,9}(\s?(?:ms|s\b|sec|seconds?|秒|毫秒|mb|kb))", r"~\1"),
        # Random words: 32 figures and letters or more; names of files (app.3f9a....js) stay.
        (r"(?<![\w./-])(?=[\w+/=-]{0,200}\d)(?=[\w+/=-]{0,200}[a-z])[\w+/=-]{32,200}(?![\w./-])",
         "~"),
        (r"\s+", " "),
    )
)  # fmt: skip


def unchanging(text: str) -> str:
    """Return the page's text without what each answer has of its own."""
    text = _without_comments(text)
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text.strip()


def _without_comments(text: str) -> str:
    """Leave out comments: nobody reads them, and caches write the time into them."""
    kept, place = [], 0
    while (begin := text.find("<!--", place)) >= 0 and (end := text.find("-->", begin)) >= 0:
        kept.append(text[place:begin])
        place = end + 3
    return "".join(kept) + text[place:]


def digest(text: str) -> str:
    """Return the SHA-256, in hexadecimal, of what of a page stays the same."""
    return hashlib.sha256(unchanging(text).encode("utf-8", "surrogatepass")).hexdigest()
