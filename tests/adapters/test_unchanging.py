"""What of a page stays the same: an unchanged page is equal however often it is fetched."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.adapters.web import unchanging as page_rules
from gmops_desktop.adapters.web.unchanging import digest, unchanging

PAGE = """<!doctype html><html><head>
<meta name="csrf-token" content="{token}">
<script nonce="{nonce}">window.csrfToken = "{token}"; var t = {epoch};</script>
<script src="/static/app.3f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c.js?v=4"></script>
<!-- Cached by Super Cache on {when} -->
</head><body><p>今天是 {chinese} 星期四，{clock}</p><p>访问量：{count}，在线 {few} 人</p>
<form><input type="hidden" name="formhash" value="{hash}">
<input name="{hash}{hash16}" value="1" type="hidden"><input name="q" value="{word}"></form>
<a href="/login;jsessionid={hash}?t={epoch}">登录</a> <img src="/code?rand={nonce}">
<p>{word}</p><p>Processed in 0.0{few} seconds, {few} queries.</p>
<footer>Last-Modified: {rfc}</footer></body></html>"""

MOMENTS = st.datetimes(datetime(2018, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))


def _page(at: datetime, seed: int, word: str = "会员服务") -> str:
    hexadecimal = hashlib.sha256(str(seed).encode()).hexdigest()[:32]  # as random as a token
    return PAGE.format(
        token=secrets.token_urlsafe(24), nonce=f"n{seed}x", epoch=int(at.timestamp()),
        when=f"{at:%Y-%m-%d %H:%M:%S}", chinese=f"{at:%Y年%m月%d日}", clock=f"{at:%H:%M:%S}",
        count=f"{seed % 10**9:,}", few=seed % 90 + 1, hash=hexadecimal[:16],
        hash16=hexadecimal[16:], word=word, rfc=f"{at:%a, %d %b %Y %H:%M:%S} GMT",
    )  # fmt: skip


@given(MOMENTS, MOMENTS, st.integers(0, 2**124 - 1), st.integers(0, 2**124 - 1))
def test_an_unchanged_page_is_equal(
    one: datetime, other: datetime, seed: int, another: int
) -> None:
    assert unchanging(_page(one, seed)) == unchanging(_page(other, another))


@given(st.sampled_from("一二三四五六七八九十百千万"))
def test_a_changed_word_is_seen(word: str) -> None:
    at = datetime(2018, 11, 22, tzinfo=UTC)
    assert digest(_page(at, 1)) != digest(_page(at, 1, f"会员服务{word}"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>电话 020-8123</p>", "<p>电话 020-8124</p>"),
        ('<script src="/app.1a2b3c.js">', '<script src="/app.4d5e6f.js">'),
        ("<h1>首页</h1>", "<h1>首页。</h1>"),
        ('<input name="q" value="a">', '<input name="q" value="b">'),
        ("<p>共 12 页</p>", "<p>共 13 页</p>"),
        ('<a href="/article/17">', '<a href="/article/18">'),
    ],
)
def test_what_people_wrote_is_compared(one: str, other: str) -> None:
    assert digest(one) != digest(other)


@given(st.text(max_size=400))
def test_any_text_has_a_digest_of_its_own_that_stays(text: str) -> None:
    assert digest(text) == digest(text)
    assert unchanging(text) == unchanging(text).strip()


def test_a_large_page_of_one_word_is_no_trap() -> None:
    """The rules are linear: what a quadratic one would need hours for comes back at once."""
    for piece in ("a", "a-", "<!--", "<input type=hidden ", "token", "1:", "x+1", "&t"):
        assert unchanging(piece * (200_000 // len(piece)))


def test_dates_apart_in_time_alone_are_masked_in_many_spellings() -> None:
    at = datetime(2018, 11, 22, 9, 5, 7, tzinfo=UTC)
    for pattern in ("%Y-%m-%d", "%Y/%m/%d %H:%M", "%Y.%m.%d", "%B %d, %Y", "%d-%b-%Y",
                    "%Y-%m-%dT%H:%M:%SZ", "%m月%d日"):  # fmt: skip
        later = at + timedelta(days=401, seconds=4001)
        assert unchanging(f"<i>{at:{pattern}}</i>") == unchanging(f"<i>{later:{pattern}}</i>")


# Two answers of an unchanged page for each rule, in their order.
PASSING = [
    ('<input type="hidden" name="a" value="k1">', '<input type="hidden" name="a" value="k2">'),
    ('<meta name="csrf-token" content="k1">', '<meta name="csrf-token" content="k2">'),
    ('<script data-cfemail="k1">', '<script data-cfemail="k2">'),
    ('{"formhash":"k1"}', '{"formhash":"k2"}'),
    ('<img src="/code?rand=k1">', '<img src="/code?rand=k2">'),
    ("<i>Thursday, 5 Mar</i>", "<i>Friday, 5 Mar</i>"),
    ("<i>星期四</i>", "<i>星期五</i>"),
    ("<i>22 Nov 2018</i>", "<i>23 Dec 2018</i>"),
    ("<i>November 22, 2018</i>", "<i>December 1, 2018</i>"),
    ("<i>2018-11-22</i>", "<i>2018-11-23</i>"),
    ("<i>11月22日</i>", "<i>12月1日</i>"),
    ("<i>09:05:07</i>", "<i>23:59</i>"),
    ("<i>1542877507</i>", "<i>1542877508123</i>"),
    ("<i>访问量：12,345</i>", "<i>访问量：12,346</i>"),
    ("<i>7 人</i>", "<i>9 人</i>"),
    ("<i>0.012 秒</i>", "<i>1.5 秒</i>"),
    (f"<i>{'0aF' * 12}</i>", f"<i>{'1bG' * 12}</i>"),
    ("<i>a  b</i>", "<i>a\nb</i>"),
]


def test_every_rule_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = page_rules._RULES
    assert len(PASSING) == len(rules)
    for place, (one, other) in enumerate(PASSING):
        assert unchanging(one) == unchanging(other), one
        with monkeypatch.context() as patch:
            patch.setattr(page_rules, "_RULES", rules[:place] + rules[place + 1 :])
            assert unchanging(one) != unchanging(other), one
    assert unchanging("<p>a<!-- b --></p>") == unchanging("<p>a<!-- c --></p>")
    assert unchanging("<p>a<!-- b</p>") != unchanging("<p>a<!-- c</p>")  # it never ends
