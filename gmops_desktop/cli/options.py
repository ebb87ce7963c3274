"""Arguments and options that several commands take, each described once."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from gmops_desktop.language import tr

Word = TypeVar("Word")

Json = Annotated[
    bool, typer.Option("--json", help=tr("Answer with one JSON document on standard output."))
]
ArchiveFile = Annotated[
    Path,
    typer.Argument(metavar="FILE", show_default=False, help=tr("A backup file (NAME.sql.zst).")),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help=tr("The file to write."), show_default=False),
]
Target = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        show_default=False,
        help=tr("The name of a database in the contract, or mysql://user@host:port/schema."),
    ),
]
Ssh = Annotated[
    str,
    typer.Option(
        "--ssh",
        metavar="USER@HOST:PORT",
        show_default=False,
        help=tr("Reach the database through this SSH server."),
    ),
]
Key = Annotated[
    str,
    typer.Option(
        "--key",
        metavar="FILE",
        show_default=False,
        help=tr("The private key file for the SSH server."),
    ),
]
AcceptFingerprint = Annotated[
    str,
    typer.Option(
        "--accept-fingerprint",
        metavar="SHA256:…",
        show_default=False,
        help=tr("Trust an unknown SSH server if, and only if, this is its fingerprint."),
    ),
]
ResourceName = Annotated[
    str,
    typer.Argument(
        metavar="RESOURCE", show_default=False, help=tr("A resource of the contract, by name.")
    ),
]


def one_of(said: object, known: tuple[Word, ...], name: str) -> Word:
    """Return the known word that was given to the option `name`; refuse any other."""
    for word in known:
        if word == said:
            return word
    choices = ", ".join(str(word) for word in known if word)
    raise typer.BadParameter(tr("it is one of {choices}", choices=choices), param_hint=name)


def day_in(said: str, name: str) -> date:
    """Return the day that was given to the option `name`."""
    try:
        return date.fromisoformat(said)
    except ValueError as error:
        raise typer.BadParameter(tr("it is a day, such as 2018-04-30"), param_hint=name) from error


def moment_in(said: str, name: str, zone: tzinfo | None = None) -> datetime:
    """Return the time that was given to the option `name`; one that names no zone is of `zone`, by
    default the machine's."""
    try:
        at = datetime.fromisoformat(said)
        return at.replace(tzinfo=zone) if zone and at.tzinfo is None else at.astimezone()
    except ValueError as error:
        raise typer.BadParameter(
            tr("it is a time such as 2018-11-22T18:00"), param_hint=name
        ) from error
