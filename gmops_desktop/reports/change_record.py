"""The record of what became of a change (补丁报告, 发布报告, 配置变更报告): gates with their
evidence, plan against what was done, the runs on the server, checks compared, confirmation."""

from __future__ import annotations

from typing import Final

from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from gmops_desktop.contract.change_checks import compare, held
from gmops_desktop.contract.changes import word_of_state
from gmops_desktop.language import mark, speaking, tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.boxes import card_row, verdict_box
from gmops_desktop.reports.change_facts import ChangeFacts, RecordFacts, RunLine
from gmops_desktop.reports.change_outcome import (
    RUN_ROOM,
    checks_section,
    gates_table,
    planned_and_done,
    results,
    run_parts,
)
from gmops_desktop.reports.change_parts import (
    downtime,
    effects,
    head,
    passed_over,
    span,
    way_back,
    word_of_kind,
)
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.marks import FigureCard, StateWord
from gmops_desktop.reports.orders import Built, Document
from gmops_desktop.reports.own_words import own_sections, own_words
from gmops_desktop.reports.paragraph import Paragraph
from gmops_desktop.reports.proof import proof_block
from gmops_desktop.reports.signatures import SignBlock
from gmops_desktop.reports.styles import CELL
from gmops_desktop.reports.tables import particulars, title_block
from gmops_desktop.states import State

_TITLES: Final = {
    "patch": mark("Patch report"),
    "release": mark("Release report"),
    "configuration": mark("Configuration change report"),
}


def make_change_record(facts: RecordFacts, document: Document) -> Built:
    """Return the record as PDF/A-3b with its facts attached as JSON."""
    with speaking(document.language):
        title = tr(_TITLES.get(facts.change.kind, _TITLES["patch"]))
        return filed(
            facts, "change_record", document, title, facts.change.contract.party_b,
            lambda digest: _story(facts, document, title, digest),
        )  # fmt: skip


def _story(facts: RecordFacts, document: Document, title: str, digest: str) -> list[Flowable]:
    change = facts.change
    state, verdict, text = _verdict(facts)
    more, last = own_sections(document, "change_record", ("advice",), 8)
    return [
        title_block(title, change.contract.title, document),
        verdict_box(state, verdict, text),
        Spacer(0, 6),
        _figures(facts),
        Spacer(0, 2),
        *own_words(document, "overview"),
        *head(1, tr("What was asked for")),
        particulars(_particulars(facts)),
        *head(2, tr("Gates and their evidence")),
        *gates_table(facts.gates),
        *head(3, tr("Special emergencies and deviations")),
        *passed_over((*change.emergencies, *facts.deviations), facts.gates),
        *own_words(document, "deviations"),
        *head(4, tr("Planned and done")),
        *planned_and_done(facts),
        Paragraph(effects(change), CELL),
        *own_words(document, "done"),
        *head(5, tr("What ran on the server"), tr("times by the server's clock"), RUN_ROOM),
        *_runs(facts),
        *head(6, tr("Checks before and after")),
        *checks_section(facts),
        *head(7, tr("The way back")),
        *_back(facts),
        *more,
        KeepTogether(
            [
                *head(last, tr("Party A's confirmation, proof and signatures"))[1:],
                *_confirmed(facts),
                Spacer(0, 3),
                proof_block(document, digest, facts.heads),
                Spacer(0, 2),
                SignBlock(change.contract.party_a, change.contract.party_b),
            ]
        ),
    ]


def _verdict(facts: RecordFacts) -> tuple[State, str, str]:
    """Return what it all comes to; never better than the worst thing known."""
    change = facts.change
    back = _last(facts, "rollback")
    run = _last(facts, "apply")
    said = tr("State: {state}.", state=word_of_state(change.state))
    if back is not None and back.state != "done":
        return "critical", tr("Not whole: taking it back did not end well."), _why(said, back)
    if back is not None:
        words = tr("Taken back: the server is as it was planned for this case.")
        return "warning", words, phrases.sentences(said, facts.rollback_reason)
    if change.state == "cancelled":
        return "warning", tr("Cancelled: it was not carried out."), said
    if run is None:
        return "unknown", tr("Not carried out yet."), said
    if run.state == "running":
        return "unknown", tr("Going on at the server: its end is not known yet."), said
    if run.state != "done":
        ended = run.state in ("failed", "interrupted")
        words = tr("It did not end well.") if ended else tr("What became of it is not known.")
        return ("critical" if ended else "unknown"), words, _why(said, run)
    if facts.before is None or facts.after is None:
        return "unknown", tr("Carried out; whether everything works has not been checked."), said
    if not held(compare(facts.before, facts.after)):
        return "critical", tr("Carried out, but something is worse than before."), said
    if facts.done is None:
        words = tr("Carried out, and nothing is worse; not yet held against the plan.")
        return "unknown", words, said
    if any(one.state != "ok" for one in results(facts)):
        return "warning", tr("Carried out, but not quite as planned."), said
    if facts.confirmation is None:
        words = tr("Carried out as planned; nothing is worse than before.")
        return "ok", words, phrases.sentences(said, tr("Party A has not confirmed it yet."))
    words = tr("Carried out as planned, and confirmed by Party A.")
    return "ok", words, phrases.sentences(said, tr("Nothing is worse than before."))


def _why(said: str, run: RunLine) -> str:
    return phrases.sentences(said, run.why or tr("No reason is known."))


def _last(facts: RecordFacts, purpose: str) -> RunLine | None:
    found = [run for run in facts.runs if run.purpose == purpose]
    return found[-1] if found else None


def _figures(facts: RecordFacts) -> Table:
    run = _last(facts, "apply")
    if run is not None and run.began_at and run.ended_at:
        seconds = (run.ended_at - run.began_at).total_seconds()
        took = FigureCard(
            tr("Carried out in"), phrases.duration(seconds), "",
            tr("begun {at}", at=phrases.moment(run.began_at)),
        )  # fmt: skip
    else:
        took = FigureCard(tr("Carried out in"), "—", "", tr("not known"), "unknown")
    found = results(facts)
    good = sum(one.state == "ok" for one in found)
    known = facts.done is not None
    kept = FigureCard(
        tr("As planned"),
        f"{good}/{len(found)}" if known else "—",
        "",
        (tr("everything", context="report") if good == len(found) else tr("see part 4"))
        if known
        else tr("not known"),
        ("ok" if good == len(found) else "warning") if known else "unknown",
    )
    if facts.before is None or facts.after is None:
        checks = FigureCard(tr("Checks"), "—", "", tr("not taken before and after"), "unknown")
    else:
        differences = compare(facts.before, facts.after)
        bad = sum(one.verdict in ("worse", "unknown") for one in differences)
        checks = FigureCard(
            tr("Checks"),
            str(len(differences)),
            tr("items", context="changes"),
            tr("{count} worse or unknown", count=bad) if bad else tr("none is worse"),
            "critical" if bad else "ok",
        )
    passed = sum(bool(one.emergency) for one in facts.gates)
    met = sum(one.met for one in facts.gates)
    gates = FigureCard(
        tr("Gates met"),
        f"{met}/{len(facts.gates)}" if facts.gates else "—",
        "",
        tr("{count} passed as special emergency", count=passed)
        if passed
        else tr("none passed over"),
        "warning" if passed else ("ok" if facts.gates and met == len(facts.gates) else "unknown"),
    )
    return card_row((took, kept, checks, gates))


def _particulars(facts: RecordFacts) -> list[tuple[str, str]]:
    change = facts.change
    run = _last(facts, "apply")
    approved = tr("; ").join(f"{one.by} {phrases.full_moment(one.at)}" for one in facts.approvals)
    return [
        (tr("Contract"), f"{change.contract.title} ({change.contract.number})"),
        (tr("Change", context="report"), f"{change.number}  {change.title}"),
        (tr("Kind"), word_of_kind(change.kind)),
        (tr("Server", context="report"), change.server),
        (tr("Ticket"), change.ticket),
        (tr("Why", context="report"), change.why or tr("not evaluated")),
        (tr("Risk"), change.risk),
        (tr("Released by"), approved),
        (tr("Window", context="change"), span(change.window_begin, change.window_end)),
        (tr("Expected downtime"), downtime(change.downtime_minutes)),
        (tr("Done by", context="report"), (run.by if run else "") or change.performer),
        (tr("Person-days"), _days(change, facts)),
    ]


def _days(change: ChangeFacts, facts: RecordFacts) -> str:
    if change.person_days is None and facts.spent_days is None:
        return ""
    none = tr("none")
    planned = f"{change.person_days.normalize():f}" if change.person_days is not None else none
    spent = f"{facts.spent_days.normalize():f}" if facts.spent_days is not None else none
    return tr("evaluated {planned}, spent {spent}", planned=planned, spent=spent)


def _runs(facts: RecordFacts) -> list[Flowable]:
    if not facts.runs:
        return [Paragraph(tr("Nothing has run on the server."), CELL)]
    parts: list[Flowable] = []
    for run in facts.runs:
        parts += run_parts(run)
    if facts.kept_files:
        words = tr(
            "Configuration files that were kept as they are; the new versions lie beside them: "
            "{files}",
            files=tr(", ", context="list").join(facts.kept_files),
        )
        parts.append(StateWord("warning", words))
    return parts


def _back(facts: RecordFacts) -> list[Flowable]:
    run = _last(facts, "rollback")
    if run is None:
        words = tr("It was not needed. It would have been:")
        return [Paragraph(words, CELL), *way_back(facts.change.rollback, facts.change.last_resort)]
    reason = facts.rollback_reason or tr("no reason was recorded")
    words = tr("The change was taken back: {reason}", reason=reason)
    state: State = "ok" if run.state == "done" else "critical"
    return [StateWord(state, words), *way_back(facts.change.rollback, facts.change.last_resort)]


def _confirmed(facts: RecordFacts) -> list[Flowable]:
    one = facts.confirmation
    if one is None:
        return [StateWord("unknown", tr("Party A has not confirmed it yet."))]
    words = tr(
        "{name} confirmed on {at} ({channel})",
        name=one.by,
        at=phrases.full_moment(one.at),
        channel=one.channel,
    )
    said = tr(": ") + one.text if one.text else ""
    paper = tr("Paper: {name}", name=one.paper) if one.paper else ""
    return [StateWord("ok", "\n".join(text for text in (words + said, paper) if text))]
