"""`gmops patch simulate`, `prepare`, `check`, `apply`, `attach` ...: what asks or changes a server.

Ctrl+C while a run is followed only stops following: it goes on at the server, and the command says
how to attach again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gmops_desktop.cli import DIFFERENT, FAILED, UNPROVABLE
from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import AcceptFingerprint, Json, one_of
from gmops_desktop.cli.patch_lines import Number, server_of, show
from gmops_desktop.cli.patch_steps import Days, Reason, days_in
from gmops_desktop.cli.session import opened
from gmops_desktop.errors import Cancelled
from gmops_desktop.language import tr

if TYPE_CHECKING:
    from gmops_desktop.addresses import Resource
    from gmops_desktop.cli.session import Session
    from gmops_desktop.context import Context
    from gmops_desktop.contract.runs import RunLook
    from gmops_desktop.services.patches import Change, Patches
    from gmops_desktop.services.reports import Report

    Verb = Callable[[Patches, Resource, Change, Context], Change]
    Running = Callable[[Patches, Resource, Change, Context, Callable[[RunLook], object]], Change]

_verbs: Final = typer.Typer()

Confirm = Annotated[
    str,
    typer.Option("--confirm", metavar="NUMBER", show_default=False,
                 help=tr("The number of the change, typed once more; without it nothing is done.")),
]  # fmt: skip


def add_to(commands: typer.Typer) -> None:
    """Add the commands to `gmops patch`."""
    commands.registered_commands += _verbs.registered_commands


# ---------------------------------------------------------------- nothing in use is touched


@_verbs.command(
    "simulate", cls=Command, help=tr("Play the plan through on the server again; nothing is done.")
)
def simulate(
    number: Number, accept_fingerprint: AcceptFingerprint = "", as_json: Json = False
) -> None:
    def play(patches: Patches, host: Resource, change: Change, context: Context) -> Change:
        return patches.simulate(host, change.id, context)

    changed = _ask(number, accept_fingerprint, as_json, play, tr("Simulating"))
    if changed.drift:
        raise typer.Exit(DIFFERENT)


@_verbs.command(
    "replan",
    cls=Command,
    help=tr("Take the plan that the server gives now; notices and release of the old one lapse."),
)
def replan(
    number: Number, accept_fingerprint: AcceptFingerprint = "", as_json: Json = False
) -> None:
    def plan(patches: Patches, host: Resource, change: Change, context: Context) -> Change:
        return patches.replan(host, change.id, context)

    _ask(number, accept_fingerprint, as_json, plan, tr("Planning anew"))


@_verbs.command(
    "prepare",
    cls=Command,
    help=tr("Bring to the server what a change and its way back need; nothing in use is touched."),
)
def prepare(
    number: Number, accept_fingerprint: AcceptFingerprint = "", as_json: Json = False
) -> None:
    def bring(patches: Patches, host: Resource, change: Change, context: Context) -> Change:
        return patches.prepare(host, change.id, context)

    _ask(number, accept_fingerprint, as_json, bring, tr("Preparing"))


@_verbs.command("check", cls=Command, help=tr("Look at everything that a change could break."))
def check(
    number: Number, accept_fingerprint: AcceptFingerprint = "", as_json: Json = False
) -> None:
    def look(patches: Patches, host: Resource, change: Change, context: Context) -> Change:
        return patches.check_before(host, change.id, context)

    changed = _ask(number, accept_fingerprint, as_json, look, tr("Checking before"))
    if changed.before is None or changed.before.faults:
        raise typer.Exit(FAILED)


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
    def begin(
        patches: Patches, host: Resource, change: Change, context: Context,
        follow: Callable[[RunLook], object],
    ) -> Change:  # fmt: skip
        return patches.apply(host, change.id, context, confirm=confirm, follow=follow)

    _run(number, accept_fingerprint, as_json, begin, tr("Applying"))


@_verbs.command(
    "attach",
    cls=Command,
    help=tr("Ask the server what became of a change that was begun, and follow it to its end."),
)
def attach(
    number: Number, accept_fingerprint: AcceptFingerprint = "", as_json: Json = False
) -> None:
    def again(
        patches: Patches, host: Resource, change: Change, context: Context,
        follow: Callable[[RunLook], object],
    ) -> Change:  # fmt: skip
        return patches.attach(host, change.id, context, follow)

    _run(number, accept_fingerprint, as_json, again, tr("Following"))


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
    def back(
        patches: Patches, host: Resource, change: Change, context: Context,
        follow: Callable[[RunLook], object],
    ) -> Change:  # fmt: skip
        return patches.roll_back(
            host, change.id, context, confirm=confirm, reason=reason, follow=follow
        )

    _run(number, accept_fingerprint, as_json, back, tr("Rolling back"))


@_verbs.command(
    "mend", cls=Command, help=tr("Let the server finish what a failed run left half done.")
)
def mend(
    number: Number,
    confirm: Confirm = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    def finish(
        patches: Patches, host: Resource, change: Change, context: Context,
        follow: Callable[[RunLook], object],
    ) -> Change:  # fmt: skip
        return patches.mend(host, change.id, context, confirm=confirm, follow=follow)

    _run(number, accept_fingerprint, as_json, finish, tr("Mending"))


# ---------------------------------------------------------------- afterwards


@_verbs.command(
    "verify", cls=Command, help=tr("Look at everything again, and compare it with before.")
)
def verify(
    number: Number, accept_fingerprint: AcceptFingerprint = "", as_json: Json = False
) -> None:
    def look(patches: Patches, host: Resource, change: Change, context: Context) -> Change:
        return patches.check_after(host, change.id, context)

    changed = _ask(number, accept_fingerprint, as_json, look, tr("Checking after"))
    if any(one.verdict in ("worse", "unknown") for one in changed.differences):
        raise typer.Exit(DIFFERENT)


@_verbs.command(
    "handover",
    cls=Command,
    help=tr("Hand over what a change altered, with versions and SHA-256, and documents (1.32)."),
)
def handover(
    number: Number,
    text: Annotated[
        str, typer.Option("--text", show_default=False, help=tr("Release notes."))
    ] = "",
    document: Annotated[
        list[str] | None,
        typer.Option("--document", metavar="NAME", show_default=False,
                     help=tr("A further document; may be given more than once.")),
    ] = None,
    person_days: Days = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:  # fmt: skip
    days = days_in(person_days)

    def hand(patches: Patches, host: Resource, change: Change, context: Context) -> Change:
        from gmops_desktop.contract.steps import Handed

        documents = [Handed(name, "document") for name in document or ()]
        return patches.hand_over(
            host, change.id, context, documents=documents, person_days=days, text=text
        )

    _ask(number, accept_fingerprint, as_json, hand, tr("Handing over"))


# ---------------------------------------------------------------- how it is done


def _ask(number: str, accept: str, as_json: bool, verb: Verb, title: str) -> Change:
    """Do something that needs the server, and show the change as it is then."""
    with opened(as_json) as session:
        patches = session.services.patches
        change = patches.get(number)
        host = server_of(session, change, accept)
        changed = session.run(
            partial(verb, patches, host, change), f"{title}{tr(': ')}{change.number}"
        )
        show(session, changed)
        return changed


def _run(number: str, accept: str, as_json: bool, verb: Running, title: str) -> None:
    """Begin or follow a run; its log goes to standard error, line by line."""
    with opened(as_json) as session:
        patches = session.services.patches
        change = patches.get(number)
        host = server_of(session, change, accept)

        def job(context: Context) -> Change:
            return verb(patches, host, change, context, _log_to(context))

        try:
            changed = session.run(job, f"{title}{tr(': ')}{change.number}")
        except Cancelled:
            _tell_detached(session, patches.get(change.id))
            raise
        show(session, changed)
        raise typer.Exit(_code_of(changed))


def _log_to(context: Context) -> Callable[[RunLook], None]:
    rest = ""

    def follow(look: RunLook) -> None:
        nonlocal rest
        *lines, rest = (rest + look.log).split("\n")
        if look.ended and not look.more and rest:
            lines, rest = [*lines, rest], ""
        for line in lines:
            context.note(line)

    return follow


def _tell_detached(session: Session, change: Change) -> None:
    """Say how a change stands that is not followed any more."""
    if change.running is not None:
        session.terminal.tell(
            tr("{number} goes on at the server. Follow it again with: gmops patch attach {number}",
               number=change.number)
        )  # fmt: skip
    else:
        session.terminal.tell(tr("{number} was not begun.", number=change.number))


def _code_of(change: Change) -> int:
    """Return 0 for a run that ended well, 1 for one that did not, 5 where nobody knows yet."""
    if change.running is not None:
        return UNPROVABLE
    return 0 if change.runs and change.runs[-1].state == "done" else FAILED


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
