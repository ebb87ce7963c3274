"""Backups that come by themselves: planned, begun, proved, and missed aloud."""

from gmops_desktop.services.schedules.alarms import TicketBook
from gmops_desktop.services.schedules.service import (
    Appointment,
    NoSpace,
    Outlook,
    Round,
    Schedules,
)

__all__ = ["Appointment", "NoSpace", "Outlook", "Round", "Schedules", "TicketBook"]
