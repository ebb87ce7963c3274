"""Sealed archives: `NAME.sql.zst.age` beside its SHA-256.

Whoever holds only public keys can seal; only who holds one of the secret keys can read.  The
streams and keys themselves are in `age.py`, opening is in `unsealing.py`.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from gmops_desktop.archive import age
from gmops_desktop.archive.files import Hashed, explained, new_file, stated_digest
from gmops_desktop.archive.plain_copies import PlainCopies
from gmops_desktop.archive.reader import cannot_read
from gmops_desktop.archive.unsealing import (
    SUFFIX,
    BrokenSeal,
    Identities,
    NoIdentity,
    Open,
    is_sealed,
    opened,
    unseal,
    verify_any,
)
from gmops_desktop.archive.verification import Verification
from gmops_desktop.archive.writer import Written, sidecar, write_sidecar
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.paths import sync_folder

__all__ = [
    "SUFFIX",
    "BrokenSeal",
    "NoIdentity",
    "Open",
    "Seals",
    "is_sealed",
    "opened",
    "seal",
    "unseal",
    "verify_any",
]


class Seals:
    """What seals archives on this machine and opens them again; without arguments, a machine that
    seals nothing and opens plain archives only.

    `recipients` are the public keys to which new archives are sealed, where `on` says so;
    `identities` asks for the secret keys at hand, and may block while the keyring asks its user.
    All are asked each time.
    """

    def __init__(
        self,
        recipients: Callable[[], Sequence[str]] = tuple,
        identities: Identities = tuple,
        copies: PlainCopies | None = None,
        on: Callable[[], bool] = lambda: False,
    ) -> None:
        self._recipients, self._identities, self._on = recipients, identities, on
        self._copies = copies or PlainCopies(Path(tempfile.gettempdir()) / "gmops-opened")

    @property
    def on(self) -> bool:
        """Whether new archives are to be sealed."""
        return self._on()

    def seal(self, path: Path, context: Context) -> Written:
        """Replace the archive at `path` by its sealed form, and return that."""
        return seal(path, self._recipients(), context, identities=self._at_hand())

    def opened(self, path: Path, context: Context) -> AbstractContextManager[Path]:
        """While inside, give the path of a plain file: `path` itself where it is one.

        Raises `NoIdentity` where no key at hand opens it, `BrokenSeal` where it is damaged.
        """
        return opened(path, self._identities, context, self._copies)

    def verify(self, path: Path, context: Context) -> Verification:
        """Recompute everything that can be recomputed from an archive, sealed or not."""
        return verify_any(path, self.opened, context)

    def can_open(self) -> bool:
        """Say whether a key is at hand that opens what is sealed now."""
        return bool(_matching(self._recipients(), self._at_hand()))

    def _at_hand(self) -> Sequence[str]:
        try:
            return self._identities()
        except OpsError:  # no keyring here, or a locked one: sealing needs none
            return ()


def seal(
    path: Path, recipients: Sequence[str], context: Context, *, identities: Sequence[str] = ()
) -> Written:
    """Replace the archive `path` by `path`.age, which only `recipients` can open; return that.

    The plain file and its sidecar go only after the sealed one is on the disk and was read back:
    opened and compared where one of `identities` allows it, else compared as it is.  Failed or
    cancelled, the plain archive stays as it was and nothing is beside it.
    """
    if not recipients:
        raise OpsError(
            tr("There is no key to which backups could be sealed."),
            hint=tr("Make a key in the settings, or with gmops seal key make."),
            unharmed=tr("The archive is unchanged."),
        )
    target = path.with_name(path.name + SUFFIX)
    part = target.with_name(target.name + ".part")
    _refuse_to_seal(path)
    with explained(target):
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
        part.unlink(missing_ok=True)
        try:
            written = _write(path, part, recipients, identities, context)
            with context.uncut():
                write_sidecar(target, written.sha256)
                os.replace(part, target)
                sync_folder(target.parent)
                path.unlink()
                sidecar(path).unlink(missing_ok=True)
        finally:
            part.unlink(missing_ok=True)
            if not target.exists():
                sidecar(target).unlink(missing_ok=True)
    return replace(written, path=target)


def _refuse_to_seal(path: Path) -> None:
    try:
        with path.open("rb") as file:
            sealed = age.is_age(file)
    except OSError as error:
        raise cannot_read(path, error) from error
    if sealed:
        raise OpsError(
            tr("{path} is sealed already.", path=path), unharmed=tr("The archive is unchanged.")
        )


def _write(
    path: Path,
    part: Path,
    recipients: Sequence[str],
    identities: Sequence[str],
    context: Context,
) -> Written:
    """Write `path` sealed to `part` and read it back."""
    with path.open("rb") as plain, new_file(part) as file:
        size = os.fstat(plain.fileno()).st_size or 1

        def tell(begun: int, done: int) -> None:
            share = begun + min(done, size) * 49 // size
            context.progress(share, tr("Sealing {file}", file=path.name))

        source = Hashed(plain, lambda done: tell(0, done))
        sealed = Hashed(file)
        age.seal(source, sealed, recipients)
        stated = stated_digest(path)
        if stated and stated != source.hexdigest:
            raise ProofFailed(
                tr("{path} is no longer the file that its sidecar speaks of.", path=path),
                hint=tr("Verify it to learn what is wrong with it, and take a new backup."),
                unharmed=tr("It was not sealed, and stays as it is."),
            )
        file.flush()
        os.fsync(file.fileno())
        fitting = _matching(recipients, identities)
        back = Hashed(None if fitting else file, lambda done: tell(50, done))
        try:
            if fitting:
                age.unseal(file, back, fitting, "")
            else:
                file.seek(0)
                while back.read(1 << 20):
                    pass
        except (age.Broken, age.NoMatch) as error:
            raise _not_read_back(path, part) from error
        if back.hexdigest != (source if fitting else sealed).hexdigest:
            raise _not_read_back(path, part)
    return Written(part, sealed.count, sealed.hexdigest)


def _not_read_back(path: Path, part: Path) -> ProofFailed:
    return ProofFailed(
        tr("The sealed archive is not on the disk as it was written to {path}.", path=part),
        hint=tr("Check the disk, then try again."),
        unharmed=tr("The archive {path} is whole, but not sealed.", path=path),
    )


def _matching(recipients: Sequence[str], identities: Sequence[str]) -> list[str]:
    return [one for one in identities if age.public_key(one) in recipients]
