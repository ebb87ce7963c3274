"""How a Tencent Cloud account is judged."""

from __future__ import annotations

from typing import Final

from gmops_desktop.contract.looks.clouds import (
    RUNNING,
    CloudDetails,
    CloudDisk,
    CloudInstance,
    CloudServer,
)
from gmops_desktop.contract.verdicts.findings import Finding, Findings
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.states import State, worst

PARTS: Final = {
    "servers": mark("cloud servers"),
    "databases": mark("cloud databases"),
    "disks": mark("disks"),
    "snapshots": mark("snapshots"),
    "certificates": mark("certificates"),
    "domains": mark("domains"),
    "balance": mark("balance"),
    "alarms": mark("alarms"),
    "metrics": mark("the cloud's figures"),
    "found": mark("what there is"),
}
_PASSING: Final = {  # states of a CVM that end by themselves
    "PENDING", "STARTING", "STOPPING", "REBOOTING", "ENTER_RESCUE_MODE", "RESCUE_MODE",
    "EXIT_RESCUE_MODE", "ENTER_SERVICE_LIVE_MIGRATE", "SERVICE_LIVE_MIGRATE",
    "EXIT_SERVICE_LIVE_MIGRATE",
}  # fmt: skip
_DEAD: Final = {"STOPPED", "SHUTDOWN", "LAUNCH_FAILED", "TERMINATING"}
_CREATING, _ISOLATED = 0, (4, 5)  # of a TencentDB instance
_LOST_SOON: Final = {"RenewPending", "RedemptionPending", "RedemptionDoing"}  # of a domain


# What the findings of a part begin with: while the part is unknown, so are they.
_BEGIN: Final = {
    "servers": ("cvm:",),
    "databases": ("cdb:",),
    "disks": ("volume:",),
    "domains": ("domain:",),
    "alarms": ("alarm:",),
}


def judge_cloud(seen: CloudDetails, add: Findings) -> None:
    """Add to `add` what a look amounts to: findings by key, and figures for the card."""
    for part, why in seen.sections.items():
        before = [key for key in add.history.watches if key.startswith(_BEGIN.get(part, ()))]
        add.findings |= dict.fromkeys(before, Finding("unknown"))
        add.add(f"known:{part}", "unknown",
                tr("Unknown: {what}, because {why}.", what=tr(PARTS[part]), why=why))  # fmt: skip
    for server in seen.servers or ():
        add.add(f"cvm:{server.id}", *of_server(server))
    for database in seen.databases or ():
        add.add(f"cdb:{database.id}", *of_database(database))
    for disk in seen.disks or ():
        add.add(f"volume:{disk.id}", *of_disk(disk))
    for domain in seen.domains or ():
        add.add(
            f"domain:{domain.name}", "critical" if domain.status in _LOST_SOON else "ok",
            tr("The domain {name} has run out and is kept for a while only ({status}).",
               name=domain.name, status=domain.status),
        )  # fmt: skip
    for alarm in seen.alarms or ():
        if alarm.status in ("ALARM", "NO_DATA"):
            add.add(f"alarm:{alarm.thing}:{alarm.policy}", *_alarm(alarm.status, alarm.level,
                    tr("The cloud raises an alarm for {thing}: {content}", thing=alarm.thing,
                       content=alarm.content)))  # fmt: skip
    runs_out = _runs_out(seen, add)
    balance = _balance(seen, add)
    _snapshots(seen, add)
    _figures(seen, add, runs_out, balance)


def of_server(one: CloudServer) -> tuple[State, str]:
    """Return how a server stands, and the sentence why."""
    name = one.name or one.id
    if one.restricted == "EXPIRED":
        return "critical", tr("The server {name} has run out.", name=name)
    if one.restricted != "NORMAL":
        return "critical", tr("The server {name} is isolated ({word}).", name=name,
                              word=one.restricted)  # fmt: skip
    if one.state in _DEAD:
        return "critical", tr("The server {name} does not run ({word}).", name=name, word=one.state)
    if one.state in _PASSING:
        return "warning", tr("The server {name} is in between ({word}).", name=name, word=one.state)
    if one.state != "RUNNING":
        return "unknown", tr("The server {name} is in a state we do not know ({word}).", name=name,
                             word=one.state)  # fmt: skip
    if one.failed:
        return "warning", tr("The last operation on the server {name} failed: {why}", name=name,
                             why=one.failed)  # fmt: skip
    return "ok", ""


def of_database(one: CloudInstance) -> tuple[State, str]:
    """Return how a database instance stands, and the sentence why."""
    name = one.name or one.id
    if one.status in _ISOLATED:
        # One by the hour is isolated by whoever removes it, such as a drill.
        return ("critical" if one.prepaid else "warning",
                tr("The database instance {name} is isolated.", name=name))  # fmt: skip
    if one.locked:
        return "critical", tr("The disk of the database instance {name} is full: it takes no more "
                              "data.", name=name)  # fmt: skip
    if one.status == _CREATING:
        return "warning", tr("The database instance {name} is being made.", name=name)
    if one.status != RUNNING:
        return "unknown", tr("The database instance {name} is in a state we do not know ({word}).",
                             name=name, word=one.status)  # fmt: skip
    if one.public:
        return "warning", tr("The database instance {name} is open to the Internet.", name=name)
    return "ok", ""


def of_disk(one: CloudDisk) -> tuple[State, str]:
    """Return how a disk stands, and the sentence why."""
    name = one.name or one.id
    if one.state == "TORECYCLE":
        return "critical", tr("The disk {name} waits to be deleted.", name=name)
    if one.state == "UNATTACHED":
        return "warning", tr("The disk {name} belongs to no server, and costs money.", name=name)
    if one.state != "ATTACHED":
        return "warning", tr("The disk {name} is in between ({word}).", name=name, word=one.state)
    return "ok", ""


def _alarm(status: str, level: str, sentence: str) -> tuple[State, str]:
    if status == "NO_DATA":
        return "unknown", sentence
    return "critical" if level == "Serious" else "warning", sentence


def _runs_out(seen: CloudDetails, add: Findings) -> State:
    """Judge what runs out first, of all that no renewal is ordered for."""
    first = seen.ends_first
    level: State = "ok"
    if first is not None:
        sentence = tr("{name} runs out on {day}.", name=first.name, day=first.on)
        if first.on < seen.today:
            sentence = tr("{name} ran out on {day}.", name=first.name, day=first.on)
        level = add.judge("expires", seen.days_left, sentence)
    if level == "ok" and not seen.dated:
        add.findings["expires"] = Finding("unknown")
        return "unknown"
    return level


def _balance(seen: CloudDetails, add: Findings) -> State:
    if seen.balance is None:
        add.findings["balance"] = Finding("unknown")
        return "unknown"
    owing = (seen.owed or 0) > 0
    add.add("owed", "critical" if owing else "ok",
            tr("The account owes {sum} yuan.", sum=yuan(seen.owed or 0)))  # fmt: skip
    level = add.judge("balance", seen.balance / 100,
                      tr("The account has {sum} yuan left.", sum=yuan(seen.balance)))  # fmt: skip
    return worst(("critical", level)) if owing else level


def _snapshots(seen: CloudDetails, add: Findings) -> None:
    """Judge the disks without a snapshot, and the one whose newest is the oldest."""
    if seen.disks is None or seen.snapshots is None:
        add.findings |= dict.fromkeys(("snapshot", "snapshot_days"), Finding("unknown"))
        return
    wanted = add.limit("snapshot_days").warning is not None
    bare = [one for one in seen.disks
            if one.can_snapshot and one.state == "ATTACHED" and not one.newest]  # fmt: skip
    add.add(
        "snapshot", "warning" if bare and wanted else "ok",
        tr_n("The disk {name} has no snapshot.", "{count} disks have no snapshot, such as {name}.",
             len(bare), name=bare[0].name or bare[0].id) if bare else "",
    )  # fmt: skip
    days = seen.snapshot_days
    if days is not None:
        add.judge("snapshot_days", days,
                  tr("The newest snapshot of a disk is {days} days old.", days=days))  # fmt: skip


def _figures(seen: CloudDetails, add: Findings, runs_out: State, balance: State) -> None:
    left, running = seen.days_left, seen.running
    name = tr("Runs out first")
    if left is not None:
        add.figure(name, str(left), tr("days", context="figure"), runs_out, "expires")
    else:
        add.figure(name, tr("nothing") if seen.dated else None, "", runs_out, "expires")
    money = None if seen.balance is None else yuan(seen.balance)
    add.figure(tr("Balance"), money, tr("yuan") if money else "", balance, "balance")
    up, whole = running or (0, 0)
    add.figure(tr("Running", context="cloud"), str(up) if running else None,
               f"/ {whole}" if running else "", "ok" if up == whole else "critical",
               "running")  # fmt: skip
    alarms = [one.level for key, one in add.findings.items() if key.startswith("alarm:")]
    count = None if seen.firing is None else str(seen.firing)
    add.figure(tr("Alarms"), count, "", worst(alarms or ["ok"]), "alarms")


def yuan(fen: int) -> str:
    """Return an amount of money as people write it."""
    return f"{fen / 100:,.2f}"
