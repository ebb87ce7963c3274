"""The verbs of importing: look at a file, load it into a new schema, remove that schema again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection
from gmops_desktop.adapters.mysql.dialect import name
from gmops_desktop.adapters.mysql.failures import ServerGone, ServerRefused
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive import charsets, foreign, unpacking
from gmops_desktop.archive.inventory import Backup
from gmops_desktop.archive.statements import OversizedStatement, Session, Splitter
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.imports.ledger import Ledger, Started
from gmops_desktop.services.imports.loading import Loader, Named, StatementRefused, Tally
from gmops_desktop.services.imports.stops import ImportStopped, doing, stopped, too_large

__all__ = ["ImportStopped", "Imported", "Imports", "Look", "Started"]

_HEAD: Final = 4 << 20  # bytes of text by which its character set is judged
_TAIL: Final = 4096
_OVERHEAD: Final = 2  # bytes of a packet that are not the statement's
_SYSTEM: Final = {"mysql", "information_schema", "performance_schema", "sys"}
_OURS: Final = b"-- Archive of "

Connect = Callable[[MysqlAddress, Context], MysqlConnection]
Take = Callable[[MysqlAddress, Context], Backup]


@dataclass(frozen=True, slots=True)
class Look:
    """What a file is before it is imported: `packed` how, `member` of a ZIP, which character set.

    `seems` is what the bytes look like (ascii, utf8mb4, gbk, gb18030, unknown); `contradicted` says
    that it declares another one.
    """

    path: Path
    kind: str
    packed: str
    member: str
    file_bytes: int
    charset: str
    declared: str
    seems: str
    contradicted: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """An import that came to its end.

    `skipped` is what does not belong into a schema, `refused` what the server did not take,
    `warned` what it took with a warning.  `faults` says in sentences why the file may not be whole.
    """

    at: datetime
    seconds: float
    look: Look
    target: str
    schema: str
    statements: int
    tables: int
    rows: int
    text_bytes: int
    skipped: tuple[Named, ...]
    refused: tuple[Named, ...]
    warned: tuple[Named, ...]
    unnamed: int  # further ones, which were only counted
    faults: tuple[str, ...]
    backup: Backup | None


class Imports:
    """Imports of other tools' dumps, each into a schema that holds nothing yet.

    `take` writes an archive of the loaded schema, which the restore then previews and brings into
    the present one.  `ledger` is the file in which the schemas made here are kept.
    """

    def __init__(self, connect: Connect, take: Take, ledger: Path) -> None:
        self._connect = connect
        self._take = take
        self._ledger = Ledger(ledger)

    def look(self, path: Path, *, member: str = "", charset: str = "") -> Look:
        """Say what a file is, by its beginning.  Raises `OpsError` for what is no dump."""
        with unpacking.opened(path, member) as text:
            head = b""
            for block in text.blocks():
                head += block
                if len(head) >= _HEAD:
                    break
        if not head:
            raise OpsError(tr("{file} is empty.", file=path.name))
        if head.startswith(_OURS):
            raise OpsError(
                tr("{file} is an archive of this program.", file=path.name),
                hint=tr("It needs no import: preview it and restore it as it is."),
            )
        told = foreign.told(head)
        if told.faults or (b"\0" in head[:4096] and not head.startswith(b"\xff\xfe")):
            raise OpsError(
                tr("{file} is not SQL text: {kind}.", file=path.name, kind=told.kind),
                hint=tr("Choose a dump: .sql, or one packed as .gz, .zst or .zip."),
            )
        reading = charsets.detect(head, said=charset)
        return Look(
            path=path,
            kind=told.kind,
            packed=text.packed,
            member=text.name,
            file_bytes=text.size,
            charset=reading.charset,
            declared=reading.declared,
            seems=reading.seems,
            contradicted=reading.contradicted,
        )

    def proposed(self, target: MysqlAddress, now: datetime | None = None) -> str:
        """Return a name for the new schema beside `target`."""
        at = (now or datetime.now(UTC)).astimezone()
        return f"{target.schema[:48]}_{at:%m%d_%H%M%S}"

    def run(
        self,
        path: Path,
        target: MysqlAddress,
        context: Context,
        *,
        schema: str,
        member: str = "",
        charset: str = "",
        only: str = "",
        past_errors: bool = False,
        again: bool = False,
        archive: bool = True,
    ) -> Imported:
        """Load `path` into the new `schema` on `target`'s server, then take an archive of that.

        `charset` overrules what the dump says of itself, `only` names one schema of several in it,
        `past_errors` names what the server refuses and goes on, `again` first removes what an
        earlier import left in `schema`.  `target`'s own schema is never written to.  Cancelled, the
        new schema is removed; stopped by an error (`ImportStopped`), it is kept for a look.
        """
        look = self.look(path, member=member, charset=charset)
        self._refuse_present(target, schema)
        if again:
            self.remove(target, schema, context)
        clock, at = time.monotonic(), datetime.now(UTC)
        new = replace(target, schema=schema)
        started = Started(server_of(target), schema, str(path.absolute()), at, "loading")
        created = self._create(target, schema, started, context)
        try:
            tally, text_bytes, last, tables = self._load(
                look, new, context, member=member, charset=charset, only=only,
                past_errors=past_errors,
            )  # fmt: skip
            backup = self._archived(new, context) if archive else None
            self._silence(new, context)
        except BaseException as error:
            if context.cancelled:
                self._tidy(target, started, context, created=created)
            else:
                self._ledger.reach(started, "stopped", getattr(error, "line", 0))
            raise
        self._ledger.reach(started, "done")
        return Imported(
            at=at,
            seconds=time.monotonic() - clock,
            look=look,
            target=str(target),
            schema=schema,
            statements=tally.statements,
            tables=tables,
            rows=tally.rows,
            text_bytes=text_bytes,
            skipped=tuple(tally.skipped),
            refused=tuple(tally.refused),
            warned=tuple(tally.warned),
            unnamed=tally.more,
            faults=last,
            backup=backup,
        )

    def all(self) -> tuple[Started, ...]:
        """Return the imports whose schemas are still there, newest first."""
        return tuple(reversed(self._ledger.all()))

    def remove(self, target: MysqlAddress, schema: str, context: Context) -> None:
        """Drop a schema that an import made; refuse any other."""
        self._refuse_present(target, schema)
        if self._ledger.find(server_of(target), schema) is None:
            raise OpsError(
                tr("No import from this machine made the schema “{schema}”.", schema=schema),
                hint=tr("Drop it with the server's own tools if nobody needs it."),
                unharmed=tr("Nothing was removed."),
            )
        self._drop(target, schema, context)

    # ------------------------------------------------------------ the schema

    def _refuse_present(self, target: MysqlAddress, schema: str) -> None:
        if not schema.strip() or schema.lower() == target.schema.lower() or schema in _SYSTEM:
            raise OpsError(
                tr("A dump is not loaded into “{schema}”.", schema=schema),
                hint=tr("Name a new schema; a restore brings it into the present one afterwards."),
                unharmed=tr("Nothing was written."),
            )

    def _create(
        self, target: MysqlAddress, schema: str, started: Started, context: Context
    ) -> bool:
        """Make the new schema as `target`'s is made; say whether it was not there before."""
        with self._connect(replace(target, schema=""), context) as connection:
            there = connection.rows(
                "SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME=%s", schema
            )
            if there:
                known = self._ledger.find(server_of(target), schema)
                self._refuse_filled(connection, schema, known)
            else:
                like = connection.rows(
                    "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME"
                    " FROM information_schema.SCHEMATA WHERE SCHEMA_NAME=%s",
                    target.schema,
                )
                charset, collation = like[0] if like else ("utf8mb4", "utf8mb4_general_ci")
                try:
                    connection.run(
                        f"CREATE DATABASE {name(schema)} CHARACTER SET {charset}"
                        f" COLLATE {collation}"
                    )
                except ServerRefused as refusal:
                    raise OpsError(
                        tr("The new schema “{schema}” cannot be made. {why}",
                           schema=schema, why=refusal.message),
                        hint=tr("Have an administrator make it empty, with all rights on it for "
                                "{user}, and name it here.", user=target.user),
                        unharmed=tr("Nothing was written."),
                    ) from refusal  # fmt: skip
        self._ledger.enter(started)
        return not there

    def _refuse_filled(
        self, connection: MysqlConnection, schema: str, known: Started | None
    ) -> None:
        for view, column in (
            ("TABLES", "TABLE_SCHEMA"),
            ("ROUTINES", "ROUTINE_SCHEMA"),
            ("EVENTS", "EVENT_SCHEMA"),
        ):
            held = connection.rows(
                f"SELECT 1 FROM information_schema.{view} WHERE {column}=%s LIMIT 1", schema
            )
            if held and known and known.state == "loading":
                raise OpsError(
                    tr("An import of {file} into “{schema}” was interrupted: what is there is not "
                       "whole.", file=Path(known.file).name, schema=schema),
                    hint=tr("Import again (--again): that removes it and starts anew. It cannot go "
                            "on where it ended, for what was half done then nobody can tell."),
                    unharmed=tr("Nothing was written."),
                )  # fmt: skip
            if held:
                raise OpsError(
                    tr("The schema “{schema}” is there already and is not empty.", schema=schema),
                    hint=tr("Name a new one; or, if an earlier import left it, import again."),
                    unharmed=tr("Nothing was written."),
                )

    def _archived(self, new: MysqlAddress, context: Context) -> Backup:
        try:
            return self._take(new, context)
        except OpsError as error:
            context.check()
            self._silence(new, context)
            raise ImportStopped(
                tr("“{schema}” is loaded, but its archive could not be taken: {why}",
                   schema=new.schema, why=error.message),
                hint=error.hint,
                unharmed=tr("The schema is as it was."),
                schema=new.schema,
            ) from error  # fmt: skip

    def _silence(self, new: MysqlAddress, context: Context) -> None:
        """Let the copies of events do nothing more: what they are is in the archive by now."""
        with self._connect(new, Context()) as connection:
            for (event,) in connection.rows(
                "SELECT EVENT_NAME FROM information_schema.EVENTS"
                " WHERE EVENT_SCHEMA=DATABASE() AND STATUS='ENABLED'"
            ):
                connection.run(f"ALTER EVENT {name(event)} DISABLE")
                context.note(tr("The event {name} does not run in the new schema.", name=event))

    def _drop(self, target: MysqlAddress, schema: str, context: Context) -> None:
        with self._connect(replace(target, schema=""), context) as connection:
            connection.run(f"DROP DATABASE IF EXISTS {name(schema)}")
        self._ledger.forget(server_of(target), schema)

    def _tidy(
        self, target: MysqlAddress, started: Started, context: Context, *, created: bool
    ) -> None:
        """Take a cancelled import back; what cannot be taken back now is on the list."""
        schema = started.schema
        self._ledger.reach(started, "stopped")
        if not created:
            context.note(tr("{schema} was there before and keeps what was loaded.", schema=schema))
            return
        try:
            self._drop(target, schema, Context())
        except OpsError as error:
            context.note(
                tr("{schema} could not be removed now: {why}", schema=schema, why=error.message)
            )

    # ------------------------------------------------------------ the rows

    def _load(
        self,
        look: Look,
        new: MysqlAddress,
        context: Context,
        *,
        member: str,
        charset: str,
        only: str,
        past_errors: bool,
    ) -> tuple[Tally, int, tuple[str, ...], int]:
        """Load the text; return what was done, its bytes, its faults, and how many tables are."""
        text_bytes, first, last = 0, b"", b""
        with (
            unpacking.opened(look.path, member) as text,
            self._connect(new, context) as connection,
            connection.one_at_a_time(),
        ):
            session = Session(look.charset, fixed=bool(charset))
            loader = Loader(
                connection, session, only=only, fixed_charset=bool(charset), past_errors=past_errors
            )
            limit = connection.server.max_packet - _OVERHEAD
            splitter: Splitter | None = None
            try:
                loader.begin()
                for block in text.blocks():
                    text_bytes += len(block)
                    if splitter is None:
                        reading = charsets.detect(block, said=look.charset)
                        splitter = Splitter(session, limit=limit, lone_cr=reading.lone_cr)
                        first, block = block[:_TAIL], block[reading.bom :]
                    last = (last + block[-_TAIL:])[-_TAIL:]
                    for statement in splitter.feed(block):
                        loader.take(statement)
                        context.progress(
                            min(99, 100 * text.place // max(1, text.size)),
                            doing(loader.tally),
                            connection.travelled,
                        )
                if splitter is not None:
                    for statement in splitter.finish():
                        loader.take(statement)
                loader.end()
                tables = connection.rows(
                    "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA=DATABASE()"
                    " AND TABLE_TYPE='BASE TABLE'"
                )
            except (OpsError, OversizedStatement) as error:
                context.check()
                raise _explained(look.path, loader, session, new.schema, limit, error) from error
        if splitter is not None and splitter.lone_cr:
            first, last = first.replace(b"\r", b"\n"), last.replace(b"\r", b"\n")
        told = foreign.told(first, last)
        return loader.tally, text_bytes, told.faults, int(tables[0][0])


def _explained(
    path: Path,
    loader: Loader,
    session: Session,
    schema: str,
    limit: int,
    error: OpsError | OversizedStatement,
) -> ImportStopped:
    """Keep what was loaded before `error`, and say what that ended."""
    if not isinstance(error, StatementRefused | ServerGone):
        try:
            loader.end()
        except OpsError as earlier:  # rows that still waited to be sent come before it
            error = earlier
    if isinstance(error, StatementRefused):
        return stopped(path, schema, loader.tally, error, error.named)
    if isinstance(error, OversizedStatement):
        beginning = " ".join(charsets.readable(error.beginning, session.charset).split())
        named = Named(error.line, beginning[:100] + "…", "")
        return stopped(path, schema, loader.tally, too_large(limit), named)
    return stopped(path, schema, loader.tally, error, Named(0, "", ""))


def server_of(target: MysqlAddress) -> str:
    """Return what names a server, whatever the schema."""
    way = f" via {target.ssh}" if target.ssh else ""
    return f"{target.user}@{target.host}:{target.port}{way}"
