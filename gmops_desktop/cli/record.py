"""`gmops verify` and `gmops doctor`: does the record prove itself, and is everything here that the
program needs?"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gmops_desktop import language
from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json
from gmops_desktop.cli.session import opened
from gmops_desktop.cli.terminal import BadAnswer, Terminal
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr, tr_n
from gmops_desktop.paths import Home
from gmops_desktop.states import Check, word_of, worst

if TYPE_CHECKING:
    from gmops_desktop.contract.record import ChainReport

_SANDBOX_TOOLS: Final = ("mariadbd", "mariadb-install-db", "mariadb", "sshd", "zstd", "apt-get")

SelfTest = Annotated[
    bool,
    typer.Option(
        "--self-test",
        help=tr("Also open the window, visit every tab and make a PDF, in a scratch folder."),
    ),
]


def add_to(program: typer.Typer) -> None:
    """Add both commands to `program`."""
    program.command(
        "verify",
        cls=Command,
        help=tr("Prove the record: every device's chain, every report and every attached file."),
    )(verify)
    program.command(
        "doctor", cls=Command, help=tr("Tell in one page whether everything needed is here.")
    )(doctor)


def verify(as_json: Json = False) -> None:
    with opened(as_json) as session:
        report = session.run(session.services.records.verify, tr("Prove the record"), terse=True)
        if not report.ok:
            fault = ProofFailed(
                tr("The record does not prove itself: {faults}", faults="; ".join(report.faults)),
                hint=tr("Keep a copy of the data folder, then compare with the other machines."),
            )
            raise BadAnswer(report, fault)
        session.terminal.answer(
            report,
            tr_n(
                "The record is whole: {count} entry in {chains}.",
                "The record is whole: {count} entries in {chains}.",
                report.entries,
                chains=tr_n("{count} chain", "{count} chains", len(report.heads)),
            ),
            *(f"{head.device_name} #{head.sequence} {head.hash}" for head in report.heads),
        )


def doctor(self_test: SelfTest = False, as_json: Json = False) -> None:
    from gmops_desktop.adapters.vault import Vault
    from gmops_desktop.services.doctor import checks

    terminal = Terminal(as_json=as_json)
    found = checks(Home.find(), keyring=Vault().backend, chains=_chains, tools=_tools())
    if not any(check.state == "critical" for check in found):  # else the store may not open
        found = (*found, *_of_the_store())
    if self_test:
        found = (*found, *_self_test())
    state = worst(check.state for check in found)
    broken = any(check.state == "critical" for check in found)
    if broken and as_json:
        raise BadAnswer({"state": state, "checks": found}, _not_whole())
    terminal.table(
        {"state": state, "checks": found},
        (tr("Subject"), tr("State"), tr("Finding")),
        [
            (check.name, word_of(check.state), " → ".join(filter(None, (check.text, check.remedy))))
            for check in found
        ],
    )
    if broken:
        raise _not_whole()


def _not_whole() -> OpsError:
    return OpsError(
        tr("Something the program needs is not there."),
        hint=tr("Follow the remedies named above."),
    )


def _chains() -> ChainReport:
    with opened(False) as session:
        return session.services.records.verify()


def _of_the_store() -> tuple[Check, ...]:
    from gmops_desktop.services.doctor import collecting

    with opened(False) as session:
        services = session.services
        timers = services.collecting
        newest = max((look.at for look in services.servers.glance()), default=None)
        now = datetime.now(UTC)
        return (
            services.sealing.check(),
            collecting(timers.state(), newest, timers.minutes, timers.log, now),
        )


def _tools() -> tuple[str, ...]:
    """Return the programs that the sandbox starts, or none where it is not shipped."""
    from importlib.util import find_spec

    return _SANDBOX_TOOLS if find_spec("sandbox") is not None else ()


def _self_test() -> tuple[Check, ...]:
    """Use the parts that only a whole installation has: Qt's plugins, fonts, migrations, pdfium."""
    spoken = language.current()
    with tempfile.TemporaryDirectory(prefix="gmops-self-test-") as folder:
        home = Home(Path(folder))
        for part in (home.archives, home.reports, home.logs):
            part.mkdir()
        window = _window(home)
        language.use(spoken)  # the window speaks the scratch settings' language
        return (window, _page(home), _seal(home))


def _window(home: Home) -> Check:
    from gmops_desktop.app import open_window

    name = tr("Window")
    try:
        code = open_window(home, self_test=True)
    except OpsError as error:
        return Check(name, "critical", error.message, remedy=error.hint)
    if code:
        return Check(name, "critical", tr("It closed with code {code}.", code=code))
    return Check(name, "ok", tr("Opened, every tab visited, closed"))


def _seal(home: Home) -> Check:
    """Seal a file, open it again, and set a recovery sheet: libraries that only a frame brings."""
    from gmops_desktop.archive import age, sealing
    from gmops_desktop.archive.plain_copies import PlainCopies
    from gmops_desktop.reports import worker
    from gmops_desktop.reports.orders import Sheet, make_sheet

    name = tr("Sealing")
    file, content = home.archives / "sealed", b"content"
    file.write_bytes(content)
    identity = age.new_identity()
    key, made_at = age.public_key(identity), datetime.now(UTC)
    seals = sealing.Seals(lambda: (key,), lambda: (identity,), PlainCopies(home.opened))
    try:
        with seals.opened(seals.seal(file, Context()).path, Context()) as plain:
            same = plain.read_bytes() == content
        sheet = Sheet(identity, key, name, "", made_at, language.current())
        page = worker.run(Context(), make_sheet, sheet)
    except OpsError as error:
        return Check(name, "critical", error.message, remedy=error.hint)
    if not same or not page.startswith(b"%PDF"):
        return Check(name, "critical", tr("What was sealed did not come back."))
    return Check(name, "ok", tr("Sealed, opened, recovery sheet set"))


def _page(home: Home) -> Check:
    from gmops_desktop.assembly import assemble

    name = tr("PDF")
    try:
        with assemble(home) as services:
            services.contracts.load_example()
            report = services.reports.make("monthly", "2018-04", Context())
            picture = services.reports.render(report.path, 0, 600)
    except OpsError as error:
        return Check(name, "critical", error.message, remedy=error.hint)
    size = report.path.stat().st_size if report.path.exists() else 0
    if not picture.startswith(b"\x89PNG"):
        return Check(name, "critical", tr("The page could not be drawn."))
    return Check(name, "ok", tr("{pages} page(s) made and drawn", pages=report.pages), str(size))
