"""The stand-in's TencentDB instance and its backups: made in seconds of real time, their files
behind addresses that are signed and expire, and everything that may go wrong with them.

Field names are Tencent's; every answer is checked against the SDK's models before it is sent.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any, Final, Literal

Json = dict[str, Any]

REGION: Final = "ap-guangzhou"
DATABASE: Final = "cdb-sandbox1"
BEIJING: Final = timezone(timedelta(hours=8))

_NIGHTS: Final = 7  # nights with an automatic backup, which is also how long they are kept
_KINDS: Final = ("logical", "physical", "snapshot")
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Refused(Exception):
    """An error as Tencent gives it: a code and a message; `after` what was asked for was done."""

    def __init__(self, code: str, message: str, *, after: bool = False) -> None:
        super().__init__(message)
        self.code, self.after = code, after


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the account's things, its backups and their files behave just now; a test or a
    demonstration changes it."""

    backup_seconds: float = 8.0
    backup_fails: bool = False
    backup_bytes: int = 2_400_000
    address_seconds: float = 12 * 3600  # how long a download address is good
    download: Literal["NoLimit", "LimitOnlyIntranet", "Customize"] = "NoLimit"
    cut_after: int = 0  # bytes after which every download is cut (0: never)
    wrong_md5: bool = False
    ranges: bool = True  # whether a download may begin in the middle
    archived: bool = False  # whether files lie in archive storage
    basic: bool = False  # one node on a cloud disk: snapshots only, and no files
    clone_seconds: float = 20.0  # until the data of a clone are there
    clone_fails: bool = False
    balance: int = 128_450  # of the account, in fen
    servers: int = 1
    server_state: str = "RUNNING"
    restricted: str = "NORMAL"  # the word for what is withheld from the servers
    expires_days: float = 41.0  # until the servers are no longer paid for
    alarms: int = 0  # that fire
    spelling: Literal["CpuUsage", "CPUUsage"] = "CpuUsage"  # as documents and examples differ
    agent: bool = True  # without it the cloud knows neither memory nor load of a server
    measured_days: float = 2.0  # since when the cloud measures
    tat: Literal["Online", "AgentStatusNotOnline", "AgentNotInstalled"] = "Online"
    tat_looks: int = 1  # at a command that find it running, however soon it ends
    tat_status: str = ""  # how commands end, where not by themselves
    # Of single instances, by id: how the agent is ("AgentStatusNotOnline"), or how commands end.
    tat_each: dict[str, str] = field(default_factory=dict)
    tat_bytes: int = 1 << 20  # of a command's output that are kept, at most as many as really
    data_disks: int = 0  # of the first server, beside its system disk
    detached: tuple[str, ...] = ()  # disks that hang on no server
    no_snapshots: tuple[str, ...] = ()  # disks that take none
    snapshot_looks: int = 3  # until a snapshot is there
    snapshot_hangs: bool = False  # whether it never is
    snapshot_quota: int = 64
    start_fails: bool = False  # whether a server stays off after its disks were put back
    denied: tuple[str, ...] = ()  # actions that the keys may not use
    breaks_off: str = ""  # the action whose list ends before its last entry
    clock_off: float = 0.0  # seconds by which the cloud's clock is ahead of this machine's


class DatabaseBackups:
    """The instance's backups; `now` gives the time.  The account calls it under its lock."""

    def __init__(self, now: Callable[[], datetime], behaviour: Callable[[], Behaviour]) -> None:
        self._now = now
        self._behaviour = behaviour
        self._key = secrets.token_bytes(16)
        self._numbers = itertools.count(700_001)
        self._backups: list[Json] = []
        for days in range(_NIGHTS, 0, -1):
            begun = now().astimezone(BEIJING).replace(hour=3, minute=2, second=11)
            made = self._new("physical", "automatic", "", begun - timedelta(days=days), "full")
            self._finish(made, begun - timedelta(days=days) + timedelta(minutes=4))

    # ------------------------------------------------------------ the actions

    def config(self, given: Json) -> Json:
        """DescribeBackupConfig."""
        self._must_be_ours(given)
        return {
            "BackupExpireDays": _NIGHTS,
            "BackupMethod": "snapshot" if self._behaviour().basic else "physical",
            "BinlogExpireDays": _NIGHTS,
            "BackupTimeWindow": dict.fromkeys(_DAYS, "02:00-06:00"),
            "EnableBackupPeriodSave": "off",
        }

    def restriction(self, given: Json) -> Json:
        """DescribeBackupDownloadRestriction."""
        limited = self._behaviour().download
        answer: Json = {"LimitType": limited}
        if limited == "Customize":
            answer |= {"IpComparisonSymbol": "In", "LimitIp": ["10.0.0.5"]}
        return answer

    def create(self, given: Json) -> Json:
        """CreateBackup."""
        self._must_be_ours(given)
        kind, basic = given["BackupMethod"], self._behaviour().basic
        if kind not in _KINDS:
            raise Refused("InvalidParameter", f"BackupMethod is one of {', '.join(_KINDS)}.")
        if (kind == "snapshot") != basic:
            raise Refused("OperationDenied.NotSupportBasic", f"{kind} is not for this instance.")
        if len(given.get("ManualBackupName", "")) > 60:
            raise Refused("InvalidParameter", "ManualBackupName is longer than 60 characters.")
        if given.get("BackupDBTableList") and kind != "logical":
            raise Refused("InvalidParameter", "BackupDBTableList is for logical backups.")
        self._go_on()
        if any(one["Status"] == "RUNNING" for one in self._backups):
            raise Refused("OperationDenied.ActionInProcess", "Another backup is being made.")
        method = "partial" if given.get("BackupDBTableList") else "full"
        name = given.get("ManualBackupName", "")
        return {"BackupId": self._new(kind, "manual", name, self._now(), method)["BackupId"]}

    def describe(self, given: Json, host: str) -> Json:
        """DescribeBackups; addresses lead back to `host`."""
        self._must_be_ours(given)
        self._go_on()
        frozen = 1 if self._behaviour().archived else 0
        shown = [
            {
                **one,
                "InternetUrl": self._url(one, host),
                "IntranetUrl": "",
                "CosStorageType": frozen,
            }
            for one in reversed(self._backups)
        ]
        return paged("Items", shown, given, most=100)

    def all(self) -> list[Json]:
        """Return every backup as it is by now, oldest first."""
        self._go_on()
        return self._backups

    # ------------------------------------------------------------ the files

    def file(self, number: str, times: str, signature: str) -> bytes | None:
        """Return a finished backup's content, or None where the address is not (or no more) good.

        `times` is "START;END" as in a COS address, in seconds since 1970.
        """
        end = times.partition(";")[2]
        if not end.isdigit() or int(end) <= self._now().timestamp():
            return None
        if not hmac.compare_digest(self._sign(number, times), signature):
            return None
        if self._behaviour().download != "NoLimit":
            return None
        known = [one for one in self._backups if str(one["BackupId"]) == number]
        return self._content(known[0]) if known and known[0]["Status"] == "SUCCESS" else None

    def _url(self, backup: Json, host: str) -> str:
        if backup["Status"] != "SUCCESS" or backup["Type"] == "snapshot":
            return ""
        now = self._now().timestamp()
        times = f"{int(now)};{int(now + self._behaviour().address_seconds)}"
        signed = self._sign(str(backup["BackupId"]), times)
        return (
            f"http://{host}/backup/{backup['BackupId']}.xb?q-sign-time={times}&q-signature={signed}"
        )

    def _sign(self, number: str, times: str) -> str:
        return hmac.new(self._key, f"{number}\n{times}".encode(), hashlib.sha1).hexdigest()

    # ------------------------------------------------------------ what happens by itself

    def _go_on(self) -> None:
        """Bring what is being made to where it is by now."""
        now, behaviour = self._now(), self._behaviour()
        for backup in self._backups:
            if backup["Status"] != "RUNNING":
                continue
            gone = (now - _moment(backup["StartTime"])).total_seconds()
            share = gone / max(behaviour.backup_seconds, 0.001)
            backup["Progress"] = min(99, int(share * 100))
            if share >= 0.5 and behaviour.backup_fails:
                backup |= {"Status": "FAILED", "FinishTime": local(now)}
            elif share >= 1:
                self._finish(backup, now)

    def _new(self, kind: str, way: str, name: str, begun: datetime, method: str) -> Json:
        number = next(self._numbers)
        backup = {
            "BackupId": number,
            "Name": f"{DATABASE}_{kind}_{begun.astimezone(BEIJING):%Y%m%d%H%M%S}_{number}.xb",
            "Size": 0,
            "Date": local(begun),
            "StartTime": local(begun),
            "FinishTime": "0000-00-00 00:00:00",
            "Type": kind,
            "Status": "RUNNING",
            "Progress": 0,
            "Method": method,
            "Way": way,
            "ManualBackupName": name,
            "SaveMode": "save_mode_regular",
            "InstanceId": DATABASE,
            "Region": REGION,
            "RemoteInfo": [],
            "EncryptionFlag": "off",
            "ExecutedGTIDSet": "",
            "MD5": "",
        }
        self._backups.append(backup)
        return backup

    def _finish(self, backup: Json, ended: datetime) -> None:
        number = backup["BackupId"]
        # Grows a little from night to night, as a site does.
        backup["Size"] = self._behaviour().backup_bytes + (number % 1000) * 7919
        digest = hashlib.md5(self._content(backup), usedforsecurity=False).hexdigest()
        backup |= {
            "Status": "SUCCESS",
            "Progress": 100,
            "FinishTime": local(ended),
            "ExecutedGTIDSet": f"8a94f357-aab4-11df-86ab-c80aa9429562:1-{number * 37}",
            "MD5": digest[::-1] if self._behaviour().wrong_md5 else digest,
        }

    @staticmethod
    def _content(backup: Json) -> bytes:
        return Random(backup["BackupId"]).randbytes(backup["Size"])

    def _must_be_ours(self, given: Json) -> None:
        if given["InstanceId"] != DATABASE:
            raise Refused("InvalidParameter.InstanceNotFound", "The instance is not found.")


def paged(name: str, rows: list[Json], given: Json, *, most: int) -> Json:
    """Return one page of `rows`, as the request's Limit and Offset ask."""
    limit, offset = given.get("Limit", 20), given.get("Offset", 0)
    if not 0 < limit <= most:
        raise Refused("InvalidParameterValue.Range", f"Limit is 1 to {most}.")
    return {"TotalCount": len(rows), name: rows[offset : offset + limit]}


def local(moment: datetime) -> str:
    """As CDB and CBS write times: Beijing's, without saying so."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
