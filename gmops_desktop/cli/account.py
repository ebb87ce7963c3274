"""`gmops account`: keep what an official account holds, tell what changed, set its menu back."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.addresses import AccountAddress, Resource
from gmops_desktop.cli import DIFFERENT
from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import AcceptFingerprint, Json, Out, argument, option
from gmops_desktop.cli.session import opened
from gmops_desktop.cli.terminal import BadAnswer
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from ui import words
from ui.account_words import archive_word, counts_text, difference_line, quota_words

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.cli.terminal import Terminal
    from gmops_desktop.services.account_settings import Compared, MenuPreview

commands = group(
    "account", tr("Keep the settings of an official account, and tell what changed in them.")
)

Name = Annotated[
    str,
    argument("ACCOUNT", tr("An official account of the contract; not needed where there is one.")),
]
Named = Annotated[
    str,
    option(
        "--account",
        tr("An official account of the contract; not needed where there is one."),
        metavar="ACCOUNT",
    ),
]
File = Annotated[
    Path,
    argument("FILE", tr("An archive of it (NAME.account.zst).")),
]
_SIDE = tr("A file, a date (the newest archive of that day or before), or now.")
Before = Annotated[str, argument("BEFORE", _SIDE)]
After = Annotated[str, typer.Argument(metavar="AFTER", show_default=True, help=_SIDE)]
Confirm = Annotated[
    str,
    option(
        "--confirm",
        tr("The AppID of the account whose menu is set; without it nothing is written."),
        metavar="APPID",
    ),
]
ConfirmClearing = Annotated[
    str,
    option(
        "--confirm",
        tr("The AppID of the account whose quotas are cleared; without it nothing is done."),
        metavar="APPID",
    ),
]


@commands.command(
    "take",
    cls=Command,
    help=tr("Write menu, automatic replies, material, drafts and tags into one file."),
)
def take(
    name: Name = "",
    out: Out = None,
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        resource, address = _account(session, name, accept_fingerprint)
        taken = session.run(
            lambda context: session.services.account_backups.take(
                address,
                context,
                name=resource.name,
                out=out.absolute() if out else None,
                resource_id=resource.id,
            ),
            tr("Reading the settings of {name}", name=resource.name),
        )
        session.terminal.answer(
            taken,
            tr(
                "The settings of {name} are kept and proved: {counts}.",
                name=resource.name,
                counts=counts_text(taken.counts),
            ),
            taken.verdict,
            str(taken.path),
        )


@commands.command("list", cls=Command, help=tr("List the archives taken here, newest first."))
def list_all(as_json: Json = False) -> None:
    with opened(as_json) as session:
        archives = session.services.account_backups.all()
        session.terminal.table(
            {"archives": archives},
            (
                tr("Taken at"),
                tr("Account"),
                tr("Holds"),
                tr("Missing", context="account"),
                tr("File"),
            ),
            [
                (
                    archive_word(one),
                    one.name or one.account,
                    tr_n("{count} entry", "{count} entries", sum(one.counts.values())),
                    str(len(one.missing) or ""),
                    str(one.path) if one.exists else tr("gone: {path}", path=one.path),
                )
                for one in archives
            ],
        )


@commands.command(
    "diff",
    cls=Command,
    help=tr(
        "Tell in words what differs between two dates. Without arguments: the newest archive "
        "against the account as it is now. Exit 0 if nothing differs, 4 if something does."
    ),
)
def diff(
    before: Before = "",
    after: After = "now",
    name: Named = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        sides = [
            _side(session, word, name, accept_fingerprint)
            for word in (before or str(date.max), after)
        ]
        found = session.run(
            lambda context: session.services.account_backups.diff(sides[0], sides[1], context),
            tr("Comparing the account's settings"),
        )
        _show(session.terminal, found)
        if not found.identical:
            raise typer.Exit(DIFFERENT)


@commands.command(
    "restore-menu",
    cls=Command,
    help=tr(
        "Set the menu back to that of an archive: shown as a difference first, everything that "
        "stands now is kept first, and the menu is read back (exit 3 if it differs)."
    ),
)
def restore_menu(
    file: File,
    name: Named = "",
    confirm: Confirm = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.services.account_settings import proof_failed

    with opened(as_json) as session:
        service, terminal = session.services.account_backups, session.terminal
        _, address = _account(session, name, accept_fingerprint)
        path = file.absolute()
        preview = session.run(
            lambda context: service.preview_menu(path, address, context),
            tr("Comparing the menu"),
        )
        if preview.identical and not preview.refused:
            terminal.answer(preview, tr("The account's menu is the archive's already."))
            return
        if not as_json:
            for line in _menu_lines(preview):
                terminal.tell(line)
        if not confirm and terminal.can_ask and not preview.refused:
            question = tr("This replaces the menu. Type {account} to go on:",
                          account=address.app_id)  # fmt: skip
            confirm = terminal.ask(question)
        restored = session.run(
            lambda context: service.restore_menu(path, address, context, confirm=confirm),
            tr("Setting the menu"),
        )
        session.tell_tickets()
        if not restored.proved:
            raise BadAnswer(restored, proof_failed(restored))
        terminal.answer(
            restored,
            tr("The menu is set, and was read back as the archive has it."),
            tr("Followers see it within minutes of opening the account."),
            tr("What was there before lies in {path}.", path=restored.safety.path),
        )


@commands.command(
    "clear-quota",
    cls=Command,
    help=tr(
        "Let the day's quotas of all interfaces start anew, for all programs of the account: "
        "WeChat takes that ten times a month."
    ),
)
def clear_quota(
    name: Name = "",
    confirm: ConfirmClearing = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        service, terminal = session.services.account_quotas, session.terminal
        resource, address = _account(session, name, accept_fingerprint)
        if not as_json:
            terminal.tell(quota_words(service.standing(address)))
        if not confirm and terminal.can_ask:
            confirm = terminal.ask(tr("Type {account} to go on:", account=address.app_id))
        cleared = session.run(
            lambda context: service.clear(address, context, confirm=confirm),
            tr("Clear the quotas of {name}", name=resource.name),
        )
        terminal.answer(
            cleared,
            tr("The quotas of {name} start anew.", name=resource.name),
            quota_words(cleared),
        )


def _account(session: Session, name: str, accept: str) -> tuple[Resource, AccountAddress]:
    """Return the account that is meant, its AppSecret in hand."""
    if not name:
        there = [one for one in session.services.contracts.resources() if one.kind == "account"]
        if len(there) != 1:
            names = tr(", ").join(one.name for one in there)
            raise OpsError(
                tr("The contract has {count} official accounts.", count=len(there)),
                hint=tr("Name one of them: {names}.", names=names)
                if there
                else tr("Add one in the window's settings."),
            )
        name = there[0].id
    resource = session.resource(name, kind="account")
    if not isinstance(resource.address, AccountAddress):
        raise OpsError(tr("{name} is not an official account.", name=resource.name))
    session.prepare_account(resource.address, accept=accept)
    return resource, resource.address


def _side(session: Session, word: str, name: str, accept: str) -> Path | AccountAddress:
    """Return what a word names: the account as it is now, an archive by its date, or a file."""
    if word == "now":
        return _account(session, name, accept)[1]
    try:
        day = date.fromisoformat(word)
    except ValueError:
        return Path(word).absolute()
    end = date.max if day == date.max else day + timedelta(days=1)
    for archive in session.services.account_backups.all():
        meant = not name or name in (archive.name, archive.account, archive.resource_id)
        meant = meant and archive.purpose == "account"  # a safety copy is of no day's making
        if archive.exists and meant and archive.at.astimezone().date() < end:
            return archive.path
    raise OpsError(
        tr("There is no archive of an account from that day or before."),
        hint=tr("Take one with gmops account take; those there are: gmops account list."),
    )


def _show(terminal: Terminal, found: Compared) -> None:
    spoken = [difference_line(one) for one in found.differences]
    if not spoken:
        spoken = [tr("Nothing differs.")]
    heading = tr(
        "{account}, from {before} to {after}:",
        account=found.account,
        before=words.stamp(found.before),
        after=words.stamp(found.after),
    )
    terminal.answer(found, heading, *spoken, *found.unknown)


def _menu_lines(preview: MenuPreview) -> list[str]:
    return [
        tr("The menu now:"),
        *preview.before.lines(),
        tr("The menu of {at}:", at=words.stamp(preview.taken)),
        *preview.after.lines(),
        tr("What would change:"),
        *(difference_line(one) for one in preview.differences),
        *preview.refused,
    ]
