"""TencentDB's own backups: seen, made, fetched, and proved by their MD5.

What an instance had when it was last asked is kept in a file of this machine, so that the list is
there at once and offline; the truth stays with Tencent.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NoReturn

from gmops_desktop.adapters import tencent_backups as api
from gmops_desktop.adapters.download import fetch, md5_of
from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.adapters.tencent_backups import (
    KINDS,
    Access,
    BackupBusy,
    CloudBackup,
    Kind,
    Retention,
)
from gmops_desktop.addresses import CloudDatabase
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically

__all__ = [
    "KINDS",
    "Access",
    "BackupBusy",
    "CloudBackup",
    "CloudBackups",
    "Copy",
    "Kind",
    "Listing",
    "Retention",
    "opened_with",
]

_PAUSES: Final = (3.0, 5.0, 8.0, 13.0, 20.0)  # seconds between looks; the last for all that follow
_LONGEST: Final = 6 * 3600.0  # seconds a backup is waited for
_TIMES: Final = ("at", "begun", "ended")  # fields of a `CloudBackup` that are moments


@dataclass(frozen=True, slots=True)
class Copy:
    """A backup's file on this machine, fetched or proved again at `at`.

    `proved` is None where TencentDB names no MD5 to compare with.  `resumed_at` is the byte from
    which the download went on (0: from the start), `travelled` what it brought.
    """

    path: Path
    at: datetime
    md5: str
    proved: bool | None
    resumed_at: int = 0
    travelled: int = 0

    @property
    def exists(self) -> bool:
        return self.path.is_file()


@dataclass(frozen=True, slots=True)
class Listing:
    """What an instance was last seen to keep, newest first, and the files fetched of it, by id.

    `at` is when that was seen (None: never).  Where the newest look failed, `fault` and `hint` say
    why, and all else is as it was seen before.
    """

    at: datetime | None = None
    backups: tuple[CloudBackup, ...] = ()
    retention: Retention | None = None
    access: Access = "unknown"
    copies: Mapping[int, Copy] = field(default_factory=dict)
    fault: str = ""
    hint: str = ""

    @property
    def running(self) -> CloudBackup | None:
        """The backup that is being made, if one is."""
        return next((one for one in self.backups if one.state == "running"), None)


class CloudBackups:
    """The backups that TencentDB instances keep.

    `connect` gives the API with the instance's keys, `notes` is the folder of what was seen, and
    `folder` where downloads go.
    """

    def __init__(
        self,
        connect: Callable[[CloudDatabase], Tencent],
        notes: Path,
        folder: Callable[[], Path],
    ) -> None:
        self._connect = connect
        self._notes = notes
        self._folder = folder
        self._lock = threading.Lock()  # a look and a download may change one note at once

    def last(self, cloud: CloudDatabase) -> Listing:
        """Return what was seen last, without asking anybody."""
        try:
            return _listing(json.loads(self._note(cloud).read_text("utf-8")))
        except FileNotFoundError:
            return Listing()
        except (OSError, ValueError, KeyError, TypeError) as error:
            # Only a memory of what Tencent tells again at the next look.
            return Listing(fault=tr("What was seen last cannot be read: {why}.", why=error))

    def all(self, cloud: CloudDatabase, context: Context) -> Listing:
        """Ask what the instance keeps, and remember it.  Raises `OpsError`."""
        cloud_api = self._connect(cloud)
        backups = api.read_all(cloud_api, cloud.instance, context)
        self._keep(cloud, at=_now(), backups=backups, fault="", hint="")
        # What follows is good to know; the list stands without it.
        try:
            self._keep(cloud, retention=api.retention(cloud_api, cloud.instance, context))
            return self._keep(cloud, access=api.access(cloud_api, context))
        except CloudRefused as refusal:
            context.note(refusal.message)
            return self._keep(cloud, fault=refusal.message, hint=refusal.hint)

    def look(self, cloud: CloudDatabase, context: Context) -> Listing:
        """Like `all`, but a refusal is part of what is seen: why nobody knows."""
        try:
            return self.all(cloud, context)
        except OpsError as error:
            context.check()
            return self._keep(cloud, fault=error.message, hint=error.hint)

    def make(
        self,
        cloud: CloudDatabase,
        context: Context,
        *,
        kind: Kind = "logical",
        schema: str = "",
        name: str = "",
    ) -> CloudBackup:
        """Have the instance make a backup (`schema`: of this one only, logical); wait for its end.

        Tencent's console makes logical ones by hand, physical ones by itself (doc 236/37796).
        A cancellation ends the waiting; the backup itself goes on in the cloud.  Raises
        `BackupBusy` while another task runs, `OpsError` where it fails.
        """
        if schema and kind != "logical":
            raise OpsError(
                tr("Only a logical backup can be of one schema."),
                hint=tr("Choose logical, or back up the whole instance."),
            )
        context.progress(None, tr("Asking Tencent Cloud"))
        other = self.all(cloud, context).running
        if other is not None:
            raise BackupBusy(
                tr("{instance} is already making a backup ({percent} %).",
                   instance=cloud.instance, percent=other.percent),
                hint=tr("TencentDB makes one at a time: wait until it has ended."),
                unharmed=tr("No second backup was begun."),
            )  # fmt: skip
        stamp = f"{_now().astimezone():%Y%m%d-%H%M%S}"
        title = (name or f"gmops-{stamp}-{secrets.token_hex(2)}")[: api.NAME_LENGTH]
        cloud_api = self._connect(cloud)
        try:
            number = api.create(cloud_api, cloud.instance, kind, title, schema, context)
        except CloudRefused as refusal:
            if not refusal.unclear:
                raise
            # The answer was lost, perhaps not the request: what now stands there tells.
            found = api.read_all(cloud_api, cloud.instance, context)
            adopted = next((one for one in found if one.title == title), None)
            if adopted is None:
                raise
            context.note(tr("The answer was lost, but the backup has begun."))
            number = adopted.id
        return self.follow(cloud, number, context)

    def follow(self, cloud: CloudDatabase, backup_id: int, context: Context) -> CloudBackup:
        """Wait for the end of a backup that is being made; return it when it is done."""
        begun, looks = time.monotonic(), 0
        while True:
            # Not `all`: retention need not be asked for every few seconds.
            found = api.read_all(self._connect(cloud), cloud.instance, context)
            self._keep(cloud, at=_now(), backups=found)
            backup = _one(cloud, found, backup_id)
            if backup.state == "done":
                context.progress(100, tr("Backup in the cloud made"))
                return backup
            if backup.state == "failed":
                raise OpsError(
                    tr("TencentDB could not finish the backup {name}.", name=backup.title or "—"),
                    hint=tr("Look at the instance's tasks in the console, then start again."),
                    unharmed=tr("The database and the other backups are not touched."),
                )
            if time.monotonic() - begun > _LONGEST:
                raise OpsError(
                    tr("The backup in the cloud has not ended after 6 hours."),
                    hint=tr("It goes on there; the list shows when it is done."),
                )
            context.progress(
                min(99, backup.percent),
                tr("TencentDB makes the backup: {percent} %", percent=backup.percent),
            )
            context.wait(_PAUSES[min(looks, len(_PAUSES) - 1)])
            looks += 1

    def download(
        self, cloud: CloudDatabase, backup_id: int, context: Context, *, out: Path | None = None
    ) -> Copy:
        """Fetch a backup's file and prove it by its MD5; what arrived before is not fetched again.

        Where the whole file is there already, it is proved again instead.  Raises `OpsError`, and
        `ProofFailed` for a wrong MD5.
        """
        cloud_api = self._connect(cloud)
        context.progress(None, tr("Asking Tencent Cloud"))
        listing = self.all(cloud, context)
        backup = _one(cloud, listing.backups, backup_id)
        _refuse_no_file(backup, listing.access)
        path = (out or self._folder() / file_name(cloud, backup)).absolute()
        if path.exists():
            return self._prove(cloud, backup, path, context)

        def address() -> str:
            return api.address(cloud_api, cloud.instance, backup_id, context) or _no_file()

        fetched = fetch(address, path, backup.size, backup.md5, context)
        copy = Copy(
            path, _now(), fetched.md5, fetched.proved, fetched.resumed_at, fetched.travelled
        )
        self._remember(cloud, backup_id, copy)
        context.progress(100, tr("Downloaded"), fetched.travelled)
        return copy

    def verify(self, cloud: CloudDatabase, backup_id: int, context: Context) -> Copy:
        """Compute the MD5 of a file fetched before again; `proved` tells how it stands."""
        listing = self.last(cloud)
        copy = listing.copies.get(backup_id)
        if copy is None or not copy.exists:
            raise OpsError(
                tr("This backup has not been downloaded."),
                hint=tr("Download it first; its MD5 is checked on the way."),
            )
        return self._prove(cloud, _one(cloud, listing.backups, backup_id), copy.path, context)

    # ------------------------------------------------------------ inside

    def _prove(
        self, cloud: CloudDatabase, backup: CloudBackup, path: Path, context: Context
    ) -> Copy:
        try:
            found = md5_of(path, context).hexdigest()
        except OSError as error:
            raise OpsError(
                tr("{path} cannot be read: {why}.", path=path, why=error.strerror or error),
                hint=tr("It may have been moved or deleted, or its drive is not connected."),
            ) from error
        copy = Copy(path, _now(), found, found == backup.md5 if backup.md5 else None)
        self._remember(cloud, backup.id, copy)
        return copy

    def _remember(self, cloud: CloudDatabase, backup_id: int, copy: Copy) -> None:
        self._keep(cloud, copies={backup_id: copy})

    def _note(self, cloud: CloudDatabase) -> Path:
        return self._notes / f"{_plain(cloud.instance)}.json"

    def _keep(
        self, cloud: CloudDatabase, *, copies: Mapping[int, Copy] | None = None, **values: Any
    ) -> Listing:
        """Change the note of an instance: `copies` are added, other fields of it replaced."""
        note = self._note(cloud)
        try:
            with self._lock:
                before = self.last(cloud)
                known = {**before.copies, **(copies or {})}
                listing = replace(before, **values, copies=known)
                content = json.dumps(asdict(listing), default=str, ensure_ascii=False).encode()
                self._notes.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_atomically(note, content)
        except OSError as error:
            raise OpsError(
                tr("{path} could not be written: {why}.", path=note, why=error.strerror or error),
                hint=tr("Free some space there, or mend the folder's permissions."),
                unharmed=tr("The backups in the cloud are not touched."),
            ) from error
        return listing


def opened_with(backup: CloudBackup) -> str:
    """Return with what the file of a backup can be opened: never with a MySQL client alone.

    Sources: documents 236/31910 and 236/33363.
    """
    if backup.kind == "physical":
        return tr(
            "An xbstream file, compressed with qpress: it is opened only on Linux, with xbstream "
            "and xtrabackup, into a server of the same version."
        )
    if backup.kind == "logical":
        return tr(
            "SQL compressed with qpress inside an xbstream file: it is opened only on Linux, with "
            "xbstream and qpress."
        )
    return tr("A snapshot inside the cloud: there is no file; restore it in the console.")


def file_name(cloud: CloudDatabase, backup: CloudBackup) -> str:
    """Return under which name a download is kept: the instance's, the id, and Tencent's own."""
    own = _plain(Path(backup.name.replace("\\", "/")).name) or "backup.xb"
    return f"{_plain(cloud.instance)}-{backup.id}-{own}"


def _plain(text: str) -> str:
    return re.sub(r"[^\w.-]+", "_", text).lstrip(".")


def _one(cloud: CloudDatabase, backups: tuple[CloudBackup, ...], backup_id: int) -> CloudBackup:
    for backup in backups:
        if backup.id == backup_id:
            return backup
    raise OpsError(
        tr("{instance} has no backup {id}.", instance=cloud.instance, id=backup_id),
        hint=tr("It may have expired; look at the list again."),
    )


def _refuse_no_file(backup: CloudBackup, access: Access) -> None:
    """Say plainly why a file cannot be fetched, before anything is tried."""
    if backup.state != "done":
        raise OpsError(
            tr("This backup is not finished."),
            hint=tr("Wait until it is, then download it."),
        )
    if not backup.file:
        _no_file()
    if backup.frozen:
        raise OpsError(
            tr("This backup lies in archive storage."),
            hint=tr("Thaw it in the console first, then download it."),
        )
    if access == "intranet":
        raise OpsError(
            tr("The account lets backups be downloaded only inside Tencent's own network."),
            hint=tr(
                "Download it on the cloud server, or let the account's owner allow downloads over "
                "the Internet (console: TencentDB, backup download settings)."
            ),
        )


def _no_file() -> NoReturn:
    raise OpsError(
        tr("This backup has no file to download."),
        hint=tr("Snapshots stay in the cloud: restore or clone them in the console."),
    )


def _now() -> datetime:
    return datetime.now(UTC)


# ---------------------------------------------------------------- the note of what was seen


def _listing(values: Any) -> Listing:
    kept = values["retention"]
    if kept is not None:
        kept = Retention(**{**kept, "windows": tuple((day, span) for day, span in kept["windows"])})
    return Listing(
        at=_moment(values["at"]),
        backups=tuple(_backup(one) for one in values["backups"]),
        retention=kept,
        access=values["access"],
        copies={int(number): _copy(one) for number, one in values["copies"].items()},
        fault=values["fault"],
        hint=values["hint"],
    )


def _backup(values: dict[str, Any]) -> CloudBackup:
    return CloudBackup(**{**values, **{name: _moment(values[name]) for name in _TIMES}})


def _copy(values: dict[str, Any]) -> Copy:
    at = datetime.fromisoformat(values["at"])
    return Copy(**{**values, "path": Path(values["path"]), "at": at})


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
