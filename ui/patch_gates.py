"""The gates of a change as a checklist: met or not, by what it is proved, and what helps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gmops_desktop.contract.changes import AUDIENCES, Audience, word_of_audience
from gmops_desktop.contract.gates import Gate, GateKey, notice_gate, word_of_gate
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.states import State
from ui import words
from ui.dialogs.sheet import Sheet
from ui.widgets.badges import StateMark
from ui.widgets.frames import Card, Label, button, clear, column, disable, link, paragraph, row

GATE_HEIGHT: Final = 28
_WORD: Final = 76
_NAME: Final = 248
_ACTION: Final = 124

# What a person does about a gate; the page passes it on.
Act = str
_ACTS: Final[dict[GateKey, tuple[Act, str]]] = {
    "assessed": ("assess", mark("Evaluate…")),
    "notice_users": ("announce", mark("Record notice…")),
    "notice_leaders": ("announce", mark("Record notice…")),
    "notice_responsible": ("announce", mark("Record notice…")),
    "window": ("set_window", mark("Set window…")),
    "second_person": ("approve", mark("Release…")),
    "backup": ("back_up", mark("Back up now")),
    "files": ("back_up", mark("Back up now")),
    "snapshot": ("snapshot", mark("Make snapshots…")),
    "disk": ("simulate", mark("Look again")),
    "manager": ("simulate", mark("Look again")),
    "plan": ("simulate", mark("Simulate")),
    "way_back": ("prepare", mark("Prepare")),
    "checks": ("check_before", mark("Check again")),
}
# What a server meets by itself, as a rule: folded into one row while it does.
_QUIET: Final[frozenset[GateKey]] = frozenset(("snapshot", "disk", "manager", "plan", "alone"))
# What stands open to be looked at again, or moved, once it is met.
_MET: Final[dict[GateKey, tuple[Act, str]]] = {"window": ("set_window", mark("Move…"))}


class GateList(Card):
    """One row a gate, in the order people work through them; folded it shows only its sum."""

    wanted = Signal(str, str)  # what is to be done, and for which gate

    def __init__(self) -> None:
        super().__init__(tr("Gates"))
        self.emergency = button(
            tr("Special emergency…"),
            lambda: self.wanted.emit("pass_gate", ""),
            kind="quiet",
            scale="small",
            tip=tr("Open a gate that lacks something, with a reason that is printed (1.15)"),
        )
        self.unfold = link(
            tr("Unfold"), self._turn, tr("Show every gate, or only those that people work on")
        )
        self.head.addWidget(self.unfold)
        self.head.addWidget(self.emergency)
        self.hint.setAlignment(self.title.alignment())
        self._rows: QVBoxLayout = column(spacing=0)
        self._list = QWidget()
        self._list.setLayout(self._rows)
        self.add(self._list)
        self._quiet: list[QWidget] = []  # rows of what the server itself meets
        self._whys: dict[GateKey, Label] = {}
        self._sum = _sum_row()
        self._folded, self._began, self._unfolded = False, False, False
        # What is not needed for the rows belongs to the part below.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_gates(
        self,
        gates: Sequence[Gate],
        refused: Callable[[Act], str],
        failed: frozenset[GateKey] = frozenset(),
        *,
        began: bool = False,
    ) -> None:
        """Show the gates; `refused` says why an act stands not open ("" if it does).

        `failed` names those that were looked at and did not hold.  Once the change `began`, they
        are as they were then, and fold.
        """
        clear(self._rows)
        self._began = began
        self.hint.show_text(
            lacking(gates) if not began else tr("as they stood when it began; {told}",
                                                told=_told(gates))
        )  # fmt: skip
        closed = [one for one in gates if not one.met and one.passable and not one.emergency]
        self.emergency.setVisible(not began)
        why = refused("pass_gate") or ("" if closed else tr("No gate is shut that it could open."))
        disable(
            self.emergency,
            why,
            tr("Open a gate that lacks something, with a reason that is printed (1.15)"),
        )
        self._quiet, self._whys = [], {}
        for gate in gates:
            made = self._row(gate, refused, gate.key in failed, began=began)
            if gate.met and gate.key in _QUIET:
                self._quiet.append(made)
            else:
                self._rows.addWidget(made)
        quiet = [gate for gate in gates if gate.met and gate.key in _QUIET]
        self._sum = _sum_row(quiet)
        self._rows.addWidget(self._sum)
        for made in self._quiet:
            self._rows.addWidget(made)
        self._show_folds()

    def tell(self, key: GateKey, text: str) -> None:
        """Show beside a gate what is being done about it just now."""
        if key in self._whys:
            self._whys[key].show_text(text)

    def _turn(self) -> None:
        self._unfolded = not self._unfolded
        self._show_folds()

    def _show_folds(self) -> None:
        """Fold what the server itself meets into one row; once it has begun, fold all."""
        self._list.setVisible(self._unfolded or not self._began)
        many = len(self._quiet) > 1
        self._sum.setVisible(many and not self._unfolded)
        for made in self._quiet:
            made.setVisible(not many or self._unfolded)
        self.unfold.setVisible(many or self._began)
        self.unfold.setText(tr("Fold") if self._unfolded else tr("Unfold"))
        said = tr("Fold the gates") if self._unfolded else tr("Unfold the gates")
        self.unfold.setAccessibleName(said)

    def _row(
        self, gate: Gate, refused: Callable[[Act], str], failed: bool, *, began: bool
    ) -> QWidget:
        state, word = state_of(gate, failed=failed)
        made = QWidget()
        made.setFixedHeight(GATE_HEIGHT)
        said = Label(word, "caption", ink=state)
        said.setFixedWidth(_WORD)
        name = Label(name_of(gate))
        name.setFixedWidth(_NAME)
        why = self._whys[gate.key] = Label(_one_line(gate), "caption")
        layout = row(made, StateMark(state, 16), said, name, why)
        layout.setStretch(3, 1)
        action = None if began else self._action(gate, refused)
        if action is None and gate.met:
            action = self._view(gate)
        if action is None:
            layout.addSpacing(_ACTION)
        else:
            action.setFixedWidth(_ACTION)
            layout.addWidget(action)
        made.setAccessibleName(f"{name_of(gate)}{tr(': ')}{word}, {said_of(gate)}")
        return made

    def _action(self, gate: Gate, refused: Callable[[Act], str]) -> QPushButton | None:
        known = _MET.get(gate.key) if gate.met else _ACTS.get(gate.key)
        if known is None or gate.emergency:
            return None
        act, word = known
        made = button(
            tr(word),
            lambda: self.wanted.emit(act, gate.key),
            kind="quiet" if gate.met else "plain",
            scale="small",
        )
        made.setAccessibleName(f"{tr(word)} {name_of(gate)}")
        disable(made, refused(act), f"{tr(word).rstrip('…')}{tr(': ')}{name_of(gate)}")
        return made

    def _view(self, gate: Gate) -> QPushButton:
        made = button(
            tr("View", context="gate"), lambda: _show(self, gate), kind="quiet", scale="small"
        )
        made.setToolTip(tr("What proves it: {gate}", gate=name_of(gate)))
        made.setAccessibleName(f"{tr('View')} {name_of(gate)}")
        return made


def _sum_row(gates: Sequence[Gate] = ()) -> QWidget:
    """Return the row that stands for gates that the server itself meets."""
    made = QWidget()
    made.setFixedHeight(GATE_HEIGHT)
    said = Label(tr("Met"), "caption", ink="ok")
    said.setFixedWidth(_WORD)
    count = Label(tr_n("{count} more", "{count} more", len(gates)))
    count.setFixedWidth(_NAME)
    names = Label(words.listed(name_of(gate) for gate in gates), "caption")
    row(made, StateMark("ok", 16), said, count, names).setStretch(3, 1)
    return made


def _told(gates: Sequence[Gate]) -> str:
    passed = sum(not gate.met and bool(gate.emergency) for gate in gates)
    if passed:
        return tr_n("{count} passed by emergency", "{count} passed by emergency", passed)
    return tr("all {count} gates are met", count=len(gates))


def lacking(gates: Sequence[Gate]) -> str:
    """Return how many gates are met and how many still lack something."""
    unmet = sum(not gate.open for gate in gates)
    if not unmet:
        return tr("all {count} gates are met", count=len(gates))
    return tr(
        "{met} met, {unmet} still lacking before it may begin (contract 2.3-8)",
        met=len(gates) - unmet,
        unmet=unmet,
    )


def audience_of(gate: GateKey) -> Audience | None:
    """Return whom a gate wants to have been told, if it is one of the three notices."""
    found = [audience for audience in AUDIENCES if gate == notice_gate(audience)]
    return found[0] if found else None


def name_of(gate: Gate) -> str:
    """Return a gate's short name, as the list shows it."""
    audience = audience_of(gate.key)
    if audience is not None:
        return tr("Notice: {audience}", audience=word_of_audience(audience))
    return word_of_gate(gate.key)


def said_of(gate: Gate) -> str:
    """Return what proves a gate, why it was passed, or what is missing and who must do it."""
    if gate.met:
        return gate.evidence
    if gate.emergency:
        return tr("Special emergency: {reason}", reason=gate.emergency)
    return gate.missing


def state_of(gate: Gate, *, failed: bool = False) -> tuple[State, str]:
    """Return the shape and the word of a gate."""
    if gate.met:
        return "ok", tr("Met")
    if gate.emergency:
        return "critical", tr("Passed")
    if failed:
        return "critical", tr("Not passed", context="gate")
    return "warning", tr("Party A's turn") if gate.who == "A" else tr("Lacking")


def _one_line(gate: Gate) -> str:
    return "; ".join(said_of(gate).splitlines())


def _show(parent: QWidget, gate: Gate) -> None:
    sheet = Sheet(parent, word_of_gate(gate.key), width=480)
    sheet.body.addWidget(paragraph(said_of(gate), "body"))
    sheet.add_close(tr("Close"))
    sheet.open()
