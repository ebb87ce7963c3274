"""How long the keys have been in use: SSH keys, API keys of the cloud, keys of sealed backups.

Keys carry no date of their own.  Of a file the day it was written is taken, of an API key the day
it came into the record, of a backup's key the day it was made or taken in here; a year later it is
time for another.  Whoever knows better enters a day by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from db.journal import Journal
from gmops_desktop.addresses import Resource, WebAddress, ssh_of
from gmops_desktop.contract.expiry import ROTATION, Claim, Said, Thing
from gmops_desktop.contract.terms import day_of
from gmops_desktop.language import tr


class KeyAges:
    """Gathers the keys; `recipients` gives the name and day, where known, of each public key to
    which backups are sealed."""

    def __init__(
        self,
        journal: Journal,
        resources: Callable[[], Sequence[Resource]],
        recipients: Callable[[], Mapping[str, tuple[str, date | None]]],
    ) -> None:
        self._journal, self._resources, self._recipients = journal, resources, recipients

    def all(self) -> tuple[Claim, ...]:
        """Return a claim for every key in use."""
        resources = self._resources()
        return (*_files(resources), *self._api_keys(resources), *self._seal_keys())

    def _api_keys(self, resources: Sequence[Resource]) -> Iterator[Claim]:
        users = _users(resources, _secret_id)
        if not users:
            return
        since: dict[str, datetime] = {}
        entries = self._journal.entries_of("resource", sorted(frozenset().union(*users.values())))
        for entry in sorted(chain(*entries.values()), key=lambda one: one.order):
            address = entry.fields.get("address") or {}
            id = (address.get("cloud") or address).get("secret_id")
            if id:
                since.setdefault(id, entry.at)
        for id, using in users.items():
            name = tr("API key {name}", name=f"{id[:4]}…{id[-4:]}")
            begun = day_of(since[id]) if id in since else None
            detail = tr("in the record since {day}", day=begun)
            yield _claim(Thing(f"api_key:{id}", "api_key", name), begun, detail, using)

    def _seal_keys(self) -> Iterator[Claim]:
        for key, (name, begun) in self._recipients().items():
            thing = Thing(f"seal_key:{key}", "seal_key", tr("Backup key {name}", name=name))
            detail = tr("here since {day}", day=begun)
            yield _claim(thing, begun, detail, frozenset(), tr("nobody noted when it was made"))


def _files(resources: Sequence[Resource]) -> Iterator[Claim]:
    for path, using in _users(resources, _key_file).items():
        file = Path(path).expanduser()
        thing = Thing(f"ssh_key:{path}", "ssh_key", tr("SSH key {name}", name=file.name))
        begun, lacking = None, ""
        try:
            begun = day_of(datetime.fromtimestamp(file.stat().st_mtime, UTC))
        except OSError as error:
            lacking = tr("the key file cannot be read: {why}", why=error.strerror or error)
        detail = tr("file of {day}: {path}", day=begun, path=path)
        yield _claim(thing, begun, detail, using, lacking)


def _claim(
    thing: Thing, begun: date | None, detail: str, using: frozenset[str], lacking: str = ""
) -> Claim:
    said = (Said("rotation", begun + ROTATION, None, detail),) if begun else ()
    return Claim(thing, said, lacking, using)


def _users(
    resources: Sequence[Resource], of: Callable[[Resource], str]
) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for one in resources:
        if name := of(one):
            found[name] = found.get(name, frozenset()) | {one.id}
    return found


def _key_file(resource: Resource) -> str:
    server = ssh_of(resource)
    if server is None and isinstance(resource.address, WebAddress) and resource.address.program:
        server = resource.address.program.ssh
    return server.key if server else ""


def _secret_id(resource: Resource) -> str:
    """Return whose key of the cloud's interface a resource uses; a cloud resource has its own."""
    address: Any = resource.address
    return str(getattr(getattr(address, "cloud", None) or address, "secret_id", ""))
