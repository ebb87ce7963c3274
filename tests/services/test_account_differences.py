"""Differences of two dates in words: nothing that changed goes unsaid, nothing else is said."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from gmops_desktop.archive.account import AccountSettings
from gmops_desktop.services.account_settings.differences import compare

Json = dict[str, Any]

# The shapes of WeChat's documentation, with every kind of button and reply it tells.
SELFMENU: Json = {
    "is_menu_open": 1,
    "selfmenu_info": {
        "button": [
            {"name": "button", "sub_button": {"list": [
                {"type": "view", "name": "view_url", "url": "http://www.qq.com"},
                {"type": "news", "name": "news", "value": "KQb_w_Tiz-nSdVLoTV35",
                 "news_info": {"list": [{"title": "MULTI_NEWS", "author": "JIMZHENG"}]}},
                {"type": "video", "name": "video", "value": "http://vweixinp.tc.qq.com/"},
                {"type": "voice", "name": "voice", "value": "nTXe3aghlQ4XYHa0AQPWiQQbFW9RVtaY"},
            ]}},
            {"type": "text", "name": "text", "value": "This is text!"},
            {"type": "img", "name": "photo", "value": "ax5Whs5dsoomJLEppAvftBUuH7"},
        ]
    },
}  # fmt: skip
AUTOREPLY: Json = {
    "is_add_friend_reply_open": 1,
    "is_autoreply_open": 1,
    "add_friend_autoreply_info": {"type": "text", "content": "Thanks for your attention!"},
    "message_default_autoreply_info": {"type": "text", "content": "Hello, this is autoreply!"},
    "keyword_autoreply_info": {
        "list": [
            {
                "rule_name": "autoreply-news",
                "create_time": 1423028166,
                "reply_mode": "reply_all",
                "keyword_list_info": [
                    {"type": "text", "match_mode": "contain", "content": "news测试"}
                ],
                "reply_list_info": [
                    {"type": "news", "news_info": {"list": [
                        {"title": "it's news", "author": "jim", "digest": "it's digest",
                         "show_cover": 1, "cover_url": "http://mmbiz.qpic.cn/",
                         "content_url": "http://mp.weixin.qq.com/s", "source_url": ""}]}}
                ],
            },
            {
                "rule_name": "autoreply-voice",
                "create_time": 1423027971,
                "reply_mode": "random_one",
                "keyword_list_info": [
                    {"type": "text", "match_mode": "contain", "content": "voice测试"}
                ],
                "reply_list_info": [{"type": "voice", "content": "NESsxgHEvAcg3egJTtYj4uG1PTL6"}],
            },
        ]
    },
}  # fmt: skip
PARTS: Json = {
    "menu": {
        "menu": {
            "button": [
                {"type": "click", "name": "今日歌曲", "key": "V1001", "sub_button": []},
                {"name": "菜单", "sub_button": [
                    {"type": "view", "name": "搜索", "url": "http://www.soso.com/"},
                    {"type": "miniprogram", "name": "wxa", "url": "http://mp.weixin.qq.com",
                     "appid": "wx286b93c14bbf93aa", "pagepath": "pages/lunar/index"},
                ]},
            ],
            "menuid": 208396938,
        },
        "conditionalmenu": [{"button": [], "matchrule": {"group_id": 2}, "menuid": 208396993}],
    },
    "selfmenu": SELFMENU,
    "autoreply": AUTOREPLY,
    "tags": {"tags": [{"id": 1, "name": "黑名单", "count": 0}, {"id": 2, "name": "星标组"}]},
    "image": [{"media_id": "m1", "name": "a.jpg", "update_time": 5, "url": "http://x/1"}],
    "news": [{"media_id": "n1", "update_time": 7, "content": {"news_item": [
        {"title": "T", "author": "A", "digest": "", "content": "<p>…</p>", "url": "http://y"}]}}],
    "drafts": [],
}  # fmt: skip
# What a new value of means no change: an address WeChat signs anew, a count of followers, an id.
_NO_CHANGE = ("url", "cover_url", "content_url", "count", "menuid", "matchrule", "group_id")


def settings(parts: Json, **missing: str) -> AccountSettings:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    kept = {key: value for key, value in parts.items() if key not in missing}
    return AccountSettings("wx", "", at, kept, missing)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the way to every text and number in a value."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from leaves(one, (*path, name))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from leaves(one, (*path, place))
    else:
        yield path


def changed(path: tuple[Any, ...]) -> Json:
    """Return the parts with one leaf changed."""
    parts = copy.deepcopy(PARTS)
    place: Any = parts
    for step in path[:-1]:
        place = place[step]
    old = place[path[-1]]
    place[path[-1]] = (1 - old if old in (0, 1) else old + 1) if isinstance(old, int) else f"{old}!"
    return parts


def counts(path: tuple[Any, ...]) -> bool:
    """Say whether a change of this leaf is one of the account's settings."""
    if path[0] == "selfmenu":
        return False  # told by `menu` here, which stands beside it
    if path[-1] in _NO_CHANGE and not (path[0] == "menu" and path[-1] == "url"):
        return False
    return "conditionalmenu" not in path


@pytest.mark.parametrize("path", list(leaves(PARTS)), ids=lambda path: ".".join(map(str, path)))
def test_every_leaf_that_matters_is_told_and_no_other(path: tuple[Any, ...]) -> None:
    found = compare(settings(PARTS), settings(changed(path)))
    assert bool(found.differences) is counts(path)
    for one in found.differences:
        assert one.before != one.after


def test_nothing_differs_from_itself() -> None:
    assert compare(settings(PARTS), settings(copy.deepcopy(PARTS))).identical


@pytest.mark.parametrize("key", ["autoreply", "tags", "image", "news"])
def test_what_one_side_could_not_tell_is_not_compared(key: str) -> None:
    found = compare(settings(PARTS), settings(PARTS, **{key: "48001"}))
    assert found.differences == ()
    assert len(found.unknown) == 1
    assert "48001" in found.unknown[0]


def test_a_menu_of_the_console_differs_by_what_its_buttons_answer() -> None:
    parts = {"menu": None, "selfmenu": SELFMENU}
    other = copy.deepcopy(parts)
    other["selfmenu"]["selfmenu_info"]["button"][1]["value"] = "That is text!"
    [one] = compare(settings(parts), settings(other)).differences
    assert (one.name, one.kind) == ("text", "changed")
    assert one.before == "answers with text: This is text!"
    closed = copy.deepcopy(parts)
    closed["selfmenu"]["is_menu_open"] = 0
    assert {one.kind for one in compare(settings(parts), settings(closed)).differences} == {
        "removed"
    }


def test_two_rules_of_one_name_are_two() -> None:
    parts = copy.deepcopy(PARTS)
    rules = parts["autoreply"]["keyword_autoreply_info"]["list"]
    rules.append({**rules[0], "reply_mode": "random_one"})
    found = compare(settings(PARTS), settings(parts))
    assert [(one.kind, one.name) for one in found.differences] == [("added", "autoreply-news")]
    assert compare(settings(parts), settings(copy.deepcopy(parts))).identical


@pytest.mark.parametrize("autoreply", [{}, {"keyword_autoreply_info": None}])
def test_an_account_without_replies_is_read(autoreply: Json) -> None:
    found = compare(settings({**PARTS, "autoreply": autoreply}), settings(PARTS))
    assert {one.kind for one in found.differences} == {"added", "changed"}


def test_long_answers_are_told_where_they_part() -> None:
    parts, other = copy.deepcopy(PARTS), copy.deepcopy(PARTS)
    for side, end in ((parts, "十二点"), (other, "十三点")):
        rule = side["autoreply"]["keyword_autoreply_info"]["list"][1]
        rule["reply_list_info"] = [{"type": "text", "content": "很长的回答。" * 40 + end}]
    [one] = compare(settings(parts), settings(other)).differences
    assert one.before.endswith("十二点")
    assert one.after.endswith("十三点")
    assert len(one.before) < 60
