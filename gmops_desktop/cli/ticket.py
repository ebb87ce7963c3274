"""`gmops ticket`: who asked for what, what was done, and Party A's confirmation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.attachment import attached
from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json, argument, moment_in, one_of, option
from gmops_desktop.cli.session import opened
from gmops_desktop.language import tr
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.services.tickets import Ticket

commands = group("ticket", tr("Log tickets, move them on, and close them confirmed."))

Number = Annotated[str, argument("NUMBER", tr("A ticket, such as T-0001."))]
Text = Annotated[str, argument("TEXT", tr("What to add."))]
Said = Annotated[str, option("--text", tr("What to add to the step."))]


Title = Annotated[str, argument("TITLE", tr("What it is about."))]
Requester = Annotated[str, option("--requester", tr("Who asked."), metavar="NAME")]
Kind = Annotated[
    str,
    typer.Option(
        "--kind", help=tr("incident, problem, request, requirement, question, training or visit.")
    ),
]
Level = Annotated[
    int,
    typer.Option(
        "--priority", metavar="1-4", min=1, max=4, help=tr("1 urgent to 4 low; Party A sets it.")
    ),
]
Story = Annotated[str, option("--description", tr("The whole story."))]
Channel = Annotated[str, option("--channel", tr("How the request came: phone ..."))]


@commands.command(
    "open",
    cls=Command,
    help=tr("Open a ticket; only a designated contact of Party A may ask for one."),
)
def open_new(
    title: Title,
    requester: Requester,
    kind: Kind = "incident",
    priority: Level = 3,
    description: Story = "",
    channel: Channel = "",
    emergency: Annotated[
        str,
        option(
            "--emergency",
            tr("Why it is taken although nobody designated asked; it is printed."),
            metavar="REASON",
        ),
    ] = "",
    at: Annotated[
        str,
        option(
            "--at",
            tr("When it was asked for, if that is not now: 2018-11-22T18:00."),
            metavar="TIME",
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.tickets import KINDS, PRIORITIES

    known_kind = one_of(kind, KINDS, "--kind")
    known_priority = one_of(priority, PRIORITIES, "--priority")
    moment = moment_in(at, "--at") if at else None
    with opened(as_json) as session:
        ticket = session.services.tickets.open(
            known_kind,
            title,
            requester=requester,
            priority=known_priority,
            description=description,
            channel=channel,
            emergency=emergency,
            opened_at=moment,
        )
        show_ticket(session, ticket)


@commands.command(
    "decline",
    cls=Command,
    help=tr("Record a request that was not taken, such as one by nobody designated (1.15)."),
)
def decline(
    title: Title,
    requester: Requester,
    reason: Annotated[
        str,
        option(
            "--reason",
            tr("Why it was not taken; without it, because nobody designated asked."),
            metavar="TEXT",
        ),
    ] = "",
    kind: Kind = "request",
    priority: Level = 3,
    description: Story = "",
    channel: Channel = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.tickets import KINDS, PRIORITIES

    known_kind = one_of(kind, KINDS, "--kind")
    known_priority = one_of(priority, PRIORITIES, "--priority")
    with opened(as_json) as session:
        ticket = session.services.tickets.decline(
            known_kind,
            title,
            requester=requester,
            reason=reason,
            priority=known_priority,
            description=description,
            channel=channel,
        )
        show_ticket(session, ticket)


@commands.command(
    "revise", cls=Command, help=tr("Set priority (Party A's order), kind or title anew.")
)
def revise(
    number: Number,
    text: Annotated[str, option("--text", tr("Who said so."), metavar="TEXT")],
    priority: Annotated[
        int | None,
        option(
            "--priority", tr("1 urgent to 4 low; Party A sets it."), metavar="1-4", min=1, max=4
        ),
    ] = None,
    kind: Annotated[
        str,
        option("--kind", tr("Its kind, if it is another.")),
    ] = "",
    title: Annotated[str, option("--title", tr("What it is about."))] = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.tickets import KINDS

    wanted = {
        "priority": priority,
        "kind": one_of(kind, KINDS, "--kind") if kind else None,
        "title": title.strip() or None,
    }
    said = {name: value for name, value in wanted.items() if value is not None}
    if not said:
        raise typer.BadParameter(tr("name what is to be set"), param_hint="--priority")
    with opened(as_json) as session:
        ticket = session.services.tickets.get(number)
        show_ticket(session, session.services.tickets.revise(ticket.id, text, **said))


@commands.command("list", cls=Command, help=tr("List the tickets, newest first."))
def list_all(
    search: Annotated[str, option("--search", tr("Only tickets with this text."))] = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.tickets import word_of_kind, word_of_priority, word_of_state

    with opened(as_json) as session:
        service = session.services.tickets
        tickets = service.search(search) if search else service.of_contract()
        session.terminal.table(
            {"tickets": tickets},
            (tr("Number"), tr("Title"), tr("Kind"), tr("Priority"), tr("State"), tr("Opened at")),
            [
                (
                    ticket.number,
                    ticket.title,
                    word_of_kind(ticket.kind),
                    word_of_priority(ticket.priority),
                    word_of_state(ticket.state),
                    words.stamp(ticket.opened_at),
                )
                for ticket in tickets
            ],
        )


@commands.command("show", cls=Command, help=tr("Show one ticket with all its steps."))
def show(number: Number, as_json: Json = False) -> None:
    with opened(as_json) as session:
        show_ticket(session, session.services.tickets.get(number))


@commands.command("move", cls=Command, help=tr("Move a ticket to another state."))
def move(
    number: Number,
    state: Annotated[
        str,
        argument("STATE", tr("Such as assessing, working.")),
    ],
    text: Said = "",
    waiting_on: Annotated[
        str,
        option(
            "--waiting-on",
            tr("What a suspension waits for, such as party_a; only that stops a clock."),
            metavar="REASON",
        ),
    ] = "",
    emergency: Annotated[
        str,
        option(
            "--emergency",
            tr("Why a missing notice or contact is passed over; it is printed."),
            metavar="REASON",
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.tickets import SUSPENSIONS, WaitingOn

    reason: WaitingOn | None = next((one for one in ("", *SUSPENSIONS) if one == waiting_on), None)
    if reason is None:
        raise typer.BadParameter(
            tr("it is one of {choices}", choices=", ".join(SUSPENSIONS)), param_hint="--waiting-on"
        )
    with opened(as_json) as session:
        ticket = session.services.tickets.get(number)
        moves = session.services.tickets.moves(ticket.id)
        wanted = next((word for word in moves if word == state), None)
        if wanted is None:
            choices = ", ".join(moves) or tr("none")
            raise typer.BadParameter(
                tr("from here it is one of {choices}", choices=choices), param_hint="STATE"
            )
        session.services.tickets.move(
            ticket.id, wanted, text, waiting_on=reason, emergency=emergency
        )
        show_ticket(session, session.services.tickets.get(number))


@commands.command("note", cls=Command, help=tr("Add a note to a ticket."))
def note(number: Number, text: Text, as_json: Json = False) -> None:
    with opened(as_json) as session:
        ticket = session.services.tickets.get(number)
        session.services.tickets.note(ticket.id, text)
        show_ticket(session, session.services.tickets.get(number))


@commands.command(
    "confirm", cls=Command, help=tr("Record that a designated contact of Party A confirmed it.")
)
def confirm(
    number: Number,
    by: Annotated[str, option("--by", tr("Who confirmed."), metavar="NAME")],
    channel: Annotated[str, option("--channel", tr("How: phone, mail, on paper."))],
    text: Said = "",
    at: Annotated[
        str,
        option(
            "--at", tr("Local time, such as 2018-11-22T18:00; without it, now."), metavar="TIME"
        ),
    ] = "",
    files: Annotated[
        list[Path] | None,
        option(
            "--file",
            tr("A file that shows it; it is attached. May be given several times."),
            metavar="FILE",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    moment = moment_in(at, "--at") if at else None
    with opened(as_json) as session:
        tickets = session.services.tickets
        ticket = tickets.get(number)
        kept = attached(session, ticket, files) if files else ()
        confirmed = tickets.confirm(
            ticket.id, by=by, channel=channel, at=moment, text=text,
            evidence=[one.name for one in kept],
        )  # fmt: skip
        show_ticket(session, confirmed)


@commands.command("close", cls=Command, help=tr("Close a ticket that Party A has confirmed."))
def close(number: Number, as_json: Json = False) -> None:
    with opened(as_json) as session:
        ticket = session.services.tickets.get(number)
        session.services.tickets.close(ticket.id)
        show_ticket(session, session.services.tickets.get(number))


def show_ticket(session: Session, ticket: Ticket) -> None:
    """Answer with a ticket and all its steps."""
    from gmops_desktop.contract.tickets import word_of_priority, word_of_state

    terminal = session.terminal
    steps = session.services.tickets.steps(ticket.id)
    if terminal.as_json:
        clocks = session.services.tickets.clocks(ticket.id)
        terminal.answer({"ticket": ticket, "steps": steps, "clocks": clocks})
        return
    state, priority = word_of_state(ticket.state), word_of_priority(ticket.priority)
    terminal.answer(ticket, f"{ticket.number} {ticket.title} · {priority} · {state}")
    for step in steps:
        line = f"{words.stamp(step.at)}  {step.actor}  {step.action}  {step.text}".rstrip()
        terminal.answer(ticket, f"  {line}")
