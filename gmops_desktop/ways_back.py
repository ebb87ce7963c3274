"""How the database of a release is kept safe and brought back: by the product's own archives."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.services.copies import copy_file
from gmops_desktop.services.patches.release_database import (
    Archived,
    Lost,
    ReleaseDatabase,
    Tables,
)

if TYPE_CHECKING:
    from gmops_desktop.services.backups import Backups
    from gmops_desktop.services.patches.release_sql import Connect
    from gmops_desktop.services.restores import Choice, Restores


def release_database(
    connect: Connect, backups: Backups, restores: Restores, device: str = ""
) -> ReleaseDatabase:
    """Return what a release asks of its database, by delta backup and delta restore; `device` is
    what this machine is called (its own name by default)."""

    def take(address: MysqlAddress, context: Context) -> Archived:
        taken = backups.take(address, context, purpose="safety")
        return Archived(taken.path, taken.at, taken.manifest_digest)

    def restore(path: Path, address: MysqlAddress, tables: Tables, context: Context) -> None:
        restores.run(path, address, context, confirm=address.schema, choice=_choice(tables))

    def foresee(
        path: Path, address: MysqlAddress, tables: Tables, context: Context
    ) -> Sequence[Lost]:
        found = restores.preview(path, address, context, choice=_choice(tables))
        return [
            Lost(one.table, one.removed, one.changed, one.added, one.action == "replace")
            for one in found.tables
        ]

    def find(digest: str) -> Path | None:
        known = (one for one in backups.all() if one.manifest_digest == digest and one.exists)
        return next((one.path for one in known), None)

    def take_in(file: Path, digest: str, address: MysqlAddress, context: Context) -> Path:
        return backups.take_in(file, context, digest=digest, copy=copy_file).path

    return ReleaseDatabase(
        connect, take, restore, foresee, find, take_in, device or platform.node() or "?"
    )


def _choice(tables: Tables) -> Choice:
    from gmops_desktop.services.restores import Choice

    return Choice() if tables is None else Choice(frozenset(tables))
