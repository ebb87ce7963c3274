"""`gmops restore import`: another tool's dump into a new schema, from where a restore takes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import AcceptFingerprint, Json, Key, Ssh, Target, argument, option
from gmops_desktop.cli.session import opened
from gmops_desktop.cli.terminal import BadAnswer
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from ui import import_words, words

if TYPE_CHECKING:
    from gmops_desktop.cli.terminal import Terminal
    from gmops_desktop.services.imports import Imported

Dump = Annotated[
    Path,
    argument(
        "FILE",
        tr(
            "A dump of mysqldump, mariadb-dump, Navicat, HeidiSQL or phpMyAdmin: "
            ".sql, or packed as .gz, .zst or .zip."
        ),
    ),
]
Into = Annotated[
    str,
    option(
        "--into",
        tr("The new schema; without it a name is made from the target's."),
        metavar="SCHEMA",
    ),
]
MemberName = Annotated[
    str,
    option("--member", tr("The file to read in a ZIP that holds several."), metavar="NAME"),
]
Charset = Annotated[
    str,
    option(
        "--charset",
        tr("The dump's character set (utf8mb4, gbk ...), whatever it says itself."),
        metavar="NAME",
    ),
]
Only = Annotated[
    str,
    option("--only", tr("The schema to take from a dump that holds several."), metavar="SCHEMA"),
]
PastErrors = Annotated[
    bool,
    typer.Option("--past-errors", help=tr("Leave out what the server refuses, and name it.")),
]
Again = Annotated[
    bool,
    typer.Option("--again", help=tr("First remove what an earlier import left in that schema.")),
]
NoArchive = Annotated[
    bool,
    typer.Option("--no-archive", help=tr("Take no archive of the new schema afterwards.")),
]
SchemaName = Annotated[
    str,
    argument("SCHEMA", tr("A schema that an import made.")),
]


def add_to(restore: typer.Typer) -> None:
    """Put the imports among the commands on restores."""
    for name, command, summary in (
        ("import", import_dump, tr("Load another tool's dump into a new schema and take an archive "
                                   "of it, which preview and run then restore from.")),
        ("imported", imported, tr("List the schemas that imports made.")),
        ("import-remove", remove, tr("Remove a schema that an import made.")),
    ):  # fmt: skip
        restore.command(name, cls=Command, help=summary)(command)


def import_dump(
    file: Dump,
    target: Target,
    into: Into = "",
    member: MemberName = "",
    charset: Charset = "",
    only: Only = "",
    past_errors: PastErrors = False,
    again: Again = False,
    no_archive: NoArchive = False,
    ssh: Ssh = "",
    key: Key = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        address, _ = session.database(target, ssh=ssh, key=key, accept=accept_fingerprint)
        imports = session.services.imports
        look = imports.look(file.absolute(), member=member, charset=charset)
        session.terminal.tell(import_words.what(look))
        session.terminal.tell(import_words.charset(look))
        schema = into or imports.proposed(address)
        done = session.run(
            lambda context: imports.run(
                file.absolute(),
                address,
                context,
                schema=schema,
                member=member,
                charset=charset,
                only=only,
                past_errors=past_errors,
                again=again,
                archive=not no_archive,
            ),
            tr("Loading {file} into {schema}", file=file.name, schema=schema),
        )
        _show(session.terminal, done)


def imported(as_json: Json = False) -> None:
    with opened(as_json) as session:
        found = session.services.imports.all()
        session.terminal.table(
            found,
            (tr("Began"), tr("Schema"), tr("Server"), tr("File"), tr("State")),
            [
                (words.stamp(one.at), one.schema, one.server, one.file, import_words.state(one))
                for one in found
            ],
        )


def remove(
    schema: SchemaName,
    target: Target,
    confirm: Annotated[
        str,
        option(
            "--confirm", tr("The name of the schema that is removed, once more."), metavar="SCHEMA"
        ),
    ] = "",
    ssh: Ssh = "",
    key: Key = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        if not confirm and session.terminal.can_ask:
            confirm = session.terminal.ask(tr("Type {schema} to remove it:", schema=schema))
        if confirm != schema:
            raise OpsError(
                tr("The schema's name was not confirmed."),
                hint=tr("Repeat the command with --confirm {schema}.", schema=schema),
                unharmed=tr("Nothing was removed."),
            )
        address, _ = session.database(target, ssh=ssh, key=key, accept=accept_fingerprint)
        session.run(
            lambda context: session.services.imports.remove(address, schema, context),
            tr("Removing {schema}", schema=schema),
        )
        session.terminal.answer({"removed": schema}, tr("{schema} is removed.", schema=schema))


def _show(terminal: Terminal, done: Imported) -> None:
    lines = [import_words.outcome(done), *import_words.details(done)]
    if done.backup is not None:
        lines.append(tr("The archive of it lies in {path}.", path=done.backup.path))
        lines.append(
            tr("What it would change: gmops restore preview {path} {target}",
               path=done.backup.path, target=done.target)
        )  # fmt: skip
    if done.faults:
        if not terminal.as_json:
            terminal.answer(done, *lines)
        fault = OpsError(
            " ".join(done.faults), hint=tr("Compare the rows before you rely on them.")
        )
        raise BadAnswer(done, fault)
    terminal.answer(done, *lines)
