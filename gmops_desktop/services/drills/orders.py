"""Which clones drills ordered and are not known to be gone: one file each, written before the
order, and a lock by which a drill at work is told from one that was killed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from gmops_desktop.adapters.locks import Busy, held
from gmops_desktop.addresses import CloudDatabase
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import sync_folder, write_atomically


@dataclass(frozen=True, slots=True)
class Left:
    """A clone that a drill ordered, and that is not known to be gone.

    `instance` is empty where it was never seen.  One that is `isolated` costs nothing any more.
    """

    name: str
    cloud: CloudDatabase
    at: datetime
    price: str
    instance: str = ""
    isolated: bool = False


class CloneStays(OpsError):
    """A clone could not be removed: it may still cost money.

    `ended_by` is what ended the drill on it, if it did not end well.
    """

    ended_by: BaseException | None = None

    def __init__(self, left: Left, why: OpsError) -> None:
        if left.isolated:
            message = tr(
                "The clone {name} ({instance}) is isolated and costs nothing any more, but is not "
                "deleted yet: {why}",
                name=left.name,
                instance=left.instance,
                why=why.message,
            )
        elif left.instance:
            message = tr(
                "The clone {name} ({instance}) is not removed and may still cost {price} an hour: "
                "{why}",
                name=left.name,
                instance=left.instance,
                price=left.price,
                why=why.message,
            )
        else:
            message = tr(
                "It is not known whether the clone {name} exists in Tencent Cloud, which would "
                "cost {price} an hour: {why}",
                name=left.name,
                price=left.price,
                why=why.message,
            )
        way = tr(
            "The next start tries again, and so does gmops drill clones --remove. By hand: "
            "in Tencent Cloud's console, TencentDB for MySQL, region {region}: isolate it, then "
            "delete it from the recycle bin.",
            region=left.cloud.region,
        )
        super().__init__(message, hint=f"{way} {why.hint}".rstrip())
        self.left = left


class Orders:
    """The clones ordered from this machine, in the folder `notes`; their locks are in `locks`."""

    def __init__(self, notes: Path, locks: Path) -> None:
        self._notes, self._locks = notes, locks

    def held(self, name: str) -> AbstractContextManager[None]:
        """Hold the lock of one clone; raise `Busy` where a drill is at work with it."""
        return held(self._locks / f"{name}.lock", tr("A drill on the clone {name}", name=name))

    def write(self, left: Left) -> Left:
        """Write down what is known of a clone, so that it survives a power cut; return it."""
        file = self._file(left.name)
        content = json.dumps({**asdict(left), "at": left.at.isoformat()}).encode()
        try:
            self._notes.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(file, content)
        except OSError as error:
            raise OpsError(
                tr("{path} could not be written: {why}.", path=file, why=error.strerror or error),
                hint=tr("Free some space there, or mend the folder's permissions."),
            ) from error
        return left

    def knows(self, name: str) -> bool:
        """Say whether a clone was ordered and not forgotten."""
        return self._file(name).exists()

    def read(self, name: str) -> Left:
        """Return what is known of a clone."""
        values = json.loads(self._file(name).read_text("utf-8"))
        cloud, at = CloudDatabase(**values["cloud"]), datetime.fromisoformat(values["at"])
        return Left(**{**values, "cloud": cloud, "at": at})

    def forget(self, name: str) -> None:
        """Strike out a clone that is gone, or was never ordered."""
        self._file(name).unlink(missing_ok=True)
        sync_folder(self._notes)

    def left(self) -> Iterator[Left]:
        """Yield the clones that no drill at work is using, oldest first."""
        for file in sorted(self._notes.glob("*.json")):
            with suppress(Busy), self.held(file.stem):
                yield self.read(file.stem)

    def _file(self, name: str) -> Path:
        return self._notes / f"{name}.json"
