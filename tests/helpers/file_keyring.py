"""A keyring for commands that tests start: in the file named by GMOPS_TEST_KEYRING."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend


class FileKeyring(KeyringBackend):
    """Keeps what one command stores for the next one."""

    name = "file keyring of the tests"
    priority = 0.1  # type: ignore[assignment]  # keyring's stubs ask for a classproperty

    def __init__(self) -> None:
        super().__init__()
        self._path = Path(os.environ["GMOPS_TEST_KEYRING"])

    def get_password(self, service: str, username: str) -> str | None:
        return self._read().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._path.write_text(json.dumps(self._read() | {f"{service} {username}": password}))

    def delete_password(self, service: str, username: str) -> None:
        secrets = self._read()
        del secrets[f"{service} {username}"]
        self._path.write_text(json.dumps(secrets))

    def _read(self) -> dict[str, str]:
        return json.loads(self._path.read_text()) if self._path.exists() else {}
