"""Drills: the newest archive restored into a throw-away server, proved, timed, certified."""

from gmops_desktop.services.drills.checks import CheckResult
from gmops_desktop.services.drills.copies import Copy
from gmops_desktop.services.drills.record import Drill, Phase
from gmops_desktop.services.drills.service import Drills, Outlook

__all__ = ["CheckResult", "Copy", "Drill", "Drills", "Outlook", "Phase"]
