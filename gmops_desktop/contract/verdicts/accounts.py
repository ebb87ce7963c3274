"""How an Official Account is judged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from gmops_desktop.contract.account_parts import (
    CHINA,
    PARTS,
    QUOTAS,
    midnight_after,
    newest_told,
)
from gmops_desktop.contract.looks.accounts import AccountDetails, EchoSeen, Quota
from gmops_desktop.contract.metrics import failed_share, review_days
from gmops_desktop.contract.verdicts.findings import Findings, count_of, tenth, whole
from gmops_desktop.language import tr
from gmops_desktop.states import State

_PACED: Final = 50.0  # per cent of a quota, before its pace says anything
_STALE: Final = timedelta(days=3)  # WeChat is late by a day now and then
_NEW_CHANGE: Final = timedelta(days=1)  # a changed menu is spoken of, where none was kept

# Of the parts that are figures of days: the one by which it is known that they were told.
_FIGURES: Final[Mapping[str, str]] = {
    "followers": "followers",
    "changes": "new",
    "reads": "readers",
    "health": "calls",
}


def judge_account(seen: AccountDetails, add: Findings) -> None:
    """Add to `add` what a look amounts to: findings by key, and figures for the card."""
    _callback(seen, add)
    quota = _quotas(seen, add)
    _health(seen, add)
    _menu(seen, add)
    _verification(seen, add)
    _unknown(seen, add)
    newest = seen.newest("new")
    at = "" if newest is None else newest.on
    name = tr("New on {day}", day=at[5:]) if newest else tr("New followers")
    slowest = seen.newest("mean_ms")
    add.figure(tr("Followers"), count_of(seen.followers), "", "ok", "followers")
    add.figure(name, count_of(newest.new) if newest else None, "", "ok", "new_followers")
    add.figure(tr("Calls used"), whole(seen.fullest.share) if seen.fullest else None, "%", quota,
               "quota")  # fmt: skip
    add.figure(tr("Answers in"), whole(slowest.mean_ms) if slowest else None, "ms", "ok",
               "callback_ms")  # fmt: skip


def runs_out_at(quota: Quota, asked: datetime) -> datetime | None:
    """Return when a quota is used up at the pace of the day so far, if that is before midnight."""
    share, ends = quota.share, midnight_after(asked)
    if share is None or share < _PACED:
        return None
    begun = ends - timedelta(days=1)
    out = begun + (asked - begun) * (100 / share)
    return out if out < ends else None


def _unknown(seen: AccountDetails, add: Findings) -> None:
    """Let no part pass that was not learnt, or not for days."""
    for key, part in PARTS.items():
        if why := _unlearnt(seen, key, add):
            sentence = tr("Unknown: {what} – {why}", what=tr(part.word), why=why)
            add.add(f"known:{key}", "unknown", sentence)
        else:
            add.add(f"known:{key}", "ok", "")


def _unlearnt(seen: AccountDetails, key: str, add: Findings) -> str:
    """Return why a part is not known; empty where it is, or where it does not apply."""
    if key in seen.sections:
        return seen.sections[key]
    note = seen.notes.get(key, "")
    figure = _FIGURES.get(key)
    if figure is None:
        there = getattr(seen, key) is not None
        return "" if there or note else tr("it was not looked at yet")
    day = seen.newest(figure)
    if key == "health" and (day is not None or "callback" in seen.notes):
        return ""  # days without a message are not told, an account without a callback has none
    if day is None:
        return note or tr("it was not looked at yet")
    if newest_told(add.history.at) - date.fromisoformat(day.on) > _STALE:
        return tr("WeChat has told nothing since {day}", day=day.on)
    return ""


def _quotas(seen: AccountDetails, add: Findings) -> State:
    """Judge every quota; return the state of the fullest."""
    state: State = "unknown"
    for quota in seen.quotas or ():
        if quota.share is None:
            continue
        key, what = f"quota:{quota.path}", tr(QUOTAS.get(quota.path, quota.path))
        level = add.judge(
            key, quota.share,
            tr("{share} % of today's calls are used up: {what} ({path}). They start anew at "
               "midnight; in the account's console they can be cleared, ten times a month.",
               share=whole(quota.share), what=what, path=quota.path),
        )  # fmt: skip
        out = runs_out_at(quota, datetime.fromisoformat(seen.asked["quotas"]))
        if level == "ok" and out is not None:
            level = "warning"
            add.add(key, level,
                    tr("At today's pace the calls run out at {time}: {what} ({path}).",
                       time=f"{out.astimezone(CHINA):%H:%M}", what=what, path=quota.path),
                    )  # fmt: skip
        if quota is seen.fullest:
            state = level
    return state


def _callback(seen: AccountDetails, add: Findings) -> None:
    if (callback := seen.callback) is not None:
        level: State = "ok"
        sentence = ""
        if not callback.addresses:
            level = "critical"
            sentence = tr("WeChat cannot resolve the name of the callback: look at its DNS entry.")
        elif callback.pings and callback.lost == callback.pings:
            level = "warning"
            sentence = tr("WeChat's pings to the callback ({addresses}) get no answer: the server "
                          "is out of its reach, or a firewall drops pings.",
                          addresses=", ".join(callback.addresses))  # fmt: skip
        add.add("callback", level, sentence)
    if seen.echo is not None:
        add.add("echo", seen.echo.state, _said(seen.echo))


def _said(echo: EchoSeen) -> str:
    """Return what is wrong with the site's answer; nothing where nothing is."""
    if echo.fault:
        return tr("The callback does not answer: {why}.", why=echo.fault)
    if not echo.echoed:
        return tr("The callback answers with status {status}, but not with what it was asked: see "
                  "whether its token is the one in the console and in the settings.",
                  status=echo.status)  # fmt: skip
    if echo.guarded is False:
        return tr("The callback takes a wrong signature: anybody could pass for WeChat. The site "
                  "must check it.")  # fmt: skip
    return ""


def _health(seen: AccountDetails, add: Findings) -> None:
    day = seen.newest("calls")
    share = failed_share(seen)
    add.judge(
        "callback_failed", share,
        tr("On {day} the site failed to answer {failed} of {calls} messages of followers.",
           day=day.on if day else "", failed=day.failed if day else 0,
           calls=day.calls if day else 0),
    )  # fmt: skip
    slow = seen.newest("mean_ms")
    add.judge(
        "callback_ms", slow.mean_ms if slow else None,
        tr("On {day} the site took {seconds} s on average to answer a follower; after 5 s WeChat "
           "gives up.", day=slow.on if slow else "",
           seconds=tenth((slow.mean_ms or 0) / 1000) if slow else ""),
    )  # fmt: skip


def _menu(seen: AccountDetails, add: Findings) -> None:
    menu = seen.menu
    if menu is None:
        return
    changed = datetime.fromisoformat(seen.menu_changed_at) if seen.menu_changed_at else None
    if menu.as_kept is False:
        add.add("menu", "warning",
                tr("The menu is not the one kept on {day}: see Backup, Account settings, Changes; "
                   "then keep it anew, or set it back.", day=menu.kept_at[:10]))  # fmt: skip
    elif menu.as_kept is None and changed and add.history.at - changed < _NEW_CHANGE:
        add.add("menu", "warning",
                tr("The menu was changed; what it was is not kept. Back up the account's settings.",
                   ))  # fmt: skip
    else:
        add.add("menu", "ok", "")


def _verification(seen: AccountDetails, add: Findings) -> None:
    standing = seen.standing
    if standing is None:
        return
    if standing.verified is False:
        add.add("verified", "warning",
                tr("The account is not certified: statistics and its menu interface stay closed."),
                )  # fmt: skip
    else:
        add.add("verified", "ok", "")
    add.judge(
        "review_days", review_days(seen, add.history.at),
        tr("The yearly verification runs out on {day}.", day=standing.review_until),
    )  # fmt: skip
