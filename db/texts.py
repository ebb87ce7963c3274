"""Finding subjects by what was written about them: a projection like the others.

A row of `texts` holds the words of one subject.  On SQLite, `text_pairs` (FTS5) holds the pairs of
neighbouring characters in them, and tells at once which few rows to look at; two Chinese
characters are such a pair.  Elsewhere (a team's MySQL) the words themselves are scanned, with the
same result.  Why so: docs/decisions, “Search by pairs of characters”.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    LargeBinary,
    Select,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.orm import Session

from db.models import TextRow
from gmops_desktop.contract.findable import (
    is_proved_by_pairs,
    pairs_in,
    pairs_of,
    title_of,
    wanted_words,
    words_of,
)
from gmops_desktop.contract.record import Subject
from gmops_desktop.contract.tickets import searchable

# The column of the table's own name is how FTS5 wants to be asked.
_PAIRS: Final = table("text_pairs", column("rowid", Integer), column("text_pairs"))
_UNSAID: Final = frozenset({"device"})  # what no person wrote
_STALE: Final = ("", "stale")  # kind and subject of the mark a migration leaves


@dataclass(frozen=True, slots=True)
class Text:
    """The words of one subject, and what it is called where it is found."""

    kind: str
    subject: str
    title: str
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Found:
    """A subject in which everything looked for occurs; `at` is when it was last written about."""

    kind: str
    subject: str
    title: str
    at: datetime


def text_of(subject: Subject, number: str = "") -> Text | None:
    """Return what can be found of `subject`; `number` is the one shown for it, if it has one."""
    first, last = subject.entries[0], subject.entries[-1]
    if first.kind in _UNSAID:
        return None
    words = _with_number(words_of(subject), number)
    title = f"{number} {title_of(subject)}".strip()
    return Text(first.kind, first.subject, title, last.at, words)


def keep(session: Session, said: Text) -> None:
    """Bring the words of one subject up to date, in the caller's transaction."""
    mine = select(TextRow).where(TextRow.kind == said.kind, TextRow.subject == said.subject)
    row = session.scalar(mine)
    if row is None:
        keep_new(session, [said])
        return
    row.title, row.at = said.title, said.at
    if row.words != said.words:
        before, row.words = pairs_of(row.words), said.words
        if _has_pairs(session):
            _take_out(session, [(row.place, before)])
            _put_in(session, [(row.place, pairs_of(said.words))])
    session.flush()


def keep_new(session: Session, texts: Sequence[Text]) -> None:
    """Add the words of subjects that have none yet."""
    values = [
        {"kind": one.kind, "subject": one.subject, "title": one.title, "at": one.at,
         "words": one.words}
        for one in texts
    ]  # fmt: skip
    if not values:
        return
    if not _has_pairs(session):
        session.connection().execute(insert(TextRow), values)
        return
    # The write lock is ours: nobody else gives out places meanwhile.
    begin = (session.scalar(select(func.max(TextRow.place))) or 0) + 1
    placed = [{"place": begin + at, **value} for at, value in enumerate(values)]
    session.connection().execute(insert(TextRow), placed)
    _put_in(session, [(begin + at, pairs_of(one.words)) for at, one in enumerate(texts)])


def renumber(
    session: Session, kind: str, subject: str, claimed: str, before: str, after: str
) -> None:
    """Let a subject be found by the number it has now, which is not always the `claimed` one."""
    row = session.scalar(select(TextRow).where(TextRow.kind == kind, TextRow.subject == subject))
    if row is not None:
        suffix = f"\n{searchable(before)}" if before != claimed else ""
        title = f"{after} {row.title.removeprefix(before).strip()}".strip()
        words = _with_number(row.words.removesuffix(suffix), after)
        keep(session, Text(kind, subject, title, row.at, words))


def drop_all(session: Session) -> None:
    """Forget every word, before the journal is replayed."""
    session.execute(delete(TextRow))
    if _has_pairs(session):
        session.execute(text("INSERT INTO text_pairs (text_pairs) VALUES ('delete-all')"))


def is_stale(session: Session) -> bool:
    """Return whether the words must be gathered anew, because a migration changed what they are."""
    kind, subject = _STALE
    mark = select(TextRow.place).where(TextRow.kind == kind, TextRow.subject == subject)
    return session.scalar(mark) is not None


def find(session: Session, wanted: str, *, but: str = "", most: int = 200) -> tuple[Found, ...]:
    """Return the subjects in which every word of `wanted` occurs, the last written about first.

    Those of the kind `but` are left out; at most so many are returned.
    """
    rows = _matching(session, wanted, TextRow.kind, TextRow.subject, TextRow.title, TextRow.at)
    rows = rows.where(TextRow.kind != but).order_by(TextRow.at.desc(), TextRow.place.desc())
    return tuple(Found(*row) for row in session.execute(rows.limit(most)))


def matching(session: Session, wanted: str, kind: str) -> Select[tuple[str]]:
    """Select the ids of the subjects of one kind in which every word of `wanted` occurs."""
    return _matching(session, wanted, TextRow.subject).where(TextRow.kind == kind)


def _matching(session: Session, wanted: str, *columns: Any) -> Select[Any]:
    """Select `columns` of the texts that hold every word; of all texts where there is none."""
    rows = select(*columns).where(TextRow.kind != "")
    words = wanted_words(wanted)
    if not words:
        return rows
    if not _has_pairs(session):
        return rows.where(*(_contains(session, word) for word in words))
    pairs = select(_PAIRS.c.rowid).where(_PAIRS.c.text_pairs.op("MATCH")(_query(words)))
    rows = rows.where(TextRow.place.in_(pairs))
    return rows.where(*(_contains(session, word) for word in words if not is_proved_by_pairs(word)))


def _query(words: Sequence[str]) -> str:
    """Return the FTS5 query for texts that have all pairs of all words."""
    terms: dict[str, None] = {}
    for word in words:
        pairs = pairs_in(word)
        whole = len(pairs[0]) > 1
        terms |= dict.fromkeys(f'"{pair}"' if whole else f'"{pair}" *' for pair in pairs)
    return " AND ".join(terms)


def _contains(session: Session, word: str) -> ColumnElement[bool]:
    """Return the condition that the words hold `word`, character by character."""
    if session.get_bind().dialect.name == "sqlite":
        return func.instr(TextRow.words, word) > 0
    # MySQL would take é for e, and one Chinese character for another of the same reading.
    return func.instr(cast(TextRow.words, LargeBinary), literal(word.encode(), LargeBinary)) > 0


def _has_pairs(session: Session) -> bool:
    """Return whether this store keeps pairs: SQLite does, built with FTS5 (its makers' default)."""
    if session.get_bind().dialect.name != "sqlite":
        return False
    there = text("SELECT 1 FROM sqlite_master WHERE name = 'text_pairs'")
    return session.scalar(there) is not None


def _with_number(words: str, number: str) -> str:
    said = searchable(number)
    return words if said in words else f"{words}\n{said}"


def _put_in(session: Session, rows: Sequence[tuple[int, str]]) -> None:
    statement = text("INSERT INTO text_pairs (rowid, pairs) VALUES (:place, :pairs)")
    session.execute(statement, [{"place": place, "pairs": pairs} for place, pairs in rows])


def _take_out(session: Session, rows: Sequence[tuple[int, str]]) -> None:
    """Take pairs out; FTS5 must be told what they were, for it does not keep the text itself."""
    statement = text(
        "INSERT INTO text_pairs (text_pairs, rowid, pairs) VALUES ('delete', :place, :pairs)"
    )
    session.execute(statement, [{"place": place, "pairs": pairs} for place, pairs in rows])
