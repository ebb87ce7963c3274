"""Arguments and options that several commands take, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gmops_desktop.language import tr

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
