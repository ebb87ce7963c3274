"""How a database server is judged."""

from __future__ import annotations

from typing import Final

from gmops_desktop.contract.looks import MysqlDetails
from gmops_desktop.contract.metrics import connection_share
from gmops_desktop.contract.thresholds import LAG_SECONDS, LOCK_SECONDS, TRANSACTION_SECONDS
from gmops_desktop.contract.verdicts.findings import Finding, Findings, whole
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.states import State

# The parts of a look without which the state of a database is not known.
_ESSENTIAL: Final = {
    "locks": mark("who waits for locks"),
    "transactions": mark("open transactions"),
    "replication": mark("replication"),
}


def judge_database(seen: MysqlDetails, add: Findings) -> None:
    """Add to `add` what a look amounts to: findings by key, and figures for the card."""
    share = connection_share(seen)
    connections = add.judge(
        "connections", share,
        tr("{count} of {most} connections are in use.",
           count=seen.connections, most=seen.max_connections),
    )  # fmt: skip
    running = add.judge(
        "running", seen.running, tr("{count} statements run at once.", count=seen.running)
    )
    slow = add.judge(
        "slow_per_hour", seen.slow_per_hour,
        tr("{value} slow statements per hour.", value=whole(seen.slow_per_hour)),
    )  # fmt: skip
    before = add.history.details
    if isinstance(before, MysqlDetails) and seen.uptime_seconds < before.uptime_seconds:
        add.add("restart", "warning", tr("The database server was restarted since the last look."))
    _locks(seen, add)
    _copies(seen, add)
    add.unlearnt(seen.sections, _ESSENTIAL)
    add.figure(tr("Connections"), str(seen.connections), f"/ {seen.max_connections}", connections,
               "connections")  # fmt: skip
    add.figure(tr("Running", context="figure"), str(seen.running), "", running, "running")
    add.rate(tr("Slow", context="figure"), whole(seen.slow_per_hour), tr("per hour"), slow,
             "slow_per_hour", waits=True)  # fmt: skip
    size = None if seen.schema_bytes is None else f"{seen.schema_bytes / 1e6:,.0f}"
    add.figure(tr("Size", context="figure"), size, "MB", "ok", "schema_bytes")


def _locks(seen: MysqlDetails, add: Findings) -> None:
    for key, known in (("locks", seen.lock_waits), ("transactions", seen.transactions)):
        if known is None:
            add.findings[key] = Finding("unknown")
    if seen.lock_waits is not None:
        held = [one for one in seen.lock_waits if one.seconds >= LOCK_SECONDS]
        add.add(
            "locks", "warning" if held else "ok",
            tr_n("A statement has waited {seconds} s for a lock of connection {holder}.",
                 "{count} statements wait for locks, the longest for {seconds} s (connection "
                 "{holder}).", len(held), seconds=max(one.seconds for one in held),
                 holder=held[0].blocking or tr("unknown", context="connection"))
            if held else "",
        )  # fmt: skip
    if seen.transactions is not None:
        longest = max((one.seconds for one in seen.transactions), default=0)
        add.add(
            "transactions", "warning" if longest >= TRANSACTION_SECONDS else "ok",
            tr("A transaction has been open for {minutes} min.", minutes=longest // 60),
        )  # fmt: skip


def _copies(seen: MysqlDetails, add: Findings) -> None:
    for copy in seen.replication or ():
        level: State = "ok"
        sentence = tr("The copy of {origin} is {seconds} s behind.", origin=copy.source,
                      seconds="?" if copy.lag is None else copy.lag)  # fmt: skip
        if not (copy.io_running and copy.sql_running):
            level = "critical"
            sentence = tr("Copying from {origin} stands still: {why}", origin=copy.source,
                          why=copy.fault or tr("it was stopped"))  # fmt: skip
        elif copy.lag is None or copy.lag >= LAG_SECONDS:
            level = "warning"
        add.add(f"replication:{copy.source}", level, sentence)
