"""A second backup that sends only what changed holds what a full one holds, whatever the key.

On MySQL 5.6, whose functions and comparisons are the oldest that must do for it."""

from __future__ import annotations

import pytest

import strange_features
from databases import execute
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.context import Context
from gmops_desktop.services.backups import Backup, TransferPlan
from sandbox.mysql56 import Mysql56
from strange_dumps import SESSION, Workbench
from strange_features import Feature

pytestmark = pytest.mark.servers

KEYED = [f for f in strange_features.KEYS if "mysql56" in f.on and len(f.statements) > 7]


@pytest.mark.parametrize("feature", KEYED, ids=str)
def test_changed_rows(feature: Feature, workbench: Workbench, mysql56: Mysql56) -> None:
    schema = workbench.make(mysql56, feature.statements)
    address = mysql56.address(schema, user="root")
    backups = workbench.backups(mysql56)
    backups.take(address, Context())
    execute(
        mysql56,
        schema,
        [
            *SESSION,
            "UPDATE t SET pad = CONCAT('changed ', pad) WHERE pad LIKE 'c%' OR pad LIKE 'g%'",
            "DELETE FROM t WHERE pad LIKE 'e%'",
        ],
    )
    delta = backups.take(address, Context())
    full = backups.take(address, Context(), plan=TransferPlan(full=True))
    assert backups.verify(delta.path, Context()).faults == ()
    assert rows_of(delta) == rows_of(full)
    assert delta.rows == full.rows


def rows_of(backup: Backup) -> list[bytes]:
    """Return every row of an archive, however it is cut into segments."""
    with ArchiveReader(backup.path) as reader:
        return sorted(
            line.rstrip(b",;\n")
            for table in reader.manifest.tables
            for segment in table.segments
            for line in reader.frame(segment.last_frame).splitlines()[1:]
        )
