"""What the contract asks for, what proves it, and what is due."""

from gmops_desktop.services.obligations.due import Due
from gmops_desktop.services.obligations.expiry import Expiry
from gmops_desktop.services.obligations.opened import TicketLine, Waiting
from gmops_desktop.services.obligations.service import (
    RESTORE_FRESH,
    RPO_TARGET,
    EvidenceOf,
    Obligations,
    Overview,
)

__all__ = [
    "RESTORE_FRESH",
    "RPO_TARGET",
    "Due",
    "EvidenceOf",
    "Expiry",
    "Obligations",
    "Overview",
    "TicketLine",
    "Waiting",
]
