"""Tickets: registered, worked on, confirmed by Party A, closed; every step an entry.

Only Party A's designated contacts may ask (1.15), nothing closes without their confirmation
(2.3-7), and the time a ticket waits on Party A is never charged to Party B.
"""

from gmops_desktop.contract.steps import Step
from gmops_desktop.contract.tickets import ContactCheck, Ticket
from gmops_desktop.services.tickets.bonds import Bonds
from gmops_desktop.services.tickets.facts import Facts
from gmops_desktop.services.tickets.limits import Limits, LimitsSet
from gmops_desktop.services.tickets.reading import Course, Dossier
from gmops_desktop.services.tickets.service import Tickets

__all__ = [
    "Bonds",
    "ContactCheck",
    "Course",
    "Dossier",
    "Facts",
    "Limits",
    "LimitsSet",
    "Step",
    "Ticket",
    "Tickets",
]
