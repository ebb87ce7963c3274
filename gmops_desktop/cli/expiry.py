"""`gmops expiry`: everything that runs out, who says so, and dates entered by hand."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json, argument
from gmops_desktop.cli.session import opened
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.states import word_of
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.contract.expiry import Expiry

commands = group("expiry", tr("What runs out when: contract, cloud, domains, certificates, keys."))

Key = Annotated[
    str,
    argument("KEY", tr("A thing, as the list names it.")),
]


@commands.command("list", cls=Command, help=tr("Show everything that runs out, the worst first."))
def list_(as_json: Json = False) -> None:
    with opened(as_json) as session:
        _show(session)


@commands.command("set", cls=Command, help=tr("Enter by hand until when a thing lasts."))
def set_(
    key: Key,
    day: Annotated[
        str,
        argument(
            "YYYY-MM-DD|never|none",
            tr("Its last day; never: it does not run out; none: forget what was entered."),
        ),
    ],
    as_json: Json = False,
) -> None:
    on = None if day in ("never", "none") else _day(day)
    with opened(as_json) as session:
        obligations = session.services.obligations
        known = {one.key: one for one in obligations.expiry()}
        if key not in known or known[key].thing.kind == "contract":
            raise OpsError(
                tr("Nothing called {key} runs out whose date is entered by hand.", key=key),
                hint=tr("`gmops expiry list` names what there is."),
                unharmed=tr("Nothing was recorded."),
            )
        session.services.contracts.save_expiry(key, on, never=day == "never")
        session.services.expiry_reminders.follow()
        _show(session)


@commands.command("ask", cls=Command, help=tr("Ask the registries of the domains now."))
def ask(as_json: Json = False) -> None:
    with opened(as_json) as session:
        domains = session.services.domains
        names = domains.names()
        found = session.run(
            lambda context: [domains.ask(name, context) for name in names],
            tr("Asking registries of domains"),
        )
        session.services.expiry_reminders.follow()
        session.terminal.table(
            {"domains": found},
            (tr("Domain"), tr("Date"), tr("Source"), tr("Learnt"), tr("Finding")),
            [
                (
                    one.name,
                    words.day(one.until) if one.until else words.NOTHING,
                    one.server or words.NOTHING,
                    words.stamp(one.learnt_at) if one.learnt_at else words.NOTHING,
                    one.fault,
                )
                for one in found
            ],
        )


def _show(session: Session) -> None:
    found = session.services.obligations.expiry()
    session.terminal.table(
        {"expiry": found},
        (tr("Key"), tr("What"), tr("State"), tr("Date"), tr("Days left"), tr("Source"),
         tr("Learnt"), tr("Note")),
        [_row(one) for one in found],
    )  # fmt: skip


def _row(one: Expiry) -> tuple[str, ...]:
    return (
        one.key,
        one.name,
        word_of(one.state),
        words.day(one.on) if one.on else words.NOTHING,
        words.NOTHING if one.days is None else str(one.days),
        one.source,
        words.stamp(one.at) if one.at else words.NOTHING,
        one.note,
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            tr("it is a day such as 2027-03-06, never or none"), param_hint="YYYY-MM-DD"
        ) from error
