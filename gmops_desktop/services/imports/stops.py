"""How an import ends before its time: where, what is already done, and how to go on."""

from __future__ import annotations

from pathlib import Path

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.imports.loading import Named, Tally


class ImportStopped(OpsError):
    """An import ended at a statement; what was loaded before it is in `schema`."""

    def __init__(
        self,
        message: str,
        *,
        hint: str,
        unharmed: str,
        schema: str,
        line: int = 0,
        beginning: str = "",
    ) -> None:
        super().__init__(message, hint=hint, unharmed=unharmed)
        self.schema = schema
        self.line = line
        self.beginning = beginning


def stopped(path: Path, schema: str, tally: Tally, why: OpsError, named: Named) -> ImportStopped:
    """Say where an import ended, what is already done, and how to go on."""
    if named.line:
        message = tr(
            "{file}, line {line}, at “{beginning}”: {why}",
            file=path.name,
            line=named.line,
            why=why.message,
            beginning=named.beginning,
        )
    else:
        message = tr("{file} was not loaded to its end: {why}", file=path.name,
                     why=why.message)  # fmt: skip
    done = tr(
        "The present schema is as it was; “{schema}” holds what was loaded before: {what}.",
        schema=schema,
        what=_done(tally.kept),
    )
    on = tr("Then import again, or remove “{schema}”.", schema=schema)
    return ImportStopped(
        message,
        hint=f"{why.hint} {on}".strip(),
        unharmed=done,
        schema=schema,
        line=named.line,
        beginning=named.beginning,
    )


def _done(count: tuple[int, int]) -> str:
    statements, rows = count
    return tr(", ").join(
        (
            tr_n("{count} statement", "{count} statements", statements),
            tr_n("{count} row", "{count} rows", rows),
        )
    )


def doing(tally: Tally) -> str:
    """Say how far an import is."""
    return tr("Loading: {what}", what=_done((tally.statements, tally.rows)))


def too_large(limit: int) -> OpsError:
    """Say that a statement is larger than `limit` bytes."""
    return OpsError(
        tr("The statement is larger than the server takes (max_allowed_packet, {size} bytes).",
           size=limit),
        hint=tr("Raise max_allowed_packet on the server, or write the dump anew with smaller "
                "statements (mysqldump --net-buffer-length=1M, Navicat without extended inserts)."),
    )  # fmt: skip
