"""Brings every table's rows into an archive: copied where the server's digest is in hand, spliced
where a few rows changed, fetched where nothing helps.

Three passes, each shared by all connections: compare, splice, read.  Most of what differs or is new
comes during the first one already, so that the line and this machine work while the server hashes.
Frames are written in whatever order they come; a table's segments stand in the manifest in the
order of its key.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from gmops_desktop.adapters.mysql import (
    MysqlConnection,
    deltas,
    reading,
    runs,
    segments,
    snapshot,
)
from gmops_desktop.adapters.mysql.segments import Digest, Pace, Range
from gmops_desktop.adapters.mysql.together import Job
from gmops_desktop.archive.frames import Damaged
from gmops_desktop.archive.hand import Held
from gmops_desktop.archive.manifest import TableRecord
from gmops_desktop.archive.writer import ArchiveWriter
from gmops_desktop.context import Context
from gmops_desktop.language import tr
from gmops_desktop.services.backups import redefined
from gmops_desktop.services.backups.courtesy import Courtesy
from gmops_desktop.services.backups.crew import Crew
from gmops_desktop.services.backups.delta import TOGETHER, splice
from gmops_desktop.services.backups.fetching import Fetching
from gmops_desktop.services.backups.intake import Intake, TableRows
from gmops_desktop.services.backups.planning import TablePlan, in_order, range_of
from gmops_desktop.services.backups.progress import TableProgress, TakeProgress


@dataclass(frozen=True, slots=True)
class _Ask:
    """A question about a table: the digest of what is in hand, or a number of rows."""

    of: TableRows
    kind: Literal["digest", "beyond", "count"]
    held: Held | None = None

    def question(self, number: int) -> str:
        table = self.of.table
        if self.kind == "digest":
            assert self.held
            modulus = deltas.BRIEF.modulus if self.of.restless else 0
            return segments.digest_question(number, table, range_of(self.held), modulus)
        beyond = Range(self.of.plan.last) if self.kind == "beyond" else None
        return segments.count_question(number, table, beyond)


class Transfer:
    """One run: from plans to the records of tables, through the connections of a crew.

    `before` tells how tables came that were copied beforehand, into the file named `copied`;
    taking them from there again is neither sending nor reusing.  `percent` is where it begins.
    """

    def __init__(
        self,
        crew: Crew,
        writer: ArchiveWriter,
        context: Context,
        plans: Sequence[TablePlan],
        expected: int,
        *,
        before: Mapping[str, TableProgress] | None = None,
        copied: str = "",
        percent: int = 0,
    ) -> None:
        self._crew = crew
        self._context = context
        self._expected = max(expected, 1)
        self._begun = time.monotonic()
        self._lock = threading.RLock()  # over counters and the queue
        self._intake = Intake(writer, self._lock)
        whole = sum(plan.expected for plan in plans)
        self._fetching = Fetching(
            crew, self._intake, self._lock, Courtesy(context), self.tell, whole
        )
        self._all = [TableRows(plan) for plan in plans]
        for of in self._all:
            of.came(before.get(of.table.name) if before else None)
        self._rows: list[TableRows] = []  # those that are under way
        self._untouched: Collection[str] = ()
        self.copied = copied
        self.percent = percent
        self.used: set[str] = set()  # files that frames or rows were taken from
        self.damaged: set[str] = set()  # files whose frames did not hold

    @property
    def travelled(self) -> int:
        """Bytes that crossed the line so far."""
        return self._context.line.travelled

    @property
    def reused_bytes(self) -> int:
        """Bytes of SQL text that did not have to travel."""
        return sum(of.reused_bytes for of in self._all)

    @property
    def records(self) -> tuple[TableRecord, ...]:
        """The tables that were brought in."""
        return tuple(
            replace(of.described, segments=tuple(in_order(of.records))) for of in self._all
        )

    @property
    def moved(self) -> frozenset[str]:
        """The tables of which something was not as it is in the best file in hand."""
        return frozenset(of.table.name for of in self._all if of.moved)

    def run(self, frames: Mapping[str, int], untouched: Collection[str] = ()) -> None:
        """Bring in the rows of tables; `frames` are those of their definitions, by name.

        Of those that are `untouched` the server is known to hold what is in hand.
        """
        self._untouched = untouched
        self._rows = [of for of in self._all if of.table.name in frames]
        for of in self._rows:
            of.frame = frames[of.table.name]
        self._compare()
        self._splice()
        self._crew.share(self._fetching.jobs(self._rows))
        for of in self._rows:
            of.state = "done"

    def check(self, names: Collection[str]) -> None:
        """Count the rows of tables that were read at one moment: none may have slipped away."""
        for of in self._all:
            if of.table.name in names:
                of.check()

    def tell(self, text: str) -> None:
        """Report how far the whole is."""
        done = sum(
            of.text_bytes + sum(held.text_bytes for held, _ in of.differing) // 4
            for of in self._all
        )
        self.percent = max(self.percent, min(98, done * 98 // self._expected))
        self._context.progress(self.percent, text, self.travelled, self.told)

    @property
    def waited(self) -> float:
        """Seconds in which nothing was asked, because the server was busy with others."""
        return self._fetching.waited

    def told(self) -> TakeProgress:
        """Return how far each table is."""
        seconds = max(time.monotonic() - self._begun, 0.001)
        return TakeProgress(
            tuple(of.told() for of in self._all), self.reused_bytes, self.travelled / seconds
        )

    # ------------------------------------------------------------ passes

    def _compare(self) -> None:
        """Ask for the digest of everything in hand, many in one round trip."""
        asks: list[_Ask] = []
        first: list[_Ask] = []  # what takes the line longest
        alone: list[Job] = []
        for of in self._rows:
            if not of.table.holds_rows:
                continue
            if of.plan.held or not reading.flows(self._crew.first, of.table):
                asks.append(_Ask(of, "count"))
            if of.table.name in self._untouched and of.plan.held:
                self._keep_all(of)
            elif of.table.key and of.plan.last is not None:
                first.append(_Ask(of, "beyond"))
                asks += [_Ask(of, "digest", held) for held in of.plan.held]
                of.unread += of.plan.gaps
            elif of.plan.held:
                alone.append(partial(self._compare_buckets, of))
            else:
                of.unread.append(Range())  # how many rows that are, the count tells
        waiting = deque(asks)

        def ahead(connection: MysqlConnection) -> None:
            # One alone fills the line with what is new, while the server hashes for the others.
            with redefined.told(connection, [ask.of.table for ask in first]):
                questions = [ask.question(number) for number, ask in enumerate(first)]
                answers = segments.digest_answers(snapshot.ask(connection, questions))
            for ask, found in zip(first, answers, strict=True):
                self._answered(ask, found)
                if found.rows:
                    rest = Range(ask.of.plan.last)
                    self._fetching.read_range(ask.of, rest, False, found.rows, connection)

        def some(connection: MysqlConnection) -> None:
            pace = Pace()
            while batch := self._next(waiting, pace.count):
                self._fetching.give_way(connection)
                questions = [ask.question(number) for number, ask in enumerate(batch)]
                for ask in batch:
                    ask.of.state = "hashing"
                self.tell(tr("Comparing {name}", name=batch[-1].of.table.name))
                with pace, redefined.told(connection, [ask.of.table for ask in batch]):
                    answers = snapshot.ask(connection, questions, first=runs.START)
                answered = segments.digest_answers(answers)
                for ask, found in zip(batch, answered, strict=True):
                    self._answered(ask, found)
                for ask in batch:
                    while group := self._ripe(ask.of):
                        self._splice_some(ask.of, group, connection)

        self._crew.share([*[ahead] * bool(first), *alone, *[some] * len(self._crew.working)])

    def _answered(self, ask: _Ask, found: Digest) -> None:
        of = ask.of
        if ask.kind == "count":
            of.count = found.rows
        elif ask.kind == "beyond":
            of.moved |= found.rows > 0
        else:
            assert ask.held
            self._compared(of, ask.held, found)

    def _compared(self, of: TableRows, held: Held, found: Digest) -> None:
        with self._lock:
            of.hashed += 1
        try:
            if found == Digest(held.rows, held.digest()):
                self._keep(of, held, held)
                return
            of.moved = True
            if same := of.plan.known.get((found.rows, found.digest)):
                self._keep(of, held, same)
                return
        except Damaged:
            self.damaged.add(held.frames.label)
            of.unread.append(range_of(held))
            return
        if not found.rows:
            self._intake.nothing(of, held.after, held.upto)
        else:
            with self._lock:
                of.changed += 1
                of.differing.append((held, found))

    def _ripe(self, of: TableRows) -> list[tuple[Held, Digest]]:
        """Take as many of a table's differing segments as are spliced at once, if there are."""
        with self._lock:
            if len(of.differing) < TOGETHER or not deltas.can_be_spliced(of.table):
                return []
            some, of.differing[:TOGETHER] = of.differing[:TOGETHER], []
            return some

    def _compare_buckets(self, of: TableRows, connection: MysqlConnection) -> None:
        """Compare a table without a key: every bucket's digest comes from one pass over it."""
        first = range_of(of.plan.held[0])
        of.state = "hashing"
        self.tell(tr("Comparing {name}", name=of.table.name))
        with redefined.told(connection, [of.table]), snapshot.table(connection):
            found = segments.bucket_digests(connection, of.table, first.buckets, first.wide)
        before = sum(held.rows for held in of.plan.held)
        now = sum(digest.rows for digest in found.values())
        if now > 2 * before or first.wide:  # buckets of another size; or too large to hash safely
            of.moved = True
            of.plan.held.clear()
            of.unread.append(Range())
            return
        in_hand = {held.first.bucket: held for held in of.plan.held}
        of.moved = {place.bucket for place in found} != in_hand.keys()
        of.buckets = first.buckets
        for place, digest in found.items():
            held = in_hand.get(place.bucket)
            if held and digest == Digest(held.rows, held.first.digest):
                of.hashed += 1
                try:
                    self._keep(of, held, held)
                    continue
                except Damaged:
                    self.damaged.add(held.frames.label)
            of.unread.append(place)

    def _splice(self) -> None:
        """Bring segments of which little changed up to date, row by row."""
        groups: list[Job] = []
        for of in self._rows:
            if not deltas.can_be_spliced(of.table):
                of.unread += [range_of(held) for held, _ in of.differing]
                continue
            for start in range(0, len(of.differing), TOGETHER):
                some = of.differing[start : start + TOGETHER]
                groups.append(partial(self._splice_some, of, some))
        self._crew.share(groups)

    def _splice_some(
        self, of: TableRows, some: Sequence[tuple[Held, Digest]], connection: MysqlConnection
    ) -> None:
        of.state = "sending"
        self.tell(tr("Fetching changed rows of {name}", name=of.table.name))
        self._fetching.give_way(connection)
        with redefined.told(connection, [of.table]):
            outcomes = splice(connection, of.table, some)
        for outcome in outcomes:
            with self._lock:
                of.sent_bytes += outcome.sent_bytes
            if outcome.segment is None:
                of.unread.append(range_of(outcome.held))
                continue
            _, size = self._intake.write(of, [outcome.segment])
            with self._lock:
                of.sent += 1
                if outcome.held.frames.label != self.copied:
                    self.used.add(outcome.held.frames.label)
                    of.reused_bytes += max(0, size - outcome.sent_bytes)
            self.tell(tr("Fetching changed rows of {name}", name=of.table.name))

    def _keep(self, of: TableRows, held: Held, same: Held) -> None:
        """Take the rows in the place of `held` from `same`, which has what the server has."""
        size = self._intake.keep(of, held, same)
        label = same.frames.label
        if label != self.copied:
            with self._lock:
                self.used.add(label)
                of.reused += 1
                of.reused_bytes += size

    def _keep_all(self, of: TableRows) -> None:
        """Take a table as it is in hand; what is not there, or does not hold, is fetched."""
        of.buckets = of.plan.held[0].table.buckets
        if of.table.key:
            of.unread += [*of.plan.gaps, Range(of.plan.last)]
        for held in of.plan.held:
            try:
                self._keep(of, held, held)
            except Damaged:
                self.damaged.add(held.frames.label)
                of.unread.append(range_of(held))

    def _next(self, waiting: deque[_Ask], count: int) -> list[_Ask]:
        """Take the next questions, towards the end fewer, so that all connections end together."""
        with self._lock:
            share = -(-len(waiting) // len(self._crew.working))
            return [waiting.popleft() for _ in range(min(count, share))]
