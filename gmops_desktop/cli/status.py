"""`gmops status`: one look at every server, database, website and account of the contract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json
from gmops_desktop.cli.session import opened
from gmops_desktop.context import Context
from gmops_desktop.contract.fact_lines import lines_of
from gmops_desktop.contract.looks import HostDetails
from gmops_desktop.language import tr
from gmops_desktop.states import word_of, worst

if TYPE_CHECKING:
    from gmops_desktop.addresses import Resource
    from gmops_desktop.services.servers import Look, Servers

_APART: Final = 1.0  # seconds between the two looks that make a host's first rates


def add_to(program: typer.Typer) -> None:
    """Add the command to `program`."""
    program.command("status", cls=Command, help=tr("Look at every resource of the contract."))(
        status
    )


Whole = Annotated[
    bool, typer.Option("--details", help=tr("Show everything that was found, line by line."))
]


def status(details: Whole = False, as_json: Json = False) -> None:
    with opened(as_json) as session:
        resources = session.services.contracts.resources()
        if not resources:
            session.terminal.answer(
                {"state": "unknown", "looks": []},
                tr("No resource is set up yet, so nothing is known."),
                tr("Add one in the window's settings, or try the sandbox: gmops sandbox start."),
            )
            return
        looks = session.run(
            lambda context: look_until_whole(session.services.servers, resources, context),
            tr("Looking at {count} resources", count=len(resources)),
        )
        if details and not as_json:
            session.terminal.table(
                None,
                (tr("Resource"), tr("Subject"), tr("Looked at"), tr("State"), tr("Finding")),
                [row for look in looks for row in _lines(look)],
            )
            return
        session.terminal.table(
            {"state": worst(look.state for look in looks), "looks": looks},
            (tr("Resource"), tr("State"), tr("Figures")),
            [(look.name, word_of(look.state), _figures(look)) for look in looks],
        )


def look_until_whole(
    servers: Servers, resources: Sequence[Resource], context: Context
) -> tuple[Look, ...]:
    """Look at `resources`, and once more at hosts whose rates wait for a second look: whoever asks
    once a day would else never see them."""
    looks = {look.resource_id: look for look in servers.look(resources, context)}
    waiting = [one for one in resources if _collecting(looks[one.id])]
    if waiting:
        context.wait(_APART)
        looks |= {look.resource_id: look for look in servers.look(waiting, context)}
    return tuple(looks[one.id] for one in resources)


def _collecting(look: Look) -> bool:
    return isinstance(look.details, HostDetails) and "cpu" in look.details.notes


def _lines(look: Look) -> Iterator[tuple[str, str, str, str, str]]:
    yield look.name, "", tr("State"), word_of(look.state), look.reason
    for line in lines_of(look.details) if look.details else ():
        state = word_of(line.state) if line.state else ""
        yield look.name, line.subject, line.name, state, line.value


def _figures(look: Look) -> str:
    shown = [f"{item.name} {item.value} {item.unit}".rstrip() for item in look.figures]
    return " · ".join([look.reason, *shown] if look.reason else shown)
