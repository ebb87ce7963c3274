"""The sections of a monthly report: operation, tickets, backup and restore, changes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from reportlab.graphics.shapes import Drawing
from reportlab.platypus import CondPageBreak, Flowable, Spacer

from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.contract.changes import word_of_state as word_of_change
from gmops_desktop.contract.terms import day_of
from gmops_desktop.contract.tickets import (
    KINDS,
    PRIORITIES,
    word_of_kind,
    word_of_priority,
    word_of_state,
)
from gmops_desktop.language import mark, tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.captions import Captions, TableCaption
from gmops_desktop.reports.charts import Curve, day_strip, load_chart
from gmops_desktop.reports.columns import least_width
from gmops_desktop.reports.facts import (
    Availability,
    BackupLine,
    ChangeLine,
    Metric,
    MonthFacts,
    Question,
    RestoreLine,
    TicketLine,
    Usage,
)
from gmops_desktop.reports.key_figures import verified, why_unknown
from gmops_desktop.reports.marks import Section, StateWord
from gmops_desktop.reports.paragraph import Paragraph, strong
from gmops_desktop.reports.spans import bounds, by_day, fineness, peaks, share
from gmops_desktop.reports.styles import BLUE, CELL, STATE_COLOURS, WIDTH, Align
from gmops_desktop.reports.tables import Cell, ruled_table

_CHART: Final = 130.0  # points that the chart of load takes with its caption
_METRICS: Final[dict[Metric, str]] = {
    "cpu": mark("CPU"),
    "memory": mark("Memory"),
    "disk": mark("Disk"),
}
_COLOURS: Final = (BLUE, STATE_COLOURS["ok"], STATE_COLOURS["warning"])
_DASHES: Final[tuple[tuple[float, ...], ...]] = ((), (4, 1.5), (1.2, 1.5))


def operation_section(
    facts: MonthFacts, number: int, captions: Captions | None = None
) -> list[Flowable]:
    """Return the charts of load and availability; each unknown is said with its reason.

    Without the document's `captions` the figures are numbered from 1.
    """
    captions = captions or Captions()
    parts = _head(number, tr("Operation", context="report"), room=_CHART)
    charts = [
        _load(facts, resource, list(usage))
        for resource, usage in groupby(facts.usage, key=lambda one: one.resource)
    ]
    seen = facts.availability
    known = seen is not None and share(seen.points) is not None
    if seen is not None and known:
        charts.append(_days(facts, seen, dated=len(charts) != 1))
    if len(charts) == 2 and known:  # one scale of days serves both
        (chart, load), (strip, days) = charts
        words = tr("above: {load}; below: {days}", load=load, days=days)
        parts += [chart, strip, captions.figure(words)]
    else:
        for chart, words in charts:
            parts += [chart, captions.figure(words), Spacer(0, 3)]
    if not facts.usage:
        parts.append(_unknown(facts, tr("Load of the servers"), "usage"))
    if not known:
        what = tr("Website availability", context="report")
        parts.append(_unknown(facts, what, "availability"))
    return parts


def ticket_section(facts: MonthFacts, number: int) -> list[Flowable]:
    """Return the table of tickets, 特殊紧急 marked where it was claimed."""
    head = tr("Tickets", context="report")
    if not facts.tickets:
        return [*_head(number, head), Paragraph(tr("No ticket was open in this period."), CELL)]
    aside = tr("response and resolution: without the time spent waiting for Party A")
    return [*_head(number, head, aside), ticket_table(facts.tickets)]


def ticket_table(tickets: Sequence[TicketLine], caption: TableCaption | None = None) -> Flowable:
    """Return tickets with their clocks."""
    columns = (
        tr("No.", context="report"),
        tr("Opened", context="report"),
        tr("Kind", context="report"),
        tr("Priority", context="report"),
        tr("Matter", context="report"),
        tr("Asked by", context="report"),
        tr("Response", context="report"),
        tr("Resolution", context="report"),
        tr("State", context="report"),
    )
    rows = [_ticket_row(ticket) for ticket in tickets]
    shares = [13.0, 19, 15, 10, 52, 15, 19, 19, 19]
    # One month's table is as wide in its columns as the next: for any word that may stand there.
    for column, words in ((2, map(word_of_kind, KINDS)), (3, map(word_of_priority, PRIORITIES))):
        shares[column] = max(shares[column], least_width(words) / WIDTH * sum(shares))
    return ruled_table(columns, rows, shares, caption=caption)


def backup_section(facts: MonthFacts, number: int) -> list[Flowable]:
    """Return a line for each database that was backed up, and for each restore."""
    parts = _head(number, tr("Backup and restore", context="report"))
    sources = groupby(
        sorted(facts.backups, key=lambda one: (one.source, one.at)), key=lambda one: one.source
    )
    rows = [_backup_row(source, list(backups)) for source, backups in sources]
    rows += [_restore_row(restore) for restore in facts.restores]
    if rows:
        columns = (
            tr("Kind", context="report"),
            tr("What", context="report"),
            tr("When", context="report"),
            tr("Size", context="report"),
            tr("Result", context="report"),
        )
        parts.append(ruled_table(columns, rows, (9, 42, 42, 43, 32)))
    parts += _absence(
        facts,
        "backups",
        tr("Backups", context="report"),
        "" if facts.backups else tr("No backup was taken in this period."),
    )
    return parts + _absence(
        facts,
        "restores",
        tr("Restores", context="report"),
        "" if facts.restores else tr("No restore was run in this period."),
    )


def change_section(facts: MonthFacts, number: int) -> list[Flowable]:
    """Return the table of changes, and every rule that was passed over."""
    parts = _head(number, tr("Changes and deviations"))
    if facts.changes:
        parts.append(change_table(facts.changes))
    parts += _absence(
        facts,
        "changes",
        tr("Changes", context="report"),
        "" if facts.changes else tr("No change in this period."),
    )
    parts += overrides(facts)
    return parts


def change_table(changes: Sequence[ChangeLine], caption: TableCaption | None = None) -> Flowable:
    """Return changes with what became of them."""
    columns = (
        tr("No.", context="report"),
        tr("Change", context="report"),
        tr("Packages", context="report"),
        tr("Audiences told", context="report"),
        tr("State", context="report"),
    )
    rows = [_change_row(change) for change in changes]
    aligns: tuple[Align, ...] = ("left", "left", "centre", "centre", "left")
    return ruled_table(columns, rows, (13, 96, 15, 24, 24), aligns, caption)


# ---------------------------------------------------------------- parts of sections


def _head(number: int, words: str, aside: str = "", room: float = 60) -> list[Flowable]:
    """Return a section's head that never stands alone at the foot of a page: with `room` points
    for what begins it."""
    return [CondPageBreak(room), Section(phrases.numbered(number, words), aside)]


def _unknown(facts: MonthFacts, what: str, question: Question) -> StateWord:
    words = tr("{what}: unknown ({why})", what=what, why=why_unknown(facts, question))
    return StateWord("unknown", words)


def _absence(facts: MonthFacts, question: Question, what: str, nothing: str) -> list[Flowable]:
    """Return a line that says that nobody can know, or that `nothing` happened."""
    if question in facts.why_unknown:
        return [_unknown(facts, what, question)]
    return [Paragraph(nothing, CELL)] if nothing else []


def _load(facts: MonthFacts, resource: str, usage: Sequence[Usage]) -> tuple[Drawing, str]:
    """Return the chart of one resource's load, and the words under it."""
    count = fineness([one.points for one in usage], facts.start, facts.end)
    curves = [
        Curve(
            tr(_METRICS[one.metric]),
            colour,
            peaks(one.points, facts.start, facts.end, count),
            dash,
        )
        for one, colour, dash in zip(usage, _COLOURS, _DASHES, strict=False)
    ]
    limit = next((one.threshold for one in usage if one.threshold is not None), None)
    words = tr("alert threshold {limit} %", limit=f"{limit:g}") if limit else ""
    first, after = bounds(facts.start, facts.end)
    chart = load_chart(
        WIDTH,
        80,
        (facts.start, facts.end),
        curves,
        threshold=(limit, words) if limit else None,
        gap_word=tr("not looked at"),
        until=min(1.0, max(0.0, (facts.generated_at - first) / (after - first))),
    )
    covered = phrases.per_cent(min(one.coverage for one in usage))
    words = tr("load of {resource} (peaks); coverage {share} %", resource=resource, share=covered)
    return chart, words


def _days(facts: MonthFacts, seen: Availability, *, dated: bool) -> tuple[Drawing, str]:
    """Return the strip of days of a website, and the words under it."""
    strip = day_strip(
        WIDTH,
        by_day(seen.points, facts.start, facts.end),
        tr("by day", context="report"),
        dated=dated,
        until=day_of(facts.generated_at),
    )
    words = tr(
        "availability of {resource} by day; coverage {share} %",
        resource=seen.resource,
        share=phrases.per_cent(seen.coverage),
    )
    return strip, words


def _ticket_row(ticket: TicketLine) -> list[Cell]:
    word = word_of_state(ticket.state)
    return [
        ticket.number,
        phrases.moment(ticket.opened_at),
        word_of_kind(ticket.kind),
        word_of_priority(ticket.priority),
        _matter(ticket.title, ticket.emergency),
        ticket.requester,
        _clock(ticket.response_seconds),
        _clock(ticket.restore_seconds),
        StateWord("ok", word) if ticket.state == "closed" else word,
    ]


def _backup_row(source: str, backups: Sequence[BackupLine]) -> list[Cell]:
    last, (state, word) = backups[-1], verified(backups)
    when = tr(
        "{times}, last {moment}",
        times=phrases.times(len(backups)),
        moment=phrases.moment(last.at),
    )
    size = phrases.size(last.file_bytes)
    scale = tr("{rows} rows; file {size}", rows=f"{last.rows:,}", size=size)
    return [tr("Backup", context="report"), source, when, scale, StateWord(state, word)]


def _restore_row(restore: RestoreLine) -> list[Cell]:
    when = tr(
        "{moment}, took {duration}",
        moment=phrases.moment(restore.at),
        duration=phrases.duration(restore.seconds),
    )
    scale = tr("{tables} tables; {rows} rows", tables=restore.tables, rows=f"{restore.rows:,}")
    result = (
        StateWord("ok", tr("Proved: digests equal"))
        if restore.proved
        else StateWord("critical", tr("Not proved: digests differ"))
    )
    return [tr("Restore", context="report"), restore.target, when, scale, result]


def _change_row(change: ChangeLine) -> list[Cell]:
    word = word_of_change("rolled_back" if change.rolled_back_at else change.state)
    return [
        change.number,
        _matter(change.title, change.emergency),
        str(change.packages),
        tr("{told} of {all}", context="report", told=change.told, all=len(AUDIENCES)),
        StateWord("ok", word) if change.state == "closed" and not change.rolled_back_at else word,
    ]


def _matter(title: str, emergency: str) -> Paragraph:
    """Return the words of a row; the reason of an emergency stands in the list of overrides."""
    if not emergency:
        return Paragraph(title, CELL)
    mark = strong(tr("Special emergency", context="report"))
    return Paragraph(tr("{title} ({mark})", title=title, mark=mark), CELL)


def overrides(facts: MonthFacts) -> list[Flowable]:
    """Return a line for every rule passed over, those only the rows themselves know included."""
    reasons = {one.reason for one in facts.overrides}
    said = [(one.at, one.actor, one.what, one.reason) for one in facts.overrides]
    said += [
        (row.opened_at, "", f"{row.number} {row.title}", row.emergency)
        for row in facts.tickets
        if row.emergency and row.emergency not in reasons
    ]
    said += [
        (row.created_at, "", f"{row.number} {row.title}", row.emergency)
        for row in facts.changes
        if row.emergency and row.emergency not in reasons
    ]
    if not said:
        words = tr("No rule was passed over: no special emergency, no deviation.")
        return [Paragraph(words, CELL)]
    lines: list[Flowable] = []
    for at, actor, what, reason in sorted(said):
        words = tr(
            "{mark} {moment} {actor}: {what}. Reason: {reason}",
            mark=strong(tr("Special emergency", context="report")),
            moment=phrases.moment(at),
            actor=actor,
            what=what,
            reason=reason,
        )
        lines.append(Paragraph(words, CELL))
    return lines


def _clock(seconds: float | None) -> str:
    return "—" if seconds is None else phrases.duration(seconds)
