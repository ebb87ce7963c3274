"""From what a look found to a state, the sentence why, and the figures that matter: pure rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from gmops_desktop.contract.alerting import Watch, follow
from gmops_desktop.contract.forecasts import hours_to_full
from gmops_desktop.contract.looks import (
    AccountDetails,
    Details,
    Figure,
    HostDetails,
    MysqlDetails,
    WebDetails,
)
from gmops_desktop.contract.metrics import connection_share, free_of, per_core
from gmops_desktop.contract.thresholds import (
    DOWN,
    LAG_SECONDS,
    LIMITS,
    LOCK_SECONDS,
    TRANSACTION_SECONDS,
    UNREACHED,
    Limit,
    Values,
    disk_level,
    hold_of,
    judge,
    limit_of,
    tls_level,
)
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.states import State, worst

# The sections of a host without which its state is not known.
_ESSENTIAL: Final = {
    "cpu": mark("processor"),
    "memory": mark("memory"),
    "disks": mark("disks"),
    "inodes": mark("inodes"),
    "load": mark("load"),
    "clock": mark("clock"),
    "units": mark("services"),
    "traffic": mark("network"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a look judged: its level, unknown where it was not learnt, and the sentence."""

    level: State
    text: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look amounts to; `findings` by their key, those that are in order among them."""

    state: State
    reason: str
    figures: tuple[Figure, ...] = ()
    findings: Mapping[str, Finding] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class History:
    """What is known from before this look, which is taken at `at`.

    `watches` are the findings up to now, `points(metric)` the values of the last hour, oldest
    first, `limits` those of this resource.
    """

    watches: Mapping[str, Watch] = field(default_factory=dict)
    points: Callable[[str], Values] = lambda metric: ()
    details: Details | None = None
    limits: Mapping[str, Limit] = field(default_factory=lambda: LIMITS)
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class _Findings:
    history: History
    found: list[tuple[State, str]] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    findings: dict[str, Finding] = field(default_factory=dict)

    def add(self, key: str, level: State, sentence: str) -> None:
        """Note a finding under the key by which it is found again at the next look."""
        self.findings[key] = Finding(level, sentence)
        if level != "ok":
            self.found.append((level, sentence))

    def before(self, key: str) -> State:
        """Return the level at the last look that knew it."""
        watch = self.history.watches.get(key)
        return watch.level if watch else "ok"

    def limit(self, key: str) -> Limit:
        """Return the limit of a finding for this resource."""
        return limit_of(key, self.history.limits)

    def judge(self, metric: str, value: float | None, sentence: str) -> State:
        """Judge a value by its limit; add `sentence` if it is over.

        What is over and has not lasted long enough yet is unknown, and no reason to speak of.
        """
        if value is None:
            self.findings[metric] = Finding("unknown")
            return "unknown"
        values = [*self.history.points(metric), (self.history.at, value)]
        level = judge(self.limit(metric), values, self.before(metric))
        if level == "unknown":
            self.findings[metric] = Finding("unknown")
        else:
            self.add(metric, level, sentence)
        return level

    def figure(
        self, name: str, value: str | None, unit: str, state: State, metric: str = ""
    ) -> None:
        shown = "—" if value is None else value
        unknown: State = "unknown"
        self.figures.append(Figure(name, shown, unit, unknown if value is None else state, metric))

    def rate(
        self, name: str, value: str | None, unit: str, state: State, metric: str, *, waits: bool
    ) -> None:
        """Show a figure that is the difference of two looks; before the second it is unknown."""
        if value is None and waits:
            self.figures.append(Figure(name, tr("collecting"), "", "unknown", metric))
        else:
            self.figure(name, value, unit, state, metric)

    def verdict(self) -> Verdict:
        state = worst([state for state, _ in self.found] or ["ok"])
        reasons = [sentence for kind, sentence in self.found if kind == state]
        if not reasons:
            reason = tr("Everything looked at is within its limits.")
        elif len(reasons) == 1:
            reason = reasons[0]
        else:
            more = len(reasons) - 1
            reason = tr_n("{first} (and {count} more)", "{first} (and {count} more)", more,
                          first=reasons[0])  # fmt: skip
        return Verdict(state, reason, tuple(self.figures), self.findings)


def verdict(details: Details, history: History) -> Verdict:
    """Return what `details` amount to."""
    findings = _Findings(history)
    findings.findings |= {DOWN: Finding("ok"), UNREACHED: Finding("ok")}
    match details:
        case HostDetails():
            _host(details, findings)
        case MysqlDetails():
            _mysql(details, findings)
        case WebDetails():
            _website(details, findings)
        case AccountDetails():
            _account(details, findings)
    return findings.verdict()


def unreached(down: bool, why: str) -> Verdict:
    """Return what a look amounts to that learnt nothing: `down` is a fact, all else is unknown."""
    findings = {
        DOWN: Finding("critical" if down else "unknown", why),
        UNREACHED: Finding("ok" if down else "warning", why),
    }
    return Verdict("critical" if down else "unknown", why, findings=findings)


def watched(
    before: Mapping[str, Watch], found: Verdict, at: datetime, every: float, *, learnt: bool
) -> dict[str, Watch]:
    """Return how each finding stands after a look.

    What a look that `learnt` something no longer speaks of is gone, and so in order.
    """
    rest = Finding("ok") if learnt else Finding("unknown")
    keys = dict.fromkeys((*before, *found.findings))
    return {
        key: follow(
            before.get(key, Watch()), hold_of(key), found.findings.get(key, rest).level, at, every
        )
        for key in keys
    }


def _host(seen: HostDetails, add: _Findings) -> None:
    disk_state = _disks(seen, add)
    if seen.failed_units is None:
        add.findings["units"] = Finding("unknown")
    if seen.failed_units:
        add.add(
            "units",
            "warning",
            tr_n("The service {units} has failed.", "{count} services have failed: {units}.",
                 len(seen.failed_units), units=", ".join(seen.failed_units)),
        )  # fmt: skip
    cpu = add.judge("cpu", seen.cpu, tr("The processor is {value} % busy.", value=_whole(seen.cpu)))
    share = seen.memory_share
    memory = add.judge("memory", share, tr("{value} % of the memory is used.", value=_whole(share)))
    out = add.judge(
        "out_mbit", seen.out_mbit,
        tr("{value} Mbit/s leave the server, near the line's limit.", value=_tenth(seen.out_mbit)),
    )  # fmt: skip
    load = per_core(seen)
    add.judge("load_per_core", load, tr("The load is {value} per core.", value=_tenth(load)))
    add.judge(
        "iowait", seen.iowait,
        tr("The processor waits {value} % of the time for disks.", value=_whole(seen.iowait)),
    )  # fmt: skip
    add.judge(
        "steal", seen.steal,
        tr("{value} % of the processor time go to other customers of the cloud.",
           value=_whole(seen.steal)),
    )  # fmt: skip
    add.judge(
        "disk_busy", seen.disk_busy,
        tr("The busiest disk works {value} % of the time.", value=_whole(seen.disk_busy)),
    )  # fmt: skip
    skew = None if seen.clock_seconds is None else abs(seen.clock_seconds)
    add.judge("clock", skew, tr("The server's clock is {value} s off.", value=_whole(skew)))
    before = add.history.details
    if isinstance(before, HostDetails) and before.boot_id == seen.boot_id:
        killed = (seen.oom_kills or 0) - (before.oom_kills or 0)
        if killed > 0:
            add.add("oom", "warning", tr("The kernel killed a program because memory ran out."))
    if seen.restarted:
        add.add("restart", "warning", tr("The server was restarted since the last look."))
    for name, word in _ESSENTIAL.items():
        if name in seen.sections:
            sentence = tr("Unknown: {what}, because {why}.",
                          what=tr(word), why=seen.sections[name])  # fmt: skip
            add.add(f"known:{name}", "unknown", sentence)

    disk_share = max((disk.share for disk in seen.disks), default=None)
    add.rate(tr("Processor"), _whole(seen.cpu), "%", cpu, "cpu", waits="cpu" in seen.notes)
    add.figure(tr("Memory", context="figure"), _whole(share), "%", memory, "memory")
    add.figure(tr("Fullest disk"), _whole(disk_share), "%", disk_state, "disk")
    add.rate(tr("Outgoing", context="figure"), _tenth(seen.out_mbit), "Mbit/s", out, "out_mbit",
             waits="traffic" in seen.notes)  # fmt: skip


def _disks(seen: HostDetails, add: _Findings) -> State:
    """Judge each file system by its bytes, its inodes and how it fills; return the worst level."""
    levels: list[State] = []
    if not seen.disks:
        gone = [
            key for key in add.history.watches if key.startswith(("disk:", "inodes:", "fills:"))
        ]
        add.findings |= dict.fromkeys(gone, Finding("unknown"))
    for disk in seen.disks:
        key = f"disk:{disk.mount}"
        level = disk_level(disk.share, disk.available, add.limit(key), add.before(key))
        sentence = tr("{mount} is {share} % full, {free} GB are free.", mount=disk.mount,
                      share=round(disk.share), free=f"{disk.available / 1e9:.1f}")  # fmt: skip
        add.add(key, level, sentence)
        inodes = add.judge(
            f"inodes:{disk.mount}", disk.inode_share,
            tr("{mount}: {share} % of its inodes are used.",
               mount=disk.mount, share=_whole(disk.inode_share)),
        )  # fmt: skip
        free = free_of(disk.mount)
        known = [*add.history.points(free), (add.history.at, float(disk.available))]
        hours = hours_to_full(known)
        fills = add.judge(
            f"fills:{disk.mount}", hours,
            tr("{mount} will be full in {hours} hours, as it fills now.",
               mount=disk.mount, hours=_tenth(hours)),
        )  # fmt: skip
        levels += [level, inodes, fills]
    known_levels = [level for level in levels if level != "unknown"]
    return worst(known_levels) if known_levels else "unknown"


def _mysql(seen: MysqlDetails, add: _Findings) -> None:
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
        tr("{value} slow statements per hour.", value=_whole(seen.slow_per_hour)),
    )  # fmt: skip
    before = add.history.details
    if isinstance(before, MysqlDetails) and seen.uptime_seconds < before.uptime_seconds:
        add.add("restart", "warning", tr("The database server was restarted since the last look."))
    _locks(seen, add)
    _copies(seen, add)
    add.figure(tr("Connections"), str(seen.connections), f"/ {seen.max_connections}", connections,
               "connections")  # fmt: skip
    add.figure(tr("Running", context="figure"), str(seen.running), "", running, "running")
    if seen.slow_per_hour is None:
        add.figure(tr("Slow statements"), tr("collecting"), "", "ok", "slow_per_hour")
    else:
        add.figure(tr("Slow statements"), _whole(seen.slow_per_hour), tr("per hour"), slow,
                   "slow_per_hour")  # fmt: skip
    size = None if seen.schema_bytes is None else f"{seen.schema_bytes / 1e6:,.0f}"
    add.figure(tr("Size", context="figure"), size, "MB", "ok", "schema_bytes")


def _locks(seen: MysqlDetails, add: _Findings) -> None:
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


def _copies(seen: MysqlDetails, add: _Findings) -> None:
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


def _website(seen: WebDetails, add: _Findings) -> None:
    up: State = "ok"
    if seen.status >= 400:
        up = "critical"
        add.add(DOWN, up, tr("The front page answers with status {status}.", status=seen.status))
    elif seen.keyword_found is False:
        up = "critical"
        add.add(DOWN, up, tr("The front page does not hold the word it should."))
    speed = add.judge(
        "seconds", seen.seconds,
        tr("The front page took {value} s to answer.", value=_tenth(seen.seconds)),
    )  # fmt: skip
    certificate: State = "unknown"
    if seen.tls_days is not None:
        certificate = tls_level(
            seen.tls_days, trusted=bool(seen.tls_trusted), limit=add.limit("tls_days"),
            before=add.before("tls_days"),
        )  # fmt: skip
        if not seen.tls_trusted:
            sentence = tr("Browsers do not trust the certificate: {why}.", why=seen.tls_fault)
        else:
            sentence = tr("The certificate ends in {days} days.", days=int(seen.tls_days))
        add.add("tls_days", certificate, sentence)
    if seen.admin_fault:
        add.add(
            "back_end", "warning", tr("The back end does not answer: {why}", why=seen.admin_fault)
        )
    elif seen.admin_status and (seen.admin_status >= 500 or seen.admin_status == 404):
        add.add("back_end", "warning", tr("The back end answers with status {status}.",
                                          status=seen.admin_status))  # fmt: skip
    for page in seen.pages:
        broken = page.status is None or page.status >= 400 or page.keyword_found is False
        why = page.fault or tr("status {code}", code=page.status)
        if page.keyword_found is False and (page.status or 0) < 400:
            why = tr("the keyword is missing")
        add.add(
            f"page:{page.url}", "warning" if broken else "ok",
            tr("The page {url} is not as it should be: {why}", url=page.url, why=why),
        )  # fmt: skip
    if seen.broken_links is None:
        add.findings["links"] = Finding("unknown")
    else:
        add.add(
            "links", "warning" if seen.broken_links else "ok",
            tr_n("A link of the front page leads nowhere: {first}",
                 "{count} links of the front page lead nowhere, such as {first}",
                 len(seen.broken_links), first=seen.broken_links[0].url)
            if seen.broken_links else "",
        )  # fmt: skip
    add.figure(tr("Front page"), str(seen.status), "", up)
    add.figure(tr("First byte"), f"{seen.seconds * 1000:,.0f}", "ms", speed, "seconds")
    if seen.tls_days is None:
        add.figure(tr("Certificate"), tr("none (plain HTTP)"), "", "warning")
    else:
        days = str(int(seen.tls_days))
        add.figure(tr("Certificate"), days, tr("days", context="figure"), certificate, "tls_days")
    if seen.admin_status or seen.admin_fault:
        shown = str(seen.admin_status) if seen.admin_status else None
        add.figure(tr("Back end"), shown, "", "ok")


def _account(seen: AccountDetails, add: _Findings) -> None:
    for what, why in _first_few(seen.sections):
        add.add(f"known:{what}", "unknown",
                tr("Unknown: {what}, because {why}.", what=what, why=why))  # fmt: skip
    used: State = "unknown"
    if seen.quota_used is not None and seen.quota_limit:
        share = 100 * seen.quota_used / seen.quota_limit
        used = "critical" if share >= 100 else "warning" if share >= 80 else "ok"
        add.add(
            "quota",
            used,
            tr("{share} % of today's interface calls are used up.", share=round(share)),
        )
    add.figure(tr("Followers"), _count(seen.followers), "", "ok", "followers")
    add.figure(tr("New yesterday"), _count(seen.new_followers), "", "ok")
    add.figure(tr("Lost yesterday"), _count(seen.lost_followers), "", "ok")
    limit = "" if seen.quota_limit is None else f"/ {seen.quota_limit:,}"
    add.figure(tr("Interface calls"), _count(seen.quota_used), limit, used)


def _first_few(sections: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from list(sections.items())[:3]


def _whole(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f}"


def _tenth(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"


def _count(value: int | None) -> str | None:
    return None if value is None else f"{value:,}"
