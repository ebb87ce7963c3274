"""Private keys from files, with a sentence for each way they fail."""

from __future__ import annotations

import paramiko
from paramiko.ssh_exception import PasswordRequiredException, SSHException

from gmops_desktop.adapters.ssh.failures import LoginRefused
from gmops_desktop.addresses import SshAddress
from gmops_desktop.language import tr


def read_key(address: SshAddress, passphrase: str | None) -> paramiko.PKey:
    """Return the address's key, unlocked with `passphrase` if it is locked.

    Raises `LoginRefused` where there is none that can be used.
    """
    unlock = passphrase.encode() if passphrase else None
    try:
        return paramiko.PKey.from_path(address.key, unlock)  # type: ignore[arg-type]  # the stub says str, cryptography wants bytes
    except FileNotFoundError as error:
        raise LoginRefused(
            tr("The private key {file} does not exist.", file=address.key),
            hint=tr("Choose the key file again in the settings."),
        ) from error
    except OSError as error:
        raise LoginRefused(
            tr("The private key {file} cannot be read: {why}.",
               file=address.key, why=error.strerror),
            hint=tr("Mend the file's permissions, or choose another key file."),
        ) from error  # fmt: skip
    except (PasswordRequiredException, TypeError) as error:
        # cryptography raises TypeError both for a missing and for a superfluous passphrase
        if unlock:
            return read_key(address, None)
        raise LoginRefused(
            tr("The private key {file} is locked with a passphrase.", file=address.key),
            hint=tr("Enter the passphrase as this server's password in the settings."),
        ) from error
    except (SSHException, ValueError) as error:
        raise LoginRefused(
            tr("The private key {file} cannot be used: {why}.", file=address.key, why=error),
            hint=tr("Check its passphrase; OpenSSH's Ed25519, ECDSA and RSA keys are understood."),
        ) from error
