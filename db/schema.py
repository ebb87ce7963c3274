"""Which shape the tables have, and how an older store gets the newest one (Alembic).

The migrations lie as files in `db/migrations/versions`, also in a frozen program; their names
begin with their revision, which counts up: `0001_first.py`.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from sqlalchemy import Connection, inspect, text

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import ROOT

MIGRATIONS: Final = ROOT / "db" / "migrations"


@cache
def revisions() -> tuple[str, ...]:
    """Return every revision this program knows, oldest first."""
    names = sorted(file.name for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    return tuple(name.partition("_")[0] for name in names)


def newest() -> str:
    """Return the revision this program works with."""
    return revisions()[-1]


def version(connection: Connection) -> str:
    """Return the store's revision, "" for an empty store."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def refuse_unknown(found: str) -> None:
    """Refuse a store that a newer program has written."""
    if found and found not in revisions():
        raise OpsError(
            tr(
                "The store was written by a newer version of this program (revision {found}; "
                "this one knows up to {known}).",
                found=found,
                known=newest(),
            ),
            hint=tr("Install the newest version of the program, then start again."),
            unharmed=tr("The store was not changed."),
        )


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to `revision` inside the caller's transaction."""
    # Costs a third of a second, and is needed only on the first start after an update.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
