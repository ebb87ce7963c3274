"""The menu of an account: as a tree of buttons, in the three forms WeChat has for it, and held
against the limits of the interface that sets it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gmops_desktop.language import mark, tr

_TOP, _SUB = 3, 5
_TOP_BYTES, _SUB_BYTES = 16, 60
_LONGEST: Final = {"key": 128, "url": 1024}

# What each type of button does, and which fields it has; only these can be set by the interface.
_TYPES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "click": (mark("sends the event {key}"), ("key",)),
    "view": (mark("opens {url}"), ("url",)),
    "miniprogram": (mark("opens the mini program {appid}, page {pagepath}"),
                    ("url", "appid", "pagepath")),
    "media_id": (mark("sends the material {media_id}"), ("media_id",)),
    "view_limited": (mark("opens the article {media_id}"), ("media_id",)),
    "article_id": (mark("sends the article {article_id}"), ("article_id",)),
    "article_view_limited": (mark("opens the article {article_id}"), ("article_id",)),
    "scancode_push": (mark("scans a code (event {key})"), ("key",)),
    "scancode_waitmsg": (mark("scans a code and waits (event {key})"), ("key",)),
    "pic_sysphoto": (mark("takes a photo (event {key})"), ("key",)),
    "pic_photo_or_album": (mark("takes a photo or chooses one (event {key})"), ("key",)),
    "pic_weixin": (mark("chooses a photo (event {key})"), ("key",)),
    "location_select": (mark("sends a place (event {key})"), ("key",)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Button:
    """A button: what it does (`type` and its `fields`), or the buttons it unfolds."""

    name: str
    type: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    subs: tuple[Button, ...] = ()

    @property
    def action(self) -> str:
        """What pressing it does, in words."""
        if self.subs:
            return tr("unfolds {count} buttons", count=len(self.subs))
        if self.type in _TYPES:
            sentence, names = _TYPES[self.type]
            given = dict(self.fields)
            return tr(sentence, **{name: given.get(name, "") for name in names})
        value = dict(self.fields).get("value", "")
        return tr("answers with {type}: {value}", type=self.type, value=value)

    def to_json(self) -> dict[str, Any]:
        """Return the button in the form of `menu/create`."""
        if self.subs:
            return {"name": self.name, "sub_button": [sub.to_json() for sub in self.subs]}
        return {"type": self.type, "name": self.name, **dict(self.fields)}


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu; `conditional` is how many personalised ones stand beside it."""

    buttons: tuple[Button, ...]
    conditional: int = 0

    @property
    def digest(self) -> str:
        """What stands for the buttons: the same for the same ones in the same places."""
        tree = [button.to_json() for button in self.buttons]
        text = json.dumps(tree, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def ways(self) -> tuple[str, ...]:
        """Return every button by its way in the tree."""
        return tuple(_ways(self.buttons))

    def lines(self, blank: str = "  ") -> tuple[str, ...]:
        """Return the menu as a tree, a line a button; `blank` is as wide as a branch beside it."""
        return tuple(_lines(self.buttons, blank))


def menu_of(parts: Mapping[str, Any]) -> Menu:
    """Return the menu out of what was read of an account; one without buttons where none is set.

    `menu/get` tells menus set through the interface; those set in the console, and those of
    accounts that may not ask it, are told by `get_current_selfmenu_info`.
    """
    told = parts.get("menu")
    if told:
        conditional = len(told.get("conditionalmenu", ()))
        return Menu(_buttons(told.get("menu", {}).get("button", ())), conditional)
    own = parts.get("selfmenu") or {}
    if not own.get("is_menu_open", 1):
        return Menu(())
    return Menu(_buttons(own.get("selfmenu_info", {}).get("button", ())))


def refusals(menu: Menu) -> Iterator[str]:
    """Say why the interface would not take a menu: its limits, with WeChat's codes for them."""
    if not menu.buttons:
        yield tr("The archive holds no menu; an empty one cannot be set.")
    if len(menu.buttons) > _TOP:
        yield tr("WeChat takes {limit} buttons at most, not {count} (40016).",
                 limit=_TOP, count=len(menu.buttons))  # fmt: skip
    for button in menu.buttons:
        yield from _refused(button, top=True)
        if len(button.subs) > _SUB:
            yield tr("“{name}” has {count} buttons below it; WeChat takes {limit} (40023).",
                     name=button.name, count=len(button.subs), limit=_SUB)  # fmt: skip
        for sub in button.subs:
            yield from _refused(sub, top=False)


def _refused(button: Button, *, top: bool) -> Iterator[str]:
    limit = _TOP_BYTES if top else _SUB_BYTES
    size = len(button.name.encode())
    if not 1 <= size <= limit:
        yield tr(
            "The name “{name}” is {size} bytes long; WeChat takes 1 to {limit} ({code}).",
            name=button.name, size=size, limit=limit, code=40018 if top else 40025,
        )  # fmt: skip
    if button.subs:
        if not top:
            yield tr("“{name}” unfolds a third level, which WeChat does not have (40022).",
                     name=button.name)  # fmt: skip
        return
    if button.type not in _TYPES:
        yield tr(
            "“{name}” answers with {type}: that can only be set in the account's console.",
            name=button.name,
            type=button.type or tr("nothing"),
        )
        return
    given = dict(button.fields)
    for name in _TYPES[button.type][1]:
        value = given.get(name, "")
        longest = _LONGEST.get(name)
        if not value or (longest and len(value.encode()) > longest):
            yield tr("“{name}” has no fitting {field}: “{value}”.",
                     name=button.name, field=name, value=value)  # fmt: skip


def _buttons(told: Sequence[Mapping[str, Any]]) -> tuple[Button, ...]:
    return tuple(map(_button, told))


def _button(told: Mapping[str, Any]) -> Button:
    below = told.get("sub_button") or ()
    if isinstance(below, Mapping):  # the console's interface puts them under `list`
        below = below.get("list", ())
    name = str(told.get("name", ""))
    if below:
        return Button(name, subs=_buttons(below))
    kind = str(told.get("type", ""))
    names = _TYPES[kind][1] if kind in _TYPES else ("value",)
    fields = tuple((name, str(told[name])) for name in names if told.get(name) is not None)
    return Button(name, kind, fields)


def _ways(buttons: Sequence[Button], above: str = "") -> Iterator[str]:
    for button in buttons:
        way = f"{above} › {button.name}" if above else button.name
        yield way
        yield from _ways(button.subs, way)


def _lines(buttons: Sequence[Button], blank: str, indent: str = "") -> Iterator[str]:
    for place, button in enumerate(buttons):
        last = place == len(buttons) - 1
        yield f"{indent}{'└ ' if last else '├ '}{button.name}{tr(': ')}{button.action}"
        yield from _lines(button.subs, blank, indent + (blank if last else "│ "))
