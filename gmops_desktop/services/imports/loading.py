"""Runs a dump's statements on one connection, in the order of the file.

Rows that a tool wrote one INSERT each are sent many at a time: on a slow line each statement costs
its latency.  They are committed every few megabytes, so that what was done before a fault is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection, script
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.archive.charsets import readable
from gmops_desktop.archive.statements import Session, Statement
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.imports.policy import judge

_JOINED: Final = 256 << 10  # bytes of rows sent at once where they came one by one
_COMMITTED: Final = 8 << 20  # bytes of rows in one transaction
_SHOWN: Final = 100  # characters of a statement that are enough to find it
_NAMED: Final = 100  # statements of a kind that are kept by name; the rest is counted
_NEEDS_SUPER: Final = (1227, 1449)
_FATAL: Final = (3, 1021, 1030, 1041, 1044, 1114, 1153, 1290, 1878)  # the next one fails as well
_CONDITIONAL: Final = b"/*!M0123456789 "
_SECRET: Final = re.compile(r"\bIDENTIFIED\b.*|\bPASSWORD\b.*", re.IGNORECASE | re.DOTALL)
_NAME: Final = rb"(?:`(?:[^`]|``)*`|[\w$\x80-\xff]+)"
# What can be joined: one INSERT whose text after VALUES holds nothing but rows.
_SINGLE: Final = re.compile(
    rb"(INSERT\s+INTO\s+(" + _NAME + rb")\s*(?:\([^()'\"]*\)\s*)?VALUES)\s*(\(.*\))\Z",
    re.IGNORECASE | re.DOTALL,
)
_NOT_JOINED: Final = re.compile(rb"\bON\s+DUPLICATE\b|\bRETURNING\b|/\*|--|#", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """A statement that was left out, or that a sentence is about: `why` is that sentence."""

    line: int
    beginning: str
    why: str


class StatementRefused(OpsError):
    """The server refused a statement; what ran before it is committed."""

    def __init__(self, named: Named, cause: OpsError) -> None:
        super().__init__(cause.message, hint=cause.hint)
        self.named = named


class SecondSchema(OpsError):
    """The dump holds more than one schema, and nobody said which is meant."""


@dataclass(slots=True)
class Tally:
    """What was done so far; `kept` are the statements and rows that a cut line leaves there."""

    statements: int = 0
    rows: int = 0
    kept: tuple[int, int] = (0, 0)
    warnings: int = 0
    skipped: list[Named] = field(default_factory=list)
    refused: list[Named] = field(default_factory=list)
    warned: list[Named] = field(default_factory=list)
    more: int = 0  # that were not kept by name

    def name(self, kept: list[Named], named: Named) -> None:
        if len(kept) < _NAMED:
            kept.append(named)
        else:
            self.more += 1


class Loader:
    """Loads statements into the schema of `connection`; `only` names one schema of several.

    With `past_errors` what the server refuses is named and left out.
    """

    def __init__(
        self,
        connection: MysqlConnection,
        session: Session,
        *,
        only: str = "",
        fixed_charset: bool = False,
        past_errors: bool = False,
    ) -> None:
        self.tally = Tally()
        self._connection = connection
        self._session = session
        self._only = only
        self._within = ""  # the schema of the dump that its statements belong to now
        self._fixed_charset = fixed_charset
        self._past_errors = past_errors
        self._charset = ""  # what the server knows to be the session's
        self._joining: list[Statement] = []
        self._head = b""
        self._tails: list[bytes] = []
        self._joined = 0
        self._uncommitted = 0
        self._joinable: dict[bytes, bool] = {}
        self.table = ""  # into which the last rows went

    def begin(self) -> None:
        """Set the session as dumps expect it."""
        connection = self._connection
        connection.run("SET SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'")
        connection.run("SET SESSION foreign_key_checks=0, unique_checks=1, autocommit=0")
        self._speak()

    def take(self, statement: Statement) -> None:
        """Run a statement, or keep it to be sent with the next ones."""
        schema = self._connection.schema
        verdict = judge(
            statement.text, schema, self._session.charset, fixed_charset=self._fixed_charset
        )
        if verdict.schema:
            self._enter(verdict.schema, statement)
        if verdict.answer == "pass":
            return
        if verdict.answer == "skip":
            self.tally.name(self.tally.skipped, self._named(statement, verdict.why))
            return
        if self._only and self._within and self._within != self._only and not _sets(statement):
            return
        if verdict.answer == "stop":
            self.end()
            named = self._named(statement, verdict.why)
            if not self._past_errors:
                raise StatementRefused(named, OpsError(verdict.why))
            self.tally.name(self.tally.refused, named)
            return
        if verdict.answer == "rows":
            self._rows(statement)
        else:
            self._flush()
            self._joinable.clear()
            self._uncommitted += 1
            self._run(statement, statement.text)
            if _defines(statement):  # which commits by itself
                self._commit()
            elif _sets(statement) and b"UNIQUE_CHECKS" in statement.text.upper():
                # Without them MariaDB inserts in bulk: a duplicate is found when it is committed,
                # and takes every row of the transaction along.
                self._connection.run("SET SESSION unique_checks=1")
        self._speak()

    def end(self) -> None:
        """Send what waits, and commit."""
        self._flush()
        self._commit()

    def _commit(self) -> None:
        if self._uncommitted:
            self._connection.run("COMMIT")
            self._uncommitted = 0
        self.tally.kept = (self.tally.statements, self.tally.rows)

    # ------------------------------------------------------------ rows

    def _rows(self, statement: Statement) -> None:
        self._uncommitted += len(statement.text)
        single = _SINGLE.match(statement.text) if len(statement.text) < _JOINED else None
        if single is None or _NOT_JOINED.search(statement.text) or not self._joins(single[2]):
            self._flush()
            self._run(statement, statement.text)
        else:
            if self._tails and single[1] != self._head:
                self._flush()
            self._head = single[1]
            self._joining.append(statement)
            self._tails.append(single[3])
            self._joined += len(single[3]) + 2
            if self._joined > min(_JOINED, self._connection.server.max_packet // 2):
                self._flush()
        if self._uncommitted > _COMMITTED:
            self.end()

    def _flush(self) -> None:
        waiting, tails = self._joining, self._tails
        self._joining, self._tails, self._joined = [], [], 0
        if len(waiting) > 1:
            text = self._head + b" " + b",\n".join(tails)
            try:
                self._sent(waiting[0], text, len(waiting))
            except ServerRefused:
                pass  # nothing of it was kept; now to find the one that is meant
            else:
                return
        for statement in waiting:
            self._run(statement, statement.text)

    def _joins(self, table: bytes) -> bool:
        """Whether a failed INSERT into a table leaves nothing behind there."""
        if table not in self._joinable:
            plain = table[1:-1].replace(b"``", b"`") if table.startswith(b"`") else table
            charset = self._charset or "utf8mb4"
            rows = self._connection.rows(
                "SELECT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA=DATABASE()"
                f" AND TABLE_NAME=CONVERT(_{charset} 0x{plain.hex()} USING utf8)"
            )
            self._joinable[table] = any(engine == "InnoDB" for (engine,) in rows)
        return self._joinable[table]

    # ------------------------------------------------------------ one statement

    def _run(self, statement: Statement, text: bytes) -> None:
        try:
            try:
                self._sent(statement, text, 1)
            except ServerRefused as refusal:
                bare = script.without_definer(text)
                if refusal.code not in _NEEDS_SUPER or bare == text:
                    raise
                self._sent(statement, bare, 1)
                why = tr("It now belongs to {user}.", user=self._connection.server.user)
                self.tally.name(self.tally.warned, self._named(statement, why))
        except ServerRefused as refusal:
            named = self._named(statement, refusal.message)
            if not self._past_errors or refusal.code in _FATAL:
                self._commit()
                raise StatementRefused(named, refusal) from refusal
            self.tally.name(self.tally.refused, named)

    def _sent(self, statement: Statement, text: bytes, count: int) -> None:
        connection = self._connection
        affected = connection.run(text)
        self.tally.statements += count
        if text[:7].upper().startswith((b"INSERT", b"REPLACE")):
            self.tally.rows += affected
        if connection.warnings:
            self.tally.warnings += connection.warnings
            found = connection.rows("SHOW WARNINGS LIMIT 3")
            for level, code, said in found:
                # Notes, and "unknown table" of DROP TABLE IF EXISTS, say nothing of the rows.
                if level != "Note" and int(code) != 1051:
                    why = tr("The server warned: {said} ({code})", said=said, code=code)
                    self.tally.name(self.tally.warned, self._named(statement, why))

    # ------------------------------------------------------------ the session

    def _speak(self) -> None:
        """Tell the server the character set, and have its answers in UTF-8 whatever it is."""
        if self._charset != self._session.charset:
            charset = self._session.charset
            if not self._charset or self._fixed_charset:
                self._connection.run(f"SET NAMES {re.sub(r'[^a-z0-9_]', '', charset)}")
            self._charset = charset
            self._connection.run("SET character_set_results=utf8mb4")

    def _enter(self, schema: str, statement: Statement) -> None:
        self._flush()
        if self._within and schema != self._within and not self._only:
            self.end()
            raise SecondSchema(
                tr("From line {line} on the dump holds another schema: {second} after {first}.",
                   line=statement.line, second=schema, first=self._within),
                hint=tr("Say which of them to import."),
            )  # fmt: skip
        self._within = schema

    def _named(self, statement: Statement, why: str) -> Named:
        text = " ".join(readable(statement.text[:400], self._session.charset).split())
        beginning = _SECRET.sub("…", text)
        short = beginning if len(beginning) <= _SHOWN else beginning[:_SHOWN] + "…"
        return Named(statement.line, short, why)


def _defines(statement: Statement) -> bool:
    words = statement.text.lstrip(_CONDITIONAL)[:7].upper()
    return words.startswith((b"CREATE", b"ALTER", b"DROP", b"TRUNC", b"RENAME"))


def _sets(statement: Statement) -> bool:
    return statement.text.lstrip(_CONDITIONAL)[:4].upper() == b"SET "
