"""`gmops backup verify` and `verifier`: prove a file anywhere, also without this program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli import UNPROVABLE
from gmops_desktop.cli.options import ArchiveFile, Json, option
from gmops_desktop.cli.plain import plain
from gmops_desktop.cli.session import opened
from gmops_desktop.cli.terminal import BadAnswer
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.paths import RESOURCES, write_atomically
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.archive.verification import Verification
    from gmops_desktop.cli.terminal import Terminal

VERIFY_HELP = tr(
    "Recompute every digest of a backup file; exit 3 if one fails, 5 if it is another tool's file, "
    "which holds none."
)
VERIFIER_HELP = tr(
    "Save a small program that proves backup files without this one: it needs only Python and zstd."
)

Folder = Annotated[
    Path,
    option("--out", tr("The folder to save it in, such as that of the backups."), metavar="DIR"),
]
_VERIFIER = RESOURCES / "verify_archive.py"


def verify(file: ArchiveFile, as_json: Json = False) -> None:
    with opened(as_json) as session:
        found = session.run(
            lambda context: session.services.backups.verify(file.absolute(), context),
            tr("Verifying {file}", file=file.name),
        )
        result = {**plain(found), "outcome": found.outcome}
        if found.faults:
            fault = ProofFailed(
                tr("{file} is damaged: {faults}", file=file, faults="; ".join(found.faults)),
                hint=tr("Do not rely on it: take a new backup, or use an older file."),
            )
            raise BadAnswer(result, fault)
        _show(session.terminal, file, found, result)
        if not found.ok:
            raise typer.Exit(UNPROVABLE)


def verifier(out: Folder = Path(), as_json: Json = False) -> None:
    with opened(as_json) as session:
        path = out.absolute() / _VERIFIER.name
        try:
            write_atomically(path, _VERIFIER.read_bytes(), 0o755)
        except OSError as error:
            raise OpsError(
                tr("{path} could not be written: {why}.", path=path, why=error.strerror or error),
                hint=tr("Name a folder that exists and may be written to."),
            ) from error
        session.terminal.answer(
            {"path": path},
            tr("Saved: {path}", path=path),
            tr("It proves a backup file with:  python3 {name} FILE", name=path.name),
        )


def _show(terminal: Terminal, file: Path, found: Verification, result: object) -> None:
    if not found.ok:
        terminal.answer(
            result,
            tr("{file} is {kind}. It cannot be proved whole.", file=file, kind=found.kind),
            *found.notes,
        )
        return
    if found.files:
        terminal.answer(
            result,
            tr("Every digest holds: {file}", file=file),
            tr(
                "{frames} frames, {files} files, folders and links, {size}, in {seconds}.",
                frames=words.number(found.frames),
                files=words.number(found.files),
                size=words.size(found.text_bytes),
                seconds=words.lasting(found.seconds),
            ),
        )
        return
    terminal.answer(
        result,
        tr("Every digest holds: {file}", file=file),
        tr(
            "{frames} frames, {rows} rows, {text} of SQL, in {seconds}.",
            frames=words.number(found.frames),
            rows=words.number(found.rows),
            text=words.size(found.text_bytes),
            seconds=words.lasting(found.seconds),
        ),
    )
