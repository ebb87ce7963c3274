"""The form of a visit (现场服务单): filled in from the ticket as far as it is known, the rest by
hand on the spot, in two copies."""

from __future__ import annotations

from typing import Final

from reportlab.platypus import Flowable, KeepTogether, Spacer

from gmops_desktop.language import speaking, tr
from gmops_desktop.reports.boxes import TickLine, writable
from gmops_desktop.reports.change_parts import head
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.orders import Built, Document
from gmops_desktop.reports.own_words import own_words
from gmops_desktop.reports.paper_facts import TicketFacts
from gmops_desktop.reports.paragraph import Paragraph
from gmops_desktop.reports.proof import proof_block
from gmops_desktop.reports.signatures import SignBlock
from gmops_desktop.reports.styles import BODY
from gmops_desktop.reports.tables import particulars, ruled_table, title_block
from gmops_desktop.reports.ticket_parts import asked

_LINE: Final = 20.0  # points of a line that is written by hand
_ROOM: Final = 46.0  # points of a field of some lines


def make_service_form(facts: TicketFacts, document: Document) -> Built:
    """Return the form as PDF/A-3b with its facts attached as JSON."""
    with speaking(document.language):
        return filed(
            facts, "visit", document, tr("On-site service form"), facts.contract.party_b,
            lambda digest: _story(facts, document, digest),
        )  # fmt: skip


def _story(facts: TicketFacts, document: Document, digest: str) -> list[Flowable]:
    ticket = facts.ticket
    said = ticket.description.strip() or ticket.title
    return [
        title_block(tr("On-site service form"), facts.contract.title, document),
        *head(1, tr("What was asked for", context="visit")),
        particulars(asked(facts)),
        Spacer(0, 2),
        *[Paragraph(line, BODY) for line in said.splitlines() if line.strip()],
        *head(2, tr("The visit")),
        ruled_table(
            (tr("Engineer"), tr("Place"), tr("Arrived at"), tr("Left at")),
            [[writable(facts.prepared_by, _LINE), "", "", ""]],
            (2, 4, 3, 3),
        ),
        *head(3, tr("Work on site")),
        ruled_table((tr("Work and result"),), [[writable(_done(facts), _ROOM)]], (1,)),
        *own_words(document, "work"),
        *head(4, tr("Parts exchanged")),
        ruled_table(
            (tr("Part"), tr("Old number"), tr("New number"), tr("Remarks", context="report")),
            [[writable("", _LINE), "", "", ""] for _ in range(2)],
            (3, 3, 3, 3),
        ),
        *head(5, tr("What remains")),
        ruled_table(
            (tr("Open matter"), tr("Who", context="report"), tr("Until")),
            [[writable("", _LINE), "", ""] for _ in range(2)],
            (7, 2.5, 2.5),
        ),
        *own_words(document, "remains"),
        KeepTogether(
            [
                *head(6, tr("Satisfaction, proof and signatures"))[1:],
                TickLine(
                    tr("Party A is:"),
                    (
                        tr("very satisfied"),
                        tr("satisfied"),
                        tr("not quite satisfied"),
                        tr("not satisfied"),
                    ),
                ),
                Spacer(0, 3),
                proof_block(document, digest, facts.heads),
                Spacer(0, 2),
                SignBlock(
                    facts.contract.party_a,
                    facts.contract.party_b,
                    tr("Both parties confirm the visit and what was done. It is made in two "
                       "copies, one for each party."),
                ),
            ]
        ),
    ]  # fmt: skip


def _done(facts: TicketFacts) -> str:
    """Return what is recorded of the work so far; the rest is written by hand."""
    told = ("ticket.noted", "ticket.restored", "ticket.caused")
    lines = [one.text for one in facts.steps if one.key in told and one.text]
    return "\n".join(lines)
