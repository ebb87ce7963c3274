"""`gmops ticket`: who asked for what, what was done, and Party A's confirmation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, get_args

import typer

from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json
from gmops_desktop.cli.session import opened
from gmops_desktop.language import tr
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.services.tickets import Ticket

commands = group("ticket", tr("Log tickets, move them on, and close them confirmed."))

Number = Annotated[
    str, typer.Argument(metavar="NUMBER", show_default=False, help=tr("A ticket, such as T-0001."))
]
Text = Annotated[str, typer.Argument(metavar="TEXT", show_default=False, help=tr("What to add."))]
Said = Annotated[
    str, typer.Option("--text", show_default=False, help=tr("What to add to the step."))
]


@commands.command(
    "open",
    cls=Command,
    help=tr("Open a ticket; only a designated contact of Party A may ask for one."),
)
def open_new(
    title: Annotated[
        str, typer.Argument(metavar="TITLE", show_default=False, help=tr("What it is about."))
    ],
    requester: Annotated[
        str, typer.Option("--requester", metavar="NAME", show_default=False, help=tr("Who asked."))
    ],
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            help=tr("incident, problem, request, requirement, question, training or visit."),
        ),
    ] = "incident",
    priority: Annotated[
        int,
        typer.Option(
            "--priority",
            metavar="1-4",
            min=1,
            max=4,
            help=tr("1 urgent to 4 low; Party A sets it."),
        ),
    ] = 3,
    description: Annotated[
        str, typer.Option("--description", show_default=False, help=tr("The whole story."))
    ] = "",
    channel: Annotated[
        str,
        typer.Option("--channel", show_default=False, help=tr("How the request came: phone ...")),
    ] = "",
    emergency: Annotated[
        str,
        typer.Option(
            "--emergency",
            metavar="REASON",
            show_default=False,
            help=tr("Why it is taken although nobody designated asked; it is printed."),
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.tickets import Priority, TicketKind

    known_kind = next((word for word in get_args(TicketKind) if word == kind), None)
    if known_kind is None:
        raise typer.BadParameter(
            tr("it is one of {choices}", choices=", ".join(get_args(TicketKind))),
            param_hint="--kind",
        )
    known_priority = next(level for level in get_args(Priority) if level == priority)
    with opened(as_json) as session:
        ticket = session.services.tickets.open(
            known_kind,
            title,
            requester=requester,
            priority=known_priority,
            description=description,
            channel=channel,
            emergency=emergency,
        )
        show_ticket(session, ticket)


@commands.command("list", cls=Command, help=tr("List the tickets, newest first."))
def list_all(
    search: Annotated[
        str, typer.Option("--search", show_default=False, help=tr("Only tickets with this text."))
    ] = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.tickets import word_of_kind, word_of_priority, word_of_state

    with opened(as_json) as session:
        service = session.services.tickets
        tickets = service.search(search) if search else service.all()
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
        typer.Argument(metavar="STATE", show_default=False, help=tr("Such as assessing, working.")),
    ],
    text: Said = "",
    waiting_on: Annotated[
        str,
        typer.Option(
            "--waiting-on",
            metavar="REASON",
            show_default=False,
            help=tr("What a suspension waits for, such as party_a; only that stops a clock."),
        ),
    ] = "",
    emergency: Annotated[
        str,
        typer.Option(
            "--emergency",
            metavar="REASON",
            show_default=False,
            help=tr("Why a missing notice or contact is passed over; it is printed."),
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
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", show_default=False, help=tr("Who confirmed."))
    ],
    channel: Annotated[
        str, typer.Option("--channel", show_default=False, help=tr("How: phone, mail, on paper."))
    ],
    text: Said = "",
    file: Annotated[
        str,
        typer.Option("--file", show_default=False, help=tr("The file that shows it, by name.")),
    ] = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        ticket = session.services.tickets.get(number)
        session.services.tickets.confirm(
            ticket.id, by=by, channel=channel, text=text, evidence=[file] if file else []
        )
        show_ticket(session, session.services.tickets.get(number))


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
