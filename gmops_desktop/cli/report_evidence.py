"""`gmops report evidence`: the files and entries that a compilation lists, in a folder or a zip."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json, argument
from gmops_desktop.cli.session import opened
from gmops_desktop.language import tr, tr_n

_verbs = typer.Typer()


def add_to(commands: typer.Typer) -> None:
    """Add the command to `gmops report`."""
    commands.registered_commands += _verbs.registered_commands


@_verbs.command(
    "evidence",
    cls=Command,
    help=tr(
        "Write the files and entries that a compilation of evidence lists into a folder or a zip, "
        "with SHA256SUMS."
    ),
)
def evidence(
    number: Annotated[str, argument("NUMBER", tr("A document's number."))],
    target: Annotated[
        Path,
        argument("TARGET", tr("A folder that is not there yet, or .zip.")),
    ],
    chains: Annotated[
        bool,
        typer.Option(
            "--chains",
            help=tr("With every device's whole chain, which leads to the printed heads."),
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        saved = session.run(
            lambda context: session.services.evidence_files.save(
                number, target.absolute(), context, chains=chains
            ),
            tr("Writing the evidence of {number}", number=number),
        )
        session.terminal.answer(
            saved,
            tr("{entries} and {files} are in {path}.",
               entries=tr_n("{count} entry", "{count} entries", saved.entries),
               files=tr_n("{count} file", "{count} files", saved.files), path=saved.path),
            *(tr("Not in it: {what}", what=one) for one in saved.missing),
        )  # fmt: skip
