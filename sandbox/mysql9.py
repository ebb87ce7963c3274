"""A real MySQL 9 out of Debian's unstable suite, in a tree of its own; for root only.

    python -m sandbox.mysql9        build the tree once in this user's cache (about 700 MB)

No stable Debian brings Oracle's MySQL.  `debootstrap` lays out a small system with the server and
its client, and both run inside it by chroot.  What is mounted is mounted in a name space of the
server's own, so that nothing is left mounted, and nothing outside is ever reached by deleting.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
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

_PACKAGES: Final = "mysql-server-core,mysql-client-core,libaio1t64"
_INSIDE: Final = "/srv/sandbox"  # where the server's folder is seen from inside the tree
_SMALL: Final = (
    "--innodb-buffer-pool-size=64M",
    "--innodb-redo-log-capacity=16M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=OFF",
    "--innodb-use-native-aio=OFF",
    "--performance-schema=OFF",
    "--skip-log-bin",
    "--max-connections=60",
    "--table-open-cache=200",
)


class Mysql9(DatabaseServer):
    """The MySQL 9 of `folder`; it ends with the program that started it."""

    name = "MySQL 9"

    def _words(self, port: int, accounts: Path) -> list[str | Path]:
        return self._inside(
            [
                f"--port={port}",
                f"--bind-address={LOOPBACK}",
                "--skip-name-resolve",
                f"--socket={_INSIDE}/mysqld.sock",
                f"--pid-file={_INSIDE}/mysqld.pid",
                f"--tmpdir={_INSIDE}",
                f"--init-file={_INSIDE}/{accounts.name}",
                "--mysqlx=0",
                "--secure-file-priv=",
                *_SMALL,
                *self.options,
            ]
        )

    def _initialise(self) -> None:
        # Whether names have a case is laid down in the data folder.
        fixed = [word for word in self.options if word.startswith("--lower-case-table-names")]
        try:
            self._prepare(self._inside(["--initialize-insecure", *_SMALL, *fixed]))
        except OpsError:
            shutil.rmtree(self.data, ignore_errors=True)
            raise

    def _accounts(self) -> Sequence[str]:
        root, backup, site = (self.password(user) for user in ("root", "ops_backup", "site"))
        users = ((f"root@'{LOOPBACK}'", root), ("ops_backup@'%'", backup), ("site@'%'", site))
        return [
            f"ALTER USER root@localhost IDENTIFIED BY '{root}';",
            *(f"CREATE USER IF NOT EXISTS {user};" for user, _ in users),
            *(f"ALTER USER {user} IDENTIFIED BY '{password}';" for user, password in users),
            f"GRANT ALL ON *.* TO root@'{LOOPBACK}' WITH GRANT OPTION;",
            f"GRANT {OPS_BACKUP_GRANTS} ON *.* TO ops_backup@'%';",
            f"GRANT {SITE_GRANTS} ON {SITE_SCHEMA}.* TO site@'%';",
        ]

    def _inside(self, words: Sequence[str]) -> list[str | Path]:
        """Return the command that runs mysqld in the tree, with its folder mounted there."""
        tree = built()
        server = ["/usr/sbin/mysqld", "--no-defaults", "--user=root", f"--datadir={_INSIDE}/data"]
        place = tree / _INSIDE.lstrip("/")
        steps = [
            f"mount --bind {shlex.quote(str(self.folder))} {shlex.quote(str(place))}",
            f"exec chroot {shlex.quote(str(tree))} {shlex.join([*server, *words])}",
        ]
        unshare = find_tool("unshare", "util-linux")
        return [*bound_to_parent(), unshare, "--mount", "/bin/sh", "-ec", "\n".join(steps)]


def client() -> list[str]:
    """Return the words before those of Oracle's own `mysql` client, inside the tree."""
    return [str(find_tool("chroot", "coreutils")), str(built()), "/usr/bin/mysql"]


def runs_here() -> bool:
    """Say whether this user on this machine can run it at all."""
    return sys.platform == "linux" and os.geteuid() == 0


def tree() -> Path:
    """Return the folder of the tree, whether it has been built or not."""
    return servers_cache() / "mysql-9"


def is_built() -> bool:
    return (tree() / "usr/sbin/mysqld").exists()


def built() -> Path:
    """Return the tree; raise `OpsError` where there is none."""
    if not is_built():
        raise OpsError(
            tr("MySQL 9 has not been built on this machine."),
            hint=tr("Build it as root with: python3 dev.py test-all"),
        )
    return tree()


def build() -> None:
    """Build the tree in the cache unless it is there; takes a minute or two.

    Raises `OpsError` where debootstrap is missing or fails.
    """
    if is_built():
        return
    tool, home = find_tool("debootstrap", "debootstrap"), tree()
    home.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=home.parent, prefix="mysql-9-"))
    fresh.chmod(0o755)
    words: list[str | Path] = [tool, "--variant=minbase", f"--include={_PACKAGES}", "sid", fresh]
    # What it mounts while it works goes with the name space, finished or not.
    apart: list[str | Path] = [find_tool("unshare", "util-linux"), "--mount", *words]
    ran = subprocess.run(apart, capture_output=True, text=True, check=False)
    if ran.returncode or not (fresh / "usr/sbin/mysqld").exists():
        shutil.rmtree(fresh)
        raise OpsError(
            tr("debootstrap could not build a tree with MySQL 9."),
            hint=(ran.stderr or ran.stdout).strip()[-800:],
        )
    (fresh / _INSIDE.lstrip("/")).mkdir(parents=True)
    shutil.rmtree(fresh / "var/cache/apt/archives", ignore_errors=True)
    replaced(home, fresh)


if __name__ == "__main__":
    try:
        build()
    except OpsError as error:
        sys.exit(" ".join(filter(None, [str(error), error.hint])))
