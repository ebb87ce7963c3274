"""Whether this server copies from another, and how far behind it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gmops_desktop.adapters.mysql_status.asking import NotApplicable, Parts
from gmops_desktop.contract.looks import Replication
from gmops_desktop.language import tr


def sources(parts: Parts) -> tuple[Replication, ...]:
    """Return every server this one copies from."""
    found = parts.connection.named(_statement(parts))
    if not found:
        raise NotApplicable(tr("This server copies from no other."))
    return tuple(one(row) for row in found)


def right(parts: Parts) -> str:
    """Return the right to ask for it: MariaDB has its own since 10.5."""
    modern = parts.mariadb and parts.number >= (10, 5)
    return "SLAVE MONITOR" if modern else "REPLICATION CLIENT"


def _statement(parts: Parts) -> str:
    if parts.mariadb:
        return "SHOW ALL SLAVES STATUS"
    return "SHOW REPLICA STATUS" if parts.number >= (8, 0, 22) else "SHOW SLAVE STATUS"


def one(row: Mapping[str, Any]) -> Replication:
    """Return what a row says; in 8.0.22 MySQL renamed master to source and slave to replica."""
    now = {
        name.replace("Master", "Source").replace("Slave", "Replica"): value
        for name, value in row.items()
    }
    lag = now["Seconds_Behind_Source"]
    return Replication(
        source=f"{now['Source_Host']}:{now['Source_Port']}",
        io_running=now["Replica_IO_Running"] == "Yes",
        sql_running=now["Replica_SQL_Running"] == "Yes",
        lag=None if lag is None else int(lag),
        fault=str(now["Last_IO_Error"] or now["Last_SQL_Error"] or ""),
    )
