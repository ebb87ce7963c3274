"""The patch queue: what waits on each host, and changes planned to the exact version.

Nothing here installs anything.  A change is queued with the plan the host's own package manager
simulated; it can go on only through the gates of `contract.changes`, above all Party A's notice to
all three audiences (2.3-8).  Every step is a journal entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, cast, get_args

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.engine import Database
from db.ids import uuid7
from db.journal import Journal, utc_now
from db.models import ArchiveRow, ChangeRow, InventoryRow
from gmops_desktop.adapters.packages import PlanRefused
from gmops_desktop.addresses import Resource, SshAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.changes import (
    AUDIENCES,
    ENDED,
    FRESH,
    Audience,
    ChangeState,
    GateFacts,
    gates,
    word_of_audience,
    word_of_state,
)
from gmops_desktop.contract.updates import (
    Inventory,
    Plan,
    Update,
    drift,
    inventory_from_dict,
    plan_from_dict,
    to_dict,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.patches.record import Change, Step, announced, step_of

_CLOCK_SLIP: Final = timedelta(minutes=5)


class Patches:
    """The inventories and the queue.

    `scan_host` and `simulate_host` ask the host over SSH (`adapters.packages`).
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        scan_host: Callable[[SshAddress, Context], Inventory],
        simulate_host: Callable[[SshAddress, Sequence[Update], Context], Plan],
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._journal = journal
        self._scan_host = scan_host
        self._simulate_host = simulate_host
        self._now = now

    # ------------------------------------------------------------ what waits

    def scan(self, resource: Resource, context: Context) -> Inventory:
        """Ask the host what waits and keep the answer; `unknown` says why there may be none."""
        address = _ssh(resource)
        context.progress(None, tr("Asking {name} for its updates …", name=resource.name))
        found = replace(self._scan_host(address, context), resource_id=resource.id)
        with self._database.session() as session, session.begin():
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
        with self._database.session() as session:
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
    ) -> Change:
        """Simulate the chosen updates on the host (all, by default) and queue them as a change.

        A scan older than a day is made anew.  Raises `OpsError` where nothing waits, a name does
        not, or the host cannot say.
        """
        address = _ssh(resource)
        known = self.inventory(resource.id)
        age = self._now() - known.at if known else FRESH
        if known is None or known.unknown or not -_CLOCK_SLIP < age < FRESH:
            known = self.scan(resource, context)
        wanted = _chosen(resource, known, names, security_only=security_only)
        context.progress(None, tr("Simulating on {name} …", name=resource.name))
        plan = self._simulate_host(address, wanted, context)
        title = tr_n("{count} update on {host}", "{count} updates on {host}", len(plan.packages),
                     host=resource.name)  # fmt: skip
        subject = uuid7()
        with context.uncut(), self._database.session() as session, session.begin():
            fields = {
                "number": self._journal.next_number(session, "change"),
                "kind": "patch",
                "title": title,
                "state": "awaiting_notice",
                "resource_id": resource.id,
                "plan": to_dict(plan),
                "simulated_at": plan.simulated_at,
                "plan_unchanged": True,
                "disk_free": plan.disk_free,
            }
            self._journal.record(session, "change", subject, "change.queued", fields)
            return self._change(session, _found(session, subject))

    def all(self) -> tuple[Change, ...]:
        """Return every change, newest first."""
        with self._database.session() as session:
            rows = session.scalars(select(ChangeRow).order_by(ChangeRow.first_clock.desc()))
            return tuple(self._change(session, row) for row in rows)

    def get(self, change_id: str) -> Change:
        """Return a change by id or number."""
        with self._database.session() as session:
            return self._change(session, _found(session, change_id))

    def steps(self, change_id: str) -> tuple[Step, ...]:
        """Return a change's entries as people read them, oldest first."""
        change = self.get(change_id)
        names = {head.device: head.device_name for head in self._journal.heads()}
        entries = self._journal.entries("change", change.id)
        return tuple(step_of(entry, names.get(entry.device, "")) for entry in entries)

    def announce(self, change_id: str, audience: Audience, evidence: str) -> Change:
        """Record that Party A told one audience, and by what it can be seen.

        When all three have been told, the change waits for its window.
        """
        if audience not in AUDIENCES:
            raise OpsError(
                tr("“{audience}” is none of those who must be told.", audience=audience),
                hint=tr("Choose one of: {names}.", names=", ".join(get_args(Audience))),
            )
        if not evidence.strip():
            raise OpsError(
                tr("The notice to {audience} needs evidence.", audience=word_of_audience(audience)),
                hint=tr("Name the document, web page or message, with its date."),
            )
        evidence = evidence.strip()
        with self._database.session() as session, session.begin():
            row = _open(session, change_id)
            fields: dict[str, Any] = {f"announced_{audience}": evidence}
            told = {**announced(row), audience: evidence}
            if row.state == "awaiting_notice" and all(told.get(name) for name in AUDIENCES):
                fields["state"] = "awaiting_window"
            return self._record(
                session, row, "change.announced", fields, audience=audience, evidence=evidence
            )

    def simulate(self, resource: Resource, change_id: str, context: Context) -> Change:
        """Play the plan through again, to the same versions; what differs is recorded as drift.

        A plan that drifted does not pass its gate: cancel the change and queue it anew.
        """
        address = _ssh(resource)
        with self._database.session() as session:
            change = self._change(session, _open(session, change_id))
        context.progress(None, tr("Simulating on {name} …", name=resource.name))
        wanted = change.plan.packages
        try:
            plan = self._simulate_host(address, wanted, context)
        except PlanRefused as refusal:
            differs: tuple[str, ...] = (refusal.message,)
            fields: dict[str, Any] = {"simulated_at": self._now()}
        else:
            differs = drift(change.plan, plan)
            fields = {"simulated_at": plan.simulated_at, "disk_free": plan.disk_free}
        fields |= {"plan_unchanged": not differs, "drift": list(differs)}
        with context.uncut(), self._database.session() as session, session.begin():
            row = _open(session, change.id)
            return self._record(session, row, "change.simulated", fields, drift=list(differs))

    def cancel(self, change_id: str, reason: str) -> Change:
        """Take a change out of the queue, with the reason."""
        if not reason.strip():
            raise OpsError(
                tr("Cancelling a change needs a reason."),
                hint=tr("Say in a few words why it is not done."),
            )
        with self._database.session() as session, session.begin():
            row = _open(session, change_id)
            if row.state in ("applying", "postcheck"):
                raise OpsError(
                    tr("{number} is being applied and can no longer be cancelled.",
                       number=row.number),
                    hint=tr("Wait for its end; it can then be rolled back."),
                )  # fmt: skip
            fields = {"state": "cancelled", "reason": reason.strip(), "closed_at": self._now()}
            return self._record(session, row, "change.cancelled", fields)

    # ------------------------------------------------------------ inside

    def _record(
        self, session: Session, row: ChangeRow, action: str, fields: Mapping[str, Any], **note: Any
    ) -> Change:
        self._journal.record(session, "change", row.id, action, fields, **note)
        session.refresh(row)
        return self._change(session, row)

    def _change(self, session: Session, row: ChangeRow) -> Change:
        plan = plan_from_dict(row.plan or {})
        return Change(
            id=row.id,
            number=row.number,
            kind=row.kind,
            title=row.title,
            state=cast(ChangeState, row.state),
            resource_id=row.resource_id,
            plan=plan,
            created_at=row.created_at,
            gates=gates(self._facts(session, row)),
            announced=announced(row),
            conflict=bool(row.conflicts),
            drift=tuple(row.more.get("drift", ())),
            reason=row.reason,
        )

    def _facts(self, session: Session, row: ChangeRow) -> GateFacts:
        newest = select(ArchiveRow).where(ArchiveRow.purpose == "backup")
        backup = session.scalar(newest.order_by(ArchiveRow.at.desc()).limit(1))
        inventory = session.get(InventoryRow, row.resource_id)
        return GateFacts(
            now=self._now(),
            announced=announced(row),
            backup_at=backup.at if backup else None,
            backup_verified=backup.verified if backup else None,
            backup_name=f"{backup.source} {backup.at.astimezone():%Y-%m-%d %H:%M}"
            if backup
            else "",
            inventory_at=inventory.at if inventory else None,
            inventory_unknown=inventory.data["unknown"] if inventory else "",
            simulated_at=row.simulated_at,
            plan_unchanged=row.more.get("plan_unchanged"),
            disk_free=row.more.get("disk_free"),
            emergencies=row.more.get("emergencies", {}),
        )


def _ssh(resource: Resource) -> SshAddress:
    if not isinstance(resource.address, SshAddress):
        raise OpsError(
            tr("{name} is not a server: it has no packages of its own.", name=resource.name),
            hint=tr("Choose a cloud server reached over SSH."),
        )
    return resource.address


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


def _local(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def _found(session: Session, change_id: str) -> ChangeRow:
    wanted = or_(ChangeRow.id == change_id, ChangeRow.number == change_id.upper())
    row = session.scalar(select(ChangeRow).where(wanted))
    if row is None:
        raise OpsError(
            tr("There is no change {number}.", number=change_id),
            hint=tr("`gmops patch list` shows every change."),
        )
    return row


def _open(session: Session, change_id: str) -> ChangeRow:
    row = _found(session, change_id)
    state = cast(ChangeState, row.state)
    if state in ENDED:
        raise OpsError(
            tr("{number} has ended: {state}.", number=row.number, state=word_of_state(state)),
            hint=tr("Queue a new change."),
        )
    return row
