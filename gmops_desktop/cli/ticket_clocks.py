"""`gmops ticket clocks`, `reminders`, `targets`: what time was counted, what is due, the limits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json, option
from gmops_desktop.cli.session import opened
from gmops_desktop.cli.ticket import Number
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session

_verbs: Final = typer.Typer()


def add_to(commands: typer.Typer) -> None:
    """Add the commands to `gmops ticket`."""
    commands.registered_commands += _verbs.registered_commands


@_verbs.command(
    "clocks", cls=Command, help=tr("Show a ticket's clocks, and what each was added up from.")
)
def clocks(number: Number, as_json: Json = False) -> None:
    from gmops_desktop.contract.clocks import word_of_clock

    marks = {"counted": "+", "paused": "=", "off": " "}
    with opened(as_json) as session:
        found = session.services.tickets.clocks(number)
        session.terminal.answer({"clocks": found})
        if as_json:
            return
        for clock in found:
            limit = words.limit(clock.target) if clock.target else words.NOTHING
            due = words.stamp(clock.due_at) if clock.due_at else words.NOTHING
            session.terminal.answer(
                None,
                tr("{clock}: {time} of {limit}, paused {paused}, used up {due}",
                   clock=word_of_clock(clock.key), time=words.lasting(clock.seconds), limit=limit,
                   paused=words.lasting(clock.paused), due=due),
                *(
                    f"  {marks[one.counting]} {words.stamp(one.begin)} – {words.stamp(one.end)}  "
                    f"{words.lasting(one.seconds)}  {one.why}"
                    for one in clock.stretches
                ),
            )  # fmt: skip


@_verbs.command("reminders", cls=Command, help=tr("List the clocks that are late or soon will be."))
def reminders(as_json: Json = False) -> None:
    with opened(as_json) as session:
        found = session.services.tickets.reminders()
        session.terminal.table(
            {"reminders": found},
            (tr("Number"), tr("Title"), tr("Due"), tr("Reminder")),
            [(one.number, one.title, words.stamp(one.due_at), one.text) for one in found],
        )


@_verbs.command("targets", cls=Command, help=tr("Show the limits of the clocks, or record others."))
def targets(
    file: Annotated[
        Path | None,
        option("--set", tr("A JSON file in the form that --json shows."), metavar="FILE"),
    ] = None,
    text: Annotated[str, option("--text", tr("Who agreed to them, or why."))] = "",
    history: Annotated[
        bool, typer.Option("--history", help=tr("Show how they came to be."))
    ] = False,
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.clocks import word_of_clock
    from gmops_desktop.contract.targets import from_json, to_json
    from gmops_desktop.contract.tickets import KINDS, PRIORITIES, word_of_kind, word_of_priority

    with opened(as_json) as session:
        limits = session.services.tickets.limits
        if file is not None:
            limits.save(from_json(_json_of(file)), text)
        if history:
            _show_history(session)
            return
        known = limits.current()
        if as_json:
            session.terminal.answer(to_json(known))
            return
        bound: tuple[Literal["response", "restore", "resolve"], ...] = (
            "response", "restore", "resolve",
        )  # fmt: skip
        session.terminal.table(
            None,
            (tr("Kind"), tr("Clock", context="ticket"), *map(word_of_priority, PRIORITIES)),
            [
                (
                    word_of_kind(kind),
                    word_of_clock(key),
                    *(
                        words.limit(limit.seconds) + ("" if limit.hours.always else " *")
                        if (limit := known.limit(key, kind, priority)).seconds
                        else words.NOTHING
                        for priority in PRIORITIES
                    ),
                )
                for kind in KINDS
                for key in bound
                if key != "restore" or kind == "incident"
            ],
        )
        session.terminal.tell(tr("* in working hours"))


def _show_history(session: Session) -> None:
    from gmops_desktop.contract.targets import to_json
    from ui.limit_words import differences

    found = session.services.tickets.limits.history()
    said = [
        {"at": one.at, "actor": one.actor, "text": one.text, "targets": to_json(one.after)}
        for one in found
    ]
    session.terminal.table(
        {"history": said},
        (tr("Recorded"), tr("By"), tr("Reason"), tr("What changed")),
        [
            (
                words.stamp(one.at),
                one.actor,
                one.text,
                tr("; ").join(differences(one.before, one.after)),
            )
            for one in found
        ],
    )


def _json_of(file: Path) -> dict[str, object]:
    try:
        said = json.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise OpsError(
            tr("{file} cannot be read: {why}", file=file, why=error),
            unharmed=tr("The limits are unchanged."),
        ) from error
    return said if isinstance(said, dict) else {}
