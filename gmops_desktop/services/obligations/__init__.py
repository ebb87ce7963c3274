"""What the contract asks for, what proves it, and what is due."""

from gmops_desktop.contract.expiry import Expiry
from gmops_desktop.services.obligations.due import Due
from gmops_desktop.services.obligations.evidence import Compiled, Listed
from gmops_desktop.services.obligations.opened import TicketLine, Waiting
from gmops_desktop.services.obligations.service import (
    RESTORE_FRESH,
    RPO_TARGET,
    EvidenceOf,
    Obligations,
    Overview,
)
from gmops_desktop.services.obligations.trends import GROUPS, Answers, Group, Trends

__all__ = [
    "GROUPS",
    "RESTORE_FRESH",
    "RPO_TARGET",
    "Answers",
    "Compiled",
    "Due",
    "EvidenceOf",
    "Expiry",
    "Group",
    "Listed",
    "Obligations",
    "Overview",
    "TicketLine",
    "Trends",
    "Waiting",
]
