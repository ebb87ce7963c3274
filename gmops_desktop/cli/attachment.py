"""`gmops attachment`, and `gmops ticket attach`: files of tickets, proved when they are used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json, argument, option
from gmops_desktop.cli.session import opened
from gmops_desktop.cli.terminal import BadAnswer
from gmops_desktop.errors import ProofFailed
from gmops_desktop.language import tr
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.context import Context
    from gmops_desktop.services.attachments import Attachment, Content
    from gmops_desktop.services.tickets import Ticket

commands = group("attachment", tr("List, save and verify the files attached to tickets."))

Tag = Annotated[
    str,
    argument("ID", tr("An attachment: its id, or the begin of its SHA-256.")),
]


def add_to(tickets: typer.Typer) -> None:
    """Add `attach` to the group of tickets."""
    tickets.command("attach", cls=Command, help=tr("Attach files to a ticket, in one step."))(
        attach
    )


def attach(
    number: Annotated[
        str,
        argument("NUMBER", tr("A ticket, such as T-0001.")),
    ],
    files: Annotated[
        list[Path],
        argument("FILE...", tr("The files to attach.")),
    ],
    text: Annotated[str, option("--text", tr("What to add to the step."))] = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        ticket = session.services.tickets.get(number)
        _show(session, attached(session, ticket, files, text))


def attached(
    session: Session, ticket: Ticket, files: Sequence[Path], text: str = ""
) -> tuple[Attachment, ...]:
    """Attach files to a ticket, all or none; tell of what runs."""
    service = session.services.attachments

    def job(context: Context) -> tuple[Attachment, ...]:
        kept: list[Content] = []
        try:
            for path in files:
                kept.append(service.keep(path, context))
            return service.attach("ticket", ticket.id, kept, text)[-len(kept) :]
        except BaseException:
            for content in kept:
                service.drop(content)
            raise

    found = session.run(job, tr("Attach files"), terse=True)
    for one in found:
        if one.kind.runs:
            names = f"{one.name} ({one.kind.word})"
            session.terminal.tell(tr("Attached was something that runs: {names}.", names=names))
    return found


@commands.command("list", cls=Command, help=tr("List the attachments of a ticket, or of all."))
def list_all(
    number: Annotated[
        str,
        argument("NUMBER", tr("A ticket, such as T-0001.")),
    ] = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        service = session.services.attachments
        if number:
            found = service.of("ticket", session.services.tickets.get(number).id)
        else:
            found = service.all()
        _show(session, found)


@commands.command("save", cls=Command, help=tr("Write a proved copy of an attachment."))
def save(
    tag: Tag,
    target: Annotated[
        Path,
        argument("TARGET", tr("The file to write, or a folder.")),
    ],
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        service = session.services.attachments
        attachment = service.find(tag)
        path = session.run(
            lambda context: service.save(attachment, target, context),
            tr("Save {name}", name=attachment.name),
            terse=True,
        )
        said = tr("{name} lies in {path}.", name=attachment.name, path=path)
        session.terminal.answer({"path": path, "attachment": attachment}, said)


@commands.command("remove", cls=Command, help=tr("Strike out an attachment; the record stays."))
def remove(
    tag: Tag,
    reason: Annotated[
        str,
        option("--reason", tr("Why it is removed."), metavar="TEXT"),
    ],
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        attachment = session.services.attachments.find(tag)
        session.services.attachments.remove(attachment, reason)
        session.terminal.answer(
            {"removed": attachment}, tr("{name} is removed.", name=attachment.name)
        )


@commands.command(
    "verify",
    cls=Command,
    help=tr("Recompute the digest of every attachment; exit 3 if one is damaged or missing."),
)
def verify(as_json: Json = False) -> None:
    with opened(as_json) as session:
        service = session.services.attachments
        found = session.run(service.verify, tr("Verify the attachments"), terse=True)
        for path in found.strays:
            session.terminal.tell(tr("{path} belongs to no entry.", path=path))
        if found.faults:
            for fault in found.faults[1:]:
                session.terminal.tell(fault)
            raise BadAnswer(
                found,
                ProofFailed(
                    found.faults[0],
                    hint=tr("Attach the same file anew, which mends it, or take it from a copy of "
                            "the data folder."),
                ),
            )  # fmt: skip
        said = tr("{count} file(s), {size}: all are what was attached.",
                  count=found.whole, size=words.size(found.bytes))  # fmt: skip
        session.terminal.answer(found, said)


def _show(session: Session, found: tuple[Attachment, ...]) -> None:
    names = {ticket.id: ticket.number for ticket in session.services.tickets.all()}
    session.terminal.table(
        {"attachments": found},
        (
            "SHA-256",
            tr("Ticket"),
            tr("Name", context="file"),
            tr("Type"),
            tr("Size"),
            tr("Attached"),
        ),
        [
            (
                one.sha256[:12],
                names.get(one.subject, one.subject_kind),
                one.name,
                one.kind.word,
                words.size(one.size),
                f"{words.stamp(one.at)} {one.actor}",
            )
            for one in found
        ],
    )
