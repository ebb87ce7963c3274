"""A backup built on earlier ones equals one taken anew, and the server, whatever changed.

For random schemas, rows and edits.  A few examples each time, the same ones; `GMOPS_SOAK=200` tries
that many new ones.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import random_schemas
from databases import differences, execute, facts, load_with_stock_client, opener
from db.engine import Database
from gmops_desktop.adapters.mysql import segments
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive import rows
from gmops_desktop.archive.manifest import TableRecord
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.context import Context
from gmops_desktop.services.backups import Backups, TransferPlan
from gmops_desktop.services.restores import Restores
from random_schemas import EDITS, RandomSchema, RandomTable
from sandbox.mariadb import MariaDB

pytestmark = [pytest.mark.servers, pytest.mark.timeout(0 if "GMOPS_SOAK" in os.environ else 300)]

EXAMPLES = int(os.environ.get("GMOPS_SOAK", "8"))
BATCHES = st.lists(st.lists(st.sampled_from(EDITS), min_size=1, max_size=4), min_size=1, max_size=3)


class Archives:
    """Two inventories: one whose backups are built on each other, one that always begins anew."""

    def __init__(self, folder: Path, server: MariaDB) -> None:
        self.server = server
        self._fresh_folder = folder / "fresh"
        databases = [Database(folder / f"{name}.db") for name in ("growing", "fresh")]
        self._databases = databases
        for part in (self._fresh_folder, folder / "growing"):
            part.mkdir()
        connect = opener(server)
        self.growing = Backups(databases[0], connect, lambda: folder / "growing")
        self.restores = Restores(
            databases[0], connect, partial(self.growing.take, purpose="safety")
        )
        self._fresh = Backups(databases[1], connect, lambda: self._fresh_folder)

    def close(self) -> None:
        for database in self._databases:
            database.close()

    def check(self, address: MysqlAddress) -> None:
        """Take a backup on top of those before; hold it against a new one and the server."""
        delta = self.growing.take(address, Context())
        full = self._fresh.take(address, Context())
        outcome = self.growing.verify(delta.path, Context())
        assert outcome.ok, outcome.faults
        assert (delta.rows, delta.tables) == (full.rows, full.tables)
        same_content(delta.path, full.path)
        preview = self.restores.preview(delta.path, address, Context())
        assert preview.identical, [table for table in preview.tables if table.action != "same"]
        self._same_by_stock_tools(delta.path, address.schema)
        full.path.unlink()
        full.path.with_name(full.path.name + ".sha256").unlink(missing_ok=True)
        self._fresh.forget(full.id)

    def _same_by_stock_tools(self, path: Path, schema: str) -> None:
        copy = f"{schema}_copy"
        execute(self.server, "", [f"CREATE DATABASE {copy} CHARACTER SET utf8mb4"])
        try:
            load_with_stock_client(self.server, path, copy)
            assert differences(facts(self.server, schema), facts(self.server, copy)) == {}
        finally:
            execute(self.server, "", [f"DROP DATABASE {copy}"])


def same_content(one: Path, other: Path) -> None:
    """Assert that two archives hold the same tables, rows (byte for byte) and objects."""
    with ArchiveReader(one) as first, ArchiveReader(other) as second:
        tables = {table.name: table for table in second.manifest.tables}
        assert [t.name for t in first.manifest.tables] == [t.name for t in second.manifest.tables]
        for table in first.manifest.tables:
            there = tables[table.name]
            assert (table.definition, table.insert) == (there.definition, there.insert)
            assert rows_of(first, table) == rows_of(second, there), table.name
        assert first.manifest.remarks == second.manifest.remarks
        assert [(thing.kind, thing.name, thing.definition) for thing in first.manifest.objects] == [
            (thing.kind, thing.name, thing.definition) for thing in second.manifest.objects
        ]


def rows_of(reader: ArchiveReader, table: TableRecord) -> list[bytes]:
    """Return the text of each row: in the key's order, or sorted where there is no key."""
    found = []
    for segment in table.segments:
        if segment.rows:
            content = reader.frame(segment.last_frame)
            inserts = content[content.index(table.insert.encode()) + len(table.insert.encode()) :]
            part = rows.split(inserts.removesuffix(b";\n"))
            assert len(part) == segment.rows
            found += part
    return found if table.key else sorted(found)


@pytest.fixture(scope="module")
def archives(mariadb: MariaDB, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archives]:
    archives = Archives(tmp_path_factory.mktemp("delta"), mariadb)
    yield archives
    archives.close()


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of 200 rows is cut into many segments, as a large one is with segments of 1 MiB."""
    monkeypatch.setattr(segments, "TARGET", 3_000)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="GMOPS_SOAK" not in os.environ,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tables=random_schemas.tables(), batches=BATCHES, seed=st.integers(0, 2**32))
def test_delta_archive_is_full_archive_is_server(
    archives: Archives, tables: list[RandomTable], batches: list[list[str]], seed: int
) -> None:
    server = archives.server
    address = server.address(f"r_{secrets.token_hex(4)}")
    schema = RandomSchema(server, address.schema, tables, Random(seed))
    try:
        archives.check(address)
        for batch in batches:
            for edit in batch:
                schema.edit(edit)
            archives.check(address)
    finally:
        execute(server, "", [f"DROP DATABASE {address.schema}"])


def test_every_kind_of_key_through_every_kind_of_edit(archives: Archives) -> None:
    """A table of each kind, InnoDB or MyISAM; every edit that leaves it standing, day by day."""
    server = archives.server
    address = server.address(f"k_{secrets.token_hex(4)}")
    columns = {"c0": "text", "c1": "int", "c2": "longblob"}
    tables = [
        RandomTable(kind, key, dict(columns), "MyISAM" if number % 5 == 4 else "InnoDB")
        for number, (kind, key) in enumerate(random_schemas.KEYS.items())
    ]
    schema = RandomSchema(server, address.schema, tables, Random("kinds"))
    try:
        archives.check(address)
        for day in (
            ("update a few", "insert a few", "delete a few"),
            ("change keys", "append", "swap two rows"),
            ("add a column", "update many"),
            ("delete a range", "insert many"),
            ("delete all",),
            ("insert many",),
        ):
            for table in tables:
                for edit in day:
                    schema.edit(edit, table)
            archives.check(address)
    finally:
        execute(server, "", [f"DROP DATABASE {address.schema}"])


def test_what_did_not_change_does_not_travel(archives: Archives) -> None:
    """Else all the rest here would hold for a backup that always begins anew."""
    server = archives.server
    address = server.address(f"s_{secrets.token_hex(4)}")
    columns = {"c0": "text", "c1": "int"}
    tables = [RandomTable(kind, key, dict(columns)) for kind, key in random_schemas.KEYS.items()]
    schema = RandomSchema(server, address.schema, tables, Random("same"))
    try:
        for table in tables:
            schema.edit("insert many", table)
        first = archives.growing.take(address, Context())
        same = archives.growing.take(address, Context())
        assert same.base == first.path.name
        assert same.reused_bytes == same.text_bytes > 20_000
        same_content(first.path, same.path)
        for table in tables:
            schema.edit("update a few", table)
        changed = archives.growing.take(address, Context())
        assert changed.base == same.path.name
        assert changed.reused_bytes > 0.8 * changed.text_bytes
        full = archives.growing.take(address, Context(), plan=TransferPlan(full=True))
        assert full.reused_bytes == 0
        same_content(changed.path, full.path)
    finally:
        execute(server, "", [f"DROP DATABASE {address.schema}"])
