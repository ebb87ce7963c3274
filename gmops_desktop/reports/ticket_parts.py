"""What the papers about one ticket share: who asked for what, its clocks, what was done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reportlab.platypus import Flowable

from gmops_desktop.contract.clocks import Clock, word_of_clock
from gmops_desktop.contract.steps import Handed, Step
from gmops_desktop.contract.tickets import word_of_kind, word_of_priority, word_of_state
from gmops_desktop.language import tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.charts import Piece, Turn, time_bar
from gmops_desktop.reports.marks import StateWord
from gmops_desktop.reports.paper_facts import TicketFacts
from gmops_desktop.reports.paragraph import Paragraph, strong
from gmops_desktop.reports.proof import grouped
from gmops_desktop.reports.styles import CELL, WIDTH, Align
from gmops_desktop.reports.tables import Cell, ruled_table

_UNTOLD: Final = frozenset({"ticket.attached", "ticket.detached", "ticket.linked"})


def asked(facts: TicketFacts) -> list[tuple[str, str]]:
    """Return who asked for what, when and how."""
    ticket, contract = facts.ticket, facts.contract
    who = ticket.requester
    if facts.contact is not None and facts.contact.phone:
        who = tr("{name}, phone {phone}", name=who, phone=facts.contact.phone)
    return [
        (tr("Contract"), f"{contract.title} ({contract.number})"),
        (tr("Ticket"), f"{ticket.number}  {ticket.title}"),
        (tr("Kind"), word_of_kind(ticket.kind)),
        (tr("Priority", context="report"), word_of_priority(ticket.priority)),
        (tr("About", context="report"), facts.resource),
        (tr("Asked by", context="report"), who),
        (tr("Asked for at"), phrases.full_moment(ticket.opened_at)),
        (tr("By way of", context="ticket"), ticket.channel),
        (tr("State", context="report"), word_of_state(ticket.state)),
    ]


def clocks_table(clocks: Sequence[Clock]) -> list[Flowable]:
    """Return each clock against what was agreed; what has no target is not judged."""
    if not clocks:
        return [StateWord("unknown", tr("No times are known."))]
    heads = (
        tr("Measured"),
        tr("Charged to Party B"),
        tr("Not charged"),
        tr("Agreed limit"),
        tr("Result"),
    )
    rows = [_clock_row(one) for one in clocks if one.key != "waiting"]
    aligns: tuple[Align, ...] = ("left", "right", "right", "right", "left")
    return [ruled_table(heads, rows, (3, 3, 3, 3, 3), aligns)]


def bar(facts: TicketFacts) -> list[Flowable]:
    """Return the bar of whose turn it was from the first word to the end."""
    clock = next((one for one in facts.clocks if one.key == "resolve"), None)
    if clock is None or not clock.stretches:
        return []
    turns: dict[str, Turn] = {"counted": "ours", "paused": "theirs", "off": "nobody"}
    pieces = [Piece(one.begin, one.end, turns[one.counting]) for one in clock.stretches]
    words = (phrases.full_moment(pieces[0].begin), phrases.full_moment(pieces[-1].end))
    restored = facts.ticket.restored_at
    mark = None
    if restored is not None:
        at = phrases.moment(restored)
        mark = (restored, tr("service restored {at}", at=at))
    legend: list[tuple[Turn, str]] = [
        ("ours", tr("Party B's turn")),
        ("theirs", tr("Waiting for Party A or others")),
    ]
    if any(one.turn == "nobody" for one in pieces):
        legend.append(("nobody", tr("Outside working hours")))
    return [time_bar(WIDTH, pieces, words, mark, legend)]


def steps_table(steps: Sequence[Step]) -> Flowable:
    """Return what was done, when and by whom."""
    heads = (
        tr("When", context="report"),
        tr("Who", context="report"),
        tr("Step"),
        tr("What was recorded"),
    )
    rows: list[list[Cell]] = [
        [phrases.full_moment(one.at), one.actor, one.action, _said(one)]
        for one in steps
        if one.key not in _UNTOLD
    ]
    return ruled_table(heads, rows, (2.3, 1.5, 2.4, 7))


def handed_table(handed: Sequence[Handed]) -> list[Flowable]:
    """Return what was handed over to Party A (1.32)."""
    if not handed:
        return [Paragraph(tr("Nothing has been handed over yet."), CELL)]
    heads = (tr("Document or setting"), tr("Kind"), tr("Before → after, or SHA-256 of the file"))
    rows = [
        (one.title, one.word, f"{one.before} → {one.after}" if one.before or one.after
         else grouped(one.digest) or "—")
        for one in handed
    ]  # fmt: skip
    return [ruled_table(heads, rows, (3, 1, 6))]


def _clock_row(one: Clock) -> list[Cell]:
    if one.target is None:
        limit, verdict = tr("none agreed"), StateWord("unknown", tr("not judged"))
    else:
        limit = phrases.duration(one.target)
        late = one.state == "critical"
        word = (
            tr("late")
            if late
            else tr("still runs")
            if one.running
            else tr("kept", context="promise")
        )
        verdict = StateWord(one.state, word)
    return [
        word_of_clock(one.key),
        phrases.duration(one.seconds),
        phrases.duration(one.paused) if one.paused else "—",
        limit,
        verdict,
    ]


def _said(one: Step) -> str:
    emergency = ""
    if one.emergency:
        mark = strong(tr("Special emergency", context="report"))
        emergency = tr("{mark}: {reason}", mark=mark, reason=one.emergency)
    files = tr(", ", context="list").join(file.name for file in one.files)
    return "\n".join(text for text in (one.text, emergency, files) if text) or "—"
