"""How an archive reads: its kind, whether it is one moment, whether it was proved, how it grew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.backups import Backup
from gmops_desktop.states import State
from ui import words

TREND_DAYS: Final = 30


def address_of(resource: Resource) -> MysqlAddress:
    """Return the address of a resource that is a database."""
    assert isinstance(resource.address, MysqlAddress)
    return resource.address


def lane_of(resource: Resource) -> str:
    """Return the lane of everything that touches the database."""
    return f"mysql:{resource.id}"


def database_text(resource: Resource) -> str:
    """Return a database's name, and its schema where the name does not say it."""
    schema = address_of(resource).schema
    return resource.name if schema in resource.name else f"{resource.name} · {schema}"


def content_of(backup: Backup) -> str:
    """Return what kind of archive it is."""
    if backup.purpose == "safety":
        return tr("Safety copy")
    if backup.purpose == "import":
        return tr("Imported dump")
    return tr("Database")


def consistency_of(backup: Backup) -> tuple[State, str]:
    """Return whether the archive is one moment of the database."""
    if backup.consistency == "consistent":
        return "ok", tr("Snapshot")
    if backup.consistency == "partly":
        return "warning", tr("In part")
    return "unknown", tr("Unknown")


def proof_of(backup: Backup) -> tuple[State, str]:
    """Return whether the file is there and its digests were recomputed, and when."""
    if not backup.exists and not backup.removed:
        return "critical", tr("File missing")
    if backup.verified is False:
        return "critical", tr("Damaged")
    if backup.verified is None or backup.verified_at is None:
        return "unknown", tr("Not verified")
    at = backup.verified_at.astimezone()
    if at.date() == backup.at.astimezone().date():
        return "ok", words.clock(at)
    this_year = at.year == datetime.now().astimezone().year
    return "ok", at.strftime("%m-%d" if this_year else "%Y-%m-%d")


def trend_of(backups: Sequence[Backup], shown: Backup) -> list[float | None]:
    """Return the size of the shown archive's source on each of the 30 days up to it, in bytes.

    A day without an archive is None; a sudden drop is lost data.
    """
    newest: dict[date, Backup] = {}
    for backup in backups:
        if backup.source != shown.source or backup.at > shown.at:
            continue
        on = backup.at.astimezone().date()
        if on not in newest or newest[on].at < backup.at:
            newest[on] = backup
    last = shown.at.astimezone().date()
    days = [last - timedelta(days=back) for back in range(TREND_DAYS - 1, -1, -1)]
    return [float(newest[on].text_bytes) if on in newest else None for on in days]


def rate_text(rate: float) -> str:
    """Return bytes a second as a line's speed is spoken of: "4.6 Mbit/s"."""
    return tr("{rate} Mbit/s", rate=words.number(rate * 8 / 1_000_000, 1))


def saved_text(reused: int, text: int) -> str:
    """Return what did not have to travel, with its share: "1.2 GB · 97.1 %"."""
    if not text or not reused:
        return words.NOTHING
    # Cut off, not rounded: only what is all reused is 100 %.
    return f"{words.size(reused)} · {words.share(reused * 1000 // text / 1000)}"


def reused_text(backup: Backup) -> str:
    """Return how much of the archive was in hand already."""
    found = saved_text(backup.reused_bytes, backup.text_bytes)
    return tr("nothing, all was sent") if found == words.NOTHING else found


def took_text(backup: Backup) -> str:
    """Return how long it took, and what the line carried on average."""
    rate = backup.travelled / max(backup.seconds, 0.1)
    average = tr("{rate} on average", rate=rate_text(rate))
    return tr(", ").join((words.lasting(backup.seconds), average))


def how_text(backup: Backup) -> str:
    """Return how it was transferred, one fact a line."""
    facts = [tr_n("{count} connection", "{count} connections", backup.connections)]
    if backup.compression:
        facts.append(tr("compressed: {how}", how=backup.compression))
    if backup.round_trips:
        facts.append(tr_n("{count} round trip", "{count} round trips", backup.round_trips))
    if backup.resumed:
        facts.append(tr("went on with an interrupted attempt"))
    locked = words.lasting(backup.lock_seconds)
    facts.append(tr("tables locked for {time}", time=locked) if backup.lock_seconds
                 else tr("no table was locked"))  # fmt: skip
    return "\n".join(facts)
