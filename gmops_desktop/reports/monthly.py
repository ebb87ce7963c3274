"""The monthly report (运维月报): a page for an ordinary month, more where there is more to say."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from reportlab.platypus import CondPageBreak, Flowable, Spacer, Table, TableStyle

from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.contract.changes import word_of_state as word_of_change
from gmops_desktop.contract.tickets import word_of_kind, word_of_priority, word_of_state
from gmops_desktop.language import Language, mark, speaking, tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.archival import archival
from gmops_desktop.reports.charts import Curve, day_strip, load_chart
from gmops_desktop.reports.document import Paper, build
from gmops_desktop.reports.facts import (
    ChangeLine,
    Metric,
    MonthFacts,
    Question,
    TicketLine,
    as_json,
)
from gmops_desktop.reports.fonts import missing
from gmops_desktop.reports.key_figures import key_figures, verified, why_unknown
from gmops_desktop.reports.marks import Section, StateWord
from gmops_desktop.reports.paragraph import Paragraph, clean, strong
from gmops_desktop.reports.proof import proof_block
from gmops_desktop.reports.signatures import SignBlock
from gmops_desktop.reports.spans import by_day, peaks, share
from gmops_desktop.reports.styles import (
    BLUE,
    BODY,
    CAPTION,
    CELL,
    FACT,
    LABEL,
    NAVY,
    RULE,
    STATE_COLOURS,
    SUBTITLE,
    TITLE,
    WIDTH,
    Align,
)
from gmops_desktop.reports.tables import Cell, ruled_table
from gmops_desktop.states import word_of

_METRICS: Final[dict[Metric, str]] = {
    "cpu": mark("CPU"),
    "memory": mark("Memory"),
    "disk": mark("Disk"),
}
_NUMERALS: Final = "一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Document:
    """What makes a document one of a kind; `replaces` is the number of the version before."""

    number: str
    language: Language
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Built:
    """A finished file, unsigned; `missing` are characters that no face has (drawn as 〓)."""

    content: bytes
    pages: int
    data_digest: str
    missing: tuple[str, ...]


def make_monthly(facts: MonthFacts, document: Document) -> Built:
    """Return the monthly report of `facts` as PDF/A-3b with the facts attached as JSON."""
    with speaking(document.language):
        data = as_json(facts, number=document.number, replaces=document.replaces, kind="monthly")
        lost = tuple(sorted(missing(clean(data.decode()))))
        digest = hashlib.sha256(data).hexdigest()
        title = tr("Operations report for {month}", month=phrases.month(facts.start))
        paper = Paper(
            title=f"{facts.contract.title} {title}",
            number=document.number,
            author=facts.contract.party_b,
            aside=tr("All times are Beijing time (UTC+8)"),
        )
        content, pages = build(lambda: _Month(facts, document, digest, lost).story(), paper)
        described = tr("The data of report {number}", number=document.number)
        return Built(archival(content, data, described=described), pages, digest, lost)


class _Month:
    """The flowables of one report; a class only because every section needs the same facts."""

    def __init__(
        self, facts: MonthFacts, document: Document, digest: str, lost: Sequence[str]
    ) -> None:
        self._facts, self._document, self._digest, self._lost = facts, document, digest, lost
        self._sections = 0
        self._figures = 0

    def story(self) -> list[Flowable]:
        """Return everything in order, top to bottom."""
        facts = self._facts
        return [
            *self._title(),
            Paragraph(self._summary(), BODY),
            Spacer(0, 3),
            key_figures(facts),
            *self._operation(),
            *self._tickets(),
            *self._copies(),
            *self._changes(),
            *self._proof(),
        ]

    def _section(self, words: str, aside: str = "") -> list[Flowable]:
        """Return a section's head that never stands alone at the foot of a page."""
        self._sections += 1
        numeral = f"{self._sections}. "
        if self._document.language == "zh_CN":
            numeral = f"{_NUMERALS[self._sections - 1]}、"
        return [CondPageBreak(60), Section(f"{numeral}{words}", aside)]

    # ------------------------------------------------------------ what it is, in one look

    def _title(self) -> list[Flowable]:
        facts, contract = self._facts, self._facts.contract
        number = tr("No. {number}", number=self._document.number)
        head = Table(
            [
                [
                    Paragraph(tr("Monthly Operations Report"), TITLE),
                    [
                        Paragraph(phrases.month(facts.start), TITLE.but(align="right", size=13)),
                        Paragraph(number, SUBTITLE.but(align="right")),
                    ],
                ]
            ],
            colWidths=[WIDTH * 0.58, WIDTH * 0.42],
        )
        head.setStyle(
            TableStyle(
                [
                    ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
                    ("LINEABOVE", (0, 0), (-1, 0), 3, NAVY),
                    ("LEFTPADDING", (0, 0), (-1, -1), 0),
                    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                    ("TOPPADDING", (0, 0), (-1, -1), 6),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
                ]
            )
        )
        period = tr(
            "{start} to {end}",
            context="report",
            start=phrases.day(facts.start),
            end=phrases.day(facts.end),
        )
        made = phrases.full_moment(facts.generated_at)
        rows = [
            (
                tr("Contract", context="report"),
                contract.title,
                tr("Contract no.", context="report"),
                contract.number or "—",
            ),
            (
                tr("Party A", context="report"),
                contract.party_a,
                tr("Party B", context="report"),
                contract.party_b,
            ),
            (
                tr("Period", context="report"),
                period,
                tr("Prepared", context="report"),
                f"{facts.prepared_by} {made}".strip(),
            ),
        ]
        grid = Table(
            [
                [Paragraph(text, FACT if column % 2 else LABEL) for column, text in enumerate(row)]
                for row in rows
            ],
            colWidths=[WIDTH * part for part in (0.09, 0.47, 0.11, 0.33)],
        )
        grid.setStyle(
            TableStyle(
                [
                    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                    ("LINEABOVE", (0, 0), (-1, 0), 0.6, NAVY),
                    ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
                    ("LEFTPADDING", (0, 0), (-1, -1), 0),
                    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                    ("TOPPADDING", (0, 0), (-1, -1), 2),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
                ]
            )
        )
        return [head, grid, Spacer(0, 6)]

    def _summary(self) -> str:
        facts = self._facts
        contract = facts.contract
        done = sum(ticket.state == "closed" for ticket in facts.tickets)
        text = tr(
            "Under the contract “{contract}”, {party_b} operated the services of {party_a} from "
            "{start} to {end}: {tickets} tickets handled, {closed} closed; {backups} backups "
            "taken, {verified} verified; {restores} restores, {proved} proved; {changes} changes, "
            "{applied} completed.",
            contract=contract.title,
            party_a=contract.party_a,
            party_b=contract.party_b,
            start=phrases.day(facts.start),
            end=phrases.day(facts.end),
            tickets=strong(len(facts.tickets)),
            closed=strong(done),
            backups=self._count("backups", len(facts.backups)),
            verified=self._count("backups", sum(one.verified is True for one in facts.backups)),
            restores=self._count("restores", len(facts.restores)),
            proved=self._count("restores", sum(one.proved for one in facts.restores)),
            changes=self._count("changes", len(facts.changes)),
            applied=self._count("changes", sum(one.state == "closed" for one in facts.changes)),
        )
        if self._document.replaces:
            text += tr(
                "This version replaces {number}, which stays in the register.",
                number=self._document.replaces,
            )
        return text

    def _count(self, question: Question, count: int) -> str:
        return strong(word_of("unknown") if question in self._facts.why_unknown else count)

    # ------------------------------------------------------------ the sections

    def _operation(self) -> list[Flowable]:
        facts, parts = self._facts, self._section(tr("Operation", context="report"))
        by_resource = groupby(facts.usage, key=lambda one: one.resource)
        for resource, measured in by_resource:
            usage = list(measured)
            values = [peaks(one.points, facts.start, facts.end) for one in usage]
            colours = (BLUE, STATE_COLOURS["ok"], STATE_COLOURS["warning"])
            dashes: tuple[tuple[float, ...], ...] = ((), (4, 1.5), (1.2, 1.5))
            curves = [
                Curve(tr(_METRICS[one.metric]), colour, known, dash)
                for one, known, colour, dash in zip(usage, values, colours, dashes, strict=False)
            ]
            limit = next((one.threshold for one in usage if one.threshold is not None), None)
            words = tr("alert threshold {limit} %", limit=f"{limit:g}") if limit else ""
            chart = load_chart(
                WIDTH,
                104,
                (facts.start, facts.end),
                curves,
                threshold=(limit, words) if limit else None,
                gap_word=tr("not looked at"),
            )
            covered = phrases.per_cent(min(one.coverage for one in usage))
            parts += [
                chart,
                self._caption(
                    tr(
                        "load of {resource} (peaks); coverage {share} %",
                        resource=resource,
                        share=covered,
                    )
                ),
            ]
        if not facts.usage:
            parts.append(self._unknown(tr("Load of the servers"), "usage"))
        seen = facts.availability
        if seen and share(seen.points) is not None:
            days = by_day(seen.points, facts.start, facts.end)
            covered = phrases.per_cent(seen.coverage)
            parts += [
                day_strip(WIDTH, 27, days),
                self._caption(
                    tr(
                        "availability of {resource} by day; coverage {share} %",
                        resource=seen.resource,
                        share=covered,
                    )
                ),
            ]
        else:
            parts.append(
                self._unknown(tr("Website availability", context="report"), "availability")
            )
        return parts

    def _caption(self, words: str) -> Paragraph:
        self._figures += 1
        return Paragraph(tr("Figure {number}: {words}", number=self._figures, words=words), CAPTION)

    def _unknown(self, what: str, question: Question) -> StateWord:
        words = tr("{what}: unknown ({why})", what=what, why=why_unknown(self._facts, question))
        return StateWord("unknown", words)

    def _tickets(self) -> list[Flowable]:
        tickets = self._facts.tickets
        aside = tr("response and resolution: without the time spent waiting for Party A")
        parts = self._section(tr("Tickets", context="report"), aside if tickets else "")
        if not tickets:
            return [*parts, Paragraph(tr("No ticket was open in this period."), CELL)]
        head = (
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
        shares = (13.5, 19, 17, 12, 44, 15, 15, 17, 20)
        return [*parts, ruled_table(head, rows, shares)]

    def _copies(self) -> list[Flowable]:
        facts, parts = self._facts, self._section(tr("Backup and restore", context="report"))
        rows: list[Sequence[Cell]] = []
        for source, group in groupby(
            sorted(facts.backups, key=lambda one: (one.source, one.at)), key=lambda one: one.source
        ):
            backups = list(group)
            last = backups[-1]
            when = tr(
                "{times}, last {moment}",
                times=phrases.times(len(backups)),
                moment=phrases.moment(last.at),
            )
            scale = tr(
                "{rows} rows; file {size}",
                rows=f"{last.rows:,}",
                size=phrases.size(last.file_bytes),
            )
            state, word = verified(backups)
            rows.append(
                (
                    tr("Backup", context="report"),
                    source,
                    when,
                    scale,
                    StateWord(state or "ok", word),
                )
            )
        for restore in facts.restores:
            when = tr(
                "{moment}, took {duration}",
                moment=phrases.moment(restore.at),
                duration=phrases.duration(restore.seconds),
            )
            scale = tr(
                "{tables} tables; {rows} rows", tables=restore.tables, rows=f"{restore.rows:,}"
            )
            result = (
                StateWord("ok", tr("Proved: digests equal"))
                if restore.proved
                else StateWord("critical", tr("Not proved: digests differ"))
            )
            rows.append((tr("Restore", context="report"), restore.target, when, scale, result))
        if rows:
            head = (
                tr("Kind", context="report"),
                tr("What", context="report"),
                tr("When", context="report"),
                tr("Size", context="report"),
                tr("Result", context="report"),
            )
            parts.append(ruled_table(head, rows, (11, 45, 42, 38, 38)))
        parts += self._nothing("backups", tr("No backup was taken in this period."), facts.backups)
        parts += self._nothing("restores", tr("No restore was run in this period."), facts.restores)
        return parts

    def _nothing(self, question: Question, words: str, there: Sequence[object]) -> list[Flowable]:
        """Return a line that says that something did not happen, or that nobody can know."""
        if question in self._facts.why_unknown:
            names = {
                "backups": tr("Backups", context="report"),
                "restores": tr("Restores", context="report"),
                "changes": tr("Changes", context="report"),
            }
            return [self._unknown(names[question], question)]
        return [] if there else [Paragraph(words, CELL)]

    def _changes(self) -> list[Flowable]:
        facts, parts = self._facts, self._section(tr("Changes and deviations"))
        if facts.changes:
            head = (
                tr("No.", context="report"),
                tr("Change", context="report"),
                tr("Packages", context="report"),
                tr("Audiences told", context="report"),
                tr("State", context="report"),
            )
            rows = [_change_row(change) for change in facts.changes]
            aligns: tuple[Align, ...] = ("left", "left", "right", "right", "left")
            parts.append(ruled_table(head, rows, (15, 85, 17, 25, 32), aligns))
        parts += self._nothing("changes", tr("No change in this period."), facts.changes)
        if facts.overrides:
            columns = (
                tr("When", context="report"),
                tr("Who", context="report"),
                tr("Rule passed over", context="report"),
                tr("Reason (special emergency)"),
            )
            told = [
                (phrases.moment(one.at), one.actor, one.what, one.reason) for one in facts.overrides
            ]
            parts += [Spacer(0, 3), ruled_table(columns, told, (22, 20, 56, 76))]
        else:
            words = tr("No rule was passed over: no special emergency, no deviation.")
            parts.append(Paragraph(words, CELL))
        return parts

    def _proof(self) -> list[Flowable]:
        facts = self._facts
        notes = [
            tr(
                "No entry made before this report can be altered, dropped or slipped in without "
                "contradicting the heads printed here; `gmops verify` checks it."
            )
        ]
        if self._lost:
            codes = ", ".join(f"U+{ord(char):04X}" for char in self._lost)
            notes.append(tr("〓 stands for characters that no font has: {codes}.", codes=codes))
        number = self._document.number
        block = proof_block(number, self._digest, facts.heads, notes)
        sign = SignBlock(facts.contract.party_a, facts.contract.party_b)
        return [*self._section(tr("Proof and signatures")), block, Spacer(0, 5), sign]


def _ticket_row(ticket: TicketLine) -> list[Cell]:
    matter: list[Flowable] = [Paragraph(ticket.title, CELL)]
    if ticket.emergency:
        matter.append(_emergency(ticket.emergency))
    closed: Cell = word_of_state(ticket.state)
    if ticket.state == "closed":
        closed = StateWord("ok", word_of_state(ticket.state))
    return [
        ticket.number,
        phrases.moment(ticket.opened_at),
        word_of_kind(ticket.kind),
        word_of_priority(ticket.priority),
        matter,
        ticket.requester,
        _clock(ticket.response_seconds),
        _clock(ticket.restore_seconds),
        closed,
    ]


def _change_row(change: ChangeLine) -> list[Cell]:
    what: list[Flowable] = [Paragraph(change.title, CELL)]
    if change.emergency:
        what.append(_emergency(change.emergency))
    state: Cell = word_of_change(change.state)
    if change.state == "closed":
        state = StateWord("ok", word_of_change(change.state))
    told = tr("{told} of {all}", context="report", told=change.told, all=len(AUDIENCES))
    return [change.number, what, str(change.packages), told, state]


def _emergency(reason: str) -> Paragraph:
    mark = strong(tr("Special emergency", context="report"))
    words = tr("{mark}: {reason}", mark=mark, reason=reason)
    return Paragraph(words, CELL.but(colour=STATE_COLOURS["critical"]))


def _clock(seconds: float | None) -> str:
    return "—" if seconds is None else phrases.duration(seconds)
