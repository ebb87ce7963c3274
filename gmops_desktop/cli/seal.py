"""`gmops seal`: the keys that seal backups, who else can open them, and the recovery sheet; and
`gmops backup seal` and `unseal` for single files."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import ArchiveFile, Json, argument, option
from gmops_desktop.cli.session import opened
from gmops_desktop.errors import OpsError
from gmops_desktop.language import current, tr
from gmops_desktop.log import remember_secret
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.cli.terminal import Terminal
    from gmops_desktop.services.sealing import Recipient

commands = group("seal", tr("Seal backups, so that only chosen keys can open them."))
_keys = group("key", tr("This computer's secret key and its recovery sheet."))
_recipients = group("recipients", tr("Everyone whose key opens new backups."))
commands.add_typer(_keys)
commands.add_typer(_recipients)

Name = Annotated[
    str,
    argument("NAME", tr("Whose key it is: a person, or “office safe”.")),
]
PublicKey = Annotated[
    str,
    argument("PUBLIC-KEY", tr("A public key, age1…")),
]
SheetFile = Annotated[
    Path | None,
    option(
        "--sheet",
        tr("Write the recovery sheet there, as PDF; it holds the secret key."),
        metavar="FILE",
    ),
]


# ---------------------------------------------------------------- whether


@commands.command(
    "status", cls=Command, help=tr("Show whether new backups are sealed, and who can open them.")
)
def status(as_json: Json = False) -> None:
    with opened(as_json) as session:
        _show(session)


@commands.command("on", cls=Command, help=tr("Seal new backups from now on."))
def on(as_json: Json = False) -> None:
    with opened(as_json) as session:
        session.services.sealing.switch(True)
        _show(session)


@commands.command("off", cls=Command, help=tr("Leave new backups unsealed from now on."))
def off(as_json: Json = False) -> None:
    with opened(as_json) as session:
        session.services.sealing.switch(False)
        _show(session)


# ---------------------------------------------------------------- keys


@_keys.command(
    "make", cls=Command, help=tr("Make a key; the secret half stays in the system's keyring.")
)
def make(name: Name = "", sheet: SheetFile = None, as_json: Json = False) -> None:
    with opened(as_json) as session:
        made = session.services.sealing.make_key(name)
        path = _sheet(session, sheet, made.key) if sheet else None
        lines = [tr("The key of {name} is made: {key}", name=made.name, key=made.key)]
        if path is None:
            lines.append(
                tr(
                    "Without its recovery sheet, backups sealed to it are lost with this computer: "
                    "gmops seal key sheet FILE.pdf"
                )
            )
        else:
            lines.append(_of_sheet(path))
        if not session.services.sealing.on:
            lines.append(tr("Backups are not sealed yet; switch it on with gmops seal on."))
        session.terminal.answer({"key": made, "sheet": path}, *lines)


@_keys.command(
    "import",
    cls=Command,
    help=tr("Take a secret key from its recovery sheet: typed unseen, or on standard input."),
)
def import_(name: Name = "", as_json: Json = False) -> None:
    with opened(as_json) as session:
        text = _secret(session.terminal)
        taken = session.services.sealing.import_key(text, name)
        session.terminal.answer(
            {"key": taken},
            tr("The key of {name} is in the keyring: {key}", name=taken.name, key=taken.key),
        )


@_keys.command("show-public", cls=Command, help=tr("Show the public keys of this computer."))
def show_public(as_json: Json = False) -> None:
    with opened(as_json) as session:
        standing = session.services.sealing.standing()
        if standing.trouble:
            raise OpsError(standing.trouble)
        ours = [one.key for one in standing.recipients if one.ours]
        session.terminal.answer({"keys": [*ours, *standing.others]}, *ours, *standing.others)


@_keys.command(
    "sheet", cls=Command, help=tr("Write a recovery sheet as PDF; it holds the secret key.")
)
def sheet(
    file: Annotated[
        Path,
        argument("FILE", tr("The file to write.")),
    ],
    key: Annotated[
        str,
        option("--key", tr("Which key's; the newest without it."), metavar="PUBLIC-KEY"),
    ] = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        path = _sheet(session, file, key)
        session.terminal.answer({"sheet": path}, _of_sheet(path))


@_keys.command(
    "forget",
    cls=Command,
    help=tr("Take a secret key out of the keyring; from then on its sheet alone opens backups."),
)
def forget(key: PublicKey, as_json: Json = False) -> None:
    with opened(as_json) as session:
        session.services.sealing.forget_key(key)
        session.terminal.answer(
            {"forgotten": key},
            tr("The secret key is no longer on this computer; its recovery sheet opens backups."),
        )


def _sheet(session: Session, file: Path, key: str) -> Path:
    return session.run(
        lambda context: session.services.sealing.save_sheet(
            file.absolute(), context, key=key, language=current()
        ),
        tr("Making the recovery sheet"),
    )


def _of_sheet(path: Path) -> str:
    return tr("The recovery sheet lies in {path}: print it, put it away, delete the file.",
              path=path)  # fmt: skip


def _secret(terminal: Terminal) -> str:
    """Return what is typed unseen, or what comes on standard input."""
    if terminal.can_ask:
        text = getpass.getpass(f"{tr('Secret key from the recovery sheet:')} ")
    else:
        text = sys.stdin.read()
    for line in text.splitlines():
        if not line.startswith("#"):
            remember_secret(line.strip())
    return text


# ---------------------------------------------------------------- recipients


@_recipients.command("list", cls=Command, help=tr("List who can open new backups."))
def list_all(as_json: Json = False) -> None:
    with opened(as_json) as session:
        _table(session, session.services.sealing.standing().recipients)


@_recipients.command("add", cls=Command, help=tr("Let one more key open new backups."))
def add(key: PublicKey, name: Name, as_json: Json = False) -> None:
    with opened(as_json) as session:
        added = session.services.sealing.add(key, name)
        session.terminal.answer(
            {"recipient": added},
            tr("{name} can open new backups; those already made stay as they are.",
               name=added.name),
        )  # fmt: skip


@_recipients.command("remove", cls=Command, help=tr("Seal no more new backups to this key."))
def remove(
    who: Annotated[
        str,
        argument("NAME", tr("A recipient, by name or public key.")),
    ],
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        key = session.services.sealing.remove(who)
        session.terminal.answer(
            {"removed": key},
            tr("New backups are no longer sealed to {key}; those already made still open with it.",
               key=key),
        )  # fmt: skip


def _show(session: Session) -> None:
    standing, terminal = session.services.sealing.standing(), session.terminal
    if terminal.as_json:
        terminal.answer(standing)
        return
    lines = [tr("New backups are sealed.") if standing.on else tr("New backups are not sealed.")]
    if standing.trouble:
        lines.append(standing.trouble)
    if standing.recipients and not standing.can_open:
        lines.append(
            tr("This computer makes sealed backups, but cannot open them: verifying, restoring and "
               "sending only what changed need a secret key.")
        )  # fmt: skip
    terminal.answer(standing, *lines)
    if standing.recipients:
        _table(session, standing.recipients)


def _table(session: Session, recipients: tuple[Recipient, ...]) -> None:
    session.terminal.table(
        {"recipients": recipients},
        (tr("Name", context="recipient"), tr("Public key"), tr("Secret key"), tr("Recovery sheet")),
        [
            (
                one.name,
                one.key,
                tr("on this computer") if one.ours else tr("elsewhere"),
                tr("made") if one.sheet else words.NOTHING,
            )
            for one in recipients
        ],
    )


# ---------------------------------------------------------------- files


def add_file_commands(backup: typer.Typer) -> None:
    """Add `seal` and `unseal` to `gmops backup`."""
    backup.command("seal", cls=Command, help=tr("Replace a backup file by its sealed form."))(
        _seal_file
    )
    backup.command("unseal", cls=Command, help=tr("Write the plain file out of a sealed one."))(
        _unseal_file
    )


def _seal_file(file: ArchiveFile, as_json: Json = False) -> None:
    with opened(as_json) as session:
        sealed = session.run(
            lambda context: session.services.backups.seal(file, context),
            tr("Sealing {file}", file=file.name),
        )
        session.terminal.answer({"path": sealed}, str(sealed))


def _unseal_file(
    file: ArchiveFile,
    out: Annotated[
        Path,
        option("--out", tr("The file to write."), metavar="FILE"),
    ],
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        written = session.run(
            lambda context: session.services.sealing.unseal(
                file.absolute(), out.absolute(), context
            ),
            tr("Opening {file}", file=file.name),
        )
        session.terminal.answer(written, str(written.path))
