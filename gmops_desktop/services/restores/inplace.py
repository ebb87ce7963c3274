"""Puts rows right where they stand: one transaction for all tables, proved before it is committed.

Whatever cuts it short, the server rolls it back.  A mark inside the transaction tells afterwards
whether it was committed, even to a program that was killed in that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection, amending, catalogue, segments
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.archive.differences import Change, Matching, matching_of, stretches
from gmops_desktop.archive.differences import changes as differing_rows
from gmops_desktop.archive.manifest import TableRecord
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.services.restores.amendments import Amendment, CannotAmend, only
from gmops_desktop.services.restores.comparison import (
    Difference,
    Place,
    changes,
    disproved,
    reads,
)
from gmops_desktop.services.restores.otherwise import are_the_same

_TRIES: Final = 3  # where somebody else's transaction is in the way
_ROOM: Final = 64 << 10  # bytes of a packet that a statement leaves free
_SMALL: Final = 64 << 20  # bytes of a table that is proved whole, not only where it was amended
_LARGE: Final = 32 << 20  # bytes beyond which a table that differs in most rows is built anew
_MOST: Final = 0.6  # part of a large table's text that may be sent in place


@dataclass(frozen=True, slots=True)
class Work:
    """One table to amend: what an archive says of it, the statements, and where it is proved.

    `chosen` are the keys of single rows, and `changes` what becomes of them; without any, the whole
    table becomes the archive's.
    """

    record: TableRecord
    amendment: Amendment
    places: tuple[Place, ...]
    chosen: frozenset[bytes] = field(default_factory=frozenset)
    changes: tuple[Change, ...] = ()


def planned(
    difference: Difference,
    taken: TableRecord,
    archive: ArchiveReader,
    safety: ArchiveReader,
    limit: int,
    fires: frozenset[str],
    chosen: frozenset[bytes],
    stack: ExitStack,
    context: Context,
) -> Work:
    """Plan a table from two archives: the one to restore, and that just taken of the present state.

    Only `chosen` rows change, if there are any.  `fires` are the events at which the table's
    triggers do.  Raises `CannotAmend` where the table must be built beside.
    """
    record, live = difference.record, difference.live
    assert record
    assert live
    if any(segment and segment.wide for _, segment in difference.ranges):
        raise CannotAmend
    matching = matching_of(record, taken)
    amendment = stack.enter_context(Amendment(live, matching, limit))
    single: list[Change] = []
    for stretch in stretches(record, taken, matching):
        if any(segment.wide for segment in stretch.after):
            raise CannotAmend
        context.check()
        found: Iterable[Change] = differing_rows(
            stretch, matching, reads(archive, record), reads(safety, taken)
        )
        if chosen:
            found = list(only(found, lambda row: amendment.key(row) in chosen))
            single += found
        amendment.take(found)
        if amendment.sent_bytes > _MOST * max(record.text_bytes, _LARGE):
            raise CannotAmend
    if amendment.events & fires:
        raise CannotAmend
    return Work(record, amendment, difference.ranges, chosen, tuple(single))


def planned_live(
    connection: MysqlConnection,
    archive: ArchiveReader,
    record: TableRecord,
    live: Table,
    places: Sequence[Place],
    chosen: frozenset[bytes],
    stack: ExitStack,
) -> Work:
    """Plan a table from the rows as they stand now, all that differ or only those `chosen`."""
    if any(segment and segment.wide for _, segment in places):
        raise CannotAmend
    matching = Matching(record.columns, record.columns, [column.name for column in record.key])
    limit = limit_of(connection)
    amendment = stack.enter_context(Amendment(live, matching, limit))
    found: Iterable[Change] = changes(connection, archive, record, places)
    if chosen:
        found = only(found, lambda row: amendment.key(row) in chosen)
    return Work(record, amendment.take(found), tuple(places), chosen)


def limit_of(connection: MysqlConnection) -> int:
    """Return how many bytes a statement may have."""
    return max(connection.server.max_packet - _ROOM, connection.server.max_packet // 2)


def amend(
    connection: MysqlConnection,
    archive: ArchiveReader,
    work: Sequence[Work],
    mark: str,
    judge: Callable[[], None],
    before_commit: Callable[[], None],
    context: Context,
) -> None:
    """Amend all tables in one transaction, prove them in it, leave the mark, and commit.

    `judge` may refuse, by raising, what the transaction has written; `before_commit` is called when
    nothing but the commit remains.  Raises `ProofFailed` or `OpsError`; then nothing has changed,
    unless the line broke in the commit itself.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            with amending.transaction(connection) as commit:
                _write(connection, work, context)
                _prove(connection, archive, work, context)
                judge()
                with connection.context.uncut():
                    amending.set_mark(connection, mark)
                    before_commit()
                    commit()
            return
        except ServerRefused as refusal:
            if attempt == _TRIES or not amending.is_refused_for_now(refusal):
                raise
            context.note(tr("Another transaction was in the way; the rows are written again."))
            context.wait(0.2 * attempt)


def _write(connection: MysqlConnection, work: Sequence[Work], context: Context) -> None:
    total = sum(one.amendment.sent_bytes for one in work) or 1
    sent = 0
    for one in work:
        for statement in one.amendment.statements():
            context.progress(
                min(sent, total) * 80 // total,
                tr("Writing rows of {name}", name=one.record.name),
                connection.travelled,
            )
            connection.run(statement)
            sent += len(statement)


def _prove(
    connection: MysqlConnection, archive: ArchiveReader, work: Sequence[Work], context: Context
) -> None:
    """Prove all tables as the transaction sees them.

    What others wrote since they were compared is put right, too, once.
    """
    wrong = []
    for number, one in enumerate(work):
        context.progress(
            80 + number * 18 // len(work),
            tr("Proving {name}", name=one.record.name),
            connection.travelled,
        )
        left = _left(connection, archive, one)
        if left and _again(connection, archive, one, left):
            left = _left(connection, archive, one)
        if left:
            wrong.append(one.record.name)
    if wrong:
        raise ProofFailed(
            tr(
                "The rows written to {names} are not those of the archive.",
                names=tr(", ").join(wrong),
            ),
            hint=tr("Verify the archive, and check the server's version and settings."),
            unharmed=tr("The schema is as it was."),
        )


def _left(connection: MysqlConnection, archive: ArchiveReader, one: Work) -> tuple[Place, ...]:
    """Return where a table is still not what it should be."""
    name = one.record.name
    whole = not one.chosen and one.record.text_bytes <= _SMALL
    places = disproved(connection, one.record, name, () if whole else one.places)
    if places and not one.chosen and are_the_same(connection, archive, one.record, name, places):
        return ()
    if one.chosen and places:
        left = changes(connection, archive, one.record, places)
        return places if any(only(left, lambda r: one.amendment.key(r) in one.chosen)) else ()
    return places


def _again(
    connection: MysqlConnection, archive: ArchiveReader, one: Work, places: Sequence[Place]
) -> bool:
    """Put right what others wrote meanwhile; say whether that can be done here."""
    fires = amending.triggered(connection).get(one.record.name, frozenset())
    try:
        with ExitStack() as stack:
            live = one.amendment.table
            more = planned_live(connection, archive, one.record, live, places, one.chosen, stack)
            if more.amendment.events & fires:
                return False
            for statement in more.amendment.statements():
                connection.run(statement)
    except CannotAmend:
        return False
    return True


def rows_back(
    connection: MysqlConnection,
    safety: ArchiveReader,
    tables: Sequence[str],
    mark: str,
    context: Context,
) -> None:
    """Give `tables` the rows of the safety copy back, in one transaction that takes `mark` away.

    Raises `OpsError` where that cannot be done; then they are as they were.
    """
    segments.prepare(connection)
    live = {table.name: table for table in catalogue.read(connection).tables}
    records: Mapping[str, TableRecord] = {r.name: r for r in safety.manifest.tables}
    with ExitStack() as stack:
        work = []
        for name in tables:
            record = records[name]
            if places := disproved(connection, record, name):
                table = live[name]
                try:
                    one = planned_live(
                        connection, safety, record, table, places, frozenset(), stack
                    )
                except CannotAmend as error:
                    raise OpsError(
                        tr("The rows of {name} can no longer be taken back singly.", name=name),
                        hint=tr("Bring the restore to its end (gmops restore recover --finish)."),
                    ) from error
                work.append(one)
        with amending.transaction(connection) as commit:
            _write(connection, work, context)
            _prove(connection, safety, work, context)
            amending.clear_mark(connection, mark)
            commit()


def cannot_amend(names: Sequence[str]) -> OpsError:
    """Return the sentence for single rows of tables that can only be restored whole."""
    return OpsError(
        tr("Single rows of {names} cannot be put back.", names=tr(", ").join(names)),
        hint=tr("Restore the whole table instead."),
        unharmed=tr("The schema is as it was."),
    )
