"""The keyring of a sandbox: generated throw-away passwords in a file, and nothing else.

Chosen by `PYTHON_KEYRING_BACKEND=sandbox.vault.SandboxKeyring`, with the sandbox's folder named by
`GMOPS_SANDBOX`.  It is not a safe place for a real password: a real one belongs in the operating
system's keyring, which the program uses everywhere else.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, PasswordDeleteError

from gmops_desktop.paths import write_atomically

SERVICE: Final = "gmops-desktop"


class SandboxKeyring(KeyringBackend):
    """Keeps the sandbox's generated passwords in its folder, readable by its owner alone."""

    name = "sandbox keyring (a file with generated throw-away passwords)"
    priority = 0.1

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring has no types there
        self._folder = folder

    @property
    def file(self) -> Path:
        folder = self._folder or os.environ.get("GMOPS_SANDBOX")
        if not folder:
            raise KeyringError("GMOPS_SANDBOX does not name the folder of a sandbox")
        return Path(folder) / "vault.json"

    def get_password(self, service: str, username: str) -> str | None:
        return self._read().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self.put_all({username: password}, service)

    def put_all(self, secrets: dict[str, str], service: str = SERVICE) -> None:
        """Keep many at once."""
        known = self._read()
        wanted = known | {f"{service}/{name}": secret for name, secret in secrets.items()}
        if wanted != known:
            write_atomically(self.file, json.dumps(wanted, indent=1).encode())

    def delete_password(self, service: str, username: str) -> None:
        known = self._read()
        if known.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError(username)
        write_atomically(self.file, json.dumps(known, indent=1).encode())

    def _read(self) -> dict[str, str]:
        try:
            known: dict[str, str] = json.loads(self.file.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        return known
