"""One backup of the schedule from its start to its proof, and how it ended on record."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from gmops_desktop.adapters.locks import Busy
from gmops_desktop.archive.inventory import Inventory
from gmops_desktop.archive.verification import Verification
from gmops_desktop.context import Context
from gmops_desktop.contract.schedules import Decision, Outcome, Run
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.log import redact
from gmops_desktop.services.schedules.record import Record
from gmops_desktop.services.schedules.subjects import Subject, Written, archives_of

Verify = Callable[[Path, Context], Verification]

_RESERVE: Final = 64 << 20  # bytes of disk that a backup must leave free
_ALLOWANCE: Final = 1.2  # how much larger than the last one an archive may turn out


class NoSpace(OpsError):
    """The disk has no room for the next archive: another attempt alone does not help."""


class Undertaking:
    """Takes backups, proves them, and enters how each ended."""

    def __init__(
        self,
        record: Record,
        inventory: Inventory,
        verify: Verify,
        archive_folder: Callable[[], Path],
        hopeless: Callable[[Exception], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._record, self._inventory = record, inventory
        self._verify, self._archive_folder = verify, archive_folder
        self._hopeless, self._now = hopeless, now

    def carry_out(
        self,
        run: Run,
        subject: Subject,
        decision: Decision,
        context: Context,
        *,
        attended: bool,
    ) -> Run:
        """Take a backup that was begun as `run`, and prove it; return the run, ended.

        Raises what kept it from being taken, after that was written down.
        """
        try:
            self._check_space(subject)
            written = subject.take(context, decision.rate_limit)
        except Busy:
            self._record.drop(run.id)  # somebody is backing it up by hand: that may settle it
            raise
        except Cancelled:
            # At the window somebody pressed a button; elsewhere the machine is going down.
            outcome: Outcome = "declined" if attended else "failed"
            self._end(run, outcome, tr("It was cancelled."))
            raise
        except Exception as error:
            reason = redact(error.message if isinstance(error, OpsError) else repr(error))
            hopeless = isinstance(error, NoSpace) or self._hopeless(error)
            outcome = "damaged" if isinstance(error, ProofFailed) else "failed"
            self._end(run, outcome, reason, hopeless=hopeless)
            raise
        for archive in written:
            if archive.verified:  # before it was sealed to keys that are not on this machine
                continue
            if ended := self._prove(run, archive, context):
                return ended
        return self._end(run, "done", "", archive_id=written[0].id if written else "")

    def _prove(self, run: Run, archive: Written, context: Context) -> Run | None:
        """Verify an archive; return the run, ended, where that does not come out well."""
        try:
            verdict = self._verify(archive.path, context)
        except OpsError as error:  # the archive is there; that it is whole is not known
            reason = tr("It was taken, but not verified: {why}", why=error.message)
            return self._end(run, "unproved", reason, archive_id=archive.id)
        except Exception as error:
            why = tr("It was cancelled.") if isinstance(error, Cancelled) else redact(repr(error))
            reason = tr("It was taken, but not verified: {why}", why=why)
            self._end(run, "unproved", reason, archive_id=archive.id)
            raise
        if not verdict.ok:
            reason = tr("The archive is damaged: {fault}", fault="; ".join(verdict.faults[:3]))
            return self._end(run, "damaged", reason, archive_id=archive.id)
        return None

    def _end(
        self,
        run: Run,
        outcome: Outcome,
        reason: str,
        *,
        archive_id: str = "",
        hopeless: bool = False,
    ) -> Run:
        return self._record.end(
            run.id, outcome, self._now(), reason, archive_id=archive_id, hopeless=hopeless
        )

    def _check_space(self, subject: Subject) -> None:
        """Refuse before the start what cannot end well, going by the last archive's size."""
        shelves = [archives_of(self._inventory, source) for source in subject.sources]
        last = sum(shelf[0].file_bytes for shelf in shelves if shelf)
        if not last:
            return  # the engine guesses from what the server says of its tables
        folder = self._archive_folder()
        free, needed = shutil.disk_usage(folder).free, last * _ALLOWANCE + _RESERVE
        if free < needed:
            raise NoSpace(
                tr(
                    "{folder} has {free} MB free, the backup of {name} may need {needed} MB.",
                    folder=folder,
                    free=free // 1_000_000,
                    name=subject.name,
                    needed=round(needed / 1e6),
                ),
                hint=tr("Free some space, or keep fewer archives (Schedule and retention)."),
                unharmed=tr("Nothing was begun; the archives there are not touched."),
            )
