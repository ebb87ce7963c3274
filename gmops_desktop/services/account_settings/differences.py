"""What differs between an account's settings at two dates, in words.

The menu is held against the other button by button, in its place in the tree; rules of automatic
replies by name; material, drafts and tags by their ids.  Addresses of pictures and articles are
left out of the comparison: WeChat signs them anew, and a new address is no change of the thing.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from gmops_desktop.archive.account import AccountSettings
from gmops_desktop.contract.account_menus import Button, menu_of
from gmops_desktop.language import mark, tr
from gmops_desktop.services.account_settings.reading import LISTS, PARTS

DifferenceKind = Literal["added", "changed", "removed", "moved"]
Json = Mapping[str, Any]

_ADDRESSES: Final = ("url", "thumb_url", "cover_url", "content_url")
_LONGEST: Final = 80  # characters of a value in a sentence
_AHEAD: Final = 20  # of them before the place where two long texts part


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was: in which part, its name, and what it was and is.

    `before` and `after` are words for people; of a thing that only one side has, one is empty.
    """

    part: str
    kind: DifferenceKind
    name: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """The differences of two dates; `unknown` says which parts could not be compared, and why."""

    account: str
    before: datetime
    after: datetime
    differences: tuple[Difference, ...]
    unknown: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether all is compared and nothing differs."""
        return not self.differences and not self.unknown


def compare(before: AccountSettings, after: AccountSettings) -> Compared:
    """Return everything that differs, in the order of the parts."""
    found: list[Difference] = []
    menus_known = all(_menu_known(side) for side in (before, after))
    if menus_known:
        found += compare_menus(before.parts, after.parts)
    for key, compare_part in _COMPARED.items():
        if key in before.parts and key in after.parts:
            word = tr(PARTS[key].word)
            sides = before.parts[key], after.parts[key]
            found += compare_part(word, *sides)
    unknown = [
        tr("Not compared: {part}. {why}", part=tr(PARTS[key].word), why=side.missing[key])
        for key in PARTS
        for side in (before, after)
        if key in side.missing and not (key in ("menu", "selfmenu") and menus_known)
    ]
    return Compared(
        after.account, before.taken, after.taken, tuple(found), tuple(dict.fromkeys(unknown))
    )


def compare_menus(before: Json, after: Json) -> Iterator[Difference]:
    """Return how one menu differs from the other, as a tree: each button in its place."""
    word = tr(PARTS["menu"].word)
    old, new = menu_of(before), menu_of(after)
    yield from _buttons(word, "", old.buttons, new.buttons)
    if old.conditional != new.conditional:
        yield Difference(
            word, "changed", tr("personalised menus"), str(old.conditional), str(new.conditional)
        )


def _menu_known(settings: AccountSettings) -> bool:
    return settings.parts.get("menu") is not None or "selfmenu" in settings.parts


def _buttons(
    part: str, path: str, before: Sequence[Button], after: Sequence[Button]
) -> Iterator[Difference]:
    """Compare the buttons of one level by name; a name that stands twice counts in order."""
    old, new = _named(before), _named(after)
    for key, button in old.items():
        if key not in new:
            yield from _all_of(part, path, button, "removed")
    for key, button in new.items():
        name = _under(path, button.name)
        if key not in old:
            yield from _all_of(part, path, button, "added")
            continue
        was = old[key]
        if (was.type, was.fields, bool(was.subs)) != (
            button.type,
            button.fields,
            bool(button.subs),
        ):
            sides = was.action, button.action
            if sides[0] == sides[1]:  # what differs is none of what the words tell
                sides = _told(was), _told(button)
            yield Difference(part, "changed", name, *sides)
        yield from _buttons(part, name, was.subs, button.subs)
    both = [key for key in old if key in new]
    if both != [key for key in new if key in old]:
        yield Difference(
            part,
            "moved",
            path or tr("the first level"),
            tr(", ").join(name for name, _ in old),
            tr(", ").join(name for name, _ in new),
        )


def _all_of(
    part: str, path: str, button: Button, kind: Literal["added", "removed"]
) -> Iterator[Difference]:
    """Return a button and all below it as added or removed."""
    name = _under(path, button.name)
    action = button.action
    yield Difference(
        part, kind, name, *((action, "") if kind == "removed" else ("", action))
    )  # fmt: skip
    for sub in button.subs:
        yield from _all_of(part, name, sub, kind)


def _told(button: Button) -> str:
    return tr(", ").join(f"{name}={value}" for name, value in button.fields)


def _does(button: Button) -> tuple[object, ...]:
    return button.type, button.fields, bool(button.subs)


def _under(path: str, name: str) -> str:
    return f"{path} › {name}" if path else name


def _named(buttons: Sequence[Button]) -> dict[tuple[str, int], Button]:
    seen: Counter[str] = Counter()
    named = {}
    for button in buttons:
        named[button.name, seen[button.name]] = button
        seen[button.name] += 1
    return named


# ---------------------------------------------------------------- automatic replies


_SWITCHES: Final = {
    "is_add_friend_reply_open": mark("answering new followers"),
    "is_autoreply_open": mark("automatic replies"),
}
_REPLIES: Final = {
    "add_friend_autoreply_info": mark("answer to new followers"),
    "message_default_autoreply_info": mark("answer to any message"),
}
_REPLY_WORDS: Final = {
    "text": mark("text"),
    "img": mark("picture"),
    "voice": mark("voice"),
    "video": mark("video"),
    "news": mark("articles"),
}


def _autoreply(part: str, before: Json, after: Json) -> Iterator[Difference]:
    for key, word in _SWITCHES.items():
        was, now = (
            tr("on", context="reply") if side.get(key) else tr("off", context="reply")
            for side in (before, after)
        )
        if was != now:
            yield Difference(part, "changed", tr(word), was, now)
    for key, word in _REPLIES.items():
        if _same(before.get(key), after.get(key)):
            continue
        was, now = (_reply(side[key]) if side.get(key) else "" for side in (before, after))
        yield Difference(part, _kind(was, now), tr(word), was, now)
    yield from _by(part, _rules(before), _rules(after), lambda rule: rule["rule_name"], _rule)


def _rules(told: Json) -> Sequence[Json]:
    rules: Sequence[Json] = (told.get("keyword_autoreply_info") or {}).get("list", ())
    return rules


def _rule(rule: Json) -> str:
    """Say what a rule listens for and answers."""
    words = [
        tr("contains “{word}”", word=one.get("content", ""))
        if one.get("match_mode") == "contain"
        else tr("is “{word}”", word=one.get("content", ""))
        for one in rule.get("keyword_list_info", ())
    ]
    answers = [_reply(one) for one in rule.get("reply_list_info", ())]
    one_of = rule.get("reply_mode") == "random_one"
    sentence = tr("{words} → one of: {answers}") if one_of else tr("{words} → {answers}")
    return sentence.format(words=tr(", ").join(words), answers=tr("; ").join(answers))


def _reply(told: Json) -> str:
    """Say what an automatic reply is."""
    kind = str(told.get("type", ""))
    articles = (told.get("news_info") or {}).get("list", ())
    content = "".join(f"《{one.get('title', '')}》" for one in articles) or told.get("content", "")
    if kind == "text":
        return f"“{_short(str(content))}”"
    return f"{tr(_REPLY_WORDS.get(kind, kind))} {_short(str(content))}"


# ---------------------------------------------------------------- lists


def _entries(part: str, before: Sequence[Json], after: Sequence[Json]) -> Iterator[Difference]:
    yield from _by(part, before, after, lambda entry: entry["media_id"], _entry, title_of)


def _tags(part: str, before: Json, after: Json) -> Iterator[Difference]:
    def bare(side: Json) -> list[Json]:
        # How many followers bear a tag changes by the hour; that is no setting.
        return [{"id": one["id"], "name": one["name"]} for one in side.get("tags", ())]

    def name(tag: Json) -> str:
        return str(tag["name"])

    yield from _by(part, bare(before), bare(after), lambda tag: tag["id"], name, name)


def title_of(entry: Json) -> str:
    """Return the name of a material or a draft: the file's, or its articles' titles."""
    articles = (entry.get("content") or {}).get("news_item", ())
    titles = tr(" / ").join(str(one.get("title", "")) for one in articles)
    return titles or str(entry.get("name", "")) or str(entry.get("media_id", ""))


def _entry(entry: Json) -> str:
    at = datetime.fromtimestamp(int(entry.get("update_time", 0)), UTC).astimezone()
    articles = (entry.get("content") or {}).get("news_item", ())
    size = sum(len(str(one.get("content", ""))) for one in articles)
    parts = [title_of(entry), tr("of {at}", at=f"{at:%Y-%m-%d %H:%M}")]
    if size:
        parts.append(tr("{count} characters", count=f"{size:,}"))
    return tr(", ").join(parts)


def _by(
    part: str,
    before: Sequence[Json],
    after: Sequence[Json],
    key: Callable[[Json], Any],
    words: Callable[[Json], str],
    name: Callable[[Json], str] | None = None,
) -> Iterator[Difference]:
    """Compare two lists of things that `key` tells apart; the same key twice counts in order."""
    old, new = _keyed(before, key), _keyed(after, key)
    name = name or (lambda thing: str(key(thing)))
    for this, thing in old.items():
        if this not in new:
            yield Difference(part, "removed", name(thing), words(thing))
    for this, thing in new.items():
        if this not in old:
            yield Difference(part, "added", name(thing), "", words(thing))
        elif not _same(old[this], thing):
            was, now = words(old[this]), words(thing)
            if was == now:  # what differs is none of what the words tell
                was, now = _fields(old[this], thing)
            yield Difference(part, "changed", name(thing), was, now)


def _keyed(things: Sequence[Json], key: Callable[[Json], Any]) -> dict[tuple[Any, int], Json]:
    seen: Counter[Any] = Counter()
    keyed = {}
    for thing in things:
        this = key(thing)
        keyed[this, seen[this]] = thing
        seen[this] += 1
    return keyed


def _same(one: Any, other: Any) -> bool:
    return _print(one) == _print(other)


def _fields(before: Any, after: Any) -> tuple[str, str]:
    """Return the fields that differ, by their names at WeChat, as they were and as they are."""
    old, new = dict(_leaves(_bare(before))), dict(_leaves(_bare(after)))
    differing = [path for path in {**old, **new} if old.get(path) != new.get(path)]

    def told(
        side: Mapping[tuple[Any, ...], Any], other: Mapping[tuple[Any, ...], Any]
    ) -> Iterator[str]:
        for path in differing:
            if path in side:
                text, beside = (str(one.get(path, "")) for one in (side, other))
                # Long texts are told from a little before the place where they part.
                pairs = enumerate(zip(text, beside, strict=False))
                parting = next((at for at, (one, two) in pairs if one != two), len(beside))
                start = max(0, min(parting, len(text)) - _AHEAD)
                yield f"{path[-1]}={'…' if start else ''}{_short(text[start:])}"

    return tr(", ").join(told(old, new)), tr(", ").join(told(new, old))


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Return every text and number in a value, with the way to it."""
    if isinstance(value, Mapping | list):
        inside = value.items() if isinstance(value, Mapping) else enumerate(value)
        for step, one in inside:
            yield from _leaves(one, (*path, step))
    else:
        yield path, value


def _print(value: Any) -> str:
    """Return what stands for a value, without the addresses in it."""
    return hashlib.sha256(json.dumps(_bare(value), sort_keys=True).encode()).hexdigest()


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _bare(one) for name, one in value.items() if name not in _ADDRESSES}
    if isinstance(value, list):
        return [_bare(one) for one in value]
    return value


def _kind(before: str, after: str) -> DifferenceKind:
    return "changed" if before and after else "added" if after else "removed"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"{flat[:_LONGEST]}…"


_COMPARED: Final[Mapping[str, Callable[[str, Any, Any], Iterator[Difference]]]] = {
    "autoreply": _autoreply,
    "tags": _tags,
    **dict.fromkeys(LISTS, _entries),
}
