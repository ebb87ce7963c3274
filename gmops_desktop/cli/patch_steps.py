"""`gmops patch assess`, `window`, `announce` ...: what is recorded of a change, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json, argument, one_of, option
from gmops_desktop.cli.patch_verbs import (
    Begin,
    Days,
    End,
    Evidence,
    Number,
    Reason,
    Told,
    days_in,
    recorded,
    window_in,
)
from gmops_desktop.language import tr

if TYPE_CHECKING:
    from gmops_desktop.services.patches import Change, Patches

_verbs: Final = typer.Typer()


def add_to(commands: typer.Typer) -> None:
    """Add the commands to `gmops patch`."""
    commands.registered_commands += _verbs.registered_commands


@_verbs.command(
    "assess", cls=Command, help=tr("Record the evaluation of a change: what for, risk, downtime.")
)
def assess(
    number: Number,
    text: Annotated[str, option("--text", tr("What it is for."))],
    risk: Annotated[str, option("--risk", tr("What may go wrong."))] = "",
    minutes: Annotated[
        int | None,
        option("--downtime", tr("How long the service stands still."), metavar="MINUTES"),
    ] = None,
    by: Annotated[
        str,
        option("--by", tr("The project manager who evaluated it.")),
    ] = "",
    person_days: Days = "",
    as_json: Json = False,
) -> None:
    days = days_in(person_days)
    recorded(
        number, as_json,
        lambda patches, change: patches.assess(
            change.id, text=text, risk=risk, downtime_minutes=minutes, by=by, person_days=days
        ),
    )  # fmt: skip


@_verbs.command(
    "window", cls=Command, help=tr("Set when a change may be done; Party A announces that window.")
)
def window(
    number: Number,
    begin: Begin,
    end: End,
    as_json: Json = False,
) -> None:
    first, last = window_in(begin, end)
    recorded(number, as_json, lambda patches, change: patches.set_window(change.id, first, last))


@_verbs.command(
    "approve", cls=Command, help=tr("Release the plan as it stands, as the second person.")
)
def approve(number: Number, as_json: Json = False) -> None:
    recorded(number, as_json, lambda patches, change: patches.approve(change.id))


@_verbs.command(
    "announce", cls=Command, help=tr("Record that one of the three audiences has been told.")
)
def announce(
    number: Number,
    audience: Told,
    evidence: Evidence,
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.changes import AUDIENCES

    known = one_of(audience, AUDIENCES, "AUDIENCE")
    recorded(number, as_json, lambda patches, change: patches.announce(change.id, known, evidence))


@_verbs.command(
    "emergency",
    cls=Command,
    help=tr("Open a gate as a special emergency, with the reason that is printed (1.15)."),
)
def emergency(
    number: Number,
    gate: Annotated[
        str,
        argument("GATE", tr("A gate as `gmops patch show` names it, such as notice_users.")),
    ],
    reason: Reason,
    as_json: Json = False,
) -> None:
    def pass_gate(patches: Patches, change: Change) -> Change:
        keys = tuple(one.key for one in change.gates)
        return patches.pass_gate(change.id, one_of(gate, keys, "GATE"), reason)

    recorded(number, as_json, pass_gate)


@_verbs.command("cancel", cls=Command, help=tr("Take a change out of the queue."))
def cancel(number: Number, reason: Reason, as_json: Json = False) -> None:
    recorded(number, as_json, lambda patches, change: patches.cancel(change.id, reason))


@_verbs.command(
    "accept", cls=Command, help=tr("Accept what the checks after found otherwise, with the reason.")
)
def accept(number: Number, reason: Reason, as_json: Json = False) -> None:
    recorded(number, as_json, lambda patches, change: patches.accept(change.id, reason))


@_verbs.command(
    "retry", cls=Command, help=tr("Let a change whose run failed be started anew, from the checks.")
)
def retry(number: Number, reason: Reason, as_json: Json = False) -> None:
    recorded(number, as_json, lambda patches, change: patches.try_again(change.id, reason))


@_verbs.command(
    "confirm", cls=Command, help=tr("Record Party A's confirmation of a change (2.3-7).")
)
def confirm(
    number: Number,
    by: Annotated[str, option("--by", tr("The contact who confirmed."))],
    channel: Annotated[
        str,
        option("--channel", tr("How: phone, WeChat, signature ...")),
    ],
    text: Annotated[str, option("--text", tr("What was said."))] = "",
    paper: Annotated[str, option("--paper", tr("The file that shows it."))] = "",
    as_json: Json = False,
) -> None:
    recorded(
        number, as_json,
        lambda patches, change: patches.confirm(
            change.id, by=by, channel=channel, text=text, paper=paper
        ),
    )  # fmt: skip


@_verbs.command("close", cls=Command, help=tr("Close a change that was handed over."))
def close(number: Number, as_json: Json = False) -> None:
    recorded(number, as_json, lambda patches, change: patches.close(change.id))
