"""The page of the contract's money (合同费用确认单): what is agreed item by item, in figures and in
capitals, what is to be paid until when, and whether it was."""

from __future__ import annotations

from decimal import Decimal

from reportlab.platypus import Flowable, KeepTogether, Spacer

from gmops_desktop.contract.capitals import rmb_capitals
from gmops_desktop.contract.terms import Contract, day_of
from gmops_desktop.language import speaking, tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.boxes import verdict_box
from gmops_desktop.reports.captions import TableCaption
from gmops_desktop.reports.change_parts import head
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.marks import StateWord
from gmops_desktop.reports.orders import Built, Document
from gmops_desktop.reports.own_words import own_sections
from gmops_desktop.reports.paragraph import Paragraph, strong
from gmops_desktop.reports.period_facts import FeeFacts
from gmops_desktop.reports.proof import proof_block
from gmops_desktop.reports.signatures import SignBlock
from gmops_desktop.reports.styles import BODY, CELL, FACT
from gmops_desktop.reports.tables import Cell, particulars, ruled_table, title_block
from gmops_desktop.states import State


def make_fees(facts: FeeFacts, document: Document) -> Built:
    """Return the page as PDF/A-3b with its facts attached as JSON."""
    with speaking(document.language):
        return filed(
            facts, "fees", document, tr("Statement of fees"), facts.contract.party_b,
            lambda digest: _story(facts, document, digest),
        )  # fmt: skip


def _story(facts: FeeFacts, document: Document, digest: str) -> list[Flowable]:
    contract = facts.contract
    state, verdict, text = _verdict(facts)
    more, last = own_sections(document, "fees", ("remarks",), 4)
    return [
        title_block(tr("Statement of fees"), contract.title, document),
        verdict_box(state, verdict, text),
        Spacer(0, 6),
        particulars(
            [
                (tr("Contract"), f"{contract.title} ({contract.number})"),
                (tr("Party A", context="report"), contract.party_a),
                (tr("Party B", context="report"), contract.party_b),
                (tr("Period", context="report"), phrases.span(contract.start, contract.end)),
                (
                    tr("Signed on", context="contract"),
                    phrases.day(contract.signed_on) if contract.signed_on else "",
                ),
            ]
        ),
        *head(1, tr("What was agreed"), tr("contract 2.1; yuan")),
        items_table(facts.contract),
        *head(2, tr("What is to be paid")),
        *_payable(facts),
        *head(3, tr("Payment")),
        *_payment(facts),
        *more,
        KeepTogether(
            [
                *head(last, tr("Proof and signatures"))[1:],
                proof_block(document, digest, facts.heads),
                Spacer(0, 2),
                SignBlock(
                    contract.party_a,
                    contract.party_b,
                    tr("Both parties confirm the fees stated here. It is made in two copies, one "
                       "for each party."),
                ),
            ]
        ),
    ]  # fmt: skip


def _verdict(facts: FeeFacts) -> tuple[State, str, str]:
    contract = facts.contract
    amount = tr("RMB ¥{amount} ({capitals})", amount=f"{contract.payable:,.2f}",
                capitals=rmb_capitals(contract.payable))  # fmt: skip
    if contract.paid_on is not None:
        return "ok", tr("Paid on {day}.", day=phrases.day(contract.paid_on)), amount
    if facts.payment is None:
        return "unknown", tr("Whether it was paid is not recorded."), amount
    if facts.payment.due < day_of(facts.at):
        due = phrases.day(facts.payment.due)
        return "critical", tr("Not paid; it was due on {day}.", day=due), amount
    return "warning", tr("To be paid by {day}.", day=phrases.day(facts.payment.due)), amount


def items_table(contract: Contract, caption: TableCaption | None = None) -> Flowable:
    """Return what is agreed item by item, with what it comes to."""
    heads = (
        tr("No.", context="line"),
        tr("Service item"),
        tr("Amount (yuan)"),
        tr("Remark"),
    )
    rows: list[list[Cell]] = [
        [
            str(place),
            one.title,
            f"{one.amount:,.2f}" if one.amount is not None else tr("included"),
            one.remark or "—",
        ]
        for place, one in enumerate(contract.items, start=1)
    ]
    added = sum((one.amount for one in contract.items if one.amount is not None), Decimal(0))
    right = FACT.but(align="right")
    rows.append(["", Paragraph(strong(tr("Sum of the items")), FACT),
                 Paragraph(strong(f"{added:,.2f}"), right), ""])  # fmt: skip
    rows.append(["", Paragraph(strong(tr("Total of the contract")), FACT),
                 Paragraph(strong(f"{contract.total:,.2f}"), right), ""])  # fmt: skip
    return ruled_table(heads, rows, (0.7, 6.6, 2, 2.4), ("left", "left", "right", "left"), caption)


def _payable(facts: FeeFacts) -> list[Flowable]:
    contract = facts.contract
    rows = [
        (tr("In figures"), strong(f"¥{contract.payable:,.2f}")),
        (tr("In capitals"), strong(rmb_capitals(contract.payable))),
        (tr("Total in capitals"), rmb_capitals(contract.total)),
    ]
    parts: list[Flowable] = [particulars(rows)]
    if contract.payable != contract.total:
        words = tr(
            "The contract states {payable} yuan to be paid, where its items add up to {total}: "
            "{difference} yuan are not asked for.",
            payable=f"{contract.payable:,.2f}",
            total=f"{contract.total:,.2f}",
            difference=f"{contract.total - contract.payable:,.2f}",
        )
        parts.append(Paragraph(words, BODY))
    return parts


def _payment(facts: FeeFacts) -> list[Flowable]:
    contract, payment = facts.contract, facts.payment
    rows: list[tuple[str, str]] = []
    if payment is not None:
        due = tr(
            "{day} ({count} working days after {since})",
            day=phrases.day(payment.due),
            count=contract.payment_days,
            since=phrases.day(payment.since),
        )
        rows.append((tr("Due on"), due))
    if contract.paid_on is not None:
        rows.append((tr("Paid on", context="fees"), phrases.day(contract.paid_on)))
    if not rows:
        return [StateWord("unknown", tr("Neither a due day nor a payment is recorded."))]
    parts: list[Flowable] = [particulars(rows)]
    if payment is not None and not payment.certain:
        words = tr("The public holidays until then are not known: it may be later.")
        parts.append(Paragraph(words, CELL))
    return parts
