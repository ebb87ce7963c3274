"""`gmops patch wave ...`: one change to many servers, in batches that stop by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from gmops_desktop.cli import FAILED, UNPROVABLE
from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json, argument, one_of, option
from gmops_desktop.cli.patch_verbs import (
    Begin,
    End,
    Evidence,
    Number,
    Package,
    Reason,
    SecurityOnly,
    Told,
    window_in,
)
from gmops_desktop.cli.session import opened
from gmops_desktop.errors import Cancelled
from gmops_desktop.language import tr
from ui import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmops_desktop.cli.session import Session
    from gmops_desktop.context import Context
    from gmops_desktop.contract.runs import RunLook
    from gmops_desktop.contract.waves import Member, Wave
    from gmops_desktop.services.patches import Change, Patches

_waves: Final = group("wave", tr("Carry one change to many servers, in batches."))

WaveNumber = Annotated[str, argument("WAVE", tr("A wave, by its number."))]
AcceptFingerprints = Annotated[
    list[str] | None,
    option(
        "--accept-fingerprint",
        tr("Trust unknown SSH servers with this fingerprint; repeat it for more."),
        metavar="SHA256:…",
    ),
]


def add_to(commands: typer.Typer) -> None:
    """Add the group to `gmops patch`."""
    commands.add_typer(_waves)


@_waves.command(
    "queue", cls=Command, help=tr("Queue the updates of many servers, a change for each.")
)
def queue(
    resources: Annotated[
        list[str],
        argument("RESOURCE…", tr("Servers of the contract, in the order in which they are begun.")),
    ],
    size: Annotated[
        list[str] | None,
        option(
            "--size",
            tr("A batch: a number, a share such as 10%, or rest; repeat it."),
            metavar="SIZE",
        ),
    ] = None,
    package: Package = None,
    security_only: SecurityOnly = False,
    accept_fingerprint: AcceptFingerprints = None,
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.waves import USUAL

    with opened(as_json) as session:
        hosts = [session.resource(name, kind="host") for name in resources]
        session.meet(hosts, accept_fingerprint or ())
        wave, refused = session.run(
            lambda context: session.services.waves.queue_wave(
                hosts, context, names=package or None, security_only=security_only,
                sizes=size or USUAL,
            ),
            tr("Simulating the updates of {name}", name=words.listed(one.name for one in hosts)),
        )  # fmt: skip
        _show(session, wave)
        if refused:
            names = words.listed(one.name for one in refused)
            session.terminal.tell(tr("Not part of it: {names}", names=names))
            raise typer.Exit(FAILED)


@_waves.command("list", cls=Command, help=tr("List the waves, newest first."))
def list_all(as_json: Json = False) -> None:
    with opened(as_json) as session:
        waves = session.services.waves.waves()
        session.terminal.table(
            {"waves": waves},
            (tr("Number"), tr("Title"), tr("Servers"), tr("Batch"), tr("Stopped")),
            [
                (
                    wave.number,
                    wave.title,
                    f"{sum(one.standing == 'held' for one in wave.members)} / {len(wave.members)}",
                    f"{wave.current or wave.batches} / {wave.batches}",
                    tr("yes") if wave.stopped else "",
                )
                for wave in waves
            ],
        )


@_waves.command("show", cls=Command, help=tr("Show a wave, and how each of its servers stands."))
def show(wave: WaveNumber, as_json: Json = False) -> None:
    with opened(as_json) as session:
        _show(session, session.services.waves.get(wave))


@_waves.command(
    "window", cls=Command, help=tr("Set the same window for every server that was not begun.")
)
def window(
    wave: WaveNumber,
    begin: Begin,
    end: End,
    as_json: Json = False,
) -> None:
    first, last = window_in(begin, end)
    _each(wave, as_json, lambda patches, change: patches.set_window(change.id, first, last))


@_waves.command(
    "announce",
    cls=Command,
    help=tr("Record for every server that was not begun that an audience has been told."),
)
def announce(
    wave: WaveNumber,
    audience: Told,
    evidence: Evidence,
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.changes import AUDIENCES

    known = one_of(audience, AUDIENCES, "AUDIENCE")
    _each(wave, as_json, lambda patches, change: patches.announce(change.id, known, evidence))


@_waves.command(
    "approve",
    cls=Command,
    help=tr("Release the plan of every server that was not begun, as the second person."),
)
def approve(wave: WaveNumber, as_json: Json = False) -> None:
    _each(wave, as_json, lambda patches, change: patches.approve(change.id))


@_waves.command(
    "cancel", cls=Command, help=tr("Take the changes of all servers that were not begun back.")
)
def cancel(wave: WaveNumber, reason: Reason, as_json: Json = False) -> None:
    _each(wave, as_json, lambda patches, change: patches.cancel(change.id, reason))


@_waves.command(
    "leave-out", cls=Command, help=tr("Let a wave go on without one of its changes, with reason.")
)
def leave_out(
    wave: WaveNumber,
    number: Number,
    reason: Reason,
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        change = session.services.patches.get(number)
        _show(session, session.services.waves.leave_out(wave, change.id, reason))


@_waves.command(
    "go-on",
    cls=Command,
    help=tr("Carry out the next batch of a wave, through the gates of each of its servers."),
)
def go_on(
    wave: WaveNumber,
    confirm: Annotated[
        str,
        option(
            "--confirm",
            tr("The number of the wave, once more; without it nothing is done."),
            metavar="WAVE",
        ),
    ] = "",
    to_the_end: Annotated[
        bool, typer.Option("--to-the-end", help=tr("All batches, one after the other."))
    ] = False,
    accept_fingerprint: AcceptFingerprints = None,
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        waves = session.services.waves
        known = waves.get(wave)
        wanted = {one.resource_id for one in known.members}
        hosts = [one for one in session.services.contracts.resources() if one.id in wanted]
        session.meet(hosts, accept_fingerprint or ())

        def job(context: Context) -> Wave:
            def follow(member: Member, look: RunLook | None) -> None:
                for line in look.log.splitlines() if look else ():
                    context.note(f"{member.name}  {line}")

            return waves.go_on(
                known.id, context, confirm=confirm, follow=follow, to_the_end=to_the_end
            )

        try:
            stands = session.run(job, tr("Carrying out {number}", number=known.number))
        except Cancelled:
            session.terminal.tell(
                tr("What was begun goes on at its servers. Ask for it again with: gmops patch wave"
                   " go-on {number}", number=known.number)
            )  # fmt: skip
            raise
        _show(session, stands)
        if stands.stopped or stands.refused:
            raise typer.Exit(FAILED)
        if stands.begun:
            raise typer.Exit(UNPROVABLE)


def _each(wave: str, as_json: bool, verb: Callable[[Patches, Change], Change]) -> None:
    with opened(as_json) as session:
        services = session.services
        refused = services.waves.each(wave, lambda change: verb(services.patches, change))
        for one in refused:
            session.terminal.tell(f"{one.number} {one.name}{tr(': ')}{one.why}")
        _show(session, services.waves.get(wave))
        if refused:
            raise typer.Exit(FAILED)


def _show(session: Session, wave: Wave) -> None:
    from gmops_desktop.contract.waves import word_of_standing

    session.terminal.table(
        wave,
        (tr("Batch"), tr("Number"), tr("Server", context="change"), tr("Stands", context="wave"),
         tr("Why", context="wave")),
        [
            (str(one.batch), one.number, one.name, word_of_standing(one.standing), one.why)
            for one in wave.members
        ],
    )  # fmt: skip
    if not session.terminal.as_json:
        session.terminal.answer(wave, f"{wave.number} {wave.title}")
        if wave.stopped:
            session.terminal.answer(wave, tr("It stopped: {why}", why=wave.stopped))
