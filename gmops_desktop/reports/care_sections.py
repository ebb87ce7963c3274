"""What the reports of a quarter and of a year say of backups, drills, changes and security."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from reportlab.platypus import Flowable

from gmops_desktop.language import tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.captions import Captions
from gmops_desktop.reports.facts import RestoreLine
from gmops_desktop.reports.marks import StateWord
from gmops_desktop.reports.month_sections import change_table, overrides
from gmops_desktop.reports.paragraph import Paragraph, strong
from gmops_desktop.reports.period_facts import Copy, DrillLine
from gmops_desktop.reports.span_facts import Ends, SpanFacts
from gmops_desktop.reports.span_sections import alerts_line, head, part
from gmops_desktop.reports.styles import BODY, CELL, NOTE, Align
from gmops_desktop.reports.tables import Cell, ruled_table
from gmops_desktop.states import State, word_of

_SOON = timedelta(days=90)


def copies_section(facts: SpanFacts, number: int, captions: Captions) -> list[Flowable]:
    """Return the backups by what they are of, and every drill and restore."""
    parts = [*head(number, tr("Backups and drills")), *part(number, 1, tr("Backups"))]
    names = list(dict.fromkeys([*facts.owed, *((one.kind, one.source) for one in facts.copies)]))
    if names:
        heads = (
            tr("What", context="report"), tr("Taken"), tr("Verified"), tr("Not to be relied on"),
            tr("Longest gap"), tr("Newest"), tr("Result"),
        )  # fmt: skip
        rows = [
            _source(name, [one for one in facts.copies if (one.kind, one.source) == (kind, name)],
                    (kind, name) in facts.owed)
            for kind, name in names
        ]  # fmt: skip
        aligns: tuple[Align, ...] = ("left", "centre", "centre", "centre", "left", "left", "left")
        caption = captions.table(tr("backups by what they are of"))
        parts.append(ruled_table(heads, rows, (3.4, 1, 1, 1.4, 1.4, 1.8, 2.2), aligns, caption))
    else:
        parts.append(StateWord("unknown", tr("Nothing is to be backed up, and nothing was.")))
    parts += part(number, 2, tr("Drills and restores"))
    if not facts.drills and not facts.whole.restores:
        words = tr("No drill and no restore in this period: that the backups serve is not proved.")
        return [*parts, StateWord("warning" if facts.owed else "unknown", words)]
    heads = (
        tr("When", context="report"), tr("Kind", context="report"), tr("What", context="report"),
        tr("Took", context="drill"), tr("Rows"), tr("Result"), tr("Certificate"),
    )  # fmt: skip
    lines = sorted(
        [(one.at, _drill(one)) for one in facts.drills]
        + [(one.at, _restore(one)) for one in facts.whole.restores],
        key=lambda one: one[0],
    )
    caption = captions.table(tr("drills and restores"))
    shares = (2.4, 0.9, 3, 1.5, 1.4, 1.7, 2.7)
    return [*parts, ruled_table(heads, [row for _, row in lines], shares, (), caption)]


def changes_section(facts: SpanFacts, number: int, captions: Captions) -> list[Flowable]:
    """Return the changes, how many went well, and every rule that was passed over."""
    changes = facts.whole.changes
    parts = [*head(number, tr("Changes and deviations")), *part(number, 1, tr("Changes"))]
    if changes:
        back = sum(one.rolled_back_at is not None for one in changes)
        done = sum(one.state == "closed" and one.rolled_back_at is None for one in changes)
        words = tr(
            "{count} changes: {done} completed, {back} taken back, {open} under way or cancelled; "
            "{packages} packages in all.",
            count=strong(len(changes)),
            done=strong(done),
            back=strong(back),
            open=strong(len(changes) - back - done),
            packages=strong(f"{sum(one.packages for one in changes):,}"),
        )
        caption = captions.table(tr("changes of the period"))
        parts += [Paragraph(words, BODY), change_table(changes, caption)]
    else:
        parts.append(Paragraph(tr("No change in this period."), CELL))
    parts += [*part(number, 2, tr("Deviations and special emergencies")), *overrides(facts.whole)]
    for one in facts.records:
        if one.register == "deviation":
            said = tr("{day}: {title}", day=phrases.day(one.on), title=one.title)
            if not one.complete:
                parts.append(StateWord("warning", f"{said} ({tr('not announced')})"))
            else:
                parts.append(Paragraph(said, CELL))
    return parts


def security_section(facts: SpanFacts, number: int, captions: Captions) -> list[Flowable]:
    """Return alerts, system patches, and what runs out soon or has run out."""
    parts = [*head(number, tr("Security of the period")), alerts_line(facts)]
    patched = [one for one in facts.whole.changes if one.packages]
    words = tr(
        "System patches: {count} changes with {packages} packages. Holes in the website's own "
        "program are not searched for: whether there are any is unknown.",
        count=strong(len(patched)),
        packages=strong(f"{sum(one.packages for one in patched):,}"),
    )
    parts.append(Paragraph(words, BODY))
    ends = soon(facts)
    if not facts.ends:
        parts.append(StateWord("unknown", tr("When anything runs out is not on record.")))
    elif not ends:
        words = tr("Nothing runs out within 90 days, as far as the dates are known.")
        parts.append(StateWord("ok", words))
    else:
        heads = (
            tr("What runs out"), tr("On", context="day"), tr("State", context="report"),
            tr("Source", context="report"),
        )  # fmt: skip
        rows: list[list[Cell]] = [
            [
                one.name,
                phrases.day(one.on) if one.on else "—",
                StateWord(one.state, word_of(one.state)),
                one.source,
            ]
            for one in ends
        ]
        caption = captions.table(tr("what runs out within 90 days, or nobody knows when"))
        parts.append(ruled_table(heads, rows, (3.4, 2, 1.4, 4), (), caption))
        at = phrases.full_moment(facts.at)
        parts.append(Paragraph(tr("As it stands when this is made, {at}.", at=at), NOTE))
    return parts


def soon(facts: SpanFacts) -> list[Ends]:
    """Return what runs out within 90 days of the last day told of, or nobody knows when."""
    return [one for one in facts.ends if one.on is None or one.on <= facts.until + _SOON]


def _source(name: str, copies: Sequence[Copy], owed: bool) -> list[Cell]:
    if not copies:
        state: State = "critical" if owed else "unknown"
        return [name, "0", "—", "—", "—", "—", StateWord(state, tr("never backed up"))]
    good = sum(one.good for one in copies)
    bad = sum(one.verified is False or not one.whole for one in copies)
    times = sorted(one.at for one in copies)
    gap = max((later - earlier for earlier, later in pairwise(times)),
              default=timedelta())  # fmt: skip
    if bad:
        verdict = StateWord("warning", tr("not all to be relied on"))
    elif good < len(copies):
        verdict = StateWord("unknown", tr("not all verified"))
    else:
        verdict = StateWord("ok", tr("all verified"))
    return [
        name, f"{len(copies):,}", f"{good:,}", f"{bad:,}",
        phrases.duration(gap.total_seconds()) if gap else "—",
        phrases.full_moment(times[-1]), verdict,
    ]  # fmt: skip


def _drill(one: DrillLine) -> list[Cell]:
    words = {
        "proved": StateWord("ok", tr("Proved", context="drill")),
        "disproved": StateWord("critical", tr("Disproved", context="drill")),
        "failed": StateWord("critical", tr("Could not be run", context="drill")),
    }
    known = one.outcome != "failed"
    return [
        phrases.full_moment(one.at), tr("Drill"), one.name,
        phrases.duration(one.seconds) if known else "—", f"{one.rows:,}" if known else "—",
        words[one.outcome], one.certificate or "—",
    ]  # fmt: skip


def _restore(one: RestoreLine) -> list[Cell]:
    proved = (
        StateWord("ok", tr("Proved", context="drill"))
        if one.proved
        else StateWord("critical", tr("Disproved", context="drill"))
    )
    return [
        phrases.full_moment(one.at), tr("Restore", context="report"), one.target,
        phrases.duration(one.seconds), f"{one.rows:,}", proved, "—",
    ]  # fmt: skip
