"""The sign-in sheet of a training (培训签到表): printed, signed by those trained, and scanned."""

from __future__ import annotations

from typing import Final

from reportlab.platypus import Flowable, KeepTogether, Spacer

from gmops_desktop.language import speaking, tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.boxes import writable
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.marks import Section
from gmops_desktop.reports.orders import Built, Document, SignInFacts
from gmops_desktop.reports.own_words import own_words
from gmops_desktop.reports.proof import proof_block
from gmops_desktop.reports.signatures import ReceiptBlock
from gmops_desktop.reports.styles import CELL
from gmops_desktop.reports.tables import facts_table, ruled_table, title_block

_LINES: Final = 18  # as many as one page holds beside the rest
_FEWER: Final = 4  # where words or the version before take room
_HAND: Final = CELL.but(size=10)
_HEIGHT: Final = 20.2  # points of a line that is written by hand


def make_sign_in(facts: SignInFacts, document: Document) -> Built:
    """Return the sheet as PDF/A-3b with its facts attached as JSON."""
    with speaking(document.language):
        return filed(
            facts, "sign_in", document, tr("Sign-in sheet"), facts.contract.party_b,
            lambda digest: _story(facts, document, digest),
        )  # fmt: skip


def _story(facts: SignInFacts, document: Document, digest: str) -> list[Flowable]:
    training, contract = facts.training, facts.contract
    hours = f"{training.hours.normalize():f}" if training.hours else "—"
    rows = [
        (tr("Contract"), f"{contract.title} ({contract.number})"),
        (tr("Topic", context="training"), training.title),
        (tr("Day"), phrases.day(training.on)),
        (tr("Trainer"), training.by or "—"),
        (tr("Hours"), hours),
    ]
    return [
        title_block(tr("Sign-in sheet"), contract.title, document),
        Spacer(0, 4),
        facts_table(rows),
        *own_words(document, "contents"),
        Spacer(0, 4),
        Section(tr("Those trained")),
        _lines(training.people, _LINES - (_FEWER if document.texts or document.replaces else 0)),
        KeepTogether(
            [
                Section(tr("Proof", context="report")),
                proof_block(document, digest, facts.heads),
                Spacer(0, 6),
                ReceiptBlock(tr("{party}: this training was given.", party=contract.party_a)),
            ]
        ),
    ]


def _lines(people: tuple[str, ...], least: int) -> Flowable:
    names = [*people, *[""] * max(0, least - len(people))]
    heads = (
        tr("No.", context="line"),
        tr("Name"),
        tr("Unit or office"),
        tr("Phone"),
        tr("Signature", context="by hand"),
    )
    rows = [
        (str(place), writable(name, _HEIGHT, _HAND), "", "", "")
        for place, name in enumerate(names, start=1)
    ]
    return ruled_table(heads, rows, (0.6, 2, 2.6, 2, 2.4))
