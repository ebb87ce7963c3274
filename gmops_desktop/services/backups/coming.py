"""Archives of another machine: proved, copied into this machine's folder, entered into its list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from db.ids import uuid7
from gmops_desktop.archive.inventory import Backup, Inventory
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.archive.writer import sidecar
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr

Copy = Callable[[Path, Path, Context], int]


def take_in(
    file: Path,
    folder: Path,
    inventory: Inventory,
    seals: Seals,
    copy: Copy,
    context: Context,
    *,
    digest: str,
) -> Backup:
    """Copy an archive into `folder` and enter it, once its manifest is the one of `digest` and
    every frame holds; raise `OpsError` or `ProofFailed` and leave nothing otherwise."""
    unharmed = tr("Nothing was taken in.")
    if not file.is_file():
        raise OpsError(
            tr("There is no file {path}.", path=file),
            hint=tr("Name the archive as it was copied to this machine."),
            unharmed=unharmed,
        )
    with seals.opened(file, context) as plain, ArchiveReader(plain) as reader:
        manifest = reader.manifest
    if manifest.digest != digest:
        raise ProofFailed(
            tr("{file} is another archive: its manifest is {found}, wanted is {wanted}.",
               file=file.name, found=manifest.digest[:16], wanted=digest[:16]),
            hint=tr("Take the file that was named; renaming does not matter."),
            unharmed=unharmed,
        )  # fmt: skip
    outcome = seals.verify(file, context)
    if not outcome.ok:
        raise ProofFailed(
            tr("{file} is damaged: {faults}", file=file.name, faults="; ".join(outcome.faults)),
            hint=tr("Copy it once more from the machine that took it."),
            unharmed=unharmed,
        )
    path = folder / file.name
    if path.absolute() != file.absolute():
        if path.exists():
            path = folder / f"{digest[:8]}-{file.name}"
        folder.mkdir(parents=True, exist_ok=True)
        copy(file, path, context)
        if sidecar(file).is_file() and path.name == file.name:
            copy(sidecar(file), sidecar(path), context)
    source = manifest.source
    backup = Backup(
        id=uuid7(),
        at=manifest.begun,
        seconds=0.0,
        source=f"{source.schema}@{source.host}",
        schema=source.schema,
        resource_id="",
        purpose="safety",
        path=path.absolute(),
        file_bytes=path.stat().st_size,
        text_bytes=manifest.text_bytes,
        travelled=0,
        rows=manifest.rows,
        tables=len(manifest.tables),
        consistency=manifest.consistency,
        verdict=manifest.verdict,
        manifest_digest=manifest.digest,
        verified_at=datetime.now(UTC),
        verified=True,
        exists=True,
        left_out=manifest.left_out,
    )
    inventory.add(backup)
    return backup
