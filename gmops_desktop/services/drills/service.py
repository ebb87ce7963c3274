"""The verbs of drills: run one, see those there were, plan them, and keep a copy to look into."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal, Protocol

from db.engine import Database
from db.ids import uuid7
from db.journal import Journal, utc_now
from gmops_desktop.adapters import local_programs
from gmops_desktop.adapters.local_programs import NoLocalServer
from gmops_desktop.adapters.local_server import LocalServers
from gmops_desktop.adapters.locks import held
from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.archive.inventory import Backup, Inventory
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.scanning import dangers, definitions_of
from gmops_desktop.archive.sealing import Open
from gmops_desktop.context import Context
from gmops_desktop.contract.drills import DrillPlan, DrillStanding, causes, due, stand
from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.terms import Contract, day_of
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.contract.troubles import TroubleBook
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from gmops_desktop.language import Language, current, tr
from gmops_desktop.reports import worker
from gmops_desktop.reports.orders import Built, Document, DrillFacts, make_certificate
from gmops_desktop.services.drills import checks as checking
from gmops_desktop.services.drills.alarms import Alarms
from gmops_desktop.services.drills.certificate import facts_of
from gmops_desktop.services.drills.clone_rehearsal import CloneRehearsal
from gmops_desktop.services.drills.clones import Cleared, Quote
from gmops_desktop.services.drills.copies import Copies, Secrets
from gmops_desktop.services.drills.orders import CloneStays, Left
from gmops_desktop.services.drills.record import Drill, Record
from gmops_desktop.services.drills.rehearsal import Findings, FindPrograms, Rehearsal


class Filed(Protocol):
    """A document in the register of reports."""

    @property
    def number(self) -> str:
        """What it is called by."""


class File(Protocol):
    """What numbers and registers a document (`services.reports.Reports.keep`)."""

    def __call__(
        self,
        kind: Literal["drill"],
        period: str,
        contract: Contract | None,
        produce: Callable[[Document, tuple[ChainHead, ...]], Built],
        made_at: datetime,
        context: Context,
        language: Language,
        about: str,
        /,
    ) -> tuple[Filed, Built]:
        """Register what `produce` makes."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """One database and its drills."""

    resource: Resource
    plan: DrillPlan | None
    standing: DrillStanding
    last: Drill | None


class Drills:
    """Drills of the databases of the contract, on this machine.

    `file` registers certificates, `contract` gives that of a resource on a day; `opened` gives the
    plain file of an archive; `on_clone` drills where no server can be had on this machine.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        servers: LocalServers,
        opened: Open,
        *,
        file: File,
        contract: Callable[[str, date], Contract | None],
        troubles: TroubleBook,
        resources: Callable[[], tuple[Resource, ...]],
        secrets: Secrets,
        locks: Path,
        on_clone: CloneRehearsal,
        find: FindPrograms = local_programs.find,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._record = Record(database, journal)
        self._inventory = Inventory(database)
        self._servers, self._find, self._opened = servers, find, opened
        self._rehearsal, self._on_clone = Rehearsal(servers, opened, find), on_clone
        self._file, self._contract = file, contract
        self._alarms, self._resources = Alarms(troubles), resources
        self._locks, self._now = locks, now
        self.copies = Copies(servers, self._rehearsal, secrets, now)

    # ------------------------------------------------------------ doing

    def run(self, resource: Resource, context: Context, *, quote: Quote | None = None) -> Drill:
        """Drill the newest archive of a database; raises `OpsError` where there is none.

        With the `quote` that somebody agreed to, on a cloned cloud instance instead of a server of
        this machine.
        """
        try:
            return self.run_file(self.newest(resource).path, context, quote=quote)
        except NoLocalServer as error:
            if self.clonable(resource):
                error.hint += " " + tr(
                    "Or drill on a cloned cloud instance, which costs money: gmops drill run "
                    "--clone tells how much."
                )
            raise

    def run_file(self, path: Path, context: Context, *, quote: Quote | None = None) -> Drill:
        """Drill one archive, keep the certificate, and return what came of it.

        A drill that disproves the archive is a result and raises nothing; one that cannot be
        carried out is written down, and raises `OpsError`.  So does one whose clone could not be
        removed (`CloneStays`), after its result was written down.
        """
        backup = next((one for one in self._inventory.all() if one.path == path), None)
        checks = self.checks(backup.resource_id if backup else "")
        found, begun, faults = Findings(), self._now(), tuple[str, ...]()
        stays: CloneStays | None = None

        def failed(*why: OpsError) -> None:
            faults = tuple(f"{one.message} {one.hint}".strip() for one in why)
            drill = self._drill(begun, path, backup, found, faults)
            self._record.add(replace(drill, outcome="failed"))

        with self._alone(path):
            try:
                if quote is None:
                    self._rehearsal.run(path, checks, found, context)
                else:
                    self._on_clone.run(path, quote, checks, found, context)
                faults = tuple(found.proof.faults)
            except ProofFailed as error:
                faults = (error.message,)
            except CloneStays as error:
                stays = error
                if error.ended_by is None:  # the archive is judged all the same
                    faults = tuple(found.proof.faults)
                elif isinstance(error.ended_by, ProofFailed):
                    faults = (error.ended_by.message,)
                else:
                    failed(*(one for one in (error.ended_by, error) if isinstance(one, OpsError)))
                    raise
                found.notes.append(error.message)
            except OpsError as error:
                failed(error)
                raise
            drill = self._drill(begun, path, backup, found, faults)
            with context.uncut():  # too late to cancel: it is known how it ended
                drill = replace(drill, certificate=self._certified(drill, context))
                self._record.add(drill)
        if stays is not None:
            raise stays
        with suppress(Cancelled):  # too late: it is done
            context.progress(100, tr("The drill is over"))
        return drill

    def clonable(self, resource: Resource) -> bool:
        """Say whether a database is an instance that could be cloned for a drill."""
        address = resource.address
        return isinstance(address, MysqlAddress) and address.cloud is not None

    def quote(self, resource: Resource, context: Context) -> Quote:
        """Ask what a drill on a clone would cost; nothing is ordered.  Raises `OpsError`."""
        self.newest(resource)  # without an archive there is nothing to ask for
        return self._on_clone.quote(resource, context)

    def scan(self, path: Path, context: Context) -> tuple[str, ...]:
        """Say what speaks against restoring an archive beside the production schema, on the
        production server; nothing where it is clean.  A drill in a server of its own needs none."""
        with self._opened(path, context) as plain, ArchiveReader(plain) as reader:
            return dangers(definitions_of(reader), reader.manifest.source.schema)

    # ------------------------------------------------------------ seeing

    def newest(self, resource: Resource) -> Backup:
        """Return the backup that a drill of a database takes; raise `OpsError` where none is."""
        archives = self._archives(resource)
        if not archives:
            raise OpsError(
                tr("There is no backup of {name} that could be drilled.", name=resource.name),
                hint=tr("Take one first."),
            )
        return archives[0]

    def all(self, resource_id: str = "") -> tuple[Drill, ...]:
        """Return the drills of a database, or all, newest first."""
        return self._record.all(resource_id)

    def get(self, id: str) -> Drill:
        """Return one drill by its id, the beginning or end of it, or its certificate's number."""
        found = [
            one
            for one in self._record.all()
            if id and (one.id.startswith(id) or one.id.endswith(id) or one.certificate == id)
        ]
        if len(found) != 1:
            raise OpsError(
                tr("There is no drill {id}.", id=id), hint=tr("gmops drill list names them all.")
            )
        return found[0]

    def outlook(self, resource: Resource) -> Outlook:
        """Return how the drills of one database stand."""
        kept = self._record.plan(resource.id)
        drills = self._record.all(resource.id)
        now = self._now()
        standing = stand(
            kept.plan if kept else None,
            kept.since if kept else now,
            now,
            self._record.done(resource.id),
        )
        return Outlook(resource, kept.plan if kept else None, standing, next(iter(drills), None))

    def outlooks(self) -> tuple[Outlook, ...]:
        """Return how the drills of every database of the contract stand."""
        return tuple(self.outlook(one) for one in self._resources() if one.kind == "mysql")

    def servers(self) -> tuple[str, ...]:
        """Return the database servers installed on this machine."""
        return tuple(map(str, self._find()))

    def installing(self) -> tuple[str, ...] | None:
        """Return the command that would install a server here, for the user to agree to."""
        return local_programs.installing()

    def install(self, context: Context) -> tuple[str, ...]:
        """Install a server by the package manager; only after the user agreed to the command."""
        return tuple(map(str, local_programs.install(context)))

    # ------------------------------------------------------------ checks and plans

    def checks(self, resource_id: str) -> tuple[str, ...]:
        """Return the SQL that must return rows after a drill of a database."""
        return self._record.checks(resource_id) if resource_id else ()

    def save_checks(self, resource: Resource, checks: tuple[str, ...]) -> None:
        """Record the checks of a database; raise `OpsError` for what is no single question."""
        self._record.save_checks(resource.id, checking.checked(checks))

    def plan(self, resource: Resource) -> DrillPlan | None:
        """Return how often a database is drilled by itself, if it is."""
        kept = self._record.plan(resource.id)
        return kept.plan if kept else None

    def save_plan(self, resource: Resource, plan: DrillPlan) -> None:
        """Set how often a database is drilled by itself."""
        self._record.save_plan(resource.id, plan.checked(), self._now())

    def advance(self) -> tuple[tuple[Resource, ...], tuple[Ticket, ...]]:
        """Say which databases are to be drilled now, and open the tickets that are due."""
        wanted, told = list[Resource](), list[Ticket]()
        for resource in self._resources():
            kept = self._record.plan(resource.id)
            if kept is None or resource.kind != "mysql":
                continue
            told += self.raise_alarms(resource)
            done = self._record.done(resource.id)
            if due(kept.plan, kept.since, self._now(), done) and self._archives(resource):
                wanted.append(resource)
        return tuple(wanted), tuple(told)

    def raise_alarms(self, resource: Resource) -> tuple[Ticket, ...]:
        """Open a ticket for each cause that holds, or add to it; note in it what is well again.

        Returns the tickets opened or added to.
        """
        outlook = self.outlook(resource)
        found = causes(outlook.standing, self._record.done(resource.id))
        told = self._alarms.raise_for(resource, found, outlook.standing.reason, outlook.last)
        return told + self._alarms.all_well(resource, found, outlook.last)

    def certificate_facts(self, id: str) -> DrillFacts:
        """Return what the certificate of a drill says, named as for `get`."""
        drill = self.get(id)
        return facts_of(drill, self._contract(drill.resource_id, day_of(drill.at)))

    # ------------------------------------------------------------ leftovers

    def sweep(self) -> int:
        """Remove what a killed program left of drills; return how many servers."""
        return self._servers.sweep()

    def clones_left(self) -> tuple[Left, ...]:
        """Return the clones that ended drills left in the cloud, without asking there."""
        return self._on_clone.clones.left()

    def clear_clones(self, context: Context) -> Cleared:
        """Remove the clones that ended drills left; say of each whether it is gone."""
        return self._on_clone.clones.clear(context)

    # ------------------------------------------------------------ inside

    def _archives(self, resource: Resource) -> list[Backup]:
        return [
            one
            for one in self._inventory.all()
            if one.resource_id == resource.id and one.purpose == "backup" and one.exists
        ]

    def _alone(self, path: Path) -> AbstractContextManager[None]:
        tag = hashlib.sha256(str(path).encode()).hexdigest()[:16]
        return held(self._locks / f"drill-{tag}.lock", tr("A drill of {name}", name=path.name))

    def _certified(self, drill: Drill, context: Context) -> str:
        """Make and register the certificate; return its number."""
        contract = self._contract(drill.resource_id, day_of(drill.at))

        facts = facts_of(drill, contract)

        def produce(document: Document, heads: tuple[ChainHead, ...]) -> Built:
            return worker.run(context, make_certificate, replace(facts, heads=heads), document)

        filed, _ = self._file(
            "drill", facts.period, contract, produce, drill.at, context, current(), drill.id
        )
        return filed.number

    def _drill(
        self,
        begun: datetime,
        path: Path,
        backup: Backup | None,
        found: Findings,
        faults: tuple[str, ...],
    ) -> Drill:
        manifest, proof = found.manifest, found.proof
        broken = tuple(
            tr("The check “{sql}” did not hold: {why}", sql=one.sql, why=one.fault)
            for one in found.checks
            if not one.ok
        )
        names = {one.id: one.name for one in self._resources()}
        resource_id = backup.resource_id if backup else ""
        schema = manifest.source.schema if manifest else backup.schema if backup else ""
        return Drill(
            id=uuid7(),
            at=begun.replace(microsecond=begun.microsecond // 1000 * 1000),
            outcome="disproved" if faults or broken else "proved",
            resource_id=resource_id,
            name=names.get(resource_id, schema),
            archive_id=backup.id if backup else "",
            path=path,
            sha256=found.sha256,
            file_bytes=found.file_bytes,
            taken_at=manifest.begun if manifest else backup.at if backup else None,
            schema=schema,
            source=f"{manifest.source.server} {manifest.source.version}" if manifest else "",
            server=found.server,
            phases=tuple(found.phases),
            tables=proof.tables,
            rows=proof.rows,
            definitions=proof.definitions,
            text_bytes=manifest.text_bytes if manifest else 0,
            faults=(*faults, *broken),
            notes=(*_notes(found), *found.notes),
            checks=found.checks,
            clone=found.clone,
        )


def _notes(found: Findings) -> tuple[str, ...]:
    """Say what differs between the servers, and what it meant for the proof."""
    if found.manifest is None or not found.server:
        return ()
    source, notes = found.manifest.source, []
    if found.kind != source.server:
        notes.append(
            tr(
                "The archive comes from {origin}; it was drilled on {server}.",
                origin=f"{source.server} {source.version}",
                server=found.server,
            )
        )
    if names := found.proof.otherwise:
        notes.append(
            tr(
                "{server} writes these in other words, so they were held against a second load of "
                "the archive: {names}.",
                server=found.server,
                names=tr(", ").join(names),
            )
        )
    return tuple(notes)
