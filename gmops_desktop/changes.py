"""What a finished task may have changed; each tab names what it shows."""

from __future__ import annotations

from enum import Flag, auto


class Change(Flag):
    """Flags a task carries; visible tabs that show one of them refresh when it ends well."""

    NOTHING = 0
    SERVERS = auto()
    BACKUPS = auto()
    PATCHES = auto()
    TICKETS = auto()
    REPORTS = auto()
    CONTRACT = auto()
    SETTINGS = auto()
    ALERTS = auto()
