"""`gmops drill`: prove that a backup restores, and restore it to this laptop to look into."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.drill_clones import agreed, cleared, tell_left
from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json, argument, option
from gmops_desktop.cli.schedule import database_named
from gmops_desktop.cli.session import opened
from gmops_desktop.cli.terminal import BadAnswer
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from ui import drill_words, words

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.services.drills import Drill

commands = group(
    "drill", tr("Restore drills: an archive into a throw-away server, proved and timed.")
)

Name = Annotated[
    str,
    argument(
        "DATABASE", tr("A database of the contract, by name; not needed where there is only one.")
    ),
]
Subject = Annotated[
    str,
    argument(
        "DATABASE|FILE", tr("A database of the contract (its newest backup), or a backup file.")
    ),
]
DrillId = Annotated[
    str,
    argument("ID", tr("A drill or its certificate; the last one without it.")),
]


@commands.command(
    "run",
    cls=Command,
    help=tr("Drill a backup: exit 3 if it does not restore as it was, 1 if that cannot be tried."),
)
def run(
    subject: Subject = "",
    clone: Annotated[
        bool,
        typer.Option(
            "--clone",
            help=tr(
                "On a cloned TencentDB instance instead of a server of this computer. That "
                "costs money: the price is told first."
            ),
        ),
    ] = False,
    yes_costs: Annotated[
        bool, typer.Option("--yes-costs", help=tr("Agree to what a clone costs."))
    ] = False,
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        drills = session.services.drills
        file = file_named(subject)
        if file is not None and clone:
            raise typer.BadParameter(tr("--clone drills the newest backup of a database: name it."))
        tell_left(session)
        if file is not None:
            drill = session.run(
                lambda context: drills.run_file(file, context),
                tr("Drilling {name}", name=file.name),
            )
        else:
            resource = database_named(session, subject)
            quote = agreed(session, resource, yes=yes_costs) if clone else None
            drill = session.run(
                lambda context: drills.run(resource, context, quote=quote),
                tr("Drilling {name}", name=resource.name),
            )
            for ticket in drills.raise_alarms(resource):
                session.terminal.tell(f"{ticket.number} {ticket.title}")
        _answer(session, drill)


@commands.command("list", cls=Command, help=tr("List the drills there were, newest first."))
def list_all(as_json: Json = False) -> None:
    with opened(as_json) as session:
        found = session.services.drills.all()
        session.terminal.table(
            {"drills": found},
            (
                tr("At"),
                tr("Database"),
                tr("Result"),
                tr("Recovery time (RTO)"),
                tr("Certificate"),
                tr("Archive"),
            ),
            [
                (
                    words.stamp(one.at),
                    one.name,
                    drill_words.outcome_of(one)[1],
                    drill_words.rto_text(one),
                    one.certificate or words.NOTHING,
                    one.path.name,
                )
                for one in found
            ],
        )


@commands.command("show", cls=Command, help=tr("Show one drill with its steps and findings."))
def show(drill_id: DrillId = "", as_json: Json = False) -> None:
    with opened(as_json) as session:
        drills = session.services.drills
        found = drills.get(drill_id) if drill_id else next(iter(drills.all()), None)
        if found is None:
            raise OpsError(
                tr("There has been no drill yet."), hint=tr("Run one with gmops drill run.")
            )
        session.terminal.answer(found, *_lines(found))


@commands.command(
    "check",
    cls=Command,
    help=tr("Show or set the SQL that must return rows after each drill of a database."),
)
def check(
    name: Name = "",
    sql: Annotated[
        list[str] | None,
        option(
            "--sql",
            tr("One check; give it several times for several. They replace those there."),
            metavar="SELECT …",
        ),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help=tr("Remove all checks."))] = False,
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        drills = session.services.drills
        resource = database_named(session, name)
        if sql or none:
            drills.save_checks(resource, tuple(sql or ()))
        found = drills.checks(resource.id)
        lines = found or (tr("{name} has no checks.", name=resource.name),)
        session.terminal.answer({"checks": found}, *lines)


@commands.command("plan", cls=Command, help=tr("Set how often a database is drilled by itself."))
def plan(
    name: Name = "",
    every: Annotated[
        int, typer.Option("--every", metavar="DAYS", help=tr("Days between two drills."))
    ] = 30,
    off: Annotated[bool, typer.Option("--off", help=tr("Drill by hand only."))] = False,
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        from gmops_desktop.contract.drills import DrillPlan

        drills = session.services.drills
        resource = database_named(session, name)
        drills.save_plan(resource, DrillPlan(enabled=not off, every_days=every))
        outlook = drills.outlook(resource)
        session.terminal.answer(outlook, drill_words.standing_text(outlook))


@commands.command(
    "scan",
    cls=Command,
    help=tr("Say whether a backup could be restored beside production without touching it."),
)
def scan(subject: Subject = "", as_json: Json = False) -> None:
    with opened(as_json) as session:
        drills = session.services.drills
        path = file_named(subject) or drills.newest(database_named(session, subject)).path
        found = session.run(
            lambda context: drills.scan(path, context), tr("Reading {name}", name=path.name)
        )
        if found:
            refusal = OpsError(
                tr("{name} must not be restored beside production: {why}", name=path.name,
                   why=" ".join(found)),
                hint=tr("Drill it in a server of its own: gmops drill run."),
                unharmed=tr("Nothing was written."),
            )  # fmt: skip
            raise BadAnswer({"dangers": found}, refusal)
        clean = tr("Nothing in {name} reaches beyond its own schema.", name=path.name)
        session.terminal.answer({"dangers": ()}, clean)


@commands.command(
    "install",
    cls=Command,
    help=tr("Install a database server with this computer's package manager, after a yes."),
)
def install(
    yes: Annotated[bool, typer.Option("--yes", help=tr("Agree to the command."))] = False,
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        drills, terminal = session.services.drills, session.terminal
        there, command = drills.servers(), drills.installing()
        if there:
            session.terminal.answer({"servers": there}, *there)
            return
        said = " ".join(command or ())
        if command and not yes and terminal.can_ask:
            yes = (
                terminal.ask(tr("This runs “{command}”. Type yes to go on:", command=said)) == "yes"
            )
        if command and not yes:
            raise OpsError(
                tr("Nothing was installed."),
                hint=tr("It would be “{command}”; agree with --yes.", command=said),
            )
        there = session.run(drills.install, tr("Installing a database server"))
        terminal.answer({"servers": there}, *there)


@commands.command(
    "clones",
    cls=Command,
    help=tr("List the clones in Tencent Cloud that interrupted drills left, and remove them."),
)
def clones(
    remove: Annotated[
        bool, typer.Option("--remove", help=tr("Isolate and delete them now."))
    ] = False,
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        left = session.services.drills.clones_left()
        if not remove:
            lines = [drill_words.left_text(one) for one in left]
            session.terminal.answer({"clones": left}, *(lines or [tr("No drill left a clone.")]))
            return
        found = cleared(session, left)
        gone = tr("Removed: {count}.", count=len(found.gone))
        if found.stay:
            session.terminal.tell(gone)
            raise BadAnswer({"removed": found.gone}, found.stay[0])
        session.terminal.answer({"removed": found.gone}, gone)


# ---------------------------------------------------------------- what is due


def run_due(session: Session) -> tuple[list[dict[str, object]], list[OpsError]]:
    """Carry out the drills that are due, for `gmops schedule run`; return what to tell scripts,
    and the failures."""
    drills = session.services.drills
    wanted, tickets = drills.advance()
    results: list[dict[str, object]] = []
    faults: list[OpsError] = []
    if left := drills.clones_left():
        faults += cleared(session, left, terse=True).stay
    lines = [f"{ticket.number} {ticket.title}" for ticket in tickets]
    lines += [f"{fault.message} {fault.hint}" for fault in faults]
    for resource in wanted:
        try:
            drill = session.run(
                partial(drills.run, resource),
                tr("Drilling {name}", name=resource.name),
                terse=True,
            )
        except OpsError as error:
            faults.append(error)
            lines.append(f"{resource.name}{tr(': ')}{error.message}")
            continue
        results.append({"resource": resource.name, "drill": drill})
        lines.append(f"{resource.name}{tr(': ')}{drill_words.verdict_of(drill)}")
        lines += [f"{ticket.number} {ticket.title}" for ticket in drills.raise_alarms(resource)]
        if drill.outcome != "proved":
            faults.append(_fault(drill))
    for line in lines:
        if session.terminal.as_json:
            session.terminal.tell(line)
        else:
            session.terminal.answer(None, line)
    return results, faults


# ---------------------------------------------------------------- words


def file_named(subject: str) -> Path | None:
    """Return the file that `subject` names, if it names one."""
    looks = os.sep in subject or subject.endswith((".zst", ".age"))
    path = Path(subject).absolute() if subject else None
    return path if path is not None and (looks or path.is_file()) else None


def _answer(session: Session, drill: Drill) -> None:
    if drill.outcome != "proved":
        session.terminal.tell("\n".join(_lines(drill)))
        raise BadAnswer(drill, _fault(drill))
    session.terminal.answer(drill, *_lines(drill))


def _fault(drill: Drill) -> ProofFailed:
    return ProofFailed(
        f"{drill.name}{tr(': ')}{drill_words.verdict_of(drill)}",
        hint=tr("Do not rely on this backup; take another one, and drill that."),
    )


def _lines(drill: Drill) -> list[str]:
    lines = [
        drill_words.verdict_of(drill),
        f"{drill.path}  SHA-256 {drill.sha256}",
        drill_words.counted(drill),
    ]
    lines += [
        f"  {words.lasting(phase.seconds):>10}  {phase.name}"
        + ("" if phase.counts else f" {tr('(not counted)')}")
        for phase in drill.phases
    ]
    lines += [f"- {one}" for one in (*drill.faults, *drill.notes)]
    if drill.certificate:
        lines.append(tr("Certificate {number}", number=drill.certificate))
    return lines
