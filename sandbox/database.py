"""What the database servers of the sandbox share: a data folder, accounts with generated passwords,
and the address and connection to reach them by.

Nothing of the system's MySQL is read or touched (`--no-defaults`), and nothing but loopback is
listened on.  The accounts are those a TencentDB customer has: nobody but root has SUPER or FILE.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pymysql
from platformdirs import user_cache_path
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from gmops_desktop.addresses import MysqlAddress, SshAddress
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically
from sandbox.certificates import Certificate
from sandbox.processes import LOOPBACK, find_tool, marking
from sandbox.server import Server

# What TencentDB lets its customer grant (SDK, ModifyAccountPrivileges), as far as backup and
# restore need it.  SUPER, FILE and SHUTDOWN are never available there, so they are not here.
OPS_BACKUP_GRANTS: Final = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, SHOW DATABASES, "
    "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, "
    "ALTER ROUTINE, EVENT, TRIGGER, PROCESS, RELOAD, REPLICATION CLIENT"
)
SITE_SCHEMA: Final = "chamber"
SITE_GRANTS: Final = "SELECT, INSERT, UPDATE, DELETE, EXECUTE"
USERS: Final = ("root", "ops_backup", "site")


class DatabaseServer(Server):
    """The database server of `folder`; `options` are more words for it, such as
    "--max-allowed-packet=4M"."""

    patience = 30.0
    greets = True

    def __init__(self, folder: Path, port: int = 0, *, options: tuple[str, ...] = ()) -> None:
        super().__init__(folder, port)
        self.options = options
        self._passwords: dict[str, str] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def certificate(self) -> Certificate:
        folder = self.folder / "tls"
        return Certificate(folder / "ca.pem", folder / "server.pem", folder / "server.key")

    @property
    def root_password(self) -> str:
        return self.password("root")

    def password(self, user: str) -> str:
        """Return the generated password of one of `USERS`."""
        if self._passwords is None:
            file = self.folder / "passwords.json"
            if not file.exists():
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                made = {name: secrets.token_urlsafe(18) for name in USERS}
                write_atomically(file, json.dumps(made).encode())
            self._passwords = json.loads(file.read_text("utf-8"))
        return self._passwords[user]

    def address(
        self,
        schema: str = SITE_SCHEMA,
        *,
        user: str = "ops_backup",
        ssh: SshAddress | None = None,
        tls: bool = False,
    ) -> MysqlAddress:
        """Return the address of a schema on this server."""
        return MysqlAddress(
            LOOPBACK,
            self.port,
            user,
            schema,
            ssh,
            "required" if tls else "off",
            str(self.certificate.ca) if tls else "",
        )

    def connect(self, schema: str = "", *, user: str = "root") -> Connection[Cursor]:
        """Open a plain connection of the sandbox's own, in autocommit."""
        return pymysql.connect(
            host=LOOPBACK,
            port=self.port,
            user=user,
            password=self.password(user),
            database=schema or None,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=10,
            local_infile=True,
            # Or PyMySQL reads all of the system's certificates for each: a hundred times as long.
            ssl_disabled=True,
        )

    def _start(self) -> None:
        if not self.data.exists():
            self._initialise()
        accounts = self.folder / f"accounts-{secrets.token_hex(4)}.sql"
        write_atomically(accounts, "\n".join(self._accounts()).encode() + b"\n")
        try:
            self._listen(lambda port: self._words(port, accounts))
        finally:
            accounts.unlink()

    @abstractmethod
    def _initialise(self) -> None:
        """Make the data folder."""

    @abstractmethod
    def _accounts(self) -> Sequence[str]:
        """Return what the server executes before it listens: no moment without passwords."""

    @abstractmethod
    def _words(self, port: int, accounts: Path) -> Sequence[str | Path]:
        """Return the command that serves on `port`; `accounts` is its init file."""

    def _prepare(self, words: Sequence[str | Path], *, stdin: bytes = b"") -> None:
        """Run what makes a data folder, and raise `OpsError` with the end of what it said."""
        environment = {**os.environ, **marking(self.folder)}
        ran = subprocess.run(
            [str(word) for word in words],
            input=stdin,
            capture_output=True,
            check=False,
            env=environment,
        )
        if ran.returncode:
            said = (ran.stderr or ran.stdout).decode(errors="replace")
            raise OpsError(
                tr(
                    "{name} could not prepare its data folder {folder}.",
                    name=self.name,
                    folder=self.data,
                ),
                hint=said.strip()[-800:],
            )


def servers_cache() -> Path:
    """Return where servers that no package of the system brings are kept between runs.

    No space in the name: debootstrap and shell scripts of servers do not bear one.
    """
    return user_cache_path("gmops-desktop", False) / "servers"


def bound_to_parent() -> list[str | Path]:
    """Return the words before a command that must not outlive the process that starts it."""
    return [find_tool("setpriv", "util-linux"), "--pdeathsig", "KILL"]


def replaced(folder: Path, fresh: Path) -> Path:
    """Put the finished folder `fresh` in place as `folder`, unless another run was quicker."""
    try:
        os.rename(fresh, folder)
    except OSError:
        if not folder.exists():
            raise
        shutil.rmtree(fresh)
    return folder
