"""How a change comes into the queue: what waits on a host, its plan, and the plan played again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from db.ids import uuid7
from db.models import ChangeRow, InventoryRow
from gmops_desktop.adapters.packages import PlanRefused
from gmops_desktop.addresses import HostAddress, Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.change_states import EMERGENCY, digest_of_plan
from gmops_desktop.contract.change_steps import Step, step_of
from gmops_desktop.contract.changes import AUDIENCES, ChangeKind
from gmops_desktop.contract.gates import FRESH
from gmops_desktop.contract.restarts import units_in
from gmops_desktop.contract.updates import (
    Inventory,
    Update,
    drift,
    inventory_from_dict,
    plan_from_dict,
    to_dict,
    with_restarts,
    with_restarts_of,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.patches.book import Book
from gmops_desktop.services.patches.hands import Hands
from gmops_desktop.services.patches.record import Change, fields_of
from gmops_desktop.services.patches.works import Played, Work

_CLOCK_SLIP: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Draft:
    """A system patch before it is queued: its plan, and how that was played through."""

    resource: Resource
    title: str
    plan: Mapping[str, Any]
    played: Played


class Queue:
    """The inventories and the queue."""

    def __init__(self, book: Book, hands: Hands) -> None:
        self._book, self._hands = book, hands

    # ------------------------------------------------------------ what waits

    def scan(self, resource: Resource, context: Context) -> Inventory:
        """Ask the host what waits and keep the answer; `unknown` says why there may be none."""
        address = host_address(resource)
        context.progress(None, tr("Asking {name} for its updates …", name=resource.name))
        found = replace(self._hands.scan_host(address, context), resource_id=resource.id)
        with self._book.writing() as session:
            session.merge(
                InventoryRow(
                    resource_id=resource.id,
                    at=found.at,
                    manager=found.manager,
                    system=found.system,
                    data=to_dict(found),
                )
            )
        return found

    def inventory(self, resource_id: str) -> Inventory | None:
        """Return the newest scan of a host, or None."""
        with self._book.reading() as session:
            row = session.get(InventoryRow, resource_id)
            return inventory_from_dict(row.data) if row else None

    # ------------------------------------------------------------ the queue

    def queue(
        self,
        resource: Resource,
        context: Context,
        *,
        names: Sequence[str] | None = None,
        security_only: bool = False,
        ticket: str = "",
        restarts: Sequence[str] | None = None,
        restart_host: bool | None = None,
    ) -> Change:
        """Simulate the chosen updates on the host (all, by default) and queue them as a change."""
        draft = self.draft(
            resource, context, names=names, security_only=security_only, restarts=restarts,
            restart_host=restart_host,
        )  # fmt: skip
        return self.enter(draft, context, ticket=ticket)

    def draft(
        self,
        resource: Resource,
        context: Context,
        *,
        names: Sequence[str] | None = None,
        security_only: bool = False,
        restarts: Sequence[str] | None = None,
        restart_host: bool | None = None,
    ) -> Draft:
        """Return what the chosen updates of a host would be as a change; nothing is recorded.

        `restarts` are the units that restart at its end, `restart_host` says whether the host does;
        None is as the simulation proposes.  A scan older than a day is made anew.  Raises
        `OpsError` where nothing waits, a name does not, or the host cannot say.
        """
        address = host_address(resource)
        known = self.inventory(resource.id)
        age = self._book.now() - known.at if known else FRESH
        if known is None or known.unknown or not -_CLOCK_SLIP < age < FRESH:
            known = self.scan(resource, context)
        wanted = _chosen(resource, known, names, security_only=security_only)
        context.progress(None, tr("Simulating on {name} …", name=resource.name))
        units = None if restarts is None else units_in(restarts)
        plan = self._hands.simulate_host(address, wanted, context)
        plan = with_restarts(plan, units, restart_host)
        title = tr_n("{count} update on {host}", "{count} updates on {host}", len(plan.packages),
                     host=resource.name)  # fmt: skip
        said = to_dict(plan)
        played = Played(said, (), _not_asked(), plan.disk_free, None, plan.simulated_at)
        if "patch" in self._hands.works:
            played = self._hands.works["patch"].play(resource, said, context)
        return Draft(resource, title, said, played)

    def enter(self, draft: Draft, context: Context, *, ticket: str = "") -> Change:
        """Queue what was drafted as a change."""
        return self._add(
            "patch", draft.title, draft.resource, draft.plan, ticket, context, draft.played
        )

    def add(
        self,
        kind: ChangeKind,
        title: str,
        resource: Resource,
        plan: Mapping[str, Any],
        ticket: str = "",
    ) -> Change:
        """Queue a change of any kind; `plan` is the kind's own record as JSON values, `ticket` what
        it comes from, by id or number.  It is played through later (`simulate`)."""
        if not title.strip():
            raise OpsError(
                tr("The change has no title."), hint=tr("Say in a few words what it changes.")
            )
        return self._add(kind, title, resource, plan, ticket, Context(), None)

    def _add(
        self,
        kind: ChangeKind,
        title: str,
        resource: Resource,
        plan: Mapping[str, Any],
        ticket: str,
        context: Context,
        played: Played | None,
    ) -> Change:
        ticket_id = self._ticket_id(ticket)
        fields = {
            "kind": kind,
            "title": title.strip()[:500],
            "resource_id": resource.id,
            "ticket_id": ticket_id,
            "plan": dict(plan),
            "author": self._book.journal.actor(),
        }
        fields |= _as_played(played, plan) if played else {}
        subject = uuid7()
        with context.uncut(), self._book.writing() as session:
            number = {"number": self._book.journal.next_number(session, "change")}
            return self._book.record_new(session, subject, number | fields)

    def all(self) -> tuple[Change, ...]:
        """Return every change, newest first."""
        return self._book.all()

    def get(self, change_id: str) -> Change:
        """Return a change by id or number."""
        return self._book.get(change_id)

    def steps(self, change_id: str) -> tuple[Step, ...]:
        """Return a change's entries as people read them, oldest first."""
        change = self.get(change_id)
        names = {head.device: head.device_name for head in self._book.journal.heads()}
        entries = self._book.entries(change.id)
        return tuple(step_of(entry, names.get(entry.device, "")) for entry in entries)

    # ------------------------------------------------------------ the plan played again

    def simulate(self, resource: Resource, change_id: str, context: Context) -> Change:
        """Play the plan through again; what it would do otherwise is recorded as drift.

        A plan that drifted does not pass its gate: take the new one (`replan`), or cancel.
        """
        with self._book.reading() as session:
            row = self._book.standing(session, change_id, "simulate")
            change = self._book.change(session, row)
        check_host(resource, change)
        played = self._played(resource, change, context)
        with context.uncut(), self._book.writing() as session:
            row = self._book.standing(session, change.id, "simulate")
            fields = _as_played(played, change.plan)
            return self._book.record(
                session, row, "change.simulated", fields, drift=list(played.differs)
            )

    def replan(
        self,
        resource: Resource,
        change_id: str,
        context: Context,
        plan: Mapping[str, Any] | None = None,
    ) -> Change:
        """Take another plan: the given one, or what the server would do now.

        Release, window, notices, emergencies, preparation and checks were for the plan before: they
        are withdrawn.
        """
        with self._book.reading() as session:
            row = self._book.standing(session, change_id, "replan")
            change = self._book.change(session, row)
        check_host(resource, change)
        if plan is None:
            played = self._played(resource, change, context)
            if played.differs and digest_of_plan(played.plan) == digest_of_plan(change.plan):
                raise _cannot_be(change, played)
            plan, played = played.plan, replace(played, differs=())
        else:
            played = self._played(resource, replace(change, plan=plan), context)
        with context.uncut(), self._book.writing() as session:
            row = self._book.standing(session, change.id, "replan")
            fields = _as_played(played, plan) | {
                "plan": dict(plan),
                "author": self._book.journal.actor(),
                **withdrawn(row, "approved_by", "approved_plan", "checks_before", "way_back"),
                "window_from": None,
                "window_to": None,
            }
            return self._book.record(session, row, "change.replanned", fields)

    def set_restarts(
        self,
        resource: Resource,
        change_id: str,
        context: Context,
        *,
        restarts: Sequence[str] | None = None,
        restart_host: bool | None = None,
    ) -> Change:
        """Take what restarts at the end of a system patch into its plan, as in `queue`.

        It is another plan then: what was for the one before is withdrawn, as in `replan`.
        """
        change = self.get(change_id)
        before = change.updates
        if before is None:
            raise OpsError(
                tr("{number} is no system patch: it restarts nothing by its plan.",
                   number=change.number),
                unharmed=tr("The change is as it was."),
            )  # fmt: skip
        units = None if restarts is None else units_in(restarts)
        after = with_restarts(before, units, restart_host)
        if (after.restarts, after.restart_host) == (before.restarts, before.restart_host):
            return change
        return self.replan(resource, change.id, context, {**change.plan, **to_dict(after)})

    def _played(self, resource: Resource, change: Change, context: Context) -> Played:
        """Return how the plan would go now; one that cannot be played any more has drifted."""
        context.progress(None, tr("Simulating on {name} …", name=resource.name))
        work = self._hands.works.get(change.kind)
        try:
            if work is not None:
                return work.play(resource, change.plan, context)
            if change.kind != "patch":
                raise _no_work(change)
            before = plan_from_dict(change.plan)
            now = self._hands.simulate_host(host_address(resource), before.packages, context)
        except PlanRefused as refusal:
            why = (refusal.message,)
            return Played(change.plan, why, _not_asked(), None, None, self._book.now())
        plan, differs = to_dict(with_restarts_of(before, now)), drift(before, now)
        return Played(plan, differs, _not_asked(), now.disk_free, None, now.simulated_at)

    def _work(self, change: Change) -> Work:
        work = self._hands.works.get(change.kind)
        if work is None:
            raise _no_work(change)
        return work

    def _ticket_id(self, ticket: str) -> str:
        if not ticket.strip() or self._hands.tickets is None:
            return ticket.strip()
        return self._hands.tickets.get(ticket).id


def withdrawn(row: ChangeRow, *names: str) -> dict[str, Any]:
    """Return the fields that take back what was said for another plan or window: these, the notices
    and the emergencies, as far as there are any."""
    fields = fields_of(row)
    notices = [f"announced_{one}" for one in AUDIENCES]
    passed = [name for name in fields if name.startswith(EMERGENCY)]
    wanted = (*names, *notices, *(f"{one}_for" for one in notices), *passed)
    return {name: "" for name in wanted if fields.get(name)}


def host_address(resource: Resource) -> HostAddress:
    """Return where a server is reached, over SSH or by the cloud's agent; refuse what is none."""
    if not isinstance(resource.address, HostAddress):
        raise OpsError(
            tr("{name} is not a server: it has no packages of its own.", name=resource.name),
            hint=tr("Choose a cloud server."),
        )
    return resource.address


def check_host(resource: Resource, change: Change) -> None:
    """Refuse to do at one server what was planned for another."""
    if resource.id != change.resource_id:
        raise OpsError(
            tr("{number} is not a change of {name}.", number=change.number, name=resource.name),
            hint=tr("Choose the server that it was planned for."),
            unharmed=tr("Nothing was done."),
        )


def _as_played(played: Played, plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a simulation of a plan says, as fields."""
    return {
        "simulated_at": played.at,
        "simulated_plan": digest_of_plan(plan),
        "plan_unchanged": not played.differs,
        "drift": list(played.differs),
        "health": played.health,
        "disk_free": played.disk_free,
        "disk_needed": played.disk_needed,
    }


def _cannot_be(change: Change, played: Played) -> OpsError:
    return OpsError(
        tr("The server gives no other plan for {number}: {why}", number=change.number,
           why="; ".join(played.differs)),
        hint=tr("Cancel the change, scan the server, and queue what it offers now."),
        unharmed=tr("The change is as it was."),
    )  # fmt: skip


def _not_asked() -> str:
    return tr("Whether the server is ready for it has not been asked.")


def _no_work(change: Change) -> OpsError:
    return OpsError(
        tr("{number} cannot be carried out from here.", number=change.number),
        hint=tr("This program has no way to do this kind of change at this server."),
        unharmed=tr("Nothing was done on the server."),
    )


def _chosen(
    resource: Resource,
    known: Inventory,
    names: Sequence[str] | None,
    *,
    security_only: bool,
) -> tuple[Update, ...]:
    if known.unknown:
        raise OpsError(
            tr("The updates of {name} are not known: {why}.", name=resource.name,
               why=known.unknown.rstrip(".")),
            hint=tr("Scan again when that is mended; unknown does not mean up to date."),
        )  # fmt: skip
    wanted = tuple(
        update
        for update in known.updates
        if update.name not in known.held and (update.security or not security_only)
    )
    if names is not None:
        missing = sorted(set(names) - {update.name for update in wanted})
        if missing:
            raise OpsError(
                tr("No such update waits on {name}: {packages}.", name=resource.name,
                   packages=", ".join(missing)),
                hint=tr("Scan again, and check the spelling; held packages are left alone."),
            )  # fmt: skip
        wanted = tuple(update for update in wanted if update.name in names)
    if not wanted:
        raise OpsError(
            tr("No update waits on {name}.", name=resource.name),
            hint=tr("Nothing to queue; scan again to be sure."),
        )
    return wanted
