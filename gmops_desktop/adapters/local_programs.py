"""The database servers installed on this machine, and the command that would install one."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

Kind = Literal["MariaDB", "MySQL"]

# Beside PATH, which leaves out what only root uses and what Homebrew does not link.
_USUAL: Final[dict[str, tuple[str, ...]]] = {
    "linux": ("/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/usr/local/mysql*/bin"),
    "darwin": (
        "/opt/homebrew/bin",
        "/opt/homebrew/opt/*/bin",
        "/usr/local/bin",
        "/usr/local/opt/*/bin",
        "/usr/local/mysql*/bin",
    ),
    "win32": (
        r"C:\Program Files\MariaDB *\bin",
        r"C:\Program Files\MySQL\MySQL Server *\bin",
    ),
}
_SERVERS: Final = ("mariadbd", "mysqld")
_CLIENTS: Final[dict[Kind, tuple[str, ...]]] = {
    "MariaDB": ("mariadb", "mysql"),
    "MySQL": ("mysql", "mariadb"),
}
_INSTALLERS: Final = ("mariadb-install-db", "mysql_install_db")
# Debian's core packages bring the programs without a service that would start by itself.
_INSTALLING: Final[dict[str, tuple[str, ...]]] = {
    "apt-get": ("apt-get", "install", "-y", "mariadb-server-core", "mariadb-client"),
    "dnf": ("dnf", "install", "-y", "mariadb-server", "mariadb"),
    "brew": ("brew", "install", "mariadb"),
    "winget": ("winget", "install", "--exact", "--id", "MariaDB.Server"),
}


@dataclass(frozen=True, slots=True)
class Program:
    """A server that can be started here, with the stock client that loads into it.

    `installer` makes the data folder of a MariaDB; MySQL's server does that itself.
    """

    kind: Kind
    version: str
    server: Path
    client: Path
    installer: Path | None = None

    @property
    def number(self) -> tuple[int, ...]:
        """The version as integers."""
        return number_of(self.version)

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"


class NoLocalServer(OpsError):
    """No database server that could be started here is installed."""


def find(folders: Sequence[Path] | None = None) -> tuple[Program, ...]:
    """Return the servers in `folders` (by default: in PATH and the usual places), each once."""
    places = list(_places()) if folders is None else list(folders)
    found: dict[Path, Program] = {}
    for place in places:
        for name in _SERVERS:
            path = _tool((name,), [place])
            if path is None or path.resolve() in found:
                continue
            if program := _program(path, [place, *places]):
                found[path.resolve()] = program
    return tuple(found.values())


def choose(programs: Sequence[Program], kind: str, version: str) -> Program:
    """Return the server nearest to the one that an archive comes from.

    The same kind goes before all; then the oldest that is not older, else the newest.  Raises
    `NoLocalServer` where there is none.
    """
    if not programs:
        command = installing()
        way = tr("Install one with: {command}", command=" ".join(command)) if command else tr(
            "Install MariaDB's server and client."
        )  # fmt: skip
        raise NoLocalServer(
            tr("No MariaDB or MySQL server is installed on this machine."),
            hint=way,
            unharmed=tr("Nothing was begun."),
        )
    wanted = number_of(version)[:2]

    def rank(program: Program) -> tuple[bool, bool, list[int]]:
        number = program.number
        older = number[:2] < wanted
        return program.kind != kind, older, [-n if older else n for n in number]

    return min(programs, key=rank)


def find_client(kind: str) -> Path | None:
    """Return a stock client for servers of a kind, in PATH or the usual places; None without one.

    One of the other kind serves as well, where there is only that.
    """
    names = _CLIENTS["MariaDB" if kind == "MariaDB" else "MySQL"]
    return _tool(names, list(_places()))


def installing() -> tuple[str, ...] | None:
    """Return the command of this machine's package manager that installs a server, if it has one.

    It asks for administrator's rights itself where it needs them and a way to ask is there.
    """
    for manager, words in _INSTALLING.items():
        if shutil.which(manager):
            needs_root = manager in ("apt-get", "dnf") and os.name == "posix" and os.geteuid() != 0
            if not needs_root:
                return words
            asking = next((tool for tool in ("pkexec", "sudo") if shutil.which(tool)), None)
            return (asking, *words) if asking else words
    return None


def install(context: Context) -> tuple[Program, ...]:
    """Install a server by the package manager, and return what is there then.

    Only after the user agreed to the command that `installing` names.  Raises `OpsError`.
    """
    words = installing()
    if words is None:
        raise OpsError(
            tr("No package manager is known on this machine."),
            hint=tr("Install MariaDB's server and client."),
        )
    context.progress(None, tr("Installing a database server"))
    with (
        subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process,
        context.on_cancel(process.terminate),
    ):
        said, _ = process.communicate()
    context.check()
    found = find()
    if process.returncode or not found:
        raise OpsError(
            tr("{command} did not succeed.", command=" ".join(words)),
            hint=said.decode(errors="replace").strip()[-600:],
        )
    return found


def number_of(version: str) -> tuple[int, ...]:
    """Return the first three numbers of a version."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _places() -> Iterator[Path]:
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        if entry:
            yield Path(entry)
    for pattern in _USUAL.get(sys.platform, ()):
        yield from map(Path, sorted(glob.glob(pattern), reverse=True))


def _tool(names: Sequence[str], places: Sequence[Path]) -> Path | None:
    path = os.pathsep.join(map(str, places))
    return next((Path(found) for name in names if (found := shutil.which(name, path=path))), None)


def _program(server: Path, places: Sequence[Path]) -> Program | None:
    """Return what `server` is; None where it does not run or has no client beside it."""
    try:
        ran = subprocess.run(
            [server, "--no-defaults", "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # a file of that name that is none, or not for this machine
    version = re.search(r"\bVer (\d+\.\d+\.\d+)", ran.stdout)
    if ran.returncode or version is None:
        return None
    kind: Kind = "MariaDB" if "mariadb" in ran.stdout.lower() else "MySQL"
    client = _tool(_CLIENTS[kind], places)
    installer = _tool(_INSTALLERS, [*places, server.parent.parent / "scripts"])
    if client is None or (kind == "MariaDB" and installer is None):
        return None
    return Program(kind, version[1], server, client, installer if kind == "MariaDB" else None)
