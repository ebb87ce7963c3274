"""The keys of sealed backups: this machine's own in the keyring, everyone's public ones in the
settings, and the recovery sheet that outlives both."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from gmops_desktop.adapters.vault import Vault
from gmops_desktop.archive import age, sealing
from gmops_desktop.archive.plain_copies import PlainCopies
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.archive.writer import Written
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import DEFAULT, Language, tr
from gmops_desktop.paths import write_atomically
from gmops_desktop.settings import SettingsFile
from gmops_desktop.states import Check

KEYRING_NAME: Final = "age:backups"
KEY_FILE: Final = "GMOPS_IDENTITY_FILE"  # names a key file for machines without a keyring


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who can open new backups.

    `ours`: the secret key is in this machine's keyring; `sheet`: a recovery sheet was made of it.
    """

    name: str
    key: str
    ours: bool
    sheet: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether new backups are sealed, and to whom; `trouble` says why the keyring cannot be asked,
    or nothing.  `others` are public keys whose secret is here only to open older backups."""

    on: bool
    recipients: tuple[Recipient, ...]
    others: tuple[str, ...]
    trouble: str

    @property
    def can_open(self) -> bool:
        """Whether this machine can open what it seals."""
        return any(one.ours for one in self.recipients)


class Sealing:
    """Keys, recipients and recovery sheets.

    Whatever asks for secret keys may block while the keyring asks its user, so it is called from a
    job.  `identity_file` names a key file that stands in for the keyring (or is empty).
    """

    def __init__(
        self,
        settings: SettingsFile,
        vault: Vault,
        copies: PlainCopies,
        *,
        identity_file: str = "",
    ) -> None:
        self._settings, self._vault, self._copies = settings, vault, copies
        self._identity_file = identity_file
        self.seals = Seals(self.recipient_keys, self.identities, copies, lambda: self.on)

    # ------------------------------------------------------------ what holds

    @property
    def on(self) -> bool:
        """Whether new backups are sealed."""
        return self._settings.latest().seal

    def recipients(self) -> dict[str, str]:
        """Return the names of everyone new backups are sealed to, by public key."""
        pairs = (line.partition(" ") for line in self._settings.latest().recipients.splitlines())
        return {key: name for key, _, name in pairs}

    def recipient_days(self) -> dict[str, tuple[str, date | None]]:
        """Return the name of everyone new backups are sealed to, and since when, where that was
        noted, by public key."""
        days = dict(line.split() for line in self._settings.latest().recipient_days.splitlines())
        return {
            key: (name, date.fromisoformat(days[key]) if key in days else None)
            for key, name in self.recipients().items()
        }

    def recipient_keys(self) -> tuple[str, ...]:
        """Return the public keys to which new backups are sealed."""
        return tuple(self.recipients())

    def standing(self) -> Standing:
        """Return everything there is to show; asks the keyring."""
        trouble, ours = "", list[str]()
        try:
            ours = [age.public_key(identity) for identity in self.identities()]
        except OpsError as error:
            trouble = error.message
        recipients, sheets = self.recipients(), self._sheets()
        return Standing(
            on=self.on,
            recipients=tuple(
                Recipient(name, key, key in ours, key in sheets) for key, name in recipients.items()
            ),
            others=tuple(key for key in ours if key not in recipients),
            trouble=trouble,
        )

    def check(self) -> Check:
        """Say whether sealed backups will be readable on the bad day, for the doctor."""
        name, standing = tr("Sealed backups"), self.standing()
        if not standing.recipients:
            return Check(name, "ok", tr("New backups are not sealed."))
        if standing.trouble:
            return Check(name, "warning", standing.trouble)
        if any(one.ours and not one.sheet for one in standing.recipients):
            text = tr("No recovery sheet was made of this computer's key.")
            remedy = tr("Print one: without it the backups are lost with this computer.")
            return Check(name, "warning", text, remedy=remedy)
        names = tr(", ").join(one.name for one in standing.recipients)
        text = tr("Sealed to {names}", names=names)
        return Check(name, "ok", text if standing.on else tr("New backups are not sealed."))

    def identities(self) -> tuple[str, ...]:
        """Return the secret keys at hand, newest first; `OpsError` without a keyring."""
        if self._identity_file:
            return (_from_file(Path(self._identity_file)),)
        return tuple((self._vault.find(KEYRING_NAME) or "").split())

    # ------------------------------------------------------------ keys

    def make_key(self, name: str) -> Recipient:
        """Make a new key: the secret one goes into the keyring, the public one to the recipients.

        Raises `OpsError` where the keyring refuses; nothing has changed then.
        """
        self._refuse_second()
        return self._keep(age.new_identity(), name)

    def import_key(self, text: str, name: str) -> Recipient:
        """Put a secret key from a recovery sheet into the keyring, and add it to the recipients."""
        identity = age.read_identity(text)
        key = age.public_key(identity)
        return self._keep(identity, self.recipients().get(key) or name)

    def forget_key(self, key: str) -> None:
        """Take a secret key out of the keyring; what is sealed to it is opened by its sheet only.

        The public key stays among the recipients, so backups are sealed to it as before.  Refused
        until a recovery sheet was made of it.
        """
        key = age.read_recipient(key)
        identity = self._identity(key)
        if key not in self._sheets():
            raise OpsError(
                tr("No recovery sheet was made of this key."),
                hint=tr("Save or print one first: without it every backup sealed to it is lost."),
                unharmed=tr("The key stays in the keyring."),
            )
        rest = [one for one in self.identities() if one != identity]
        if rest:
            self._vault.put(KEYRING_NAME, "\n".join(rest))
        else:
            self._vault.delete(KEYRING_NAME)

    @staticmethod
    def fault_in_key(text: str) -> str:
        """Return what is wrong with a secret key as it was typed, or nothing."""
        return _fault(age.read_identity, text)

    @staticmethod
    def fault_in_recipient(text: str) -> str:
        """Return what is wrong with a public key as it was entered, or nothing."""
        return _fault(age.read_recipient, text)

    def _keep(self, identity: str, name: str) -> Recipient:
        there = list((self._vault.find(KEYRING_NAME) or "").split())
        if identity not in there:
            self._vault.put(KEYRING_NAME, "\n".join([identity, *there]))
            if identity not in (self._vault.find(KEYRING_NAME) or "").split():
                raise OpsError(
                    tr("The keyring did not keep the key."),
                    hint=tr("Unlock it, then try again."),
                    unharmed=tr("Backups are made as before."),
                )
        key = age.public_key(identity)
        if key not in self.recipients():
            self._add(key, name)
        return Recipient(self.recipients()[key], key, True, key in self._sheets())

    def _refuse_second(self) -> None:
        standing = self.standing()
        if own := next((one for one in standing.recipients if one.ours), None):
            raise OpsError(
                tr("There is a key already: {name}.", name=own.name),
                hint=tr(
                    "To replace it, remove it from the recipients first; it stays in the keyring "
                    "and goes on opening the older backups."
                ),
            )

    def _identity(self, key: str) -> str:
        for identity in self.identities():
            if not key or age.public_key(identity) == key:
                return identity
        raise OpsError(
            tr("The secret key of {key} is not on this computer.", key=key)
            if key
            else tr("There is no secret key on this computer."),
            hint=tr("Import it from its recovery sheet."),
        )

    # ------------------------------------------------------------ recipients

    def add(self, key: str, name: str) -> Recipient:
        """Let somebody else open new backups; `key` is their public key, checked here."""
        key = age.read_recipient(key)
        known = self.recipients()
        if key in known:
            raise OpsError(tr("This key is there already: {name}.", name=known[key]))
        self._add(key, name)
        return next(one for one in self.standing().recipients if one.key == key)

    def remove(self, words: str) -> str:
        """Seal no more new backups to the recipient of that name or public key; return the key."""
        known = self.recipients()
        found = [key for key, name in known.items() if words in (key, name)]
        if len(found) != 1:
            raise OpsError(
                tr("No recipient is called {name}.", name=words)
                if not found
                else tr("More than one recipient is called {name}.", name=words),
                hint=tr("Name it by its public key."),
            )
        if self.on and len(known) == 1:
            raise OpsError(
                tr("New backups are sealed to this key alone."),
                hint=tr("Add another one first, or switch sealing off."),
                unharmed=tr("The recipients are unchanged."),
            )
        del known[found[0]]
        self._settings.change(recipients=_lines(known))
        return found[0]

    def switch(self, on: bool) -> None:
        """Seal new backups from now on, or leave them plain."""
        if on and not self.recipients():
            raise OpsError(
                tr("There is no key to which backups could be sealed."),
                hint=tr("Make a key in the settings, or with gmops seal key make."),
                unharmed=tr("Backups are made as before."),
            )
        self._settings.change(seal=on)

    def _add(self, key: str, name: str) -> None:
        known = self.recipients()
        wanted = " ".join(name.split()) or platform.node() or key[:12]
        if wanted in known.values():
            wanted = f"{wanted} {key[-6:]}"
        days = self._settings.latest().recipient_days
        if key not in days.split():
            days = f"{days}\n{key} {date.today()}".strip()
        self._settings.change(recipients=_lines({**known, key: wanted}), recipient_days=days)

    # ------------------------------------------------------------ the recovery sheet

    def save_sheet(
        self, out: Path, context: Context, *, key: str = "", language: Language = DEFAULT
    ) -> Path:
        """Write the recovery sheet of `key` (the newest here by default), for its owner only.

        Raises `OpsError` where it cannot be written.
        """
        identity = self._identity(age.read_recipient(key) if key else "")
        content = self._sheet(identity, context, language)
        try:
            with context.uncut():
                write_atomically(out, content, 0o600)
        except OSError as error:
            raise OpsError(
                tr("The recovery sheet could not be written to {path}: {why}.", path=out,
                   why=error.strerror or error),
                hint=tr("Choose another place, best a stick that you take out afterwards."),
                unharmed=tr("The key stays in the keyring."),
            ) from error  # fmt: skip
        self._sheet_made(age.public_key(identity))
        return out

    @contextmanager
    def sheet(
        self, context: Context, *, key: str = "", language: Language = DEFAULT
    ) -> Iterator[Path]:
        """While inside, give the recovery sheet as a private file, for printing."""
        identity = self._identity(age.read_recipient(key) if key else "")
        with self._copies.room("sheet.pdf") as path:
            write_atomically(path, self._sheet(identity, context, language), 0o600)
            yield path
        self._sheet_made(age.public_key(identity))

    def picture(self, path: Path, page: int, width_px: int) -> bytes:
        """Return a page of a sheet as a PNG, for the printer."""
        from gmops_desktop.reports import rendering  # only whoever prints needs it

        return rendering.picture(path, page, width_px)

    def _sheet_made(self, key: str) -> None:
        made = {*self._sheets(), key}
        self._settings.change(recovery_sheets="\n".join(sorted(made)))

    def _sheet(self, identity: str, context: Context, language: Language) -> bytes:
        from gmops_desktop.reports import worker
        from gmops_desktop.reports.orders import Sheet, make_sheet

        context.progress(None, tr("Setting the recovery sheet"))
        key = age.public_key(identity)
        name = self.recipients().get(key, "")
        sheet = Sheet(identity, key, name, platform.node(), datetime.now(UTC), language)
        return worker.run(context, make_sheet, sheet)

    def _sheets(self) -> Sequence[str]:
        return self._settings.latest().recovery_sheets.split()

    # ------------------------------------------------------------ files

    def unseal(self, path: Path, out: Path, context: Context) -> Written:
        """Write the plain archive out of a sealed one to `out`; the sealed one stays."""
        return sealing.unseal(path, out, self.identities, context)

    def sweep(self) -> int:
        """Remove plain copies that a killed program left; return how many."""
        return self._copies.sweep()


def _fault(read: Callable[[str], str], text: str) -> str:
    try:
        read(text)
    except OpsError as error:
        return f"{error.message}\n{error.hint}"
    return ""


def _lines(recipients: dict[str, str]) -> str:
    return "\n".join(f"{key} {name}" for key, name in recipients.items())


def _from_file(path: Path) -> str:
    """Return the secret key in a key file."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OpsError(
            tr("The key file {path} cannot be read: {why}.", path=path, why=error),
            hint=tr("Name a readable file with the secret key in GMOPS_IDENTITY_FILE."),
        ) from error
    return age.read_identity(text)
