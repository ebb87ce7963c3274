"""The inspection (巡检报告): everything of the contract against its limits, compared with the
period before, with the alerts that there were, and what follows from them."""

from __future__ import annotations

from collections import Counter
from typing import Final

from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer, Table

from gmops_desktop.addresses import Kind
from gmops_desktop.contract.alerts import Alert
from gmops_desktop.language import mark, speaking, tr, tr_n
from gmops_desktop.reports import phrases
from gmops_desktop.reports.boxes import card_row, verdict_box, writable
from gmops_desktop.reports.change_parts import head
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.marks import FigureCard, StateWord
from gmops_desktop.reports.orders import Built, Document
from gmops_desktop.reports.own_words import own_words
from gmops_desktop.reports.paragraph import Paragraph, strong
from gmops_desktop.reports.period_facts import Inspected, InspectionFacts, Measured
from gmops_desktop.reports.proof import proof_block
from gmops_desktop.reports.signatures import SignBlock
from gmops_desktop.reports.styles import CELL, FACT, NOTE
from gmops_desktop.reports.tables import Cell, particulars, ruled_table, title_block
from gmops_desktop.states import State, word_of, worst

_KINDS: Final[dict[Kind, str]] = {
    "host": mark("Cloud server"),
    "mysql": mark("Database"),
    "website": mark("Web site"),
    "account": mark("Official account"),
    "cloud": mark("Cloud account"),
}
_STATES: Final[tuple[State, ...]] = ("ok", "warning", "critical", "unknown")
_ENOUGH: Final = 0.9  # coverage under which a figure is told with a warning


def make_inspection(facts: InspectionFacts, document: Document) -> Built:
    """Return the report as PDF/A-3b with its facts attached as JSON."""
    with speaking(document.language):
        return filed(
            facts, "inspection", document, tr("Inspection report"), facts.contract.party_b,
            lambda digest: _story(facts, document, digest),
        )  # fmt: skip


def _story(facts: InspectionFacts, document: Document, digest: str) -> list[Flowable]:
    contract = facts.contract
    state, verdict, text = _verdict(facts)
    return [
        title_block(tr("Inspection report"), contract.title, document),
        verdict_box(state, verdict, text),
        Spacer(0, 6),
        _figures(facts),
        Spacer(0, 2),
        particulars(
            [
                (tr("Contract"), f"{contract.title} ({contract.number})"),
                (tr("Period", context="report"), phrases.span(facts.start, facts.end)),
                (tr("Inspected by"), facts.prepared_by),
                (tr("Prepared", context="report"), phrases.full_moment(facts.at)),
                (
                    tr("Method"),
                    tr(
                        "Each thing is looked at by the program itself; limits are those of its "
                        "alerts; what could not be seen is unknown and never in order."
                    ),
                ),
            ]
        ),
        *own_words(document, "overview"),
        *head(1, tr("What was inspected")),
        *_overview(facts),
        *head(2, tr("Items, limits and findings")),
        *[part for one in facts.inspected for part in _details(one)],
        *head(3, tr("Alerts of the period")),
        *_alerts(facts),
        *head(4, tr("Findings and advice")),
        *_advice(facts, own_words(document, "findings")),
        KeepTogether(
            [
                *head(5, tr("Proof and signatures"))[1:],
                proof_block(document, digest, facts.heads),
                Spacer(0, 2),
                SignBlock(contract.party_a, contract.party_b),
            ]
        ),
    ]


def _verdict(facts: InspectionFacts) -> tuple[State, str, str]:
    state = worst([one.state for one in facts.inspected])
    words = {
        "ok": tr("Everything inspected is in order."),
        "warning": tr("In use, with findings that want attention."),
        "critical": tr("Something must be mended at once."),
        "unknown": tr("Not everything could be seen."),
    }
    told = [
        tr("{name}: {reason}", context="report", name=one.name, reason=one.reason)
        for one in facts.inspected
        if one.state != "ok" and one.reason
    ]
    return state, words[state], "\n".join(told[:4])


def _figures(facts: InspectionFacts) -> Table:
    counted = Counter(one.state for one in facts.inspected)
    standing = sum(one.cleared_at is None for one in facts.alerts)
    cards = [
        FigureCard(
            word_of(state), str(counted[state]), tr("items", context="changes"),
            tr("of {count} inspected", count=len(facts.inspected)),
            state if counted[state] or state == "ok" else None,
        )
        for state in _STATES
    ]  # fmt: skip
    cards.append(
        FigureCard(
            tr("Alerts", context="report"), str(len(facts.alerts)), tr("times", context="count"),
            tr("{count} not over yet", count=standing) if standing else tr("all of them over"),
            "warning" if standing else None,
        )
    )  # fmt: skip
    return card_row(cards)


def _overview(facts: InspectionFacts) -> list[Flowable]:
    if not facts.inspected:
        return [StateWord("unknown", tr("Nothing that belongs to the contract is recorded."))]
    heads = (
        tr("What", context="report"),
        tr("Kind"),
        tr("Looked at on"),
        tr("State", context="report"),
        tr("Remarks", context="report"),
    )
    rows: list[list[Cell]] = [
        [
            one.name,
            tr(_KINDS[one.kind]),
            phrases.full_moment(one.looked_at) if one.looked_at else tr("never"),
            StateWord(one.state, word_of(one.state)),
            one.reason or "—",
        ]
        for one in facts.inspected
    ]
    return [ruled_table(heads, rows, (3, 1.8, 2.6, 1.5, 5))]


def _details(one: Inspected) -> list[Flowable]:
    """Return one thing's items: what was measured over the period, and what the last look saw."""
    rows: list[list[Cell]] = [_measured(item) for item in one.measured]
    rows += [
        [title, tr("last look"), value, "—", StateWord(state, word_of(state))]
        for title, value, state in one.figures
    ]
    title = Paragraph(strong(one.name), FACT)
    if not rows:
        return [CondPageBreak(40), title, StateWord("unknown", tr("Nothing was measured."))]
    heads = (
        tr("Item", context="inspection"),
        tr("Limit"),
        tr("Measured", context="inspection"),
        tr("Period before"),
        tr("Result"),
    )
    return [CondPageBreak(60), title, ruled_table(heads, rows, (3.6, 2.2, 4, 2.2, 2))]


def _measured(one: Measured) -> list[Cell]:
    if one.mean is None or one.high is None:
        unknown = StateWord("unknown", word_of("unknown"))
        return [one.title, _limit(one), tr("nobody looked"), _figure(one.before), unknown]
    said = tr("mean {mean}, highest {high}", mean=_figure(one.mean), high=_figure(one.high))
    if one.less_is_worse:
        said = tr("mean {mean}, lowest {low}", mean=_figure(one.mean), low=_figure(one.high))
    if one.coverage < _ENOUGH:
        said += "\n" + tr("Coverage {share} %", share=phrases.per_cent(one.coverage))
    beyond = one.limit is not None and (
        one.high <= one.limit if one.less_is_worse else one.high >= one.limit
    )
    if one.limit is None:
        verdict: Cell = tr("no limit set")
    elif beyond:
        verdict = StateWord("warning", tr("beyond it"))
    else:
        verdict = StateWord("ok", tr("within it"))
    return [one.title, _limit(one), said, _figure(one.before), verdict]


def _limit(one: Measured) -> str:
    if one.limit is None:
        return tr("none set", context="limit")
    return f"{'＞' if one.less_is_worse else '＜'} {_figure(one.limit)}"


def _alerts(facts: InspectionFacts) -> list[Flowable]:
    if not facts.alerts:
        return [StateWord("ok", tr("No alert stood in this period."))]
    heads = (
        tr("From", context="time"),
        tr("Until", context="time"),
        tr("What", context="report"),
        tr("Alert"),
        tr("Ticket"),
    )
    rows = [_alert(one) for one in facts.alerts]
    return [ruled_table(heads, rows, (1.8, 1.8, 2.4, 6.4, 1.6))]


def _alert(one: Alert) -> list[Cell]:
    over = phrases.moment(one.cleared_at) if one.cleared_at else tr("not over")
    text = StateWord(one.shown, one.text)
    return [phrases.moment(one.raised_at), over, one.resource, text, one.ticket or "—"]


def _advice(facts: InspectionFacts, own: list[Flowable]) -> list[Flowable]:
    open_ones = [one for one in facts.inspected if one.state != "ok"]
    parts: list[Flowable] = [
        StateWord(one.state, tr("{name}: {reason}", context="report", name=one.name,
                                reason=one.reason or word_of(one.state)))
        for one in open_ones
    ]  # fmt: skip
    if not parts:
        parts.append(Paragraph(tr("Nothing found; the next inspection follows as planned."), CELL))
    count = len(open_ones)
    if count:
        words = tr_n("{count} finding is to be followed.", "{count} findings are to be followed.",
                     count)  # fmt: skip
        parts.append(Paragraph(words, NOTE))
    if own:
        return [*parts, *own]
    remarks = ruled_table((tr("Remarks by hand"),), [[writable("", 34)]], (1,))
    return [*parts, KeepTogether([Spacer(0, 3), remarks])]


def _figure(value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}"
