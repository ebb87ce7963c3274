"""`gmops schedule run`: what is due is taken and proved, as the system's timer asks for it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json
from gmops_desktop.cli.session import opened
from gmops_desktop.cli.terminal import PASSWORD_FILE, BadAnswer
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from ui import schedule_words, words

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.contract.schedules import Run
    from gmops_desktop.services.schedules import Appointment, Subject


_verbs: Final = typer.Typer()


def add_to(commands: typer.Typer) -> None:
    """Add the commands to `gmops schedule`."""
    commands.registered_commands += _verbs.registered_commands


@_verbs.command(
    "run",
    cls=Command,
    help=tr("Take and verify what is due, one line each; exit 1 if one fails, 3 if a proof does."),
)
def run(
    due: Annotated[
        bool, typer.Option("--due", help=tr("What is due now, and nothing else (always so)."))
    ] = True,
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        schedules = session.services.schedules
        results: list[dict[str, object]] = []
        faults: list[OpsError] = []
        for outlook in schedules.outlooks():
            if outlook.fault:
                faults.append(OpsError(outlook.fault))
                _log(session, outlook.subject.name, outlook.fault)
        found = schedules.advance(attended=False)
        for ticket in found.tickets:
            _log(session, ticket.number, ticket.title)
        for appointment in found.appointments:
            result, fault = _carry_out(session, appointment)
            results.append(result)
            if fault is not None:
                faults.append(fault)
        from gmops_desktop.cli.drill import run_due

        drilled, failed = run_due(session)
        faults += failed
        tell_group(session)
        answer = {
            "runs": results,
            "drills": drilled,
            "faults": [fault.message for fault in faults],
        }
        if faults:
            worst = next((one for one in faults if isinstance(one, ProofFailed)), faults[0])
            raise BadAnswer(answer, worst)
        session.terminal.answer(answer)


def tell_group(session: Session) -> None:
    """Let the robot tell what came of it; what does not arrive waits, and fails nothing here."""
    messages = session.services.messages
    if messages.on:
        session.services.notices.follow()
        done = session.run(messages.flush, tr("Tell the group"), terse=True)
        if done.fault:
            session.terminal.tell(done.fault)


def _carry_out(
    session: Session, appointment: Appointment
) -> tuple[dict[str, object], OpsError | None]:
    """Take one backup; return what to tell scripts, and the failure if it is one."""
    from gmops_desktop.adapters.locks import Busy

    subject, schedules = appointment.subject, session.services.schedules
    fault: OpsError | None = None
    done: Run | None = None
    try:
        if os.environ.get(PASSWORD_FILE):
            _prepare(session, subject)
        done = session.run(
            lambda context: schedules.run(subject, context, attended=False),
            tr("Backing up {schema}", schema=subject.name),
            terse=True,
        )
    except Busy as busy:
        _log(session, subject.name, busy.message)
    except OpsError as error:
        fault = _explained(error)
        _log(session, subject.name, f"{error.message} {fault.hint}")
    if done is not None:
        _, word = schedule_words.outcome_of(done)
        facts = [words.lasting(((done.ended or done.at) - done.at).total_seconds())]
        if done.archive_id:
            archive = schedules.archive(done.archive_id)
            facts = [archive.path.name, words.size(archive.file_bytes), *facts]
        _log(session, subject.name, f"{word}{tr(': ')}{done.reason or ', '.join(facts)}")
        if done.outcome != "done":
            kind = ProofFailed if done.outcome == "damaged" else OpsError
            hint = tr("Do not rely on it before it is verified.")
            fault = kind(f"{subject.name}{tr(': ')}{done.reason}", hint=hint)
    told = {"resource": subject.name, "due": appointment.due, "run": done,
            "fault": fault.message if fault else ""}  # fmt: skip
    return told, fault


def _explained(error: OpsError) -> OpsError:
    """Add to a keyring that does not answer how a timer gets at the password."""
    from gmops_desktop.adapters.vault import NoKeyring, NoSecret

    if isinstance(error, NoKeyring | NoSecret):
        way = tr(
            "A timer reaches the keyring only while you are logged in and it is open. Without one: "
            "gmops schedule install --password-file FILE."
        )
        error.hint = f"{error.hint} {way}"
    return error


def _log(session: Session, name: str, text: str) -> None:
    line = f"{words.stamp(datetime.now(UTC))} {name}{tr(': ')}{text}"
    if session.terminal.as_json:
        session.terminal.tell(line)
    else:
        session.terminal.answer(None, line)


def _prepare(session: Session, subject: Subject) -> None:
    """Have at hand what a timer without a keyring was given: one file is for one password, that of
    the database where everything is taken."""
    from gmops_desktop.addresses import AccountAddress, MysqlAddress

    given = [subject.resource] if subject.resource else session.services.contracts.resources()
    databases = [one.address for one in given if isinstance(one.address, MysqlAddress)]
    if len(databases) == 1:
        session.prepare(databases[0])
    elif subject.resource and isinstance(subject.resource.address, AccountAddress):
        session.prepare_account(subject.resource.address)
