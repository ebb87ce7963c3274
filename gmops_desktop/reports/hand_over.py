"""The hand-over form (文档移交单) of a ticket or a change: what changed, each file with its SHA-256
and each setting with both values, to be signed by Party A (1.32)."""

from __future__ import annotations

from typing import Final

from reportlab.platypus import Flowable, KeepTogether, Spacer

from gmops_desktop.contract.steps import Handed
from gmops_desktop.language import speaking, tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.boxes import code_lines
from gmops_desktop.reports.change_parts import is_digest
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.marks import Section
from gmops_desktop.reports.orders import Built, Document, HandOverFacts
from gmops_desktop.reports.own_words import own_words
from gmops_desktop.reports.paragraph import Paragraph
from gmops_desktop.reports.proof import grouped, proof_block
from gmops_desktop.reports.signatures import ReceiptBlock
from gmops_desktop.reports.styles import BODY
from gmops_desktop.reports.tables import facts_table, ruled_table, title_block

_DIFF: Final = 200  # lines of a diff printed; the rest is in the data attached


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
        (tr("Change", context="report"), f"{facts.change} {facts.change_title}".strip()),
        (tr("Ticket"), f"{facts.ticket} {facts.title}".strip()),
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
    return [
        title_block(tr("Hand-over form"), contract.title, document),
        Spacer(0, 4),
        facts_table([(word, text) for word, text in rows if text]),
        Spacer(0, 4),
        Section(tr("What was handed over (contract 1.32)")),
        ruled_table(heads, lines, (0.6, 1.9, 0.9, 5.2)),
        *own_words(document, "handed"),
        *_told(facts),
        *own_words(document, "remarks"),
        KeepTogether(
            [
                Section(tr("Proof", context="report")),
                proof_block(document, digest, facts.heads),
                Spacer(0, 6),
                ReceiptBlock(tr("{party}: all of this was received.", party=contract.party_a)),
            ]
        ),
    ]


def _told(facts: HandOverFacts) -> list[Flowable]:
    """Return the release notes and the settings line by line, where there are any."""
    parts: list[Flowable] = []
    if facts.release_notes:
        parts.append(Section(tr("Release notes")))
        parts += [Paragraph(line, BODY) for line in facts.release_notes.splitlines() if line]
    if facts.diff:
        parts += [
            Section(tr("Settings, line by line"), tr("secrets are left out")),
            *code_lines(facts.diff, _DIFF),
        ]
    return parts


def _particulars(one: Handed) -> str:
    """Return both values of a setting or version, or both digests of a file, each on a line."""
    digest = one.digest or (one.after if is_digest(one.after) else "")
    if is_digest(one.before) or is_digest(one.after):
        before = _halves(one.before) if one.before else tr("(not there)")
        after = _halves(digest) if digest else tr("(removed)")
        return tr("before:\n{before}\nafter:\n{after}", before=before, after=after)
    change = f"{one.before or tr('(not there)')} → {one.after or tr('(removed)')}"
    if not one.before and (one.kind == "database" or not one.after):
        change = one.now
    return "\n".join(text for text in (change, _halves(digest)) if text) or "—"


def _halves(digest: str) -> str:
    """Return a digest on two lines of four groups each: they can be read out."""
    return "\n".join(grouped(half) for half in (digest[:32], digest[32:]) if half)
