"""The report of a contract's year, on which Party A accepts it (年度总结与验收报告)."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Final

from reportlab.platypus import Flowable, Spacer

from gmops_desktop.contract.obligations import Cell as ItemCell
from gmops_desktop.contract.registers import REGISTERS, word_of_register
from gmops_desktop.contract.terms import day_of
from gmops_desktop.language import mark, speaking, tr, tr_n
from gmops_desktop.reports import phrases
from gmops_desktop.reports.acceptance import acceptance_section
from gmops_desktop.reports.captions import Captions
from gmops_desktop.reports.care_sections import changes_section, copies_section, security_section
from gmops_desktop.reports.covers import Cover
from gmops_desktop.reports.fees import items_table
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.marks import StateWord
from gmops_desktop.reports.month_sections import ticket_table
from gmops_desktop.reports.orders import Built, Document
from gmops_desktop.reports.own_words import own_words
from gmops_desktop.reports.paragraph import Paragraph
from gmops_desktop.reports.quarterly import outlook, sheets_of, unfinished
from gmops_desktop.reports.span_facts import ItemLine, PaperLine, SpanFacts, opened_in
from gmops_desktop.reports.span_sections import (
    days_section,
    fault_table,
    fee_rows,
    figures,
    head,
    part,
    sla_section,
    ticket_summary,
    trend_section,
)
from gmops_desktop.reports.styles import CELL, NOTE, Align
from gmops_desktop.reports.tables import Cell, Later, particulars, ruled_table
from gmops_desktop.states import State

_CELLS: Final[dict[ItemCell, str]] = {
    "full": "●",
    "partly": "◐",
    "missing": "×",
    "due": "○",
    "none": "–",
}
_SIGNED: Final[dict[str, tuple[State | None, str]]] = {
    "unsigned": (None, mark("not signed")),
    "party_b": ("warning", mark("by Party B")),
    "both": ("ok", mark("by both parties")),
}


def make_annual(facts: SpanFacts, document: Document) -> Built:
    """Return the report as PDF/A-3b with its facts attached as JSON and CSV."""
    with speaking(document.language):
        title = tr("Annual Report and Acceptance")
        period = phrases.span(facts.whole.start, facts.whole.end)
        cover = Cover(title, period, facts.contract, facts.at, facts.whole.prepared_by)
        return filed(
            facts, "annual", document, f"{facts.contract.title} {title}", facts.contract.party_b,
            lambda digest: _story(facts, document, digest),
            cover=cover, sheets=sheets_of(facts),
        )  # fmt: skip


def _story(facts: SpanFacts, document: Document, digest: str) -> list[Flowable]:
    captions = Captions()
    return [
        *_contract(facts),
        *own_words(document, "overview"),
        *_fulfilment(facts, captions),
        *sla_section(facts, 3, captions),
        *trend_section(facts, 4, captions),
        *head(5, tr("Tickets and faults")),
        *part(5, 1, tr("Overview", context="tickets")),
        *ticket_summary(facts, captions),
        *part(5, 2, tr("Faults")),
        *fault_table(facts, captions),
        *changes_section(facts, 6, captions),
        *copies_section(facts, 7, captions),
        *security_section(facts, 8, captions),
        *_works(facts, captions),
        *own_words(document, "works"),
        *_fees(facts, captions),
        *_papers(facts, captions),
        *head(12, tr("Problems and improvements")),
        *outlook(facts),
        *own_words(document, "advice"),
        *head(13, tr("Advice for the next year")),
        *_advice(document),
        *_every_ticket(facts, captions),
        *acceptance_section(facts, document, digest, 15, captions),
    ]


def _contract(facts: SpanFacts) -> list[Flowable]:
    contract = facts.contract
    return [
        *head(1, tr("The contract")),
        *unfinished(facts),
        particulars(
            [
                (tr("Contract"), f"{contract.title} ({contract.number})"),
                (tr("Party A", context="report"), contract.party_a),
                (tr("Party B", context="report"), contract.party_b),
                (tr("Term", context="contract"), phrases.span(contract.start, contract.end)),
                (
                    tr("Signed on", context="contract"),
                    phrases.day(contract.signed_on) if contract.signed_on else "",
                ),
                (tr("Service time"), contract.service_time),
                (
                    tr("Reported period"),
                    phrases.span(facts.whole.start, facts.whole.end),
                ),
            ]
        ),
        Spacer(0, 6),
        figures(facts),
        Spacer(0, 4),
    ]


def _fulfilment(facts: SpanFacts, captions: Captions) -> list[Flowable]:
    """Return what was agreed beside what the record shows for it."""
    parts = head(2, tr("Scope of services and what was done"))
    if not facts.items:
        return [*parts, StateWord("unknown", tr("The contract's items are not on record."))]
    heads = (
        tr("No.", context="line"), tr("Service item"), tr("Months", context="table"),
        tr("Evidence on record"), tr("State", context="report"),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [
            str(place),
            one.item.name,
            "".join(_CELLS[cell] for cell in one.cells),
            _evidence(one),
            StateWord(*_stands(one)),
        ]
        for place, one in enumerate(facts.items, start=1)
    ]
    aligns: tuple[Align, ...] = ("centre", "left", "left", "left", "left")
    caption = captions.table(tr("services agreed and what the record shows for them"))
    legend = tr(
        "Months from left to right: ● evidence there, ◐ partly there, × missing, ○ due, – nothing "
        "owed. The evidence itself is in the register, month by month."
    )
    table = ruled_table(heads, rows, (0.8, 3.1, 3.7, 4.2, 2.2), aligns, caption)
    return [*parts, table, Paragraph(legend, NOTE)]


def _evidence(one: ItemLine) -> str:
    if not one.evidence:
        return tr("none that could be counted")
    said = (tr("{what} {count}", context="evidence", what=what, count=f"{count:,}")
            for what, count in one.evidence)  # fmt: skip
    return tr(", ", context="list").join(said)


def _stands(one: ItemLine) -> tuple[State, str]:
    counted = Counter(one.cells)
    if counted["missing"]:
        return "critical", tr_n(
            "{count} month without", "{count} months without", counted["missing"]
        )
    if counted["partly"]:
        return "warning", tr_n("{count} month in part", "{count} months in part", counted["partly"])
    if counted["full"]:
        rest = counted["due"]
        return "ok", tr("fulfilled so far") if rest else tr("fulfilled")
    if any(count for _, count in one.evidence):
        return "ok", tr("done as asked for")
    if counted["due"]:
        return "unknown", tr("still due")
    return "unknown", tr("not asked for, or not recorded")


def _works(facts: SpanFacts, captions: Captions) -> list[Flowable]:
    """Return what was done beside the daily round: modifications, releases, and the registers."""
    parts = head(9, tr("Main works"))
    done = [
        (one.closed_at, one.number, one.title, one.confirmed_by)
        for one in facts.whole.tickets
        if one.kind == "requirement" and one.state == "closed" and one.closed_at is not None
    ]
    if done:
        heads = (
            tr("Closed on"), tr("No.", context="report"), tr("Matter", context="report"),
            tr("Confirmed by"),
        )  # fmt: skip
        rows = [
            [phrases.full_moment(at)[:10], number, title, by or "—"]
            for at, number, title, by in sorted(done)
        ]
        caption = captions.table(tr("modifications that were finished"))
        parts.append(ruled_table(heads, rows, (1.6, 1.2, 6.4, 1.6), (), caption))
    else:
        parts.append(Paragraph(tr("No modification was finished in this period."), CELL))
    counted = Counter(one.register for one in facts.records)
    lacking = Counter(one.register for one in facts.records if not one.complete)
    heads = (tr("Register"), tr("Entries"), tr("With their paper"), tr("Without it"))
    lines: list[list[Cell]] = [
        [
            word_of_register(one), str(counted[one]), str(counted[one] - lacking[one]),
            StateWord("warning", str(lacking[one])) if lacking[one] else "0",
        ]
        for one in REGISTERS
    ]  # fmt: skip
    caption = captions.table(tr("trainings, visits and what else the registers hold"))
    aligns: tuple[Align, ...] = ("left", "centre", "centre", "left")
    return [*parts, Spacer(0, 3), ruled_table(heads, lines, (4, 1.5, 2, 1.5), aligns, caption)]


def _fees(facts: SpanFacts, captions: Captions) -> list[Flowable]:
    return [
        *head(10, tr("Settlement of fees")),
        *part(10, 1, tr("Fees")),
        items_table(facts.contract, captions.table(tr("fees by item, yuan"))),
        Spacer(0, 3),
        fee_rows(facts),
        *part(10, 2, tr("Person-days")),
        *days_section(facts, captions),
    ]


def _papers(facts: SpanFacts, captions: Captions) -> list[Flowable]:
    parts = head(11, tr("Documents handed over"))
    if not facts.papers:
        words = tr("The register holds no document of this period.")
        return [*parts, StateWord("warning", words)]
    return [*parts, _papers_table(facts.papers, captions)]


def _papers_table(papers: tuple[PaperLine, ...], captions: Captions) -> Flowable:
    heads = (
        tr("No.", context="line"), tr("Document no."), tr("Kind", context="report"),
        tr("Period", context="report"), tr("Made on", context="document"), tr("Pages"),
        tr("Signed"), tr("Digest begins"),
    )  # fmt: skip
    rows: list[list[Cell]] = []
    for place, one in enumerate(papers, start=1):
        state, word = _SIGNED.get(one.signed, (None, one.signed))
        signed: Cell = StateWord(state, tr(word)) if state else tr(word)
        rows.append([str(place), one.number, one.kind, one.period,
                     phrases.full_moment(one.made_at)[:10], str(one.pages), signed,
                     one.digest[:12]])  # fmt: skip
    caption = captions.table(tr("register of documents"))
    return ruled_table(heads, rows, (0.9, 3.2, 2.2, 1.5, 1.6, 0.9, 2.1, 2.2), (), caption)


def _advice(document: Document) -> list[Flowable]:
    found = own_words(document, "plan")
    if found:
        return found
    return [Paragraph(tr("Nothing was written here: there is no advice on record."), CELL)]


def _every_ticket(facts: SpanFacts, captions: Captions) -> list[Flowable]:
    """Return every ticket, a table for each month in which it was asked for."""
    parts = head(14, tr("Every ticket"))
    start = facts.whole.start
    earlier = [one for one in facts.whole.tickets if day_of(one.opened_at) < start]
    if earlier:
        caption = captions.table(tr("tickets from before {day}", day=phrases.day(start)))
        parts.append(ticket_table(earlier, caption))
    for month in facts.months:
        if mine := opened_in(facts.whole.tickets, month):
            named = tr("tickets of {month}", month=phrases.month(month[0]))
            parts += [Later(partial(ticket_table, mine, captions.table(named))), Spacer(0, 5)]
    if not facts.whole.tickets:
        parts.append(Paragraph(tr("No ticket was open in this period."), CELL))
    else:
        words = tr("Response and resolution: without the time spent waiting for Party A.")
        parts.append(Paragraph(words, NOTE))
    return parts
