"""Database servers of our own on this machine: loopback only, a data folder, port and password of
their own, and nothing left of them afterwards.

Each has a folder with a random name under one root.  Who uses it holds a lock on a file in it,
which the system lets go of even after kill -9; so whoever finds the lock free knows that nobody
uses the server, and its process is known by the folder's name in its command line: never another's.
"""

from __future__ import annotations

import getpass
import json
import logging
import os
import platform
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from gmops_desktop.adapters import mysql, stock_client
from gmops_desktop.adapters.local_programs import Program
from gmops_desktop.adapters.locks import Busy, held
from gmops_desktop.adapters.mysql import MysqlConnection
from gmops_desktop.adapters.mysql.dialect import name
from gmops_desktop.adapters.processes import (
    LOOPBACK,
    Process,
    answers,
    free_port,
    greeted,
    launch,
    serving,
)
from gmops_desktop.adapters.stock_client import ClientFailed
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.log import remember_secret
from gmops_desktop.paths import write_atomically

logger = logging.getLogger(__name__)

_NOTE: Final = "server.json"
_LOCK: Final = "in-use.lock"
_PATIENCE: Final = 90.0  # seconds until a server must answer
_STEP: Final = 0.05
_ROOT: Final = "root"


class LocalServer:
    """One server in `folder`; made and found by `LocalServers`.

    `lower_case_names` is the setting of the server that the data come from.
    """

    def __init__(self, folder: Path, program: Program, *, lower_case_names: int = 0) -> None:
        self.folder = folder
        self.program = program
        self.port = 0
        self._lower_case_names = lower_case_names
        self._password = secrets.token_urlsafe(24)
        self._process: Process | None = None
        remember_secret(self._password)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def start(self, context: Context) -> None:
        """Make the data folder and start serving; raise `OpsError` with the end of its log."""
        context.progress(None, tr("Preparing {program}", program=self.program))
        self._initialise(context)
        accounts = self.folder / "accounts.sql"
        write_atomically(accounts, "\n".join(self._accounts()).encode() + b"\n")
        try:
            for _ in range(3):
                port = free_port()
                self._process = launch(self._words(port, accounts), self.log)
                if self._answered(port, context):
                    self.port = port
                    return
                self._process.end()
                if not answers(port):
                    break  # it failed, and not because somebody snatched the port
        finally:
            accounts.unlink()
        raise self._not_started()

    def address(self, schema: str, user: str = _ROOT) -> MysqlAddress:
        """Return where a schema of this server is reached."""
        return MysqlAddress(LOOPBACK, self.port, user, schema)

    def connect(
        self, schema: str, context: Context, *, user: str = _ROOT, password: str = ""
    ) -> MysqlConnection:
        """Open a connection, by default as the one who may do everything there."""
        address = self.address(schema, user)
        return mysql.connect(address, context, password=password or self._password)

    def create(self, schema: str, charset: str, collation: str, context: Context) -> None:
        """Make an empty schema."""
        with self.connect("mysql", context) as connection:
            connection.run(
                f"CREATE DATABASE {name(schema)} CHARACTER SET {charset} COLLATE {collation}"
            )

    def admit(self, accounts: Iterable[str], context: Context) -> None:
        """Make each account `user@host` (or role) that is not there, so that what it defined works.

        Nobody knows their passwords.
        """
        with self.connect("mysql", context) as connection:
            for account in accounts:
                user, at, host = account.rpartition("@")
                if at:
                    word = secrets.token_urlsafe(24)
                    connection.rows(
                        "CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY %s", user, host, word
                    )
                    connection.rows("GRANT ALL ON *.* TO %s@%s", user, host)
                elif self.program.kind == "MariaDB" and account:
                    connection.run(f"CREATE ROLE IF NOT EXISTS {name(account)}")

    def grant(self, user: str, rights: str, schema: str, context: Context) -> str:
        """Make an account with `rights` on one schema; return its password."""
        password = secrets.token_urlsafe(24)
        remember_secret(password)
        place = name(schema).replace("_", r"\_").replace("%", r"\%").replace("%", "%%")
        with self.connect("mysql", context) as connection:
            connection.rows("CREATE USER %s@%s IDENTIFIED BY %s", user, LOOPBACK, password)
            connection.rows(f"GRANT {rights} ON {place}.* TO %s@%s", user, LOOPBACK)
        return password

    def load(self, chunks: Iterable[bytes], schema: str, context: Context) -> None:
        """Feed SQL to the stock client; raises `ClientFailed` with what the server said."""
        client, address = self.program.client, self.address(schema)
        try:
            stock_client.load(client, address, self._password, chunks, self.folder, context)
        except ClientFailed as error:
            error.hint = tr("The same happens to whoever restores this archive to {program}.",
                            program=self.program)  # fmt: skip
            raise

    def stop(self) -> None:
        """End the process and remove the folder, whatever state they are in."""
        if self._process is not None:
            self._process.end()
            self._process = None
        clear_away(self.folder)

    # ------------------------------------------------------------ inside

    def _initialise(self, context: Context) -> None:
        words: list[str | Path]
        if self.program.installer is not None:
            words = [
                self.program.installer,
                "--no-defaults",
                f"--datadir={self.data}",
                f"--tmpdir={self.folder}",  # others clear out a shared one when they start
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
                *self._unsynced(),
                *self._as_user(),
            ]
        else:
            words = [
                self.program.server,
                "--no-defaults",
                "--initialize-insecure",  # the accounts' file gives the password before it listens
                f"--datadir={self.data}",
                f"--tmpdir={self.folder}",
                f"--lower-case-table-names={self._names()}",
                *self._as_user(),
            ]
        with (
            self.log.open("ab") as log,
            subprocess.Popen(
                [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            ) as process,
            context.on_cancel(process.terminate),
        ):
            process.wait()
        context.check()
        if process.returncode:
            raise self._not_started()

    def _accounts(self) -> list[str]:
        """Return what the server executes before it listens: no moment without a password."""
        word = f"'{self._password}'"
        begin = [f"ALTER USER root@localhost IDENTIFIED BY {word};"]
        if self.program.kind == "MariaDB":
            begin.insert(0, "FLUSH PRIVILEGES;")
            begin.insert(
                0, "DELETE FROM mysql.global_priv WHERE User='' OR Host NOT IN ('localhost');"
            )
        return [
            *begin,
            f"CREATE USER root@'{LOOPBACK}' IDENTIFIED BY {word};",
            f"GRANT ALL ON *.* TO root@'{LOOPBACK}' WITH GRANT OPTION;",
        ]

    def _words(self, port: int, accounts: Path) -> list[str | Path]:
        return [
            self.program.server,
            "--no-defaults",
            f"--datadir={self.data}",  # by which `serving` knows it
            f"--tmpdir={self.folder}",
            f"--secure-file-priv={self.folder}",  # a package's own is for its service alone
            f"--port={port}",
            f"--bind-address={LOOPBACK}",
            "--socket=mysqld.sock",  # in the data folder; a full path may pass the 107-byte limit
            f"--pid-file={self.folder / 'server.pid'}",
            f"--init-file={accounts}",
            f"--lower-case-table-names={self._names()}",
            "--skip-log-bin",
            "--skip-name-resolve",
            "--event-scheduler=OFF",  # what the site does by night must not run here
            "--max-allowed-packet=1G",
            "--innodb-buffer-pool-size=256M",
            "--innodb-flush-log-at-trx-commit=2",
            *self._unsynced(),
            "--loose-innodb-strict-mode=OFF",  # rows that an older server took are taken again
            "--character-set-server=utf8mb4",
            "--loose-mysqlx=OFF",
            "--loose-skip-plugin-feedback",
            *self._as_user(),
        ]

    def _unsynced(self) -> list[str]:
        """Return what spares a MariaDB the waiting for the disk: only a power cut would tell, and
        after one nothing here is used again.  Half of the time that making a data folder takes."""
        if self.program.kind != "MariaDB" or sys.platform == "win32":
            return []
        return ["--loose-debug-no-sync", "--innodb-flush-method=nosync"]

    @staticmethod
    def _as_user() -> list[str]:
        root = sys.platform != "win32" and os.geteuid() == 0
        return [f"--user={getpass.getuser()}"] if root else []

    def _names(self) -> int:
        """Return how names of tables are compared: as at the source where the disk allows it."""
        if os.path.normcase("A") == "a" or platform.system() == "Darwin":
            return self._lower_case_names or 2  # the disk knows no upper and lower case
        return 1 if self._lower_case_names else 0

    def _answered(self, port: int, context: Context) -> bool:
        deadline = time.monotonic() + _PATIENCE
        assert self._process is not None
        while self._process.alive() and time.monotonic() < deadline:
            if greeted(port):
                return self._process.alive()
            context.wait(_STEP)
        return False

    def _not_started(self) -> OpsError:
        tail = "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-8:])
        return OpsError(
            tr("{program} did not start on this machine.", program=self.program),
            hint=tr("The end of its log: {tail}", tail=tail),
            unharmed=tr("Nothing else on this machine was touched."),
        )


class LocalServers:
    """The servers of our own under `root`, a folder for its owner alone."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @contextmanager
    def running(
        self, program: Program, context: Context, *, lower_case_names: int = 0
    ) -> Iterator[LocalServer]:
        """Start a server for the time of the block; it is gone afterwards, whatever happens.

        One that `keep` was called for stays.
        """
        self.sweep()
        folder = self._root / secrets.token_hex(8)
        server = LocalServer(folder, program, lower_case_names=lower_case_names)
        with ExitStack() as stack:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700)
            stack.enter_context(held(folder / _LOCK, tr("A local database server")))
            stack.callback(self._end, server)  # before the lock is let go
            server.start(context)
            yield server

    def keep(self, server: LocalServer, facts: Mapping[str, Any]) -> None:
        """Let a server go on beyond its block, with `facts` noted beside it for `kept`."""
        write_atomically(server.folder / _NOTE, json.dumps(dict(facts)).encode())

    def kept(self) -> dict[str, tuple[dict[str, Any], bool]]:
        """Return the facts of each server kept, by its id, and whether it runs."""
        found = {}
        for folder in self._folders():
            note = folder / _NOTE
            try:
                facts = json.loads(note.read_text("utf-8"))
            except (OSError, ValueError):
                continue
            found[folder.name] = (facts, bool(serving(folder / "data")))
        return found

    def drop(self, id: str) -> None:
        """Stop a server that was kept, and remove all of it."""
        folder = self._root / id
        if folder.parent != self._root or not (folder / _NOTE).exists():
            raise OpsError(tr("There is no local server {id}.", id=id))
        clear_away(folder)

    def sweep(self) -> int:
        """End and remove what a killed program left; return how many servers."""
        swept = 0
        for folder in self._folders():
            if (folder / _NOTE).exists():
                continue
            try:
                with held(folder / _LOCK, tr("A local database server")):
                    clear_away(folder)
                    swept += 1
            except Busy:
                continue  # somebody is at work in it
            except OpsError as error:
                logger.info("The folder %s of a local server was not removed: %s", folder, error)
        return swept

    def _folders(self) -> list[Path]:
        try:
            return [folder for folder in self._root.iterdir() if folder.is_dir()]
        except FileNotFoundError:
            return []

    @staticmethod
    def _end(server: LocalServer) -> None:
        if not (server.folder / _NOTE).exists():
            server.stop()


def clear_away(folder: Path) -> None:
    """End the server of `folder`, if it still runs, and remove the folder."""
    for process in serving(folder / "data"):
        process.end()
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise OpsError(
            tr("The data folder {folder} of a local server could not be removed: {why}.",
               folder=folder, why=error),
            hint=tr("Remove it by hand: it holds a copy of the database."),
        ) from error  # fmt: skip
