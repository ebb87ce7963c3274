"""How an archive reads: its kind, whether it is one moment, whether it was proved, how it grew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.language import tr
from gmops_desktop.services.backups import Backup
from gmops_desktop.states import State
from ui import words
from ui.widgets.tables import Column

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
    return tr("Database")


def consistency_of(backup: Backup) -> tuple[State, str]:
    """Return whether the archive is one moment of the database."""
    if backup.consistency == "consistent":
        return "ok", tr("One snapshot")
    if backup.consistency == "partly":
        return "warning", tr("In part")
    return "unknown", tr("Unknown")


def proof_of(backup: Backup) -> tuple[State, str]:
    """Return whether the file is there and its digests were recomputed, and when."""
    if not backup.exists:
        return "critical", tr("File missing")
    if backup.verified is False:
        return "critical", tr("Damaged")
    if backup.verified is None or backup.verified_at is None:
        return "unknown", tr("Not verified")
    same_day = backup.verified_at.astimezone().date() == backup.at.astimezone().date()
    at = backup.verified_at
    return "ok", words.clock(at) if same_day else words.day(at.astimezone().date())


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


def columns_of_archives() -> tuple[Column[Backup], ...]:
    """Return the columns of the list of archives."""
    return (
        Column(tr("Time"), lambda backup: words.stamp(backup.at), width=144, key=lambda b: b.at),
        Column(tr("Content"), lambda backup: f"{content_of(backup)} {backup.schema}"),
        Column(
            tr("Location"),
            lambda backup: tr("This computer") if backup.exists else tr("File missing"),
            width=140,
            icon=lambda backup: "hard-drive" if backup.exists else "",
            state=lambda backup: None if backup.exists else "critical",
            tip=lambda backup: str(backup.path),
        ),
        Column(
            tr("Size (MB)"),
            lambda backup: words.megabytes(backup.file_bytes),
            width=92,
            key=lambda backup: backup.file_bytes,
            right=True,
        ),
        Column(
            tr("Sent (MB)"),
            lambda backup: words.megabytes(backup.travelled),
            width=92,
            key=lambda backup: backup.travelled,
            right=True,
        ),
        Column(
            tr("Consistency"),
            lambda backup: consistency_of(backup)[1],
            width=132,
            state=lambda backup: consistency_of(backup)[0],
            tip=lambda backup: backup.verdict,
        ),
        Column(
            tr("Verified", context="column"),
            lambda backup: proof_of(backup)[1],
            width=124,
            key=lambda backup: backup.verified_at,
            state=lambda backup: proof_of(backup)[0],
        ),
    )
