"""`gmops report text|templates`: people's own words for the sections of documents."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.help import Command
from gmops_desktop.cli.options import Json, argument, one_of, option
from gmops_desktop.cli.session import Session, opened
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.contract.report_texts import OwnText, TextKey, TextTemplate
    from gmops_desktop.services.reports import Kind

_verbs = typer.Typer()

Keep = Annotated[
    str,
    option("--keep", tr("Keep the text as a template under this name."), metavar="NAME"),
]


def add_to(commands: typer.Typer) -> None:
    """Add the commands to `gmops report`."""
    commands.registered_commands += _verbs.registered_commands


@_verbs.command(
    "text",
    cls=Command,
    help=tr(
        "Show or write your own words for the sections of a document; the next version prints them."
    ),
)
def text(
    kind: Annotated[str, argument("KIND", tr("A kind of document."))],
    period: Annotated[str, option("--period", tr("The month it is of."))] = "",
    of: Annotated[
        str,
        option("--of", tr("The ticket, change, … it is of.")),
    ] = "",
    section: Annotated[str, option("--section", tr("The section to write."))] = "",
    file: Annotated[
        str,
        option("--file", tr("A UTF-8 text; - reads input."), metavar="FILE"),
    ] = "",
    template: Annotated[str, option("--template", tr("Take this template's text."))] = "",
    clear: Annotated[bool, typer.Option("--clear", help=tr("Empty the section."))] = False,
    keep: Keep = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.cli.report import about
    from gmops_desktop.contract.report_texts import SECTIONS, word_of_section
    from gmops_desktop.services.reports import SUBJECTS

    wanted: Kind = one_of(kind, tuple(SUBJECTS), "KIND")
    writes = sum(map(bool, (file, template, clear)))
    if writes > 1:
        raise typer.BadParameter(tr("one at a time"), param_hint="--file, --template, --clear")
    if (writes or keep) and not section:
        raise typer.BadParameter(tr("name the section"), param_hint="--section")
    given = read_text(file) if file else ""
    with opened(as_json) as session:
        texts = session.services.report_texts
        key = texts.key(wanted, about(wanted, period, of))
        if template:
            given = _template(session, wanted, section, template).text
        if writes:
            texts.write(key, section, given)
        found = {one.section: one for one in texts.of(key)}
        if keep:
            there = found.get(section)
            texts.keep_template(wanted, section, keep, there.text if there else "")
        session.terminal.table(
            {"document": key, "texts": [found.get(name) for name in SECTIONS[wanted]
                                        if name in found]},
            (tr("Section"), tr("Name"), tr("Written by"), tr("At", context="time"), tr("Text")),
            [
                (name, word_of_section(wanted, name), *_row(found, name))
                for name in SECTIONS[wanted]
                if section in ("", name)
            ],
        )  # fmt: skip
        for one in found.values():
            if one.other:
                session.terminal.tell(
                    tr("Another machine wrote otherwise in “{section}”: write it again to settle "
                       "it.", section=one.section)
                )  # fmt: skip


def _row(found: dict[str, OwnText], name: str) -> tuple[str, str, str]:
    one = found.get(name)
    return (one.by, words.stamp(one.at), one.text) if one is not None else ("", "", "—")


@_verbs.command("templates", cls=Command, help=tr("List the templates of texts, or drop one."))
def templates(
    drop: Annotated[
        str,
        option("--drop", tr("Offer it no more."), metavar="NAME"),
    ] = "",
    kind: Annotated[str, option("--kind", tr("Of this kind."))] = "",
    section: Annotated[str, option("--section", tr("Of this section."))] = "",
    as_json: Json = False,
) -> None:
    from gmops_desktop.contract.report_texts import word_of_section

    with opened(as_json) as session:
        texts = session.services.report_texts
        if drop:
            texts.drop_template(_template(session, kind, section, drop).id)
        found = texts.templates(kind, section)
        session.terminal.table(
            {"templates": found},
            (tr("Kind"), tr("Section"), tr("Name"), tr("Text")),
            [(one.kind, word_of_section(one.kind, one.section), one.name, one.text)
             for one in found],
        )  # fmt: skip


def read_text(name: str) -> str:
    """Return the text of a file, or of standard input for "-"; refuse what is no UTF-8."""
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise OpsError(
            tr("{path} cannot be read: {why}.", path=name, why=error.strerror or error),
            hint=tr("Check the name, and whether you may read it."),
        ) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise OpsError(
            tr("{path} is no UTF-8 text.", path=name),
            hint=tr("Save it as UTF-8 in your editor; nothing was kept."),
        ) from error


def write_texts(session: Session, key: TextKey, given: list[tuple[str, str]]) -> None:
    """Keep what `make --text SECTION=FILE` names, all of it or none."""
    from gmops_desktop.contract.report_texts import check_section, tidied

    for section, said in given:
        check_section(key.kind, section)
        tidied(said)
    for section, said in given:
        session.services.report_texts.write(key, section, said)


def _template(session: Session, kind: str, section: str, name: str) -> TextTemplate:
    found = [one for one in session.services.report_texts.templates(kind, section)
             if name in (one.name, one.id)]  # fmt: skip
    if len(found) == 1:
        return found[0]
    if found:
        raise OpsError(
            tr("Several templates are called “{name}”.", name=name),
            hint=tr("Name kind and section, too."),
        )
    raise OpsError(
        tr("There is no template “{name}” here.", name=name),
        hint=tr("`gmops report templates` lists them."),
    )
