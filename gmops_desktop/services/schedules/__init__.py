"""Backups that come by themselves: planned, begun, proved, and missed aloud."""

from gmops_desktop.services.schedules.service import (
    Appointment,
    Outlook,
    Round,
    Schedules,
)
from gmops_desktop.services.schedules.subjects import (
    EVERYTHING,
    Named,
    Source,
    Subject,
    Written,
    everything,
)
from gmops_desktop.services.schedules.undertaking import NoSpace

__all__ = [
    "EVERYTHING",
    "Appointment",
    "Named",
    "NoSpace",
    "Outlook",
    "Round",
    "Schedules",
    "Source",
    "Subject",
    "Written",
    "everything",
]
