"""Locks between programs: files that the operating system lets go of when their holder dies."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr


class Busy(OpsError):
    """Another program, or another job of this one, holds the lock."""


@contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file `path` inside the block; raise `Busy` at once where somebody has it.

    `what` names in a few words what must not happen twice.  The file stays: to delete it would
    let two programs hold locks on two files of one name.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OpsError(
            tr("The lock file {path} cannot be used: {why}.", path=path, why=error),
            hint=tr("Free some space or mend the folder's permissions, then try again."),
            unharmed=tr("Nothing was begun."),
        ) from error
    try:
        if not lock(handle):
            raise Busy(
                tr("{what} is already under way in another program.", what=what),
                hint=tr("Wait until it is done; it shows in the list then."),
                unharmed=tr("Nothing was begun here."),
            )
        yield
    finally:
        os.close(handle)  # lets go of the lock, too


def held_for(folder: Path, address: MysqlAddress) -> AbstractContextManager[None]:
    """Hold the lock of one schema: it is not backed up twice at the same time."""
    what = tr("A backup of {name}", name=address.schema)
    return held(folder / f"backup-{_tag(address)}.lock", what)


def held_for_restore(folder: Path, address: MysqlAddress) -> AbstractContextManager[None]:
    """Hold the other lock of one schema: two restores would each take the other's work for that of
    a program that died, and put it back."""
    what = tr("A restore of {name}", name=address.schema)
    return held(folder / f"restore-{_tag(address)}.lock", what)


def held_for_change(folder: Path, resource: Resource) -> AbstractContextManager[None]:
    """Hold the lock of one server while something is begun on it: two programs would both find that
    no other change is running there."""
    tag = hashlib.sha256(resource.id.encode()).hexdigest()[:16]
    what = tr("A change of {name}", name=resource.name)
    return held(folder / f"change-{tag}.lock", what)


def _tag(address: MysqlAddress) -> str:
    return hashlib.sha256(str(address).encode()).hexdigest()[:16]


if sys.platform == "win32":
    import msvcrt

    def lock(handle: int) -> bool:
        """Lock an open file until it is closed; say whether nobody else has it."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def lock(handle: int) -> bool:
        """Lock an open file until it is closed; say whether nobody else has it."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
