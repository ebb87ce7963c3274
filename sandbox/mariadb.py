"""A real MariaDB server in a folder of its own: private loopback port, generated passwords, TLS.

Nothing of the system's MySQL is read or touched (`--no-defaults`), and nothing but loopback is
listened on.  The accounts are those a TencentDB customer has: nobody but root has SUPER or FILE.
"""

from __future__ import annotations

import getpass
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pymysql
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from gmops_desktop.addresses import MysqlAddress, SshAddress
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically
from sandbox.certificates import Certificate, issue
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

# Nothing is forced to disk: quick on a slow one.  A killed server loses nothing by it; only after a
# power cut may the sandbox have to be reset.
_NO_SYNC: Final = (
    "--debug-no-sync",
    "--innodb-flush-method=nosync",
    "--innodb-flush-log-at-trx-commit=2",
)
_SMALL: Final = (
    "--innodb-buffer-pool-size=48M",
    "--innodb-log-file-size=24M",
    "--key-buffer-size=4M",
    "--aria-pagecache-buffer-size=8M",
    "--max-connections=60",
    "--table-open-cache=200",
    "--performance-schema=OFF",
    "--skip-log-bin",
    "--skip-name-resolve",
    *_NO_SYNC,
    "--innodb-fast-shutdown=1",
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_general_ci",
    "--event-scheduler=ON",
    "--slow-query-log=ON",
    "--slow-query-log-file=slow.log",
    "--long-query-time=2",
    "--loose-skip-plugin-feedback",
)


class MariaDB(Server):
    """The database server of `folder`; `options` are more words for mariadbd, such as
    "--max-allowed-packet=4M"."""

    name = "MariaDB"
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
    def socket(self) -> Path:
        """The Unix socket (may be too long a path for a client: loopback always works)."""
        return self.data / "mysqld.sock"

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
        )

    def _start(self) -> None:
        server = find_tool("mariadbd", "mariadb-server")
        if not self.data.exists():
            self._initialise()
        if not self.certificate.key.exists():
            issue(self.folder / "tls", days=365)
        accounts = self._write_accounts()
        try:
            self._listen(lambda port: [server, *self._words(port, accounts)])
        finally:
            accounts.unlink()

    def _words(self, port: int, accounts: Path) -> list[str]:
        tls = self.certificate
        return [
            "--no-defaults",
            f"--user={getpass.getuser()}",
            f"--datadir={self.data}",
            f"--port={port}",
            f"--bind-address={LOOPBACK}",
            # A server clears the working files of all others out of a shared folder when it starts.
            f"--tmpdir={self.folder}",
            "--socket=mysqld.sock",  # in the data folder; a full path may pass the 107-byte limit
            f"--pid-file={self.folder / 'mariadbd.pid'}",
            f"--ssl-ca={tls.ca}",
            f"--ssl-cert={tls.certificate}",
            f"--ssl-key={tls.key}",
            f"--init-file={accounts}",
            *_SMALL,
            *self.options,
        ]

    def _initialise(self) -> None:
        tool = find_tool("mariadb-install-db", "mariadb-server")
        part = self.data.with_name("data.part")
        shutil.rmtree(part, ignore_errors=True)
        words = [
            str(tool),
            "--no-defaults",
            f"--datadir={part}",
            f"--user={getpass.getuser()}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
            "--innodb-log-file-size=24M",
            *_NO_SYNC,
        ]
        environment = {**os.environ, **marking(self.folder)}
        ran = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
        if ran.returncode:
            raise OpsError(
                tr("MariaDB could not prepare its data folder {folder}.", folder=self.data),
                hint=(ran.stderr or ran.stdout).strip()[-800:],
            )
        os.replace(part, self.data)

    def _write_accounts(self) -> Path:
        """Write what the server executes before it listens: no moment without passwords."""
        quoted: Mapping[str, str] = {user: f"'{self.password(user)}'" for user in USERS}
        lines = [
            "DELETE FROM mysql.global_priv WHERE User = '' OR Host NOT IN ('localhost', '%');",
            "FLUSH PRIVILEGES;",
            f"ALTER USER root@localhost IDENTIFIED BY {quoted['root']};",
            f"CREATE OR REPLACE USER root@'127.0.0.1' IDENTIFIED BY {quoted['root']};",
            "GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;",
            f"CREATE OR REPLACE USER ops_backup@'%' IDENTIFIED BY {quoted['ops_backup']};",
            f"GRANT {OPS_BACKUP_GRANTS} ON *.* TO ops_backup@'%';",
            f"CREATE OR REPLACE USER site@'%' IDENTIFIED BY {quoted['site']};",
            f"GRANT {SITE_GRANTS} ON {SITE_SCHEMA}.* TO site@'%';",
        ]
        file = self.folder / f"accounts-{secrets.token_hex(4)}.sql"
        write_atomically(file, "\n".join(lines).encode() + b"\n")
        return file
