"""The lines of a look at a database server."""

from __future__ import annotations

from typing import Final

from gmops_desktop.contract.fact_lines.lines import Lines, percent, size
from gmops_desktop.contract.looks import IndexHint, MysqlDetails, TableSize
from gmops_desktop.language import mark, tr
from gmops_desktop.states import State

_TABLES: Final = 5  # of the largest, told

# The counters told per second, in the order of a reader's questions.
_RATES: Final = (
    ("com_select", mark("Reads (SELECT)")),
    ("com_insert", mark("Inserts")),
    ("com_update", mark("Updates")),
    ("com_delete", mark("Deletes")),
    ("connections", mark("New connections")),
    ("aborted_connects", mark("Aborted logins")),
    ("aborted_clients", mark("Connections that broke")),
    ("connection_errors_max_connections", mark("Turned away: too many connections")),
    ("innodb_row_lock_waits", mark("Waits for rows")),
    ("table_locks_waited", mark("Waits for tables")),
    ("innodb_log_waits", mark("Waits for the log")),
    ("select_full_join", mark("Joins without an index")),
    ("opened_tables", mark("Tables opened")),
    ("bytes_received", mark("Data received")),
    ("bytes_sent", mark("Data sent")),
)
_HINTS: Final = {
    "missing": mark("{table} has no key that tells its rows apart"),
    "duplicate": mark("{table}: index {index} is superfluous beside {other}"),
    "unused": mark("{table}: index {index} was not used since the server's start"),
}


def write(seen: MysqlDetails, lines: Lines) -> None:
    """Add everything the look at a database server found."""
    _server(seen, lines)
    _rates(seen, lines)
    _statements(seen, lines)
    _tables(seen, lines)


def _server(seen: MysqlDetails, lines: Lines) -> None:
    lines.subject = tr("Database server")
    lines.add("version", tr("Version"), seen.version)
    up = seen.uptime_seconds
    days = tr("{days} days {hours} h", days=int(up // 86400), hours=int(up % 86400 // 3600))
    lines.add("uptime", tr("Running for"), days, "warning" if seen.restarted else None)
    used = tr("{count} of at most {most}", count=seen.connections, most=seen.max_connections)
    lines.add("connections", tr("Connections"), used)
    if seen.most_connections is not None:
        lines.add("connections", tr("Most at once"), str(seen.most_connections))
    for copy in seen.replication or ():
        fine = copy.io_running and copy.sql_running
        state: State = "ok" if fine and copy.lag is not None else "critical"
        said = tr("{seconds} s behind", seconds=copy.lag) if fine else copy.fault
        lines.add("replication", tr("Copy of {origin}", origin=copy.source), said, state)
    if not seen.replication:
        lines.add("replication", tr("Replication"), None)


def _rates(seen: MysqlDetails, lines: Lines) -> None:
    lines.subject = tr("Work")
    waits = tr("collecting: the next look shows it")
    rate, slow = seen.questions_per_second, seen.slow_per_hour
    lines.add("rates", tr("Statements (per second)"), waits if rate is None else f"{rate:.1f}")
    lines.add("rates", tr("Slow statements (per hour)"), waits if slow is None else f"{slow:.1f}")
    for name, words in _RATES:
        value = (seen.per_second or {}).get(name)
        if value is not None:
            in_bytes = name.startswith("bytes_")
            lines.add("rates", tr(words), f"{size(value) if in_bytes else f'{value:.2f}'}/s")
    young = tr("tells nothing before three hours of uptime and two looks")
    hit, on_disk = seen.hit_share, seen.temporary_on_disk
    lines.add("rates", tr("Answered from memory"), young if hit is None else percent(hit))
    lines.add("rates", tr("Temporary tables on disk"),
              young if on_disk is None else percent(on_disk))  # fmt: skip
    if seen.pool_free is not None and seen.pool_dirty is not None:
        pool = tr("{free} free, {dirty} not yet written", free=percent(seen.pool_free),
                  dirty=percent(seen.pool_dirty))  # fmt: skip
        lines.add("pool", tr("Buffer pool"), pool)
    deadlocks = seen.counters.get("innodb_deadlocks")
    lines.add("deadlocks", tr("Deadlocks since the start"),
              None if deadlocks is None else str(deadlocks))  # fmt: skip


def _statements(seen: MysqlDetails, lines: Lines) -> None:
    lines.subject = tr("Statements")
    for slow in seen.slow or ():
        told = tr("{count} times, {mean} s on average, {longest} s at the longest: {text}",
                  count=slow.count, mean=f"{slow.mean:.2f}", longest=f"{slow.longest:.2f}",
                  text=slow.text)  # fmt: skip
        lines.add("slow", tr("Slow statement"), told)
    if seen.slow_source:
        lines.add("slow", tr("Source"), seen.slow_source)
    if not seen.slow:
        lines.add("slow", tr("Slow statements"), None if seen.slow is None else tr("none"))
    for wait in seen.lock_waits or ():
        holder = str(wait.blocking) if wait.blocking else tr("one not known")
        told = tr("connection {waiting} waits for {holder}, {seconds} s: {text}",
                  waiting=wait.waiting, holder=holder, seconds=wait.seconds,
                  text=wait.waiting_statement)  # fmt: skip
        lines.add("locks", wait.table or tr("Lock"), told)
    if not seen.lock_waits:
        lines.add("locks", tr("Waiting for locks"), None if seen.lock_waits is None else tr("none"))
    for one in seen.transactions or ():
        told = tr("connection {number} ({user}), open for {seconds} s, {rows} rows locked",
                  number=one.connection, user=one.user, seconds=one.seconds,
                  rows=one.rows_locked)  # fmt: skip
        lines.add("transactions", tr("Long transaction"), told)
    if not seen.transactions:
        none = None if seen.transactions is None else tr("none")
        lines.add("transactions", tr("Long transactions"), none)


def _tables(seen: MysqlDetails, lines: Lines) -> None:
    lines.subject = tr("Tables")
    total = None if seen.schema_bytes is None and seen.tables is None else size(
        seen.schema_bytes or 0)  # fmt: skip
    lines.add("size", tr("Size of the schema"), total)
    for table in (seen.table_sizes or ())[:_TABLES]:
        lines.add("tables", table.name, _table(table))
    if seen.table_sizes is None:
        lines.add("tables", tr("Largest tables"), None)
    for hint in seen.hints or ():
        lines.add("hints", tr("Hint"), _hint(hint))
    if seen.hints is None:
        lines.add("indexes", tr("Indexes"), None)
    if "unused" in seen.sections or "unused" in seen.notes:
        lines.add("unused", tr("Unused indexes"), None)


def _table(table: TableSize) -> str:
    told = tr("{data} of rows, {indexes} of indexes, about {rows} rows", data=size(table.data),
              indexes=size(table.indexes), rows=f"{table.rows:,}")  # fmt: skip
    if table.grown:
        told += tr("; {grown} since the last look",
                   grown=f"{'+' if table.grown > 0 else ''}{size(table.grown)}")  # fmt: skip
    return told


def _hint(hint: IndexHint) -> str:
    return tr(_HINTS[hint.kind], table=hint.table, index=hint.index, other=hint.other)
