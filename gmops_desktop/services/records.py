"""The proof that the record is whole: chains, and what signed reports say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from sqlalchemy import select

from db.engine import Database
from db.journal import Journal
from db.models import ReportRow
from gmops_desktop.contract.record import ChainHead, ChainReport, head_faults
from gmops_desktop.language import tr


class Records:
    """Checks the journal.  `report_checks` looks at the report files and returns their faults."""

    def __init__(
        self, database: Database, journal: Journal, report_checks: Callable[[], Iterable[str]]
    ) -> None:
        self._database = database
        self._journal = journal
        self._report_checks = report_checks

    def verify(self) -> ChainReport:
        """Check every chain, the heads each report printed, and each report's file."""
        report = self._journal.verify()
        hashes = self._journal.hashes()
        faults = list(report.faults)
        for number, heads in self._printed():
            faults += [
                tr("Report {number}: {fault}", number=number, fault=fault)
                for fault in head_faults(heads, hashes)
            ]
        faults += self._report_checks()
        return replace(report, ok=not faults, faults=tuple(faults))

    def heads(self) -> tuple[ChainHead, ...]:
        """Return the newest entry of every device's chain."""
        return self._journal.heads()

    def count(self) -> int:
        """Return how many entries the journal holds."""
        return self._journal.count()

    def _printed(self) -> list[tuple[str, list[ChainHead]]]:
        with self._database.session() as session:
            return [
                (row.number, [ChainHead(**head) for head in row.heads or ()])
                for row in session.scalars(select(ReportRow).order_by(ReportRow.number))
            ]
