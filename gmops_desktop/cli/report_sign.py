"""`gmops report sign|file|verify|key|seal`: signatures, and what a file is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json, argument, option
from gmops_desktop.cli.plain import plain
from gmops_desktop.cli.session import opened
from gmops_desktop.cli.terminal import BadAnswer, password_from_file
from gmops_desktop.errors import ProofFailed
from gmops_desktop.language import tr

_verbs = typer.Typer()

Number = Annotated[str, argument("NUMBER", tr("A document's number."))]
File = Annotated[Path, argument("FILE", tr("The file on this computer."))]


def add_to(commands: typer.Typer) -> None:
    """Add the commands to `gmops report`."""
    commands.registered_commands += _verbs.registered_commands


@_verbs.command("sign", cls=Command, help=tr("Sign a document of the register for Party B."))
def sign(
    number: Number,
    reason: Annotated[str, option("--reason", tr("Why; it stands in the file."))] = "",
    across: Annotated[
        bool,
        typer.Option(
            "--across-edges", help=tr("Lay the company's seal across the edges of the pages, too.")
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        report = session.run(
            lambda context: session.services.signing.sign(
                number, context, reason=reason, across=across
            ),
            tr("Signing {number}", number=number),
        )
        session.terminal.answer(
            report,
            tr("{number} is signed by Party B.", number=report.number),
            tr("SHA-256 {digest}", digest=report.file_digest),
            str(report.path),
        )


@_verbs.command(
    "file", cls=Command, help=tr("File what Party A returned: countersigned, or a scan.")
)
def file_back(
    number: Number,
    file: File,
    by: Annotated[str, option("--by", tr("Who of Party A returned it."))],
    copies: Annotated[str, option("--copies", tr("Who holds which copy."))] = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        report = session.run(
            lambda context: session.services.signing.file_back(
                number, file.absolute(), context, by=by, copies=copies
            ),
            tr("Filing {file}", file=file.name),
        )
        session.terminal.answer(report, tr("Filed with {number}.", number=report.number))


@_verbs.command(
    "verify",
    cls=Command,
    help=tr(
        "Say what a file is worth: untouched, countersigned or altered, by whom, and whether the "
        "register and the journal agree; exit 3 if something does not."
    ),
)
def verify(file: File, as_json: Json = False) -> None:
    from gmops_desktop.services.reports.signing import word_of_verdict

    with opened(as_json) as session:
        found = session.run(
            lambda context: session.services.signing.judge(file.absolute(), context),
            tr("Reading {path}", path=file.name),
        )
        if found.verdict in ("altered", "contradicted"):
            fault = ProofFailed(
                tr("{file}: {faults}", file=file.name, faults=" ".join(found.faults)),
                hint=tr("Do not rely on it: ask for the file again, or compare the paper."),
            )
            raise BadAnswer(plain(found), fault)
        session.terminal.answer(found, word_of_verdict(found.verdict), *found.facts)


@_verbs.command(
    "key", cls=Command, help=tr("Sign with this PKCS#12 file (.p12, .pfx) from now on.")
)
def key(file: File, as_json: Json = False) -> None:
    from gmops_desktop.services.reports.signing import worth

    given = password_from_file()
    with opened(as_json) as session:
        secret = given
        if secret is None:
            name = tr("the signing key {name}", name=file.name)
            secret = session.terminal.password(name, lambda _: None, from_file=False)
        found = session.services.signing.use_key(file.absolute(), secret or "")
        session.terminal.answer(
            found,
            tr("Documents are signed by {holder} from now on.", holder=found.holder),
            worth(found),
        )


@_verbs.command("seal", cls=Command, help=tr("Take the picture of your company's own seal."))
def seal(file: File, as_json: Json = False) -> None:
    with opened(as_json) as session:
        session.services.signing.use_seal(file.absolute())
        session.terminal.answer(
            {"seal": session.services.home.company_seal},
            tr("The seal goes over name and date when you sign."),
        )
