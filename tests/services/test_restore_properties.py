"""restore(backup(x)) == x, and undone == before, for random schemas, rows, definitions and edits.

A few examples each time, the same ones; `GMOPS_SOAK=200` tries that many new ones.
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
from databases import differences, execute, facts, opener
from db.engine import Database
from gmops_desktop.adapters.mysql import segments, together
from gmops_desktop.context import Context
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.restores import Restores, building, replacement
from random_objects import OBJECTS, RandomObjects
from random_schemas import EDITS, RandomSchema, RandomTable
from sandbox.mariadb import MariaDB

pytestmark = [pytest.mark.servers, pytest.mark.timeout(0 if "GMOPS_SOAK" in os.environ else 300)]

EXAMPLES = int(os.environ.get("GMOPS_SOAK", "3"))


class Desk:
    """Backups and restores over one inventory."""

    def __init__(self, folder: Path, server: MariaDB) -> None:
        self.server = server
        self._database = Database(folder / "store.db")
        connect = opener(server)
        self.backups = Backups(self._database, connect, lambda: folder)
        self.restores = Restores(
            self._database, connect, partial(self.backups.take, purpose="safety")
        )

    def close(self) -> None:
        self._database.close()


@pytest.fixture(scope="module")
def desk(mariadb: MariaDB, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("restores"), mariadb)
    yield desk
    desk.close()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of 200 rows is cut into many segments; no table is too small to stay in place, nor
    to be built by several connections with its indexes last."""
    monkeypatch.setattr(segments, "TARGET", 3_000)
    monkeypatch.setattr(replacement, "_ALONG", 500)
    monkeypatch.setattr(together, "_SAMPLES", 1)
    monkeypatch.setattr(building, "_WORTH", 20_000)
    monkeypatch.setattr(building, "_PART", 5_000)
    monkeypatch.setattr(building, "_INDEXED_LATER", 1)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="GMOPS_SOAK" not in os.environ,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    tables=random_schemas.tables(),
    edits=st.lists(st.sampled_from(EDITS), min_size=1, max_size=5),
    objects=st.sets(st.sampled_from(sorted(OBJECTS))),
    object_edits=st.lists(st.sampled_from(sorted(OBJECTS)), max_size=4),
    seed=st.integers(0, 2**32),
)
def test_restored_is_as_backed_up_and_undone_is_as_before(
    desk: Desk,
    tables: list[RandomTable],
    edits: list[str],
    objects: set[str],
    object_edits: list[str],
    seed: int,
) -> None:
    server = desk.server
    address = server.address(f"p_{secrets.token_hex(4)}", user="root")
    schema = RandomSchema(server, address.schema, tables, Random(seed))
    try:
        beside = RandomObjects(server, address.schema, objects, Random(seed))
        sound = facts(server, address.schema)
        archive = desk.backups.take(address, Context()).path
        for edit in edits:
            schema.edit(edit)
        for edit in object_edits:
            beside.edit(edit)
        edited = facts(server, address.schema)
        preview = desk.restores.preview(archive, address, Context())
        done = desk.restores.run(archive, address, Context(), confirm=address.schema)
        assert (done.proved, done.differences) == (True, ())
        assert differences(sound, facts(server, address.schema)) == {}
        assert desk.restores.preview(archive, address, Context()).identical
        assert preview.identical == (done.tables == 0 and not preview.objects)
        assert desk.restores.undo(done.id, Context()).proved
        assert differences(edited, facts(server, address.schema)) == {}
    finally:
        execute(server, "", [f"DROP DATABASE {address.schema}"])


@pytest.mark.parametrize("kind", sorted(random_schemas.KEYS))
def test_every_kind_of_key_through_edits_of_rows(desk: Desk, kind: str) -> None:
    """A table of each kind whose rows change; the preview's count is what is there to change."""
    server = desk.server
    address = server.address(f"e_{secrets.token_hex(4)}", user="root")
    columns = dict.fromkeys(random_schemas.COLUMNS)
    made = {f"c{place}": definition for place, definition in enumerate(columns)}
    table = RandomTable("t `1`".replace("`", ""), random_schemas.KEYS[kind], made)
    schema = RandomSchema(server, address.schema, [table], Random(kind))
    try:
        schema.edit("insert many", table)
        sound = facts(server, address.schema)
        archive = desk.backups.take(address, Context()).path
        for edit in ("update a few", "change keys", "delete a few", "insert a few", "swap two rows",
                     "update many", "delete a range"):  # fmt: skip
            schema.edit(edit, table)
            edited = facts(server, address.schema)
            (change,) = desk.restores.preview(archive, address, Context()).tables
            done = desk.restores.run(archive, address, Context(), confirm=address.schema)
            assert done.proved
            if change.in_place:
                assert done.rows == change.added + change.changed + change.removed, edit
            assert differences(sound, facts(server, address.schema)) == {}, edit
            desk.restores.undo(done.id, Context())
            assert differences(edited, facts(server, address.schema)) == {}, edit
    finally:
        execute(server, "", [f"DROP DATABASE {address.schema}"])
