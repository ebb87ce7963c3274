"""How a restore reaches its target: over which line, and where there is no schema yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection, schemas
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive.inventory import Inventory
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.context import Context
from gmops_desktop.lines import Line
from gmops_desktop.services.restores.newschema import NewSchemas

Connect = Callable[[MysqlAddress, Context], MysqlConnection]

_FAST: Final = 12e6  # bytes a second of a line on which compressing would only cost time
_WINDOW: Final = 20  # of what comes: digests, which nothing makes smaller, and seldom rows
_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}


class Targets:
    """Connections to what is restored into, opened by `connect`."""

    def __init__(
        self, connect: Connect, inventory: Inventory, seals: Seals, new: NewSchemas
    ) -> None:
        self.connect = connect
        self._inventory = inventory
        self._seals = seals
        self._new = new

    def line(self, target: MysqlAddress) -> Line:
        """Return the line, compressed both ways where it carries less than can be packed: by zstd
        at its ends where the server has that, else by SSH."""
        if target.ssh is None or target.ssh.host in _LOOPBACK:
            return Line()
        compress = self.carried(target) < _FAST
        return Line(compress=compress, at_source=compress, window=_WINDOW)

    def carried(self, target: MysqlAddress) -> float:
        """Return what the line is known to carry, in bytes a second; 0.0 where that is unknown."""
        return self._inventory.line_rate(f"{target.schema}@{target.host}")

    @contextmanager
    def beside(
        self, path: Path, target: MysqlAddress, context: Context
    ) -> Iterator[tuple[ArchiveReader, MysqlConnection]]:
        """Open an archive and what it is to be held against."""
        context.line = self.line(target)
        with (
            self._seals.opened(path, context) as plain,
            ArchiveReader(plain) as reader,
            self._opened(target, reader, context) as connection,
        ):
            yield reader, connection

    def _opened(
        self, target: MysqlAddress, reader: ArchiveReader, context: Context
    ) -> MysqlConnection:
        """Connect to the schema, or where it is not there yet to the server alone."""
        try:
            return self.connect(target, context)
        except ServerRefused as refusal:
            if refusal.code not in (schemas.MISSING, schemas.HIDDEN):
                raise
            if not self._new.is_missing(target, reader.manifest.source, context):
                raise
        return self.connect(replace(target, schema=""), context)
