"""What speaks against restoring an archive beside the schema that it was taken of."""

from __future__ import annotations

from gmops_desktop.adapters.mysql import MysqlConnection
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.scanning import dangers, definitions_of
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.restores.choice import Choice


def reaching(
    connection: MysqlConnection, reader: ArchiveReader, schema: str, choice: Choice
) -> tuple[str, ...]:
    """Say in sentences which definitions, restored into `schema`, could reach the present one.

    Nothing where the archive's own schema does not stand on the server of `connection`.  A trigger
    counts by what it names: nobody else writes where it would fire.  An event always counts.
    """
    own = reader.manifest.source.schema
    there = "SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME=%s"
    if own.lower() == schema.lower() or not connection.rows(there, own):
        return ()
    wanted = (
        one
        for one in definitions_of(reader)
        if choice.everything or (one.kind == "table" and choice.takes(one.name))
    )
    return dangers(wanted, own, resting=True)


def refusal(found: tuple[str, ...], schema: str) -> OpsError:
    """Return the sentence for what `reaching` found."""
    shown = [*found[:3]]
    if len(found) > len(shown):
        shown.append(tr("{count} more are like that.", count=len(found) - len(shown)))
    return OpsError(
        tr(
            "Restored into “{schema}”, this backup could reach beyond it on the same server: {why}",
            schema=schema,
            why=" ".join(shown),
        ),
        hint=tr(
            "Restore it to this computer instead (gmops drill keep), choose only tables, or accept"
            " it (--accept-reaching)."
        ),
        unharmed=tr("Nothing was written."),
    )
