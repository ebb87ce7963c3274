"""The stand-in's account refuses what WeChat refuses, by its codes, and keeps what it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.wechat_account import Failed, Holdings

Json = dict[str, Any]
VIEW: Json = {"type": "view", "name": "官网", "url": "https://a.example/"}


@pytest.fixture
def held(tmp_path: Path) -> Holdings:
    return Holdings(tmp_path)


def ask(held: Holdings, path: str, body: Json | None = None, *, certified: bool = True) -> Json:
    return held.actions(certified)[path][1](body or {})


def under(*buttons: Json) -> Json:
    return {"button": [{"name": "服务", "sub_button": list(buttons)}]}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 40016),
        ({"button": []}, 40016),
        ({"button": [VIEW] * 4}, 40016),
        ({"button": [{**VIEW, "name": "六个汉字的名"}]}, 40018),  # 18 bytes
        ({"button": [{**VIEW, "name": ""}]}, 40018),
        ({"button": [{**VIEW, "type": "text"}]}, 40017),
        ({"button": [{"type": "click", "name": "a", "key": "k" * 129}]}, 40019),
        ({"button": [{**VIEW, "url": "https://" + "x" * 1024}]}, 40020),
        ({"button": [{**VIEW, "url": "ftp://a.example"}]}, 40055),
        ({"button": [{"type": "media_id", "name": "a", "media_id": "nothing"}]}, 40007),
        (under(*[VIEW] * 6), 40023),
        (under({**VIEW, "name": "字" * 21}), 40025),
        (under({**VIEW, "type": "img"}), 40024),
        (under({"type": "click", "name": "a", "key": ""}), 40026),
        (under({**VIEW, "url": ""}), 40027),
        (under({**VIEW, "url": "javascript:"}), 40054),
        (under({"name": "b", "sub_button": [VIEW]}), 40022),
    ],
)
def test_a_menu_beyond_the_limits_is_refused_and_the_old_one_stays(
    held: Holdings, body: Json, code: int
) -> None:
    before = ask(held, "/cgi-bin/menu/get")
    with pytest.raises(Failed) as caught:
        ask(held, "/cgi-bin/menu/create", body)
    assert caught.value.errcode == code
    assert ask(held, "/cgi-bin/menu/get") == before


def test_a_menu_that_is_taken_is_told_by_both_interfaces(held: Holdings) -> None:
    assert ask(held, "/cgi-bin/menu/create", under(VIEW))["errcode"] == 0
    told = ask(held, "/cgi-bin/menu/get")["menu"]["button"]
    assert told == [{"name": "服务", "sub_button": [{**VIEW, "sub_button": []}]}]
    own = ask(held, "/cgi-bin/get_current_selfmenu_info")
    assert own["is_menu_open"] == 1
    assert own["selfmenu_info"]["button"][0]["sub_button"]["list"][0]["url"] == VIEW["url"]


def test_without_a_menu_it_is_told_as_an_error(held: Holdings) -> None:
    held.save({**held.load(), "menu": []})
    with pytest.raises(Failed) as caught:
        ask(held, "/cgi-bin/menu/get")
    assert caught.value.errcode == 46003
    assert ask(held, "/cgi-bin/get_current_selfmenu_info")["is_menu_open"] == 0


@pytest.mark.parametrize("path", ["/cgi-bin/menu/get", "/cgi-bin/menu/create", "/cgi-bin/tags/get"])
def test_an_uncertified_account_may_not(held: Holdings, path: str) -> None:
    with pytest.raises(Failed) as caught:
        ask(held, path, {"button": [VIEW]}, certified=False)
    assert caught.value.errcode == 48001


def test_lists_come_in_pages_of_twenty_at_most(held: Holdings) -> None:
    path = "/cgi-bin/material/batchget_material"
    page = ask(held, path, {"type": "image", "offset": 110, "count": 20})
    assert (page["total_count"], page["item_count"], len(page["item"])) == (120, 10, 10)
    assert ask(held, "/cgi-bin/material/get_materialcount")["image_count"] == 120
    for body, code in (
        ({"type": "thumb", "offset": 0, "count": 20}, 40004),
        ({"type": "image", "offset": 0, "count": 21}, 40097),
        ({"type": "image", "offset": 0, "count": 0}, 40097),
        ({"type": "image", "offset": -1, "count": 20}, 40097),
        ({"type": "image", "count": 20}, 40097),
    ):
        with pytest.raises(Failed) as caught:
            ask(held, path, body)
        assert caught.value.errcode == code


def test_drafts_come_with_or_without_their_texts(held: Holdings) -> None:
    path, body = "/cgi-bin/draft/batchget", {"offset": 0, "count": 20}
    assert ask(held, "/cgi-bin/draft/count") == {"total_count": 3}
    [first, *_] = ask(held, path, body)["item"]
    assert first["content"]["news_item"][0]["content"]
    [bare, *_] = ask(held, path, {**body, "no_content": 1})["item"]
    assert "content" not in bare["content"]["news_item"][0]
    with pytest.raises(Failed):
        ask(held, path, {**body, "no_content": 2})
