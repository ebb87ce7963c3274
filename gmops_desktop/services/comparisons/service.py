"""The verbs of comparing: hold two sides against each other, and write what differs to a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Literal

from gmops_desktop.adapters.mysql import MysqlConnection, snapshot
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive import differences
from gmops_desktop.archive.differences import Change, Matching, matching_of, stretches
from gmops_desktop.archive.manifest import TableRecord
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.comparisons.live import changes as live_changes
from gmops_desktop.services.comparisons.results import (
    Compared,
    Kept,
    ObjectComparison,
    Shape,
    TableComparison,
)
from gmops_desktop.services.comparisons.sheet import write_csv
from gmops_desktop.services.comparisons.sides import Archived, Live

Connect = Callable[[MysqlAddress, Context], MysqlConnection]
Opened = Callable[[Path, Context], AbstractContextManager[Path]]
Source = Path | MysqlAddress
_Missing = Literal["added", "gone", "unknown"]


def as_it_is(path: Path, context: Context) -> AbstractContextManager[Path]:
    """Open an archive that is not sealed: the file itself is readable."""
    return nullcontext(path)


class Comparisons:
    """Compares archives with each other and with live databases; changes neither.

    `opened` gives the path of a plain archive for that of a sealed one.
    """

    def __init__(self, connect: Connect, opened: Opened = as_it_is) -> None:
        self._connect = connect
        self._opened = opened

    def compare(
        self, before: Source, after: Source, context: Context, *, tables: Collection[str] = ()
    ) -> Compared:
        """Say what was added, changed and removed from `before` to `after`.

        At most one side may be a database; its rows are those of one snapshot, taken without a
        lock.  With `tables`, only these are looked at.  The result must be closed.  Raises
        `OpsError`, or `ProofFailed` where an archive is damaged.
        """
        begun = time.monotonic()
        if isinstance(before, MysqlAddress) and isinstance(after, MysqlAddress):
            raise OpsError(
                tr("Two databases cannot be compared directly."),
                hint=tr("Back one of them up, then compare that file with the other."),
            )
        with ExitStack() as stack:
            one, other = (
                stack.enter_context(self._side(source, context)) for source in (before, after)
            )
            kept = Kept()
            try:
                run = _Run(one, other, kept, context)
                found = tuple(run.table(name) for name in _wanted(one, other, tables))
                objects = () if tables else tuple(run.objects())
                run.check_unchanged()
                kept.settle()
            except BaseException:
                kept.close()
                raise
        return Compared(
            before=one.side,
            after=other.side,
            tables=found,
            objects=objects,
            seconds=time.monotonic() - begun,
            travelled=run.travelled,
            _kept=kept,
        )

    def export(self, compared: Compared, path: Path, context: Context) -> Path:
        """Write every difference to `path` as CSV that Excel opens; return the path.

        Raises `OpsError` where it cannot be written; an older file then stays as it was.
        """
        return write_csv(compared, path, context)

    @contextmanager
    def _side(self, source: Source, context: Context) -> Iterator[Archived | Live]:
        if isinstance(source, MysqlAddress):
            with self._connect(source, context) as connection:
                yield Live(connection, context)
        else:
            path = source.absolute()
            with self._opened(path, context) as plain, ArchiveReader(plain) as reader:
                yield Archived(reader, path, context)


class _Run:
    """One comparison: two open sides, and what is kept of their differences."""

    def __init__(
        self, before: Archived | Live, after: Archived | Live, kept: Kept, context: Context
    ) -> None:
        self._before, self._after = before, after
        self._kept = kept
        self._context = context
        self._live = next((side for side in (before, after) if isinstance(side, Live)), None)
        self._total = sum(
            record.text_bytes for side in (before, after) for record in side.tables.values()
        )
        self._done = 0

    @property
    def travelled(self) -> int:
        """Bytes that crossed the line to the database."""
        return self._live.connection.travelled if self._live else 0

    def check_unchanged(self) -> None:
        """Raise `OpsError` where the database's definitions changed meanwhile."""
        if self._live:
            self._live.check_unchanged()

    def table(self, name: str) -> TableComparison:
        """Compare one table."""
        before, after = self._before.tables.get(name), self._after.tables.get(name)
        self._tell(name, 0)
        if before is None or after is None:
            found = self._alone(name)
        else:
            found = self._both(name, before, after)
        self._done += sum(record.text_bytes for record in (before, after) if record)
        return found

    def objects(self) -> Iterator[ObjectComparison]:
        """Return the other definitions that differ."""
        self._context.progress(99, tr("Comparing the definitions"), self.travelled)
        before, after = self._before.objects(), self._after.objects()
        for kind, name in sorted(before.keys() | after.keys()):
            one, other = before.get((kind, name)), after.get((kind, name))
            if one is None or other is None or one.differs(other):
                missing = self._missing(kind, name, before=one is None)
                yield ObjectComparison(
                    kind=kind,
                    name=name,
                    state=missing if one is None or other is None else "changed",
                    create_before=one.text if one else "",
                    create_after=other.text if other else "",
                )

    def _missing(
        self, kind: str, name: str, *, before: bool
    ) -> Literal["added", "gone", "unknown"]:
        """Say why one side lacks something: what could not be read there may well be there."""
        if (self._before if before else self._after).unread(kind, name):
            return "unknown"
        return "added" if before else "gone"

    def _alone(self, name: str) -> TableComparison:
        """Say of a table that only one side has what it was."""
        gone = name in self._before.tables
        side = self._before if gone else self._after
        rows, create = side.rows(name), side.create(name)
        return TableComparison(
            table=name,
            state=self._missing("table", name, before=not gone),
            rows_before=rows if gone else 0,
            rows_after=0 if gone else rows,
            create_before=create if gone else "",
            create_after="" if gone else create,
        )

    def _both(self, name: str, before: TableRecord, after: TableRecord) -> TableComparison:
        same_definition = before.definition == after.definition
        flipped = self._live is self._before  # a database is always held against the archive
        matching = matching_of(after, before) if flipped else matching_of(before, after)
        shape = Shape(matching, flipped=flipped)
        self._kept.begin(name, shape)
        added = changed = removed = 0
        for change in self._changes(name, before, after, matching):
            self._context.check()
            self._kept.add(name, change)
            if change.before is not None and change.after is not None:
                changed += 1
            elif (change.before is None) is not flipped:
                added += 1
            else:
                removed += 1
        differs = bool(added or changed or removed)
        grown = added - removed
        return TableComparison(
            table=name,
            state="definition" if not same_definition else "rows" if differs else "same",
            rows_before=after.rows - grown if flipped else before.rows,
            rows_after=before.rows + grown if self._live is self._after else after.rows,
            added=added,
            changed=changed,
            removed=removed,
            key=shape.key,
            columns=shape.columns,
            create_before="" if same_definition else self._before.create(name),
            create_after="" if same_definition else self._after.create(name),
            note=self._note(name),
        )

    def _changes(
        self, name: str, before: TableRecord, after: TableRecord, matching: Matching
    ) -> Iterator[Change]:
        one, other = self._before, self._after
        if isinstance(one, Archived) and isinstance(other, Archived):
            for stretch in stretches(before, after, matching):
                self._tell(name, 0)
                yield from differences.changes(
                    stretch, matching, partial(one.read, before), partial(other.read, after)
                )
        elif isinstance(one, Archived) and isinstance(other, Live):
            yield from self._against(other, one, before, matching)
        elif isinstance(one, Live) and isinstance(other, Archived):
            yield from self._against(one, other, after, matching)

    def _against(
        self, live: Live, archive: Archived, record: TableRecord, matching: Matching
    ) -> Iterator[Change]:
        table = live.table(record.name)
        if not table.holds_rows:
            return
        with snapshot.table(live.connection):
            yield from live_changes(
                live.connection,
                record,
                table,
                matching,
                partial(archive.read, record),
                partial(self._tell, record.name),
            )

    def _note(self, name: str) -> str:
        if self._live is None or self._live.table(name).transactional:
            return ""
        engine = self._live.table(name).engine
        return tr("{engine} has no snapshot: rows may have changed meanwhile.", engine=engine)

    def _tell(self, name: str, done: int) -> None:
        percent = min(98, (self._done + done) * 98 // (self._total or 1))
        self._context.progress(percent, tr("Comparing {name}", name=name), self.travelled)


def _wanted(
    before: Archived | Live, after: Archived | Live, tables: Collection[str]
) -> Sequence[str]:
    """Return the tables to look at: those of the earlier side in its order, then the new ones."""
    there = list(dict.fromkeys([*before.tables, *after.tables]))
    if missing := sorted(set(tables) - set(there)):
        raise OpsError(
            tr("Neither side has a table {names}.", names=tr(", ").join(missing)),
            hint=tr("Check the spelling; upper and lower case may differ."),
        )
    return [name for name in there if not tables or name in tables]
