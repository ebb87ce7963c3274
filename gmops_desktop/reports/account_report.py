"""The operation report of the official accounts (微信公众号运维报告) of a month.

What WeChat told is printed with how many days of the month it told of; what it does not tell, or
nobody asked, is unknown with the reason, and never a zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final

from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer

from gmops_desktop.contract.consoles import told_notices
from gmops_desktop.contract.looks.accounts import AccountDay
from gmops_desktop.language import speaking, tr, tr_n
from gmops_desktop.reports import phrases
from gmops_desktop.reports.account_chart import followers_chart
from gmops_desktop.reports.account_console import people, violations
from gmops_desktop.reports.account_facts import AccountFacts, AccountMonth
from gmops_desktop.reports.boxes import card_row, verdict_box, writable
from gmops_desktop.reports.change_parts import head
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.marks import FigureCard, StateWord
from gmops_desktop.reports.orders import Built, Document
from gmops_desktop.reports.own_words import own_words
from gmops_desktop.reports.paragraph import Paragraph, strong
from gmops_desktop.reports.proof import proof_block
from gmops_desktop.reports.signatures import SignBlock
from gmops_desktop.reports.styles import CAPTION, CELL, FACT, NOTE, Align
from gmops_desktop.reports.tables import Cell, facts_table, particulars, ruled_table, title_block
from gmops_desktop.states import State, word_of, worst

Told = Callable[[AccountFacts, AccountMonth], list[Flowable]]

_SOON: Final = 60  # days before the verification runs out, when it is to be prepared
_SLOW: Final = 2_000.0  # ms on average, for an answer that WeChat waits 5 s for
_MUCH: Final = 80.0  # per cent of a day's calls


def make_account_report(facts: AccountFacts, document: Document) -> Built:
    """Return the report as PDF/A-3b with its facts attached as JSON."""
    with speaking(document.language):
        title = tr("Operation report of the official account")
        return filed(
            facts, "account", document, title, facts.contract.party_b,
            lambda digest: _story(facts, document, title, digest),
        )  # fmt: skip


def _story(facts: AccountFacts, document: Document, title: str, digest: str) -> list[Flowable]:
    contract = facts.contract
    state, verdict, text = _verdict(facts)
    parts: list[Flowable] = [
        title_block(title, contract.title, document),
        verdict_box(state, verdict, text),
        Spacer(0, 6),
        particulars(
            [
                (tr("Contract"), f"{contract.title} ({contract.number})"),
                (tr("Period", context="report"), phrases.span(facts.start, facts.end)),
                (
                    tr("Prepared", context="report"),
                    f"{facts.prepared_by} {phrases.full_moment(facts.at)}".strip(),
                ),
            ]
        ),
        *own_words(document, "overview"),
    ]
    several = len(facts.accounts) > 1
    for section, (words, told) in enumerate(_sections(), start=1):
        parts += head(section, words)
        for one in facts.accounts:
            if several:
                parts += [CondPageBreak(50), Paragraph(strong(one.name), FACT)]
            parts += told(facts, one)
        if not facts.accounts:
            parts.append(StateWord("unknown", tr("No official account is recorded.")))
    parts += [
        *head(9, tr("Advice", context="report")),
        *_advice(facts),
        *own_words(document, "advice"),
        KeepTogether(
            [
                *head(10, tr("Proof and signatures"))[1:],
                proof_block(document, digest, facts.heads),
                Spacer(0, 2),
                SignBlock(contract.party_a, contract.party_b),
            ]
        ),
    ]
    return parts


def _sections() -> tuple[tuple[str, Told], ...]:
    """Return the heads of the sections, each with what tells it of one account."""
    return (
        (tr("Account and yearly verification"), _standing),
        (tr("Followers"), _followers),
        (tr("Published, read, shared, marked"), _published),
        (tr("Messages and automatic replies"), _messages),
        (tr("Menu and its links"), _menu),
        (tr("Interface calls and errors"), _calls),
        (tr("Warnings of violations"), violations),
        (tr("Rights and people"), people),
    )


# ---------------------------------------------------------------- what it comes to


def _findings(facts: AccountFacts, one: AccountMonth) -> list[tuple[State, str]]:
    """Return what wants attention of an account."""
    found: list[tuple[State, str]] = []
    if one.until is None:
        found.append(("unknown", tr("When the yearly verification runs out is not known.")))
    elif (left := (one.until - facts.end).days) < 0:
        words = tr("The yearly verification ran out on {day}.", day=phrases.day(one.until))
        found.append(("critical", words))
    elif left < _SOON:
        words = tr("The yearly verification runs out on {day}: prepare it now.",
                   day=phrases.day(one.until))  # fmt: skip
        found.append(("warning", words))
    told = [day for day in one.days if day.new is not None]
    if len(told) < facts.expected:
        words = tr("Of {missing} of {days} days WeChat told nothing of the followers.",
                   missing=facts.expected - len(told), days=facts.expected)  # fmt: skip
        found.append(("unknown", words))
    failed, calls = _sum(one.days, "failed"), _sum(one.days, "calls")
    if failed:
        words = tr("{failed} of {calls} messages were not answered in time.",
                   failed=f"{failed:,}", calls=f"{calls or 0:,}")  # fmt: skip
        found.append(("warning", words))
    if one.quota is not None and one.quota >= _MUCH:
        words = tr("{share} % of a day's calls were used up.", share=f"{one.quota:.0f}")
        found.append(("warning", words))
    if one.menu is None:
        found.append(("unknown", tr("The menu was not kept: back up the account's settings.")))
    elif one.menu.as_kept is False:
        found.append(("warning", tr("The menu is no longer the one that was kept.")))
    if count := len(told_notices(one.readings, facts.start, facts.end)):
        words = tr_n("{count} notice of a violation in this month.",
                     "{count} notices of violations in this month.", count)  # fmt: skip
        found.append(("warning", words))
    found += [(alert.shown, alert.text) for alert in one.alerts if alert.cleared_at is None]
    return found


def _verdict(facts: AccountFacts) -> tuple[State, str, str]:
    found = [one for account in facts.accounts for one in _findings(facts, account)]
    known = [state for state, _ in found if state != "unknown"]
    if not facts.accounts:
        return "unknown", tr("No official account is recorded."), ""
    said = "\n".join(text for _, text in found[:4])
    if known:
        state = worst(known)
        return state, tr("In use, with findings that want attention."), said
    if found:
        return "unknown", tr("Nothing found against it; not everything could be seen."), said
    return "ok", tr("Everything that was looked at is in order."), said


def _advice(facts: AccountFacts) -> list[Flowable]:
    found = [one for account in facts.accounts for one in _findings(facts, account)]
    parts: list[Flowable] = [StateWord(state, text) for state, text in found]
    if not parts and facts.accounts:
        parts.append(Paragraph(tr("Nothing found; the next report follows as planned."), CELL))
    remarks = ruled_table((tr("Remarks by hand"),), [[writable("", 22)]], (1,))
    return [*parts, KeepTogether([Spacer(0, 3), remarks])]


# ---------------------------------------------------------------- the sections


def _standing(facts: AccountFacts, one: AccountMonth) -> list[Flowable]:
    until = tr("unknown", context="sentence")
    if one.until is not None:
        left = (one.until - facts.end).days
        until = tr("{day}, {days} days after this month", day=phrases.day(one.until), days=left)
    verified = {
        None: _unknown(one, "standing", tr("WeChat did not tell it")),
        True: tr("certified"),
        False: tr("not certified"),
    }
    rows = [
        (tr("Account"), f"{one.name} ({one.app_id})" if one.app_id else one.name),
        (tr("Owner", context="account"), one.principal or tr("not told by WeChat")),
        (tr("Certification", context="account"), verified[one.verified]),
        (tr("Runs out"), until),
        (tr("Who says so"), one.source or "—"),
        (tr("Looked at on"), _looked(one)),
    ]
    return [facts_table(rows)]


def _looked(one: AccountMonth) -> str:
    if one.looked_at is None:
        return tr("never")
    share = tr("Coverage {share} %", share=phrases.per_cent(one.coverage))
    return f"{phrases.full_moment(one.looked_at)}{tr(', ')}{share}"


def _followers(facts: AccountFacts, one: AccountMonth) -> list[Flowable]:
    told = [day for day in one.days if day.new is not None and day.lost is not None]
    totals = [day.followers for day in one.days if day.followers is not None]
    new, lost = _sum(told, "new"), _sum(told, "lost")
    days = tr("{told} of {days} days told", told=len(told), days=facts.expected)
    state: State | None = None if len(told) == facts.expected else "unknown"
    net = None if new is None or lost is None else new - lost
    cards = [
        _card(tr("Followers"), totals[-1] if totals else None, tr("at the last day told"), None),
        _card(tr("Net growth"), net, days, state, signed=True),
        _card(tr("New followers"), new, days, state),
        _card(tr("Unfollowed"), lost, days, state),
    ]
    parts: list[Flowable] = [card_row(cards)]
    if told:
        words = (tr("came"), tr("left", context="followers"), tr("not told"))
        by_day = {date.fromisoformat(day.on): day for day in one.days}
        drawing = followers_chart(by_day, facts.start, facts.end, facts.told, words)
        caption = Paragraph(tr("Followers gained and lost, day by day"), CAPTION)
        parts.append(KeepTogether([Spacer(0, 4), drawing, caption]))
    else:
        parts += [Spacer(0, 3), _why(one, "changes", tr("WeChat told nothing of this month."))]
    return parts


def _published(facts: AccountFacts, one: AccountMonth) -> list[Flowable]:
    readers, shares = _sum(one.days, "readers"), _sum(one.days, "shares")
    told = sum(day.readers is not None for day in one.days)
    rows = [
        (
            tr("Reads, sum of the days"),
            f"{readers:,}" if readers is not None else _unknown(one, "reads", tr("not told")),
        ),
        (
            tr("Shares, sum of the days"),
            f"{shares:,}" if shares is not None else _unknown(one, "reads", tr("not told")),
        ),
        (tr("Told by WeChat"), tr("{told} of {days} days told", told=told, days=facts.expected)),
        *_marked(facts, one),
    ]
    parts: list[Flowable] = [facts_table(rows)]
    if not one.articles:
        words = tr("No article is on record; only what was looked at within a week of its "
                   "publication is known.")  # fmt: skip
        return [*parts, Spacer(0, 2), _why(one, "articles", words)]
    heads = (
        tr("Published on"), tr("Article"), tr("Readers"), tr("Shared"), tr("Read to the end"),
    )  # fmt: skip
    lines: list[list[Cell]] = [
        [
            article.on[5:], article.title or article.url, _number(article.readers),
            _number(article.shares),
            "—" if article.finished is None else f"{article.finished:.0f} %",
        ]
        for article in one.articles
    ]  # fmt: skip
    aligns: tuple[Align, ...] = ("left", "left", "right", "right", "right")
    note = tr("Readers and shares of an article are those of its first days, as they were told "
              "last; “—” was not told.")  # fmt: skip
    return [*parts, Spacer(0, 2), ruled_table(heads, lines, (1.6, 8, 1.5, 1.5, 1.8), aligns),
            Paragraph(note, NOTE)]  # fmt: skip


def _marked(facts: AccountFacts, one: AccountMonth) -> list[tuple[str, str]]:
    """Return who marked something, with the days told where they are fewer."""
    rows = []
    for word, figure in ((tr("Marked “looking”"), "looking"), (tr("Liked"), "likes")):
        known = [day for day in one.days if getattr(day, figure) is not None]
        count = _sum(known, figure)
        said = _unknown(one, "reads", tr("not told")) if count is None else f"{count:,}"
        if known and len(known) < facts.expected:
            told = tr("{told} of {days} days told", told=len(known), days=facts.expected)
            said += tr(", ") + told
        rows.append((word, said))
    return rows


def _messages(facts: AccountFacts, one: AccountMonth) -> list[Flowable]:
    calls, failed = _sum(one.days, "calls"), _sum(one.days, "failed")
    told = [day for day in one.days if day.calls is not None]
    timed = [(day.mean_ms, day.calls) for day in told if day.mean_ms is not None and day.calls]
    weighed = sum(ms * count for ms, count in timed if count)
    total = sum(count for _, count in timed if count)
    longest = max((day.longest_ms for day in told if day.longest_ms is not None), default=None)
    unknown = _unknown(one, "health", tr("WeChat told of no message"))
    replies = one.menu.replies if one.menu else None
    rows = [
        (tr("Messages and events"), f"{calls:,}" if calls is not None else unknown),
        (tr("Not answered"), f"{failed:,}" if failed is not None else unknown),
        (tr("Mean answer"), f"{weighed / total:,.0f} ms" if total else unknown),
        (tr("Longest answer"), f"{longest:,} ms" if longest is not None else unknown),
        (
            tr("Keyword replies"),
            tr_n("{count} rule", "{count} rules", replies) if replies is not None
            else _unknown(one, "kept", tr("not kept")),
        ),
    ]  # fmt: skip
    note = tr("Told for {count} days; a day without a message is not told.", count=len(told))
    parts: list[Flowable] = [facts_table(rows), Paragraph(note, NOTE)]
    if total and weighed / total >= _SLOW:
        parts.append(StateWord("warning", tr("After 5 s WeChat gives up on an answer.")))
    return parts


def _menu(facts: AccountFacts, one: AccountMonth) -> list[Flowable]:
    if one.menu is None:
        return [_why(one, "kept", tr("The menu was not kept."))]
    menu = one.menu
    standing: dict[bool | None, tuple[State, str]] = {
        True: ("ok", tr("At the last look it was still so.")),
        False: ("warning", tr("At the last look it was another one.")),
        None: ("unknown", tr("Whether it is still so, nobody looked.")),
    }
    state, words = standing[menu.as_kept]
    rows = [[Paragraph(line, CELL)] for line in menu.lines] or [[Paragraph(tr("no menu"), CELL)]]
    kept = tr("Menu as it was kept on {at} ({file})", at=phrases.full_moment(menu.at),
              file=menu.file)  # fmt: skip
    return [
        ruled_table((kept,), rows, (1,)),
        StateWord(state, words),
        StateWord("unknown", tr("Whether the addresses behind the buttons answer was not tried; "
                                "the website itself is watched by its own checks.")),
        Paragraph(tr_n("{count} backup of the settings in this month",
                       "{count} backups of the settings in this month", one.backups), NOTE),
    ]  # fmt: skip


def _calls(facts: AccountFacts, one: AccountMonth) -> list[Flowable]:
    quota = _unknown(one, "quotas", tr("nobody looked"))
    if one.quota is not None:
        quota = tr("{share} % at most", share=f"{one.quota:.1f}")
        quota += tr(", ") + tr("Coverage {share} %", share=phrases.per_cent(one.quota_coverage))
    rows = [(tr("Calls used of a day's quota"), quota)]
    parts: list[Flowable] = [facts_table(rows)]
    if one.alerts:
        heads = (tr("From", context="time"), tr("Until", context="time"), tr("Alert"), tr("Ticket"))
        lines: list[list[Cell]] = [
            [
                phrases.moment(alert.raised_at),
                phrases.moment(alert.cleared_at) if alert.cleared_at else tr("not over"),
                StateWord(alert.shown, alert.text),
                alert.ticket or "—",
            ]
            for alert in one.alerts
        ]
        return [*parts, Spacer(0, 2), ruled_table(heads, lines, (1.8, 1.8, 8, 1.6))]
    if one.coverage:
        return [*parts, StateWord("ok", tr("No alert stood in this period."))]
    return [*parts, StateWord("unknown", tr("Nobody looked at it in this period."))]


# ---------------------------------------------------------------- figures


def _sum(days: Iterable[AccountDay], figure: str) -> int | None:
    """Return the sum of what was told; None where nothing was."""
    known = [value for day in days if (value := getattr(day, figure)) is not None]
    return sum(known) if known else None


def _card(
    label: str, value: int | None, below: str, state: State | None, *, signed: bool = False
) -> FigureCard:
    if value is None:
        return FigureCard(label, word_of("unknown"), "", tr("not told"), "unknown")
    figure = f"{value:+,}" if signed and value else f"{value:,}"
    return FigureCard(label, figure, tr("people", context="followers"), below, state)


def _number(value: int | None) -> str:
    return "—" if value is None else f"{value:,}"


def _unknown(one: AccountMonth, part: str, otherwise: str) -> str:
    """Return "unknown" with the reason."""
    why = one.why.get(part) or one.why.get("all") or otherwise
    return tr("unknown: {why}", why=why)


def _why(one: AccountMonth, part: str, otherwise: str) -> Flowable:
    return StateWord("unknown", _unknown(one, part, otherwise))
