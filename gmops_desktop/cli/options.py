"""Arguments and options that several commands take, each described once."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from gmops_desktop.language import tr

Word = TypeVar("Word")


def option(name: str, help: str, **more: Any) -> Any:
    """Return an option of a command; where it is not given nothing holds that help could show."""
    return typer.Option(name, help=help, show_default=False, **more)


def argument(metavar: str, help: str, **more: Any) -> Any:
    """Return an argument of a command, with nothing to show where it is not given."""
    return typer.Argument(metavar=metavar, help=help, show_default=False, **more)


Json = Annotated[
    bool, typer.Option("--json", help=tr("Answer with one JSON document on standard output."))
]
ArchiveFile = Annotated[
    Path,
    argument("FILE", tr("A backup file (NAME.sql.zst).")),
]
Out = Annotated[
    Path | None,
    option("--out", tr("The file to write."), metavar="FILE"),
]
Target = Annotated[
    str,
    argument(
        "TARGET", tr("The name of a database in the contract, or mysql://user@host:port/schema.")
    ),
]
Ssh = Annotated[
    str,
    option("--ssh", tr("Reach the database through this SSH server."), metavar="USER@HOST:PORT"),
]
Key = Annotated[
    str,
    option("--key", tr("The private key file for the SSH server."), metavar="FILE"),
]
AcceptFingerprint = Annotated[
    str,
    option(
        "--accept-fingerprint",
        tr("Trust an unknown SSH server if, and only if, this is its fingerprint."),
        metavar="SHA256:…",
    ),
]
ResourceName = Annotated[
    str,
    argument("RESOURCE", tr("A resource of the contract, by name.")),
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
