"""`gmops backup cloud`: TencentDB's own backups, seen, made and fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from gmops_desktop.addresses import CloudDatabase, MysqlAddress
from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json, Out, argument, option
from gmops_desktop.cli.session import opened
from gmops_desktop.cli.terminal import BadAnswer
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import mark, tr
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.services.cloud_backups import CloudBackup, Copy, Kind, Listing

commands = group("cloud", tr("The backups that TencentDB itself makes and keeps."))

Source = Annotated[
    str,
    argument(
        "SOURCE", tr("A database of the contract; not needed where one is a TencentDB instance.")
    ),
]

_STATES: Final = {
    "running": mark("being made"),
    "done": mark("done"),
    "failed": mark("failed"),
    "unknown": mark("unknown"),
}
_WAYS: Final = {
    "automatic": mark("automatic"),
    "manual": mark("by hand"),
}


@commands.command("list", cls=Command, help=tr("List what the instance keeps, newest first."))
def list_all(source: Source = "", as_json: Json = False) -> None:
    with opened(as_json) as session:
        cloud, _ = _instance(session, source)
        listing = session.run(
            lambda context: session.services.cloud_backups.all(cloud, context),
            tr("Asking Tencent Cloud"),
        )
        terminal = session.terminal
        if not as_json:
            terminal.answer(listing, *_kept(listing), "")
        terminal.table(
            listing,
            (tr("Id"), tr("Data of"), tr("Kind"), tr("Made"), tr("Size"), tr("State"),
             tr("Downloaded")),
            [_row(listing, backup) for backup in listing.backups],
        )  # fmt: skip


@commands.command(
    "create", cls=Command, help=tr("Have the instance make a backup, and wait for its end.")
)
def create(
    source: Source = "",
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            metavar="KIND",
            help=tr("logical (SQL of this schema), physical or snapshot (whole instance)."),
        ),
    ] = "logical",
    name: Annotated[str, option("--name", tr("A name for it."), metavar="NAME")] = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        cloud, schema = _instance(session, source)
        chosen = _kind(kind)
        backup = session.run(
            lambda context: session.services.cloud_backups.make(
                cloud,
                context,
                kind=chosen,
                schema=schema if chosen == "logical" else "",
                name=name,
            ),
            tr("Backing up {name} in the cloud", name=cloud.instance),
        )
        session.terminal.answer(
            backup,
            tr("{instance} has made the backup {id}: {size}.", instance=cloud.instance,
               id=backup.id, size=words.size(backup.size)),
            tr("Fetch it with gmops backup cloud download {id}.", id=backup.id),
        )  # fmt: skip


@commands.command(
    "download",
    cls=Command,
    help=tr(
        "Fetch a backup's file; a cut download goes on where it stopped, and the MD5 proves it "
        "(exit 3 if it is wrong)."
    ),
)
def download(
    backup_id: Annotated[int, argument("ID", tr("The backup, as listed."))],
    source: Source = "",
    out: Out = None,
    as_json: Json = False,
) -> None:
    from gmops_desktop.services.cloud_backups import opened_with

    with opened(as_json) as session:
        cloud, _ = _instance(session, source)
        service = session.services.cloud_backups
        copy = session.run(
            lambda context: service.download(
                cloud, backup_id, context, out=out.absolute() if out else None
            ),
            tr("Downloading backup {id}", id=backup_id),
        )
        if copy.proved is False:
            fault = ProofFailed(
                tr("{file} does not have the MD5 that its keeper states.", file=copy.path),
                hint=tr("Delete it, and download it again."),
            )
            raise BadAnswer(copy, fault)
        backup = next(one for one in service.last(cloud).backups if one.id == backup_id)
        session.terminal.answer(copy, *_arrived(copy), opened_with(backup))


def _instance(session: Session, source: str) -> tuple[CloudDatabase, str]:
    """Return the instance that `source` (or the contract's only one) is, and its schema."""
    if source:
        found = [session.resource(source, kind="mysql")]
    else:
        found = [one for one in session.services.contracts.resources() if _is_cloud(one.address)]
    addresses = [one.address for one in found if isinstance(one.address, MysqlAddress)]
    if len(addresses) > 1:
        raise OpsError(
            tr("The contract has {count} TencentDB instances.", count=len(addresses)),
            hint=tr("Name one of them: {names}.", names=", ".join(one.name for one in found)),
        )
    if not addresses or addresses[0].cloud is None:
        raise OpsError(
            tr("No TencentDB instance is known for this database."),
            hint=tr("Enter its id (cdb-…), region and key in the settings of the database."),
        )
    session.prepare_cloud(addresses[0].cloud)
    return addresses[0].cloud, addresses[0].schema


def _is_cloud(address: object) -> bool:
    return isinstance(address, MysqlAddress) and address.cloud is not None


def _kind(text: str) -> Kind:
    from gmops_desktop.services.cloud_backups import KINDS

    for kind in KINDS:
        if kind == text:
            return kind
    raise OpsError(
        tr("There is no kind of backup called {name}.", name=text),
        hint=tr("Name one of them: {names}.", names=", ".join(KINDS)),
    )


def _row(listing: Listing, backup: CloudBackup) -> tuple[str, ...]:
    state = tr(_STATES[backup.state])
    copy = listing.copies.get(backup.id)
    return (
        str(backup.id),
        words.stamp(backup.at),
        backup.kind,
        tr(_WAYS.get(backup.way, _WAYS["manual"])),
        words.size(backup.size) if backup.size else words.NOTHING,
        f"{state} {backup.percent} %" if backup.state == "running" else state,
        str(copy.path) if copy and copy.exists else words.NOTHING,
    )


def _kept(listing: Listing) -> list[str]:
    lines = []
    if listing.retention is not None:
        lines.append(
            tr(
                "Kept for {days} days, binlogs for {binlogs} days.",
                days=listing.retention.days,
                binlogs=listing.retention.binlog_days,
            )
        )
    if listing.access == "intranet":
        lines.append(tr("Downloads are allowed only inside Tencent's own network."))
    if listing.fault:
        lines.append(f"{listing.fault} {listing.hint}".rstrip())
    return lines


def _arrived(copy: Copy) -> list[str]:
    size = words.size(copy.path.stat().st_size)
    proof = tr("MD5 right") if copy.proved else tr("TencentDB names no MD5 to compare with")
    lines = [tr("{size} downloaded, {proof}: {path}", size=size, proof=proof, path=copy.path)]
    if copy.resumed_at:
        before = words.size(copy.resumed_at)
        lines.append(tr("{size} had arrived before and were not fetched again.", size=before))
    return lines
