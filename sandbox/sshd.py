"""A real OpenSSH server on a private loopback port, with generated keys.

It lets in the account that runs it, by key alone: no system account is made or changed.
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)

from gmops_desktop.addresses import SshAddress
from gmops_desktop.paths import write_atomically
from sandbox.processes import LOOPBACK, find_tool
from sandbox.server import Server


class Sshd(Server):
    """The SSH server of `folder`; `environment` is set for every command run over it.

    `inside` gives the words that run a command elsewhere: in a tree or a name space of its own.
    """

    name = "sshd"
    greets = True

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        *,
        environment: dict[str, str] | None = None,
        inside: Callable[[Sequence[str]], Sequence[str]] | None = None,
    ) -> None:
        super().__init__(folder, port)
        self.environment = environment or {}
        self._inside = inside or (lambda words: words)

    @property
    def key_file(self) -> Path:
        """The client's private key."""
        return self.folder / "client_key"

    @property
    def host_key_file(self) -> Path:
        return self.folder / "host_key"

    @property
    def address(self) -> SshAddress:
        return SshAddress(LOOPBACK, self.port, getpass.getuser(), str(self.key_file))

    @property
    def host_key(self) -> str:
        """The host's public key as known_hosts writes it: `ssh-ed25519 AAAA...`."""
        return public_key(self.host_key_file)

    @property
    def fingerprint(self) -> str:
        """The host key's SHA-256 as OpenSSH shows it: `SHA256:...`, no padding."""
        digest = hashlib.sha256(base64.b64decode(self.host_key.split()[1])).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    def known_hosts_line(self) -> str:
        """Return the line that pins this server in a known_hosts file."""
        return f"[{LOOPBACK}]:{self.port} {self.host_key}\n"

    def _start(self) -> None:
        server = find_tool("sshd", "openssh-server")
        for file in (self.host_key_file, self.key_file):
            if not file.exists():
                make_key(file)
        (self.folder / "authorized_keys").write_text(public_key(self.key_file) + "\n", "utf-8")
        if os.geteuid() == 0:
            # sshd started by root insists on this empty folder; elsewhere it is not used.
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self._listen(lambda port: [*self._inside([str(server), *self._words(port)])])

    def _words(self, port: int) -> list[str]:
        options = [
            f"ListenAddress={LOOPBACK}",
            f"Port={port}",
            f"HostKey={self.host_key_file}",
            f'AuthorizedKeysFile="{self.folder / "authorized_keys"}"',
            f"PidFile={self.folder / 'sshd.pid'}",
            "StrictModes=no",
            f"UsePAM={'yes' if _account_locked() else 'no'}",
            "PermitRootLogin=prohibit-password",
            "PasswordAuthentication=no",
            "KbdInteractiveAuthentication=no",
            "PrintMotd=no",
            "PrintLastLog=no",
            "UseDNS=no",
            "AllowTcpForwarding=local",
            "MaxStartups=100",
            "MaxSessions=50",
            "LogLevel=VERBOSE",
            "Subsystem=sftp internal-sftp",
        ]
        # A login shell of whoever runs this must not read their own start-up files: they may take
        # a quarter of a second, complain, or do anything.
        environment = {"HOME": str(self.folder), **self.environment}
        words = (f'{name}="{value}"' for name, value in environment.items())
        options.append(f"SetEnv={' '.join(words)}")
        line = ["-D", "-e", "-f", "/dev/null"]
        for option in options:
            line += ["-o", option]
        return line


def make_key(file: Path) -> None:
    """Write a fresh private key."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()
    )
    write_atomically(file, pem)


def public_key(file: Path) -> str:
    """Return the public part of a key as authorized_keys writes it."""
    key = load_ssh_private_key(file.read_bytes(), password=None)
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _account_locked() -> bool:
    """Whether sshd would refuse our own account, key or not, unless PAM decides."""
    try:
        shadow = Path("/etc/shadow").read_text("utf-8")
    except OSError:
        return False  # not root: sshd cannot read it either, and does not ask
    fields = (line.split(":") for line in shadow.splitlines())
    return any(row[0] == getpass.getuser() and row[1].startswith("!") for row in fields)
