"""The stand-in's clones of its TencentDB instance: priced, ordered, made in seconds of real time,
isolated and deleted.  Behind each that serves stands a real MariaDB of its own.

What a clone holds is the database as it is when the clone becomes ready, not as it was at the
backup it is made of: the stand-in's backups are names without data.  Its accounts and passwords are
those of the original, as in the cloud.
"""

from __future__ import annotations

import itertools
import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from gmops_desktop.paths import write_atomically
from sandbox.mariadb import MariaDB
from sandbox.processes import LOOPBACK, find_tool
from sandbox.tencent_backups import DATABASE, Behaviour, Json, Refused, local

MEMORY: Final = 1000  # MB of the instance
VOLUME: Final = 50  # GB
ZONE: Final = "ap-guangzhou-3"
NETWORK: Final = {"UniqVpcId": "vpc-sandbox1", "UniqSubnetId": "subnet-sandbox1"}
SECURITY_GROUP: Final = "sg-sandbox1"

_CREATING, _RUNNING, _ISOLATING, _ISOLATED, _GOING = 0, 1, 4, 5, 6
_SHORTEST: Final = 0.1  # the share of its time in which a clone has no instance yet


@dataclass
class _Clone:
    """A clone and its order; `status` as DescribeDBInstances tells it."""

    id: str
    number: int
    order: Json
    begun: datetime
    task: str = "initial"
    status: int = _CREATING
    port: int = 0
    ended: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class CloneServers:
    """The MariaDB servers behind clones, in folders under `folder`; `source` is what is cloned.

    Any process may stop them all: each is known by its folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def clone_of(self, source: Path) -> None:
        """Let clones be copies of the MariaDB in the folder `source`, from now on."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(self._note, str(source).encode())

    @property
    def source(self) -> MariaDB | None:
        """The server that is cloned; None where none was named."""
        return MariaDB(Path(self._note.read_text("utf-8"))) if self._note.exists() else None

    def start(self, id: str) -> int:
        """Start a copy of the source with all its schemas; return its port."""
        source, server = self.source, MariaDB(self._folder / id)
        assert source is not None
        server.folder.mkdir(mode=0o700)
        shutil.copy2(source.folder / "passwords.json", server.folder)
        server.start()
        schemas = self._schemas(source)
        if schemas:
            # Forced past views whose definers are gone: those alone are then missing.
            words = ["--force", "--single-transaction", "--routines", "--events",
                     "--databases", *schemas]  # fmt: skip
            with subprocess.Popen(
                [self._tool("mariadb-dump"), self._options(source, server.folder / "source.cnf"),
                 *words], stdout=subprocess.PIPE,
            ) as dump:  # fmt: skip
                subprocess.run(
                    [self._tool("mariadb"), self._options(server, server.folder / "own.cnf")],
                    stdin=dump.stdout,
                    check=True,
                )
        return server.port

    def stop(self, id: str) -> None:
        """Stop a server and remove all of it."""
        server = MariaDB(self._folder / id)
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)

    def stop_all(self) -> None:
        """The same for each there is."""
        if self._folder.exists():
            for folder in [one for one in self._folder.iterdir() if one.is_dir()]:
                self.stop(folder.name)

    @property
    def _note(self) -> Path:
        return self._folder / "source"

    @staticmethod
    def _schemas(source: MariaDB) -> list[str]:
        own = {"information_schema", "performance_schema", "mysql", "sys"}
        with source.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SHOW DATABASES")
            return sorted(name for (name,) in cursor.fetchall() if name not in own)

    @staticmethod
    def _options(server: MariaDB, file: Path) -> str:
        lines = ("[client]", "user=root", f"password={server.root_password}", f"host={LOOPBACK}",
                 f"port={server.port}", "protocol=tcp")  # fmt: skip
        write_atomically(file, "\n".join(lines).encode() + b"\n")
        return f"--defaults-file={file}"

    @staticmethod
    def _tool(name: str) -> str:
        return str(find_tool(name, "mariadb-client"))


class DatabaseClones:
    """The clones and what they cost.  The account calls it under its lock.

    `servers` is None where nothing real stands behind them: then none becomes ready.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        behaviour: Callable[[], Behaviour],
        servers: CloneServers | None,
    ) -> None:
        self._now, self._behaviour, self._servers = now, behaviour, servers
        self._numbers = itertools.count(300_001)
        self._clones: list[_Clone] = []

    # ------------------------------------------------------------ the actions

    def price(self, given: Json) -> Json:
        """DescribeDBPrice, of a new instance paid by the hour."""
        for name in ("Zone", "GoodsNum", "Memory", "Volume", "InstanceRole", "PayType"):
            if name not in given:
                raise Refused("MissingParameter", f"The request lacks {name}.")
        if given["PayType"] != "HOUR_PAID":
            raise Refused("InvalidParameter", "the stand-in knows prices by the hour only")
        price = self._price(given) * given["GoodsNum"]
        return {"Price": price, "OriginalPrice": price, "Currency": "CNY"}

    def groups(self, given: Json) -> Json:
        """DescribeDBSecurityGroups."""
        if given["InstanceId"] != DATABASE:
            raise Refused("InvalidParameter.InstanceNotFound", "The instance is not found.")
        return {"Groups": [{"SecurityGroupId": SECURITY_GROUP, "SecurityGroupName": "default"}]}

    def create(self, given: Json, backups: list[Json]) -> Json:
        """CreateCloneInstance; `backups` are those of the original."""
        self._check(given, backups)
        if given.get("DryRun"):
            return {}
        if self._behaviour().balance < self._price(given):
            raise Refused("InvalidAccount.InsufficientBalance", "The balance is not sufficient.")
        number = next(self._numbers)
        self._clones.append(_Clone(f"cdb-clone{number}", number, given, self._now()))
        return {"AsyncRequestId": f"clone-{number}"}

    def describe(self, given: Json) -> list[Json]:
        """DescribeCloneList, newest first."""
        if given["InstanceId"] != DATABASE:
            raise Refused("InvalidParameter.InstanceNotFound", "The instance is not found.")
        self._go_on()
        return [
            {
                "SrcInstanceId": DATABASE,
                "DstInstanceId": "" if one.task == "initial" else one.id,
                "CloneJobId": one.number,
                "RollbackStrategy": "backupset",
                "RollbackTargetTime": "",
                "StartTime": local(one.begun),
                "EndTime": local(one.ended) if one.ended else "0000-00-00 00:00:00",
                "TaskStatus": one.task,
                "NewRegionId": 1,
                "SrcRegionId": 1,
            }
            for one in reversed(self._clones)
        ]

    def instances(self) -> list[Json]:
        """Return what DescribeDBInstances says of the clones."""
        self._go_on()
        return [
            {
                "InstanceId": one.id,
                "InstanceName": one.order.get("InstanceName", one.id),
                "Status": one.status,
                "TaskStatus": 0,
                "PayType": 1,
                "WanStatus": 0,
                "Vip": LOOPBACK if one.port else "",
                "Vport": one.port or 3306,
                "EngineVersion": "5.7",
                "Memory": one.order.get("Memory", MEMORY),
                "Volume": one.order.get("Volume", VOLUME),
                "Zone": ZONE,
                "Cpu": 1,
                "DeviceType": "UNIVERSAL",
                "InstanceNodes": one.order.get("InstanceNodes", 2),
                **NETWORK,
            }
            for one in self._clones
            if one.task != "initial" and one.status != _GOING
        ]

    def isolate(self, given: Json) -> Json:
        """IsolateDBInstance: from then on nobody reaches it."""
        clone = self._one(given["InstanceId"])
        if clone.status != _RUNNING:
            raise Refused("OperationDenied.InstanceStatusError", "The instance is not running.")
        clone.status = _ISOLATING
        self._in_background(clone, self._stopped)
        return {"AsyncRequestId": ""}

    def offline(self, given: Json) -> Json:
        """OfflineIsolatedInstances: gone for good."""
        clones = [self._one(id) for id in given["InstanceIds"]]
        for clone in clones:
            if clone.status != _ISOLATED:
                raise Refused("OperationDenied.InstanceStatusError", "It is not isolated.")
        for clone in clones:
            clone.status = _GOING
        return {}

    # ------------------------------------------------------------ what an order must be

    def _check(self, given: Json, backups: list[Json]) -> None:
        if given["InstanceId"] != DATABASE:
            raise Refused("InvalidParameter.InstanceNotFound", "The instance is not found.")
        by_time, by_backup = "SpecifiedRollbackTime" in given, "SpecifiedBackupId" in given
        if by_time == by_backup:
            raise Refused("InvalidParameter", "SpecifiedRollbackTime or SpecifiedBackupId.")
        if by_backup:
            kind = "snapshot" if self._behaviour().basic else "physical"
            fit = {one["BackupId"] for one in backups
                   if one["Status"] == "SUCCESS" and one["Type"] == kind}  # fmt: skip
            if given["SpecifiedBackupId"] not in fit:
                raise Refused("InvalidParameter", "There is no such backup to clone from.")
        if len(given.get("InstanceName", "")) > 60:
            raise Refused("InvalidParameter", "InstanceName is longer than 60 characters.")
        if ("UniqVpcId" in given) != ("UniqSubnetId" in given):
            raise Refused("InvalidParameter", "UniqVpcId and UniqSubnetId go together.")
        if given.get("Memory", MEMORY) < MEMORY or given.get("Volume", VOLUME) < VOLUME:
            raise Refused("InvalidParameter", "A clone is not smaller than its original.")
        if given.get("PayType", "USED_PAID") != "USED_PAID":
            raise Refused("InvalidParameter", "the stand-in knows clones paid by the hour only")

    @staticmethod
    def _price(given: Json) -> int:
        """Return hundredths of a yuan an hour, about as TencentDB asks."""
        memory, volume = int(given.get("Memory", MEMORY)), int(given.get("Volume", VOLUME))
        nodes = int(given.get("InstanceNodes", 2))
        return round((memory * 0.042 + volume * 0.2) * nodes / 2)

    def _one(self, id: str) -> _Clone:
        if id == DATABASE:
            raise Refused("OperationDenied", "The instance is protected against its destruction.")
        for clone in self._clones:
            if clone.id == id and clone.task != "initial" and clone.status != _GOING:
                return clone
        raise Refused("InvalidParameter.InstanceNotFound", "The instance is not found.")

    # ------------------------------------------------------------ what happens by itself

    def _go_on(self) -> None:
        """Bring what is being made to where it is by now."""
        now, behaviour = self._now(), self._behaviour()
        for clone in self._clones:
            share = (now - clone.begun).total_seconds() / max(behaviour.clone_seconds, 0.001)
            if clone.task == "initial" and share >= _SHORTEST:
                clone.task = "running"
            if clone.task == "running" and share >= 0.5 and behaviour.clone_fails:
                clone.task, clone.ended = "failed", now
                clone.status = (
                    _RUNNING  # an instance without data, which is to be paid all the same
                )
            elif clone.task == "running" and share >= 1 and self._servers is not None:
                clone.task = "wait_complete"
                self._in_background(clone, self._started)

    @staticmethod
    def _in_background(clone: _Clone, work: Callable[[_Clone], None]) -> None:
        threading.Thread(target=work, args=(clone,), name=clone.id, daemon=True).start()

    def _started(self, clone: _Clone) -> None:
        assert self._servers is not None
        with clone.lock:
            clone.port = self._servers.start(clone.id)
            clone.status, clone.task, clone.ended = _RUNNING, "success", self._now()

    def _stopped(self, clone: _Clone) -> None:
        with clone.lock:
            if self._servers is not None and clone.port:
                self._servers.stop(clone.id)
            clone.port, clone.status = 0, _ISOLATED
