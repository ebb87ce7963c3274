"""The hand-over form of a ticket (文档移交单): what changed, each file with its SHA-256, to be
signed by Party A."""

from __future__ import annotations

from reportlab.platypus import Flowable, KeepTogether, Spacer

from gmops_desktop.contract.steps import Handed
from gmops_desktop.language import speaking, tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.marks import Section
from gmops_desktop.reports.orders import Built, Document, HandOverFacts
from gmops_desktop.reports.proof import proof_block
from gmops_desktop.reports.signatures import ReceiptBlock
from gmops_desktop.reports.tables import facts_table, ruled_table, title_block


def make_hand_over(facts: HandOverFacts, document: Document) -> Built:
    """Return the form as PDF/A-3b with its facts attached as JSON."""
    with speaking(document.language):
        return filed(
            facts, "hand_over", document, tr("Hand-over form"), facts.contract.party_b,
            lambda digest: _story(facts, document, digest),
        )  # fmt: skip


def _story(facts: HandOverFacts, document: Document, digest: str) -> list[Flowable]:
    contract = facts.contract
    rows = [
        (tr("Contract"), f"{contract.title} ({contract.number})"),
        (tr("Ticket"), f"{facts.ticket} {facts.title}"),
        (tr("Day"), phrases.day(facts.dated)),
    ]
    heads = (
        tr("No.", context="line"),
        tr("Document or setting"),
        tr("Kind"),
        tr("Before → after, or SHA-256 of the file"),
    )
    lines = [
        (str(place), one.title, one.word, _particulars(one))
        for place, one in enumerate(facts.items, start=1)
    ]
    number = tr("No. {number}", number=document.number)
    return [
        title_block(tr("Hand-over form"), (contract.title, number)),
        Spacer(0, 4),
        facts_table(rows),
        Spacer(0, 4),
        Section(tr("What was handed over (contract 1.32)")),
        ruled_table(heads, lines, (0.6, 2.6, 1, 4.4)),
        KeepTogether(
            [
                Section(tr("Proof", context="report")),
                proof_block(document.number, digest, facts.heads, ()),
                Spacer(0, 2),
                ReceiptBlock(tr("{party}: all of this was received.", party=contract.party_a)),
            ]
        ),
    ]


def _particulars(one: Handed) -> str:
    change = f"{one.before} → {one.after}" if one.before or one.after else ""
    # Groups of eight can be read out, and break at the end of a line.
    digits = " ".join(one.digest[at : at + 8] for at in range(0, len(one.digest), 8))
    return "\n".join(text for text in (change, digits) if text) or "—"
