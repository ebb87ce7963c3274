"""The report on the backups of a period (备份报告): a calendar of what was taken, how each source
stands, every archive with its digest, the drills and restores that proved them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from gmops_desktop.contract.terms import day_of
from gmops_desktop.language import mark, speaking, tr, tr_n
from gmops_desktop.reports import phrases
from gmops_desktop.reports.boxes import card_row, verdict_box
from gmops_desktop.reports.change_parts import head
from gmops_desktop.reports.charts import Cell as DayCell
from gmops_desktop.reports.charts import day_matrix
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.marks import FigureCard, StateWord
from gmops_desktop.reports.orders import Built, Document
from gmops_desktop.reports.own_words import own_sections, own_words
from gmops_desktop.reports.paragraph import Paragraph
from gmops_desktop.reports.period_facts import BackupFacts, Copy, CopyKind, DrillLine
from gmops_desktop.reports.proof import proof_block
from gmops_desktop.reports.signatures import SignBlock
from gmops_desktop.reports.spans import bounds
from gmops_desktop.reports.styles import CELL, WIDTH
from gmops_desktop.reports.tables import Cell, particulars, ruled_table, title_block
from gmops_desktop.states import State

_KINDS: Final[dict[CopyKind, str]] = {
    "database": mark("Database"),
    "files": mark("Program files"),
    "account": mark("Account settings"),
}
_SHORT: Final = 16  # digits of a digest printed in a table
Source = tuple[CopyKind, str]


def make_backup_report(facts: BackupFacts, document: Document) -> Built:
    """Return the report as PDF/A-3b with its facts attached as JSON."""
    with speaking(document.language):
        return filed(
            facts, "backups", document, tr("Backup report"), facts.contract.party_b,
            lambda digest: _story(facts, document, digest),
        )  # fmt: skip


def _story(facts: BackupFacts, document: Document, digest: str) -> list[Flowable]:
    contract = facts.contract
    state, verdict, text = _verdict(facts)
    sources = _sources(facts)
    more, last = own_sections(document, "backups", ("advice",), 6)
    return [
        title_block(tr("Backup report"), contract.title, document),
        verdict_box(state, verdict, text),
        Spacer(0, 6),
        _figures(facts),
        Spacer(0, 2),
        particulars(
            [
                (tr("Contract"), f"{contract.title} ({contract.number})"),
                (tr("Period", context="report"), phrases.span(facts.start, facts.end)),
                (tr("Prepared", context="report"), phrases.full_moment(facts.at)),
            ]
        ),
        *own_words(document, "overview"),
        *head(1, tr("Calendar of backups")),
        *_calendar(facts, sources),
        *head(2, tr("How each source stands")),
        *_standing(facts, sources),
        *head(3, tr("Drills")),
        *_drills(facts.drills),
        *head(4, tr("Restores", context="report")),
        *_restores(facts),
        *head(5, tr("Every backup"), tr("digests (SHA-256) of the manifests; whole in the data")),
        *_list(facts.copies),
        *more,
        KeepTogether(
            [
                *head(last, tr("Proof and signatures"))[1:],
                proof_block(document, digest, facts.heads),
                Spacer(0, 2),
                SignBlock(contract.party_a, contract.party_b),
            ]
        ),
    ]


def _sources(facts: BackupFacts) -> list[Source]:
    """Return all that is owed, and what was backed up beside."""
    taken = {(one.kind, one.source) for one in facts.copies}
    return [*facts.owed, *sorted(taken - set(facts.owed))]


def _verdict(facts: BackupFacts) -> tuple[State, str, str]:
    copies = facts.copies
    taken = {(one.kind, one.source) for one in copies}
    lacking = [name for kind, name in facts.owed if (kind, name) not in taken]
    bad = [one for one in copies if one.verified is False or not one.whole]
    failed = [one for one in facts.drills if one.outcome == "disproved"]
    said = tr_n("{count} backup was taken.", "{count} backups were taken.", len(copies))
    if lacking:
        names = tr(", ", context="list").join(lacking)
        said = phrases.sentences(said, tr("Never backed up in this period: {names}.", names=names))
    if bad or failed:
        words = tr("Something cannot be relied on: see parts 2 and 3.")
        return "critical", words, said
    if lacking:
        return "critical", tr("Not everything was backed up."), said
    if not copies:
        return "unknown", tr("Nothing is recorded of this period."), ""
    open_ones = sum(one.verified is None for one in copies)
    if open_ones:
        said = phrases.sentences(said, tr("{count} have not been verified.", count=open_ones))
        return "warning", tr("Taken, but not all of them verified."), said
    if not any(one.outcome == "proved" for one in facts.drills):
        said = phrases.sentences(said, tr("No drill proved in this period that they restore."))
        return "warning", tr("All taken and verified; none was restored for a trial."), said
    return "ok", tr("All taken and verified, and restored in a drill."), said


def _figures(facts: BackupFacts) -> Table:
    copies, times = facts.copies, tr("times", context="count")
    proved = [one for one in facts.drills if one.outcome == "proved"]
    good = sum(one.good for one in copies)
    return card_row(
        (
            FigureCard(tr("Backups", context="report"), str(len(copies)), times,
                       phrases.size(sum(one.file_bytes for one in copies))),
            FigureCard(tr("Whole and verified"), f"{good}/{len(copies)}", "",
                       tr("all of them") if good == len(copies) else tr("see part 2"),
                       None if not copies else "ok" if good == len(copies) else "warning"),
            _gap_card(facts),
            FigureCard(tr("Recovery time (RTO)"),
                       phrases.duration(max(one.seconds for one in proved)) if proved else "—", "",
                       tr("the longest proved drill") if proved else tr("no drill proved it"),
                       "ok" if proved else "unknown"),
        )
    )  # fmt: skip


def _gap_card(facts: BackupFacts) -> FigureCard:
    label, gap = tr("Longest time without one"), _longest(facts)
    if gap is not None:
        return FigureCard(label, phrases.duration(gap), "", tr("of the worst source"))
    if _sources(facts):
        return FigureCard(label, "—", "", tr("something was never backed up"), "critical")
    return FigureCard(label, "—", "", tr("not known"), "unknown")


def _calendar(facts: BackupFacts, sources: Sequence[Source]) -> list[Flowable]:
    if not sources:
        return [StateWord("unknown", tr("Nothing is known that ought to be backed up."))]
    count = (facts.end - facts.start).days + 1
    days = [facts.start + timedelta(days=number) for number in range(count)]
    rows = [(name, [_cell(facts, kind, name, day) for day in days]) for kind, name in sources]
    legend: list[tuple[DayCell, str]] = [
        ("good", tr("whole and verified")),
        ("open", tr("not verified")),
        ("bad", tr("incomplete or damaged")),
        ("none", tr("none taken")),
    ]
    return [day_matrix(WIDTH, rows, days, legend)]


def _cell(facts: BackupFacts, kind: CopyKind, name: str, day: date) -> DayCell:
    found = [
        one
        for one in facts.copies
        if (one.kind, one.source) == (kind, name) and day_of(one.at) == day
    ]
    if not found:
        return "none" if day <= day_of(facts.at) else "ahead"
    if any(one.good for one in found):
        return "good"
    return "bad" if any(one.verified is False or not one.whole for one in found) else "open"


def _standing(facts: BackupFacts, sources: Sequence[Source]) -> list[Flowable]:
    heads = (
        tr("What", context="report"),
        tr("Kind"),
        tr("Backups", context="report"),
        tr("Newest", context="report"),
        tr("Size", context="report"),
        tr("Longest gap"),
        tr("Result"),
    )
    rows: list[list[Cell]] = []
    for kind, name in sources:
        found = sorted(
            (one for one in facts.copies if (one.kind, one.source) == (kind, name)),
            key=lambda one: one.at,
        )
        newest = found[-1] if found else None
        gap = _gap(facts, found)
        rows.append(
            [
                name,
                tr(_KINDS[kind]),
                str(len(found)),
                phrases.moment(newest.at) if newest else "—",
                phrases.size(newest.file_bytes) if newest else "—",
                phrases.duration(gap) if gap is not None else "—",
                _result(found),
            ]
        )
    if not rows:
        return [StateWord("unknown", tr("Nothing is known that ought to be backed up."))]
    return [
        ruled_table(
            heads, rows, (4.4, 1.7, 1.1, 1.9, 1.6, 2, 2.6),
            ("left", "left", "right", "left", "right", "right", "left"),
        )
    ]  # fmt: skip


def _result(found: Sequence[Copy]) -> StateWord:
    if not found:
        return StateWord("critical", tr("none taken"))
    bad = sum(one.verified is False or not one.whole for one in found)
    if bad:
        return StateWord("critical", tr("{count} not good", count=bad))
    unseen = sum(one.verified is None for one in found)
    if unseen:
        return StateWord("unknown", tr("{count} not verified yet", count=unseen))
    return StateWord("ok", tr("All verified", context="report"))


def _one(copy: Copy) -> StateWord:
    if copy.verified is False:
        return StateWord("critical", tr("damaged"))
    if not copy.whole:
        return StateWord("critical", tr("incomplete"))
    if copy.verified is None:
        return StateWord("unknown", tr("not verified"))
    return StateWord("ok", tr("verified", context="backup"))


def _drills(drills: Sequence[DrillLine]) -> list[Flowable]:
    if not drills:
        return [StateWord("warning", tr("No drill was run in this period."))]
    heads = (
        tr("When", context="report"),
        tr("Database"),
        tr("Archive"),
        tr("Recovery time"),
        tr("Rows", context="report"),
        tr("Certificate"),
        tr("Result"),
    )
    words: dict[str, tuple[State, str]] = {
        "proved": ("ok", tr("proved")),
        "disproved": ("critical", tr("disproved")),
        "failed": ("unknown", tr("could not be run")),
    }
    rows: list[list[Cell]] = []
    for one in drills:
        state, word = words[one.outcome]
        said = "\n".join((word, *one.faults[:2]))
        rows.append(
            [
                phrases.moment(one.at), one.name, one.archive,
                phrases.duration(one.seconds) if one.outcome == "proved" else "—",
                f"{one.rows:,}" if one.rows else "—", one.certificate or "—",
                StateWord(state, said),
            ]
        )  # fmt: skip
    return [
        ruled_table(
            heads, rows, (1.7, 2, 4, 1.8, 1.7, 3, 2.6),
            ("left", "left", "left", "right", "right", "left", "left"),
        )
    ]  # fmt: skip


def _restores(facts: BackupFacts) -> list[Flowable]:
    if not facts.restores:
        return [Paragraph(tr("No restore was run in this period."), CELL)]
    heads = (
        tr("When", context="report"),
        tr("Restored into"),
        tr("Took"),
        tr("Tables", context="report"),
        tr("Rows", context="report"),
        tr("Result"),
    )
    rows: list[list[Cell]] = [
        [
            phrases.moment(one.at), one.target, phrases.duration(one.seconds), str(one.tables),
            f"{one.rows:,}",
            StateWord("ok", tr("Proved: digests equal")) if one.proved
            else StateWord("critical", tr("Not proved: digests differ")),
        ]
        for one in facts.restores
    ]  # fmt: skip
    return [
        ruled_table(
            heads, rows, (1.7, 5, 1.8, 1.1, 1.7, 3.6),
            ("left", "left", "right", "right", "right", "left"),
        )
    ]  # fmt: skip


def _list(copies: Sequence[Copy]) -> list[Flowable]:
    if not copies:
        return [Paragraph(tr("No backup was taken in this period."), CELL)]
    heads = (
        tr("When", context="report"),
        tr("What", context="report"),
        tr("File"),
        tr("Size", context="report"),
        tr("Digest"),
        tr("Result"),
    )
    rows: list[list[Cell]] = [
        [
            phrases.moment(one.at), one.source, _file(one), phrases.size(one.file_bytes),
            f"{one.digest[:_SHORT]}…" if one.digest else "—", _one(one),
        ]
        for one in sorted(copies, key=lambda one: (one.at, one.source))
    ]  # fmt: skip
    return [
        ruled_table(
            heads, rows, (1.8, 3, 4.6, 1.6, 2.7, 2.4),
            ("left", "left", "left", "right", "left", "left"),
        )
    ]  # fmt: skip


def _file(one: Copy) -> str:
    return one.file if one.exists else tr("{file} (no longer here)", file=one.file)


def _longest(facts: BackupFacts) -> float | None:
    gaps = []
    for kind, name in _sources(facts):
        found = [one for one in facts.copies if (one.kind, one.source) == (kind, name)]
        gap = _gap(facts, sorted(found, key=lambda one: one.at))
        if gap is None:
            return None  # of one of them nothing is known
        gaps.append(gap)
    return max(gaps, default=None)


def _gap(facts: BackupFacts, found: Sequence[Copy]) -> float | None:
    """Return the longest time in the period without a new backup, in seconds; None without any.

    What was taken before the period is not known here: its first day counts from midnight.
    """
    if not found:
        return None
    first, after = bounds(facts.start, facts.end)
    times = [first, *(one.at for one in found), min(after, facts.at)]
    return max((later - earlier).total_seconds() for earlier, later in pairwise(times))
