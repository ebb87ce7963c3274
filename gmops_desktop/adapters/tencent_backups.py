"""TencentDB's own backups, by the actions of its API (cdb 2017-03-20): what they are called there,
and what we call them.

Download addresses are signed and open the file to whoever holds them: they never become part of a
record, and are asked for anew each time (`address`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, Literal

from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

Kind = Literal["logical", "physical", "snapshot"]
BackupState = Literal["running", "done", "failed", "unknown"]
Access = Literal["open", "intranet", "custom", "unknown"]

KINDS: Final[tuple[Kind, ...]] = ("logical", "physical", "snapshot")
NAME_LENGTH: Final = 60  # characters of ManualBackupName

_SERVICE: Final = ("cdb", "2017-03-20")
_PAGE: Final = 100
_BEIJING: Final = timezone(timedelta(hours=8))  # in which the API writes times, without saying so
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_STATES: Final[dict[str, BackupState]] = {
    "RUNNING": "running",
    "SUCCESS": "done",
    "FAILED": "failed",
}
_ACCESS: Final[dict[str, Access]] = {
    "NoLimit": "open",
    "LimitOnlyIntranet": "intranet",
    "Customize": "custom",
}
_BUSY: Final = (
    "OperationDenied.ActionInProcess",
    "OperationDenied.InstanceTaskRunning",
    "OperationDenied.InstanceLockerConflict",
    "OperationDenied.FlowConflict",
    "FailedOperation.InstanceTaskConflictError",
    "FailedOperation.OperationInConflictError",
    "FailedOperation.StatusConflict",
)
_UNFIT: Final = (
    "OperationDenied.NotSupportBasic",
    "OperationDenied.InstanceUnsupportedOperateError",
)


@dataclass(frozen=True, slots=True)
class CloudBackup:
    """A backup that TencentDB keeps.

    `at` is the moment whose data it holds.  `way` is "automatic" or "manual", `method` "full" or
    "partial"; `percent` counts while it runs.  `frozen` files lie in archive storage and must be
    thawed first; without `file` there is nothing to download (a snapshot).  `md5` and `gtid` are
    empty where TencentDB does not tell them.
    """

    id: int
    name: str
    at: datetime
    begun: datetime | None
    ended: datetime | None
    size: int
    kind: str
    method: str
    way: str
    title: str
    state: BackupState
    percent: int
    md5: str
    gtid: str
    encrypted: bool
    frozen: bool
    file: bool
    region: str


@dataclass(frozen=True, slots=True)
class Retention:
    """How long TencentDB keeps its backups and binlogs, and when it makes them.

    `windows` are pairs of an English weekday and "02:00-06:00", only of days that have one.
    """

    days: int
    binlog_days: int
    kind: str
    windows: tuple[tuple[str, str], ...]
    long_term: bool


class BackupBusy(OpsError):
    """The instance works on another task; TencentDB makes one backup at a time."""


def read_all(api: Tencent, instance: str, context: Context) -> tuple[CloudBackup, ...]:
    """Return every backup of the instance, newest first."""
    found = [_backup(item) for item in _items(api, instance, context)]
    return tuple(sorted(found, key=lambda backup: (backup.at, backup.id), reverse=True))


def address(api: Tencent, instance: str, backup_id: int, context: Context) -> str:
    """Return a fresh, signed download address of a backup ("" where there is none).  A secret."""
    for item in _items(api, instance, context):
        if item["BackupId"] == backup_id:
            return item.get("InternetUrl") or ""
    return ""


def create(
    api: Tencent, instance: str, kind: Kind, title: str, schema: str, context: Context
) -> int:
    """Start a backup named `title` (of one schema where `schema` is given, logical only).

    Returns its id.  Raises `BackupBusy`, or `CloudRefused`, whose `unclear` says that it may have
    started all the same.
    """
    fields: dict[str, Any] = {
        "InstanceId": instance,
        "BackupMethod": kind,
        "ManualBackupName": title,
    }
    if schema:
        fields["BackupDBTableList"] = [{"Db": schema}]
    try:
        return int(api.call(*_SERVICE, "CreateBackup", fields, context)["BackupId"])
    except CloudRefused as refusal:
        if refusal.code.startswith(_BUSY):
            raise BackupBusy(
                tr("{instance} is busy with another task; it makes one backup at a time.",
                   instance=instance),
                hint=tr("Wait until the other task has ended, then start again."),
                unharmed=tr("No second backup was begun."),
            ) from refusal  # fmt: skip
        if refusal.code.startswith(_UNFIT):
            raise OpsError(
                tr("{instance} cannot make this kind of backup.", instance=instance),
                hint=tr("Instances with one node on a cloud disk make snapshots only."),
                unharmed=tr("No backup was begun."),
            ) from refusal
        raise


def retention(api: Tencent, instance: str, context: Context) -> Retention:
    """Return how long backups are kept; it is changed in Tencent Cloud's console only."""
    said = api.call(*_SERVICE, "DescribeBackupConfig", {"InstanceId": instance}, context)
    windows = said.get("BackupTimeWindow") or {}
    return Retention(
        days=said.get("BackupExpireDays") or 0,
        binlog_days=said.get("BinlogExpireDays") or 0,
        kind=said.get("BackupMethod") or "",
        windows=tuple((day, windows[day]) for day in _DAYS if windows.get(day)),
        long_term=said.get("EnableBackupPeriodSave") == "on",
    )


def access(api: Tencent, context: Context) -> Access:
    """Return from where the account's owner lets backups be downloaded."""
    said = api.call(*_SERVICE, "DescribeBackupDownloadRestriction", {}, context)
    return _ACCESS.get(said.get("LimitType") or "", "unknown")


def _items(api: Tencent, instance: str, context: Context) -> Iterator[Mapping[str, Any]]:
    offset = 0
    while True:
        page = {"InstanceId": instance, "Offset": offset, "Limit": _PAGE}
        said = api.call(*_SERVICE, "DescribeBackups", page, context)
        items = said.get("Items") or []
        yield from items
        offset += len(items)
        if not items or offset >= said["TotalCount"]:
            return


def _backup(item: Mapping[str, Any]) -> CloudBackup:
    begun = _moment(item.get("StartTime"))
    return CloudBackup(
        id=item["BackupId"],
        name=item.get("Name") or "",
        at=_moment(item.get("Date")) or begun or datetime.fromtimestamp(0, UTC),
        begun=begun,
        ended=_moment(item.get("FinishTime")),
        size=item.get("Size") or 0,
        kind=item.get("Type") or "",
        method=item.get("Method") or "",
        way=item.get("Way") or "",
        title=item.get("ManualBackupName") or "",
        state=_STATES.get(item.get("Status") or "", "unknown"),
        percent=item.get("Progress") or 0,
        md5=(item.get("MD5") or "").lower(),
        gtid=item.get("ExecutedGTIDSet") or "",
        encrypted=item.get("EncryptionFlag") == "on",
        frozen=item.get("CosStorageType") == 1,
        file=bool(item.get("InternetUrl") or item.get("IntranetUrl")),
        region=item.get("Region") or "",
    )


def _moment(text: str | None) -> datetime | None:
    """Return one of the API's local times; None for an empty one or zeros."""
    try:
        local = datetime.strptime(text or "", "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None
    return local.replace(tzinfo=_BEIJING).astimezone(UTC)
