"""The evidence behind a cell of the obligation matrix, and behind every clause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gmops_desktop.contract.clauses import ClauseProof
from gmops_desktop.contract.obligations import (
    Cell,
    Piece,
    Proof,
    Stream,
    form_of_stream,
    name_of_item,
    word_of_stream,
)
from gmops_desktop.language import tr
from gmops_desktop.services.obligations import EvidenceOf
from gmops_desktop.states import State
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.sheet import Sheet
from ui.theme import CARD_ROW_HEIGHT, HEADER_HEIGHT
from ui.widgets.frames import Label, WholeRows, button, disable, paragraph, row
from ui.widgets.matrix import word_of_cell
from ui.widgets.table_model import Column
from ui.widgets.tables import FilterField, Table
from ui.words import NOTHING, number, stamp

_ROWS: Final = 12
_STATES: Final[dict[Cell, State]] = {"full": "ok", "partly": "warning", "missing": "critical"}

Line = tuple[Stream, bool, Piece | None]  # a piece of a stream, or that a needed one has none


class EvidenceDialog(Sheet):
    """All pieces of evidence of an item in a month; `wanted` carries a page and what to show."""

    wanted = Signal(str, str)

    def __init__(self, parent: QWidget | None, found: EvidenceOf, runner: TaskRunner) -> None:
        self._month = found.month
        title = f"{name_of_item(found.item)} · {found.month:%Y-%m}"
        super().__init__(parent, title, _summary(found.proofs), width=760)
        columns: list[Column[Line]] = [
            Column(tr("Evidence"), lambda one: word_of_stream(one[0]), 208, muted=True),
            Column(tr("At"), _when, 128, key=_when),
            Column(tr("What"), _what, tip=_what),
            Column(tr("Count"), _count, 72, key=_size, right=True),
            Column(tr("State"), _word, 128, state=_state),
        ]
        self.table: Table[Line] = Table(columns, name=title, runner=runner, identity=id)
        held = WholeRows(self.table)
        held.setFixedHeight(HEADER_HEIGHT + _ROWS * CARD_ROW_HEIGHT)
        self.body.addWidget(held)
        self.open_button = button(
            tr("Show"), self._open, kind="primary", tip=tr("Go to where this evidence stands")
        )
        self.add_button(self.open_button, default=True)
        self.add_close(tr("Close"))
        self.table.picked.connect(self._pick)
        self.table.opened.connect(lambda _line: self._open())
        self.table.set_rows(_lines(found.proofs))
        self.table.selectRow(0)

    def _pick(self, line: Line | None) -> None:
        missing = line is not None and line[2] is None
        self.open_button.setText(tr("Make it…") if missing else tr("Show"))
        tip = tr("Go to where this evidence is made")
        if not missing:
            tip = tr("Go to where this evidence stands")
        disable(self.open_button, "" if line else tr("Choose a line first."), tip)

    def _open(self) -> None:
        line = self.table.current
        if line is None:
            return
        stream, _, piece = line
        self.accept()
        if piece is not None:
            self.wanted.emit(piece.page, piece.identity)
        else:
            self.wanted.emit(*form_of_stream(stream, self._month))


class ClausesDialog(Sheet):
    """The contract clause by clause, and what the record shows for each."""

    def __init__(
        self, parent: QWidget | None, found: Sequence[ClauseProof], runner: TaskRunner
    ) -> None:
        super().__init__(parent, tr("Evidence by clause"), width=920)
        columns: list[Column[ClauseProof]] = [
            Column(tr("Clause"), lambda one: one.key, 64, key=lambda one: _order(one.key)),
            Column(tr("What it asks"), lambda one: one.title, 264, tip=lambda one: one.title),
            Column(
                tr("State"),
                lambda one: _clause_word(one),
                104,
                state=lambda one: _STATES.get(one.state),
            ),
            Column(tr("What the record shows"), _shown, tip=_shown),
        ]
        self.table = Table(
            columns, name=tr("Evidence by clause"), runner=runner, identity=lambda one: one.key
        )
        self.detail = paragraph(role="body")
        self.detail.setMinimumHeight(40)
        held = WholeRows(self.table)
        held.setFixedHeight(HEADER_HEIGHT + _ROWS * CARD_ROW_HEIGHT)
        counted = Label(_tally(found), "caption")
        head = row(None, counted, FilterField(self.table, tr("Filter clauses")))
        head.setStretch(0, 1)
        self.body.addLayout(head)
        self.body.addWidget(held)
        self.body.addWidget(self.detail)
        self.add_close(tr("Close"))
        self.table.picked.connect(self._pick)
        self.table.set_rows(found)
        self.table.selectRow(0)

    def _pick(self, proof: ClauseProof | None) -> None:
        self.detail.setText(_shown(proof) if proof else "")


def _lines(proofs: Sequence[Proof]) -> list[Line]:
    found: list[Line] = []
    for proof in proofs:
        found += [(proof.stream, proof.needed, piece) for piece in proof.pieces]
        if proof.needed and not proof.pieces:
            found.append((proof.stream, True, None))
    return found


def _summary(proofs: Sequence[Proof]) -> str:
    parts = [
        tr("{count} {what}", count=number(proof.count), what=word_of_stream(proof.stream))
        for proof in proofs
        if proof.count
    ]
    lacking = [word_of_stream(proof.stream) for proof in proofs if proof.needed and not proof.count]
    if lacking:
        names = tr(", ", context="between names").join(lacking)
        parts.append(tr("missing: {names}", names=names))
    return tr("; ").join(parts) or tr("Nothing is on record for this month.")


def _when(line: Line) -> str:
    return stamp(line[2].at) if line[2] else NOTHING


def _what(line: Line) -> str:
    return line[2].title if line[2] else tr("nothing on record")


def _size(line: Line) -> int:
    return line[2].count if line[2] else 0


def _count(line: Line) -> str:
    return number(_size(line))


def _state(line: Line) -> State:
    if line[2] is None:
        return "critical"
    return "warning" if line[2].lack else "ok"


def _word(line: Line) -> str:
    if line[2] is None:
        return tr("missing")
    return line[2].lack or tr("there")


def _shown(proof: ClauseProof) -> str:
    return tr("; ").join([*proof.breaches, *proof.facts]) or tr("nothing has called for it yet")


def _clause_word(proof: ClauseProof) -> str:
    if proof.state == "missing":
        return tr("missing")
    return word_of_cell(proof.state, 0) if proof.state != "none" else tr("not called for")


def _order(key: str) -> tuple[float, ...]:
    return tuple(float(part) for part in key.split("/")[0].replace("-", ".").split("."))


def _tally(found: Sequence[ClauseProof]) -> str:
    states = [one.state for one in found]
    return tr(
        "{full} complete, {partly} partly, {missing} missing, {none} not called for",
        full=states.count("full"),
        partly=states.count("partly"),
        missing=states.count("missing"),
        none=states.count("none"),
    )
