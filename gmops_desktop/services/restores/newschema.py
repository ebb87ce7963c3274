"""A restore into a schema that is not there yet: made for it, and with it taken away again.

What makes a schema is written down first, so that even after a power cut the next run knows that
it is there only for a restore that never came about.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from db.models import RestoreRow
from gmops_desktop.adapters.mysql import MysqlConnection, schemas
from gmops_desktop.adapters.mysql.exchange import Swap
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive.manifest import Source
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.restores.ledger import Ledger, Plan, state_of

_MADE: Final = "made_schema"  # in a row's `more`


class NewSchemas:
    """Makes the schemas that restores go into, and takes them away again while they are empty."""

    def __init__(
        self, connect: Callable[[MysqlAddress, Context], MysqlConnection], ledger: Ledger
    ) -> None:
        self._connect = connect
        self._ledger = ledger

    def is_missing(self, target: MysqlAddress, source: Source, context: Context) -> bool:
        """Say whether `target`'s schema is not there; raises `OpsError` where that is hidden."""
        try:
            self._connect(target, context).close()
        except ServerRefused as refusal:
            if refusal.code == schemas.HIDDEN:
                with self._beside(target, context) as connection:
                    raise schemas.refused(
                        connection, target.schema, source.charset, source.collation
                    ) from refusal
            if refusal.code != schemas.MISSING:
                raise
            return True
        return False

    @contextmanager
    def made(
        self, row: RestoreRow, target: MysqlAddress, source: Source, context: Context
    ) -> Iterator[None]:
        """Make the schema as the archive's was, and take it away again if the restore fails."""
        row.more = {**row.more, _MADE: True}
        nothing = Swap(secrets.token_hex(3), {}, frozenset(), frozenset())
        plan = Plan(nothing, {}, (), frozenset(), (), settles=False)
        self._ledger.begin(row, plan, "making")
        try:
            with self._beside(target, context) as connection:
                schemas.make(connection, target.schema, source.charset, source.collation)
            context.note(tr("The schema “{schema}” was made.", schema=target.schema))
            yield
        except BaseException:
            self._give_up(row.id, target, context)
            raise

    def take_away(self, row: RestoreRow, target: MysqlAddress, context: Context) -> None:
        """Drop the schema that was made for a restore now taken back, unless something is in it.

        Raises `OpsError` where the server does not let us.
        """
        if not was_made(row):
            return
        try:
            with self._connect(target, Context()) as connection:
                removed = schemas.remove_if_empty(connection)
        except ServerRefused as refusal:
            if refusal.code != schemas.MISSING:
                raise
            return
        if removed:
            context.note(tr("The schema “{schema}” was removed again.", schema=target.schema))
        else:
            context.note(
                tr("The schema “{schema}” stays; it was made for this.", schema=target.schema)
            )

    def is_gone(self, row: RestoreRow, target: MysqlAddress, context: Context) -> bool:
        """Say whether a restore was interrupted before it made its schema, or that was dropped."""
        if not was_made(row):
            return False
        try:
            self._connect(target, context).close()
        except ServerRefused as refusal:
            if refusal.code != schemas.MISSING:
                raise
            return True
        return False

    def _beside(self, target: MysqlAddress, context: Context) -> MysqlConnection:
        """Connect to the server without choosing a schema."""
        return self._connect(replace(target, schema=""), context)

    def _give_up(self, id: str, target: MysqlAddress, context: Context) -> None:
        """Take the schema away, unless the next run must first put right what stands in it."""
        row = next((row for row in self._ledger.all() if row.id == id), None)
        if row is not None and state_of(row) != "making":
            return
        try:
            self.take_away(row or RestoreRow(more={_MADE: True}), target, context)
        except OpsError as error:
            context.note(tr("What was begun could not be taken back now: {why}", why=error.message))
            context.note(tr("The next restore of this schema does that first."))
        else:
            self._ledger.forget(id)


def was_made(row: RestoreRow) -> bool:
    """Say whether a restore made the schema it went into."""
    return bool(row.more.get(_MADE))
