"""`gmops backup`: take a backup, prove a file, look into it, list what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli import cloud_backup, compare, seal, verify
from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import (
    AcceptFingerprint,
    ArchiveFile,
    Json,
    Key,
    Out,
    Ssh,
    argument,
    option,
)
from gmops_desktop.cli.session import opened
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.services.backups import Backup

commands = group("backup", tr("Back up databases, and prove the files."))
commands.add_typer(cloud_backup.commands)
seal.add_file_commands(commands)

Source = Annotated[
    str,
    argument(
        "SOURCE",
        tr(
            "The name of a database in the contract, or mysql://user@host:port/schema; "
            "not needed where the contract has one database."
        ),
    ),
]
Sealed = Annotated[
    bool | None,
    option("--seal/--no-seal", tr("Seal the file, or leave it plain, whatever the settings say.")),
]

Full = Annotated[
    bool, typer.Option("--full", help=tr("Send every row, whatever is in hand of the database."))
]
Limit = Annotated[
    float,
    option(
        "--limit",
        tr("Use at most this much of the line, in Mbit/s; overrules the schedule's limit."),
        metavar="MBIT",
        min=0.0,
    ),
]
Connections = Annotated[
    int,
    option(
        "--connections",
        tr("Read by so many connections; without it the number is measured and chosen."),
        min=0,
        max=8,
    ),
]
LockLimit = Annotated[
    float,
    typer.Option(
        "--lock-limit",
        metavar="SECONDS",
        min=0.0,
        show_default=True,
        help=tr("Lock tables without snapshots (MyISAM) for so long at most; 0 never locks them."),
    ),
]
Compress = Annotated[
    str,
    option(
        "--compress",
        tr("How rows travel through SSH; without it the line's rate decides."),
        metavar="auto|none|ssh|remote",
    ),
]


@commands.command("take", cls=Command, help=tr("Back up one schema into one file."))
def take(
    source: Source = "",
    out: Out = None,
    ssh: Ssh = "",
    key: Key = "",
    accept_fingerprint: AcceptFingerprint = "",
    sealed: Sealed = None,
    full: Full = False,
    limit: Limit = 0.0,
    connections: Connections = 0,
    lock_limit: LockLimit = 5.0,
    compress: Compress = "auto",
    as_json: Json = False,
) -> None:
    from gmops_desktop.services.backups import COMPRESSIONS, TransferPlan

    if compress not in COMPRESSIONS:
        raise typer.BadParameter(f"{compress}: auto, none, ssh, remote", param_hint="--compress")
    if out is not None and out.suffix == ".age":
        out, sealed = out.with_suffix(""), True
    with opened(as_json) as session:
        address, resource_id = session.database(
            source or only_database(session), ssh=ssh, key=key, accept=accept_fingerprint
        )
        planned = session.services.schedules.rate_limit(resource_id)
        plan = TransferPlan(
            rate_limit=round(limit * 125_000) or planned,
            full=full,
            connections=connections,
            lock_limit=lock_limit,
            compression=COMPRESSIONS[compress],
        )
        backup = session.run(
            lambda context: session.services.backups.take(
                address,
                context,
                out=out.absolute() if out else None,
                resource_id=resource_id,
                plan=plan,
                seal=sealed,
            ),
            tr("Backing up {schema}", schema=address.schema),
        )
        session.terminal.answer(backup, *_summary(backup))


commands.command("verify", cls=Command, help=verify.VERIFY_HELP)(verify.verify)
commands.command("verifier", cls=Command, help=verify.VERIFIER_HELP)(verify.verifier)


@commands.command("list", cls=Command, help=tr("List the backups taken here, newest first."))
def list_all(as_json: Json = False) -> None:
    with opened(as_json) as session:
        backups = session.services.backups.all()
        session.terminal.table(
            {"backups": backups},
            (tr("Taken at"), tr("Source"), tr("Size"), tr("Verified"), tr("File")),
            [
                (
                    words.stamp(backup.at),
                    backup.source,
                    words.size(backup.file_bytes),
                    _verified(backup),
                    str(backup.path) if backup.exists else tr("gone: {path}", path=backup.path),
                )
                for backup in backups
            ],
        )


@commands.command("inspect", cls=Command, help=tr("Show what a backup file holds."))
def inspect(file: ArchiveFile, as_json: Json = False) -> None:
    with opened(as_json) as session:
        summary = session.services.backups.inspect(file.absolute())
        terminal = session.terminal
        if not as_json:
            taken = words.stamp(summary.taken_at)
            terminal.answer(
                summary,
                tr("{what}, taken {at}, {server}", what=summary.source, at=taken,
                   server=summary.server),
                summary.verdict,
                tr("Manifest {digest}", digest=summary.manifest_digest),
                "",
            )  # fmt: skip
        terminal.table(
            summary,
            (tr("Table"), tr("Rows"), tr("SQL text"), tr("Segments"), tr("Engine")),
            [
                (
                    table.name,
                    words.number(table.rows),
                    words.size(table.text_bytes),
                    words.number(table.segments),
                    table.engine,
                )
                for table in summary.tables
            ],
        )


commands.command("compare", cls=Command, help=compare.HELP)(compare.compare)


def only_database(session: Session) -> str:
    """Return the id of the contract's database, where there is exactly one."""
    there = [item for item in session.services.contracts.resources() if item.kind == "mysql"]
    if len(there) == 1:
        return there[0].id
    if there:
        raise OpsError(
            tr("The contract has {count} databases.", count=len(there)),
            hint=tr("Name one of them: {names}.", names=", ".join(item.name for item in there)),
        )
    raise OpsError(
        tr("No database is set up yet."),
        hint=tr("Add one in the window's settings, or write mysql://user@host:port/schema."),
    )


def _summary(backup: Backup) -> list[str]:
    tables = tr_n("{count} table", "{count} tables", backup.tables)
    rows = tr_n("{count} row", "{count} rows", backup.rows)
    return [
        tr(
            "{what} is backed up in {seconds}: {tables}, {rows}, {text} of SQL in a file of "
            "{size}.",
            what=backup.source,
            seconds=words.lasting(backup.seconds),
            tables=tables,
            rows=rows,
            text=words.size(backup.text_bytes),
            size=words.size(backup.file_bytes),
        ),
        tr(
            "{sent} crossed the line; {reused} of the SQL was in hand.",
            sent=words.size(backup.travelled),
            reused=words.share(backup.reused_bytes / max(backup.text_bytes, 1)),
        ),
        backup.verdict,
        str(backup.path),
    ]


def _verified(backup: Backup) -> str:
    if backup.verified is None or backup.verified_at is None:
        return tr("not yet")
    at = words.stamp(backup.verified_at)
    return at if backup.verified else tr("damaged ({at})", at=at)
