"""The evaluation of a requirement (需求评估单): what is wanted, what the project manager says it
takes (2.3-4), what is left of the free person-days, and Party A's consent."""

from __future__ import annotations

from decimal import Decimal

from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from gmops_desktop.contract.person_days import word_of_flaw
from gmops_desktop.language import speaking, tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.boxes import card_row, writable
from gmops_desktop.reports.change_parts import head
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.marks import FigureCard, StateWord
from gmops_desktop.reports.orders import Built, Document
from gmops_desktop.reports.own_words import own_sections, own_words
from gmops_desktop.reports.paper_facts import TicketFacts
from gmops_desktop.reports.paragraph import Paragraph
from gmops_desktop.reports.proof import proof_block
from gmops_desktop.reports.signatures import SignBlock
from gmops_desktop.reports.styles import BODY, CELL
from gmops_desktop.reports.tables import particulars, ruled_table, title_block
from gmops_desktop.reports.ticket_parts import asked


def make_evaluation(facts: TicketFacts, document: Document) -> Built:
    """Return the sheet as PDF/A-3b with its facts attached as JSON."""
    with speaking(document.language):
        return filed(
            facts, "evaluation", document, tr("Evaluation of a requirement"),
            facts.contract.party_b, lambda digest: _story(facts, document, digest),
        )  # fmt: skip


def _story(facts: TicketFacts, document: Document, digest: str) -> list[Flowable]:
    ticket = facts.ticket
    said = ticket.description.strip() or ticket.title
    more, last = own_sections(document, "evaluation", ("risks",), 5)
    return [
        title_block(tr("Evaluation of a requirement"), facts.contract.title, document),
        _figures(facts),
        Spacer(0, 2),
        *head(1, tr("What is wanted")),
        particulars(asked(facts)),
        Spacer(0, 2),
        *[Paragraph(line, BODY) for line in said.splitlines() if line.strip()],
        *head(2, tr("The project manager's evaluation"), tr("contract 2.3-4")),
        *_evaluation(facts, own_words(document, "plan")),
        *head(
            3,
            tr("Free person-days", context="report"),
            tr("contract 2.1: rounded up to the agreed step"),
        ),
        *_ledger(facts),
        *head(4, tr("Worked so far")),
        *_worked(facts),
        *more,
        KeepTogether(
            [
                *head(last, tr("Party A's consent, proof and signatures"))[1:],
                *_consent(facts),
                Spacer(0, 3),
                proof_block(document, digest, facts.heads),
                Spacer(0, 2),
                SignBlock(
                    facts.contract.party_a,
                    facts.contract.party_b,
                    tr(
                        "Party A agrees that the requirement is met as evaluated here, and that "
                        "the person-days named are counted against the contract. It is made in two "
                        "copies, one for each party."
                    ),
                    (tr("agreed"), tr("agreed with remarks (attached)"), tr("not agreed")),
                ),
            ]
        ),
    ]


def _figures(facts: TicketFacts) -> Table:
    work, ledger, unit = facts.work, facts.ledger, tr("person-days", context="unit")
    estimate = work.estimate if work else None
    cards = [
        FigureCard(
            tr("Evaluated"), _days(estimate), unit if estimate is not None else "",
            (work.estimated_by if work else "") or tr("not evaluated yet"),
            None if estimate is not None else "unknown",
        ),
        FigureCard(tr("Worked"), _days(work.worked if work else Decimal(0)), unit, ""),
    ]  # fmt: skip
    if ledger is None:
        cards.append(FigureCard(tr("Left of the contract"), "—", "", tr("not known"), "unknown"))
    else:
        cards += [
            FigureCard(
                tr("Used of the contract"), _days(ledger.used), unit,
                tr("of {days}", days=_days(ledger.total)),
            ),
            FigureCard(
                tr("Left of the contract"), _days(ledger.left), unit,
                tr("{days} planned for work that is open", days=_days(ledger.planned)),
                "critical" if ledger.left < 0 else "warning" if ledger.level >= 80 else None,
            ),
        ]  # fmt: skip
    return card_row(cards)


def _evaluation(facts: TicketFacts, own: list[Flowable]) -> list[Flowable]:
    found = [one for one in facts.steps if one.key == "ticket.assessed"]
    if not found and own:
        return own
    if not found:
        blank = writable("", 60)
        missing = StateWord("unknown", tr("Not evaluated yet; to be filled in by hand:"))
        return [missing, ruled_table((tr("Plan, effort, risk"),), [[blank]], (1,))]
    heads = (tr("When", context="report"), tr("Recorded by"), tr("Effort, plan and risk"))
    rows = [(phrases.full_moment(one.at), one.actor, one.text) for one in found]
    return [ruled_table(heads, rows, (2.2, 1.6, 9)), *own]


def _ledger(facts: TicketFacts) -> list[Flowable]:
    ledger, work = facts.ledger, facts.work
    if ledger is None:
        return [StateWord("unknown", tr("The ledger of person-days is not known."))]
    planned = work.estimate if work and work.estimate is not None else None
    counted = work.counted if work else Decimal(0)
    after = ledger.left - max(Decimal(0), planned - counted) if planned is not None else None
    heads = (
        tr("Agreed", context="ledger"),
        tr("Used"),
        tr("Left now"),
        tr("This work"),
        tr("Left after it"),
    )
    row = (
        _days(ledger.total), _days(ledger.used), _days(ledger.left), _days(planned), _days(after),
    )  # fmt: skip
    parts: list[Flowable] = [ruled_table(heads, [row], (1, 1, 1, 1, 1), ("centre",) * 5)]
    if after is not None and after < 0:
        words = tr("This work takes more than is left: {days} person-days are beyond the contract.",
                   days=_days(-after))  # fmt: skip
        parts.append(StateWord("critical", words))
    return parts


def _worked(facts: TicketFacts) -> list[Flowable]:
    work = facts.work
    if work is None or not work.bookings:
        return [Paragraph(tr("Nothing has been worked on it yet."), CELL)]
    heads = (tr("Day"), tr("Who", context="report"), tr("Person-days"), tr("Work done"))
    rows = [(phrases.day(one.on), one.actor, _days(one.days), one.text or "—")
            for one in work.bookings]  # fmt: skip
    parts: list[Flowable] = [
        ruled_table(heads, rows, (2.2, 1.6, 1.4, 7), ("left", "left", "right", "left"))
    ]
    parts += [StateWord("warning", word_of_flaw(flaw)) for flaw in work.flaws]
    return parts


def _consent(facts: TicketFacts) -> list[Flowable]:
    consent = facts.work.consent if facts.work else None
    if consent is None:
        return [StateWord("unknown", tr("Party A has not agreed yet."))]
    words = tr(
        "{name} agreed to {days} person-days on {day} ({channel}).",
        name=consent.by,
        days=_days(consent.days),
        day=phrases.day(consent.on),
        channel=consent.channel,
    )
    return [StateWord("ok", words)]


def _days(days: Decimal | None) -> str:
    return "—" if days is None else f"{days.normalize():f}"
