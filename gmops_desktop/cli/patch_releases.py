"""`gmops patch release` and `configure`: what becomes a change besides the updates of a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import AcceptFingerprint, Json, ResourceName
from gmops_desktop.cli.patch import Ticket
from gmops_desktop.cli.patch_lines import server, show
from gmops_desktop.cli.session import opened
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_verbs: Final = typer.Typer()


def add_to(commands: typer.Typer) -> None:
    """Add the commands to `gmops patch`."""
    commands.registered_commands += _verbs.registered_commands


@_verbs.command(
    "release",
    cls=Command,
    help=tr("Take in an application release, hold it against what is live, and queue it."),
)
def release(
    resource: ResourceName,
    source: Annotated[
        Path,
        typer.Argument(metavar="SOURCE", show_default=False,
                       help=tr("A folder, or a .zip, .tar, .tar.gz or .tar.zst.")),
    ],
    digest: Annotated[
        str,
        typer.Option("--sha256", metavar="DIGEST", show_default=False,
                     help=tr("The SHA-256 that the release must have.")),
    ] = "",
    folder: Annotated[
        str,
        typer.Option("--folder", metavar="FOLDER", show_default=False,
                     help=tr("What the web server serves; else that of the website there.")),
    ] = "",
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="PATTERN", show_default=False,
                     help=tr("What stays whatever the release holds; repeat it.")),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help=tr("Remove nothing that the release does not hold."))
    ] = False,
    database: Annotated[
        str,
        typer.Option("--database", metavar="RESOURCE", show_default=False,
                     help=tr("The database that its SQL is for.")),
    ] = "",
    reload: Annotated[
        str,
        typer.Option("--reload", metavar="COMMAND", show_default=False,
                     help=tr("A command on the server for after the switch.")),
    ] = "",
    title: Annotated[str, typer.Option("--title", show_default=False, help=tr("Its title."))] = "",
    ticket: Ticket = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:  # fmt: skip
    with opened(as_json) as session:
        host = server(session, resource, accept_fingerprint)
        database_id = session.resource(database, kind="mysql").id if database else ""
        change = session.run(
            lambda context: session.services.releases.queue(
                host, source.absolute(), context, digest=digest, folder=folder,
                kept=keep or None, whole=not partial, database=database_id, reload=reload,
                title=title, ticket=ticket,
            ),
            tr("Taking in {name}", name=source.name),
        )  # fmt: skip
        show(session, change)


@_verbs.command(
    "configure",
    cls=Command,
    help=tr("Queue the change of a file of configuration, judged by its service; or fetch it."),
)
def configure(
    resource: ResourceName,
    path: Annotated[
        str,
        typer.Argument(metavar="PATH", show_default=False, help=tr("The file on the server.")),
    ],
    text: Annotated[
        Path | None,
        typer.Option("--text", metavar="FILE", show_default=False,
                     help=tr("A file here with what shall stand there; else it is only fetched.")),
    ] = None,
    check: Annotated[
        str | None,
        typer.Option("--check", metavar="COMMAND", show_default=False,
                     help=tr("The command that judges it, in place of the known one.")),
    ] = None,
    reload: Annotated[
        str | None,
        typer.Option("--reload", metavar="COMMAND", show_default=False,
                     help=tr("The command for afterwards, in place of the known one.")),
    ] = None,
    based_on: Annotated[
        str,
        typer.Option("--based-on", metavar="DIGEST", show_default=False,
                     help=tr("The SHA-256 of what was edited; another file is not overwritten.")),
    ] = "",
    title: Annotated[str, typer.Option("--title", show_default=False, help=tr("Its title."))] = "",
    ticket: Ticket = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:  # fmt: skip
    with opened(as_json) as session:
        host = server(session, resource, accept_fingerprint)
        service = session.services.configurations
        if text is None:
            found = session.run(
                lambda context: service.fetch(host, path, context), tr("Fetching {path}", path=path)
            )
            content = found.content.decode("utf-8", "replace")
            session.terminal.tell(f"SHA-256 {found.digest}")
            session.terminal.answer({"path": path, "digest": found.digest, "text": content},
                                    content)  # fmt: skip
            return
        wanted = _text_of(text)
        change = session.run(
            lambda context: service.queue(
                host, path, wanted, context, based_on=based_on, check=check, reload=reload,
                title=title, ticket=ticket,
            ),
            tr("Checking {path} on {name}", path=path, name=host.name),
        )  # fmt: skip
        show(session, change)


def _text_of(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OpsError(
            tr("{path} cannot be read: {why}.", path=file, why=error),
            hint=tr("Name a readable text file."),
            unharmed=tr("Nothing was queued."),
        ) from error
