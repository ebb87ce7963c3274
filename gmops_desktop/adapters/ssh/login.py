"""Logging in over a connection whose host key is trusted, and why a server does not let us."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import paramiko
from paramiko.ssh_exception import (
    AuthenticationException,
    BadAuthenticationType,
    SSHException,
)

from gmops_desktop.adapters.ssh.failures import LoginRefused, lost, too_slow
from gmops_desktop.addresses import SshAddress
from gmops_desktop.context import Context
from gmops_desktop.language import tr


def log_in(
    transport: paramiko.Transport,
    address: SshAddress,
    key: paramiko.PKey | None,
    password: str | None,
    context: Context,
    end: float,
    cut: Callable[[], object],
) -> None:
    """Prove to a server who we are, by `key` or else by `password`, until the moment `end`.

    `cut` breaks the connection when the job is cancelled.  Raises `LoginRefused`, `ConnectionLost`
    or `DeadlinePassed`.
    """
    user, host = address.user, address.host
    if key is None and password is None:
        raise LoginRefused(
            tr("No password is kept for {user} on {host}.", user=user, host=host),
            hint=tr("Enter it in the settings, or choose a private key file."),
        )
    transport.auth_timeout = max(0.1, end - time.monotonic())
    try:
        with context.on_cancel(cut):
            if key is not None:
                more = transport.auth_publickey(user, key)
            else:
                more = transport.auth_password(user, password or "")
    except BadAuthenticationType as error:
        raise LoginRefused(
            tr("{host} does not accept this kind of login for {user}; it wants: {kinds}.",
               host=host, user=user, kinds=", ".join(error.allowed_types)),
            hint=tr("Choose a private key file in the settings, or let the server accept "
                    "passwords."),
        ) from error  # fmt: skip
    except AuthenticationException as error:
        context.check()
        if time.monotonic() > end:
            raise too_slow(host) from error
        if not transport.is_active():
            raise lost(host) from error
        raise _refused(address, key) from error
    except (SSHException, OSError, EOFError) as error:
        context.check()
        raise lost(host) from error
    if more:
        raise LoginRefused(
            tr("{host} wants a second proof of who {user} is: {kinds}.",
               host=host, user=user, kinds=", ".join(more)),
            hint=tr("Ask for an account that logs in with a key alone."),
        )  # fmt: skip
    # Paramiko would keep them for as long as the connection lives.
    handler: Any = transport.auth_handler
    handler.password = handler.private_key = None


def _refused(address: SshAddress, key: paramiko.PKey | None) -> LoginRefused:
    user, host = address.user, address.host
    if key is None:
        return LoginRefused(
            tr("{host} refused the password of {user}.", host=host, user=user),
            hint=tr("Enter the password again in the settings. Several wrong ones may lock the "
                    "account for a while."),
        )  # fmt: skip
    return LoginRefused(
        tr("{host} refused the key {file} of {user}.",
           host=host, user=user, file=address.key),
        hint=tr("Add this line to ~{user}/.ssh/authorized_keys on the server: {line}",
                user=user, line=f"{key.get_name()} {key.get_base64()}"),
    )  # fmt: skip
