"""`gmops files`: back up a site's directories, see what a restore would change, restore, undo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli import verify
from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import AcceptFingerprint, Json, Key, Out, argument, option
from gmops_desktop.cli.session import opened
from gmops_desktop.contract.exclusions import UPLOADS
from gmops_desktop.contract.trees import shown
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.services.site_files import FileArchive, FileRestore, Place

commands = group("files", tr("Back up and restore the program files of a site."))

Directory = Annotated[
    str,
    argument(
        "SITE", tr("A website of the contract whose directory is known, or user@host:/directory.")
    ),
]
TreeFile = Annotated[
    Path,
    argument("FILE", tr("A file NAME.tar.zst.")),
]
Exclude = Annotated[
    list[str] | None,
    option(
        "--exclude",
        tr("Leave out what fits, such as *.bak or data/old/; replaces the usual patterns."),
        metavar="PATTERN",
    ),
]
NoUploads = Annotated[
    bool, typer.Option("--no-uploads", help=tr("Leave out what visitors uploaded, too."))
]
Full = Annotated[bool, typer.Option("--full", help=tr("Send every file, whatever is in hand."))]
Limit = Annotated[
    float,
    option("--limit", tr("Use at most this much of the line, in Mbit/s."), metavar="MBIT", min=0.0),
]
Confirm = Annotated[
    str,
    option(
        "--confirm",
        tr("The last name of the directory that is replaced; else nothing is written."),
        metavar="NAME",
    ),
]
RestoreId = Annotated[
    str,
    argument("ID", tr("A restore; without it, the newest one.")),
]


@commands.command("take", cls=Command, help=tr("Back up one directory into one file."))
def take(
    site: Directory,
    out: Out = None,
    exclude: Exclude = None,
    no_uploads: NoUploads = False,
    full: Full = False,
    limit: Limit = 0.0,
    key: Key = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        place = _place(session, site, key=key, accept=accept_fingerprint)
        patterns = tuple(exclude) if exclude is not None else place.excluded
        place = replace(place, excluded=(*patterns, *(UPLOADS if no_uploads else ())))
        archive = session.run(
            lambda context: session.services.site_files.take(
                place,
                context,
                out=out.absolute() if out else None,
                full=full,
                rate_limit=round(limit * 125_000),
            ),
            tr("Backing up {folder}", folder=place.folder),
        )
        session.terminal.answer(archive, *_taken(archive))


commands.command("verify", cls=Command, help=verify.VERIFY_HELP)(verify.verify)


@commands.command("list", cls=Command, help=tr("List the archives of files, newest first."))
def list_all(as_json: Json = False) -> None:
    with opened(as_json) as session:
        archives = session.services.site_files.all()
        session.terminal.table(
            {"archives": archives, "restores": session.services.site_files.restores()},
            (tr("Taken at"), tr("Source"), tr("Files"), tr("Size"), tr("File")),
            [
                (
                    words.stamp(archive.at),
                    archive.source,
                    words.number(archive.files),
                    words.size(archive.file_bytes),
                    str(archive.path) if archive.exists else tr("gone: {path}", path=archive.path),
                )
                for archive in archives
            ],
        )


@commands.command("preview", cls=Command, help=tr("Show which files a restore would change."))
def preview(
    file: TreeFile,
    site: Directory,
    key: Key = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        place = _place(session, site, key=key, accept=accept_fingerprint)
        found = session.run(
            lambda context: session.services.site_files.preview(file.absolute(), place, context),
            tr("Comparing {file} with {target}", file=file.name, target=place),
        )
        terminal = session.terminal
        if as_json:
            # A name may hold bytes that are no text; JSON carries it as people see it.
            changes = [replace(change, path=shown(change.path)) for change in found.changes]
            kept, set_id = (tuple(map(shown, some)) for some in (found.kept, found.set_id))
            seen = replace(found, changes=tuple(changes), kept=kept, set_id=set_id)
            terminal.answer({**_plain(seen), "identical": found.identical})
            return
        if found.identical:
            terminal.answer(found, tr("{target} already holds exactly this backup.", target=place))
            return
        kinds = {
            "add": tr("added"), "change": tr("changed"), "remove": tr("removed"),
            "mode": tr("mode only"),
        }  # fmt: skip
        terminal.table(
            found,
            (tr("Path"), tr("Change", context="restore"), tr("Size")),
            [
                (
                    shown(change.path) + ("/" if change.folder else ""),
                    f"{kinds[change.kind]} {change.detail}".strip(),
                    words.size(change.size),
                )
                for change in found.changes
            ],
        )
        terminal.answer(
            found,
            tr_n("{count} path stays as it is.", "{count} paths stay as they are.",
                 found.unchanged),
            tr("{size} of contents would travel, before compression.",
               size=words.size(found.send_bytes)),
            *(tr("{path} would lose its right to run as its owner or group.", path=shown(path))
              for path in found.set_id),
            *([tr("Kept as it is, since no archive holds it: {paths}",
                  paths=tr(", ").join(map(shown, found.kept)))] if found.kept else []),
        )  # fmt: skip


@commands.command(
    "restore", cls=Command, help=tr("Replace a directory by an archive's, proved beforehand.")
)
def restore(
    file: TreeFile,
    site: Directory,
    confirm: Confirm = "",
    key: Key = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        place = _place(session, site, key=key, accept=accept_fingerprint)
        if not confirm and session.terminal.can_ask:
            confirm = session.terminal.ask(
                tr("{target} is replaced. Type {name} to confirm:", target=place, name=place.name)
            )
        done = session.run(
            lambda context: session.services.site_files.restore(
                file.absolute(), place, context, confirm=confirm
            ),
            tr("Restoring {folder}", folder=place.folder),
        )
        session.tell_tickets()
        session.terminal.answer(
            _plain(done),
            tr(
                "{target} is the archive's, proved by its digests: {added} added,"
                " {changed} changed, {removed} removed, in {seconds}.",
                target=place,
                added=words.number(done.added),
                changed=words.number(done.changed),
                removed=words.number(done.removed),
                seconds=words.lasting(done.seconds),
            ),
            *done.notes,
            tr("To take it back: {command}", command=f"gmops files undo {done.id}"),
        )


@commands.command("undo", cls=Command, help=tr("Bring back what a restore replaced."))
def undo(
    restore_id: RestoreId = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        done = _restore(session, restore_id)
        session.prepare(done.place.ssh, accept=accept_fingerprint)
        done = session.run(
            lambda context: session.services.site_files.undo(done.id, context),
            tr("Taking back the restore of {folder}", folder=done.place.folder),
        )
        session.tell_tickets()
        session.terminal.answer(
            _plain(done),
            tr("{target} is as it was before the restore.", target=done.place)
            if done.undone
            else tr("{target} is the restored one again.", target=done.place),
        )


@commands.command(
    "recover",
    cls=Command,
    help=tr("Put right what an interrupted restore left beside a directory."),
)
def recover(
    site: Directory,
    key: Key = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        place = _place(session, site, key=key, accept=accept_fingerprint)
        said = session.run(
            lambda context: session.services.site_files.recover(place, context),
            tr("Putting {folder} right", folder=place.folder),
        )
        session.tell_tickets()
        nothing = tr("No restore of {target} was interrupted.", target=place)
        session.terminal.answer({"recovered": bool(said), "said": said}, *(said or (nothing,)))


@commands.command(
    "discard", cls=Command, help=tr("Delete the old directory that was kept for undoing.")
)
def discard(
    restore_id: RestoreId = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        done = _restore(session, restore_id)
        session.prepare(done.place.ssh, accept=accept_fingerprint)
        done = session.run(
            lambda context: session.services.site_files.discard(done.id, context),
            tr("Deleting what was kept of {folder}", folder=done.place.folder),
        )
        session.terminal.answer(
            _plain(done), tr("Only the present {target} is left.", target=done.place)
        )


def _place(session: Session, site: str, *, key: str, accept: str) -> Place:
    """Return the directory that the words name; its server's password is in hand afterwards."""
    from gmops_desktop.services.site_files import parse_place

    if ":/" in site:
        place = parse_place(site, key=str(Path(key).absolute()) if key else "")
    else:
        resource = session.resource(site, kind="website")
        places = session.services.site_files.places((resource,))
        if len(places) != 1:
            raise OpsError(
                tr("{name} has no directory on record.", name=resource.name)
                if not places
                else tr("{name} has several directories on record.", name=resource.name),
                hint=tr("Write it as user@host:/folder, or user@host:2222:/folder."),
            )
        place = places[0]
    session.prepare(place.ssh, accept=accept)
    return place


def _restore(session: Session, restore_id: str) -> FileRestore:
    for done in session.services.site_files.restores():
        if restore_id in ("", done.id):
            return done
    raise OpsError(
        tr("There is no such restore of files."),
        hint=tr("See: {command}", command="gmops files list"),
    )


def _plain(value: object) -> dict[str, object]:
    from gmops_desktop.cli.plain import plain

    found: dict[str, object] = plain(value)
    return found


def _taken(archive: FileArchive) -> list[str]:
    return [
        tr(
            "{what} is backed up in {seconds}: {files} files of {size} in an archive of {packed}.",
            what=archive.source,
            seconds=words.lasting(archive.seconds),
            files=words.number(archive.files),
            size=words.size(archive.content_bytes),
            packed=words.size(archive.file_bytes),
        ),
        tr(
            "{sent} crossed the line; {reused} of the contents were in hand.",
            sent=words.size(archive.travelled),
            reused=words.share(archive.reused_bytes / max(archive.content_bytes, 1)),
        ),
        archive.verdict,
        str(archive.path),
    ]
