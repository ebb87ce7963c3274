"""Backups of MySQL schemas: full archives for which only what changed has to travel."""

from gmops_desktop.services.backups.progress import TableProgress, TakeProgress
from gmops_desktop.services.backups.service import (
    ArchiveSummary,
    Backup,
    Backups,
    TableSummary,
    Verification,
)
from gmops_desktop.services.backups.transfer import COMPRESSIONS, TransferPlan

__all__ = [
    "COMPRESSIONS",
    "ArchiveSummary",
    "Backup",
    "Backups",
    "TableProgress",
    "TableSummary",
    "TakeProgress",
    "TransferPlan",
    "Verification",
]
