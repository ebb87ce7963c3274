"""A real MariaDB server in a folder of its own: private loopback port, generated passwords, TLS."""

from __future__ import annotations

import getpass
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sandbox.certificates import issue
from sandbox.database import (
    OPS_BACKUP_GRANTS,
    SITE_GRANTS,
    SITE_SCHEMA,
    USERS,
    DatabaseServer,
)
from sandbox.processes import LOOPBACK, find_tool

__all__ = ["SITE_SCHEMA", "MariaDB"]

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


class MariaDB(DatabaseServer):
    """The MariaDB of `folder`, as the system's packages bring it."""

    name = "MariaDB"

    @property
    def socket(self) -> Path:
        """The Unix socket (may be too long a path for a client: loopback always works)."""
        return self.data / "mysqld.sock"

    def _start(self) -> None:
        find_tool("mariadbd", "mariadb-server")
        if not self.certificate.key.exists():
            issue(self.folder / "tls", days=365)
        super()._start()

    def _words(self, port: int, accounts: Path) -> list[str]:
        tls = self.certificate
        return [
            str(find_tool("mariadbd", "mariadb-server")),
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
        part = self.data.with_name("data.part")
        shutil.rmtree(part, ignore_errors=True)
        self._prepare(
            [
                find_tool("mariadb-install-db", "mariadb-server"),
                "--no-defaults",
                f"--datadir={part}",
                f"--tmpdir={self.folder}",
                f"--user={getpass.getuser()}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
                "--innodb-log-file-size=24M",
                *_NO_SYNC,
            ]
        )
        os.replace(part, self.data)

    def _accounts(self) -> Sequence[str]:
        quoted: Mapping[str, str] = {user: f"'{self.password(user)}'" for user in USERS}
        return [
            "DELETE FROM mysql.global_priv WHERE User = '' OR Host NOT IN ('localhost', '%');",
            "FLUSH PRIVILEGES;",
            f"ALTER USER root@localhost IDENTIFIED BY {quoted['root']};",
            f"CREATE OR REPLACE USER root@'127.0.0.1' IDENTIFIED BY {quoted['root']};",
            "GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;",
            f"CREATE OR REPLACE USER ops_backup@'%' IDENTIFIED BY {quoted['ops_backup']};",
            # MariaDB took the state of copies out of REPLICATION CLIENT (10.5).
            f"GRANT {OPS_BACKUP_GRANTS}, SLAVE MONITOR ON *.* TO ops_backup@'%';",
            f"CREATE OR REPLACE USER site@'%' IDENTIFIED BY {quoted['site']};",
            f"GRANT {SITE_GRANTS} ON {SITE_SCHEMA}.* TO site@'%';",
        ]
