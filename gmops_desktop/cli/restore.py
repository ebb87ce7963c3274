"""`gmops restore`: show what would change, restore with proof, and take it back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import (
    AcceptFingerprint,
    ArchiveFile,
    Json,
    Key,
    Ssh,
    Target,
    argument,
    option,
)
from gmops_desktop.cli.restore_lines import (
    action_of,
    rows_of,
    show,
    side_by_side,
    state_of,
    unfinished,
)
from gmops_desktop.cli.session import opened
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.services.restores import Choice, Definers, Goal

commands = group("restore", tr("Restore a schema from a backup file, with preview and proof."))

Confirm = Annotated[
    str,
    option(
        "--confirm",
        tr("The name of the schema that is overwritten; without it nothing is written."),
        metavar="SCHEMA",
    ),
]

Into = Annotated[
    str,
    option(
        "--into",
        tr("Another schema on the target's server; it is made if it is not there yet."),
        metavar="SCHEMA",
    ),
]
Tables = Annotated[
    list[str] | None,
    option("--table", tr("Only this table; may be given several times."), metavar="TABLE"),
]
Keys = Annotated[
    list[str] | None,
    option(
        "--row",
        tr("Only the row with this key, as gmops restore rows shows it; with one --table."),
        metavar="KEY",
    ),
]
AcceptReaching = Annotated[
    bool,
    typer.Option(
        "--accept-reaching",
        help=tr("With --into: go on though definitions could reach beyond the new schema."),
    ),
]
AcceptTorn = Annotated[
    bool,
    typer.Option(
        "--accept-torn",
        help=tr("With --table: go on though foreign keys would then name rows that are not there."),
    ),
]
Owners = Annotated[
    list[str] | None,
    option(
        "--definer",
        tr(
            "To whom views, routines, triggers and events belong: as in the backup (keep), to the"
            " account that restores (strip), or to another one (OLD=NEW, as name@host)."
        ),
        metavar="keep|strip|OLD=NEW",
    ),
]


@commands.command(
    "preview", cls=Command, help=tr("Show which rows and definitions a restore would change.")
)
def preview(
    file: ArchiveFile,
    target: Target,
    into: Into = "",
    ssh: Ssh = "",
    key: Key = "",
    accept_fingerprint: AcceptFingerprint = "",
    tables: Tables = None,
    as_json: Json = False,
) -> None:
    choice = _choice(tables, None)
    with opened(as_json) as session:
        address, _ = session.database(target, ssh=ssh, key=key, accept=accept_fingerprint)
        address = replace(address, schema=into or address.schema)
        found = session.run(
            lambda context: session.services.restores.preview(
                file.absolute(), address, context, choice=choice, beside=bool(into)
            ),
            tr("Comparing {file} with {target}", file=file.name, target=address),
        )
        terminal = session.terminal
        if as_json:
            terminal.answer(found)
            return
        if found.identical:
            terminal.answer(
                found, tr("{target} already holds exactly this backup.", target=address)
            )
            return
        if found.makes_schema:
            terminal.answer(
                found, tr("There is no schema {schema} yet; it is made.", schema=address.schema)
            )
        changing = [table for table in found.tables if table.action != "same"]
        terminal.table(
            found,
            (tr("Table"), tr("Change", context="restore"), tr("Rows"), tr("SQL text")),
            [
                (table.table, action_of(table), rows_of(table), words.size(table.text_bytes))
                for table in changing
            ],
        )
        for item in found.objects:
            terminal.answer(found, tr("The definition of {name} is replaced.", name=item))
        for item in (*found.reaching, *found.torn):
            terminal.answer(found, tr("Beware: {danger}", danger=item))
        terminal.answer(
            found,
            tr(
                "{size} to write, {sent} over the line, about {seconds}. Nothing has been written.",
                size=words.size(found.text_bytes),
                sent=words.size(found.sent_bytes),
                seconds=words.lasting(found.seconds),
            ),
        )


@commands.command(
    "rows", cls=Command, help=tr("Show rows that a restore would change, side by side.")
)
def rows(
    file: ArchiveFile,
    target: Target,
    table: Annotated[str, typer.Argument(metavar="TABLE", show_default=False)],
    most: Annotated[int, typer.Option("--most", help=tr("How many rows to show."))] = 20,
    into: Into = "",
    ssh: Ssh = "",
    key: Key = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        address, _ = session.database(target, ssh=ssh, key=key, accept=accept_fingerprint)
        address = replace(address, schema=into or address.schema)
        found = session.run(
            lambda context: session.services.restores.rows(
                file.absolute(), address, table, context, most=most
            ),
            tr("Comparing {file} with {target}", file=file.name, target=address),
        )
        terminal = session.terminal
        if as_json:
            terminal.answer(found)
            return
        if not found.rows:
            terminal.answer(found, tr("No single rows of {name} differ.", name=table))
            return
        terminal.table(
            found,
            (tr("Key"), tr("Column"), tr("In the backup"), tr("Now")),
            [line for row in found.rows for line in side_by_side(found.columns, row)],
        )
        if found.more:
            terminal.answer(found, tr("There are more; see --most."))


@commands.command(
    "run",
    cls=Command,
    help=tr(
        "Restore a backup file over a schema; a safety copy is taken first, and the digests of "
        "the schema prove the result (exit 3 if they differ)."
    ),
)
def run(
    file: ArchiveFile,
    target: Target,
    confirm: Confirm = "",
    into: Into = "",
    ssh: Ssh = "",
    key: Key = "",
    accept_fingerprint: AcceptFingerprint = "",
    tables: Tables = None,
    keys: Keys = None,
    definer: Owners = None,
    accept_reaching: AcceptReaching = False,
    accept_torn: AcceptTorn = False,
    as_json: Json = False,
) -> None:
    choice = replace(_choice(tables, keys), tears=accept_torn)
    definers = _definers(definer)
    with opened(as_json) as session:
        address, _ = session.database(target, ssh=ssh, key=key, accept=accept_fingerprint)
        address = replace(address, schema=into or address.schema)
        if not confirm and session.terminal.can_ask:
            question = tr("This overwrites {target}. Type {schema} to go on:", target=address,
                          schema=address.schema)  # fmt: skip
            confirm = session.terminal.ask(question)
        restored = session.run(
            lambda context: session.services.restores.run(
                file.absolute(),
                address,
                context,
                confirm=confirm,
                choice=choice,
                definers=definers,
                beside=bool(into) and not accept_reaching,
            ),
            tr("Restoring {schema}", schema=address.schema),
        )
        session.tell_tickets()
        show(session.terminal, restored)


@commands.command("list", cls=Command, help=tr("List the restores of this machine, newest first."))
def list_all(as_json: Json = False) -> None:
    with opened(as_json) as session:
        done = session.services.restores.all()
        waiting = session.services.restores.unfinished()
        session.terminal.table(
            {"restores": done, "interrupted": waiting},
            (tr("At"), tr("Into"), tr("Rows"), tr("State"), "ID"),
            [
                *((words.stamp(one.at), one.target, "", unfinished(one), one.id)
                  for one in waiting),
                *((words.stamp(one.at), one.target, words.number(one.rows), state_of(one), one.id)
                  for one in done),
            ],
        )  # fmt: skip


@commands.command("undo", cls=Command, help=tr("Bring back what the last restore overwrote."))
def undo(
    restored_id: Annotated[
        str,
        argument("ID", tr("A restore; the last one without it.")),
    ] = "",
    confirm: Confirm = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        restores = session.services.restores
        done = [item for item in restores.all() if restored_id in ("", item.id)]
        last = restores.last() if not restored_id else next(iter(done), None)
        if last is None:
            raise OpsError(
                tr("There is no restore to take back."),
                hint=tr("Only restores made from this machine can be undone."),
            )
        if not confirm and session.terminal.can_ask:
            question = tr("This overwrites {target}. Type {schema} to go on:", target=last.target,
                          schema=last.schema)  # fmt: skip
            confirm = session.terminal.ask(question)
        if confirm != last.schema:
            raise OpsError(
                tr("The schema's name was not confirmed."),
                hint=tr("Repeat the command with --confirm {schema}.", schema=last.schema),
                unharmed=tr("Nothing was written."),
            )
        session.prepare(restores.target_of(last.id), accept=accept_fingerprint)
        restored = session.run(
            lambda context: restores.undo(last.id, context),
            tr("Taking back the restore of {schema}", schema=last.schema),
        )
        session.tell_tickets()
        show(session.terminal, restored)


@commands.command(
    "recover", cls=Command, help=tr("Put right what an interrupted restore left in a schema.")
)
def recover(
    target: Target,
    finish: Annotated[
        bool, typer.Option("--finish", help=tr("Then bring the restore to its end."))
    ] = False,
    back: Annotated[
        bool, typer.Option("--undo", help=tr("Bring back what was there before it, in any case."))
    ] = False,
    into: Into = "",
    ssh: Ssh = "",
    key: Key = "",
    accept_fingerprint: AcceptFingerprint = "",
    as_json: Json = False,
) -> None:
    if finish and back:
        raise typer.BadParameter(tr("--finish and --undo exclude each other."))
    goal: Goal = "after" if finish else "before" if back else "either"
    with opened(as_json) as session:
        address, _ = session.database(target, ssh=ssh, key=key, accept=accept_fingerprint)
        address = replace(address, schema=into or address.schema)
        found = session.run(
            lambda context: session.services.restores.recover(address, context, goal),
            tr("Putting {schema} right", schema=address.schema),
        )
        session.tell_tickets()
        if found is None:
            sentence = tr("No restore of {target} was interrupted.", target=address)
        elif found.stands == "before":
            sentence = tr("{target} is as it was before the interrupted restore.", target=address)
        else:
            sentence = tr("{target} is restored as the interrupted restore meant.", target=address)
        stands = found.stands if found else None
        session.terminal.answer({"recovered": found is not None, "stands": stands}, sentence)


def _choice(tables: list[str] | None, keys: list[str] | None) -> Choice:
    from gmops_desktop.services.restores import Choice

    if keys:
        if len(tables or ()) != 1:
            raise typer.BadParameter(tr("--row needs exactly one --table."))
        return Choice(rows={(tables or [""])[0]: frozenset(keys)})
    return Choice(frozenset(tables) if tables else None)


def _definers(words: list[str] | None) -> Definers:
    from gmops_desktop.services.restores import Definers

    match words or ["keep"]:
        case ["keep"]:
            return Definers()
        case ["strip"]:
            return Definers("strip")
        case pairs:
            names = dict(pair.split("=", 1) for pair in pairs if pair.count("=") == 1)
            if len(names) != len(pairs) or not all("@" in n for n in names.values()):
                raise typer.BadParameter(tr("--definer takes keep, strip, or OLD=NEW."))
            return Definers("map", names)
