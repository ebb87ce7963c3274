"""The way back of a change before it is taken: what it loses by now, and what it needs here."""

from __future__ import annotations

from pathlib import Path

from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.changes import next_step
from gmops_desktop.contract.rollbacks import RollbackPlan
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches.queue import check_host
from gmops_desktop.services.patches.record import Change
from gmops_desktop.services.patches.running import Running
from gmops_desktop.services.patches.works import LooksBack


class LookingBack(Running):
    """Verbs for who is about to roll a change back; neither changes anything."""

    def look_back(self, resource: Resource, change_id: str, context: Context) -> RollbackPlan:
        """Return the way back as it is now, for who is about to take it: what it loses by now, and
        what stands against it on this machine.  Nothing is changed."""
        change = self._going_back(resource, change_id)
        context.progress(None, tr("Looking at the way back of {number}", number=change.number))
        work = self._work(change)
        if isinstance(work, LooksBack):
            return work.way_back(resource, change.plan, change.id, context)
        if change.way_back is None:
            raise OpsError(
                tr("No way back was prepared for {number}.", number=change.number),
                hint=next_step(change.state),
            )
        return change.way_back

    def take_archive(
        self, resource: Resource, change_id: str, file: Path, context: Context
    ) -> Path:
        """Bring here the archive that a release leads back to, from a file copied from the machine
        that took it; return where it lies now."""
        change = self._going_back(resource, change_id)
        work = self._work(change)
        if not isinstance(work, LooksBack):
            raise OpsError(
                tr("{number} leads back to no archive.", number=change.number),
                unharmed=tr("Nothing was taken in."),
            )
        return work.take_archive(resource, change.plan, change.id, file, context)

    def _going_back(self, resource: Resource, change_id: str) -> Change:
        with self._book.reading() as session:
            row = self._book.standing(session, change_id, "roll_back")
            change = self._book.change(session, row)
        check_host(resource, change)
        return change
