"""Runs the SQL of a release from here, over the product's own connection, statement by statement.

No credential of the database goes to the server whose files change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive.release_package import split
from gmops_desktop.archive.statements import Statement
from gmops_desktop.context import Context
from gmops_desktop.contract.releases import Script
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches.release_ledger import RunLedger

Connect = Callable[[MysqlAddress, Context], MysqlConnection]

_NAME: Final = r"(`(?:[^`]|``)+`|[\w$\u0080-\uffff]+)"
_DOTTED: Final = rf"(?:{_NAME}\s*\.\s*)?{_NAME}"
_COMMENTS: Final = re.compile(
    r"('(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|`[^`]*`)"
    r"|/\*(?!M?!).*?\*/|--(?=\s|$)[^\n]*|#[^\n]*", re.DOTALL,
)  # fmt: skip
# Statements that touch one table, and say which.
_ONE_TABLE: Final = re.compile(
    r"\A\s*(?:"
    r"(?:INSERT|REPLACE)\s+(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE)\s+)*(?:INTO\s+)?"
    r"|UPDATE\s+(?:LOW_PRIORITY\s+)?(?:IGNORE\s+)?"
    r"|DELETE\s+(?:(?:LOW_PRIORITY|QUICK|IGNORE)\s+)*FROM\s+"
    r"|ALTER\s+(?:ONLINE\s+|IGNORE\s+)*TABLE\s+(?:IF\s+EXISTS\s+)?"
    r"|CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    r"|DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?"
    r"|TRUNCATE\s+(?:TABLE\s+)?"
    r"|(?:CREATE\s+(?:UNIQUE\s+|FULLTEXT\s+|SPATIAL\s+)?INDEX|DROP\s+INDEX)\s+(?:IF\s+(?:NOT\s+)?"
    r"EXISTS\s+)?\S+\s+(?:USING\s+\w+\s+)?ON\s+"
    rf"){_DOTTED}(?P<rest>.*)\Z", re.IGNORECASE | re.DOTALL,
)  # fmt: skip
_NONE: Final = re.compile(
    r"\A\s*(?:SET\s+(?!GLOBAL|PERSIST|@@GLOBAL)|SELECT\b(?!.*\bINTO\s+(?:OUT|DUMP)FILE)|COMMIT"
    r"|BEGIN\s*\Z|START\s+TRANSACTION)", re.IGNORECASE | re.DOTALL,
)  # fmt: skip
_MORE_TABLES: Final = re.compile(
    r"\A\s*,|\bRENAME\s+(?!COLUMN|INDEX|KEY)|\bEXCHANGE\s+PARTITION\b", re.IGNORECASE
)
_PLAIN_UPDATE: Final = re.compile(r"\A\s+SET\b", re.IGNORECASE)
_ELSEWHERE: Final = re.compile(
    rf"\A\s*(?:USE\s+|(?:CREATE|DROP|ALTER)\s+(?:OR\s+REPLACE\s+)?(?:DATABASE|SCHEMA)\s+"
    rf"(?:IF\s+(?:NOT\s+)?EXISTS\s+)?){_NAME}", re.IGNORECASE,
)  # fmt: skip
_OPENS: Final = re.compile(rb"\A\s*(?:BEGIN\s*\Z|START\s+TRANSACTION)", re.IGNORECASE)
# Definitions commit what came before them; those of temporary tables do not.
_CLOSES: Final = re.compile(
    rb"\A\s*(?:COMMIT|ROLLBACK|(?:CREATE|ALTER|DROP|RENAME|TRUNCATE)\b(?!\s+TEMPORARY))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Text:
    """A script with its content."""

    script: Script
    content: bytes


def touched(texts: Iterable[Text], schema: str) -> frozenset[str] | None:
    """Return which tables scripts change, or None where that cannot be told from them.

    Raises `OpsError` where one works in another schema: no backup of ours holds that.
    """
    found: set[str] = set()
    certain = True
    for text in texts:
        for statement in split(text.content):
            words = _COMMENTS.sub(
                lambda one: one[1] or " ", statement.text.decode("utf-8", "replace")
            )
            elsewhere = _ELSEWHERE.match(words)
            table = _ONE_TABLE.match(words)
            names = [elsewhere[1]] if elsewhere else [table[1]] if table and table[1] else []
            for name in names:
                if _bare(name) != schema:
                    raise OpsError(
                        tr("{script}, line {line}, works in the schema {other}, not in {schema}.",
                           script=text.script.name, line=statement.line, other=_bare(name),
                           schema=schema),
                        hint=tr("Make it a release of its own, for that database."),
                        unharmed=tr("Nothing was run."),
                    )  # fmt: skip
            if table and _is_one(words, table["rest"][:4000]):
                found.add(_bare(table[2]))
            elif not _NONE.match(words):
                certain = False
    return frozenset(found) if certain else None


def alone(connection: MysqlConnection, tables: frozenset[str]) -> bool:
    """Whether what is done to these tables changes no other: no trigger, no cascading key."""
    if not tables:
        return True
    places = ",".join(["%s"] * len(tables))
    names = sorted(tables)
    (fires,) = connection.one(
        "SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA=DATABASE()"
        f" AND EVENT_OBJECT_TABLE IN ({places})", *names,
    )  # fmt: skip
    (cascades,) = connection.one(
        "SELECT COUNT(*) FROM information_schema.REFERENTIAL_CONSTRAINTS"
        " WHERE CONSTRAINT_SCHEMA=DATABASE()"
        " AND (DELETE_RULE IN ('CASCADE','SET NULL') OR UPDATE_RULE IN ('CASCADE','SET NULL'))"
        f" AND REFERENCED_TABLE_NAME IN ({places}) AND TABLE_NAME NOT IN ({places})",
        *names, *names,
    )  # fmt: skip
    return not int(fires) and not int(cascades)


def present(connection: MysqlConnection, tables: Iterable[str]) -> tuple[str, ...]:
    """Return which of the tables are there, in order."""
    names = sorted(tables)
    if not names:
        return ()
    rows = connection.rows(
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA=DATABASE()"
        f" AND TABLE_NAME IN ({','.join(['%s'] * len(names))})", *names,
    )  # fmt: skip
    return tuple(sorted(name for (name,) in rows))


def run(
    connection: MysqlConnection, texts: Sequence[Text], ledger: RunLedger, context: Context
) -> str:
    """Run what of the scripts has not been run; return why it ended early, or nothing.

    A cancellation takes effect between two statements.  Raises `OpsError` where the connection is
    lost: whether the statement took effect is then unknown.
    """
    with connection.one_at_a_time():
        for text in texts:
            name, first = text.script.name, ledger.read().statements_of(text.script.name) + 1
            opened = 0
            for number, statement in enumerate(split(text.content), 1):
                if number < first:
                    continue
                context.progress(
                    None,
                    tr("Running {script}: statement {number} of {count}", script=name,
                       number=number, count=text.script.statements),
                )  # fmt: skip
                if _OPENS.match(statement.text):
                    opened = number
                with context.uncut():
                    ledger.statement(name, number, statement.line)
                    try:
                        rows = connection.run(statement.text)
                    except ServerRefused as refusal:
                        if opened:
                            connection.run("ROLLBACK")
                        why = _refusal(name, statement, refusal, opened=opened)
                        ledger.refused(name, number, why, opened)
                        return why
                    if _CLOSES.match(statement.text):
                        opened = 0
                    ledger.ended(name, number, rows, opened)
            if opened:
                connection.run("ROLLBACK")
                why = tr("{script} ends inside a transaction, which was taken back.", script=name)
                ledger.refused(name, text.script.statements, why, opened)
                return why
    return ""


def _is_one(words: str, rest: str) -> bool:
    """Whether a statement that names a table touches no other."""
    if words.lstrip()[:6].upper() == "UPDATE" and not _PLAIN_UPDATE.match(rest):
        return False
    return _MORE_TABLES.search(rest) is None


def _refusal(name: str, statement: Statement, refusal: ServerRefused, *, opened: int) -> str:
    why = tr("The server refused a statement of {script}, line {line}: {why}", script=name,
             line=statement.line, why=refusal.message)  # fmt: skip
    if opened:
        why += " " + tr("The transaction that it stood in was taken back.")
    return why


def _bare(name: str) -> str:
    return name[1:-1].replace("``", "`") if name.startswith("`") else name


def drop(connection: MysqlConnection, tables: Iterable[str]) -> None:
    """Remove tables that a release made."""
    for name in tables:
        quoted = name.replace("`", "``")
        connection.run(f"DROP TABLE IF EXISTS `{quoted}`")


def count(connection: MysqlConnection, tables: Iterable[str]) -> int:
    """Return how many rows stand in tables that are there."""
    total = 0
    for name in present(connection, tables):
        quoted = name.replace("`", "``")
        (rows,) = connection.one(f"SELECT COUNT(*) FROM `{quoted}`")
        total += int(rows)
    return total
