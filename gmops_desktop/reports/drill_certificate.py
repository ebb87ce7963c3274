"""The certificate of a drill (恢复演练证书): one page that says whether an archive restores, how
long that took, and by what it can be known again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from gmops_desktop.language import speaking, tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.boxes import card_row, verdict_box
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.marks import FigureCard, Section
from gmops_desktop.reports.orders import Built, Document, DrillFacts
from gmops_desktop.reports.own_words import own_words
from gmops_desktop.reports.paragraph import Paragraph
from gmops_desktop.reports.proof import grouped, proof_block
from gmops_desktop.reports.signatures import SignBlock
from gmops_desktop.reports.styles import BODY
from gmops_desktop.reports.tables import facts_table, ruled_table, title_block

_MOST: Final = 12  # faults and notes printed; the rest is in the data attached


def make_certificate(facts: DrillFacts, document: Document) -> Built:
    """Return the certificate as PDF/A-3b with its facts attached as JSON."""
    with speaking(document.language):
        title = tr("Certificate of a restore drill")
        return filed(
            facts, "drill", document, title, facts.party_b,
            lambda digest: _story(facts, document, digest),
        )  # fmt: skip


def _story(facts: DrillFacts, document: Document, digest: str) -> list[Flowable]:
    return [
        _title(facts, document),
        _verdict(facts),
        Spacer(0, 6),
        _figures(facts),
        Spacer(0, 4),
        Section(phrases.numbered(1, tr("What was restored"))),
        _particulars(facts),
        Section(phrases.numbered(2, tr("How long it took"))),
        _phases(facts),
        *_checks(facts),
        *_said(facts),
        *own_words(document, "findings"),
        KeepTogether(
            [
                Section(phrases.numbered(4, tr("Proof and signatures"))),
                proof_block(document, digest, facts.heads, [_how(facts)]),
                Spacer(0, 2),
                SignBlock(facts.party_a, facts.party_b),
            ]
        ),
    ]


def _title(facts: DrillFacts, document: Document) -> Table:
    return title_block(tr("Certificate of a restore drill"), facts.name, document)


def _verdict(facts: DrillFacts) -> Table:
    if facts.proved:
        return verdict_box("ok", tr("Passed: this backup restores."), _happened(facts))
    words = tr("Not passed: this backup must not be relied on.")
    return verdict_box("critical", words, _happened(facts))


def _happened(facts: DrillFacts) -> str:
    day = phrases.full_moment(facts.at)
    if facts.clone and facts.proved:
        return tr(
            "On {day} the archive was restored into a new schema of a cloned cloud instance. Every "
            "table, row and definition of the copy is that of the archive, by digests.",
            day=day,
        )
    if facts.clone:
        return tr(
            "On {day} the archive was to be restored into a new schema of a cloned cloud instance; "
            "what stood against it is named below.",
            day=day,
        )
    if facts.proved:
        return tr(
            "On {day} the archive was restored into an empty server with stock tools. Every table, "
            "row and definition of the copy is that of the archive, by digests.",
            day=day,
        )
    return tr(
        "On {day} the archive was to be restored into an empty server with stock tools; what "
        "stood against it is named below.",
        day=day,
    )


def _figures(facts: DrillFacts) -> Table:
    held = sum(not check.fault for check in facts.checks)
    cards = [
        FigureCard(
            tr("Recovery time (RTO)"), phrases.duration(facts.seconds), "",
            tr("from the file to the proved copy"), None,
        ),
        FigureCard(
            tr("Tables", context="report"), f"{facts.tables:,}", "",
            tr("{count} definitions", count=facts.definitions), None,
        ),
        FigureCard(
            tr("Rows", context="report"), f"{facts.rows:,}", "",
            tr("{size} of SQL", size=phrases.size(facts.text_bytes)), None,
        ),
        FigureCard(
            tr("Own checks"), f"{held}/{len(facts.checks)}" if facts.checks else "—", "",
            tr("held") if facts.checks else tr("none set up"), None,
        ),
    ]  # fmt: skip
    return card_row(cards)


def _particulars(facts: DrillFacts) -> Table:
    taken = phrases.full_moment(facts.taken_at) if facts.taken_at else "—"
    size = phrases.size(facts.file_bytes)
    rows = (
        (tr("Archive"), f"{facts.archive} ({size})"),
        ("SHA-256", grouped(facts.sha256)),
        (tr("Backup of", context="report"), f"{taken}  {facts.schema}  {facts.source}"),
        (tr("Drilled on", context="report"), f"{phrases.full_moment(facts.at)}  {facts.server}"),
    )
    return facts_table(rows)


def _phases(facts: DrillFacts) -> Flowable:
    rows = [
        (
            phase.name,
            phrases.duration(phase.seconds),
            tr("yes") if phase.counts else tr("no"),
        )
        for phase in facts.phases
    ]
    heads = (tr("Step"), tr("Time", context="lasting"), tr("Part of the recovery time"))
    return ruled_table(heads, rows, (3, 1, 1.4), ("left", "right", "centre"))


def _checks(facts: DrillFacts) -> list[Flowable]:
    if not facts.checks:
        return []
    rows = [
        (one.sql, tr("held: {rows} rows", rows=one.rows) if not one.fault else one.fault)
        for one in facts.checks
    ]
    heads = (tr("Own check (SQL that must return rows)"), tr("Result"))
    return [Spacer(0, 6), ruled_table(heads, rows, (3, 2))]


def _said(facts: DrillFacts) -> list[Flowable]:
    head = Section(phrases.numbered(3, tr("Findings")))
    said: Sequence[str] = (*facts.faults, *facts.notes)
    if not said:
        said = (tr("Nothing differs."),)
    shown = [Paragraph(one, BODY) for one in said[:_MOST]]
    if len(said) > _MOST:
        more = tr("{count} more stand in the data attached.", count=len(said) - _MOST)
        shown.append(Paragraph(more, BODY))
    return [head, *shown]


def _how(facts: DrillFacts) -> str:
    if facts.clone:
        return tr(
            "The digest of every table's rows was computed by the cloned instance and compared "
            "with the archive's manifest."
        )
    return tr(
        "The digest of every table's rows was computed by the drill's server and compared with the "
        "archive's manifest; the server was removed afterwards."
    )
