"""The short forms of a change: its evaluation, a notice, an emergency, what is handed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from gmops_desktop.contract.changes import Audience, word_of_audience
from gmops_desktop.contract.gates import Gate, word_of_gate
from gmops_desktop.contract.steps import Handed
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.patches import Change
from ui.dialogs.sheet import Sheet
from ui.patch_words import title_of
from ui.ticket_dialogs import ReasonSheet
from ui.ticket_forms import FormSheet
from ui.widgets.frames import button, paragraph

_MOST_MINUTES = 10_000


class AskSheet(Sheet):
    """Says what will be done, and does it only when told to; `agreed` follows."""

    agreed = Signal()

    def __init__(
        self, parent: QWidget | None, title: str, heading: str, lines: Sequence[str], action: str
    ) -> None:
        super().__init__(parent, title, heading, width=520)
        for line in lines:
            self.body.addWidget(paragraph(line, "body"))
        self.add_close(tr("Cancel"))
        self.go = button(action, self._agree, kind="primary")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole, default=True)

    def _agree(self) -> None:
        self.accept()
        self.agreed.emit()


def heading(change: Change) -> str:
    """Return which change a form is about."""
    return f"{change.number} {title_of(change)}"


def assess_form(parent: QWidget, change: Change, contracts: Contracts) -> FormSheet:
    """Return the form of the evaluation; one of the application needs the project manager's."""
    form = FormSheet(parent, tr("Evaluate the change"), heading(change), tr("Record"))
    people = contracts.contacts(date.today())
    managers = [one.name for one in people if one.post == "project_manager"]
    needed = change.kind != "patch"
    known = change.assessment
    form.lines("text", tr("What for"), required=True, text=known.text if known else "")
    form.lines("risk", tr("What may go wrong"), text=known.risk if known else "")
    minutes = known.downtime_minutes if known else None
    form.line(
        "downtime_minutes",
        tr("Minutes the service stands still"),
        tr("It is announced to Party A; leave it empty while it is not known."),
        text="" if minutes is None else str(minutes),
    )
    form.line(
        "by",
        tr("Project manager") if needed else tr("Evaluated by"),
        required=needed,
        text=known.by if known else managers[0] if managers and needed else "",
        completions=managers,
    )
    days = known.days if known and known.days is not None else None
    form.line(
        "person_days",
        tr("Person-days"),
        tr("Changes of the application draw on the person-days of the contract (2.3-4).")
        if needed
        else tr("Leave it empty: system patches take none."),
        required=needed,
        text="" if days is None else f"{days:f}",
    )
    form.refuse_when(_wrong_numbers)
    return form


def assessed(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an evaluation's form gave, as `Patches.assess` takes it."""
    return {
        "text": said["text"],
        "risk": said["risk"],
        "by": said["by"],
        "downtime_minutes": _minutes(said["downtime_minutes"]),
        "person_days": _days(said["person_days"]),
    }


def notice_form(parent: QWidget, change: Change, audience: Audience) -> ReasonSheet:
    """Return the form in which it is recorded that Party A told one of the three audiences."""
    told = tr("Party A tells those concerned before anything is stopped (contract 2.3-8).")
    return ReasonSheet(
        parent,
        tr("Notice to: {audience}", audience=word_of_audience(audience)),
        f"{heading(change)}\n{told}",
        tr("Record notice"),
        tr("Evidence: who told them, when, how"),
    )


def emergency_form(parent: QWidget, change: Change, gate: str = "") -> FormSheet:
    """Return the form that opens one gate as a special emergency, with the reason that is printed.

    Only gates that an emergency may open are offered; of the others it says so.
    """
    form = FormSheet(
        parent, tr("Special emergency"), heading(change), tr("Open the gate with this reason")
    )
    form.body.addWidget(
        paragraph(
            tr(
                "The reason stands in the record, on the notice and in the monthly report "
                "(contract 1.15). What keeps the server whole is opened by no reason."
            )
        )
    )
    shut = [one for one in change.gates if not one.met and one.passable and not one.emergency]
    form.choice(
        "gate",
        tr("Gate"),
        [(one.key, f"{word_of_gate(one.key)} · {_brief(one)}") for one in shut],
        gate or (shut[0].key if shut else None),
        required=True,
    )
    form.lines("reason", tr("Reason"), required=True)
    form.refuse_when(
        lambda said: "" if len(said["reason"]) >= 4 else tr("Write why, in a sentence.")
    )
    return form


def hand_over_form(parent: QWidget, change: Change) -> FormSheet:
    """Return the form of the hand-over: notes, documents besides what the server has, days."""
    form = FormSheet(parent, tr("Hand over"), heading(change), tr("Hand over"))
    form.body.addWidget(
        paragraph(
            tr(
                "What the change altered on the server is asked of the server and listed with "
                "versions and SHA-256; name here only what there is besides (contract 1.32)."
            )
        )
    )
    form.lines("text", tr("Release notes"))
    form.lines(
        "documents",
        tr("Further documents"),
        tr("One a line: a manual, a drawing, an account list."),
    )
    form.line(
        "person_days",
        tr("Person-days worked"),
        tr("They are booked on the ticket of the change.")
        if change.ticket_id
        else tr("It comes from no ticket: leave it empty."),
    )
    form.refuse_when(
        lambda said: (
            _wrong_days(said)
            or (
                tr("It comes from no ticket: its days cannot be booked.")
                if _days(said["person_days"]) and not change.ticket_id
                else ""
            )
        )
    )
    return form


def handed(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a hand-over's form gave, as `Patches.hand_over` takes it."""
    lines = (line.strip() for line in said["documents"].splitlines())
    return {
        "documents": tuple(Handed(line, "document") for line in lines if line),
        "person_days": _days(said["person_days"]),
        "text": said["text"],
    }


def _brief(gate: Gate) -> str:
    return gate.missing.splitlines()[0] if gate.missing else ""


def _minutes(text: str) -> int | None:
    return int(text) if text else None


def _days(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _wrong_numbers(said: Mapping[str, Any]) -> str:
    minutes = said["downtime_minutes"]
    if minutes and not (minutes.isascii() and minutes.isdigit() and int(minutes) <= _MOST_MINUTES):
        return tr("Give the minutes as a whole number.")
    return _wrong_days(said)


def _wrong_days(said: Mapping[str, Any]) -> str:
    text = said["person_days"]
    whole, _, part = text.partition(".")
    if text and not (whole.isascii() and whole.isdigit() and len(whole) < 4 and
                     (not part or (part.isascii() and part.isdigit()))):  # fmt: skip
        return tr("Give the person-days as a number like 0.5.")
    return ""
