"""The kinds of statements that take long, by the server's own digests."""

from __future__ import annotations

from typing import Final

from gmops_desktop.adapters.mysql_status.asking import NotRecorded, Parts
from gmops_desktop.contract.looks import SlowStatement
from gmops_desktop.language import tr

_SECOND: Final = 1e12  # timers count picoseconds
_LONG: Final = 1.0  # seconds a statement must once have taken
_MOST: Final = 10
_TEXT: Final = 300  # characters shown


def statements(parts: Parts) -> tuple[SlowStatement, ...]:
    """Return what took longest in all since the server's start, without values."""
    if not parts.performance_schema:
        raise NotRecorded(
            tr("the server records no statements: performance_schema = ON under [mysqld] and a "
               "restart lets it, or for the slow log alone: SET GLOBAL slow_query_log = ON")
        )  # fmt: skip
    ((enabled,),) = parts.connection.rows(
        "SELECT ENABLED FROM performance_schema.setup_consumers WHERE NAME = 'statements_digest'"
    )
    if enabled != "YES":
        raise NotRecorded(
            tr("statement digests are off; this lets them: {statement}",
               statement="UPDATE performance_schema.setup_consumers SET ENABLED = 'YES'"
                         " WHERE NAME = 'statements_digest';")
        )  # fmt: skip
    rows = parts.connection.rows(
        "SELECT DIGEST_TEXT, COUNT_STAR, AVG_TIMER_WAIT, MAX_TIMER_WAIT, SUM_ROWS_EXAMINED"
        " FROM performance_schema.events_statements_summary_by_digest"
        " WHERE SCHEMA_NAME = %s AND MAX_TIMER_WAIT >= %s"
        f" ORDER BY SUM_TIMER_WAIT DESC LIMIT {_MOST}",
        parts.schema,
        int(_LONG * _SECOND),
    )
    return tuple(
        SlowStatement(str(text or "")[:_TEXT], int(count), int(mean) / _SECOND,
                      int(longest) / _SECOND, int(examined))
        for text, count, mean, longest, examined in rows
    )  # fmt: skip
