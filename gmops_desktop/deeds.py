"""What was done to the contract's resources, in sentences for the tickets it was done for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from db.journal import Journal, utc_now
from gmops_desktop.addresses import AccountAddress, MysqlAddress, Resource, WebAddress
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.restores import Restored, Restores
from gmops_desktop.services.site_files import FileRestore, SiteFiles
from gmops_desktop.services.ticket_trail import Deed
from ui import words


def deeds_of(
    contracts: Contracts, restores: Restores, files: SiteFiles, journal: Journal
) -> Callable[[], Iterator[Deed]]:
    """Return what gives every restore that ended: of databases, of files, of menus."""

    def deeds() -> Iterator[Deed]:
        resources = contracts.resources()
        for done in restores.all():
            target = restores.target_of(done.id)
            yield _of_database(done, _concerned(target, resources))
        for restored in files.restores():
            yield from _of_files(restored)
        for entry in journal.entries("account"):
            if entry.action == "menu restored":
                account = str(entry.note["account"])
                there = [
                    one.id
                    for one in resources
                    if isinstance(one.address, AccountAddress) and one.address.app_id == account
                ]
                taken = datetime.fromisoformat(str(entry.note["taken"]))
                proof = _proof(proved=bool(entry.note["proved"]))
                text = tr("The menu of {account} was set back to that of {at}. {proof}",
                          account=account, at=words.stamp(taken), proof=proof)  # fmt: skip
                yield Deed(entry.id, entry.at, frozenset(there), text)

    return deeds


def _concerned(target: MysqlAddress, resources: Sequence[Resource]) -> frozenset[str]:
    """Return the databases on a server, and the websites that live on them: all, where the contract
    has but one database, else those whose files lie on its host."""
    databases = [one for one in resources if isinstance(one.address, MysqlAddress)]
    found = {
        one.id
        for one in databases
        if isinstance(one.address, MysqlAddress) and _same_server(one.address, target)
    }
    hosts = {target.host, target.ssh.host if target.ssh else target.host}
    for one in resources:
        if isinstance(one.address, WebAddress):
            program = one.address.program
            beside = program is not None and program.ssh.host in hosts
            if beside or (len(databases) == 1 and found):
                found.add(one.id)
    return frozenset(found)


def _same_server(one: MysqlAddress, other: MysqlAddress) -> bool:
    """A restore into another schema of a server concerns what is looked after there, too."""
    through = [server.host if server else "" for server in (one.ssh, other.ssh)]
    return (one.host, one.port, through[0]) == (other.host, other.port, through[1])


def _of_database(done: Restored, resource_ids: frozenset[str]) -> Deed:
    facts = {
        "schema": done.schema,
        "archive": Path(done.archive).name,
        "counts": tr(", ").join(
            (
                tr_n("{count} table", "{count} tables", done.tables),
                tr_n("{count} row", "{count} rows", done.rows),
            )
        ),
        "time": words.lasting(done.seconds),
        "proof": _proof(proved=done.proved),
    }
    if done.undoes:
        text = tr("A restore of {schema} was taken back from {archive}: {counts}, in {time}. "
                  "{proof}", **facts)  # fmt: skip
    else:
        text = tr("{schema} was restored from {archive}: {counts}, in {time}. {proof}",
                  **facts)  # fmt: skip
    evidence = [*done.differences]
    if done.safety is not None:
        evidence.append(tr("What was there before: {file}", file=done.safety.path.name))
    return Deed(
        done.id, done.at + timedelta(seconds=done.seconds), resource_ids, text, tuple(evidence)
    )


def _of_files(done: FileRestore) -> Iterator[Deed]:
    facts = {"folder": done.place.folder, "archive": Path(done.archive).name}
    about = frozenset({done.place.resource_id} - {""})
    counts = tr("{added} added, {changed} changed, {removed} removed", added=done.added,
                changed=done.changed, removed=done.removed)  # fmt: skip
    time, proof = words.lasting(done.seconds), _proof(proved=True)
    text = tr("{folder} was restored from {archive}: {counts}, in {time}. {proof}", **facts,
              counts=counts, time=time, proof=proof)  # fmt: skip
    yield Deed(done.id, done.at + timedelta(seconds=done.seconds), about, text, done.notes)
    if done.undone:
        text = tr("The restore of {folder} from {archive} was taken back.", **facts)
        yield Deed(f"{done.id}/undone", utc_now(), about, text)


def _proof(*, proved: bool) -> str:
    if proved:
        return tr("Proved: what is there now has the digests of the archive.")
    return tr("Not proved: what is there now is not what the archive holds.")
