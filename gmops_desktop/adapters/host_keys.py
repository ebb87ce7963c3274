"""The host keys this program trusts: a file in OpenSSH's known_hosts form that only people fill."""

from __future__ import annotations

import base64
import hashlib
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from gmops_desktop.addresses import SshAddress
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically

_writing = threading.Lock()


@dataclass(frozen=True, slots=True)
class HostKey:
    """The key a server shows: `fingerprint` as `ssh-keygen -l` prints it, `blob` in base64."""

    host: str
    algorithm: str
    fingerprint: str
    known: Literal["unknown", "pinned", "changed"]
    blob: str


class UnknownHostKey(OpsError):
    """Nobody has trusted this server's key yet; `key` is what to ask the user about."""

    def __init__(self, key: HostKey) -> None:
        super().__init__(
            tr("The host key of {host} is not known yet: {algorithm} {fingerprint}.",
               host=key.host, algorithm=key.algorithm, fingerprint=key.fingerprint),
            hint=tr("Compare the fingerprint with the server's own (ssh-keygen -l -f "
                    "/etc/ssh/ssh_host_ed25519_key.pub on its console), then trust it."),
            unharmed=tr("No password was sent."),
        )  # fmt: skip
        self.key = key


class ChangedHostKey(OpsError):
    """The server shows another key than the trusted one; `key` is the new one."""

    def __init__(self, key: HostKey, trusted: HostKey) -> None:
        super().__init__(
            tr("The host key of {host} has changed: {old} was trusted, now it shows {new}.",
               host=key.host, old=trusted.fingerprint, new=key.fingerprint),
            hint=tr("Either the server was reinstalled, or somebody else answers in its place. Ask "
                    "its owner for the new fingerprint; trust it only if it is the same."),
            unharmed=tr("The connection was cut before the login; no password was sent."),
        )  # fmt: skip
        self.key = key


def shown_key(address: SshAddress, algorithm: str, blob: bytes, file: Path) -> HostKey:
    """Return the key `address` shows, judged against the trusted ones in `file`."""
    key = _key(address, algorithm, base64.b64encode(blob).decode())
    trusted = trusted_key(address, file)
    if trusted is None:
        return key
    return replace(key, known="pinned" if trusted.blob == key.blob else "changed")


def trusted_key(address: SshAddress, file: Path) -> HostKey | None:
    """Return the key trusted for `address`, or None."""
    name = _name(address)
    for line in _lines(file):
        match line.split():
            case [found, algorithm, blob, *_] if found == name:
                return replace(_key(address, algorithm, blob), known="pinned")
    return None


def trust(address: SshAddress, key: HostKey, file: Path) -> None:
    """Trust `key` for `address` from now on, instead of any key trusted before."""
    name = _name(address)
    with _writing:
        kept = [line for line in _lines(file) if line.split()[:1] != [name]]
        kept.append(f"{name} {key.algorithm} {key.blob}")
        try:
            write_atomically(file, ("\n".join(kept) + "\n").encode())
        except OSError as error:
            raise OpsError(
                tr("The trusted host keys could not be saved to {path}: {why}.",
                   path=file, why=error.strerror),
                hint=tr("Free some space or mend the folder's permissions, then try again."),
            ) from error  # fmt: skip


def _key(address: SshAddress, algorithm: str, blob: str) -> HostKey:
    try:
        digest = hashlib.sha256(base64.b64decode(blob, validate=True)).digest()
    except ValueError as error:
        raise OpsError(
            tr("The trusted host key of {host} is damaged.", host=address.host),
            hint=tr("Test the connection in the settings and trust the key again."),
        ) from error
    fingerprint = "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
    return HostKey(address.host, algorithm, fingerprint, "unknown", blob)


def _name(address: SshAddress) -> str:
    return address.host if address.port == 22 else f"[{address.host}]:{address.port}"


def _lines(file: Path) -> list[str]:
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeError) as error:
        raise OpsError(
            tr("The trusted host keys in {path} cannot be read: {why}.", path=file, why=error),
            hint=tr("Mend the file's permissions, or delete it and trust the keys again."),
        ) from error
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
