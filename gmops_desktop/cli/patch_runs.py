"""`gmops patch simulate`, `prepare`, `check`, `apply` ...: what asks or changes a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from gmops_desktop.cli import DIFFERENT, FAILED
from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import AcceptFingerprint, Json, one_of, option
from gmops_desktop.cli.patch_verbs import (
    Confirm,
    Days,
    Number,
    Reason,
    asked,
    asking,
    begun,
    days_in,
)
from gmops_desktop.cli.session import opened
from gmops_desktop.language import tr

if TYPE_CHECKING:
    from gmops_desktop.context import Context
    from gmops_desktop.services.patches import Change
    from gmops_desktop.services.reports import Report

_verbs: Final = typer.Typer()


def add_to(commands: typer.Typer) -> None:
    """Add the commands to `gmops patch`."""
    commands.registered_commands += _verbs.registered_commands


# ---------------------------------------------------------------- nothing in use is touched


asking(
    _verbs,
    "simulate",
    tr("Play the plan through on the server again; nothing is done."),
    tr("Simulating"),
    lambda at: at.patches.simulate(at.host, at.change.id, at.context),
    lambda changed: DIFFERENT if changed.drift else 0,
)
asking(
    _verbs,
    "replan",
    tr("Take the plan that the server gives now; notices and release of the old one lapse."),
    tr("Planning anew"),
    lambda at: at.patches.replan(at.host, at.change.id, at.context),
)
asking(
    _verbs,
    "prepare",
    tr("Bring to the server what a change and its way back need; nothing in use is touched."),
    tr("Preparing"),
    lambda at: at.patches.prepare(at.host, at.change.id, at.context),
)
asking(
    _verbs,
    "check",
    tr("Look at everything that a change could break."),
    tr("Checking before"),
    lambda at: at.patches.check_before(at.host, at.change.id, at.context),
    lambda changed: FAILED if changed.before is None or changed.before.faults else 0,
)


# ---------------------------------------------------------------- something is begun, or followed


@_verbs.command(
    "apply",
    cls=Command,
    help=tr("Carry a change out through its gates, and follow it to its end."),
)
def apply(
    number: Number,
    confirm: Confirm = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    begun(
        number, accept_fingerprint, as_json, tr("Applying"),
        lambda at: at.patches.apply(
            at.host, at.change.id, at.context, confirm=confirm, follow=at.follow
        ),
    )  # fmt: skip


@_verbs.command(
    "attach",
    cls=Command,
    help=tr("Ask the server what became of a change that was begun, and follow it to its end."),
)
def attach(
    number: Number, accept_fingerprint: AcceptFingerprint = "", as_json: Json = False
) -> None:
    begun(
        number, accept_fingerprint, as_json, tr("Following"),
        lambda at: at.patches.attach(at.host, at.change.id, at.context, at.follow),
    )  # fmt: skip


@_verbs.command(
    "rollback", cls=Command, help=tr("Take a change back by the way that was prepared before it.")
)
def rollback(
    number: Number,
    reason: Reason,
    confirm: Confirm = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    begun(
        number, accept_fingerprint, as_json, tr("Rolling back"),
        lambda at: at.patches.roll_back(
            at.host, at.change.id, at.context, confirm=confirm, reason=reason, follow=at.follow
        ),
    )  # fmt: skip


@_verbs.command(
    "mend", cls=Command, help=tr("Let the server finish what a failed run left half done.")
)
def mend(
    number: Number,
    confirm: Confirm = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    begun(
        number, accept_fingerprint, as_json, tr("Mending"),
        lambda at: at.patches.mend(
            at.host, at.change.id, at.context, confirm=confirm, follow=at.follow
        ),
    )  # fmt: skip


# ---------------------------------------------------------------- afterwards


asking(
    _verbs,
    "verify",
    tr("Look at everything again, and compare it with before."),
    tr("Checking after"),
    lambda at: at.patches.check_after(at.host, at.change.id, at.context),
    lambda changed: DIFFERENT if _worse(changed) else 0,
)


@_verbs.command(
    "handover",
    cls=Command,
    help=tr("Hand over what a change altered, with versions and SHA-256, and documents (1.32)."),
)
def handover(
    number: Number,
    text: Annotated[str, option("--text", tr("Release notes."))] = "",
    document: Annotated[
        list[str] | None,
        option(
            "--document", tr("A further document; may be given more than once."), metavar="NAME"
        ),
    ] = None,
    person_days: Days = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.steps import Handed

    days = days_in(person_days)
    documents = [Handed(name, "document") for name in document or ()]
    asked(
        number, accept_fingerprint, as_json, tr("Handing over"),
        lambda at: at.patches.hand_over(
            at.host, at.change.id, at.context, documents=documents, person_days=days, text=text
        ),
    )  # fmt: skip


# ---------------------------------------------------------------- documents


@_verbs.command(
    "notify",
    cls=Command,
    help=tr("Make a document of a change: its notice for Party A, its record, its hand-over form."),
)
def notify(
    number: Number,
    paper: Annotated[
        str,
        typer.Option("--paper", metavar="KIND", help=tr("notice, record or handover.")),
    ] = "notice",
    as_json: Json = False,
) -> None:
    kind = one_of(paper, ("notice", "record", "handover"), "--paper")
    with opened(as_json) as session:
        patches, reports = session.services.patches, session.services.reports
        change = patches.get(number)

        def make(context: Context) -> Report:
            if kind == "notice":
                return reports.write_notice(lambda: patches.notice_facts(change.id), context)
            if kind == "record":
                return reports.write_change_record(lambda: patches.record_facts(change.id), context)
            return reports.write_change_hand_over(
                lambda: patches.hand_over_facts(change.id), context
            )

        made = session.run(make, tr("Making a document of {number}", number=change.number))
        session.terminal.answer(
            made, tr("{number} is kept at {path}.", number=made.number, path=made.path)
        )


def _worse(changed: Change) -> bool:
    return any(one.verdict in ("worse", "unknown") for one in changed.differences)
