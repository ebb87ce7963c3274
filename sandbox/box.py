"""A cloud in a box: every server of the sandbox in one folder, started, stopped and thrown away
together, and a home for the program that knows them.

    python -m sandbox start|stop|status|reset [--small] [--json]
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import pymysql
from platformdirs import user_data_path

from gmops_desktop.addresses import (
    AccountAddress,
    CloudAddress,
    MysqlAddress,
    ProgramFiles,
    SshAddress,
    WebAddress,
)
from gmops_desktop.contract.exclusions import USUAL
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import ROOT, Home, write_atomically
from sandbox import site_data
from sandbox.furnish import furnish
from sandbox.mariadb import MariaDB
from sandbox.patch_target import PatchTarget
from sandbox.server import Server
from sandbox.sshd import Sshd
from sandbox.tencent import Tencent
from sandbox.vault import SandboxKeyring
from sandbox.website import Website
from sandbox.wechat import Wechat

KEYRING: Final = "sandbox.vault.SandboxKeyring"


@dataclass(frozen=True, slots=True)
class Facts:
    """Where everything of a running sandbox is; the passwords are in its keyring."""

    folder: Path
    home: Path  # for GMOPS_HOME
    small: bool
    mysql: MysqlAddress  # as an engineer reaches it: `ops_backup`, through the SSH tunnel
    mysql_direct: MysqlAddress  # the same account over TLS, without the tunnel
    mysql_admin: MysqlAddress  # root, for making schemas to restore into
    ssh: SshAddress
    ssh_fingerprint: str
    web: WebAddress
    program: Path  # the website's program files
    wechat: AccountAddress  # of the stand-in
    cloud: CloudAddress  # of the stand-in, over plain HTTP
    apt_config: Path | None  # what apt-get over SSH obeys; None on a system without apt


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """One server of the sandbox."""

    name: str
    running: bool
    port: int


@dataclass(frozen=True, slots=True)
class Status:
    """What runs; `small` is None before the first start."""

    folder: Path
    running: bool  # all of it
    small: bool | None
    servers: tuple[ServerStatus, ...]


def default_folder() -> Path:
    """Return the sandbox's usual place: `GMOPS_SANDBOX`, `.sandbox` in a tree of the sources, or
    the user's data folder."""
    if named := os.environ.get("GMOPS_SANDBOX"):
        return Path(named).absolute()
    if (ROOT / "pyproject.toml").exists():
        return ROOT / ".sandbox"
    return user_data_path("GMOps Desktop", False) / "sandbox"


class Sandbox:
    """The sandbox of `folder`.

    `small` (a database of 3 MB instead of 200) counts at the first start and after a reset.  Any
    program may start or stop it; two that do so at once wait for each other.  `environment` is set
    for every command over SSH besides; the website's certificate holds `certificate_days`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        small: bool = False,
        environment: Mapping[str, str] | None = None,
        certificate_days: int = 60,
    ) -> None:
        if os.name == "nt":
            raise OpsError(
                tr("The sandbox starts servers of Linux and does not run on Windows."),
                hint=tr("Use it on Linux, or in WSL."),
            )
        self.folder = folder.absolute()
        self._small = small
        self._environment = dict(environment or {})
        self._certificate_days = certificate_days
        self._find_servers()

    def _find_servers(self) -> None:
        self.mariadb = MariaDB(self.folder / "mariadb")
        self.patch_target = PatchTarget(self.folder / "apt")
        patched = self.patch_target.environment if PatchTarget.possible() else {}
        self.sshd = Sshd(self.folder / "sshd", environment={**patched, **self._environment})
        self.website = Website(
            self.folder / "website", self.mariadb, certificate_days=self._certificate_days
        )
        self.tencent = Tencent(self.folder / "tencent")
        self.wechat = Wechat(self.folder / "wechat")
        self._servers: dict[str, Server] = {
            "mariadb": self.mariadb,
            "sshd": self.sshd,
            "website": self.website,
            "tencent": self.tencent,
            "wechat": self.wechat,
        }

    @property
    def keyring(self) -> SandboxKeyring:
        return SandboxKeyring(self.folder)

    @property
    def home(self) -> Home:
        return Home(self.folder / "home")

    def environment(self) -> dict[str, str]:
        """Return the variables with which a program works in this sandbox."""
        return {
            "GMOPS_HOME": str(self.home.root),
            "GMOPS_SANDBOX": str(self.folder),
            "PYTHON_KEYRING_BACKEND": KEYRING,
        }

    def start(self) -> Facts:
        """Start what does not run, with data made at first; return when all of it answers."""
        with self._alone():
            try:
                return self._start()
            except (OSError, pymysql.MySQLError) as error:
                raise OpsError(
                    tr("The sandbox in {folder} could not start: {why}.",
                       folder=self.folder, why=error),
                    hint=tr("Free some space there (about 1 GB), or start it in another folder."),
                ) from error  # fmt: skip

    def _start(self) -> Facts:
        self._seed()
        self.tencent.stand_for(self.mariadb)
        if PatchTarget.possible():
            self.patch_target.make()
        for server in self._servers.values():
            server.start()
        facts = self._facts()
        self._furnish(facts)
        write_atomically(
            self.folder / "facts.json",
            json.dumps(asdict(facts), default=str, ensure_ascii=False, indent=1).encode(),
        )
        return facts

    def stop(self) -> None:
        """Stop every server, whoever started it; the data stays."""
        with self._alone():
            self._stop()

    def status(self) -> Status:
        """Return what runs, without starting anything."""
        self._find_servers()
        servers = tuple(
            ServerStatus(name, server.running, server.port)
            for name, server in self._servers.items()
        )
        running = all(server.running for server in servers)
        return Status(self.folder, running, self._seeded_small(), servers)

    def reset(self) -> None:
        """Stop it and throw everything away but the seeded data, from which it starts anew."""
        with self._alone():
            self._stop()
            for item in self.folder.iterdir():
                if item.name in {"lock", "seed"}:
                    continue
                if item.is_dir():
                    shutil.rmtree(item)
                else:
                    item.unlink()
            self._find_servers()

    def _stop(self) -> None:
        self._find_servers()
        for server in reversed(self._servers.values()):
            server.stop()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the sandbox while it changes; the kernel lets go of it if we die."""
        import fcntl  # not on Windows, where this class cannot be made

        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # ------------------------------------------------------------ data

    def _seed(self) -> None:
        """Make the database's data folder, from the one kept from an earlier seeding if it fits."""
        self._find_servers()
        if self._seeded_small() is not None:
            return
        size = site_data.SMALL if self._small else site_data.FULL
        kept = self.folder / "seed" / site_data.seed_digest(size)
        database = self.mariadb
        if not (kept / "passwords.json").exists():
            database.stop()
            shutil.rmtree(database.folder, ignore_errors=True)
            shutil.rmtree(kept.parent, ignore_errors=True)  # of another size or version
            database.start()
            site_data.seed(database, size)
            database.stop()
            shutil.copytree(database.data, kept / "data")
            shutil.copy2(database.folder / "passwords.json", kept / "passwords.json")
        else:
            database.stop()
            shutil.rmtree(database.folder, ignore_errors=True)
            database.folder.mkdir(mode=0o700)
            shutil.copytree(kept / "data", database.data)
            shutil.copy2(kept / "passwords.json", database.folder / "passwords.json")
        write_atomically(database.folder / "seeded.json", json.dumps(self._small).encode())

    def _seeded_small(self) -> bool | None:
        file = self.mariadb.folder / "seeded.json"
        return bool(json.loads(file.read_text("utf-8"))) if file.exists() else None

    # ------------------------------------------------------------ the program's home

    def _facts(self) -> Facts:
        ssh = self.sshd.address
        return Facts(
            folder=self.folder,
            home=self.home.root,
            small=bool(self._seeded_small()),
            mysql=replace(self.mariadb.address(ssh=ssh), cloud=self.tencent.database),
            mysql_direct=self.mariadb.address(tls=True),
            mysql_admin=self.mariadb.address("mysql", user="root"),
            ssh=ssh,
            ssh_fingerprint=self.sshd.fingerprint,
            web=replace(
                self.website.address,
                program=ProgramFiles(ssh, (str(self.website.program),), USUAL),
            ),
            program=self.website.program,
            wechat=self.wechat.address,
            cloud=self.tencent.account,
            apt_config=self.patch_target.config if PatchTarget.possible() else None,
        )

    def _furnish(self, facts: Facts) -> None:
        """Let the program's home know the servers: keys pinned, passwords kept, addresses noted."""
        for folder in (self.home.root, self.home.archives, self.home.reports, self.home.logs):
            folder.mkdir(mode=0o700, exist_ok=True)
        self._pin_host_key()
        secrets = {
            address.secret_name: self.mariadb.password(address.user)
            for address in (facts.mysql, facts.mysql_admin)
        }
        secrets[self.tencent.database.secret_name] = self.tencent.secret_key
        secrets[facts.wechat.secret_name] = self.wechat.secret
        secrets[facts.wechat.callback_secret_name] = self.wechat.callback_token
        self.keyring.put_all(secrets)
        furnish(
            self.home,
            self.folder / "resources.json",
            {
                "host": facts.ssh,
                "mysql": facts.mysql,
                "website": facts.web,
                "account": facts.wechat,
                "cloud": facts.cloud,
            },
        )

    def _pin_host_key(self) -> None:
        wanted = self.sshd.known_hosts_line()
        file = self.home.known_hosts
        known = file.read_text("utf-8").splitlines(True) if file.exists() else []
        if wanted not in known:
            place = wanted.split(" ", 1)[0]
            others = [line for line in known if not line.startswith(place + " ")]
            write_atomically(file, "".join([*others, wanted]).encode())
