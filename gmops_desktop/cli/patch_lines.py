"""Changes as lines of text: the plan, the gates, the way back, the checks, the steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gmops_desktop.contract.terms import ZONE, told_in
from gmops_desktop.language import tr
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.contract.change_checks import Checks, Difference
    from gmops_desktop.contract.rollbacks import RollbackPlan
    from gmops_desktop.services.patches import Change, Update


@told_in(ZONE)
def show(session: Session, change: Change) -> None:
    """Answer with a change: its state, what is next, plan, gates, way back, checks, steps."""
    from gmops_desktop.contract.changes import word_of_kind, word_of_state

    terminal = session.terminal
    steps = session.services.patches.steps(change.id)
    if terminal.as_json:
        terminal.answer({"change": change, "steps": steps})
        return
    kind = word_of_kind(change.kind)
    terminal.answer(
        change, f"{change.number} {change.title} · {kind} · {word_of_state(change.state)}"
    )
    if change.window:
        begin, end = map(words.stamp, change.window)
        terminal.answer(change, tr("Window: {begin} – {end}", begin=begin, end=end))
    terminal.answer(change, change.next_step)
    show_plan(session, change)
    terminal.answer(change, *gate_lines(change))
    terminal.answer(change, *way_back_lines(change.way_back))
    if change.after is None:
        terminal.answer(change, *check_lines(change.before))
    else:
        terminal.answer(change, *difference_lines(change.differences))
    terminal.answer(change, *run_lines(change))
    for step in steps:
        said = "; ".join(step.text.splitlines())
        terminal.answer(change, f"{words.stamp(step.at)}  {step.actor}  {step.action}  {said}")


def show_plan(session: Session, change: Change) -> None:
    """Print what a change would do, by its kind."""
    from gmops_desktop.contract.restart_lines import restart_lines

    plan = change.updates
    if plan is not None:
        show_updates(session, change, plan.packages)
        for word, names in (
            (tr("newly installed"), plan.installs),
            (tr("removed"), plan.removes),
            (tr("replaced", context="package"), plan.obsoletes),
        ):
            if names:
                session.terminal.answer(change, f"{word}{tr(': ')}{words.listed(names)}")
        session.terminal.answer(change, *(text for _state, text in restart_lines(plan)))
    else:
        session.terminal.answer(change, *_other_plan(change))
    for line in change.drift:
        session.terminal.answer(change, f"! {line}")


def _other_plan(change: Change) -> Iterator[str]:
    if not change.plan:
        yield tr("no plan was made yet")
    elif change.kind == "release":
        from gmops_desktop.contract.releases import release_from_dict

        release = release_from_dict(change.plan)
        yield f"{release.source} → {release.folder} · SHA-256 {release.digest}"
        marks = {"add": "+", "change": "~", "remove": "-"}
        for one in release.changes:
            yield f"{marks[one.step]} {one.path}  {words.size(one.size)}"
        for script in release.scripts:
            count = tr("{count} statements", count=script.statements)
            yield f"SQL {script.phase}  {script.name}  {count}"
        yield from release.notes
    else:
        from gmops_desktop.contract.releases import configuration_from_dict

        file = configuration_from_dict(change.plan)
        yield from file.diff.splitlines()
        for word, command in ((tr("checked by"), file.check), (tr("then"), file.reload)):
            if command:
                yield f"{word} {command}"
        yield from file.notes


def show_updates(session: Session, result: object, updates: Sequence[Update]) -> None:
    """Print packages with their versions, as a table."""
    session.terminal.table(
        result,
        (tr("Package"), tr("Version now"), tr("New version"), tr("For security"), tr("Severity"),
         tr("CVE")),
        [
            (update.name, update.old, update.new, tr("yes") if update.security else "",
             update.severity, " ".join(update.cves))
            for update in updates
        ],
    )  # fmt: skip


def gate_lines(change: Change) -> Iterator[str]:
    """Yield a line for each gate: met, passed, or what is missing and who must do it."""
    from gmops_desktop.contract.gates import word_of_gate

    for gate in change.gates:
        name = word_of_gate(gate.key)
        if gate.met:
            yield f"✓ {name}{tr(': ')}{_line(gate.evidence)}"
        elif gate.emergency:
            said = tr("Special emergency: {reason}", reason=gate.emergency)
            yield f"! {name}{tr(': ')}{said}"
        else:
            who = tr("Party A") if gate.who == "A" else tr("us")
            yield f"· {name}{tr(': ')}{_line(gate.missing)} ({who}; {gate.key})"


def way_back_lines(plan: RollbackPlan | None) -> Iterator[str]:
    """Yield the steps of the way back, with what each loses and costs."""
    if plan is None:
        return
    yield tr("The way back:")
    for number, step in enumerate(plan.steps, start=1):
        yield f"  {number}. {step.text}"
        if step.loses:
            yield f"     {tr('Lost by it: {what}', what=step.loses)}"
        if step.costs:
            yield f"     {tr('Costs: {what}', what=step.costs)}"
        if step.why_not:
            yield f"     ! {step.why_not}"


def check_lines(checks: Checks | None) -> Iterator[str]:
    """Yield what was looked at before, each with its state."""
    from gmops_desktop.states import word_of

    for one in checks.items if checks else ():
        yield f"{word_of(one.state):<8} {one.title}  {one.text}"


def difference_lines(differences: Sequence[Difference]) -> Iterator[str]:
    """Yield the checks before and after, the worst first."""
    from gmops_desktop.contract.change_checks import word_of_verdict

    for one in differences:
        before = one.before.text if one.before else tr("not looked at")
        after = one.after.text if one.after else tr("not looked at")
        yield f"{word_of_verdict(one.verdict)}  {one.title}  {before} → {after}"


def run_lines(change: Change) -> Iterator[str]:
    """Yield a line for each run: what it was for, and how it ended."""
    from gmops_desktop.contract.change_steps import word_of_purpose
    from gmops_desktop.contract.restart_lines import left_lines
    from gmops_desktop.contract.runs import word_of_run, word_of_step

    for run in change.runs:
        purpose = word_of_purpose(run.purpose)
        said = f"{words.stamp(run.began_at)}  {purpose}  {word_of_run(run.state)}"
        yield f"{said}  {run.why or run.left}".rstrip()
        if run.restarted:
            yield f"  {tr('The server was restarted meanwhile; its boot id is another.')}"
        for _state, text in left_lines(run.outcome or {}, restarted=bool(run.restarted)):
            yield f"  {text}"
        for step in run.steps:
            if step["status"]:
                yield f"  ! {word_of_step(step['key'])} ({step['status']})"


def _line(text: str) -> str:
    return "; ".join(text.splitlines())
