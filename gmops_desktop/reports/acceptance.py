"""The end of a year's report: what the record says of each criterion, and the place in which
Party A accepts the work or does not."""

from __future__ import annotations

from reportlab.platypus import Flowable, KeepTogether, Spacer

from gmops_desktop.contract.tickets import ENDED
from gmops_desktop.language import tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.boxes import verdict_box, writable
from gmops_desktop.reports.captions import Captions
from gmops_desktop.reports.key_figures import ENOUGH
from gmops_desktop.reports.marks import Section, StateWord
from gmops_desktop.reports.orders import Document
from gmops_desktop.reports.own_words import own_words
from gmops_desktop.reports.proof import proof_block
from gmops_desktop.reports.signatures import SignBlock
from gmops_desktop.reports.span_facts import SpanFacts, held
from gmops_desktop.reports.span_sections import head
from gmops_desktop.reports.tables import Cell, ruled_table
from gmops_desktop.states import State

Criterion = tuple[str, State, str]


def acceptance_section(
    facts: SpanFacts, document: Document, digest: str, number: int, captions: Captions
) -> list[Flowable]:
    """Return the criteria, the verdict that follows from them, and proof and signatures in one
    piece: seals never stand on a page without a text."""
    criteria = _criteria(facts)
    heads = (tr("Criterion"), tr("Result"), tr("What the record says"))
    rows: list[list[Cell]] = [
        [what, StateWord(state, _word(state)), said] for what, state, said in criteria
    ]
    caption = captions.table(tr("what the record says of the criteria"))
    contract = facts.contract
    opinion = ruled_table((tr("Party A's opinion, by hand"),), [[writable("", 48)]], (1,))
    return [
        *head(number, tr("Acceptance and conclusion")),
        _verdict(facts, criteria),
        Spacer(0, 5),
        ruled_table(heads, rows, (2.6, 1.6, 6), (), caption),
        *own_words(document, "acceptance"),
        KeepTogether([Spacer(0, 4), opinion]),
        KeepTogether(
            [
                Section(phrases.numbered(number + 1, tr("Proof and signatures"))),
                proof_block(document, digest, facts.heads),
                Spacer(0, 2),
                SignBlock(
                    contract.party_a,
                    contract.party_b,
                    tr("Party A has examined the services of the period and accepts them as ticked "
                       "below. It is made in two copies, one for each party; its data are attached "
                       "to the electronic file."),
                    (tr("accepted"), tr("accepted with conditions"), tr("not accepted")),
                ),
            ]
        ),
    ]  # fmt: skip


def _word(state: State) -> str:
    return {
        "ok": tr("met"),
        "warning": tr("met in part"),
        "critical": tr("not met"),
        "unknown": tr("not known"),
    }[state]


def _verdict(facts: SpanFacts, criteria: list[Criterion]) -> Flowable:
    states = {one for _, one, _ in criteria}
    order: tuple[State, ...] = ("critical", "unknown", "warning", "ok")
    state = next(one for one in order if one in states)  # what nobody knows was not done yet
    words = {
        "ok": tr("By the record, everything that was agreed was done."),
        "warning": tr("By the record, what was agreed was done, with remarks."),
        "critical": tr("By the record, not everything that was agreed was done."),
        "unknown": tr("The record does not suffice to say that everything was done."),
    }
    said = [what for what, one, _ in criteria if one != "ok"]
    text = tr("Whether it is accepted is for Party A to say.")
    if said:
        listed = tr(", ", context="list").join(said)
        text = phrases.sentences(tr("To be looked at: {what}.", what=listed), text)
    if not facts.over:
        text = phrases.sentences(text, tr("The year is not over: this is where it stands."))
    return verdict_box(state, words[state], text)


def _criteria(facts: SpanFacts) -> list[Criterion]:
    return [
        _items(facts),
        _limits(facts),
        _sites(facts),
        _tickets(facts),
        _copies(facts),
        _drills(facts),
        _papers(facts),
        _emergencies(facts),
    ]


def _items(facts: SpanFacts) -> Criterion:
    what = tr("Services agreed")
    if not facts.items:
        return what, "unknown", tr("The contract's items are not on record.")
    missing = sum("missing" in one.cells for one in facts.items)
    partly = sum("partly" in one.cells and "missing" not in one.cells for one in facts.items)
    said = tr(
        "{count} items: {missing} with months without evidence, {partly} in part",
        count=len(facts.items), missing=missing, partly=partly,
    )  # fmt: skip
    for one in facts.items:
        if lacking := [on for (on, _), cell in zip(facts.months, one.cells, strict=True)
                       if cell == "missing"]:  # fmt: skip
            months = tr(", ", context="list").join(phrases.month(on) for on in lacking)
            said += "\n" + tr("{item}: {months}", item=one.item.name, months=months)
    return what, "critical" if missing else "warning" if partly else "ok", said


def _limits(facts: SpanFacts) -> Criterion:
    what = tr("Limits of response and resolution")
    response, _, resolve = held(facts.whole.tickets)
    if not response.total and not resolve.total:
        return what, "ok", tr("No ticket had to be judged.")
    late = response.total - response.kept + resolve.total - resolve.kept
    said = tr(
        "response {a} of {b}, resolution {c} of {d} in time",
        a=response.kept, b=response.total, c=resolve.kept, d=resolve.total,
    )  # fmt: skip
    return what, "warning" if late else "ok", said


def _sites(facts: SpanFacts) -> Criterion:
    what = tr("Website availability", context="report")
    if not facts.sites or any(one.whole.up is None for one in facts.sites):
        return what, "unknown", tr("Nobody looked, or not at every website.")
    said = tr("; ", context="list").join(
        tr("{name} {share} % (coverage {coverage} %)", name=one.name,
           share=phrases.per_cent(one.whole.up or 0.0),
           coverage=phrases.per_cent(one.whole.coverage))
        for one in facts.sites
    )  # fmt: skip
    covered = all(one.whole.coverage >= ENOUGH for one in facts.sites)
    return what, "ok" if covered else "warning", said


def _tickets(facts: SpanFacts) -> Criterion:
    still = [one for one in facts.whole.tickets if one.state not in ENDED]
    silent = [one for one in facts.whole.tickets if one.state == "closed" and not one.confirmed_by]
    said = tr("{count} tickets; {still} still open; {silent} closed without Party A's confirmation",
              count=f"{len(facts.whole.tickets):,}", still=f"{len(still):,}",
              silent=f"{len(silent):,}")  # fmt: skip
    return tr("Tickets closed and confirmed"), "warning" if still or silent else "ok", said


def _copies(facts: SpanFacts) -> Criterion:
    what = tr("Backups")
    if not facts.owed and not facts.copies:
        return what, "unknown", tr("Nothing is to be backed up, and nothing was.")
    there = {(one.kind, one.source) for one in facts.copies}
    never = [name for kind, name in facts.owed if (kind, name) not in there]
    good = sum(one.good for one in facts.copies)
    said = tr("{part} of {whole} verified and whole", part=f"{good:,}",
              whole=f"{len(facts.copies):,}")  # fmt: skip
    if never:
        names = tr(", ", context="list").join(never)
        return what, "critical", tr("{said}; never: {names}", said=said, names=names)
    return what, "ok" if good == len(facts.copies) else "warning", said


def _drills(facts: SpanFacts) -> Criterion:
    what = tr("Backups proved by restoring")
    proved = sum(one.outcome == "proved" for one in facts.drills) + sum(
        one.proved for one in facts.whole.restores
    )
    whole = len(facts.drills) + len(facts.whole.restores)
    said = tr("{part} of {whole} drills and restores proved", part=proved, whole=whole)
    if not whole:
        return what, "unknown", tr("None was run: that the backups serve is not proved.")
    return what, "ok" if proved == whole else "warning" if proved else "critical", said


def _papers(facts: SpanFacts) -> Criterion:
    what = tr("Documents handed over")
    both = sum(one.signed == "both" for one in facts.papers)
    said = tr("{count} documents, {both} signed by both parties", count=len(facts.papers),
              both=both)  # fmt: skip
    return what, "ok" if facts.papers else "warning", said


def _emergencies(facts: SpanFacts) -> Criterion:
    what = tr("Rules passed over")
    count = len(facts.whole.overrides)
    if not count:
        return what, "ok", tr("No rule was passed over: no special emergency, no deviation.")
    said = tr("{count} special emergencies, each with its reason in section 6", count=count)
    return what, "warning", said
