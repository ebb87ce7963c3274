"""What became of a change, in tables: gates, plan against what was done, runs, checks compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reportlab.platypus import CondPageBreak, Flowable, Spacer

from gmops_desktop.contract.change_checks import Checked, Checks, Verdict, compare, word_of_verdict
from gmops_desktop.contract.runs import RunPurpose, RunState, word_of_run
from gmops_desktop.language import mark, tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.boxes import code_lines
from gmops_desktop.reports.change_facts import GateLine, Item, RecordFacts, RunLine, StepLine
from gmops_desktop.reports.change_parts import version, word_of_item
from gmops_desktop.reports.marks import StateWord
from gmops_desktop.reports.paragraph import Paragraph, strong
from gmops_desktop.reports.proof import grouped
from gmops_desktop.reports.styles import FACT, NOTE, Align
from gmops_desktop.reports.tables import Cell, ruled_table
from gmops_desktop.states import State

_RUN: Final = 80  # points that a run's words and the first line of its table need
RUN_ROOM: Final = _RUN + 50  # and a section's head above them
_TAIL: Final = 24  # lines of a log printed; its digest proves the rest
_STATES: Final[dict[Verdict, State]] = {
    "same": "ok",
    "better": "ok",
    "changed": "warning",
    "worse": "critical",
    "unknown": "unknown",
}
_RUNS: Final[dict[RunState, State]] = {
    "done": "ok",
    "failed": "critical",
    "interrupted": "critical",
}
_PURPOSES: Final[dict[RunPurpose, str]] = {
    "apply": mark("Carrying it out"),
    "rollback": mark("Taking it back"),
}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one thing planned; `done` is None where it was not altered or is not known."""

    planned: Item | None
    done: Item | None
    state: State


def results(facts: RecordFacts) -> tuple[Result, ...]:
    """Return each thing planned with what was done, then what else was altered."""
    if facts.done is None:
        return tuple(Result(one, None, "unknown") for one in facts.change.items)
    there = {(one.kind, one.title): one for one in facts.done}
    found = []
    for one in facts.change.items:
        done = there.pop((one.kind, one.title), None)
        good = done is not None and done.after == one.after
        found.append(Result(one, done, "ok" if good else "warning"))
    # A package brings its files of configuration along, and no simulation tells which.
    with_packages = facts.change.kind == "patch"
    for one in there.values():
        brought = with_packages and one.kind == "configuration"
        found.append(Result(None, one, "ok" if brought else "warning"))
    return tuple(found)


def gates_table(gates: Sequence[GateLine]) -> list[Flowable]:
    """Return each gate with what proved it, what was lacking, or why it was passed over."""
    if not gates:
        return [StateWord("unknown", tr("The gates were not recorded."))]
    heads = (tr("Gate"), tr("State", context="report"), tr("Evidence, or why it was passed over"))
    rows: list[list[Cell]] = [[one.title, _gate(one), _evidence(one)] for one in gates]
    return [ruled_table(heads, rows, (4, 1.9, 7))]


def planned_and_done(facts: RecordFacts) -> list[Flowable]:
    """Return each thing planned beside what the server says was done."""
    found = results(facts)
    if not found:
        return [StateWord("unknown", tr("The plan is not known."))]
    heads = (
        tr("What is altered"),
        tr("Kind"),
        tr("Before", context="version"),
        tr("Planned", context="version"),
        tr("Done", context="version"),
        tr("Result"),
    )
    rows = [_result_row(one, known=facts.done is not None) for one in found]
    parts: list[Flowable] = [ruled_table(heads, rows, (3.4, 1.7, 2.5, 2.5, 2.5, 1.9))]
    if any(len(one.planned.after) == 64 for one in found if one.planned):
        words = tr("Of digests (SHA-256) the beginning is printed; they stand whole in the data.")
        parts.append(Paragraph(words, NOTE))
    return parts


def run_parts(run: RunLine) -> list[Flowable]:
    """Return one run: what it was, its steps with their ends, its log's digest and last lines."""
    begun = phrases.full_moment(run.began_at) if run.began_at else tr("not known")
    ended = phrases.full_moment(run.ended_at) if run.ended_at else tr("not known")
    title = tr(
        "{what}: {begin} to {end}, started by {name}",
        what=strong(tr(_PURPOSES[run.purpose])),
        begin=begun,
        end=ended,
        name=run.by or tr("not known"),
    )
    word = word_of_run(run.state)
    if run.status is not None:
        word = tr("{word} (exit code {code})", word=word, code=run.status)
    if run.why:
        word += f"\n{run.why}"
    if run.restarted is not None:
        word += "\n" + (
            tr("The server was restarted meanwhile; its boot id is another.")
            if run.restarted
            else tr("The server was not restarted.")
        )
    if run.left:
        word += "\n" + phrases.sentences(*run.left)
    parts: list[Flowable] = [
        CondPageBreak(_RUN),
        Paragraph(title, FACT),
        StateWord(_RUNS.get(run.state, "unknown"), word),
        Spacer(0, 2),
    ]
    if run.steps:
        heads = (
            tr("Step"),
            tr("Begun"),
            tr("Time", context="lasting"),
            tr("Exit code"),
            tr("Result"),
        )
        rows = [_step_row(step) for step in run.steps]
        aligns: tuple[Align, ...] = ("left", "left", "right", "right", "left")
        parts.append(ruled_table(heads, rows, (5, 2.6, 1.8, 1.5, 2.4), aligns))
    if run.log_digest:
        size = phrases.size(run.log_bytes) if run.log_bytes is not None else tr("not known")
        words = tr(
            "Log of run {id} ({size}), SHA-256 {digest}",
            id=run.id,
            size=size,
            digest=grouped(run.log_digest),
        )
        parts.append(Paragraph(words, NOTE))
    if run.tail:
        lines = run.tail.rstrip().splitlines()
        parts += code_lines("\n".join(lines[-_TAIL:]), _TAIL)
    return parts


def checks_section(facts: RecordFacts) -> list[Flowable]:
    """Return the checks of both moments beside each other, what is worse first."""
    before, after = facts.before, facts.after
    if before is None and after is None:
        return [StateWord("unknown", tr("Nothing was looked at before or after."))]
    none = Checks(facts.at, ())
    heads = (
        tr("Looked at", context="check"),
        tr("Before", context="check"),
        tr("After", context="check"),
        tr("Result"),
    )
    rows: list[list[Cell]] = [
        [
            one.title,
            _checked(one.before),
            _checked(one.after),
            StateWord(_STATES[one.verdict], word_of_verdict(one.verdict)),
        ]
        for one in compare(before or none, after or none)
    ]
    when = tr(
        "Looked at on {before}, and again on {after}.",
        before=phrases.full_moment(before.at) if before else tr("not before"),
        after=phrases.full_moment(after.at) if after else tr("not after"),
    )
    return [ruled_table(heads, rows, (3.2, 4, 4, 2.4)), Paragraph(when, NOTE)]


def _gate(one: GateLine) -> StateWord:
    if one.met:
        return StateWord("ok", tr("met"))
    if one.emergency:
        return StateWord("warning", tr("Special emergency", context="report"))
    return StateWord("critical", tr("not met"))


def _evidence(one: GateLine) -> str:
    if one.met:
        return one.evidence or "—"
    if one.emergency:
        reason = tr("Reason: {reason}", reason=one.emergency)
        return "\n".join(text for text in (one.missing, strong(reason)) if text)
    return one.missing or "—"


def _result_row(one: Result, *, known: bool) -> list[Cell]:
    shown = one.planned or one.done
    assert shown is not None
    before = (one.done or shown).before
    there, gone = tr("(not there)"), tr("(removed)")
    if one.done is not None:
        done = version(one.done, one.done.after, gone)
    else:
        done = tr("not altered") if known else tr("not known")
    if one.state == "ok":
        word = tr("as planned") if one.planned else tr("came with a package")
    elif one.state == "unknown":
        word = tr("not known")
    else:
        word = tr("otherwise") if one.planned else tr("not planned")
    return [
        shown.title,
        word_of_item(shown.kind),
        version(shown, before, there),
        version(one.planned, one.planned.after, gone) if one.planned else "—",
        done,
        StateWord(one.state, word),
    ]


def _step_row(step: StepLine) -> list[Cell]:
    took = "—"
    if step.began_at and step.ended_at:
        took = phrases.duration((step.ended_at - step.began_at).total_seconds())
    if step.status is None:
        result = StateWord("unknown", tr("its end is not known"))
    elif step.status:
        result = StateWord("critical", tr("failed"))
    else:
        result = StateWord("ok", tr("done"))
    return [
        step.title,
        phrases.seconds(step.began_at) if step.began_at else "—",
        took,
        str(step.status) if step.status is not None else "—",
        result,
    ]


def _checked(one: Checked | None) -> Cell:
    if one is None:
        return tr("not looked at")
    return StateWord(one.state, one.text)
