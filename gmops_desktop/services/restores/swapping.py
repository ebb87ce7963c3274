"""Brings the tables built beside into their places, and the definitions after them.

From here on every failure takes the way back.  What others do to the schema in these moments is
theirs: a foreign key that somebody else makes is kept, or the swap is refused.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from gmops_desktop.adapters.mysql import MysqlConnection, catalogue, exchange, script, triggers
from gmops_desktop.adapters.mysql.definitions import Schema
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.restores.choice import Choice, Definers
from gmops_desktop.services.restores.ledger import Plan
from gmops_desktop.services.restores.otherwise import told, writes_alike
from gmops_desktop.services.restores.settling import define_anew, silence

Key = tuple[str, str]  # kind and name of a definition


class Swapping:
    """One swap; `present` is the schema as it was found, before anything was done to it."""

    def __init__(
        self,
        connection: MysqlConnection,
        reader: ArchiveReader,
        present: Schema,
        choice: Choice,
        definers: Definers,
    ) -> None:
        self._connection = connection
        self._reader = reader
        self._manifest = reader.manifest
        self._present = present
        self._choice = choice
        self._definers = definers

    def run(self, plan: Plan, context: Context) -> tuple[tuple[str, ...], bool]:
        """Do it; return in sentences what is otherwise, and whether the definitions are proved."""
        connection, swap = self._connection, plan.swap
        context.progress(96, tr("Swapping the tables"), connection.travelled)
        digests, frames = self._wanted()
        silence(connection)
        if swap.there:
            refuse_references(connection)
        homes = {name: swap.new(name) for name in swap.built}
        stand_ins = triggers.stand_in(connection, frames, homes, self._definer)
        exchange.exchange(connection, swap)
        swapped = time.monotonic()
        exchange.drop_triggers(connection, [swap.old(name) for name in swap.there])
        taken = triggers.take_over(connection, stand_ins, self._definer)
        late = self._tie(plan)
        stripped = define_anew(connection, plan, digests, frames, self._definer)
        silent = triggers.told(frames, homes, stand_ins, taken, time.monotonic() - swapped)
        if swap.there:  # made since they were asked about: they went along with the former tables
            refuse_references(connection, {swap.old(name) for name in swap.there})
        different, otherwise = self._different(plan, digests, late)
        differences = [
            *(
                tr("The definition of {name} differs from the archive's.", name=n)
                for n in different
            ),
            *(
                tr("Somebody else gave {name} a foreign key meanwhile; it was kept.", name=n)
                for n in sorted(late)
            ),
            *(
                tr("{name} now belongs to {user}.", name=n, user=connection.server.user)
                for n in (*taken.stripped, *stripped)
            ),
            *silent,
            *told(connection.server, self._manifest.source, otherwise),
        ]
        return tuple(differences), not different

    def _tie(self, plan: Plan) -> set[str]:
        """Make the foreign keys anew; return the tables that somebody else gave one meanwhile.

        Those keep it, unless the table is the archive's as a whole.
        """
        whole, swap = self._choice.everything, plan.swap
        restored = {
            record.name: exchange.foreign_keys(script.create_of(self._reader.frame(record.frame)))
            for record in self._manifest.tables
            if whole or record.name in swap.built
        }
        standing = exchange.ties(self._connection)
        late = {
            title: keys
            for title, keys in exchange.made_meanwhile(standing, plan.ties, swap.homes()).items()
            if title not in restored
        }
        found = {} if whole else {t: k for t, k in plan.ties.items() if t not in restored}
        exchange.tie(self._connection, restored | exchange.joined(found, late), standing)
        return set(late)

    def _different(
        self, plan: Plan, digests: Mapping[Key, str], late: set[str]
    ) -> tuple[list[str], list[str]]:
        """Return the names of definitions that are not what they should be, and of those that this
        server writes in words of its own."""
        whole = self._choice.everything
        found = catalogue.read(self._connection).digests()
        archived: dict[Key, str] = {
            ("table", record.name): record.definition
            for record in self._manifest.tables
            if whole or record.name in plan.swap.built
        }
        expected: dict[Key, str] = {} if whole else {**self._present.digests(), **digests}
        if whole:
            archived |= digests
        expected |= archived
        asked = expected.keys() | (found.keys() if whole else set())
        asked -= {("table", name) for name in late if ("table", name) in expected}
        differing = {key for key in asked if found.get(key) != expected.get(key)}
        otherwise: set[Key] = set()
        if not writes_alike(self._connection.server, self._manifest.source):
            otherwise = differing & archived.keys() & found.keys()
        return sorted(key[1] for key in differing - otherwise), sorted(key[1] for key in otherwise)

    def _wanted(self) -> tuple[dict[Key, str], dict[Key, bytes]]:
        """Return the digests and frames of the definitions that are wanted beside the tables: the
        archive's, or where only some tables were chosen those that stand there."""
        if self._choice.everything:
            things = self._manifest.objects
            return (
                {(thing.kind, thing.name): thing.definition for thing in things},
                frames_of(self._reader),
            )
        return (
            {(thing.kind, thing.name): thing.digest for thing in self._present.objects},
            {
                (thing.kind, thing.name): script.definition(self._connection, thing)
                for thing in self._present.objects
            },
        )

    def _definer(self, statement: bytes) -> bytes:
        if self._definers.policy == "strip":
            return script.without_definer(statement)
        if self._definers.policy == "map":
            return script.with_definers(statement, self._definers.names)
        return statement


def frames_of(reader: ArchiveReader) -> dict[Key, bytes]:
    """Return the frames that make an archive's definitions beside the tables."""
    return {
        (thing.kind, thing.name): reader.frame(thing.frame) for thing in reader.manifest.objects
    }


def refuse_references(connection: MysqlConnection, tables: set[str] | None = None) -> None:
    """Raise `OpsError` where tables of other schemas refer to this one's `tables` (None: to any):
    a swap would leave them with what was there before."""
    referring = sorted(
        name
        for name, parents in exchange.referring_schemas(connection).items()
        if tables is None or parents & tables
    )
    if referring:
        raise OpsError(
            tr("Tables of other schemas refer to this one: {names}.",
               names=tr(", ").join(referring)),
            hint=tr("Drop those foreign keys first, and make them anew afterwards."),
            unharmed=tr("The schema is as it was."),
        )  # fmt: skip
