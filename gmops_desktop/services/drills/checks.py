"""Checks of the user's own: SQL that must return rows, run read-only against the restored copy."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection, script
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

SECONDS: Final = 30.0  # that one check may take
RIGHTS: Final = "SELECT, SHOW VIEW, EXECUTE"
_ENOUGH: Final = 1000  # rows read of an answer; that there are some is what counts
_READS: Final = re.compile(rb"\s*\(*\s*(SELECT|WITH|SHOW|TABLE|VALUES)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of one check; `fault` says why it did not hold, `first` is its first row."""

    sql: str
    rows: int
    seconds: float
    fault: str = ""
    first: str = ""

    @property
    def ok(self) -> bool:
        return not self.fault


def checked(statements: Sequence[str]) -> tuple[str, ...]:
    """Return the checks without blank ones; raise `OpsError` for what is no single question."""
    found = []
    for sql in statements:
        if not sql.strip():
            continue
        parts = list(script.statements(sql.encode()))
        if len(parts) != 1 or not _READS.match(parts[0]):
            raise OpsError(
                tr("“{sql}” is not one question.", sql=sql.strip()),
                hint=tr("Write one SELECT on each line; it holds when it returns a row."),
                unharmed=tr("The checks are as they were."),
            )
        found.append(parts[0].decode())
    return tuple(found)


def run(
    checks: Sequence[str],
    connect: Callable[[], MysqlConnection],
    context: Context,
    *,
    seconds: float = SECONDS,
) -> tuple[CheckResult, ...]:
    """Run each check over a connection of its own, read-only, for `seconds` at the most."""
    results = []
    for number, sql in enumerate(checks, 1):
        context.progress(None, tr("Check {number} of {all}", number=number, all=len(checks)))
        with connect() as connection:
            results.append(_run_one(sql, connection, context, seconds))
    return tuple(results)


def _run_one(
    sql: str, connection: MysqlConnection, context: Context, seconds: float
) -> CheckResult:
    connection.run("SET SESSION TRANSACTION READ ONLY")
    late = threading.Event()

    def end() -> None:
        late.set()
        connection.cut()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    begun, rows, first = time.monotonic(), 0, ""
    timer.start()
    try:
        for row in connection.stream(sql):
            rows += 1
            first = first or _shown(row)
            if rows >= _ENOUGH:
                connection.cut()
                break
    except OpsError as error:
        context.check()
        fault = (
            tr("It took longer than {seconds} s.", seconds=f"{seconds:g}")
            if late.is_set()
            else error.message
        )
        return CheckResult(sql, rows, time.monotonic() - begun, fault)
    finally:
        timer.cancel()
    fault = "" if rows else tr("It returned no row.")
    return CheckResult(sql, rows, time.monotonic() - begun, fault, first)


def _shown(row: Sequence[object]) -> str:
    words = ("NULL" if one is None else one.hex() if isinstance(one, bytes) else str(one)
             for one in row)  # fmt: skip
    text = ", ".join(words)
    return text if len(text) <= 120 else f"{text[:119]}…"
