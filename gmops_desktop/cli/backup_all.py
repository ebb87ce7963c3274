"""`gmops backup all`: every kind of backup of every resource, one record, one verdict."""

from __future__ import annotations

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json
from gmops_desktop.cli.session import opened
from gmops_desktop.cli.terminal import BadAnswer
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from ui import words
from ui.whole_words import outcome_word


def add_to(commands: typer.Typer) -> None:
    """Add the command to `gmops backup`."""
    commands.command(
        "all",
        cls=Command,
        help=tr(
            "Back up everything at once and prove it; what fails is told and stops nothing else. "
            "Exit 1 if a part failed, 3 if one could not be proved."
        ),
    )(everything)


def everything(as_json: Json = False) -> None:
    with opened(as_json) as session:
        service, terminal = session.services.whole_backups, session.terminal
        for _, resource in service.planned():
            session.prepare_one_of_many(resource)
        run = session.run(service.take, tr("Backing up everything"))
        answer = {"id": run.id, "at": run.at, "seconds": run.seconds, "state": run.state,
                  "verdict": run.verdict, "parts": run.parts}  # fmt: skip
        bad = [part for part in run.parts if part.outcome not in ("whole", "incomplete")]
        if not as_json:
            terminal.table(
                answer,
                (tr("Kind"), tr("Resource"), tr("Outcome"), tr("Size"), tr("File")),
                [
                    (
                        service.word_of(part.kind),
                        part.name,
                        outcome_word(part.outcome),
                        words.size(part.file_bytes) if part.file_bytes else "",
                        part.path,
                    )
                    for part in run.parts
                ],
            )
            for part in run.parts:
                if part.outcome != "whole":
                    terminal.answer(answer, f"{part.name}{tr(': ')}{part.text}")
        if not bad:
            terminal.answer(answer, run.verdict)
            return
        unproved = any(part.outcome == "unproved" for part in bad)
        fault = (ProofFailed if unproved else OpsError)(
            run.verdict, unharmed=tr("What is backed up stays.")
        )
        raise BadAnswer(answer, fault)
