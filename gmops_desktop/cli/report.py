"""`gmops report`: make a report for Party A, and list those made."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json, Out
from gmops_desktop.cli.session import opened
from gmops_desktop.language import tr, tr_n
from ui import words

commands = group("report", tr("Make the reports that Party A signs."))


@commands.command("make", cls=Command, help=tr("Make a report as PDF."))
def make(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", show_default=False, help=tr("monthly is made today."))
    ],
    period: Annotated[
        str,
        typer.Option("--period", metavar="YYYY-MM", show_default=False, help=tr("The month.")),
    ],
    out: Out = None,
    as_json: Json = False,
) -> None:
    if kind != "monthly":
        raise typer.BadParameter(tr("it is one of {choices}", choices="monthly"), param_hint="KIND")
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", period):
        raise typer.BadParameter(tr("it is a month, such as 2018-04"), param_hint="--period")
    with opened(as_json) as session:
        if session.services.contracts.current() is None:
            session.terminal.tell(tr("No contract is set up; the example contract is used."))
        report = session.run(
            lambda context: session.services.reports.make(
                "monthly", period, context, out=out.absolute() if out else None
            ),
            tr("Making the report of {period}", period=period),
        )
        session.terminal.answer(
            report,
            tr_n(
                "Report {number}, {count} page",
                "Report {number}, {count} pages",
                report.pages,
                number=report.number,
            ),
            tr("SHA-256 {digest}", digest=report.file_digest),
            str(report.path),
        )


@commands.command("list", cls=Command, help=tr("List the reports made here, newest first."))
def list_all(as_json: Json = False) -> None:
    with opened(as_json) as session:
        reports = session.services.reports.all(session.services.contracts.current())
        session.terminal.table(
            {"reports": reports},
            (tr("Number"), tr("Period"), tr("Made at"), tr("Signature"), tr("File")),
            [
                (
                    report.number,
                    report.period,
                    words.stamp(report.made_at),
                    _signed(report.signed),
                    str(report.path),
                )
                for report in reports
            ],
        )


def _signed(state: str) -> str:
    match state:
        case "both":
            return tr("by both parties")
        case "party_b":
            return tr("by Party B")
        case _:
            return tr("not signed")
