"""Why an SSH connection, a login or a command does not come about."""

from __future__ import annotations

from gmops_desktop.addresses import SshAddress
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr


class LoginRefused(OpsError):
    """The server answered, but does not let this user in."""


class ConnectionLost(OpsError):
    """The connection broke while something ran; nobody knows whether that something finished."""


class DeadlinePassed(OpsError):
    """The server took longer than it was given; the channel was closed."""


class TunnelRefused(OpsError):
    """The server does not forward to the wanted address.

    `forbidden`: its rules do not let us; otherwise it tried, and nothing listens there.
    """

    def __init__(self, message: str, *, hint: str, forbidden: bool) -> None:
        super().__init__(message, hint=hint)
        self.forbidden = forbidden


class NoRelay(OpsError):
    """The server cannot compress what it sends; a plain tunnel may do."""


def too_slow(host: str) -> DeadlinePassed:
    return DeadlinePassed(
        tr("{host} did not finish in time.", host=host),
        hint=tr("The server may be overloaded or the line too slow; try again later."),
    )


def lost(host: str) -> ConnectionLost:
    return ConnectionLost(
        tr("The connection to {host} was lost.", host=host),
        hint=tr("Check the network, then try again."),
    )


def no_commands(address: SshAddress, why: str) -> OpsError:
    """Return that an account may not run commands."""
    return OpsError(
        tr("{host} does not let {user} run commands: {why}.",
           host=address.host, user=address.user, why=why.rstrip(".")),
        hint=tr("Check the account's shell and MaxSessions in sshd_config."),
    )  # fmt: skip


def no_tunnel(host: str, target: tuple[str, int], why: str, *, forbidden: bool) -> TunnelRefused:
    """Return that a server does not lead on to a host and port; `why` is what it said."""
    there = f"{target[0]}:{target[1]}"
    if forbidden:
        return TunnelRefused(
            tr("{host} does not allow tunnels to {target}.", host=host, target=there),
            hint=tr("Set AllowTcpForwarding yes (or local) for this user in sshd_config."),
            forbidden=True,
        )
    return TunnelRefused(
        tr("{host} cannot reach {target}: {why}.", host=host, target=there, why=why),
        hint=tr("Check the address and port as seen from the server, and that the database runs."),
        forbidden=False,
    )
