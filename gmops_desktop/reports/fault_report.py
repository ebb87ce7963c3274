"""The report on a fault (故障报告): what happened, how long it lasted and to whom that is charged,
why, what was done, and what keeps it from coming back."""

from __future__ import annotations

from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from gmops_desktop.contract.clocks import Clock
from gmops_desktop.contract.tickets import word_of_attribution, word_of_impact, word_of_scope
from gmops_desktop.language import speaking, tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.boxes import card_row, verdict_box
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
from gmops_desktop.reports.tables import Cell, particulars, ruled_table, title_block
from gmops_desktop.reports.ticket_parts import asked, bar, clocks_table, handed_table, steps_table
from gmops_desktop.states import State


def make_fault_report(facts: TicketFacts, document: Document) -> Built:
    """Return the report as PDF/A-3b with its facts attached as JSON."""
    with speaking(document.language):
        return filed(
            facts, "fault", document, tr("Fault report"), facts.contract.party_b,
            lambda digest: _story(facts, document, digest),
        )  # fmt: skip


def _story(facts: TicketFacts, document: Document, digest: str) -> list[Flowable]:
    ticket = facts.ticket
    state, verdict, text = _verdict(facts)
    more, last = own_sections(document, "fault", ("advice",), 7)
    return [
        title_block(tr("Fault report"), facts.contract.title, document),
        verdict_box(state, verdict, text),
        Spacer(0, 6),
        _figures(facts),
        Spacer(0, 2),
        *head(1, tr("What happened", context="report")),
        particulars([*asked(facts), *_reach(facts)]),
        Spacer(0, 2),
        *[Paragraph(line, BODY) for line in ticket.description.splitlines() if line.strip()],
        *own_words(document, "happened"),
        *head(2, tr("How long it lasted"), tr("waiting for Party A is not charged to Party B")),
        *bar(facts),
        Spacer(0, 3),
        *clocks_table(facts.clocks),
        *head(3, tr("Root cause and attribution")),
        *_cause(facts),
        *own_words(document, "cause"),
        *head(4, tr("What was done", context="report")),
        steps_table(facts.steps),
        *head(5, tr("Promises")),
        *_promises(facts),
        *head(6, tr("Handed over, and what hangs together")),
        *handed_table(facts.handed),
        *[Paragraph(one, CELL) for one in facts.links],
        *more,
        KeepTogether(
            [
                *head(last, tr("Proof and signatures"))[1:],
                proof_block(document, digest, facts.heads),
                Spacer(0, 2),
                SignBlock(facts.contract.party_a, facts.contract.party_b),
            ]
        ),
    ]


def _verdict(facts: TicketFacts) -> tuple[State, str, str]:
    ticket = facts.ticket
    cause = ticket.cause or tr("The root cause is not known yet.")
    if ticket.state == "closed" and ticket.confirmed_by:
        words = tr("Solved, and confirmed by {name}.", name=ticket.confirmed_by)
        return ("ok" if ticket.cause else "warning"), words, cause
    if ticket.restored_at is not None:
        return "warning", tr("The service runs again; Party A has not confirmed it yet."), cause
    if ticket.state in ("withdrawn", "declined", "merged"):
        return "unknown", tr("Ended without a solution of its own."), cause
    return "critical", tr("Not solved yet."), cause


def _figures(facts: TicketFacts) -> Table:
    clocks = {one.key: one for one in facts.clocks}
    waiting = clocks.get("waiting")
    waited = waiting.seconds if waiting is not None else 0.0
    return card_row(
        (
            _card(tr("Response"), clocks.get("response")),
            _card(tr("Restoration"), clocks.get("restore")),
            _card(tr("Resolution"), clocks.get("resolve")),
            FigureCard(
                tr("Waiting on Party A"), phrases.duration(waited) if waited else "0", "",
                tr("not charged to Party B"),
            ),
        )
    )  # fmt: skip


def _card(label: str, clock: Clock | None) -> FigureCard:
    if clock is None:
        return FigureCard(label, "—", "", tr("not measured"), "unknown")
    below = tr("no limit agreed")
    state: State | None = None
    if clock.target is not None:
        below = tr("limit {time}", time=phrases.duration(clock.target))
        state = clock.state
    return FigureCard(label, phrases.duration(clock.seconds), "", below, state)


def _reach(facts: TicketFacts) -> list[tuple[str, str]]:
    ticket = facts.ticket
    return [
        (tr("Affected", context="fault"), word_of_impact(ticket.impact) if ticket.impact else ""),
        (tr("Seen elsewhere"), word_of_scope(ticket.scope) if ticket.scope else ""),
        (tr("Restored"), phrases.full_moment(ticket.restored_at) if ticket.restored_at else ""),
        (
            tr("Closed", context="when"),
            phrases.full_moment(ticket.closed_at) if ticket.closed_at else "",
        ),
        (tr("Influence"), ticket.influence),
        (tr("Special emergency", context="report"), ticket.emergency),
    ]


def _cause(facts: TicketFacts) -> list[Flowable]:
    ticket = facts.ticket
    if not ticket.cause:
        return [StateWord("unknown", tr("The root cause is not known yet."))]
    side = word_of_attribution(ticket.attribution)
    rows = [(tr("Root cause"), ticket.cause), (tr("Cause lies with"), side)]
    return [particulars(rows)]


def _promises(facts: TicketFacts) -> list[Flowable]:
    if not facts.promises:
        return [Paragraph(tr("No time was promised."), CELL)]
    heads = (
        tr("Made on"),
        tr("Promised until"),
        tr("By", context="report"),
        tr("Reason", context="report"),
        tr("Result"),
    )
    rows: list[list[Cell]] = []
    for one in facts.promises:
        if one.kept is None:
            kept = StateWord("unknown", tr("replaced") if not one.standing else tr("still runs"))
        else:
            word = tr("kept", context="promise") if one.kept else tr("late")
            kept = StateWord("ok" if one.kept else "critical", word)
        made, until = phrases.full_moment(one.made_at), phrases.full_moment(one.until)
        why = one.reason or one.deviation or "—"
        rows.append([made, until, one.by, why, kept])
    return [ruled_table(heads, rows, (2.2, 2.2, 1.4, 5, 1.6))]
