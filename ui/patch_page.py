"""The right side of the patches tab: one change, its gates, and what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton, QStackedWidget, QWidget

from gmops_desktop.contract.changes import BEFORE, ENDED, ChangeState, Verb, next_step
from gmops_desktop.contract.gates import GateKey
from gmops_desktop.language import mark, tr
from gmops_desktop.services.patches import Change
from ui.icons import icon
from ui.patch_checks import ChecksView
from ui.patch_gates import GateList
from ui.patch_papers import PapersView
from ui.patch_plan import PlanView
from ui.patch_run import RunView
from ui.patch_way_back import WayBackView
from ui.patch_words import facts_of, severity_of, title_of
from ui.theme import GAP
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Card, Label, Segments, button, column, disable, row

_PARTS: Final = (
    ("plan", mark("Plan")),
    ("back", mark("Way back")),
    ("checks", mark("Checks")),
    ("log", mark("Log")),
    ("papers", mark("Papers")),
)
# What is looked at first in a state.
_FIRST: Final[dict[ChangeState, str]] = {
    "applying": "log",
    "rolling_back": "log",
    "postcheck": "checks",
    "rolled_back": "checks",
    "awaiting_confirmation": "checks",
    "handover": "papers",
    "closed": "papers",
}
# The next step in a state, as the word on the one filled button.
_NEXT: Final[dict[ChangeState, tuple[str, str]]] = {
    "found": ("assess", mark("Evaluate…")),
    "assessed": ("simulate", mark("Simulate")),
    "simulated": ("set_window", mark("Set window…")),
    "awaiting_notice": ("announce", mark("Record notice…")),
    "awaiting_window": ("prepare", mark("Prepare")),
    "backup": ("prepare", mark("Prepare again")),
    "precheck": ("check_before", mark("Check before")),
    "applying": ("attach", mark("Attach")),
    "rolling_back": ("attach", mark("Attach")),
    "postcheck": ("check_after", mark("Check after")),
    "rolled_back": ("check_after", mark("Check after")),
    "awaiting_confirmation": ("confirm", mark("Confirmation by Party A…")),
    "handover": ("hand_over", mark("Hand over…")),
}
# What else may be done, in the menu behind the dots; None draws a line.
_MORE: Final[tuple[tuple[str, str] | None, ...]] = (
    ("simulate", mark("Simulate again")),
    ("replan", mark("Take the plan of now…")),
    ("restarts", mark("Restarts…")),
    ("assess", mark("Evaluate…")),
    ("set_window", mark("Set window…")),
    ("remind", mark("Remind Party A…")),
    ("approve", mark("Release the plan…")),
    ("prepare", mark("Prepare")),
    ("check_before", mark("Check before")),
    None,
    ("check_after", mark("Check after")),
    ("accept", mark("Accept what differs…")),
    ("try_again", mark("Try again…")),
    ("mend", mark("Mend what was interrupted…")),
    ("take_archive", mark("Take in its archive…")),
    None,
    ("snapshot", mark("Make snapshots…")),
    ("delete_snapshots", mark("Delete snapshots…")),
    ("rescue", mark("The second way in: sshd…")),
    ("roll_back_disks", mark("The last way back: the disks' snapshots…")),
    None,
    ("ticket", mark("Show its ticket")),
    ("cancel", mark("Cancel change…")),
)


# What may be done while something else is under way: it waits for nothing at the server.
_BESIDE: Final = frozenset(
    (
        "notice",
        "record",
        "write_notice",
        "write_record",
        "remind",
        "snapshot",
        "delete_snapshots",
        "rescue",
        "roll_back_disks",
    )
)


class PatchPage(QWidget):
    """Shows one change; what is pressed asks the tab by `wanted`: an act, and a gate or nothing."""

    wanted = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._change: Change | None = None
        self._busy = ""
        self.number = Label(role="caption", elide=False)
        self.heading = Label(role="title")
        self.state = StateBadge()
        self.facts = Label(role="caption")
        self.more = button(
            tr("More"), icon_name="dots-three-outline", tip=tr("What else can be done with it")
        )
        self._menu = QMenu(self.more)
        self._menu.setToolTipsVisible(True)
        self._acts: dict[str, QAction] = {}
        self._fill_menu()
        self.more.setMenu(self._menu)
        self.roll_back = button(
            tr("Roll back…"), lambda: self._want("roll_back"), kind="danger",
            icon_name="arrow-u-up-left",
        )  # fmt: skip
        self.next = button("", self._go_on, kind="primary")
        self.apply = button(tr("Apply…"), lambda: self._want("apply"), icon_name="play")
        self.gates = GateList()
        self.gates.wanted.connect(self.wanted)

        self.views = Segments(
            [(key, tr(word)) for key, word in _PARTS], "plan", tr("Part", context="change")
        )
        self.plan, self.way_back, self.checks = PlanView(), WayBackView(), ChecksView()
        self.run, self.papers = RunView(), PapersView()
        self.papers.wanted.connect(lambda act: self._want(act))
        self.plan.wanted.connect(lambda act: self._want(act))
        self._pages = QStackedWidget()
        for page in (self.plan, self.way_back, self.checks, self.run, self.papers):
            self._pages.addWidget(page)
        self.views.chosen.connect(self._show_part)

        head = row(None, self.number, self.heading, self.state, None,
                   self.more, self.roll_back, self.next, self.apply)  # fmt: skip
        head.setStretch(1, 1)
        details = Card()
        details.add(row(None, self.views, None))
        details.add(self._pages, 1)
        details.setMinimumHeight(164)
        layout = column(self, head, self.facts, spacing=4)
        layout.addSpacing(GAP - 4)
        layout.addWidget(self.gates)
        layout.addSpacing(GAP - 4)
        layout.addWidget(details, 1)

    @property
    def change_id(self) -> str:
        """The id of the change in sight, or nothing."""
        return self._change.id if self._change else ""

    def show_change(
        self,
        change: Change,
        host: str,
        steps: Sequence[str],
        *,
        ticket: str = "",
        busy: str = "",
    ) -> None:
        """Show `change` on `host`; `steps` are the lines of its record, oldest first.

        `busy` names the task that is doing something with it right now: until its end nothing
        else is begun.
        """
        known = self._change
        fresh = known is None or (known.id, known.state) != (change.id, change.state)
        self._change, self._busy = change, busy
        self.number.show_text(change.number)
        self.heading.show_text(title_of(change))
        state, word = severity_of(change)
        self.state.setVisible(state is not None)
        if state is not None:
            self.state.show_state(state, word)
        self.facts.show_text(facts_of(change, host, ticket))
        began = change.state not in BEFORE
        self.gates.show_gates(change.gates, self.refusal, _failed(change), began=began)
        self.gates.setVisible(bool(change.gates))
        self.plan.show_plan(change, self.refusal("restarts"))
        self.way_back.show_plan(change.way_back, change.last_resort)
        self.checks.show_checks(change.before, change.after)
        self.papers.show_change(change, self.refusal)
        if change.running is None:
            self.run.show_record(steps, _tails(change))
        self._show_acts(change)
        if fresh:
            self.show_part(_FIRST.get(change.state, "plan"))

    def show_part(self, key: str) -> None:
        """Show one of the parts below the gates."""
        self.views.choose(key)
        self._show_part(key)

    def refusal(self, act: str) -> str:
        """Return why an act does not stand open for the change in sight; "" if it does."""
        change = self._change
        if change is None:
            return tr("No change is chosen.")
        if self._busy and act not in _BESIDE:
            return tr("First this must end: {what}", what=self._busy)
        match act.removeprefix("write_"):  # a paper that is not there yet takes no words either
            case "apply":
                return refused_apply(change)
            case "back_up":
                return next_step(change.state) if change.state in ENDED else ""
            case "restarts":
                if change.kind != "patch":
                    return tr("Only a system patch restarts something at its end.")
                return "" if change.plan and _stands(change, "replan") else _not_now(change)
            case "delete_snapshots" | "roll_back_disks" if not _has_snapshots(change):
                return tr("No snapshots were made for it.")
            case "snapshot" | "delete_snapshots" | "rescue" | "roll_back_disks" | "remind":
                return "" if _stands(change, act) else _not_now(change)
            case "ticket":
                return "" if change.ticket_id else tr("It is linked with no ticket.")
            case "take_archive":
                if not change.plan.get("database"):
                    return tr("It leads back to no archive.")
                return "" if _stands(change, "roll_back") else _not_now(change)
            case "close":
                return "" if change.handed and _stands(change, "close") else _not_now(change)
            case "notice":
                return ""
            case "record":
                return "" if change.runs else tr("Nothing was begun yet that could be reported.")
            case "receipt":
                return "" if change.handed_at else tr("Nothing was handed over yet.")
            case _:
                return "" if _stands(change, act) else _not_now(change)

    # -- inside

    def _fill_menu(self) -> None:
        for item in _MORE:
            if item is None:
                self._menu.addSeparator()
                continue
            act, word = item
            made = self._menu.addAction(tr(word))
            made.triggered.connect(lambda _on=False, act=act: self._want(act))
            self._acts[act] = made

    def _show_acts(self, change: Change) -> None:
        for act, made in self._acts.items():
            refused = self.refusal(act)
            made.setEnabled(not refused)
            made.setToolTip(refused or made.text().rstrip("…"))
        back = self.refusal("roll_back")
        self.roll_back.setVisible(_stands(change, "roll_back"))
        disable(self.roll_back, back, tr("Show what the way back does, then take it"))
        before = change.state in BEFORE
        ready = not refused_apply(change)
        self.apply.setVisible(before)
        _dress(self.apply, primary=before and ready)
        disable(self.apply, self.refusal("apply"), tr("Show what happens, then begin"))
        act, word = next_act(change)
        self.next.setVisible(bool(act) and act != "apply")
        self.next.setText(tr(word))
        self.next.setAccessibleName(tr(word))
        if act:
            disable(self.next, self.refusal(act), next_step(change.state))

    @Slot()
    def _go_on(self) -> None:
        if self._change is not None:
            act, _word = next_act(self._change)
            gate = ""
            if act == "announce":
                gate = next(
                    (one.key for one in self._change.gates
                     if one.key.startswith("notice_") and not one.open), "",
                )  # fmt: skip
            self._want(act, gate)

    def _want(self, act: str, gate: str = "") -> None:
        self.wanted.emit(act, gate)

    @Slot(str)
    def _show_part(self, key: str) -> None:
        self._pages.setCurrentIndex([one for one, _word in _PARTS].index(key))


def next_act(change: Change) -> tuple[str, str]:
    """Return the next step of a change and the word for it; nothing where only time helps."""
    if change.state in BEFORE and not refused_apply(change):
        return "apply", mark("Apply…")
    if change.state == "assessed" and change.drift:
        return "replan", mark("Take the plan of now…")
    if change.state == "handover" and change.handed:
        return "close", mark("Close")
    if change.state == "precheck":
        shut = {gate.key for gate in change.gates if not gate.open}
        if shut & {"backup", "files"}:
            return "back_up", mark("Back up now")
        if shut & {"plan", "manager", "disk"}:
            return "simulate", mark("Simulate again")
        if shut == {"window"}:
            return "", ""
    return _NEXT.get(change.state, ("", ""))


def refused_apply(change: Change) -> str:
    """Return why a change may not begin, as a sentence: each gate that is shut; "" if none is."""
    if not _stands(change, "apply"):
        return _not_now(change)
    shut = [gate for gate in change.gates if not gate.open]
    if not change.gates or not change.plan:
        return _not_now(change)
    return "\n".join(gate.missing for gate in shut)


def _has_snapshots(change: Change) -> bool:
    return any(one.state != "removed" for one in change.makings)


def _stands(change: Change, act: str) -> bool:
    verbs: tuple[Verb, ...] = change.verbs
    return act in verbs


def _not_now(change: Change) -> str:
    return next_step(change.state)


def _failed(change: Change) -> frozenset[GateKey]:
    """Return the gates that were looked at and did not hold, other than those not met yet."""
    found: set[GateKey] = set()
    if change.before is not None and change.before.faults:
        found.add("checks")
    if change.drift:
        found.add("plan")
    if change.way_back is not None and change.way_back.why_not:
        found.add("way_back")
    return frozenset(found)


def _tails(change: Change) -> str:
    """Return the ends of the logs of the runs, before one began what the simulation said."""
    tails = "\n\n".join(run.tail for run in change.runs if run.tail)
    return tails or (change.updates.text if change.updates else "")


def _dress(made: QPushButton, *, primary: bool) -> None:
    """Fill a button, or only draw its border; its icon follows."""
    kind = "primary" if primary else ""
    if made.property("kind") != kind:
        made.setProperty("kind", kind)
        made.setIcon(icon("play", "on_accent" if primary else "text"))
        made.style().unpolish(made)
        made.style().polish(made)
