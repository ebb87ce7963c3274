"""The ledgers as tables for a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gmops_desktop.contract.person_days import Ledger
from gmops_desktop.contract.registers import Record
from gmops_desktop.language import tr
from ui.words import listed

SheetTable = tuple[list[str], list[list[Any]]]  # titles and rows


def days_table(ledger: Ledger) -> SheetTable:
    """Return a row for each booking and one for each ticket's sum, with estimate and consent."""
    titles = [
        tr("Ticket"), tr("Title"), tr("Estimate", context="days"), tr("By"),
        tr("Agreed", context="days"), tr("Who"), tr("Day"), tr("Worked", context="days"),
        tr("By"), tr("Note"), tr("Counted", context="days"),
    ]  # fmt: skip
    rows: list[list[Any]] = []
    for line in ledger.lines:
        said = line.consent
        agreed = [said.days, f"{said.by} {said.channel} {said.on}"] if said else ["", ""]
        head = [line.number, line.title, line.estimate, line.estimated_by, *agreed]
        rows += [[*head, one.on, one.days, one.actor, one.text, ""] for one in line.bookings]
        rows.append([*head, "", line.worked, "", tr("Sum"), line.counted])
    return titles, rows


def register_table(records: Sequence[Record]) -> SheetTable:
    """Return a row for each line of a register."""
    titles = [
        tr("Day"), tr("Subject", context="record"), tr("People"), tr("By"), tr("Hours"),
        tr("Ticket"), tr("Paper"), tr("Note"), tr("Holds until"),
    ]  # fmt: skip
    return titles, [
        [one.on, one.title, listed(one.people), one.by, one.hours, one.ticket, one.paper,
         one.text, one.until]
        for one in records
    ]  # fmt: skip
