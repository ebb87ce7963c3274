"""An archive restored to this machine and left running: the site's database to look into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from gmops_desktop.adapters.local_server import LocalServers
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.services.drills.rehearsal import Findings, Rehearsal

KEEPER: Final = "gmops"  # the account of a copy


class Secrets(Protocol):
    """Where the password of a copy that is kept lies (`adapters.vault.Vault`)."""

    def put(self, name: str, secret: str) -> None:
        """Keep `secret` under `name`."""

    def delete(self, name: str) -> None:
        """Forget it."""

    def get(self, name: str) -> str:
        """Return it."""


@dataclass(frozen=True, slots=True)
class Copy:
    """An archive restored to this machine, to look into: where it is reached.

    The password is in the keyring under the address's `secret_name`.
    """

    id: str
    at: datetime
    archive: str
    address: MysqlAddress
    server: str
    running: bool
    passing: bool = False  # it goes when the program ends


class Copies:
    """Copies kept on this machine; their passwords lie in `secrets`."""

    def __init__(
        self,
        servers: LocalServers,
        rehearsal: Rehearsal,
        secrets: Secrets,
        now: Callable[[], datetime],
    ) -> None:
        self._servers, self._rehearsal = servers, rehearsal
        self._secrets, self._now = secrets, now

    def keep(self, path: Path, context: Context, *, passing: bool = False) -> Copy:
        """Restore an archive to this machine, and let the server run until `drop`.

        A `passing` copy goes with `drop_passing`, when the program ends.
        """
        found = Findings()
        with self._rehearsal.restored(path, found, context) as (server, reader):
            schema = reader.manifest.source.schema
            address = server.address(schema, KEEPER)
            password = server.grant(KEEPER, "ALL PRIVILEGES", schema, context)
            with context.uncut():
                self._secrets.put(address.secret_name, password)
                facts = {
                    "at": self._now().isoformat(),
                    "archive": str(path),
                    "schema": schema,
                    "port": address.port,
                    "server": str(server.program),
                    "passing": passing,
                }
                self._servers.keep(server, facts)
            id = server.folder.name
        return next(one for one in self.all() if one.id == id)

    def all(self) -> tuple[Copy, ...]:
        """Return the copies kept on this machine, newest first."""
        found = [
            Copy(
                id,
                datetime.fromisoformat(facts["at"]),
                facts["archive"],
                MysqlAddress("127.0.0.1", facts["port"], KEEPER, facts["schema"]),
                facts["server"],
                running,
                bool(facts.get("passing")),
            )
            for id, (facts, running) in self._servers.kept().items()
        ]
        return tuple(sorted(found, key=lambda one: one.at, reverse=True))

    def password(self, copy: Copy) -> str:
        """Return the password of a copy, out of the keyring."""
        return self._secrets.get(copy.address.secret_name)

    def drop(self, id: str) -> None:
        """Stop a copy and remove all of it, its password included."""
        copy = next((one for one in self.all() if one.id == id), None)
        self._servers.drop(id)
        if copy is not None:
            self._secrets.delete(copy.address.secret_name)

    def drop_passing(self) -> None:
        """Remove the copies that were to go with the program."""
        for copy in self.all():
            if copy.passing:
                self.drop(copy.id)
