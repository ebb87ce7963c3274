"""The monthly report (运维月报): a page for an ordinary month, more where there is more to say."""

from __future__ import annotations

import hashlib

from reportlab.platypus import Flowable, KeepTogether, Spacer, Table, TableStyle

from gmops_desktop.language import speaking, tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.archival import archival
from gmops_desktop.reports.document import Paper, build
from gmops_desktop.reports.facts import ChangeLine, MonthFacts, Question, as_json
from gmops_desktop.reports.fonts import missing
from gmops_desktop.reports.key_figures import key_figures
from gmops_desktop.reports.marks import Section
from gmops_desktop.reports.month_sections import (
    backup_section,
    change_section,
    operation_section,
    ticket_section,
)
from gmops_desktop.reports.orders import Built, Document
from gmops_desktop.reports.own_words import own_sections, own_words
from gmops_desktop.reports.paragraph import Paragraph, clean, strong
from gmops_desktop.reports.proof import proof_block
from gmops_desktop.reports.signatures import SignBlock
from gmops_desktop.reports.styles import (
    BODY,
    FACT,
    LABEL,
    NAVY,
    RULE,
    SECTION,
    SUBTITLE,
    TITLE,
    WIDTH,
)
from gmops_desktop.states import word_of


def make_monthly(facts: MonthFacts, document: Document) -> Built:
    """Return the monthly report of `facts` as PDF/A-3b with the facts attached as JSON."""
    with speaking(document.language):
        data = as_json(
            facts, document.texts, kind="monthly", number=document.number,
            language=document.language, replaces=document.replaces, revisions=document.revisions,
            corrects=document.corrects, secrecy=document.secrecy,
        )  # fmt: skip
        lost = tuple(sorted(missing(clean("".join(set(data.decode()))))))
        digest = hashlib.sha256(data).hexdigest()
        title = tr("Operations report for {month}", month=phrases.month(facts.start))
        paper = Paper(
            title=f"{facts.contract.title} {title}",
            number=document.number,
            author=facts.contract.party_b,
            aside=tr("All times are Beijing time (UTC+8)"),
        )
        content, pages = build(_story(facts, document, digest, lost), paper)
        described = tr("The data of report {number}", number=document.number)
        return Built(archival(content, data, described=described), pages, digest, lost)


def _story(
    facts: MonthFacts, document: Document, digest: str, lost: tuple[str, ...]
) -> list[Flowable]:
    sections = {
        "operation": operation_section,
        "tickets": ticket_section,
        "backups": backup_section,
        "changes": change_section,
    }
    more, last = own_sections(document, "monthly", ("risks", "plan"), len(sections) + 1)
    return [
        _title(facts, document),
        _particulars(facts),
        Spacer(0, 4),
        Paragraph(_summary(facts), BODY),
        *own_words(document, "overview"),
        Spacer(0, 2),
        key_figures(facts),
        *(
            part
            for number, (name, section) in enumerate(sections.items(), 1)
            for part in (*section(facts, number), *own_words(document, name))
        ),
        *more,
        _proof(facts, document, digest, lost, last),
    ]


def _title(facts: MonthFacts, document: Document) -> Table:
    number = tr("No. {number}", number=document.number)
    right = [
        Paragraph(phrases.month(facts.start), SECTION.but(align="right")),
        Paragraph(number, SUBTITLE.but(align="right")),
    ]
    if document.replaces:
        replaced = tr("replaces {number}", number=document.replaces)
        right.append(Paragraph(replaced, SUBTITLE.but(align="right")))
    left = Paragraph(tr("Monthly Operations Report"), TITLE)
    table = Table([[left, right]], colWidths=[WIDTH * 0.58, WIDTH * 0.42])
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
                ("LINEABOVE", (0, 0), (-1, 0), 3, NAVY, "butt"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 7),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
            ]
        )
    )
    return table


def _particulars(facts: MonthFacts) -> Table:
    contract = facts.contract
    days = {"start": phrases.day(facts.start), "end": phrases.day(facts.end)}
    made = phrases.full_moment(facts.generated_at)
    rows = (
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
            tr("{start} to {end}", context="report", **days),
            tr("Prepared", context="report"),
            f"{facts.prepared_by} {made}".strip(),
        ),
    )
    table = Table(
        [
            [Paragraph(text, FACT if column % 2 else LABEL) for column, text in enumerate(row)]
            for row in rows
        ],
        colWidths=[WIDTH * part for part in (0.09, 0.47, 0.11, 0.33)],
    )
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LINEABOVE", (0, 0), (-1, 0), 0.6, NAVY),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                ("TOPPADDING", (0, 0), (-1, -1), 1.4),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.2),
            ]
        )
    )
    return table


def _completed(change: ChangeLine) -> bool:
    return change.state == "closed" and change.rolled_back_at is None


def _summary(facts: MonthFacts) -> str:
    def count(question: Question, number: int) -> str:
        return strong(word_of("unknown") if question in facts.why_unknown else number)

    contract = facts.contract
    return tr(
        "In {month}, {party_b} operated the services of {party_a}. Tickets: {tickets} handled, "
        "{closed} closed. Backups: {backups} taken, {verified} verified. Restores: {restores} "
        "run, {proved} proved. Changes: {changes} recorded, {applied} completed.",
        month=phrases.month(facts.start),
        party_a=contract.party_a,
        party_b=contract.party_b,
        tickets=strong(len(facts.tickets)),
        closed=strong(sum(ticket.state == "closed" for ticket in facts.tickets)),
        backups=count("backups", len(facts.backups)),
        verified=count("backups", sum(one.verified is True for one in facts.backups)),
        restores=count("restores", len(facts.restores)),
        proved=count("restores", sum(one.proved for one in facts.restores)),
        changes=count("changes", len(facts.changes)),
        applied=count("changes", sum(_completed(one) for one in facts.changes)),
    )


def _proof(
    facts: MonthFacts, document: Document, digest: str, lost: tuple[str, ...], number: int
) -> Flowable:
    """Return proof and signatures in one piece: seals never stand on a page without a text."""
    notes = [
        tr(
            "No entry made before this report can be altered, dropped or slipped in without "
            "contradicting the heads printed here; `gmops verify` checks it."
        ),
    ]
    if lost:
        codes = ", ".join(f"U+{ord(char):04X}" for char in lost)
        notes.append(tr("〓 stands for characters that no font has: {codes}.", codes=codes))
    return KeepTogether(
        [
            Section(phrases.numbered(number, tr("Proof and signatures"))),
            proof_block(document, digest, facts.heads, notes),
            Spacer(0, 2),
            SignBlock(facts.contract.party_a, facts.contract.party_b),
        ]
    )
