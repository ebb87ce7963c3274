"""`gmops ticket ...`: what is found out on a ticket's way, and what ties tickets together."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, cast

import typer

from gmops_desktop.cli.attachment import attached
from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json, argument, moment_in, one_of, option
from gmops_desktop.cli.session import opened
from gmops_desktop.cli.ticket import Number, Said, show_ticket
from gmops_desktop.language import tr

if TYPE_CHECKING:
    from gmops_desktop.contract.changes import Audience
    from gmops_desktop.contract.ticket_bonds import LinkKind
    from gmops_desktop.contract.tickets import Attribution, Impact, Priority, Scope, TicketKind
    from gmops_desktop.services.tickets import Ticket, Tickets

_verbs: Final = typer.Typer()

Evidence = Annotated[
    list[str] | None,
    option(
        "--evidence",
        tr("What shows it: a file, a log, a message. May be given several times."),
        metavar="TEXT",
    ),
]
By = Annotated[str, option("--by", tr("Who said so."), metavar="NAME")]
Other = Annotated[
    str,
    argument("OTHER", tr("The number of another ticket.")),
]
Days = Annotated[
    str,
    argument("DAYS", tr("Person-days, such as 0.5.")),
]


def add_to(commands: typer.Typer) -> None:
    """Add the commands to `gmops ticket`."""
    commands.registered_commands += _verbs.registered_commands


# ---------------------------------------------------------------- facts


@_verbs.command(
    "estimate", cls=Command, help=tr("Record Party B's estimate from impact and urgency.")
)
def estimate(
    number: Number,
    impact: Annotated[
        int,
        option(
            "--impact",
            tr("1 the whole site, 2 one service or a group, 3 single persons."),
            metavar="1-3",
            min=1,
            max=3,
        ),
    ],
    urgency: Annotated[
        int,
        option("--urgency", tr("1 urgent to 4 low."), metavar="1-4", min=1, max=4),
    ],
    text: Said = "",
    as_json: Json = False,
) -> None:
    level, hurry = cast("Impact", impact), cast("Priority", urgency)
    _do(number, lambda book, one: book.facts.estimate(one.id, level, hurry, text), as_json)


@_verbs.command(
    "asked",
    cls=Command,
    help=tr("Correct when it was asked for; the clocks are counted anew, and both times stay."),
)
def asked(
    number: Number,
    at: Annotated[
        str,
        argument("TIME", tr("Local time, such as 2018-11-22T18:00.")),
    ],
    text: Annotated[str, option("--text", tr("How it is known."))],
    as_json: Json = False,
) -> None:
    moment = moment_in(at, "TIME")
    _do(number, lambda book, one: book.facts.asked(one.id, moment, text), as_json)


@_verbs.command(
    "scope", cls=Command, help=tr("Record whether the same problem is seen elsewhere (2.3-5).")
)
def scope(
    number: Number,
    where: Annotated[
        str,
        argument("SCOPE", tr("only_here or elsewhere.")),
    ],
    text: Said = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.tickets import SCOPES

    chosen: Scope = one_of(where, tuple(one for one in SCOPES if one), "SCOPE")
    _do(number, lambda book, one: book.facts.scope(one.id, chosen, text), as_json)


@_verbs.command(
    "agree",
    cls=Command,
    help=tr("Record that Party A confirmed that there is the problem (2.3-6)."),
)
def agree(
    number: Number,
    by: By,
    channel: Annotated[str, option("--channel", tr("How: phone, mail, on paper."))],
    text: Said = "",
    as_json: Json = False,
) -> None:
    _do(
        number,
        lambda book, one: book.facts.agree(one.id, by=by, channel=channel, text=text),
        as_json,
    )


@_verbs.command(
    "cause", cls=Command, help=tr("Record the root cause, and on whose side it lies (1.34).")
)
def cause(
    number: Number,
    text: Annotated[str, argument("TEXT", tr("The root cause."))],
    attribution: Annotated[
        str,
        option("--attribution", tr("party_b, party_a, third_party or force_majeure.")),
    ] = "",
    evidence: Evidence = None,
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.tickets import ATTRIBUTIONS

    side: Attribution = one_of(attribution, ATTRIBUTIONS, "--attribution")
    _do(
        number,
        lambda book, one: book.facts.cause(one.id, text, side, evidence=evidence or ()),
        as_json,
    )


@_verbs.command(
    "promise", cls=Command, help=tr("Promise a time; every version of a promise is kept.")
)
def promise(
    number: Number,
    until: Annotated[
        str,
        argument("TIME", tr("Local time, such as 2018-11-22T18:00.")),
    ],
    text: Said = "",
    as_json: Json = False,
) -> None:
    at = moment_in(until, "TIME")
    _do(number, lambda book, one: book.promise(one.id, at, text), as_json)


@_verbs.command(
    "interrupts", cls=Command, help=tr("Record whether the work interrupts the service (2.3-8).")
)
def interrupts(
    number: Number,
    yes: Annotated[
        bool, typer.Option("--yes/--no", help=tr("Whether those concerned are told before."))
    ] = True,
    text: Said = "",
    as_json: Json = False,
) -> None:
    _do(number, lambda book, one: book.facts.interrupts(one.id, yes, text), as_json)


@_verbs.command(
    "announce", cls=Command, help=tr("Record how Party A told those concerned (2.3-8).")
)
def announce(
    number: Number,
    users: Annotated[str, option("--users", tr("How all users were told."))] = "",
    leaders: Annotated[str, option("--leaders", tr("How the leaders were told."))] = "",
    responsible: Annotated[
        str,
        option("--responsible", tr("How the persons responsible were told.")),
    ] = "",
    text: Said = "",
    as_json: Json = False,
) -> None:
    told: dict[Audience, str] = {"users": users, "leaders": leaders, "responsible": responsible}
    _do(number, lambda book, one: book.facts.announce(one.id, told, text), as_json)


@_verbs.command("restored", cls=Command, help=tr("Record since when the service runs again."))
def restored(
    number: Number,
    at: Annotated[
        str,
        option(
            "--at", tr("Local time, such as 2018-11-22T18:00; without it, now."), metavar="TIME"
        ),
    ] = "",
    text: Said = "",
    as_json: Json = False,
) -> None:
    moment = moment_in(at, "--at") if at else None
    _do(number, lambda book, one: book.facts.restored(one.id, moment, text), as_json)


@_verbs.command(
    "hand-over", cls=Command, help=tr("Record a document or setting handed to Party A (1.32).")
)
def hand_over(
    number: Number,
    title: Annotated[
        str,
        argument("TITLE", tr("The document or setting.")),
    ],
    before: Annotated[str, option("--before", tr("What the setting was."))] = "",
    after: Annotated[str, option("--after", tr("What the setting is."))] = "",
    file: Annotated[
        Path | None,
        option(
            "--file", tr("The file: it is attached, and its SHA-256 is recorded."), metavar="FILE"
        ),
    ] = None,
    text: Said = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.steps import Handed

    kind = "configuration" if before or after else "document"
    with opened(as_json) as session:
        book = session.services.tickets
        ticket = book.get(number)
        [kept] = attached(session, ticket, [file]) if file else [None]
        item = Handed(title, kind, kept.sha256 if kept else "", before, after)
        show_ticket(session, book.facts.hand_over(ticket.id, [item], text))


@_verbs.command(
    "receipt",
    cls=Command,
    help=tr("Make the form of what a ticket handed over as PDF, for Party A to sign (1.32)."),
)
def receipt(number: Number, as_json: Json = False) -> None:
    with opened(as_json) as session:
        reports, book = session.services.reports, session.services.tickets
        facts = book.facts.receipt(number)
        report = session.run(
            lambda context: reports.print_hand_over(facts, context),
            tr("Make the hand-over form: {number}", number=facts.ticket),
        )
        session.terminal.answer(report, report.number, str(report.path))


@_verbs.command(
    "assess", cls=Command, help=tr("Record the project manager's evaluation of a requirement.")
)
def assess(number: Number, days: Days, by: By, text: Said = "", as_json: Json = False) -> None:
    count = _days(days)
    _do(number, lambda book, one: book.assess(one.id, by=by, person_days=count, text=text), as_json)


@_verbs.command("spend", cls=Command, help=tr("Book person-days on a ticket."))
def spend(number: Number, days: Days, text: Said = "", as_json: Json = False) -> None:
    count = _days(days)
    _do(number, lambda book, one: book.spend(one.id, count, text), as_json)


# ---------------------------------------------------------------- other tickets


@_verbs.command("link", cls=Command, help=tr("Link two tickets."))
def link(
    number: Number,
    kind: Annotated[
        str,
        argument("KIND", tr("related, duplicate_of, caused_by or causes.")),
    ],
    other: Other,
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.ticket_bonds import CHOICES

    chosen: LinkKind = one_of(kind, CHOICES, "KIND")
    _do(number, lambda book, one: book.bonds.link(one.id, chosen, other), as_json)


@_verbs.command("unlink", cls=Command, help=tr("Take a link between two tickets away."))
def unlink(number: Number, other: Other, as_json: Json = False) -> None:
    _do(number, lambda book, one: book.bonds.unlink(one.id, book.get(other).id), as_json)


@_verbs.command(
    "merge", cls=Command, help=tr("Merge a ticket into another about the same problem.")
)
def merge(number: Number, other: Other, text: Said = "", as_json: Json = False) -> None:
    _do(number, lambda book, one: book.bonds.merge(one.id, other, text), as_json)


@_verbs.command("part", cls=Command, help=tr("Take a merge back, as if it had never been."))
def part(number: Number, text: Said = "", as_json: Json = False) -> None:
    _do(number, lambda book, one: book.bonds.part(one.id, text), as_json)


@_verbs.command("split", cls=Command, help=tr("Make a ticket of its own of a part of one."))
def split(
    number: Number,
    title: Annotated[str, argument("TITLE", tr("What it is about."))],
    kind: Annotated[str, option("--kind", tr("Its kind, if it is another."))] = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.tickets import KINDS

    chosen: TicketKind | None = one_of(kind, KINDS, "--kind") if kind else None
    _do(number, lambda book, one: book.bonds.split(one.id, title, kind=chosen), as_json)


# ---------------------------------------------------------------- inside


def _do(number: str, verb: Callable[[Tickets, Ticket], Ticket], as_json: bool) -> None:
    """Carry a verb out on the ticket of that number, and show the ticket it returns."""
    with opened(as_json) as session:
        book = session.services.tickets
        show_ticket(session, verb(book, book.get(number)))


def _days(said: str) -> Decimal:
    try:
        return Decimal(said)
    except InvalidOperation as error:
        raise typer.BadParameter(tr("it is a number such as 0.5"), param_hint="DAYS") from error
