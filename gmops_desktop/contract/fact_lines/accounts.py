"""The lines of a look at an official account, each part with the time it was asked."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from gmops_desktop.contract.account_parts import PARTS, QUOTAS
from gmops_desktop.contract.fact_lines.lines import Lines, noted, percent
from gmops_desktop.contract.looks import AccountDay, AccountDetails, Article, Quota
from gmops_desktop.contract.thresholds import LIMITS, judge
from gmops_desktop.language import tr
from gmops_desktop.states import State

_DAYS: Final = 7  # told one by one


def write(seen: AccountDetails, lines: Lines) -> None:
    """Add everything the look at an account found."""
    _site(seen, lines)
    _quotas(seen, lines)
    _days(seen, lines)
    _articles(seen, lines)
    _menu(seen, lines)
    _standing(seen, lines)
    lines.subject = tr("Last asked")
    for key, part in PARTS.items():
        if key in seen.asked:
            at = datetime.fromisoformat(seen.asked[key]).astimezone()
            lines.add("", tr(part.word), f"{at:%Y-%m-%d %H:%M}")


def _site(seen: AccountDetails, lines: Lines) -> None:
    lines.subject = tr("Callback")
    callback, told = seen.callback, None
    state: State | None = None
    if callback is not None:
        state = "ok" if callback.addresses else "critical"
        told = ", ".join(callback.addresses) or tr("the name is not resolved")
    lines.add("callback", tr("Address, as WeChat sees it"), told, state)
    if callback is not None and callback.pings:
        lost = tr("{lost} of {count} lost", lost=callback.lost, count=callback.pings)
        took = None if callback.slowest_ms is None else f"{callback.slowest_ms:.0f} ms"
        gone = callback.lost == callback.pings
        lines.add("callback", tr("Pings from WeChat"), noted(lost, took) if took else lost,
                  "warning" if gone else "ok")  # fmt: skip
    echo, told, state = seen.echo, None, None
    if echo is not None:
        told, state = echo.fault, echo.state
        if echo.status is not None:
            told = tr("status {code}, in {seconds} s", code=echo.status,
                      seconds=f"{echo.seconds or 0:.2f}")  # fmt: skip
    lines.add("echo", tr("Answer to a signed question"), told, state)
    if echo is not None and echo.guarded is not None:
        lines.add("echo", tr("A wrong signature"),
                  tr("is refused") if echo.guarded else tr("is taken as well"),
                  "ok" if echo.guarded else "warning")  # fmt: skip
    lines.subject = tr("Messages to the site")
    for day in reversed([one for one in seen.days if one.calls is not None][-_DAYS:]):
        lines.add("", day.on, _handed_on(day))
    if "health" in seen.sections or "health" in seen.notes or seen.newest("calls") is None:
        lines.add("health", tr("Newest day"), None)


def _handed_on(day: AccountDay) -> str:
    told = tr("{count}, of which {failed} without an answer", count=f"{day.calls:,}",
              failed="?" if day.failed is None else day.failed)  # fmt: skip
    if day.mean_ms is not None and day.longest_ms is not None:
        told += tr("; {mean} ms on average, {longest} ms at the longest",
                   mean=f"{day.mean_ms:.0f}", longest=day.longest_ms)  # fmt: skip
    return told


def _quotas(seen: AccountDetails, lines: Lines) -> None:
    lines.subject = tr("Calls of today")
    for quota in seen.quotas or ():
        lines.add("quotas", tr(QUOTAS.get(quota.path, quota.path)), *_quota(quota))
    if seen.quotas is None:
        lines.add("quotas", tr("Quotas"), None)
    lines.add("", tr("Clearing"),
              tr("ten times a month, for all programs together; WeChat does not tell how often it "
                 "was done"))  # fmt: skip


def _quota(quota: Quota) -> tuple[str, State | None]:
    if quota.share is None:
        return quota.why, None if quota.closed else "unknown"
    told = tr("{used} of {limit} ({share})", used=f"{quota.used:,}", limit=f"{quota.limit:,}",
              share=percent(quota.share))  # fmt: skip
    at = datetime.now().astimezone()  # of a single value, judged alone
    return told, judge(LIMITS["quota"], [(at, quota.share)])


def _days(seen: AccountDetails, lines: Lines) -> None:
    lines.subject = tr("Followers and readers")
    for day in reversed(seen.days[-_DAYS:]):
        told = tr(
            "followers {count}, new {new}, lost {lost}, readers {readers}, shared by {shares}",
            count=_known(day.followers),
            new=_known(day.new),
            lost=_known(day.lost),
            readers=_known(day.readers),
            shares=_known(day.shares),
        )
        lines.add("", day.on, told)
    for key, figure in (("followers", "followers"), ("changes", "new"), ("reads", "readers")):
        if key in seen.sections or key in seen.notes or seen.newest(figure) is None:
            lines.add(key, noted(tr("Newest day"), tr(PARTS[key].word)), None)


def _known(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"


def _articles(seen: AccountDetails, lines: Lines) -> None:
    lines.subject = tr("Articles of the last 7 days")
    for article in seen.articles or ():
        lines.add("", article.title or tr("without a title"), _article(article))
    if not seen.articles or "articles" in seen.notes:
        none = tr("none") if seen.articles is not None and "articles" not in seen.notes else None
        lines.add("articles", tr("Articles"), none)


def _article(article: Article) -> str:
    told = tr("{day}: {readers} readers, shared by {shares}", day=article.on,
              readers=_known(article.readers), shares=_known(article.shares))  # fmt: skip
    if article.finished is None:
        return told
    return told + tr("; {share} read to the end", share=percent(article.finished))


def _menu(seen: AccountDetails, lines: Lines) -> None:
    lines.subject = tr("Menu")
    menu = seen.menu
    told = None if menu is None else tr(", ").join(menu.buttons) or tr("none is set")
    lines.add("menu", tr("Buttons"), told)
    if menu is None:
        return
    kept = tr("the account's settings were not kept yet")
    state: State | None = None
    if menu.as_kept is not None:
        state = "ok" if menu.as_kept else "warning"
        day = menu.kept_at[:10]
        kept = (tr("as it was kept on {day}", day=day) if menu.as_kept
                else tr("not as it was kept on {day}", day=day))  # fmt: skip
    lines.add("menu", tr("Held against the archive"), kept, state)
    if seen.menu_changed_at:
        at = datetime.fromisoformat(seen.menu_changed_at).astimezone()
        lines.add("menu", tr("Last change seen"), f"{at:%Y-%m-%d %H:%M}")


def _standing(seen: AccountDetails, lines: Lines) -> None:
    lines.subject = tr("Account")
    standing = seen.standing
    if standing is None:
        lines.add("standing", tr("Verification"), None)
        return
    kinds = {True: tr("service account"), False: tr("subscription account"), None: None}
    lines.add("standing", tr("Kind", context="account"), kinds[standing.service])
    lines.add("standing", tr("Principal"), standing.principal or None)
    lines.add("standing", tr("Certified"), tr("yes") if standing.verified else tr("no"),
              "ok" if standing.verified else "warning")  # fmt: skip
    if standing.verified:
        lines.add("standing", tr("Verification holds until"), standing.review_until or None)
