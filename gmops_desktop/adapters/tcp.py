"""Opens TCP connections that can be cancelled, and tells apart why one does not come about."""

from __future__ import annotations

import os
import selectors
import socket
import time
from dataclasses import dataclass
from typing import Any, Final

from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.lines import BUFFER

_SLICE: Final = 0.1  # seconds after which a waiting connect looks whether it was cancelled


class NameNotFound(OpsError):
    """No address stands behind the host's name."""


class PortClosed(OpsError):
    """The host, or something before it, refuses the port or has no route to it."""


class HostSilent(OpsError):
    """Nothing answered within the deadline: the packets go nowhere."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One network address of a host: what `socket.connect` takes."""

    family: socket.AddressFamily
    address: tuple[Any, ...]

    def __str__(self) -> str:
        return str(self.address[0])


def resolve(host: str, port: int, context: Context) -> tuple[Endpoint, ...]:
    """Return the addresses of `host`; raises `NameNotFound`.

    The system's resolver cannot be interrupted: a cancellation takes effect when it answers.
    """
    context.check()
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        context.check()
        raise NameNotFound(
            tr("The name {host} cannot be resolved: {why}.", host=host, why=_why(error)),
            hint=tr("Check the spelling, this machine's DNS and its network connection."),
        ) from error
    context.check()
    return tuple(dict.fromkeys(Endpoint(family, address) for family, _, _, _, address in found))


def connect(host: str, port: int, context: Context, *, deadline: float = 10.0) -> socket.socket:
    """Return a connected, blocking socket without a timeout.

    Raises `NameNotFound`, `PortClosed` or `HostSilent`; every address of the host is tried, and
    `deadline` (seconds) is for all of them together.
    """
    end = time.monotonic() + deadline
    refused: OSError | None = None
    for endpoint in resolve(host, port, context):
        try:
            return _connect(endpoint, context, end)
        except TimeoutError:
            break
        except OSError as error:
            refused = error
    if refused is None:
        raise HostSilent(
            tr("{host} did not answer on port {port} within {seconds} s.",
               host=host, port=port, seconds=round(deadline)),
            hint=tr("The host may be down, or a firewall or security group drops the packets."),
        )  # fmt: skip
    raise PortClosed(
        tr("{host} cannot be reached on port {port}: {why}.",
           host=host, port=port, why=_why(refused)),
        hint=tr("Check that the service runs and listens on this port, and that the security "
                "group lets this machine in."),
    ) from refused  # fmt: skip


def _connect(endpoint: Endpoint, context: Context, end: float) -> socket.socket:
    stream = socket.socket(endpoint.family, socket.SOCK_STREAM)
    try:
        if context.line.limit:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        stream.setblocking(False)
        try:
            stream.connect(endpoint.address)
        except BlockingIOError:
            with selectors.DefaultSelector() as selector:
                selector.register(stream, selectors.EVENT_WRITE)
                while not selector.select(_SLICE):
                    context.check()
                    if time.monotonic() > end:
                        raise TimeoutError from None
            if number := stream.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(number, os.strerror(number)) from None
        context.check()
        stream.setblocking(True)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    except BaseException:
        stream.close()
        raise
    return stream


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
