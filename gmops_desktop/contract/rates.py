"""Rates: the difference of two looks' counters, so that no look has to wait for a second sample.

Where the counters ran backwards, or the thing was restarted in between, there is no rate; before
the second look there is none yet.  Neither is ever shown as zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from gmops_desktop.contract.looks import (
    Details,
    DiskWork,
    HostCounters,
    HostDetails,
    MysqlDetails,
    Process,
    TableSize,
    WebDetails,
)
from gmops_desktop.language import tr

RATES: Final = ("cpu", "traffic", "disk_busy", "retransmits", "swap", "top_cpu")
"""What of a host is a rate; `notes` says of each "collecting" until the second look."""

FRESH: Final = timedelta(minutes=15)  # a host's rates over longer say nothing about now
_AWAY: Final = timedelta(hours=6)  # the same of a database's
_YOUNG: Final = 3 * 3600  # seconds of uptime before which a database's ratios say nothing
_TOP: Final = 5
_TICKS: Final = 100  # USER_HZ: per second, on every Linux we may meet
_SECTOR: Final = 512  # bytes in /proc/diskstats, whatever the disk's own are

# Of SHOW GLOBAL STATUS: what is told per second, besides the questions.
_PER_SECOND: Final[tuple[str, ...]] = (
    "com_select", "com_insert", "com_update", "com_delete", "connections", "bytes_received",
    "bytes_sent", "aborted_connects", "aborted_clients", "connection_errors_max_connections",
    "innodb_row_lock_waits", "innodb_log_waits", "table_locks_waited", "select_full_join",
    "opened_tables",
)  # fmt: skip


def collecting() -> str:
    """Return why there is no rate yet."""
    return tr("collecting: the next look shows it")


def with_rates(new: Details, old: Details | None, passed: timedelta) -> Details:
    """Return `new` with what only the difference to `old`, `passed` before, tells."""
    if isinstance(new, HostDetails) and isinstance(old, HostDetails):
        return _host(new, old)
    if isinstance(new, MysqlDetails) and isinstance(old, MysqlDetails):
        return _mysql(new, old, passed)
    if isinstance(new, WebDetails) and isinstance(old, WebDetails):
        changed = "" not in (new.tls_fingerprint, old.tls_fingerprint)
        changed = changed and new.tls_fingerprint != old.tls_fingerprint
        return replace(new, certificate_changed=changed)
    return new


class _Backwards(Exception):
    """A counter is smaller than before although the host was not restarted."""


@dataclass(slots=True)
class _Found:
    """The rates that came about: fields of the details, and what is no longer being collected."""

    fields: dict[str, Any] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    unknown: dict[str, str] = field(default_factory=dict)


def _host(new: HostDetails, old: HostDetails) -> HostDetails:
    known = bool(new.boot_id and old.boot_id)
    restarted = known and new.boot_id != old.boot_id
    now, then = new.counters, old.counters
    if restarted or not known or now is None or then is None:
        return replace(new, restarted=restarted)
    seconds = now.uptime - then.uptime
    if not 0 < seconds <= FRESH.total_seconds():
        return new
    found = _Found()
    for name, rate in (
        ("cpu", _cpu),
        ("traffic", _traffic),
        ("disk_busy", _disk_work),
        ("retransmits", lambda now, then, _: {"tcp": _tcp(new, now, then)}),
        ("swap", _swap),
        ("top_cpu", _top_cpu),
    ):
        if name in new.sections:
            continue
        try:
            fields = rate(now, then, seconds)
        except _Backwards:
            found.unknown[name] = tr("the counters were reset since the look before")
            found.known.add(name)
            continue
        if fields:
            found.fields |= fields
            found.known.add(name)
    notes = {name: note for name, note in new.notes.items() if name not in found.known}
    return replace(new, **found.fields, notes=notes, sections={**new.sections, **found.unknown})


def _cpu(now: HostCounters, then: HostCounters, seconds: float) -> dict[str, Any]:
    """Busy counts neither idle nor iowait; iowait may run backwards (proc_stat(5))."""
    if not now.cpu or len(now.cpu) != len(then.cpu):
        return {}
    delta = [after - before for after, before in zip(now.cpu, then.cpu, strict=True)]
    if sum(delta) <= 0 or min(delta[:4]) < 0:
        raise _Backwards
    delta = [max(0, one) for one in delta]
    total = sum(delta)
    return {
        "cpu": 100 * (total - delta[3] - delta[4]) / total,
        "iowait": 100 * delta[4] / total,
        "steal": 100 * delta[7] / total,
    }


def _traffic(now: HostCounters, then: HostCounters, seconds: float) -> dict[str, Any]:
    moved = _moved(now.network, then.network)
    if not moved:
        return {}
    received, sent = (sum(one[place] for one in moved.values()) for place in (0, 1))
    return {"in_mbit": received * 8 / 1e6 / seconds, "out_mbit": sent * 8 / 1e6 / seconds}


def _disk_work(now: HostCounters, then: HostCounters, seconds: float) -> dict[str, Any]:
    moved = _moved(now.disks, then.disks)
    if not moved:
        return {}
    work = tuple(
        DiskWork(
            name,
            read * _SECTOR / seconds,
            written * _SECTOR / seconds,
            min(100.0, busy / 10 / seconds),
        )
        for name, (read, written, busy) in sorted(moved.items())
    )
    return {"disk_work": work, "disk_busy": max(one.busy for one in work)}


def _tcp(new: HostDetails, now: HostCounters, then: HostCounters) -> Any:
    if new.tcp is None or not now.tcp or not then.tcp:
        return new.tcp
    sent, again = _moved({"": now.tcp}, {"": then.tcp})[""]
    return replace(new.tcp, retransmitted=100 * again / (sent + again) if sent + again else 0.0)


def _swap(now: HostCounters, then: HostCounters, seconds: float) -> dict[str, Any]:
    if not now.swap or not then.swap:
        return {}
    read, written = _moved({"": now.swap}, {"": then.swap})[""]
    return {"swap_in": read / seconds, "swap_out": written / seconds}


def _top_cpu(now: HostCounters, then: HostCounters, seconds: float) -> dict[str, Any]:
    """A program that was not there before counts whole if it is younger than the look before."""
    used = []
    for key, (start, ticks) in now.processes.items():
        before = then.processes.get(key)
        if before and before[0] == start:
            used.append((ticks - before[1], key))
        elif start >= then.uptime * _TICKS:
            used.append((ticks, key))
    if not now.processes or not then.processes:
        return {}
    top = []
    for ticks, key in sorted(used, reverse=True)[:_TOP]:
        pid, _, name = key.partition(" ")
        if ticks > 0:
            top.append(Process(int(pid), name, 100 * ticks / _TICKS / seconds, None))
    return {"top_cpu": tuple(top)}


def _moved(
    now: Mapping[str, tuple[int, ...]], then: Mapping[str, tuple[int, ...]]
) -> dict[str, tuple[int, ...]]:
    """Return by how much each counter that is in both rose."""
    moved = {
        name: tuple(after - before for after, before in zip(values, then[name], strict=True))
        for name, values in now.items()
        if name in then
    }
    if any(rise < 0 for one in moved.values() for rise in one):
        raise _Backwards
    return moved


def _mysql(new: MysqlDetails, old: MysqlDetails, passed: timedelta) -> MysqlDetails:
    if new.uptime_seconds < old.uptime_seconds:
        return replace(new, restarted=True)
    seconds = new.uptime_seconds - old.uptime_seconds
    if not timedelta() < passed <= _AWAY or seconds <= 0:
        return new
    rise = {
        name: max(0, value - old.counters[name])
        for name, value in new.counters.items()
        if name in old.counters
    }
    per_second = {name: rise[name] / seconds for name in _PER_SECOND if name in rise}
    grown = {table.name: table.data + table.indexes for table in old.table_sizes or ()}
    rates = replace(
        new,
        slow_per_hour=max(0, new.slow_queries - old.slow_queries) * 3600 / seconds,
        questions_per_second=max(0, new.questions - old.questions) / seconds,
        per_second=per_second or None,
        table_sizes=None
        if new.table_sizes is None
        else tuple(_grown(table, grown.get(table.name)) for table in new.table_sizes),
    )
    if new.uptime_seconds < _YOUNG:
        return rates
    return replace(
        rates,
        hit_share=_part(rise, "innodb_buffer_pool_reads", "innodb_buffer_pool_read_requests", True),
        temporary_on_disk=_part(rise, "created_tmp_disk_tables", "created_tmp_tables", False),
    )


def _grown(table: TableSize, before: int | None) -> TableSize:
    if before is None:
        return table
    return replace(table, grown=table.data + table.indexes - before)


def _part(rise: Mapping[str, int], part: str, whole: str, inverse: bool) -> float | None:
    """Return a part of a counter's rise in per cent, or what is left of it; None without a rise."""
    if part not in rise or not rise.get(whole):
        return None
    share = min(100.0, 100 * rise[part] / rise[whole])
    return 100 - share if inverse else share
