"""`gmops report show|copy|print`: what is known of a document, who holds it, and paper."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json, argument, one_of, option
from gmops_desktop.cli.session import opened
from gmops_desktop.language import tr, tr_n
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.services.reports import Report
    from gmops_desktop.services.reports.copies import Copy

_verbs = typer.Typer()

Number = Annotated[str, argument("NUMBER", tr("A document's number."))]


def add_to(commands: typer.Typer) -> None:
    """Add the commands to `gmops report`."""
    commands.registered_commands += _verbs.registered_commands


@_verbs.command(
    "show", cls=Command, help=tr("Show a document: digest, versions, who holds which copy.")
)
def show(number: Number, as_json: Json = False) -> None:
    with opened(as_json) as session:
        reports, copies = session.services.reports, session.services.report_copies
        report = reports.get(number)
        after = next((one.number for one in reports.all() if one.replaces == report.number), "")
        given = copies.of(report.id)
        session.terminal.answer(
            {"report": report, "replaced_by": after, "copies": given},
            *_lines(report, after),
            *(_held(one) for one in given),
        )


def _lines(report: Report, after: str) -> list[str]:
    from gmops_desktop.services.reports import word_of_kind

    found = [
        f"{report.number}  {word_of_kind(report.kind)} {report.period}",
        tr("made {at}", at=words.stamp(report.made_at)),
        tr("SHA-256 {digest}", digest=report.file_digest),
        str(report.path),
    ]
    found += [tr("replaces {number}", number=report.replaces)] if report.replaces else []
    return found + ([tr("replaced by {number}", number=after)] if after else [])


def _held(one: Copy) -> str:
    from gmops_desktop.services.reports.copies import word_of_form

    said = tr("{who} {form} {on}", context="copy", who=one.to, form=word_of_form(one.form),
              on=one.on)  # fmt: skip
    return f"{said} {one.remark}".strip()


@_verbs.command("copy", cls=Command, help=tr("Record who was given a copy, and when."))
def copy(
    number: Number,
    to: Annotated[str, option("--to", tr("Who holds it now."))],
    on: Annotated[
        datetime | None,
        option("--on", tr("Today, if not."), formats=["%Y-%m-%d"]),
    ] = None,
    form: Annotated[str, typer.Option("--form", help=tr("paper or file."))] = "paper",
    remark: Annotated[str, option("--remark", tr("Remark"))] = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.services.reports.copies import FORMS, Form

    how: Form = one_of(form, FORMS, "--form")
    with opened(as_json) as session:
        copies = session.services.report_copies
        given = copies.give(number, to, form=how, on=on.date() if on else None, remark=remark)
        session.terminal.answer({"copies": given}, *(_held(one) for one in given))


@_verbs.command(
    "print", cls=Command, help=tr("Print a document as it stands on the screen, seals included.")
)
def print_(
    name: Annotated[
        str,
        argument("FILE|NUMBER", tr("A PDF or a number.")),
    ],
    printer: Annotated[
        str,
        option("--printer", tr("Its name; else the system's own.")),
    ] = "",
    pages: Annotated[str, option("--pages", tr("Some only."), metavar="1-3,5")] = "",
    duplex: Annotated[
        str, typer.Option("--duplex", help=tr("one side, or two turned at the long or short edge."))
    ] = "one",
    copies: Annotated[int, typer.Option("--copies", min=1, max=99, help=tr("How often."))] = 1,
    to_file: Annotated[
        Path | None,
        option("--to-file", tr("Print into a PDF."), metavar="FILE"),
    ] = None,
    as_json: Json = False,
) -> None:
    from ui.report_printing import SIDES, Printing, print_document, without_screen

    side = SIDES[one_of(duplex, tuple(SIDES), "--duplex")]
    how = Printing(printer, pages, copies, side, to_file.absolute() if to_file else None)
    with opened(as_json) as session:
        reports = session.services.reports
        path = Path(name) if Path(name).is_file() else reports.get(name).path
        count = reports.page_count(path)
        application = without_screen()
        printed = session.run(
            lambda context: print_document(path, count, how, reports.render, context),
            tr("Print {number}", number=path.stem),
        )
        application.quit()
        session.terminal.answer(
            {"pages": printed, "printer": printer, "file": how.file},
            tr_n("{count} page", "{count} pages", printed) + (f"  {how.file}" if how.file else ""),
        )
