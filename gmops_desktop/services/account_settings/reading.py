"""Reads everything an account holds, through the interfaces its own AppSecret opens.

Each part is kept as WeChat told it.  A part that this account may not ask for (48001), or not
today (45009), is missing with its reason, and spoils nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

from gmops_desktop.adapters.wechat import WeChat, WeChatRefused
from gmops_desktop.archive.account import AccountSettings
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr

PAGE: Final = 20  # entries an answer holds at most
NO_MENU: Final = 46003
_ATTEMPTS: Final = 3  # at a list that changes while it is read
# What stops everything: token, secret, address, the minute's quota, a frozen account.  All else is
# about one interface (48001 not for this account, 45009 its day's quota, 47009 retired ...).
_OF_ALL: Final = (
    *(-1, 40001, 40013, 40014, 40125, 40164, 40243, 41001, 41002, 41004, 42001, 45011),
    *(50002, 61004, 89503, 89506, 89507),
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the settings: its word, the interface, and for lists what stands in the body."""

    word: str
    path: str
    body: Mapping[str, Any] | None = None


PARTS: Final[Mapping[str, Part]] = {
    "menu": Part(mark("menu"), "/cgi-bin/menu/get"),
    "selfmenu": Part(mark("menu in the console"), "/cgi-bin/get_current_selfmenu_info"),
    "autoreply": Part(mark("automatic replies"), "/cgi-bin/get_current_autoreply_info"),
    "tags": Part(mark("tags"), "/cgi-bin/tags/get"),
    "counts": Part(mark("material counts"), "/cgi-bin/material/get_materialcount"),
    **{
        kind: Part(word, "/cgi-bin/material/batchget_material", {"type": kind})
        for kind, word in (
            ("image", mark("pictures")),
            ("video", mark("videos")),
            ("voice", mark("voices")),
            ("news", mark("articles")),
        )
    },
    "drafts": Part(mark("drafts"), "/cgi-bin/draft/batchget", {"no_content": 0}),
}
LISTS: Final = ("image", "video", "voice", "news", "drafts")


def read_all(
    account: str,
    name: str,
    wechat: WeChat,
    context: Context,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AccountSettings:
    """Return what the account `account` holds now; raises what `WeChat.call` raises."""
    taken = now()
    parts: dict[str, Any] = {}
    missing: dict[str, str] = {}
    for place, (key, part) in enumerate(PARTS.items()):
        word = tr(part.word)
        context.progress(100 * place // len(PARTS), tr("Reading: {part}", part=word))
        try:
            parts[key] = read_part(key, wechat, context)
        except WeChatRefused as refused:
            if refused.code in _OF_ALL:
                raise
            missing[key] = f"{refused.message} {refused.hint}"
    tool = f"GMOps Desktop {version('gmops-desktop')}"
    return AccountSettings(account, name, taken, parts, missing, tool)


def read_part(key: str, wechat: WeChat, context: Context) -> Any:
    """Return one part: an answer, a whole list of entries, or None for a menu that is not set."""
    part = PARTS[key]
    if part.body is not None:
        return _whole_list(part, wechat, context)
    try:
        answer = wechat.call(part.path)
    except WeChatRefused as refused:
        if refused.code == NO_MENU:
            return None
        raise
    return {name: value for name, value in answer.items() if name not in ("errcode", "errmsg")}


def _whole_list(part: Part, wechat: WeChat, context: Context) -> list[Json]:
    """Return every entry of a paged list.

    Entries that come or go meanwhile shift the pages, so that one could be passed over: a list
    whose total moved is read again.
    """
    for _ in range(_ATTEMPTS):
        entries: dict[str, Json] = {}
        totals: set[int] = set()
        offset = 0
        while not totals or offset < max(totals):
            context.check()
            answer = wechat.call(part.path, {**(part.body or {}), "offset": offset, "count": PAGE})
            try:
                totals.add(int(answer["total_count"]))
                items = list(answer["item"])
                entries |= {str(item["media_id"]): item for item in items}
            except (KeyError, TypeError, ValueError) as error:
                raise _strange(part) from error
            if not items:
                break
            offset += len(items)
        if totals == {len(entries)}:
            return list(entries.values())
    raise OpsError(
        tr("The list of {part} changes while it is read.", part=tr(part.word)),
        hint=tr("Somebody works on the account; try again in some minutes."),
    )


def _strange(part: Part) -> OpsError:
    return OpsError(
        tr("WeChat answered in a form we do not know: {part}.", part=tr(part.word)),
        hint=tr("The interface may have changed: look for a newer version of this program."),
    )
