"""What the stand-in's account holds: menu, automatic replies, material, drafts, tags; and what
WeChat checks of a menu before it takes it.

Invented, like everything in the sandbox.  `account.json` in the stand-in's folder keeps it, so that
a menu set through the interface stays, and a test or a user may change what stands there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from gmops_desktop.paths import write_atomically

Json = dict[str, Any]

_PAGE: Final = 20  # entries of a list in one answer, at most
_TOP, _SUB = 3, 5  # buttons beside each other
_TOP_NAME, _SUB_NAME = 16, 60  # bytes of a button's name
_KEY, _URL = 128, 1024  # bytes
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "click": ("key",),
    "view": ("url",),
    "scancode_push": ("key",),
    "scancode_waitmsg": ("key",),
    "pic_sysphoto": ("key",),
    "pic_photo_or_album": ("key",),
    "pic_weixin": ("key",),
    "location_select": ("key",),
    "media_id": ("media_id",),
    "view_limited": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
    "miniprogram": ("url", "appid", "pagepath"),
}
KINDS: Final = ("image", "video", "voice", "news")


class Failed(Exception):
    """A failure as WeChat gives it."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(errmsg)
        self.errcode = errcode


class Holdings:
    """The account's settings in `folder`, made at first."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "account.json"

    def load(self) -> Json:
        """Return everything the account holds."""
        if not self._file.exists():
            self.save(_example())
        held: Json = json.loads(self._file.read_text("utf-8"))
        return held

    def save(self, held: Json) -> None:
        """Replace everything the account holds."""
        write_atomically(self._file, json.dumps(held, ensure_ascii=False).encode())

    def actions(self, certified: bool) -> Mapping[str, tuple[str, Callable[[Json], Json]]]:
        """Return the interfaces by path: the method each wants, and what it does.

        Menus may be set, and read back, by certified accounts only; what the console shows
        (`get_current_...`) may be read by every account.
        """

        def for_certified(do: Callable[[Json], Json]) -> Callable[[Json], Json]:
            return do if certified else _unauthorized

        return {
            "/cgi-bin/menu/get": ("GET", for_certified(lambda given: self._menu())),
            "/cgi-bin/menu/create": ("POST", for_certified(self._create)),
            "/cgi-bin/get_current_selfmenu_info": ("GET", lambda given: self._selfmenu()),
            "/cgi-bin/get_current_autoreply_info": ("GET", lambda given: self.load()["autoreply"]),
            "/cgi-bin/material/get_materialcount": ("GET", lambda given: self._counts()),
            "/cgi-bin/material/batchget_material": ("POST", self._material),
            "/cgi-bin/draft/count": (
                "GET",
                lambda given: {"total_count": len(self.load()["drafts"])},
            ),
            "/cgi-bin/draft/batchget": ("POST", self._drafts),
            "/cgi-bin/tags/get": (
                "GET",
                for_certified(lambda given: {"tags": self.load()["tags"]}),
            ),
        }

    def _menu(self) -> Json:
        held = self.load()
        if not held["menu"]:
            raise Failed(46003, "menu no exist")
        answer: Json = {"menu": {"button": held["menu"], "menuid": 400000001}}
        if held["conditional"]:
            answer["conditionalmenu"] = held["conditional"]
        return answer

    def _selfmenu(self) -> Json:
        """The same menu as the console's interface tells it: sub-buttons under `list`."""
        buttons = []
        for button in self.load()["menu"]:
            told = {name: value for name, value in button.items() if name != "sub_button"}
            if button.get("sub_button"):
                told["sub_button"] = {"list": button["sub_button"]}
            buttons.append(told)
        return {"is_menu_open": int(bool(buttons)), "selfmenu_info": {"button": buttons}}

    def _create(self, given: Json) -> Json:
        buttons = given.get("button")
        if not isinstance(buttons, list) or not 1 <= len(buttons) <= _TOP:
            raise Failed(40016, "invalid button size")
        kept = [self._checked(button, top=True) for button in buttons]
        self.save({**self.load(), "menu": kept})
        return {"errcode": 0, "errmsg": "ok"}

    def _checked(self, button: Json, *, top: bool) -> Json:
        """Return the button as it is kept; raise as WeChat refuses it."""
        _sized(button.get("name"), _TOP_NAME if top else _SUB_NAME, 40018 if top else 40025, "name")
        subs = button.get("sub_button") or []
        if subs:
            if not top:
                raise Failed(40022, "invalid sub menu level")
            if len(subs) > _SUB:
                raise Failed(40023, "invalid sub button size")
            return {
                "name": button["name"],
                "sub_button": [self._checked(one, top=False) for one in subs],
            }
        kind = str(button.get("type"))
        if kind not in _NEEDS:
            raise Failed(40017 if top else 40024, "invalid button type")
        for name in _NEEDS[kind]:
            value = button.get(name)
            if name == "key":
                _sized(value, _KEY, 40019 if top else 40026, "key")
            elif name == "url":
                _sized(value, _URL, 40020 if top else 40027, "url")
                if not str(value).startswith(("http://", "https://")):
                    raise Failed(40055 if top else 40054, "invalid button url domain")
            elif not value:
                raise Failed(40007, f"invalid {name}")
        if kind in ("media_id", "view_limited") and button["media_id"] not in self._media_ids():
            raise Failed(40007, "invalid media_id")
        return {name: button[name] for name in ("type", "name", *_NEEDS[kind])} | {"sub_button": []}

    def _media_ids(self) -> set[str]:
        held = self.load()
        return {one["media_id"] for kind in KINDS for one in held["material"][kind]}

    def _counts(self) -> Json:
        material = self.load()["material"]
        return {
            f"{kind}_count": len(material[kind]) for kind in ("voice", "video", "image", "news")
        }

    def _material(self, given: Json) -> Json:
        if given.get("type") not in KINDS:
            raise Failed(40004, "invalid media type")
        return _page(self.load()["material"][given["type"]], given)

    def _drafts(self, given: Json) -> Json:
        if given.get("no_content", 0) not in (0, 1):
            raise Failed(40097, "invalid args")
        found = _page(self.load()["drafts"], given)
        if given.get("no_content"):
            for item in found["item"]:
                for article in item["content"]["news_item"]:
                    article.pop("content", None)
        return found


def _unauthorized(given: Json) -> Json:
    raise Failed(48001, "api unauthorized")


def _sized(value: object, limit: int, code: int, name: str) -> None:
    if not isinstance(value, str) or not 1 <= len(value.encode()) <= limit:
        raise Failed(code, f"invalid button {name} size")


def _page(entries: list[Json], given: Json) -> Json:
    offset, count = given.get("offset"), given.get("count")
    if not isinstance(offset, int) or offset < 0:
        raise Failed(40097, "invalid args")
    if not isinstance(count, int) or not 1 <= count <= _PAGE:
        raise Failed(40097, "invalid args")
    found = entries[offset : offset + count]
    return {"total_count": len(entries), "item_count": len(found), "item": found}


# ---------------------------------------------------------------- the example


def _example() -> Json:
    begun = 1522540800  # 2018-04-01
    return {
        "menu": _MENU,
        "conditional": [],
        "autoreply": _AUTOREPLY,
        "material": {
            "image": [_file("image", n, f"活动照片-{n:03d}.jpg", begun) for n in range(120, 0, -1)],
            "video": [_file("video", n, f"年会视频-{n}.mp4", begun) for n in range(4, 0, -1)],
            "voice": [],
            "news": [_news("news", n, f"会员动态第 {n} 期", begun) for n in range(60, 0, -1)],
        },
        "drafts": [_news("draft", n, title, begun) for n, title in enumerate(_DRAFTS, 1)],
        "tags": [
            {"id": 2, "name": "星标组", "count": 12},
            {"id": 100, "name": "理事单位", "count": 86},
            {"id": 101, "name": "会员企业", "count": 1204},
        ],
    }


def _file(kind: str, number: int, name: str, begun: int) -> Json:
    media_id = f"SANDBOX-{kind}-{number:04d}"
    return {
        "media_id": media_id,
        "name": name,
        "update_time": begun + number * 86400,
        "url": f"https://mmbiz.example/{media_id}",
        "tags": [],
    }


def _news(kind: str, number: int, title: str, begun: int) -> Json:
    media_id = f"SANDBOX-{kind}-{number:04d}"
    article = {
        "title": title,
        "author": "光明新区工商联（演示）",
        "digest": "",
        "content": f"<p>{title}：这是沙箱里虚构的文章，仅供演示。</p>" * 20,
        "content_source_url": "",
        "thumb_media_id": "SANDBOX-image-0001",
        "show_cover_pic": 0,
        "url": f"https://mp.example/s/{media_id}",
        "thumb_url": "",
        "need_open_comment": 0,
        "only_fans_can_comment": 0,
    }
    stamp = begun + number * 7 * 86400
    content = {"news_item": [article], "create_time": stamp, "update_time": stamp}
    return {"media_id": media_id, "content": content, "update_time": stamp}


_DRAFTS: Final = ("关于征集会员需求的通知", "五月活动预告", "换届大会侧记（初稿）")
_MENU: Final[list[Json]] = [
    {"type": "view", "name": "官网", "url": "https://chamber.example/", "sub_button": []},
    {
        "name": "会员服务",
        "sub_button": [
            {"type": "view", "name": "入会申请", "url": "https://chamber.example/join",
             "sub_button": []},
            {"type": "view", "name": "活动报名", "url": "https://chamber.example/events",
             "sub_button": []},
            {"type": "click", "name": "会费查询", "key": "FEE_QUERY", "sub_button": []},
        ],
    },
    {
        "name": "联系我们",
        "sub_button": [
            {"type": "click", "name": "人工客服", "key": "SERVICE", "sub_button": []},
            {"type": "media_id", "name": "办公地址", "media_id": "SANDBOX-image-0001",
             "sub_button": []},
        ],
    },
]  # fmt: skip
_AUTOREPLY: Final[Json] = {
    "is_add_friend_reply_open": 1,
    "is_autoreply_open": 1,
    "add_friend_autoreply_info": {"type": "text", "content": "欢迎关注光明新区工商联（演示）！"},
    "message_default_autoreply_info": {"type": "text", "content": "留言已收到，工作日回复。"},
    "keyword_autoreply_info": {
        "list": [
            {
                "rule_name": "入会条件",
                "create_time": 1522540800,
                "reply_mode": "reply_all",
                "keyword_list_info": [
                    {"type": "text", "match_mode": "contain", "content": "入会"},
                    {"type": "text", "match_mode": "equal", "content": "会员"},
                ],
                "reply_list_info": [{"type": "text", "content": "入会请见官网“会员服务”。"}],
            },
            {
                "rule_name": "办公时间",
                "create_time": 1525132800,
                "reply_mode": "random_one",
                "keyword_list_info": [
                    {"type": "text", "match_mode": "contain", "content": "时间"}
                ],
                "reply_list_info": [{"type": "text", "content": "工作日 9:00 至 17:30。"}],
            },
        ]
    },
}  # fmt: skip
