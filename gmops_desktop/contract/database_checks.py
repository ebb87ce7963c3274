"""What of a database server is held against what it was before a change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from gmops_desktop.contract.change_checks import Checked
from gmops_desktop.contract.looks import MysqlDetails, Replication
from gmops_desktop.contract.metrics import connection_share
from gmops_desktop.contract.thresholds import LAG_SECONDS, LIMITS, judge
from gmops_desktop.language import tr
from gmops_desktop.states import State

START_SLACK: Final = 3.0  # seconds: uptimes are told in whole ones, and the answer travels


def of_database(place: str, seen: MysqlDetails, at: datetime) -> tuple[Checked, ...]:
    """Return the entries of the database server at `place`, looked at at the moment `at`."""
    return tuple(_entries(place, seen, at))


def unreached(place: str, why: str, *, down: bool) -> tuple[Checked, ...]:
    """Return the entries of a server that let nobody in: `down` is a fact, all else is unknown."""
    state: State = "critical" if down else "unknown"
    return (
        Checked(f"mysql:{place}", tr("Database {place}", place=place), state, why),
        Checked(f"connections:{place}", tr("Connections of {place}", place=place), "unknown", why),
        Checked(f"replication:{place}", tr("Copies of {place}", place=place), "unknown", why),
    )


def _entries(place: str, seen: MysqlDetails, at: datetime) -> Iterator[Checked]:
    key = f"mysql:{place}"
    hours = f"{seen.uptime_seconds / 3600:,.1f}"
    text = tr("{version}, started {hours} h ago", version=seen.version, hours=hours)
    yield Checked(
        key, tr("Database {place}", place=place), "ok", text, seen.version,
        amount=at.timestamp() - seen.uptime_seconds, slack=START_SLACK,
    )  # fmt: skip
    used = judge(LIMITS["connections"], [(at, connection_share(seen))])
    text = tr("{count} of {most} connections are in use.", count=seen.connections,
              most=seen.max_connections)  # fmt: skip
    title = tr("Connections of {place}", place=place)
    yield Checked(f"connections:{place}", title, used, text)
    title = tr("Copies of {place}", place=place)
    if why := seen.sections.get("replication"):
        yield Checked(f"replication:{place}", title, "unknown", why)
        return
    copies = seen.replication or ()
    none = seen.notes.get("replication") or tr("This server copies from no other.")
    said = tr("copies from {sources}", sources=", ".join(one.source for one in copies))
    yield Checked(f"replication:{place}", title, "ok", said if copies else none)
    for one in copies:
        state, text = _copying(one)
        title = tr("Copying from {origin}", origin=one.source)
        yield Checked(
            f"replication:{place}:{one.source}", title, state, text, within=f"replication:{place}"
        )


def _copying(one: Replication) -> tuple[State, str]:
    if not (one.io_running and one.sql_running):
        return "critical", one.fault or tr("it was stopped")
    if one.lag is None or one.lag >= LAG_SECONDS:
        lag = "?" if one.lag is None else one.lag
        return "warning", tr("{seconds} s behind", seconds=lag)
    return "ok", tr("runs")
