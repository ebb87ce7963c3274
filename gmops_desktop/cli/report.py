"""`gmops report`: make a report for Party A, and list those made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json, Out, argument, one_of, option
from gmops_desktop.cli.plain import plain
from gmops_desktop.cli.report_text import read_text, write_texts
from gmops_desktop.cli.session import opened
from gmops_desktop.cli.terminal import BadAnswer
from gmops_desktop.errors import OpsError
from gmops_desktop.language import LANGUAGES, Language, tr, tr_n
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.services.reports import Kind

commands = group("report", tr("Make the reports that Party A signs."))


@commands.command("make", cls=Command, help=tr("Make a report as PDF."))
def make(
    kind: Annotated[
        str,
        argument(
            "KIND",
            tr(
                "monthly, quarter, annual, account, inspection, backups, fault, evaluation, "
                "visit, fees, compilation, notice, change_record, hand_over, contact, payment, "
                "sign_in, drill; or all."
            ),
        ),
    ],
    period: Annotated[
        str,
        option(
            "--period",
            tr(
                "2018-04, of monthly, account, inspection and backups; 2018-Q2, of quarter; of "
                "annual, the year in which the contract's year begins; of a compilation the "
                "months (2018-04~2018-06), or nothing for the whole contract."
            ),
            metavar="PERIOD",
        ),
    ] = "",
    of: Annotated[
        str,
        option(
            "--of",
            tr(
                "The ticket, of fault, evaluation and visit; the contract, of fees; the change, of "
                "notice and change_record; either, of hand_over; the person, of contact; the id, "
                "of sign_in and drill."
            ),
            metavar="NUMBER",
        ),
    ] = "",
    language: Annotated[
        str,
        typer.Option("--language", metavar="LANGUAGE", help=tr("zh_CN or en.")),
    ] = "zh_CN",
    text: Annotated[
        list[str] | None,
        option(
            "--text",
            tr("Your own words for a section, kept and printed; may be given again."),
            metavar="SECTION=FILE",
        ),
    ] = None,
    secrecy: Annotated[
        str,
        typer.Option(
            "--secrecy",
            metavar="SECRECY",
            help=tr("Printed on the cover of quarter and annual: public, internal, commercial."),
        ),
    ] = "internal",
    corrects: Annotated[
        str,
        option(
            "--corrects",
            tr("What a new version puts right; it stands in the record of the versions."),
            metavar="TEXT",
        ),
    ] = "",
    out: Out = None,
    as_json: Json = False,
) -> None:
    from gmops_desktop.reports.orders import SECRECIES, Secrecy
    from gmops_desktop.services.reports import SUBJECTS

    spoken: Language = one_of(language, LANGUAGES, "--language")
    if kind == "all":
        if of or out or text:
            raise typer.BadParameter(tr("all takes a month only"), param_hint="--period")
        _make_all(about("monthly", period, of), spoken, as_json)
        return
    wanted: Kind = one_of(kind, tuple(SUBJECTS), "KIND")
    secret: Secrecy = one_of(secrecy, SECRECIES, "--secrecy")
    named = about(wanted, period, of)
    written = [_given(one) for one in text or ()]
    with opened(as_json) as session:
        if session.services.contracts.current() is None and wanted == "monthly":
            session.terminal.tell(tr("No contract is set up; the example contract is used."))
        if written:
            write_texts(session, session.services.report_texts.key(wanted, named), written)
        report = session.run(
            lambda context: session.services.reports.make(
                wanted,
                named,
                context,
                out=out.absolute() if out else None,
                language=spoken,
                secrecy=secret,
                corrects=corrects,
            ),
            tr("Making the report of {period}", period=named or kind),
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


def _make_all(period: str, language: Language, as_json: bool) -> None:
    """Make every document that a month lacks; one that fails stops no other."""
    with opened(as_json) as session:
        end = session.services.month_end
        owed = [one for one in end.owed(period) if one.due]
        found = session.run(
            lambda context: end.make_all(owed, context, language=language),
            tr("Making the documents of {period}", period=period),
        )
        failed = [one.owed.title for one in found if one.report is None]
        if not (failed and as_json):
            session.terminal.table(
                {"documents": found},
                (tr("Document"), tr("Of"), tr("Result"), tr("File")),
                [
                    (
                        one.owed.title,
                        one.owed.of,
                        one.report.number if one.report else f"{one.fault} {one.hint}",
                        str(one.report.path) if one.report else "",
                    )
                    for one in found
                ],
            )
        if not owed:
            session.terminal.tell(tr("Everything owed for this month is made already."))
        if failed:
            fault = OpsError(
                tr("Not made: {titles}.", titles=tr(", ", context="list").join(failed)),
                hint=tr("Mend what the table names, then give the same command again."),
                unharmed=tr("The other documents of the month are made and kept."),
            )
            raise BadAnswer(plain({"documents": found}), fault)


def _given(words: str) -> tuple[str, str]:
    """Return the section that `--text` names, and the text of its file."""
    section, sign, file = words.partition("=")
    if not sign or not file:
        raise typer.BadParameter(tr("write SECTION=FILE"), param_hint="--text")
    return section.strip(), read_text(file)


def about(kind: Kind, period: str, of: str) -> str:
    """Return what the document is of; refuse what does not belong to its kind."""
    from gmops_desktop.services.reports import ORDERED, SUBJECTS

    subject = SUBJECTS[kind]
    if subject == "month":
        if of:
            raise typer.BadParameter(tr("a month is named by --period"), param_hint="--of")
        if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", period):
            raise typer.BadParameter(tr("it is a month, such as 2018-04"), param_hint="--period")
        return period
    if subject == "span":
        if of:
            raise typer.BadParameter(tr("months are named by --period"), param_hint="--of")
        return period
    if subject in ("quarter", "year"):
        if of:
            raise typer.BadParameter(tr("a period is named by --period"), param_hint="--of")
        form = r"[0-9]{4}-[Qq][1-4]" if subject == "quarter" else r"[0-9]{4}"
        if not re.fullmatch(form, period):
            words = tr("it is a quarter, such as 2018-Q2, or a year, such as 2018")
            raise typer.BadParameter(words, param_hint="--period")
        return period.upper()
    if period:
        raise typer.BadParameter(tr("it is not of a month; use --of"), param_hint="--period")
    if subject == "ticket" and not of.strip():
        raise typer.BadParameter(tr("name the ticket"), param_hint="--of")
    if subject not in ORDERED and kind != "payment" and not of.strip():
        raise typer.BadParameter(tr("name what it is of"), param_hint="--of")
    return of


@commands.command("list", cls=Command, help=tr("List the reports made here, newest first."))
def list_all(as_json: Json = False) -> None:
    from gmops_desktop.services.reports import word_of_kind

    with opened(as_json) as session:
        reports = session.services.reports.all(session.services.contracts.current())
        session.terminal.table(
            {"reports": reports},
            (tr("Number"), tr("Kind"), tr("Period"), tr("Made at"), tr("Signature"), tr("File")),
            [
                (
                    report.number,
                    word_of_kind(report.kind),
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
