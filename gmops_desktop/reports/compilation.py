"""The compilation of evidence (履约证据汇编): how each clause was kept, month by month, and every
entry, file and document that proves it; and how anybody can check them with common tools."""

from __future__ import annotations

from collections import Counter
from typing import Final

from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer, Table

from gmops_desktop.contract.clause_evidence import Standing, word_of_standing
from gmops_desktop.language import speaking, tr, tr_n
from gmops_desktop.reports import phrases
from gmops_desktop.reports.boxes import card_row, code_lines, verdict_box
from gmops_desktop.reports.captions import Captions
from gmops_desktop.reports.change_parts import passed_over
from gmops_desktop.reports.covers import Cover
from gmops_desktop.reports.evidence_facts import ClauseLine, CompilationFacts
from gmops_desktop.reports.filing import filed
from gmops_desktop.reports.marks import FigureCard, Section, StateWord
from gmops_desktop.reports.orders import Built, Document
from gmops_desktop.reports.own_words import own_words
from gmops_desktop.reports.paragraph import Paragraph
from gmops_desktop.reports.proof import proof_block
from gmops_desktop.reports.signatures import SignBlock
from gmops_desktop.reports.standings import STATES, matrices
from gmops_desktop.reports.styles import BODY, NOTE, Align
from gmops_desktop.reports.tables import Cell, particulars, ruled_table
from gmops_desktop.states import State

_HASH: Final = 16  # digits of an entry's hash on paper; all 64 stand in the data attached
_CARDS: Final[tuple[Standing, ...]] = ("done", "late", "missing", "unknown")


# Follows one device's chain with what every POSIX system has; prints the head.
CHAIN_CHECK: Final = """\
before=$(printf '0%.0s' $(seq 64))
while IFS= read -r line; do
  case $line in *"\\"$before\\"]") ;; *) echo BROKEN; break ;; esac
  before=$(printf %s "$line" | sha256sum | cut -c1-64)
done < chain-DEVICE.jsonl
echo $before"""


def make_compilation(facts: CompilationFacts, document: Document) -> Built:
    """Return the compilation as PDF/A-3b with its facts attached as JSON."""
    with speaking(document.language):
        title = tr("Compilation of evidence")
        period = phrases.span(facts.start, facts.end)
        cover = Cover(title, period, facts.contract, facts.at, facts.prepared_by)
        return filed(
            facts, "compilation", document, title, facts.contract.party_b,
            lambda digest: _story(facts, document, digest), cover=cover,
        )  # fmt: skip


def _story(facts: CompilationFacts, document: Document, digest: str) -> list[Flowable]:
    captions = Captions()
    contract = facts.contract
    state, verdict, text = _verdict(facts)
    return [
        *_head(1, tr("Summary")),
        verdict_box(state, verdict, text),
        Spacer(0, 6),
        _figures(facts),
        Spacer(0, 2),
        particulars(
            [
                (tr("Contract"), f"{contract.title} ({contract.number})"),
                (tr("Period", context="report"), phrases.span(facts.start, facts.end)),
                (tr("Record since"), phrases.day(facts.begins) if facts.begins else tr("nothing")),
                (tr("Prepared", context="report"), phrases.full_moment(facts.at)),
                (tr("Sources"), _sources(facts)),
            ]
        ),
        *own_words(document, "overview"),
        *_head(2, tr("Clauses and months")),
        *_matrix(facts, captions),
        *_head(3, tr("Evidence of each clause"), 170),
        *[
            part
            for place, one in enumerate(facts.clauses, start=1)
            for part in _clause(one, place, captions)
        ],
        *_head(4, tr("Deviations and special emergencies")),
        *passed_over(facts.overrides),
        *own_words(document, "deviations"),
        *_head(5, tr("How to check this")),
        *_checking(facts),
        KeepTogether(
            [
                Section(phrases.numbered(6, tr("Proof and signatures"))),
                proof_block(document, digest, facts.heads),
                Spacer(0, 2),
                SignBlock(contract.party_a, contract.party_b),
            ]
        ),
    ]


def _head(number: int, words: str, room: float = 90) -> list[Flowable]:
    return [CondPageBreak(room), Section(phrases.numbered(number, words))]


# ---------------------------------------------------------------- summary and matrix


def _verdict(facts: CompilationFacts) -> tuple[State, str, str]:
    bad = [one for one in facts.clauses if one.standing in ("late", "missing")]
    unknown = sum(one.standing == "unknown" for one in facts.clauses)
    said = "\n".join(
        f"{one.key} {one.title}{tr(': ')}{_listed(one.breaches) or word_of_standing(one.standing)}"
        for one in bad[:6]
    )
    if len(bad) > 6:
        said += "\n" + tr("{count} more stand below.", count=len(bad) - 6)
    if any(one.standing == "missing" for one in bad):
        return "critical", tr("Evidence is missing for clauses of the contract."), said
    if bad:
        return "warning", tr("Kept, with things late or incomplete."), said
    if unknown or not facts.clauses:
        words = tr("What was recorded holds; not everything was recorded.")
        return "unknown", words, tr_n("{count} clause is unknown.", "{count} clauses are unknown.",
                                      unknown)  # fmt: skip
    return "ok", tr("Every clause that something was to be done for was kept."), ""


def _figures(facts: CompilationFacts) -> Table:
    counted = Counter(one.standing for one in facts.clauses)
    cards = [
        FigureCard(
            word_of_standing(one), str(counted[one]), tr("clauses", context="count"),
            tr("of {count}", context="clauses", count=len(facts.clauses)),
            STATES[one] if counted[one] or one == "done" else None,
        )
        for one in _CARDS
    ]  # fmt: skip
    lines = sum(one.lines for one in facts.clauses)
    files = sum(len(one.files) for one in facts.clauses)
    below = tr_n("{count} file", "{count} files", files)
    cards.append(FigureCard(tr("Evidence", context="report"), f"{lines:,}",
                            tr("lines", context="count"), below))  # fmt: skip
    return card_row(cards)


def _sources(facts: CompilationFacts) -> str:
    entries = sum(len(one.entries) for one in facts.clauses)
    looks = sum(one.looks for one in facts.clauses)
    said = tr_n("{count} entry of the journal", "{count} entries of the journal", entries)
    if looks:
        said += tr(", ") + tr_n("{count} look", "{count} looks", looks)
    return said


def _matrix(facts: CompilationFacts, captions: Captions) -> list[Flowable]:
    parts: list[Flowable] = []
    for drawing in matrices(facts.clauses, facts.months):
        caption = captions.figure(tr("each clause of the contract, month by month"))
        parts.append(KeepTogether([drawing, Spacer(0, 2), caption]))
    words = [
        tr(
            "The number is that of the entries and archives of the month. A clause is judged by "
            "what was opened, came due or was done in that month; “{none}”: nothing happened that "
            "it speaks of.",
            none=word_of_standing("none"),
        )
    ]
    if facts.begins is None or facts.begins > facts.start:
        since = phrases.day(facts.begins) if facts.begins else tr("nothing")
        words.append(
            tr(
                "The record begins on {day}: what was done before is unknown, neither kept nor "
                "missed.",
                day=since,
            )
            if facts.begins
            else tr("Nothing is on record: every month is unknown.")
        )
    return [*parts, Paragraph(phrases.sentences(*words), NOTE)]


# ---------------------------------------------------------------- a clause


def _clause(one: ClauseLine, place: int, captions: Captions) -> list[Flowable]:
    words = tr("Clause {key}: {title}", key=one.key, title=one.title)
    title = phrases.part(3, place, words)
    parts: list[Flowable] = [
        CondPageBreak(120 if one.lines else 60),
        Section(title, word_of_standing(one.standing), level=1),
        StateWord(_state(one), _said(one)),
    ]
    parts += [StateWord("warning", breach) for breach in one.breaches]
    if one.elsewhere:
        said = tr(", ", context="list").join(
            tr("{count} under {clause}", count=count, clause=key) for key, count in one.elsewhere
        )
        parts.append(Paragraph(tr("Proved by entries listed elsewhere, too: {said}.", said=said),
                               NOTE))  # fmt: skip
    if one.looks:
        parts.append(Paragraph(tr_n("{count} look was counted, not listed.",
                                    "{count} looks were counted, not listed.", one.looks),
                               NOTE))  # fmt: skip
    if one.entries:
        parts.append(_entries(one, captions))
    if one.files:
        parts.append(_files(one, captions))
    if one.documents:
        parts.append(_documents(one, captions))
    return parts


def _state(one: ClauseLine) -> State:
    return "ok" if one.facts else STATES[one.standing]


def _said(one: ClauseLine) -> str:
    if one.facts:
        return _listed(one.facts)
    if one.standing == "unknown":
        return tr("Nothing was recorded: it is not known.")
    if one.standing in ("missing", "late"):
        return tr("Nothing proves it.")
    return tr("Nothing happened that it speaks of.")


def _listed(words: tuple[str, ...]) -> str:
    return tr("; ", context="list").join(words)


def _entries(one: ClauseLine, captions: Captions) -> Flowable:
    heads = (
        tr("Device", context="journal"),
        tr("Entry", context="journal"),
        tr("When", context="report"),
        tr("Who", context="report"),
        tr("What was recorded"),
        tr("Of what"),
        tr("Hash", context="journal"),
    )
    rows: list[list[Cell]] = [
        [
            line.device, f"{line.sequence:,}", phrases.full_moment(line.at), line.actor or "—",
            line.action, line.subject or "—", f"{line.hash[:_HASH]}…",
        ]
        for line in one.entries
    ]  # fmt: skip
    caption = captions.table(tr("entries for {clause}", clause=one.key))
    aligns: tuple[Align, ...] = ("left", "right", "left", "left", "left", "left", "left")
    return ruled_table(heads, rows, (1.6, 1.0, 2.3, 1.2, 2.5, 4.0, 2.6), aligns, caption=caption)


def _files(one: ClauseLine, captions: Captions) -> Flowable:
    heads = (
        tr("File", context="report"),
        tr("When", context="report"),
        tr("Size", context="report"),
        "SHA-256",
        tr("State", context="report"),
    )
    rows: list[list[Cell]] = [
        [
            line.name + (f"\n{line.of}" if line.of else ""),
            phrases.full_moment(line.at),
            phrases.size(line.size) if line.size is not None else "—",
            line.sha256 or StateWord("unknown", tr("not known")),
            _there(line.there),
        ]
        for line in one.files
    ]
    caption = captions.table(tr("files for {clause}", clause=one.key))
    aligns: tuple[Align, ...] = ("left", "left", "right", "left", "left")
    return ruled_table(heads, rows, (3.6, 2.2, 1.3, 5.4, 1.7), aligns, caption=caption)


def _there(there: bool | None) -> Cell:
    if there is None:
        return tr("kept here", context="file")
    if there:
        return StateWord("ok", tr("here", context="file"))
    return StateWord("unknown", tr("not on this computer", context="file"))


def _documents(one: ClauseLine, captions: Captions) -> Flowable:
    heads = (
        tr("No.", context="report"),
        tr("Kind"),
        tr("Made on", context="document"),
        tr("Signature"),
        "SHA-256",
    )
    rows: list[list[Cell]] = [
        [line.number, line.kind, phrases.full_moment(line.at), line.signed, line.sha256]
        for line in one.documents
    ]
    caption = captions.table(tr("documents for {clause}", clause=one.key))
    return ruled_table(heads, rows, (2.9, 1.9, 2.1, 1.8, 5.4), caption=caption)


# ---------------------------------------------------------------- how to check


def _checking(facts: CompilationFacts) -> list[Flowable]:
    parts: list[Flowable] = [
        Paragraph(
            tr(
                "Nothing here need be believed. The files of this compilation, where they were "
                "handed over with it, are checked by the tools of any Linux, Mac or Windows "
                "(Git Bash, WSL):"
            ),
            BODY,
        ),
        *code_lines("sha256sum -c SHA256SUMS", 5),
        Paragraph(
            tr(
                "Each line of entries.jsonl is one entry of the journal, as it was hashed: the "
                "SHA-256 of the line is the hash printed above, and it ends with the hash of the "
                "entry before it. Line 7, for example:"
            ),
            BODY,
        ),
        *code_lines("sed -n 7p entries.jsonl | tr -d '\\n' | sha256sum", 5),
        Paragraph(
            tr(
                "A whole chain (chain-DEVICE.jsonl, where it was handed over) leads to the head "
                "printed below:"
            ),
            BODY,
        ),
        *code_lines(CHAIN_CHECK, 12),
        Paragraph(
            tr(
                "The data of this document is attached to it: pdfdetach -saveall takes it out, "
                "sha256sum data.json must give the digest printed below. gmops report verify "
                "does all of this, and checks the signatures."
            ),
            BODY,
        ),
    ]
    if facts.heads:
        heads = (
            tr("Device", context="journal"),
            tr("Entry", context="journal"),
            tr("Head of the chain"),
        )
        rows: list[list[Cell]] = [
            [one.device_name, f"{one.sequence:,}", one.hash] for one in facts.heads
        ]
        parts.append(ruled_table(heads, rows, (2.4, 1, 8), ("left", "right", "left")))
    return parts
