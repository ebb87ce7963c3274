"""The verbs of the schedule: set a plan, see what is due, take it once, prove it, say so."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from db.engine import Database
from db.journal import utc_now
from gmops_desktop.adapters.locks import Busy, held
from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.archive.inventory import Backup, Inventory
from gmops_desktop.archive.verification import Verification
from gmops_desktop.context import Context
from gmops_desktop.contract.schedules import (
    Decision,
    Outcome,
    Plan,
    Run,
    Surroundings,
    Why,
    decide,
    newest,
    rate_limit,
)
from gmops_desktop.contract.standing import Standing, causes, stand
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.log import redact
from gmops_desktop.services.schedules.alarms import Alarms, TicketBook
from gmops_desktop.services.schedules.record import Kept, Record

# An address, the resource's id, and bytes a second (0: no limit).
Take = Callable[[MysqlAddress, Context, str, int], Backup]
Verify = Callable[[Path, Context], Verification]
Prune = Callable[[Resource, Context], object]

_RESERVE: Final = 64 << 20  # bytes of disk that a backup must leave free
_ALLOWANCE: Final = 1.2  # how much larger than the last one an archive may turn out
_REASONS: Final[dict[Why, str]] = {
    "missed": mark("The machine was off or asleep at the time."),
    "battery": mark("The machine runs on its battery."),
    "metered": mark("The line is a metered one."),
    "quiet": mark("These are the quiet hours."),
    "retry": mark("The last attempt failed."),
}


class NoSpace(OpsError):
    """The disk has no room for the next archive: another attempt alone does not help."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """One database and its schedule: `plan` is None where none was set, or where it cannot be
    read (then `fault` says why)."""

    resource: Resource
    plan: Plan | None
    standing: Standing
    decision: Decision | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Appointment:
    """A backup to be taken now ("run"), or one to ask the person at the window about ("ask")."""

    resource: Resource
    decision: Decision
    due: datetime


@dataclass(frozen=True, slots=True)
class Round:
    """What one look at the schedule found: what is to be done, and the tickets it opened or
    added to."""

    appointments: tuple[Appointment, ...]
    tickets: tuple[Ticket, ...]


class Schedules:
    """Plans of the databases of the contract, and what becomes of them on this machine.

    What it needs is handed in: `resources` are the things looked after, `take`, `verify` and
    `prune` do the work, `around` says how the machine stands, `hopeless` which failures another
    attempt would not mend; locks between programs lie in the folder `locks`.
    """

    def __init__(
        self,
        database: Database,
        tickets: TicketBook,
        *,
        resources: Callable[[], tuple[Resource, ...]],
        take: Take,
        verify: Verify,
        prune: Prune,
        archive_folder: Callable[[], Path],
        locks: Path,
        around: Callable[[], Surroundings] = Surroundings,
        hopeless: Callable[[Exception], bool] = lambda error: False,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._record = Record(database)
        self._inventory = Inventory(database)
        self._alarms = Alarms(self._record, tickets)
        self._resources = resources
        self._take, self._verify, self._prune = take, verify, prune
        self._archive_folder, self._locks = archive_folder, locks
        self._around, self._hopeless, self._now = around, hopeless, now

    # ------------------------------------------------------------ plans

    def plan(self, resource: Resource) -> Plan | None:
        """Return the plan of a database; raise `OpsError` where it cannot be read."""
        kept = self._record.find(resource.id, resource.name)
        return kept.plan if kept else None

    def save(self, resource: Resource, plan: Plan) -> None:
        """Set the plan of a database; raise `OpsError` where it makes no sense."""
        self._record.save(resource.id, plan.checked(), self._now())

    def forget(self, resource: Resource) -> None:
        """Take no more backups of a database by schedule; what was taken stays."""
        self._record.forget(resource.id)

    def rate_limit(self, resource_id: str) -> int:
        """Return how many bytes a second a backup begun now may take (0: no limit).

        It holds for those asked for by hand, too; a plan that cannot be read limits nothing.
        """
        try:
            kept = self._record.find(resource_id, resource_id)
        except OpsError:
            return 0
        return rate_limit(kept.plan, self._now()) if kept else 0

    # ------------------------------------------------------------ seeing

    def outlooks(self) -> tuple[Outlook, ...]:
        """Return how every database of the contract stands; nothing is begun or written."""
        return tuple(self.outlook(resource) for resource in self._databases())

    def outlook(self, resource: Resource) -> Outlook:
        """Return how one database stands."""
        now = self._now()
        runs, taken = self._record.runs(resource.id), self._record.taken(resource.id)
        try:
            kept = self._record.find(resource.id, resource.name)
        except OpsError as error:
            standing = stand(None, now, now, runs, taken)
            return Outlook(resource, None, standing, None, f"{error.message} {error.hint}")
        if kept is None:
            return Outlook(resource, None, stand(None, now, now, runs, taken), None)
        facts = (kept.plan, kept.since, now, runs, taken)
        decision = decide(*facts, Surroundings(), attended=True)
        return Outlook(resource, kept.plan, stand(*facts), decision)

    def surroundings(self) -> Surroundings:
        """Return where this machine stands now: battery, metered line; asks the system."""
        return self._around()

    def history(self, resource_id: str, limit: int = 30) -> tuple[Run, ...]:
        """Return the newest runs of a database, newest first."""
        return self._record.runs(resource_id, limit)

    # ------------------------------------------------------------ doing

    def advance(self, *, attended: bool) -> Round:
        """Say what is to be done now; write down what is skipped, and raise the tickets due.

        A database that another program is just busy with, or whose plan cannot be read, is left
        out.
        """
        found, told = list[Appointment](), list[Ticket]()
        around = cache(self._around)  # asked once, and only where something is due
        for resource in self._databases():
            kept = self._readable(resource)
            if kept is None:
                continue
            try:
                with self._alone(resource):
                    decision = self._decide(resource, kept, around, attended=attended)
                    told += self._raise_alarms(resource, kept)
            except Busy:
                continue  # whoever holds the lock sees to it
            if decision.due is not None and decision.act in ("run", "ask"):
                found.append(Appointment(resource, decision, decision.due))
        return Round(tuple(found), tuple(told))

    def run(
        self, resource: Resource, context: Context, *, attended: bool, forced: bool = False
    ) -> Run | None:
        """Take the backup that is due, prove it, remove what retention lets go; return the run.

        `forced` is a person's "do it now": battery, line and catch-up are no reasons then.  None
        where nothing is due (any more).  Raises `OpsError` where it fails, which is written down
        before; `Busy` where another program is at it.
        """
        address = resource.address
        if not isinstance(address, MysqlAddress):
            raise OpsError(tr("{name} is not a database.", name=resource.name))
        with self._alone(resource):
            kept = self._record.find(resource.id, resource.name)
            if kept is None:
                return None
            around = Surroundings if forced else self._around
            decision = self._decide(resource, kept, around, attended=attended, forced=forced)
            if decision.act != "run" or decision.due is None:
                return None
            if "missed" in decision.why:
                at = f"{decision.due.astimezone():%m-%d %H:%M}"
                context.note(tr("Missed at {at}, doing it now.", at=at))
            run = self._record.enter(
                resource.id, decision.due, "running", self._now(), unattended=not attended
            )
            try:
                run = self._carry_out(run, resource, address, decision, context, attended=attended)
            finally:
                self._raise_alarms(resource, kept)
            if kept.plan.keep.enabled and run.outcome == "done":
                self._clear_up(resource, context)
            return run

    def decline(self, resource: Resource, due: datetime) -> None:
        """Write down that the person at the window said: not this time."""
        reason = tr("Not wanted this time.")
        with self._alone(resource):
            self._record.enter(resource.id, due, "declined", self._now(), reason, unattended=False)

    # ------------------------------------------------------------ inside

    def _databases(self) -> list[Resource]:
        return [one for one in self._resources() if one.kind == "mysql"]

    @contextmanager
    def _alone(self, resource: Resource) -> Iterator[None]:
        """Keep other programs from the schedule of this database."""
        what = tr("A scheduled backup of {name}", name=resource.name)
        with held(self._locks / f"schedule-{resource.id}.lock", what):
            self._bury(resource.id)
            yield

    def _bury(self, resource_id: str) -> None:
        """End the runs whose program died: we hold the lock, so nobody is at them."""
        for run in self._record.runs(resource_id, 20):
            if run.outcome == "running":
                reason = tr("It was interrupted: the program or the machine was stopped.")
                self._record.end(run.id, "failed", self._now(), reason)

    def _readable(self, resource: Resource) -> Kept | None:
        """Return the plan, None where there is none, or none that can be read (`outlook` tells)."""
        try:
            return self._record.find(resource.id, resource.name)
        except OpsError:
            return None

    def _decide(
        self,
        resource: Resource,
        kept: Kept,
        around: Callable[[], Surroundings],
        *,
        attended: bool,
        forced: bool = False,
    ) -> Decision:
        """Decide under the lock; what is skipped is written down, once for each reason."""
        now, plan = self._now(), kept.plan
        runs, taken = self._record.runs(resource.id), self._record.taken(resource.id)
        facts = (plan, kept.since, now, runs, taken)
        # A person who forces it has answered every question.
        asking = attended and not forced
        decision = decide(*facts, Surroundings(), attended=asking)
        if decision.act in ("run", "ask"):
            decision = decide(*facts, around(), attended=asking)
        if forced and decision.act in ("wait", "skip") and decision.why:
            return replace(decision, act="run", rate_limit=rate_limit(plan, now))
        if decision.act == "skip" and decision.due is not None:
            reason = " ".join(tr(_REASONS[why]) for why in decision.why)
            outcome: Outcome = "missed" if decision.why == ("missed",) else "skipped"
            if not any(run.due == decision.due and run.reason == reason for run in runs):
                self._record.enter(
                    resource.id, decision.due, outcome, now, reason, unattended=not attended
                )
        return decision

    def _carry_out(
        self,
        run: Run,
        resource: Resource,
        address: MysqlAddress,
        decision: Decision,
        context: Context,
        *,
        attended: bool,
    ) -> Run:
        try:
            self._check_space(resource)
            backup = self._take(address, context, resource.id, decision.rate_limit)
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
            self._end(run, "failed", reason, hopeless=hopeless)
            raise
        if backup.verified:  # before it was sealed to keys that are not on this machine
            return self._end(run, "done", "", archive_id=backup.id)
        try:
            verdict = self._verify(backup.path, context)
        except OpsError as error:  # the archive is there; that it is whole is not known
            reason = tr("It was taken, but not verified: {why}", why=error.message)
            return self._end(run, "unproved", reason, archive_id=backup.id)
        except Exception as error:
            why = tr("It was cancelled.") if isinstance(error, Cancelled) else redact(repr(error))
            reason = tr("It was taken, but not verified: {why}", why=why)
            self._end(run, "unproved", reason, archive_id=backup.id)
            raise
        if not verdict.ok:
            reason = tr("The archive is damaged: {fault}", fault="; ".join(verdict.faults[:3]))
            return self._end(run, "damaged", reason, archive_id=backup.id)
        return self._end(run, "done", "", archive_id=backup.id)

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

    def _check_space(self, resource: Resource) -> None:
        """Refuse before the start what cannot end well, going by the last archive's size."""
        known = [b for b in self._inventory.all() if b.resource_id == resource.id]
        if not known:
            return  # the engine guesses from what the server says of its tables
        folder = self._archive_folder()
        free, needed = shutil.disk_usage(folder).free, known[0].file_bytes * _ALLOWANCE + _RESERVE
        if free < needed:
            raise NoSpace(
                tr(
                    "{folder} has {free} MB free, the backup of {name} may need {needed} MB.",
                    folder=folder,
                    free=free // 1_000_000,
                    name=resource.name,
                    needed=round(needed / 1e6),
                ),
                hint=tr("Free some space, or keep fewer archives (Schedule and retention)."),
                unharmed=tr("Nothing was begun; the archives there are not touched."),
            )

    def _raise_alarms(self, resource: Resource, kept: Kept) -> tuple[Ticket, ...]:
        kept = self._record.find(resource.id, resource.name) or kept
        now = self._now()
        runs, taken = self._record.runs(resource.id), self._record.taken(resource.id)
        found = causes(kept.plan, kept.since, now, runs, taken)
        due = newest(kept.plan, now)
        if found is None or due is None:
            return ()
        if found:
            return self._alarms.raise_for(resource, kept, due, found, runs)
        proved = max(one.at for one in taken if one.verified and one.at <= now)
        return self._alarms.all_well(resource, kept, proved)

    def _clear_up(self, resource: Resource, context: Context) -> None:
        """Let retention do its part; a file that cannot be removed is no failed backup."""
        try:
            self._prune(resource, context)
        except OpsError as error:
            context.note(f"{error.message} {error.hint}")
