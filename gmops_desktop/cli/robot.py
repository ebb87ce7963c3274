"""`gmops robot`: the WeCom robot that tells the team of tickets, clocks and failed backups."""

from __future__ import annotations

from typing import Annotated

import typer

from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json, argument
from gmops_desktop.cli.session import opened
from gmops_desktop.cli.terminal import password_from_file
from gmops_desktop.language import tr
from ui import words

commands = group("robot", tr("Let a WeCom robot tell the team what happens."))


@commands.command("set", cls=Command, help=tr("Keep the robot's address in the keyring."))
def set_up(as_json: Json = False) -> None:
    from gmops_desktop.services.messages import SECRET

    with opened(as_json) as session:
        address = password_from_file()
        if address is None:
            question = tr("The robot's address is asked for, never an argument: it is a secret.")
            session.terminal.tell(question)
            address = session.terminal.password(SECRET, lambda _name: None, from_file=False) or ""
        session.services.messages.set_up(address)
        session.terminal.answer(
            session.services.messages.standing(), tr("The robot's address is in the keyring.")
        )


@commands.command("tell", cls=Command, help=tr("Choose what it tells."))
def choose(
    events: Annotated[
        list[str],
        argument("EVENT...", tr("Of ticket, reminder, breach and backup; “none” for nothing.")),
    ],
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.messages import EVENTS

    known = [event for event in EVENTS if event in events]
    if len(known) != len(set(events)) and events != ["none"]:
        raise typer.BadParameter(
            tr("it is one of {choices}", choices=", ".join((*EVENTS, "none"))), param_hint="EVENT"
        )
    with opened(as_json) as session:
        session.services.messages.choose(known)
        session.terminal.answer({"events": known}, ", ".join(known) or tr("nothing"))


@commands.command("test", cls=Command, help=tr("Send a test message now."))
def send_test(as_json: Json = False) -> None:
    with opened(as_json) as session:
        message = session.run(session.services.messages.test, tr("Test message"), terse=True)
        session.terminal.answer(message, tr("The robot took the test message."))


@commands.command("send", cls=Command, help=tr("Queue what is new, and send what may go now."))
def send(as_json: Json = False) -> None:
    with opened(as_json) as session:
        session.services.notices.follow()
        done = session.run(session.services.messages.flush, tr("Tell the group"), terse=True)
        said = tr("{sent} sent, {waiting} waiting.", sent=done.sent, waiting=done.waiting)
        session.terminal.answer(done, said, *([done.fault] if done.fault else []))


@commands.command("list", cls=Command, help=tr("List the newest messages with their receipts."))
def list_all(as_json: Json = False) -> None:
    from gmops_desktop.contract.messages import word_of_event

    with opened(as_json) as session:
        found = session.services.messages.history()
        session.terminal.table(
            {"messages": found},
            (tr("Queued"), tr("Event"), tr("State"), tr("Message"), tr("Receipt")),
            [
                (
                    words.stamp(one.at),
                    word_of_event(one.event),
                    one.state,
                    " · ".join(one.text.splitlines()[:2]),
                    one.said,
                )
                for one in found
            ],
        )


@commands.command("remove", cls=Command, help=tr("Forget the robot; the receipts stay."))
def remove(as_json: Json = False) -> None:
    with opened(as_json) as session:
        session.services.messages.take_down()
        session.terminal.answer({"on": False}, tr("The robot is forgotten."))
