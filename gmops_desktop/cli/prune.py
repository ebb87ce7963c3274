"""`gmops backup prune`: remove the archives that the schedule no longer keeps."""

from __future__ import annotations

from typing import Annotated

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json
from gmops_desktop.cli.schedule import Everything, Name, subject_named
from gmops_desktop.cli.session import opened
from gmops_desktop.cli.terminal import BadAnswer
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from ui import schedule_words, words


def add_to(backup: typer.Typer) -> None:
    """Put `prune` among the commands on backups."""
    backup.command(
        "prune", cls=Command, help=tr("Remove the archives that the schedule no longer keeps.")
    )(prune)


def prune(
    name: Name = "",
    everything: Everything = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=tr("Only show what would be removed, and why."))
    ] = False,
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        subject = subject_named(session, name, everything=everything)
        retention, schedules = session.services.retention, session.services.schedules
        resources = schedules.ruled_by(subject)
        thinned = [id for id in resources if schedules.keep_of(id).enabled]
        if not dry_run and not thinned:
            raise OpsError(
                tr("Every archive of {name} is kept: nothing says otherwise.", name=subject.name),
                hint=tr("Say how many, such as: gmops schedule set --keep-daily 30 "
                        "--keep-monthly 12"),
                unharmed=tr("Nothing was removed."),
            )  # fmt: skip
        preview = retention.preview(*resources)
        if dry_run:
            going = [
                {"file": str(one.archive.path), "at": one.archive.at,
                 "bytes": one.archive.file_bytes, "keep": one.keep, "why": one.why}
                for one in preview.verdicts
            ]  # fmt: skip
            session.terminal.table(
                {"archives": going, "freed": preview.freed},
                (tr("Taken at"), tr("Archive"), tr("Size"), tr("Retention"), tr("Why")),
                [
                    (
                        words.stamp(one.archive.at),
                        one.archive.path.name,
                        words.size(one.archive.file_bytes),
                        tr("stays") if one.keep else tr("goes"),
                        one.why,
                    )
                    for one in preview.verdicts
                ],
            )
            if not as_json:
                text = schedule_words.freed_text(len(preview.going), preview.freed)
                session.terminal.answer(None, "", text)
            return
        pruned = session.run(
            lambda context: retention.prune(*thinned, context=context),
            tr("Removing what is not kept"),
            terse=True,
        )
        removed = tr_n("{count} archive", "{count} archives", len(pruned.removed))
        done = tr("{archives} removed, {size} freed.", archives=removed,
                  size=words.size(pruned.freed))  # fmt: skip
        if pruned.refused:
            fault = OpsError(" ".join(pruned.refused), hint=tr("Mend the permissions, try again."))
            raise BadAnswer(pruned, fault)
        session.terminal.answer(pruned, done)
