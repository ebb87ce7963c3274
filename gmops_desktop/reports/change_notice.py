"""The request for a change and notice of its downtime (变更申请与停机通知单): what Party A must
know, tell the three audiences (2.3-8), and agree to, before anything is touched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from gmops_desktop.contract.changes import AUDIENCES, word_of_audience
from gmops_desktop.language import speaking, tr, tr_n
from gmops_desktop.reports import phrases
from gmops_desktop.reports.boxes import TickWord, card_row, code_lines, quoted, writable
from gmops_desktop.reports.change_facts import ChangeFacts, NoticeFacts, Told
from gmops_desktop.reports.change_parts import (
    downtime,
    effects,
    head,
    passed_over,
    plan_table,
    span,
    way_back,
    word_of_kind,
)
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.fonts import SERIF, SERIF_BOLD
from gmops_desktop.reports.marks import FigureCard, Section, StateWord
from gmops_desktop.reports.orders import Built, Document
from gmops_desktop.reports.own_words import own_words
from gmops_desktop.reports.paragraph import Paragraph, strong
from gmops_desktop.reports.proof import proof_block
from gmops_desktop.reports.signatures import SignBlock
from gmops_desktop.reports.styles import BODY, CELL, CELL_HEAD, TextStyle
from gmops_desktop.reports.tables import Cell, particulars, ruled_table, title_block

_TO: Final = TextStyle(SERIF, SERIF_BOLD, 10, 16)
_DIFF: Final = 90  # lines of a diff printed; the rest is in the data attached
_HAND: Final = 26.0  # points of a row that Party A fills in by hand


def make_notice(facts: NoticeFacts, document: Document) -> Built:
    """Return the notice as PDF/A-3b with its facts attached as JSON."""
    with speaking(document.language):
        return filed(
            facts, "notice", document, tr("Change request and downtime notice"),
            facts.change.contract.party_b, lambda digest: _story(facts, document, digest),
        )  # fmt: skip


def _story(facts: NoticeFacts, document: Document, digest: str) -> list[Flowable]:
    change = facts.change
    return [
        title_block(tr("Change request and downtime notice"), change.contract.title, document),
        Spacer(0, 2),
        Paragraph(strong(tr("To: {party}", party=change.contract.party_a)), _TO),
        Paragraph(_asked(change), BODY),
        Spacer(0, 3),
        _figures(change),
        Spacer(0, 2),
        *head(1, tr("What is asked for")),
        particulars(_particulars(change)),
        *own_words(document, "request"),
        *head(2, tr("What is altered"), _simulated(change)),
        *_plan(change),
        *head(3, tr("The way back")),
        *way_back(change.rollback, change.last_resort),
        *own_words(document, "way_back"),
        *head(4, tr("Special emergencies")),
        *passed_over(change.emergencies),
        KeepTogether(
            [
                Section(
                    phrases.numbered(5, tr("Who has been told")),
                    tr("Party A tells all three before the window begins (contract 2.3-8)"),
                ),
                _audiences(change.told),
            ]
        ),
        KeepTogether(
            [
                Paragraph(tr("Text that may be published:"), CELL_HEAD),
                quoted(_announcement(change)),
                *own_words(document, "announcement"),
            ]
        ),
        KeepTogether(
            [
                Section(phrases.numbered(6, tr("Consent and proof"))),
                proof_block(document, digest, facts.heads),
                Spacer(0, 2),
                _consent(change),
            ]
        ),
    ]


def _announcement(change: ChangeFacts) -> str:
    """Return what Party A may publish as it stands (1.26)."""
    begin, end = change.window_begin, change.window_end
    if begin is None or end is None:
        return tr("(The window of time is not set yet: there is nothing to publish.)")
    if change.downtime_minutes:
        still = tr(
            "During this time our services cannot be reached for about {count} minutes.",
            count=change.downtime_minutes,
        )
    else:
        still = tr("Our services can be reached during this time; short waits are possible.")
    return phrases.sentences(
        tr("From {span} (Beijing time) our systems are maintained.", span=span(begin, end)),
        still,
        tr("We ask for your understanding. {party}", party=change.contract.party_a),
    )


def _asked(change: ChangeFacts) -> str:
    return tr(
        "We ask to carry out the change {number} ({title}) on {server}. Please tell all users, the "
        "leaders at every level and the persons responsible before the window begins, and note in "
        "part 5 by what it can be seen. Until all three have been told, nothing is touched.",
        number=change.number,
        title=change.title,
        server=change.server,
    )


def _figures(change: ChangeFacts) -> Table:
    safe = sum(one.security for one in change.items)
    if change.window_begin is not None and change.window_end is not None:
        begin, end = phrases.moment(change.window_begin), phrases.moment(change.window_end)
        window = FigureCard(tr("The window begins"), begin, "", tr("ends at {end}", end=end))
    else:
        window = FigureCard(tr("The window begins"), "—", "", tr("not set yet"), "unknown")
    minutes = change.downtime_minutes
    if minutes is None:
        still = FigureCard(tr("Expected downtime"), "—", "", downtime(minutes), "unknown")
    else:
        below = tr("within the window") if minutes else tr("none expected")
        still = FigureCard(tr("Expected downtime"), str(minutes), tr("minutes"), below)
    below = (
        tr_n("{count} mends a security hole", "{count} mend security holes", safe) if safe else ""
    )
    amount = FigureCard(
        tr("What is altered"), str(len(change.items)), tr("items", context="changes"), below
    )
    told = sum(bool(one.evidence) for one in change.told)
    all_told = told == len(AUDIENCES)
    audiences = FigureCard(
        tr("Audiences told", context="report"),
        f"{told}/{len(AUDIENCES)}",
        "",
        tr("all have been told") if all_told else tr("Party A still has to tell them"),
        "ok" if all_told else "warning",
    )
    return card_row((window, still, amount, audiences))


def _particulars(change: ChangeFacts) -> list[tuple[str, str]]:
    contract = change.contract
    when = phrases.full_moment(change.created_at)
    return [
        (tr("Contract"), f"{contract.title} ({contract.number})"),
        (tr("Change", context="report"), f"{change.number}  {change.title}"),
        (tr("Kind"), word_of_kind(change.kind)),
        (tr("Server", context="report"), change.server),
        (tr("Ticket"), change.ticket),
        (
            tr("Asked by", context="report"),
            tr(", ").join(filter(None, (change.requested_by, when))),
        ),
        (tr("Why", context="report"), change.why or tr("not evaluated yet")),
        (tr("Risk"), change.risk or tr("not evaluated yet")),
        (tr("Evaluated by"), _evaluated(change)),
        (tr("Window", context="change"), span(change.window_begin, change.window_end)),
        (tr("Expected downtime"), downtime(change.downtime_minutes)),
        (tr("Done by", context="report"), _who(change)),
    ]


def _evaluated(change: ChangeFacts) -> str:
    days = change.person_days
    words = tr("{days} person-days", days=f"{days.normalize():f}") if days is not None else ""
    return tr(", ").join(one for one in (change.assessed_by, words) if one)


def _who(change: ChangeFacts) -> str:
    by = change.performer or change.contract.party_b
    return tr("{name}, phone {phone}", name=by, phone=change.phone) if change.phone else by


def _simulated(change: ChangeFacts) -> str:
    if change.simulated_at is None:
        return ""
    return tr("played through on {at}", at=phrases.full_moment(change.simulated_at))


def _plan(change: ChangeFacts) -> list[Flowable]:
    parts: list[Flowable] = []
    if change.items:
        parts.append(plan_table(change.items))
    else:
        parts.append(StateWord("unknown", tr("The plan is not known yet.")))
    parts.append(Paragraph(effects(change), CELL))
    if change.diff:
        parts += [Spacer(0, 2), *code_lines(change.diff, _DIFF)]
    return parts


def _audiences(told: Sequence[Told]) -> Flowable:
    by_audience = {one.audience: one for one in told}
    heads = (
        tr("Told", context="audience"),
        tr("Audience"),
        tr("How, and by what it can be seen"),
        tr("When", context="report"),
        tr("Signature", context="by hand"),
    )
    rows: list[list[Cell]] = []
    for audience in AUDIENCES:
        one = by_audience.get(audience, Told(audience))
        when = phrases.full_moment(one.at) if one.at else ""
        rows.append(
            [
                TickWord(ticked=bool(one.evidence)),
                word_of_audience(audience),
                writable(one.evidence, _HAND),
                when,
                "",
            ]
        )
    return ruled_table(
        heads, rows, (0.9, 2.2, 5.4, 2, 2), ("centre", "left", "left", "left", "left")
    )


def _consent(change: ChangeFacts) -> SignBlock:
    return SignBlock(
        change.contract.party_a,
        change.contract.party_b,
        tr(
            "Party A agrees that the change is carried out as planned here, within the window "
            "named. It is made in two copies, one for each party; its data are attached to the "
            "electronic file."
        ),
        (tr("agreed"), tr("agreed with remarks (attached)"), tr("not agreed")),
    )
