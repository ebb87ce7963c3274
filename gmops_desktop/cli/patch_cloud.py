"""`gmops patch snapshot`, `rollback-disks`, `rescue`, `remind`: what the cloud gives a change, and
what Party A is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import AcceptFingerprint, Json, argument, one_of, option
from gmops_desktop.cli.patch_lines import show
from gmops_desktop.cli.patch_verbs import Confirm, Number, Reason, asked, begun, with_server
from gmops_desktop.cli.session import opened
from gmops_desktop.contract.changes import WAYS
from gmops_desktop.contract.snapshots import KEPT_DAYS
from gmops_desktop.language import tr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmops_desktop.cli.patch_verbs import At
    from gmops_desktop.contract.snapshots import DiskWay
    from gmops_desktop.services.patches import Change

_verbs: Final = typer.Typer()


def add_to(commands: typer.Typer) -> None:
    """Add the commands to `gmops patch`."""
    commands.registered_commands += _verbs.registered_commands


@_verbs.command(
    "snapshot",
    cls=Command,
    help=tr(
        "Have a snapshot made of every cloud disk of the server, and wait until all are there."
    ),
)
def snapshot(
    number: Number,
    days: Annotated[
        int, typer.Option("--days", metavar="DAYS", help=tr("How long the cloud keeps them."))
    ] = KEPT_DAYS,
    costs: Annotated[
        bool, typer.Option("--costs", help=tr("Only say what they cost; nothing is ordered."))
    ] = False,
    delete: Annotated[
        bool,
        typer.Option("--delete", help=tr("Delete those that were made for the change; --confirm.")),
    ] = False,
    confirm: Confirm = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    if costs:
        with opened(as_json) as session:
            said = with_server(
                session, session.services.patches.get(number), accept_fingerprint, tr("Asking"),
                lambda at: at.patches.snapshot_costs(at.host, at.change.id, at.context),
            )  # fmt: skip
            session.terminal.answer({"costs": said}, said)
        return
    if delete:
        asked(
            number, accept_fingerprint, as_json, tr("Deleting snapshots"),
            lambda at: at.patches.delete_snapshots(at.change.id, at.context, confirm=confirm),
        )  # fmt: skip
        return
    asked(
        number, accept_fingerprint, as_json, tr("Making snapshots"),
        lambda at: at.patches.snapshot(at.host, at.change.id, at.context, days=days),
    )  # fmt: skip


@_verbs.command(
    "rollback-disks",
    cls=Command,
    help=tr("The last way back: put the server's disks back to their snapshots, with all on them."),
)
def rollback_disks(
    number: Number,
    confirm: Annotated[
        str,
        option(
            "--confirm",
            tr("The name of the server, typed; without it only the plan is shown."),
            metavar="SERVER",
        ),
    ] = "",
    reason: Reason = "",
    agreed_by: Annotated[
        str,
        option("--agreed-by", tr("The designated contact of Party A who agreed.")),
    ] = "",
    channel: Annotated[
        str,
        option("--channel", tr("How: phone, WeChat, signature ...")),
    ] = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    if not confirm:
        with opened(as_json) as session:
            way = with_server(
                session, session.services.patches.get(number), accept_fingerprint, tr("Asking"),
                lambda at: at.patches.disk_way(at.host, at.change.id, at.context),
            )  # fmt: skip
            session.terminal.answer(way, *way_lines(way))
        return

    def back(at: At) -> Change:
        changed = at.patches.roll_back_disks(
            at.host, at.change.id, at.context, confirm=confirm, reason=reason,
            agreed_by=agreed_by, channel=channel,
        )  # fmt: skip
        if changed.state == "rolled_back" and changed.before is not None:
            return at.patches.check_after(at.host, changed.id, at.context)
        return changed

    begun(number, accept_fingerprint, as_json, tr("Rolling back the disks"), back)


@_verbs.command(
    "rescue",
    cls=Command,
    help=tr("Where sshd does not come back: look at it, restart it, or put its settings back, "
            "through the cloud's agent."),
)  # fmt: skip
def rescue(
    number: Number,
    step: Annotated[
        str,
        argument("STEP", tr("look, restart or settings.")),
    ],
    confirm: Confirm = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    wanted = one_of(step, ("look", "restart", "settings"), "STEP")
    if wanted == "look":
        from gmops_desktop.contract.runs import words_of_sshd

        with opened(as_json) as session:
            seen = with_server(
                session, session.services.patches.get(number), accept_fingerprint,
                tr("Looking at sshd"),
                lambda at: at.patches.sshd(at.host, at.change.id, at.context),
            )  # fmt: skip
            session.terminal.answer(seen, *words_of_sshd(seen))
        return
    asked(
        number, accept_fingerprint, as_json, tr("Through the cloud's agent"),
        lambda at: at.patches.rescue(at.host, at.change.id, wanted, at.context, confirm=confirm),
    )  # fmt: skip


@_verbs.command(
    "remind",
    cls=Command,
    help=tr("Record that Party A was reminded of what it is still to do; --way robot sends it."),
)
def remind(
    number: Number,
    way: Annotated[str, option("--way", ", ".join(WAYS))],
    text: Annotated[
        str,
        option("--text", tr("The words; without it those that name what is missing.")),
    ] = "",
    whom: Annotated[str, option("--whom", tr("Who was reminded."))] = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.services.patches.planning import words_for

    known = one_of(way, tuple(WAYS), "--way")
    with opened(as_json) as session:
        patches = session.services.patches
        change = patches.get(number)
        said = text or words_for(change)
        changed = session.run(
            lambda context: patches.remind(change.id, context, way=known, text=said, whom=whom),
            f"{tr('Reminding Party A')}{tr(': ')}{change.number}",
        )
        session.terminal.tell(said)
        show(session, changed)


def way_lines(way: DiskWay) -> Iterator[str]:
    """Yield what it means to put the disks back."""
    if way.before:
        yield f"! {way.before}"
    for title, lines in (
        (tr("What is done, in order"), way.steps),
        (tr("What is lost"), way.loses),
        (tr("What stays as it is"), way.stays),
        (tr("What is not known"), way.not_known),
        (tr("How long"), (way.takes,)),
        (tr("What it costs"), (way.costs,)),
        (tr("Who must agree"), (way.agree,)),
    ):
        if lines:
            yield title
        for line in lines:
            yield f"  {line}"
    if way.why_not:
        yield f"! {way.why_not}"
