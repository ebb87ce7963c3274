"""The checks around a change: before and after side by side, what is worse first."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QWidget

from gmops_desktop.contract.change_checks import (
    Checked,
    Checks,
    Difference,
    Verdict,
    compare,
    word_of_verdict,
)
from gmops_desktop.contract.terms import ZONE, told_in
from gmops_desktop.language import tr, tr_n
from gmops_desktop.states import State, word_of
from ui import words
from ui.widgets.frames import Label, column
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

_STATES: Final[dict[Verdict, State]] = {
    "same": "ok",
    "better": "ok",
    "changed": "warning",
    "worse": "critical",
    "unknown": "unknown",
}


class ChecksView(QWidget):
    """A line about both moments, and a table of what was looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.said = Label("", "caption")
        self.table: Table[Difference] = Table(
            _columns(),
            name=tr("Checks before and after"),
            identity=lambda one: one.key,
            empty=tr("Nothing was checked yet."),
        )
        column(self, self.said, self.table, spacing=4).setStretch(1, 1)

    def show_checks(self, before: Checks | None, after: Checks | None) -> None:
        """Show what was found; either may not have been looked at yet."""
        # Before there is an "after", what was found is judged by itself: nothing is worse yet.
        compared = compare(before or _none(after), after) if after else _alone(before)
        self.table.setColumnHidden(2, after is None)
        self.table.set_rows(compared)
        self.said.show_text(" · ".join(_told(before, after, compared)))


@told_in(ZONE)
def _told(
    before: Checks | None, after: Checks | None, compared: tuple[Difference, ...]
) -> list[str]:
    if before is None and after is None:
        return [tr("Not checked yet: the checks are taken right before the change begins.")]
    said = []
    if before is not None:
        faults = len(before.faults)
        said.append(tr("before: {at}", at=words.stamp(before.at)))
        if after is None:
            said.append(
                tr_n("{count} critical or unknown", "{count} critical or unknown", faults)
                if faults
                else tr("nothing critical or unknown")
            )
    if after is not None:
        said.append(tr("after: {at}", at=words.stamp(after.at)))
        worse = sum(one.verdict in ("worse", "unknown") for one in compared)
        said.append(
            tr_n("{count} worse or unknown", "{count} worse or unknown", worse)
            if worse
            else tr("nothing is worse than before")
        )
    return said


def _alone(before: Checks | None) -> tuple[Difference, ...]:
    """Return checks without another moment, what is wrong first."""
    if before is None:
        return ()
    order: tuple[State, ...] = ("critical", "unknown", "warning", "ok")
    items = sorted(before.items, key=lambda one: order.index(one.state))
    verdicts: dict[State, Verdict] = {"critical": "worse", "unknown": "unknown"}
    return tuple(
        Difference(one.key, one.title, one, None, verdicts.get(one.state, "same")) for one in items
    )


def _none(after: Checks | None) -> Checks:
    assert after is not None
    return Checks(after.at, ())


def _columns() -> tuple[Column[Difference], ...]:
    return (
        Column(
            tr("Checked", context="change"),
            lambda one: one.title,
            width=196,
            strong=lambda _one: True,
            tip=lambda one: one.key,
        ),
        Column(
            tr("Before", context="checks"),
            lambda one: _said(one.before),
            state=lambda one: one.before.state if one.before else None,
            tip=lambda one: _said(one.before),
        ),
        Column(
            tr("After", context="checks"),
            lambda one: _said(one.after),
            state=lambda one: one.after.state if one.after else None,
            tip=lambda one: _said(one.after),
        ),
        Column(
            tr("Verdict", context="checks"),
            lambda one: word_of_verdict(one.verdict) if one.after else _state_word(one.before),
            width=136,
            state=lambda one: _STATES[one.verdict] if one.after else None,
            key=lambda one: list(_STATES).index(one.verdict),
        ),
    )


def _said(one: Checked | None) -> str:
    if one is None:
        return tr("not looked at")
    return one.text or word_of(one.state)


def _state_word(one: Checked | None) -> str:
    return word_of(one.state) if one else words.NOTHING
