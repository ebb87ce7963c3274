"""The proof that the record is whole: its chains, and what the reports printed of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from db.engine import Database
from db.journal import Journal
from gmops_desktop.context import Context
from gmops_desktop.contract.record import ChainHead, ChainReport
from gmops_desktop.language import tr


class Records:
    """Checks the journal.

    Both checks return what no longer agrees, as finished sentences: `report_checks` holds every
    report's file and printed chain heads against the store, `file_checks` the attached files
    against the entries that name them; with a context it reads them whole, without one it only
    looks whether they are there.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        report_checks: Callable[[], Iterable[str]],
        file_checks: Callable[[Context | None], Iterable[str]],
    ) -> None:
        self._database = database
        self._journal = journal
        self._report_checks, self._file_checks = report_checks, file_checks

    def verify(self, context: Context | None = None) -> ChainReport:
        """Check the store's file, every chain, the tables made from them, every report, and the
        attached files: with a context their digests, else (it is quick) that they are there.

        Raises `OpsError` for a damaged file; all else is among the faults.
        """
        self._database.check()
        report = self._journal.verify()
        faults = list(report.faults)
        if not faults:  # a broken journal has nothing to hold tables and files against
            faults += [
                tr("{name} shows something else than the journal says.", name=name)
                for name in self._journal.strangers()
            ]
            faults += self._file_checks(context)
        faults += self._report_checks()
        return replace(report, ok=not faults, faults=tuple(faults))

    def rebuild(self) -> None:
        """Make every table anew from the journal."""
        self._journal.rebuild()

    def heads(self) -> tuple[ChainHead, ...]:
        """Return the newest entry of every device's chain."""
        return self._journal.heads()

    def count(self) -> int:
        """Return how many entries the journal holds."""
        return self._journal.count()
