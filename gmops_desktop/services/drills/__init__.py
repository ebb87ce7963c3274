"""Drills: the newest archive restored into a throw-away server, proved, timed, certified."""

from gmops_desktop.services.drills.checks import CheckResult
from gmops_desktop.services.drills.clone_rehearsal import CloneRehearsal
from gmops_desktop.services.drills.clones import Cleared, Clones, Quote
from gmops_desktop.services.drills.copies import Copy
from gmops_desktop.services.drills.orders import CloneStays, Left, Orders
from gmops_desktop.services.drills.record import Drill, Phase
from gmops_desktop.services.drills.service import Drills, Outlook

__all__ = [
    "CheckResult",
    "Cleared",
    "CloneRehearsal",
    "CloneStays",
    "Clones",
    "Copy",
    "Drill",
    "Drills",
    "Left",
    "Orders",
    "Outlook",
    "Phase",
    "Quote",
]
