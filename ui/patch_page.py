"""The right side of the patches tab: one change with its gates, its plan and its steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QVBoxLayout, QWidget

from gmops_desktop.contract.changes import (
    AUDIENCES,
    ENDED,
    Audience,
    word_of_audience,
    word_of_state,
)
from gmops_desktop.contract.gates import Gate, word_of_gate
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.patches import Change as PatchChange
from gmops_desktop.services.patches import Update
from gmops_desktop.states import State
from ui import words
from ui.theme import GAP
from ui.widgets.badges import StateBadge, StateMark
from ui.widgets.frames import Card, Label, button, clear, column, disable, row
from ui.widgets.tables import Column, Table

_GATE_HEIGHT: Final = 30
_GATE_WORD: Final = 64
_GATE_NAME: Final = 256
_GATE_ACTION: Final = 112


def columns_of_updates() -> tuple[Column[Update], ...]:
    """Return the columns in which packages are listed, in the queue as in the inventory."""
    return (
        Column(tr("Package"), lambda update: update.name, strong=lambda _update: True),
        Column(tr("Now"), lambda update: update.old or words.NOTHING, width=152),
        Column(tr("Will be"), lambda update: update.new, width=152),
        Column(
            tr("Security"),
            lambda update: tr("security") if update.security else words.NOTHING,
            width=104,
            state=lambda update: "warning" if update.security else None,
            key=lambda update: not update.security,
        ),
        Column(
            tr("Origin"),
            lambda update: update.origin,
            width=184,
            muted=True,
            tip=lambda update: update.origin,
        ),
    )


def identity_of_update(update: Update) -> str:
    """Return what tells two updates of a host apart."""
    return f"{update.name}:{update.arch}"


def lacking(gates: Sequence[Gate]) -> str:
    """Return how many gates are met and how many still lack something."""
    unmet = sum(not gate.open for gate in gates)
    if not unmet:
        return tr("all {count} gates are met", count=len(gates))
    return tr("{met} met, {unmet} still lacking", met=len(gates) - unmet, unmet=unmet)


class PatchPage(QWidget):
    """Shows one change; its buttons ask the tab."""

    simulate_wanted = Signal()
    cancel_wanted = Signal()
    announce_wanted = Signal(str)  # an Audience

    def __init__(self) -> None:
        super().__init__()
        self.number = Label(role="caption", elide=False)
        self.heading = Label(role="title")
        self.state = StateBadge()
        self.facts = Label(role="caption")
        self.simulate = button(
            tr("Simulate again"),
            self.simulate_wanted.emit,
            icon_name="flask",
            tip=tr("Ask the server what exactly would be installed now"),
        )
        self.cancel = button(
            tr("Cancel change…"),
            self.cancel_wanted.emit,
            icon_name="x",
            tip=tr("Take it out of the queue, with the reason"),
        )
        self._gates = Card(tr("Gates"))
        self._gate_rows: QVBoxLayout = column(spacing=0)
        self._gates.add(self._gate_rows)
        self._plan = Card(tr("Plan"))
        self.packages: Table[Update] = Table(
            columns_of_updates(), name=tr("Packages"), identity=identity_of_update
        )
        self._plan.add_table(self.packages)
        self._log = Card(tr("Simulation and steps"))
        well = QFrame()
        well.setProperty("kind", "well")
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setAccessibleName(tr("Simulation and steps"))
        self.log.setMinimumHeight(56)
        column(well, self.log, margins=(8, 4, 8, 4))
        self._log.add(well, 1)

        head = row(None, self.number, self.heading, self.state, None, self.simulate, self.cancel)
        layout = column(self, head, self.facts, spacing=4)
        layout.addSpacing(GAP - 4)
        layout.addWidget(self._gates)
        layout.addSpacing(GAP - 4)
        layout.addWidget(self._plan, 1)
        layout.addSpacing(GAP - 4)
        layout.addWidget(self._log, 1)

    def show_change(self, change: PatchChange, host: str, steps: Sequence[str]) -> None:
        """Show `change` on `host`; `steps` are the lines of its record, oldest first."""
        ended = change.state in ENDED
        self.number.show_text(change.number)
        self.heading.show_text(title_of(change))
        security = any(update.security for update in updates_of(change))
        self.state.setVisible(security)
        self.state.show_state("warning", tr("Security update"))
        at = tr("queued {at}", at=words.stamp(change.created_at))
        facts = [host, word_of_state(change.state), at]
        if change.conflict:
            facts.append(tr("changed on two machines: see the steps"))
        self.facts.show_text(" · ".join(facts))
        over = tr("The change is {state}.", state=word_of_state(change.state)) if ended else ""
        disable(self.simulate, over, tr("Ask the server what exactly would be installed now"))
        disable(self.cancel, over, tr("Take it out of the queue, with the reason"))
        self._show_gates(change.gates, ended)
        self._show_plan(change, steps)

    def _show_gates(self, gates: Sequence[Gate], ended: bool) -> None:
        clear(self._gate_rows)
        self._gates.hint.show_text(
            tr("{count}; nothing is applied before (contract 2.3-8)", count=lacking(gates))
        )
        for gate in gates:
            self._gate_rows.addWidget(self._gate_row(gate, ended))

    def _gate_row(self, gate: Gate, ended: bool) -> QWidget:
        state, word = _state_of(gate)
        made = QWidget()
        made.setFixedHeight(_GATE_HEIGHT)
        said = Label(word, "caption", ink=state, elide=False)
        said.setFixedWidth(_GATE_WORD)
        name = Label(word_of_gate(gate.key))
        name.setFixedWidth(_GATE_NAME)
        why = Label(gate.emergency or gate.evidence or gate.missing, "caption")
        layout = row(made, StateMark(state, 16), said, name, why)
        layout.setStretch(3, 1)
        action = self._action_of(gate) if not ended else None
        if action is None:
            layout.addSpacing(_GATE_ACTION)
        else:
            action.setFixedWidth(_GATE_ACTION)
            layout.addWidget(action)
        return made

    def _action_of(self, gate: Gate) -> QWidget | None:
        """Return the one action that helps an unmet gate, where this page has one."""
        if gate.open:
            return None
        audience = audience_of(gate)
        if audience is not None:
            made = button(
                tr("Record notice…"),
                lambda: self.announce_wanted.emit(audience),
                scale="small",
                tip=tr(
                    "Record how Party A told them: {audience}", audience=word_of_audience(audience)
                ),
            )
            made.setAccessibleName(
                tr("Record notice: {audience}", audience=word_of_audience(audience))
            )
            return made
        if gate.key == "plan":
            return button(tr("Simulate"), self.simulate_wanted.emit, scale="small")
        return None

    def _show_plan(self, change: PatchChange, steps: Sequence[str]) -> None:
        plan = change.updates
        if plan is None:
            self._plan.hint.show_text("")
            self.packages.set_rows(())
            self._log.hint.show_text("")
            self.log.setPlainText("\n".join(steps))
            return
        said = [tr_n("{count} package", "{count} packages", len(plan.packages))]
        if plan.installs:
            said.append(tr("{count} newly installed", count=len(plan.installs)))
        if plan.removes:
            said.append(tr("{count} removed", count=len(plan.removes)))
        if plan.services:
            said.append(
                tr(
                    "restarts {services}",
                    services=words.listed(plan.services),
                )
            )
        said.append(
            tr("not known whether the host must restart")
            if plan.reboot is None
            else tr("the host must restart")
            if plan.reboot
            else tr("the host is not restarted")
        )
        self._plan.hint.show_text(tr(", ").join(said))
        self.packages.set_rows(plan.packages)
        simulated = (
            tr("Simulated {at}", at=words.stamp(plan.simulated_at)) if plan.simulated_at else ""
        )
        self._log.hint.show_text(simulated)
        self.log.setPlainText("\n".join((*steps, "", plan.text)).strip())


def updates_of(change: PatchChange) -> tuple[Update, ...]:
    """Return the packages of a system patch; none for the other kinds of change."""
    return change.updates.packages if change.updates else ()


def title_of(change: PatchChange) -> str:
    """Return what a change is about: one package with its versions, or the first of several.

    What mends a hole is named first.
    """
    packages = sorted(updates_of(change), key=lambda update: not update.security)
    if not packages:
        return change.title
    first = packages[0]
    if len(packages) > 1:
        more = len(packages) - 1
        return tr_n("{first} and {count} more", "{first} and {count} more", more, first=first.name)
    return f"{first.name} {first.old} → {first.new}" if first.old else first.name


def audience_of(gate: Gate) -> Audience | None:
    """Return whom a gate wants to have been told, if it is one of the three notices."""
    found = [audience for audience in AUDIENCES if gate.key == f"notice_{audience}"]
    return found[0] if found else None


def _state_of(gate: Gate) -> tuple[State, str]:
    if gate.met:
        return "ok", tr("Met")
    if gate.emergency:
        return "critical", tr("Passed")
    return "warning", tr("Lacking")
