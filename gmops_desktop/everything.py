"""The kinds of backup that "everything at once" takes; a new one joins with a line at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gmops_desktop.addresses import AccountAddress, MysqlAddress, Resource
from gmops_desktop.addresses import Kind as ResourceKind
from gmops_desktop.context import Context
from gmops_desktop.language import tr
from gmops_desktop.services.account_settings import AccountBackups
from gmops_desktop.services.backups import Backups, TransferPlan
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.site_files import SiteFiles
from gmops_desktop.services.whole_backups import Kept, Kind


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
