"""One backup as the inventory tells of it: a night's delta of a site."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from gmops_desktop.services.backups import Backup

BACKUP = Backup(
    id="b",
    at=datetime(2018, 11, 22, 3, 6, tzinfo=UTC),
    seconds=28.0,
    source="site@db",
    schema="site",
    resource_id="r",
    purpose="backup",
    path=Path("/site.sql.zst"),
    file_bytes=170_000_000,
    text_bytes=1_000_000_000,
    travelled=4_800_000,
    rows=2_418_055,
    tables=3,
    consistency="consistent",
    verdict="One consistent snapshot, taken without a lock.",
    manifest_digest="ab",
    verified_at=None,
    verified=None,
    exists=True,
    reused_bytes=971_000_000,
    rate=575_000.0,
)
