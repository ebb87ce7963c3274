"""The lines of a look at a Tencent Cloud account."""

from __future__ import annotations

from datetime import datetime

from gmops_desktop.contract.cloud_rights import policy_of
from gmops_desktop.contract.fact_lines.lines import Lines, noted
from gmops_desktop.contract.looks.clouds import CloudDetails
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.contract.verdicts.clouds import of_database, of_disk, of_server, yuan
from gmops_desktop.language import tr
from gmops_desktop.states import State


def write(seen: CloudDetails, lines: Lines) -> None:
    """Add everything the look at an account found."""
    if "found" in seen.sections:
        lines.add("found", tr("What there is"), None)
    _servers(seen, lines)
    _databases(seen, lines)
    _disks(seen, lines)
    _papers(seen, lines)
    _money(seen, lines)
    _alarms(seen, lines)
    _figures(seen, lines)
    _rights(seen, lines)


def _servers(seen: CloudDetails, lines: Lines) -> None:
    lines.subject = tr("Cloud servers")
    for one in seen.servers or ():
        state, why = of_server(one)
        told = tr("{state}, {cores} cores, {memory} GB, {line} Mbit/s out, {region}",
                  state=one.state, cores=one.cores, memory=one.memory_gb, line=one.out_mbit,
                  region=one.region)  # fmt: skip
        lines.add("server", noted(one.name, one.id), why or told, state)
    _none(lines, "servers", seen.servers)


def _databases(seen: CloudDetails, lines: Lines) -> None:
    lines.subject = tr("Cloud databases")
    for one in seen.databases or ():
        state, why = of_database(one)
        told = tr("MySQL {version}, {memory} MB, {volume} GB, {address}:{port}, {region}",
                  version=one.version, memory=one.memory_mb, volume=one.volume_gb,
                  address=one.address, port=one.port, region=one.region)  # fmt: skip
        lines.add("database", noted(one.name, one.id), why or told, state)
    _none(lines, "databases", seen.databases)


def _disks(seen: CloudDetails, lines: Lines) -> None:
    lines.subject = tr("Disks")
    for one in seen.disks or ():
        state, why = of_disk(one)
        newest = tr("newest snapshot {day}", day=one.newest) if one.newest else tr("no snapshot")
        if seen.snapshots is None:
            newest = tr("snapshots not known")
        told = f"{one.size_gb} GB{tr(', ')}{newest}"
        lines.add("disk", noted(one.name, one.id), why or told, state)
    _none(lines, "disks", seen.disks)
    count = None if seen.snapshots is None else f"{seen.snapshots:,}"
    lines.add("snapshots", tr("Snapshots"), count)


def _papers(seen: CloudDetails, lines: Lines) -> None:
    lines.subject = tr("Certificates and domains")
    for paper in seen.certificates or ():
        domains = ", ".join(paper.domains) or paper.name
        told = tr("until {day}", day=paper.expires) if paper.expires else paper.status_word
        lines.add("certificate", noted(domains, paper.id), told)
    _none(lines, "certificates", seen.certificates, tr("Certificates"))
    for domain in seen.domains or ():
        told = tr("until {day}", day=domain.expires)
        renews = tr("renews itself") if domain.renews else tr("is renewed by hand")
        lines.add("domain", domain.name, f"{told}{tr(', ')}{renews}")
    _none(lines, "domains", seen.domains, tr("Domains"))
    for one in seen.runs_out:
        days = tr("renews itself") if one.renews else tr("is renewed by hand")
        lines.subject = tr("Runs out")
        lines.add("runs_out", noted(one.name, one.id), f"{one.on}{tr(', ')}{days}")


def _money(seen: CloudDetails, lines: Lines) -> None:
    lines.subject = tr("Money")
    left = None if seen.balance is None else tr("{sum} yuan", sum=yuan(seen.balance))
    lines.add("balance", tr("Balance"), left)
    if seen.owed:
        owed = tr("{sum} yuan", sum=yuan(seen.owed))
        lines.add("balance", tr("Owed"), owed, "critical")


def _alarms(seen: CloudDetails, lines: Lines) -> None:
    lines.subject = tr("Alarms of the cloud")
    states: dict[str, State] = {"ALARM": "warning", "OK": "ok", "NO_DATA": "unknown"}
    for one in seen.alarms or ():
        told = f"{_clock(one.since)}  {one.content}"
        lines.add("alarm", noted(one.thing, one.policy), told, states.get(one.status))
    _none(lines, "alarms", seen.alarms)


def _figures(seen: CloudDetails, lines: Lines) -> None:
    lines.subject = tr("Figures that fill gaps")
    for one in seen.links:
        until = _clock(one.until) if one.until else tr("none yet")
        told = tr("fill those of {resource} ({how}), kept up to {time}", resource=one.resource,
                  how=one.how, time=until)  # fmt: skip
        if one.missing:
            told += tr("; not given: {names}", names=", ".join(one.missing))
        lines.add("link", one.id, told)
    if not seen.links or "metrics" in seen.sections:
        told = tr("no server or database of the contract is known by an address or id of these")
        lines.add("metrics", lines.subject, told)


def _rights(seen: CloudDetails, lines: Lines) -> None:
    lines.subject = tr("Rights that are missing")
    for right in sorted(set(seen.denied.values())):
        lines.add("right", right, policy_of([right]), "unknown")


def _clock(moment: str) -> str:
    """Return an ISO time as it is written where the contract is kept."""
    return f"{datetime.fromisoformat(moment).astimezone(ZONE):%Y-%m-%d %H:%M}"


def _none(lines: Lines, part: str, found: object, name: str = "") -> None:
    """Say of a part that it is empty, or why it is not known."""
    if not found:
        lines.add(part, name or lines.subject, tr("none") if found is not None else None)
