"""What the notice before a change and the record after it have in common: what it is, its window,
its way back, and every rule that was passed over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from reportlab.platypus import CondPageBreak, Flowable

from gmops_desktop.contract.rollbacks import RollbackPlan, RollbackStep
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.reports import phrases
from gmops_desktop.reports.change_facts import ChangeFacts, GateLine, Item, ItemKind
from gmops_desktop.reports.facts import Override
from gmops_desktop.reports.marks import Section, StateWord
from gmops_desktop.reports.paragraph import Paragraph, strong
from gmops_desktop.reports.styles import CELL
from gmops_desktop.reports.tables import Cell, ruled_table

_KINDS: Final[dict[str, str]] = {
    "patch": mark("System patch"),
    "release": mark("Application release"),
    "configuration": mark("Configuration change"),
}
_ITEMS: Final[dict[ItemKind, str]] = {
    "package": mark("Package of the system"),
    "file": mark("Program file"),
    "configuration": mark("Configuration file"),
    "database": mark("Database"),
}
_DIGITS: Final = 12  # of a digest, where it only tells two files apart


def word_of_kind(kind: str) -> str:
    """Return the name of a kind of change."""
    return tr(_KINDS.get(kind, kind))


def word_of_item(kind: ItemKind) -> str:
    """Return what it is that a change alters."""
    return tr(_ITEMS[kind])


def head(number: int, words: str, aside: str = "", room: float = 60) -> list[Flowable]:
    """Return a section's head that never stands alone at the foot of a page.

    `room` is what it and the first piece below it need, in points.
    """
    return [CondPageBreak(room), Section(phrases.numbered(number, words), aside)]


def span(begin: datetime | None, end: datetime | None) -> str:
    """Return a window of time: 2018-04-20 22:00 to 23:30."""
    if begin is None or end is None:
        return tr("not set yet")
    first, last = phrases.full_moment(begin), phrases.full_moment(end)
    if first[:10] == last[:10]:
        last = last[11:]
    return tr("{begin} to {end}", context="window", begin=first, end=last)


def downtime(minutes: int | None) -> str:
    """Return how long the service is expected to stand still."""
    if minutes is None:
        return tr("not estimated yet")
    return tr_n("{count} minute", "{count} minutes", minutes) if minutes else tr("none expected")


def version(item: Item, value: str, absent: str) -> str:
    """Return a version, or the beginning of a digest, as it stands in a narrow column."""
    if not value:
        return absent
    return f"{value[:_DIGITS]}…" if is_digest(value) else value


def plan_table(items: Sequence[Item]) -> Flowable:
    """Return what is to be altered: what, from which version to which, and what is to be known."""
    heads = (
        tr("No.", context="line"),
        tr("What is altered"),
        tr("Now", context="version"),
        tr("Then", context="version"),
        tr("Remarks", context="report"),
    )
    rows: list[list[Cell]] = [
        [
            str(place),
            one.title,
            version(one, one.before, tr("(not there)")),
            version(one, one.after, tr("(removed)")),
            _note(one),
        ]
        for place, one in enumerate(items, start=1)
    ]
    return ruled_table(heads, rows, (0.7, 4.2, 3, 3, 3.6))


def way_back(plan: RollbackPlan | None, last: RollbackStep | None = None) -> list[Flowable]:
    """Return the way back in words, with what each step loses and costs, and `last` what there is
    beyond it."""
    if plan is None:
        words = tr("Not known yet: the way back is prepared, and told, before anything begins.")
        return [StateWord("unknown", words)]
    if not plan.steps:
        return [StateWord("critical", tr("There is no way back."))]
    heads = (
        tr("No.", context="line"),
        tr("Step back"),
        tr("What is lost by it"),
        tr("What it costs"),
    )
    rows: list[list[Cell]] = [
        [
            str(place),
            StateWord("critical", f"{one.text}\n{one.why_not}") if one.why_not else one.text,
            one.loses or tr("none", context="cost"),
            one.costs or tr("none", context="cost"),
        ]
        for place, one in enumerate(plan.steps, start=1)
    ]
    if last is not None:
        rows.append(["—", last.text, last.loses, last.costs])
    return [ruled_table(heads, rows, (0.6, 6, 3.2, 3.2))]


def passed_over(overrides: Sequence[Override], gates: Sequence[GateLine] = ()) -> list[Flowable]:
    """Return a line for every special emergency and deviation; that there is none is said, too.

    A gate that was passed stands there also where nothing else tells of it.
    """
    rows = [
        (phrases.full_moment(one.at), one.actor or "—", strong(one.what), one.reason)
        for one in sorted(overrides, key=lambda one: one.at)
    ]
    reasons = {one.reason for one in overrides}
    rows += [
        ("—", "—", strong(one.title), one.emergency)
        for one in gates
        if one.emergency and one.emergency not in reasons
    ]
    if not rows:
        return [Paragraph(tr("No rule is passed over: no special emergency, no deviation."), CELL)]
    heads = (
        tr("When", context="report"),
        tr("Who", context="report"),
        tr("Which rule"),
        tr("Reason", context="report"),
    )
    return [ruled_table(heads, rows, (2.2, 1.4, 3.6, 5.6))]


def effects(change: ChangeFacts) -> str:
    """Return what happens to the server meanwhile: services that restart, and the server itself."""
    if change.restarts:
        return phrases.sentences(*change.restarts)
    if change.services:
        said = tr(
            "Services that restart: {names}.", names=tr(", ", context="list").join(change.services)
        )
    else:
        said = tr("No service is known to restart.")
    if change.reboot is None:
        itself = tr("Whether the server itself must restart is not known.")
    elif change.reboot:
        itself = tr("The server itself restarts.")
    else:
        itself = tr("The server itself does not restart.")
    return phrases.sentences(said, itself)


def _note(item: Item) -> str:
    word = "" if item.kind == "package" else word_of_item(item.kind)
    safety = strong(tr("Security", context="report")) if item.security else ""
    return tr(", ").join(one for one in (safety, word, item.note) if one) or "—"


def is_digest(value: str) -> bool:
    """Whether a value is a SHA-256 and no version."""
    return len(value) == 64 and all(char in "0123456789abcdef" for char in value)
