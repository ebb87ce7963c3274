"""The verbs of the second way in: how sshd stands, and the steps that bring it back, recorded."""

from __future__ import annotations

from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.runs import SshdSeen
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches.disk_rollback import DiskRollback
from gmops_desktop.services.patches.queue import check_host
from gmops_desktop.services.patches.record import Change
from gmops_desktop.services.patches.rescue import STEPS, RescueHands, checked_step


class Rescuing(DiskRollback):
    """Where sshd does not come back after a run."""

    def sshd(self, resource: Resource, change_id: str, context: Context) -> SshdSeen:
        """Return how sshd of the change's server stands, as the cloud's agent sees it."""
        with self._book.reading() as session:
            row = self._book.standing(session, change_id, "rescue")
            change = self._book.change(session, row)
        check_host(resource, change)
        context.progress(None, tr("Asking the cloud's agent on {name} …", name=resource.name))
        return self._rescue_hands().look(resource, change.id, context)

    def rescue(
        self, resource: Resource, change_id: str, step: str, context: Context, *, confirm: str
    ) -> Change:
        """Do one step through the agent ("restart" or "settings"), and record what came of it;
        `confirm` must be the change's number."""
        wanted = checked_step(step)
        change = self._wanted(resource, change_id, "rescue", confirm)
        hands = self._rescue_hands()
        context.progress(None, tr("Doing it through the cloud's agent on {name} …",
                                  name=resource.name))  # fmt: skip
        failed: OpsError | None = None
        with self._hands.alone(resource):
            try:
                answers = hands.do(wanted, resource, change.id, context)
            except OpsError as error:
                failed, answers = error, False
        came = (
            failed.message
            if failed
            else tr("{name} answers over SSH again.", name=resource.name)
            if answers
            else tr("{name} still does not answer over SSH.", name=resource.name)
        )
        with context.uncut(), self._book.writing() as session:
            row = self._book.row(session, change.id)
            fields = {"rescued_at": self._book.now()}
            changed = self._book.record(
                session, row, "change.rescued", fields, step=wanted,
                text=f"{tr(STEPS[wanted])}{tr(': ')}{came}",
            )  # fmt: skip
        if failed:
            raise failed
        if not answers:
            raise OpsError(
                came,
                hint=tr("Look at sshd again; put its settings back, or take the way back."),
                unharmed=tr("The step was done, and stands in the record."),
            )
        return changed

    def _rescue_hands(self) -> RescueHands:
        if self._hands.rescue is None:
            raise OpsError(
                tr("No second way into a server is known from here."),
                unharmed=tr("Nothing was done on the server."),
            )
        return self._hands.rescue
