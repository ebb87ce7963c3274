"""The report of a quarter (季报): three months side by side, and what comes next."""

from __future__ import annotations

from reportlab.platypus import Flowable, KeepTogether, Spacer

from gmops_desktop.contract.tickets import ENDED
from gmops_desktop.language import speaking, tr, tr_n
from gmops_desktop.reports import phrases
from gmops_desktop.reports.attached_sheets import sheet
from gmops_desktop.reports.captions import Captions
from gmops_desktop.reports.care_sections import (
    changes_section,
    copies_section,
    security_section,
    soon,
)
from gmops_desktop.reports.covers import Cover
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.marks import Section, StateWord
from gmops_desktop.reports.month_sections import operation_section, ticket_table
from gmops_desktop.reports.orders import Built, Document
from gmops_desktop.reports.own_words import own_words
from gmops_desktop.reports.paragraph import Paragraph, strong
from gmops_desktop.reports.proof import proof_block
from gmops_desktop.reports.signatures import SignBlock
from gmops_desktop.reports.span_facts import SpanFacts, sums
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
from gmops_desktop.reports.styles import BODY, CELL, FACT


def make_quarterly(facts: SpanFacts, document: Document) -> Built:
    """Return the report as PDF/A-3b with its facts attached as JSON and CSV."""
    with speaking(document.language):
        title = tr("Quarterly Operations Report")
        cover = Cover(title, _named(facts), facts.contract, facts.at, facts.whole.prepared_by)
        return filed(
            facts, "quarter", document, f"{facts.contract.title} {title}", facts.contract.party_b,
            lambda digest: _story(facts, document, digest),
            cover=cover, sheets=sheets_of(facts),
        )  # fmt: skip


def sheets_of(facts: SpanFacts) -> dict[str, bytes]:
    """Return the tables that are attached for those who count with them."""
    return {
        "months.csv": sheet([one for one in sums(facts) if one is not None]),
        "tickets.csv": sheet(facts.whole.tickets),
        "changes.csv": sheet(facts.whole.changes),
        "backups.csv": sheet(facts.copies),
    }


def unfinished(facts: SpanFacts) -> list[Flowable]:
    """Return the line that says that the span is not over; nothing where it is."""
    if facts.over:
        return []
    words = tr(
        "The period ends on {end} and is not over: everything is told up to {until}.",
        end=phrases.day(facts.whole.end),
        until=phrases.day(facts.until),
    )
    return [StateWord("warning", words, FACT), Spacer(0, 4)]


def _named(facts: SpanFacts) -> str:
    year, quarter = facts.name.split("-Q")
    named = tr("Quarter {quarter} of {year}", quarter=quarter, year=year)
    return f"{named}\n{phrases.span(facts.whole.start, facts.whole.end)}"


def _story(facts: SpanFacts, document: Document, digest: str) -> list[Flowable]:
    captions = Captions()
    return [
        *head(1, tr("Overview and conclusions")),
        *unfinished(facts),
        figures(facts),
        Spacer(0, 4),
        Paragraph(_summary(facts), BODY),
        *own_words(document, "overview"),
        *trend_section(facts, 2, captions),
        *sla_section(facts, 3, captions),
        *_tickets(facts, captions),
        *operation_section(facts.whole, 5, captions),
        *changes_section(facts, 6, captions),
        *copies_section(facts, 7, captions),
        *security_section(facts, 8, captions),
        *head(9, tr("Person-days and fees")),
        *part(9, 1, tr("Person-days")),
        *days_section(facts, captions),
        *part(9, 2, tr("Fees")),
        fee_rows(facts),
        *head(10, tr("Risks and outlook")),
        *outlook(facts),
        *own_words(document, "risks"),
        *own_words(document, "plan"),
        KeepTogether(
            [
                Section(phrases.numbered(11, tr("Proof and signatures"))),
                proof_block(document, digest, facts.heads),
                Spacer(0, 2),
                SignBlock(facts.contract.party_a, facts.contract.party_b),
            ]
        ),
    ]


def _summary(facts: SpanFacts) -> str:
    tickets = facts.whole.tickets
    return tr(
        "From {start} to {end} {party_b} operated the services of {party_a}: {tickets} tickets "
        "handled, {closed} closed; {changes} changes; {copies} backups, {good} of them verified; "
        "{emergencies} special emergencies.",
        start=phrases.day(facts.whole.start),
        end=phrases.day(facts.until),
        party_a=facts.contract.party_a,
        party_b=facts.contract.party_b,
        tickets=strong(f"{len(tickets):,}"),
        closed=strong(f"{sum(one.state == 'closed' for one in tickets):,}"),
        changes=strong(len(facts.whole.changes)),
        copies=strong(f"{len(facts.copies):,}"),
        good=strong(f"{sum(one.good for one in facts.copies):,}"),
        emergencies=strong(len(facts.whole.overrides)),
    )


def _tickets(facts: SpanFacts, captions: Captions) -> list[Flowable]:
    parts = [*head(4, tr("Tickets and faults")), *part(4, 1, tr("Overview", context="tickets"))]
    parts += ticket_summary(facts, captions)
    parts += [*part(4, 2, tr("Faults")), *fault_table(facts, captions)]
    if facts.whole.tickets:
        caption = captions.table(tr("every ticket of the period"))
        parts += [*part(4, 3, tr("Every ticket")), ticket_table(facts.whole.tickets, caption)]
    return parts


def outlook(facts: SpanFacts) -> list[Flowable]:
    """Return what the record knows of what comes: open tickets, alerts, what runs out."""
    still = [one for one in facts.whole.tickets if one.state not in ENDED]
    standing = [one for one in facts.alerts if one.cleared_at is None]
    parts: list[Flowable] = []
    if still:
        numbers = tr(", ", context="list").join(one.number for one in still[:12])
        more = "…" if len(still) > 12 else ""
        words = tr_n("{count} ticket goes on: {numbers}", "{count} tickets go on: {numbers}",
                     len(still), numbers=numbers + more)  # fmt: skip
        parts.append(StateWord("warning", words))
    parts += [
        StateWord(one.shown, tr("{name}: {reason}", context="report", name=one.resource,
                                reason=one.text))
        for one in standing[:12]
    ]  # fmt: skip
    if len(standing) > 12:
        parts.append(Paragraph(tr("{count} more alerts stand.", count=len(standing) - 12), CELL))
    for one in soon(facts):
        if one.on is not None:
            words = tr("{name} runs out on {day}.", name=one.name, day=phrases.day(one.on))
            parts.append(StateWord(one.state, words))
    left = facts.contract.days_left(facts.until)
    words = tr("The contract has {count} days left.", count=left)
    return [*parts, Paragraph(words, CELL)]
