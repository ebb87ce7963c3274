"""`gmops ticket search`, `import`, `export` and `ics`: many tickets at once, in and out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json, argument, option
from gmops_desktop.cli.session import opened
from gmops_desktop.cli.terminal import BadAnswer
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.adapters.sheets import Sheet
    from gmops_desktop.contract.old_lists import Field
    from gmops_desktop.services.ticket_imports import Outcome

_SHOWN_REFUSALS = 20

File = Annotated[Path, argument("FILE", tr("The file to write."))]


def add_to(ticket: typer.Typer) -> None:
    """Put these among the commands on tickets."""
    for name, summary, run in (
        ("search", tr("Find tickets and other records by words; two characters suffice."), search),
        ("import", tr("Take in an old list of tickets from Excel or CSV."), take_in),
        ("export", tr("Write the list of tickets as .xlsx or .csv."), export),
        ("ics", tr("Write promises, planned changes and ends of contracts as a calendar."), ics),
    ):
        ticket.command(name, cls=Command, help=summary)(run)


def search(
    text: Annotated[
        str,
        argument("WORDS", tr("All of them must occur.")),
    ],
    everywhere: Annotated[
        bool,
        typer.Option("--everywhere", help=tr("Also contacts, changes, reports and other records.")),
    ] = False,
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.tickets import word_of_state

    with opened(as_json) as session:
        finding = session.services.finding
        found = finding.tickets(text)
        lines = [one for one in finding.lines() if one.id in found]
        others = finding.everywhere(text) if everywhere else ()
        answer = {"tickets": [one._asdict() for one in lines], "others": others}
        session.terminal.table(
            answer,
            (tr("Number"), tr("Title"), tr("State"), tr("Opened at")),
            [
                (one.number, one.title, word_of_state(one.state), words.stamp(one.opened_at))
                for one in lines
            ],
        )
        if not as_json:
            for one in others:
                session.terminal.answer(None, f"{one.kind}: {one.title}")


def take_in(
    path: Annotated[
        Path,
        argument("FILE", tr("A list: .xlsx, .xls or .csv.")),
    ],
    sheet_name: Annotated[
        str,
        option(
            "--sheet",
            tr("Which sheet of the Excel file; else the first that holds a list."),
            metavar="NAME",
        ),
    ] = "",
    columns: Annotated[
        list[str] | None,
        option(
            "--column",
            tr("In which column a field stands, such as title=事项; else it is guessed."),
            metavar="FIELD=HEAD",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=tr("Only say what would happen; write nothing."))
    ] = False,
    refused: Annotated[
        Path | None,
        option("--refused", tr("Write the refused rows there (.xlsx or .csv)."), metavar="FILE"),
    ] = None,
    as_json: Json = False,
) -> None:
    from gmops_desktop.services.ticket_imports import Plan
    from ui.export import write_table
    from ui.ticket_words import refusal_table

    with opened(as_json) as session:
        imports = session.services.ticket_imports
        sheet, guessed = session.run(
            lambda context: imports.read(path, context, sheet_name),
            tr("Reading the list"),
            terse=True,
        )
        plan = Plan({**guessed.columns, **_named(sheet, columns or [])})
        if not as_json:
            for field, place in plan.columns.items():
                session.terminal.tell(f"{field} = {sheet.heads[place]}")
        verb = imports.look if dry_run else imports.take
        outcome = session.run(
            lambda context: verb(sheet, plan, context), tr("Taking in the list"), terse=True
        )
        if refused is not None:
            heads, rows = refusal_table(outcome.refused)
            session.run(
                lambda context: write_table(refused, heads, rows, context),
                tr("Save the refused rows"),
                terse=True,
            )
        if outcome.refused and not outcome.taken and not outcome.known:
            raise BadAnswer(outcome, _all_refused(outcome))
        session.terminal.answer(outcome, *_told(outcome, dry_run=dry_run))


def export(path: File, as_json: Json = False) -> None:
    from ui.export import write_table
    from ui.ticket_words import ticket_table

    with opened(as_json) as session:
        lines = session.services.finding.lines()
        names = {one.id: one.name for one in session.services.contracts.resources()}
        heads, rows = ticket_table(lines, names)
        written = session.run(
            lambda context: write_table(path, heads, rows, context),
            tr("Export the list"),
            terse=True,
        )
        session.terminal.answer(
            {"file": written, "tickets": len(lines)}, _written(written, len(lines))
        )


def ics(path: File, as_json: Json = False) -> None:
    with opened(as_json) as session:
        count = session.services.due_dates.write(path)
        text = tr_n("{count} due date: {file}", "{count} due dates: {file}", count, file=path)
        session.terminal.answer({"file": path, "due": count}, text)


def _written(path: Path, count: int) -> str:
    return tr_n("{count} ticket: {file}", "{count} tickets: {file}", count, file=path)


def _named(sheet: Sheet, columns: list[str]) -> dict[Field, int]:
    """Return the columns that were named as FIELD=HEAD."""
    from gmops_desktop.contract.old_lists import FIELDS

    found: dict[Field, int] = {}
    for named in columns:
        word, _, head = named.partition("=")
        field = next((one for one in FIELDS if one == word), None)
        if field is None:
            choices = ", ".join(FIELDS)
            raise typer.BadParameter(
                tr("it is one of {choices}", choices=choices), param_hint="--column"
            )
        if head not in sheet.heads:
            raise OpsError(
                tr("The list has no column “{head}”.", head=head),
                hint=tr("Its columns are: {heads}.", heads=words.listed(sheet.heads)),
                unharmed=tr("Nothing was imported."),
            )
        found[field] = sheet.heads.index(head)
    return found


def _all_refused(outcome: Outcome) -> OpsError:
    first = outcome.refused[0]
    return OpsError(
        tr(
            "Every row is refused; row {row}, {column}: {why}.",
            row=first.row,
            column=first.column,
            why=first.why,
        ),
        hint=tr("Name the columns with --column, or mend the list."),
        unharmed=tr("Nothing was imported."),
    )


def _told(outcome: Outcome, *, dry_run: bool) -> list[str]:
    from ui.ticket_words import did, would

    lines = [would(outcome) if dry_run else did(outcome)]
    for one in outcome.refused[:_SHOWN_REFUSALS]:
        lines.append(
            tr("Row {row}, {column}: {why} ({value})", row=one.row, column=one.column, why=one.why,
               value=one.value)
        )  # fmt: skip
    if (more := len(outcome.refused) - _SHOWN_REFUSALS) > 0:
        lines.append(tr("… and {count} more; --refused FILE writes them all.", count=more))
    return lines
