"""`gmops patch release` and `configure`: what becomes a change besides the updates of a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gmops_desktop.cli import FAILED
from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import AcceptFingerprint, Json, ResourceName, argument, option
from gmops_desktop.cli.patch_lines import way_back_lines
from gmops_desktop.cli.patch_verbs import Number, Ticket, Title, queued, server, with_server
from gmops_desktop.cli.session import opened
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.addresses import Resource
    from gmops_desktop.cli.session import Session
    from gmops_desktop.context import Context
    from gmops_desktop.services.patches import Change

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
        argument("SOURCE", tr("A folder, or a .zip, .tar, .tar.gz or .tar.zst.")),
    ],
    digest: Annotated[
        str,
        option("--sha256", tr("The SHA-256 that the release must have."), metavar="DIGEST"),
    ] = "",
    folder: Annotated[
        str,
        option(
            "--folder",
            tr("What the web server serves; else that of the website there."),
            metavar="FOLDER",
        ),
    ] = "",
    keep: Annotated[
        list[str] | None,
        option(
            "--keep", tr("What stays whatever the release holds; repeat it."), metavar="PATTERN"
        ),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help=tr("Remove nothing that the release does not hold."))
    ] = False,
    database: Annotated[
        str,
        option("--database", tr("The database that its SQL is for."), metavar="RESOURCE"),
    ] = "",
    reload: Annotated[
        str,
        option("--reload", tr("A command on the server for after the switch."), metavar="COMMAND"),
    ] = "",
    title: Title = "",
    ticket: Ticket = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    def take_in(session: Session, host: Resource, context: Context) -> Change:
        database_id = session.resource(database, kind="mysql").id if database else ""
        return session.services.releases.queue(
            host, source.absolute(), context, digest=digest, folder=folder,
            kept=keep or None, whole=not partial, database=database_id, reload=reload,
            title=title, ticket=ticket,
        )  # fmt: skip

    queued(
        resource, accept_fingerprint, as_json,
        lambda host: tr("Taking in {name}", name=source.name), take_in,
    )  # fmt: skip


@_verbs.command(
    "configure",
    cls=Command,
    help=tr("Queue the change of a file of configuration, judged by its service; or fetch it."),
)
def configure(
    resource: ResourceName,
    path: Annotated[
        str,
        argument("PATH", tr("The file on the server.")),
    ],
    text: Annotated[
        Path | None,
        option(
            "--text",
            tr("A file here with what shall stand there; else it is only fetched."),
            metavar="FILE",
        ),
    ] = None,
    check: Annotated[
        str | None,
        option(
            "--check",
            tr("The command that judges it, in place of the known one."),
            metavar="COMMAND",
        ),
    ] = None,
    reload: Annotated[
        str | None,
        option(
            "--reload",
            tr("The command for afterwards, in place of the known one."),
            metavar="COMMAND",
        ),
    ] = None,
    based_on: Annotated[
        str,
        option(
            "--based-on",
            tr("The SHA-256 of what was edited; another file is not overwritten."),
            metavar="DIGEST",
        ),
    ] = "",
    title: Title = "",
    ticket: Ticket = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    if text is None:
        _fetch(resource, path, accept_fingerprint, as_json)
        return
    wanted = _text_of(text)
    queued(
        resource, accept_fingerprint, as_json,
        lambda host: tr("Checking {path} on {name}", path=path, name=host.name),
        lambda session, host, context: session.services.configurations.queue(
            host, path, wanted, context, based_on=based_on, check=check, reload=reload,
            title=title, ticket=ticket,
        ),
    )  # fmt: skip


def _fetch(resource: str, path: str, accept: str, as_json: bool) -> None:
    with opened(as_json) as session:
        host = server(session, resource, accept)
        found = session.run(
            lambda context: session.services.configurations.fetch(host, path, context),
            tr("Fetching {path}", path=path),
        )
        content = found.content.decode("utf-8", "replace")
        session.terminal.tell(f"SHA-256 {found.digest}")
        session.terminal.answer({"path": path, "digest": found.digest, "text": content}, content)


@_verbs.command(
    "way-back",
    cls=Command,
    help=tr("Show the way back of a change as it is now: what rolling back would lose."),
)
def way_back(
    number: Number, accept_fingerprint: AcceptFingerprint = "", as_json: Json = False
) -> None:
    with opened(as_json) as session:
        change = session.services.patches.get(number)
        title = tr("Looking at the way back of {number}", number=change.number)
        plan = with_server(
            session, change, accept_fingerprint, title,
            lambda at: at.patches.look_back(at.host, change.id, at.context),
        )  # fmt: skip
        session.terminal.answer({"way_back": plan}, *way_back_lines(plan))
        if plan.why_not:
            raise typer.Exit(FAILED)


@_verbs.command(
    "archive",
    cls=Command,
    help=tr("Take in the archive that a release leads back to, copied from another machine."),
)
def archive(
    number: Number,
    file: Annotated[
        Path,
        argument("FILE", tr("The archive, as it was copied to this machine.")),
    ],
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        change = session.services.patches.get(number)
        path = with_server(
            session, change, accept_fingerprint, tr("Taking in {name}", name=file.name),
            lambda at: at.patches.take_archive(at.host, change.id, file.absolute(), at.context),
        )  # fmt: skip
        session.terminal.answer({"path": path}, tr("It is here now: {path}", path=path))


@_verbs.command(
    "leftovers",
    cls=Command,
    help=tr("List what changes left on a server for their way back; with --confirm, clear it."),
)
def leftovers(
    resource: ResourceName,
    keep: Annotated[
        int, typer.Option("--keep", min=0, help=tr("Old releases that stay in any case."))
    ] = 2,
    confirm: Annotated[
        str,
        option(
            "--confirm", tr("The server's name; without it nothing is removed."), metavar="NAME"
        ),
    ] = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        host, service = server(session, resource, accept_fingerprint), session.services.leftovers
        if confirm:
            found = session.run(
                lambda context: service.clear(host, context, confirm=confirm, keep=keep),
                tr("Clearing what changes left on {name}", name=host.name),
            )
        else:
            found = session.run(
                lambda context: service.look(host, context, keep=keep),
                tr("Looking at what changes left on {name}", name=host.name),
            )
        gone = tr("removed") if confirm else tr("may go")
        # Line by line: a table would shorten the paths, and this is what is removed.
        session.terminal.answer(
            {"removed" if confirm else "leftovers": found},
            *(
                f"{one.number or words.NOTHING}  {one.path}"
                f"  {words.NOTHING if one.size is None else words.size(one.size)}"
                f"  {tr('stays: {why}', why=one.stays) if one.stays else gone}"
                for one in found
            ),
        )


def _text_of(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OpsError(
            tr("{path} cannot be read: {why}.", path=file, why=error),
            hint=tr("Name a readable text file."),
            unharmed=tr("Nothing was queued."),
        ) from error
