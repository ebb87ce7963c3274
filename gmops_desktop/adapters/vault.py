"""Keeps secrets in the operating system's keyring, and nowhere else.

The library is loaded when a secret is asked for: it looks for every keyring that there could be.
"""

from __future__ import annotations

import sys
from typing import Final

from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.log import remember_secret

SERVICE: Final = "gmops-desktop"

_HINTS: Final = {
    "linux": mark(
        "Install and unlock a keyring (GNOME Keyring, KWallet, KeePassXC), or give the password "
        "for one command in a file named by GMOPS_PASSWORD_FILE."
    ),
    "darwin": mark("Open Keychain Access and unlock the login keychain."),
    "win32": mark("Open Credential Manager in the Control Panel and check that it works."),
}


class NoSecret(OpsError):
    """Nothing is kept under the name `secret`."""

    def __init__(self, secret: str) -> None:
        super().__init__(
            tr("No password is kept for {name}.", name=secret),
            hint=tr("Enter it in the settings, or when you are asked."),
        )
        self.secret = secret


class NoKeyring(OpsError):
    """The system's keyring does not answer, or must not be used."""


class Vault:
    """The keyring's entries of this program, one per address (see `addresses.secret_name`).

    Every secret that passes is struck out of logs and reports from then on.
    """

    def get(self, name: str) -> str:
        """Return the secret under `name`; raises `NoSecret`, or `OpsError` without a keyring."""
        secret = self.find(name)
        if secret is None:
            raise NoSecret(name)
        return secret

    def find(self, name: str) -> str | None:
        """Return the secret kept under `name`, or None where none is."""
        import keyring
        from keyring.errors import KeyringError

        self._refuse_nowhere()
        try:
            secret = keyring.get_password(SERVICE, name)
        except KeyringError as error:
            raise self._unusable(str(error)) from error
        if secret is not None:
            remember_secret(secret)
        return secret

    def put(self, name: str, secret: str) -> None:
        """Keep `secret` under `name`, replacing what was there."""
        import keyring
        from keyring.errors import KeyringError

        remember_secret(secret)
        self._refuse_nowhere()
        try:
            keyring.set_password(SERVICE, name, secret)
        except KeyringError as error:
            raise self._unusable(str(error)) from error

    def delete(self, name: str) -> None:
        """Forget what is kept under `name`, if anything."""
        import keyring
        from keyring.errors import KeyringError

        if self.find(name) is None:
            return
        try:
            keyring.delete_password(SERVICE, name)
        except KeyringError as error:
            raise self._unusable(str(error)) from error

    def backend(self) -> str:
        """Return the name of the keyring in use; raises `OpsError` where there is none."""
        import keyring

        self._refuse_nowhere()
        return str(keyring.get_keyring().name)

    def _refuse_nowhere(self) -> None:
        """Refuse a keyring that keeps nothing, or keeps it readable for everyone."""
        import keyring
        from keyring.backends import fail, null

        chosen = keyring.get_keyring()
        if isinstance(chosen, fail.Keyring | null.Keyring):
            raise self._unusable(tr("this machine has none that answers"))
        if "plaintext" in type(chosen).__name__.lower():
            raise self._unusable(tr("the one chosen keeps passwords as plain text"))

    @staticmethod
    def _unusable(why: str) -> NoKeyring:
        return NoKeyring(
            tr("The keyring cannot be used: {why}.", why=why),
            hint=tr(_HINTS.get(sys.platform, _HINTS["linux"])),
            unharmed=tr("No password was written anywhere else."),
        )
