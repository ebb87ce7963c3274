"""Where a site's program files are: a directory on a server, and what a backup leaves out."""

from __future__ import annotations

from dataclasses import dataclass

from gmops_desktop.addresses import ProgramFiles, Resource, SshAddress, WebAddress, parse_ssh
from gmops_desktop.contract.exclusions import USUAL
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr


@dataclass(frozen=True, slots=True)
class Place:
    """A directory on a server; `excluded` are patterns of what is left out of it."""

    ssh: SshAddress
    folder: str
    excluded: tuple[str, ...] = USUAL
    resource_id: str = ""

    @property
    def source(self) -> str:
        """What an archive calls it."""
        return f"{self.folder}@{self.ssh.host}"

    @property
    def name(self) -> str:
        """The last name of the path: what a person types to confirm a restore."""
        return self.folder.rstrip("/").rpartition("/")[2]

    def __str__(self) -> str:
        return f"{self.ssh}:{self.folder}"


def parse_place(words: str, *, key: str = "") -> Place:
    """Read `user@host:port:/folder` (user and port may be left out); refuse `/` itself."""
    server, colon, folder = words.partition(":/")
    folder = "/" + folder.rstrip("/")
    if not colon or folder == "/" or "\0" in folder or "/../" in f"{folder}/":
        raise OpsError(
            tr("“{text}” is not a directory on a server.", text=words),
            hint=tr("Write it as user@host:/folder, or user@host:2222:/folder."),
        )
    return Place(parse_ssh(server, key=key), folder)


def places_of(resource: Resource) -> tuple[Place, ...]:
    """Return the directories that belong to a website."""
    address = resource.address
    program: ProgramFiles | None = address.program if isinstance(address, WebAddress) else None
    if program is None:
        return ()
    return tuple(
        Place(program.ssh, folder, program.excluded, resource.id) for folder in program.folders
    )
