"""Why an SSH connection, a login or a command does not come about."""

from __future__ import annotations

from gmops_desktop.errors import OpsError


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
