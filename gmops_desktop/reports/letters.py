"""Written notices to the other party: 联系人变更通知 (1.15) and 付款通知 (2.1), one page each."""

from __future__ import annotations

from typing import Final

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from gmops_desktop.contract.capitals import rmb_capitals
from gmops_desktop.contract.notices import correspondents, sentences
from gmops_desktop.contract.terms import word_of_post
from gmops_desktop.language import speaking, tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.fonts import SERIF, SERIF_BOLD
from gmops_desktop.reports.marks import Section
from gmops_desktop.reports.orders import Built, Document, LetterFacts
from gmops_desktop.reports.own_words import own_words
from gmops_desktop.reports.paragraph import Paragraph, strong
from gmops_desktop.reports.proof import proof_block
from gmops_desktop.reports.signatures import ReceiptBlock, SenderPlace
from gmops_desktop.reports.styles import FACT, TextStyle
from gmops_desktop.reports.tables import Cell, facts_table, ruled_table, title_block

_LETTER: Final = TextStyle(SERIF, SERIF_BOLD, 11, 19, align="justify", indent=2, after=4)
_TO: Final = TextStyle(SERIF, SERIF_BOLD, 11, 19, after=4)
_SEALED: Final = 22 * mm  # room above sender and date for a round seal


def make_letter(facts: LetterFacts, document: Document) -> Built:
    """Return the letter as PDF/A-3b with its facts attached as JSON."""
    with speaking(document.language):
        payment = facts.notice.what == "payment"
        title = tr("Notice of payment") if payment else tr("Change of contact")
        mine, _ = correspondents(facts.notice, facts.contract)
        return filed(
            facts, "letter", document, title, mine,
            lambda digest: _story(facts, document, title, digest),
        )  # fmt: skip


def _story(facts: LetterFacts, document: Document, title: str, digest: str) -> list[Flowable]:
    contract, notice = facts.contract, facts.notice
    mine, other = correspondents(notice, contract)
    return [
        title_block(title, contract.title, document),
        Spacer(0, 8),
        Paragraph(strong(tr("To: {party}", party=other)), _TO),
        *(Paragraph(one, _LETTER) for one in sentences(notice, contract, facts.contact)),
        Spacer(0, 6),
        *(_money(facts) if notice.what == "payment" else _person(facts)),
        *own_words(document, "remarks"),
        Spacer(0, _SEALED),
        Paragraph(strong(mine), _TO.but(align="right")),
        Paragraph(phrases.day(facts.dated), _TO.but(align="right")),
        SenderPlace("party_a" if mine == contract.party_a else "party_b"),
        Spacer(0, 8),
        KeepTogether(
            [
                ReceiptBlock(
                    tr("{party} has received this notice.", party=other),
                    "party_a" if other == contract.party_a else "party_b",
                ),
                Section(tr("Proof", context="report")),
                proof_block(document, digest, facts.heads, _notes(facts)),
            ]
        ),
    ]


def _person(facts: LetterFacts) -> list[Flowable]:
    contact, notice = facts.contact, facts.notice
    role = ""
    if contact is not None:
        role = contact.role or word_of_post(contact.post)
    rows = [
        (tr("Contract"), f"{facts.contract.title} ({facts.contract.number})"),
        (tr("Person", context="report"), notice.name),
        (tr("Role"), role or "—"),
        (tr("Phone"), (contact.phone if contact else "") or "—"),
        (
            tr("Change", context="report"),
            tr("speaks for us from {day} on", day=phrases.day(notice.since))
            if notice.what == "joined"
            else tr("speaks for us until {day}", day=phrases.day(notice.since)),
        ),
        (tr("To be told by", context="report"), _until(facts, facts.contract.notice_days)),
    ]
    return [Section(phrases.numbered(1, tr("What changes"))), facts_table(rows)]


def _money(facts: LetterFacts) -> list[Flowable]:
    contract = facts.contract
    rows: list[tuple[Cell, Cell, Cell]] = [
        (
            one.title,
            f"{one.amount:,.2f}" if one.amount is not None else tr("included"),
            one.remark,
        )
        for one in contract.items
    ]
    total = f"{contract.total:,.2f}"
    rows.append((Paragraph(strong(tr("Sum")), FACT), total, ""))
    due = [
        (tr("To be paid"), f"¥{contract.payable:,.2f}"),
        (tr("In capitals"), rmb_capitals(contract.payable)),
        (tr("To be paid by", context="report"), _until(facts, contract.payment_days)),
    ]
    heads = (tr("Service item"), tr("Amount (yuan)"), tr("Remark"))
    return [
        Section(phrases.numbered(1, tr("What is to be paid for"))),
        ruled_table(heads, rows, (5, 1.4, 1.6), ("left", "right", "left")),
        Spacer(0, 2),
        Section(phrases.numbered(2, tr("What is to be paid"))),
        _amount(due),
    ]


def _amount(rows: list[tuple[str, str]]) -> Table:
    return facts_table([(word, strong(text)) for word, text in rows])


def _until(facts: LetterFacts, days: int) -> str:
    text = tr(
        "{day} ({count} working days after {since})",
        day=phrases.day(facts.notice.due),
        count=days,
        since=phrases.day(facts.notice.since),
    )
    if not facts.notice.certain:
        text += " " + tr("The public holidays until then are not known: it may be later.")
    return text


def _notes(facts: LetterFacts) -> tuple[str, ...]:
    return (
        tr("Working days are those of the State Council's calendar, with the weekends worked."),
    )
