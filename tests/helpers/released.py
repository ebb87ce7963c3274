"""A site that is served from a release, and the work that places the next one: for tests."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from db.ids import uuid7
from gmops_desktop.adapters import detached
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.addresses import MysqlAddress, Resource, SshAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.releases import release_from_dict
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.services.patches.release_database import ReleaseDatabase
from gmops_desktop.services.patches.releases import Releases
from sandbox.sshd import Sshd


@dataclass
class Queued:
    """What a change keeps of a release, as the queue would."""

    kind: str
    title: str
    resource: Resource
    plan: dict[str, Any]
    ticket: str
    id: str = field(default_factory=uuid7)


class Server:
    """A server over SSH, and the ways to it that the services are given."""

    def __init__(self, folder: Path, sshd: Sshd) -> None:
        self.folder = folder
        self.known = folder / "known_hosts"
        self.known.write_text(sshd.known_hosts_line())
        self.address: SshAddress = sshd.address
        self.host = Resource(uuid7(), "host", "web1", sshd.address)

    @contextmanager
    def open(self, address: SshAddress, context: Context) -> Iterator[Ssh]:
        with Ssh.open(address, context, password=None, known_hosts=self.known) as ssh:
            yield ssh

    def look_run(self, host: Resource, run_id: str, offset: int, context: Context) -> RunLook:
        assert isinstance(host.address, SshAddress)
        with self.open(host.address, context) as ssh:
            return detached.look(ssh, run_id, context, offset)


class Releasing:
    """The work of releases on a server; `database` where the releases have SQL."""

    def __init__(
        self,
        server: Server,
        database: ReleaseDatabase | None = None,
        mysql: MysqlAddress | None = None,
        *,
        desk: str = "desk",
    ) -> None:
        self.server = server
        resources = [server.host]
        if mysql:
            resources.append(Resource("mysql-1", "mysql", "database", mysql))
        unused: Any = None
        self.releases = Releases(
            server.folder / desk / "releases",
            server.open,
            server.look_run,
            database or unused,
            lambda: resources,
            lambda kind, title, resource, plan, *, ticket="": Queued(  # type: ignore[arg-type,return-value]
                kind, title, resource, plan, ticket
            ),
        )

    def queue(self, source: Path, folder: Path, **more: Any) -> Queued:
        queued: Any = self.releases.queue(
            self.server.host, source, Context(), folder=str(folder), **more
        )
        return queued

    def prepare(self, change: Queued, context: Context | None = None):
        return self.releases.prepare(self.server.host, change.plan, change.id, context or Context())

    def run(
        self, change: Queued, purpose: Any = "apply", *, run_id: str = "",
        context: Context | None = None,
    ) -> RunLook:  # fmt: skip
        """Start a run and follow it to its end."""
        run_id = run_id or uuid7()
        self.releases.start(
            self.server.host, change.plan, change.id, run_id, purpose, context or Context()
        )
        return self.follow(run_id)

    def follow(self, run_id: str) -> RunLook:
        for _ in range(1200):
            look = self.releases.look(self.server.host, run_id, 0, Context())
            if look.ended:
                return look
            Context().wait(0.05)
        raise AssertionError(look)

    def plan(self, change: Queued):
        return release_from_dict(change.plan)


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Make a folder of files; "-> TARGET" makes a link."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str) and content.startswith("-> "):
            path.symlink_to(content.removeprefix("-> "))
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def seen(folder: Path, *, but: Sequence[str] = ()) -> dict[str, tuple[Any, ...]]:
    """Return all that stands in a folder: kind, content, mode and owner."""
    found: dict[str, tuple[Any, ...]] = {}
    for place, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = Path(place) / name
            state = path.lstat()
            inside = path.relative_to(folder).as_posix()
            if inside.split("/")[0] in but:
                continue
            content = (
                os.readlink(path)
                if path.is_symlink()
                else path.read_bytes()
                if path.is_file()
                else ""
            )
            found[inside] = (content, oct(state.st_mode), state.st_uid, state.st_gid)
    return found
