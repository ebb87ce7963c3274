"""The kinds of backup there are, for "everything at once" and for the schedule.

A new kind joins with a line at the end of both lists.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gmops_desktop.addresses import AccountAddress, MysqlAddress, Resource
from gmops_desktop.addresses import Kind as ResourceKind
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.services.account_settings import AccountBackups
from gmops_desktop.services.backups import Backups, TransferPlan
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.schedules import Source, Subject, Written, everything
from gmops_desktop.services.site_files import SiteFiles
from gmops_desktop.services.whole_backups import Kept, Kind, WholeBackups


def kinds_of_backup(
    contracts: Contracts,
    databases: Backups,
    files: SiteFiles,
    accounts: AccountBackups,
    rate_limit: Callable[[str], int],
) -> tuple[Kind, ...]:
    """Return every kind, in the order in which they are taken.

    `rate_limit` says how many bytes a second the backup of a resource may use of the line.
    """

    def of(kind: ResourceKind) -> Callable[[], Sequence[Resource]]:
        return lambda: [one for one in contracts.resources() if one.kind == kind]

    def take_database(resource: Resource, context: Context) -> Kept:
        assert isinstance(resource.address, MysqlAddress)
        plan = TransferPlan(rate_limit=rate_limit(resource.id))
        taken = databases.take(resource.address, context, resource_id=resource.id, plan=plan)
        faults: tuple[str, ...] = ()
        if not taken.verified:  # a machine that can only seal proves before it seals
            faults = databases.verify(taken.path, context).faults
        verdict = " ".join(taken.verdict.splitlines())
        return Kept(taken.id, taken.path, taken.file_bytes, not taken.left_out, verdict, faults)

    def sites() -> Sequence[Resource]:
        return [one for one in contracts.resources() if files.places((one,))]

    def take_files(resource: Resource, context: Context) -> Kept:
        """Keep every directory of a website; what is told is of the last, faults are of all."""
        faults: list[str] = []
        verdicts: list[str] = []
        whole = True
        for place in files.places((resource,)):
            taken = files.take(place, context, rate_limit=rate_limit(resource.id))
            verdicts.append(" ".join(taken.verdict.splitlines()))
            if not taken.verified:  # a machine that can only seal proves before it seals
                faults += files.verify(taken.path, context).faults
            whole = whole and taken.whole
        return Kept(
            taken.id, taken.path, taken.file_bytes, whole, " ".join(verdicts), tuple(faults)
        )

    def take_account(resource: Resource, context: Context) -> Kept:
        assert isinstance(resource.address, AccountAddress)
        taken = accounts.take(
            resource.address, context, name=resource.name, resource_id=resource.id
        )  # read back by itself
        verdict = " ".join(taken.verdict.splitlines())
        return Kept(taken.id, taken.path, taken.file_bytes, not taken.missing, verdict)

    return (
        Kind("database", lambda: tr("Database"), of("mysql"), take_database),
        Kind("files", lambda: tr("Program files"), sites, take_files),
        Kind("account", lambda: tr("Account settings"), of("account"), take_account),
    )


def subjects_of_schedules(
    contracts: Contracts,
    databases: Backups,
    files: SiteFiles,
    accounts: AccountBackups,
    whole: Callable[[], WholeBackups],
) -> tuple[Subject, ...]:
    """Return what can be backed up by schedule: each by itself, and everything at once."""

    def database(resource: Resource, address: MysqlAddress) -> Subject:
        def take(context: Context, rate_limit: int) -> Sequence[Written]:
            plan = TransferPlan(rate_limit=rate_limit)
            return [databases.take(address, context, resource_id=resource.id, plan=plan)]

        sources = (Source(resource.id, "backup"),)
        return Subject("database", resource.id, resource.name, sources, take, resource)

    def site(resource: Resource) -> Subject:
        places = files.places((resource,))

        def take(context: Context, rate_limit: int) -> Sequence[Written]:
            return [files.take(place, context, rate_limit=rate_limit) for place in places]

        sources = tuple(Source(resource.id, "files", place.source) for place in places)
        return Subject("files", resource.id, resource.name, sources, take, resource)

    def account(resource: Resource, address: AccountAddress) -> Subject:
        def take(context: Context, _rate_limit: int) -> Sequence[Written]:
            return [accounts.take(address, context, name=resource.name, resource_id=resource.id)]

        sources = (Source(resource.id, "account"),)
        return Subject("account", resource.id, resource.name, sources, take, resource)

    def take_all(context: Context, _rate_limit: int) -> Sequence[Written]:
        """Take and prove everything; each part keeps to the line as its own plan says."""
        done = whole().take(context)
        bad = [part for part in done.parts if part.outcome not in ("whole", "incomplete")]
        if bad:
            kind = ProofFailed if all(part.outcome == "unproved" for part in bad) else OpsError
            told = " ".join(f"{part.name}{tr(': ')}{part.text}" for part in bad)
            raise kind(f"{done.verdict} {told}", unharmed=tr("What is backed up stays."))
        return ()

    parts: list[Subject] = []
    for resource in contracts.resources():
        if isinstance(resource.address, MysqlAddress):
            parts.append(database(resource, resource.address))
        elif isinstance(resource.address, AccountAddress):
            parts.append(account(resource, resource.address))
        elif files.places((resource,)):
            parts.append(site(resource))
    return (*parts, everything(parts, take_all)) if parts else ()
