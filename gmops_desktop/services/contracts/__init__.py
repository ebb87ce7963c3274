"""Contracts: their terms, the people who may speak, and the things looked after; each change an
entry of the journal."""

from gmops_desktop.services.contracts.service import Contracts
from gmops_desktop.services.contracts.terms import EXAMPLE, Happening

__all__ = ["EXAMPLE", "Contracts", "Happening"]
