"""The verbs of the schedule: set a plan, see what is due, take it once, prove it, say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final, Protocol

from db.engine import Database
from db.journal import utc_now
from gmops_desktop.adapters.locks import Busy, held
from gmops_desktop.archive.inventory import Inventory, Stored
from gmops_desktop.context import Context
from gmops_desktop.contract.retention import Keep
from gmops_desktop.contract.schedules import (
    Decision,
    Outcome,
    Plan,
    Run,
    Surroundings,
    Taken,
    Why,
    decide,
    newest,
    rate_limit,
)
from gmops_desktop.contract.standing import Standing, causes, stand
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.contract.troubles import TroubleBook
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.services.schedules.alarms import Alarms
from gmops_desktop.services.schedules.record import Kept, Record
from gmops_desktop.services.schedules.subjects import (
    EVERYTHING,
    Named,
    Subject,
    taken_of,
)
from gmops_desktop.services.schedules.undertaking import Undertaking, Verify

_REASONS: Final[dict[Why, str]] = {
    "missed": mark("The machine was off or asleep at the time."),
    "battery": mark("The machine runs on its battery."),
    "metered": mark("The line is a metered one."),
    "quiet": mark("These are the quiet hours."),
    "retry": mark("The last attempt failed."),
}


class Prune(Protocol):
    """What removes the archives of resources that need not be kept."""

    def __call__(self, *resource_ids: str, context: Context) -> object:
        """Remove them; raise `OpsError` where the rule cannot be read."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """How something stands with its schedule: `plan` is None where none was set, or where it cannot
    be read (then `fault` says why).

    `within` is the plan of everything, where that takes it and no plan of its own does; then that
    one says what comes next.
    """

    subject: Subject
    plan: Plan | None
    standing: Standing
    decision: Decision | None
    fault: str = ""
    within: Plan | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """A backup to be taken now ("run"), or one to ask the person at the window about ("ask")."""

    subject: Subject
    decision: Decision
    due: datetime


@dataclass(frozen=True, slots=True)
class Round:
    """What one look at the schedule found: what is to be done, and the tickets it opened or
    added to."""

    appointments: tuple[Appointment, ...]
    tickets: tuple[Ticket, ...]


class Schedules:
    """Plans for the resources of the contract, and what becomes of them on this machine.

    What it needs is handed in: `subjects` are the things looked after, each with the way to back it
    up; `verify` and `prune` do the rest, `around` says how the machine stands, `hopeless` which
    failures another attempt would not mend; locks between programs lie in the folder `locks`.
    """

    def __init__(
        self,
        database: Database,
        troubles: TroubleBook,
        *,
        subjects: Callable[[], Sequence[Subject]],
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
        self._undertaking = Undertaking(
            self._record, self._inventory, verify, archive_folder, hopeless, now
        )
        self._alarms = Alarms(troubles)
        self._subjects = subjects
        self._prune, self._locks = prune, locks
        self._around, self._now = around, now

    # ------------------------------------------------------------ plans

    def subjects(self) -> tuple[Subject, ...]:
        """Return what can have a plan: each kind of backup of each resource, then everything."""
        return tuple(self._subjects())

    def plan(self, subject: Named) -> Plan | None:
        """Return the plan of something; raise `OpsError` where it cannot be read."""
        kept = self._record.find(subject.id, subject.name)
        return kept.plan if kept else None

    def save(self, subject: Named, plan: Plan) -> None:
        """Set the plan of something; raise `OpsError` where it makes no sense."""
        self._record.save(subject.id, plan.checked(), self._now())

    def forget(self, subject: Named) -> None:
        """Take no more backups of something by schedule; what was taken stays."""
        self._record.forget(subject.id)

    def keep_of(self, resource_id: str) -> Keep:
        """Return which archives of a resource are kept: by its own plan, or that of everything.

        Raises `OpsError` where the plan cannot be read.
        """
        own = self._record.find(resource_id, resource_id)
        kept = own or self._for_everything()
        return kept.plan.keep if kept else Keep()

    def ruled_by(self, named: Named) -> tuple[str, ...]:
        """Return the ids of the resources whose archives are kept as this plan says."""
        subject = self._subject(named)
        ids = dict.fromkeys(source.resource_id for source in subject.sources)
        if subject.id != EVERYTHING:
            return tuple(ids)
        return tuple(id for id in ids if self._record.find(id, id) is None)

    def rate_limit(self, resource_id: str) -> int:
        """Return how many bytes a second a backup begun now may take (0: no limit).

        It holds for those asked for by hand, too; a plan that cannot be read limits nothing.
        """
        try:
            kept = self._record.find(resource_id, resource_id) or self._for_everything()
        except OpsError:
            return 0
        return rate_limit(kept.plan, self._now()) if kept else 0

    # ------------------------------------------------------------ seeing

    def outlooks(self) -> tuple[Outlook, ...]:
        """Return how everything that can have a plan stands; nothing is begun or written."""
        return tuple(self.outlook(subject) for subject in self._subjects())

    def outlook(self, named: Named) -> Outlook:
        """Return how something stands."""
        subject, now = self._subject(named), self._now()
        taken = self._taken(subject)
        try:
            own = self._record.find(subject.id, subject.name)
            whole = self._for_everything()
        except OpsError as error:
            standing = stand(None, now, now, (), taken)
            return Outlook(subject, None, standing, None, f"{error.message} {error.hint}")
        within = whole if whole and not (own and own.plan.enabled) else None
        kept = within or own
        plan = own.plan if own else None
        if kept is None:
            return Outlook(subject, None, stand(None, now, now, (), taken), None)
        runs = self._record.runs(EVERYTHING if within else subject.id)
        facts = (kept.plan, kept.since, now, runs, taken)
        decision = decide(*facts, Surroundings(), attended=True)
        return Outlook(
            subject, plan, stand(*facts), decision, within=within.plan if within else None
        )

    def archive(self, id: str) -> Stored:
        """Return an archive that a run wrote."""
        return self._inventory.one(id)

    def surroundings(self) -> Surroundings:
        """Return where this machine stands now: battery, metered line; asks the system."""
        return self._around()

    def history(self, subject_id: str, limit: int = 30) -> tuple[Run, ...]:
        """Return the newest runs of a plan, newest first."""
        return self._record.runs(subject_id, limit)

    # ------------------------------------------------------------ doing

    def advance(self, *, attended: bool) -> Round:
        """Say what is to be done now; write down what is skipped, and raise the tickets due.

        What another program is just busy with, or whose plan cannot be read, is left out.
        """
        found, told = list[Appointment](), list[Ticket]()
        around = cache(self._around)  # asked once, and only where something is due
        for subject in self._subjects():
            kept = self._readable(subject)
            if kept is None:
                continue
            try:
                with self._alone(subject):
                    decision = self._decide(subject, kept, around, attended=attended)
                    told += self._raise_alarms(subject, kept)
            except Busy:
                continue  # whoever holds the lock sees to it
            if decision.due is not None and decision.act in ("run", "ask"):
                found.append(Appointment(subject, decision, decision.due))
        return Round(tuple(found), tuple(told))

    def run(
        self, named: Named, context: Context, *, attended: bool, forced: bool = False
    ) -> Run | None:
        """Take the backup that is due, prove it, remove what retention lets go; return the run.

        `forced` is a person's "do it now": battery, line and catch-up are no reasons then.  None
        where nothing is due (any more).  Raises `OpsError` where it fails, which is written down
        before; `Busy` where another program is at it.
        """
        subject = self._subject(named)
        with self._alone(subject):
            kept = self._record.find(subject.id, subject.name)
            if kept is None:
                return None
            around = Surroundings if forced else self._around
            decision = self._decide(subject, kept, around, attended=attended, forced=forced)
            if decision.act != "run" or decision.due is None:
                return None
            if "missed" in decision.why:
                at = f"{decision.due.astimezone():%m-%d %H:%M}"
                context.note(tr("Missed at {at}, doing it now.", at=at))
            run = self._record.enter(
                subject.id, decision.due, "running", self._now(), unattended=not attended
            )
            try:
                run = self._undertaking.carry_out(
                    run, subject, decision, context, attended=attended
                )
            finally:
                self._raise_alarms(subject, kept)
            if run.outcome == "done":
                self._clear_up(subject, context)
            return run

    def decline(self, subject: Named, due: datetime) -> None:
        """Write down that the person at the window said: not this time."""
        reason = tr("Not wanted this time.")
        with self._alone(subject):
            self._record.enter(subject.id, due, "declined", self._now(), reason, unattended=False)

    # ------------------------------------------------------------ inside

    def _subject(self, named: Named) -> Subject:
        """Return what is called so, as it is now; `OpsError` where it is no longer looked after."""
        for subject in self._subjects():
            if subject.id == named.id:
                return subject
        raise OpsError(
            tr("{name} is nothing that is backed up by schedule.", name=named.name),
            hint=tr("A database, an official account, or a website whose directories are known."),
        )

    def _for_everything(self) -> Kept | None:
        """Return the plan for everything at once, while it is in use."""
        kept = self._record.find(EVERYTHING, tr("Everything"))
        return kept if kept and kept.plan.enabled else None

    def _taken(self, subject: Subject) -> tuple[Taken, ...]:
        return taken_of(self._inventory, subject.sources)

    @contextmanager
    def _alone(self, subject: Named) -> Iterator[None]:
        """Keep other programs from this schedule."""
        what = tr("A scheduled backup of {name}", name=subject.name)
        with held(self._locks / f"schedule-{subject.id}.lock", what):
            self._bury(subject.id)
            yield

    def _bury(self, subject_id: str) -> None:
        """End the runs whose program died: we hold the lock, so nobody is at them."""
        for run in self._record.runs(subject_id, 20):
            if run.outcome == "running":
                reason = tr("It was interrupted: the program or the machine was stopped.")
                self._record.end(run.id, "failed", self._now(), reason)

    def _readable(self, subject: Subject) -> Kept | None:
        """Return the plan, None where there is none, or none that can be read (`outlook` tells)."""
        try:
            return self._record.find(subject.id, subject.name)
        except OpsError:
            return None

    def _decide(
        self,
        subject: Subject,
        kept: Kept,
        around: Callable[[], Surroundings],
        *,
        attended: bool,
        forced: bool = False,
    ) -> Decision:
        """Decide under the lock; what is skipped is written down, once for each reason."""
        now, plan = self._now(), kept.plan
        runs, taken = self._record.runs(subject.id), self._taken(subject)
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
                    subject.id, decision.due, outcome, now, reason, unattended=not attended
                )
        return decision

    def _raise_alarms(self, subject: Subject, kept: Kept) -> tuple[Ticket, ...]:
        kept = self._record.find(subject.id, subject.name) or kept
        now = self._now()
        runs, taken = self._record.runs(subject.id), self._taken(subject)
        found = causes(kept.plan, kept.since, now, runs, taken)
        due = newest(kept.plan, now)
        if found is None or due is None:
            return ()
        if found:
            return self._alarms.raise_for(subject, due, found, runs)
        proved = max(one.at for one in taken if one.verified and one.at <= now)
        return self._alarms.all_well(subject, proved)

    def _clear_up(self, subject: Subject, context: Context) -> None:
        """Let retention do its part; a file that cannot be removed is no failed backup."""
        for resource_id in dict.fromkeys(source.resource_id for source in subject.sources):
            try:
                if self.keep_of(resource_id).enabled:
                    self._prune(resource_id, context=context)
            except OpsError as error:
                context.note(f"{error.message} {error.hint}")
