"""The last way back: the disks of a server go back to their snapshots, with everything on them.

The cloud shuts the server down, overwrites its disks and starts it again.  What is asked of it is
in the record before, what it answered after; a disk whose order nobody knows the fate of is never
overwritten a second time by itself, for what was written since would be lost.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from db.ids import uuid7
from gmops_desktop.adapters import tencent_disks as api
from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.change_states import ENDED_RUN, RUN, Run, begun, runs_of
from gmops_desktop.contract.snapshots import Making, Taken, hour
from gmops_desktop.contract.terms import day_of
from gmops_desktop.contract.tickets import check_requester
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches.disk_losses import DiskLosses, in_order
from gmops_desktop.services.patches.following import Follow
from gmops_desktop.services.patches.queue import check_host
from gmops_desktop.services.patches.record import Change, fields_of
from gmops_desktop.services.patches.snapshots import account_of

ROLLED: Final = "rolled_"  # field of a change: how far each disk is, by the run's id
_SIGN: Final = timedelta(minutes=10)  # within which the cloud must show that it began
_START: Final = timedelta(minutes=15)  # a server may take to come up once its disks are back
_PATIENCE: Final = timedelta(hours=12)


class DiskRollback(DiskLosses):
    """The verbs of the last way back."""

    def roll_back_disks(
        self,
        resource: Resource,
        change_id: str,
        context: Context,
        *,
        confirm: str,
        reason: str,
        agreed_by: str,
        channel: str,
    ) -> Change:
        """Put the disks back to the snapshots from before the change, and follow it to its end.

        `confirm` must be the server's name, `agreed_by` a designated contact of Party A, who said
        so by `channel`.  Leaving it stops nothing: `attach` again.
        """
        with self._book.reading() as session:
            row = self._book.standing(session, change_id, "roll_back_disks")
            change = self._book.change(session, row)
            making = self.back_to(change)
            account = account_of(session, making)
            check = check_requester(
                self._book.people(session, row), agreed_by, day_of(self._book.now())
            )
        check_host(resource, change)
        untouched = tr("Nothing was done to the server or its disks.")
        if confirm.strip() != resource.name:
            raise OpsError(
                tr("To go on, type the name of the server: {name}.", name=resource.name),
                unharmed=untouched,
            )
        if not reason.strip() or not channel.strip():
            raise OpsError(
                tr("Rolling the disks back needs a reason, and how Party A agreed."),
                hint=tr("Write why in a sentence; it stands in the record and the report."),
                unharmed=untouched,
            )
        if check.contact is None:
            raise OpsError(
                check.reason or tr("Nobody of Party A has agreed."),
                hint=tr("Let a designated contact of Party A agree first."),
                unharmed=untouched,
            )
        cloud = self._disk_hands().open_api(account, making.region)
        if why_not := self.why_not(cloud, making, context):
            raise OpsError(why_not, unharmed=untouched)
        with self._hands.alone(resource), context.uncut():
            run_id = uuid7()
            with self._book.writing() as session:
                row = self._book.standing(session, change.id, "roll_back_disks")
                if any(run.going and run.way for run in runs_of(fields_of(row))):
                    raise OpsError(
                        tr("The disks of {name} are being put back already.", name=resource.name),
                        hint=tr("Attach again to see its end."),
                        unharmed=untouched,
                    )
                said = {
                    "purpose": "rollback", "at": self._book.now(), "way": "disks",
                    "by": self._book.journal.actor(), "making": making.id,
                    "place": len(begun(fields_of(row))),
                }  # fmt: skip
                fields: dict[str, Any] = {
                    RUN + run_id: said,
                    ENDED_RUN + run_id: None,
                    "run_id": run_id,
                    "rollback_reason": reason.strip()[:1000],
                }
                agreed = tr("Agreed to by {name}, {channel}", name=check.contact.name,
                            channel=channel.strip())  # fmt: skip
                change = self._book.record(
                    session, row, "change.started", fields, purpose="rollback", run=run_id,
                    text=f"{reason.strip()[:1000]}\n{agreed}", agreed_by=check.contact.name,
                    channel=channel.strip(), way="disks",
                )  # fmt: skip
        return self._put_back(resource, change, _run(change, run_id), context)

    def attach(
        self, resource: Resource, change_id: str, context: Context, follow: Follow | None = None
    ) -> Change:
        """Ask what became of what was begun, at the server and at its disks, and follow it."""
        with self._book.reading() as session:
            row = self._book.standing(session, change_id, "attach")
            change = self._book.change(session, row)
        going = [run for run in change.runs if run.going and run.way]
        if not going:
            return super().attach(resource, change_id, context, follow)
        check_host(resource, change)
        for run in going:
            change = self._put_back(resource, change, run, context)
        return change

    # ------------------------------------------------------------ carried out

    def _put_back(self, resource: Resource, change: Change, run: Run, context: Context) -> Change:
        """Put one disk after the other back, and wait until the server is up again."""
        making = next(one for one in change.makings if one.id == run.making)
        with self._book.reading() as session:
            account = account_of(session, making)
        cloud = self._disk_hands().open_api(account, making.region)
        order = in_order(making)
        for place, one in enumerate(order):
            last = place == len(order) - 1
            why = self._disk_back(cloud, change, run, making, one, context, start=last)
            if why:
                return self._over(resource, change, run, why)
        return self._started(cloud, resource, change, run, making, context)

    def _disk_back(
        self,
        cloud: Tencent,
        change: Change,
        run: Run,
        making: Making,
        one: Taken,
        context: Context,
        *,
        start: bool,
    ) -> str:
        """Put one disk back; return why it could not be, or ""."""
        steps = self._steps(change.id, run.id, one.disk)
        if "done" in steps:
            return ""
        if "sent" not in steps:
            with context.uncut():
                self._step(change.id, run.id, one.disk, "sent")
                try:
                    number = api.put_back(cloud, one.id, one.disk, context, start=start)
                except CloudRefused as refusal:
                    if not refusal.unclear:
                        return f"{refusal.message} {refusal.hint}"
                else:
                    self._step(change.id, run.id, one.disk, "taken", request=number)
        hands, looked = self._disk_hands(), 0
        while True:
            steps = self._steps(change.id, run.id, one.disk)
            found = self._patiently(cloud, making, one, context)
            if found is not None:
                rolling, percent, state = found
                for step, now in (("rolled", rolling), ("seen", state != "RUNNING")):
                    if now and step not in steps:
                        self._step(change.id, run.id, one.disk, step)
                        steps = self._steps(change.id, run.id, one.disk)
                said = tr("{disk} goes back to {snapshot}: {percent} %; the server is {state}",
                          disk=one.disk, snapshot=one.id, percent=percent if rolling else "…",
                          state=state)  # fmt: skip
                context.progress(percent if rolling else None, said)
                if self._is_back(steps, rolling=rolling, state=state, start=start):
                    self._step(change.id, run.id, one.disk, "done")
                    return ""
            sent = datetime.fromisoformat(steps["sent"])
            waited = self._book.now() - sent
            if "rolled" not in steps and waited > (_SIGN if "seen" not in steps else 2 * _START):
                return tr("Whether {disk} went back to {snapshot} is not known: the cloud shows no "
                          "sign of it. Look at the operation log in the console, for ApplySnapshot "
                          "at {at}; roll back again only if it did not take place.",
                          disk=one.disk, snapshot=one.id, at=hour(sent))  # fmt: skip
            if waited > _PATIENCE:
                return tr(
                    "{disk} is not back after {hours} hours; ask Tencent's support.",
                    disk=one.disk,
                    hours=12,
                )
            hands.wait(looked, context)
            looked += 1

    def _is_back(self, steps: dict[str, str], *, rolling: bool, state: str, start: bool) -> bool:
        """Whether a disk is back: it was seen on its way, and is not any more.

        While the server still stops, the disk is not rolling either.  The last disk, whose end
        starts the server, is back when that runs again, or stays off long after.
        """
        if rolling:
            return False
        if state == "RUNNING":
            return start and bool({"rolled", "seen"} & steps.keys())
        if state != "STOPPED" or "rolled" not in steps:
            return False
        waited = self._book.now() - datetime.fromisoformat(steps["rolled"])
        return not start or waited > _START

    def _patiently(
        self, cloud: Tencent, making: Making, one: Taken, context: Context
    ) -> tuple[bool, int, str] | None:
        """Return whether a disk is being rolled back, how far, and the server's state; None while
        the cloud does not answer."""
        try:
            seen = [disk for disk in api.disks(cloud, making.server, context)
                    if disk.disk.id == one.disk]  # fmt: skip
            state = api.server_state(cloud, making.server, context)
        except CloudRefused as refusal:
            if not refusal.unclear:
                raise
            context.progress(None, tr("Tencent Cloud does not answer; asking again …"))
            return None
        return bool(seen and seen[0].rolling), seen[0].percent if seen else 0, state

    def _started(
        self,
        cloud: Tencent,
        resource: Resource,
        change: Change,
        run: Run,
        making: Making,
        context: Context,
    ) -> Change:
        """Wait until the server runs again; record how it ended."""
        state = api.server_state(cloud, making.server, context)
        if state == "RUNNING":
            return self._over(resource, change, run, "")
        why = tr("The disks of {name} are back at their snapshots, but the server is {state}: "
                 "start it in the console, then check.",
                 name=resource.name, state=state)  # fmt: skip
        return self._over(resource, change, run, why)

    def _over(self, resource: Resource, change: Change, run: Run, why: str) -> Change:
        """Record how putting the disks back ended; what still ran on the server went with them."""
        now = self._book.now()
        back = {"state": "failed" if why else "done", "why": why, "ended_at": now}
        fields: dict[str, Any] = {ENDED_RUN + run.id: back}
        if not why:
            fields["rolled_back_at"] = now
        with self._book.writing() as session:
            row = self._book.row(session, change.id)
            if not why:
                gone = tr("The disks went back to their snapshots, and what it had done with them.")
                for other in runs_of(fields_of(row)):
                    if other.going and other.id != run.id:
                        fields[ENDED_RUN + other.id] = {
                            "state": "interrupted", "why": gone, "ended_at": now,
                        }  # fmt: skip
            changed = self._book.record(
                session, row, "change.finished", fields, purpose="rollback",
                state=back["state"], why=why, run=run.id,
            )  # fmt: skip
        if why:
            title = tr("{number} failed on {name}", number=change.number, name=resource.name)
            self._report(changed, title, why, run.id, ())
        return changed

    def _steps(self, change_id: str, run_id: str, disk: str) -> dict[str, str]:
        with self._book.reading() as session:
            fields = fields_of(self._book.row(session, change_id))
        found: dict[str, str] = (fields.get(ROLLED + run_id) or {}).get(disk, {})
        return found

    def _step(self, change_id: str, run_id: str, disk: str, step: str, request: str = "") -> None:
        """Record how far a disk is."""
        with self._book.writing() as session:
            row = self._book.row(session, change_id)
            known = dict(fields_of(row).get(ROLLED + run_id) or {})
            said = {**known.get(disk, {}), step: self._book.now().isoformat()}
            if request:
                said["request"] = request
            self._book.record(
                session, row, "change.disk_rolling", {ROLLED + run_id: {**known, disk: said}},
                disk=disk, step=step, request=request,
            )  # fmt: skip


def _run(change: Change, run_id: str) -> Run:
    return next(run for run in change.runs if run.id == run_id)
