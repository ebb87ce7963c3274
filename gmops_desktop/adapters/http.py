"""HTTP that a cancellation wakes: httpx, without proxies, and with its sockets in our hands."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr


class Client(httpx.Client):
    """An httpx client that goes straight to the server, never through the system's proxy.

    `wake` is fit for `Context.on_cancel`.
    """

    def __init__(self, *, verify: ssl.SSLContext | bool = True, **options: Any) -> None:
        super().__init__(
            trust_env=False,
            headers={"User-Agent": "GMOps-Desktop"},
            verify=_authorities() if verify is True else verify,
            **options,
        )
        self._streams: list[socket.socket] = []

    def build_request(self, *words: Any, **options: Any) -> httpx.Request:
        """Build a request that tells us which socket it uses (httpx's documented trace)."""
        request = super().build_request(*words, **options)
        request.extensions = {**request.extensions, "trace": self._follow}
        return request

    def wake(self) -> None:
        """Make whoever waits for an answer return with an error, from any thread."""
        for stream in self._streams:
            wake(stream)

    def _follow(self, event: str, facts: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._streams.append(facts["return_value"].get_extra_info("socket"))


@cache
def _authorities() -> ssl.SSLContext:
    """Return what tells whom to trust, read once: reading takes longer than many an answer."""
    return httpx.create_ssl_context(trust_env=False)


def wake(stream: socket.socket) -> None:
    """Break `stream` at once, without the polite end of TLS."""
    with suppress(OSError):
        socket.socket.shutdown(stream, socket.SHUT_RDWR)


def refuse_plain(url: str) -> None:
    """Raise `OpsError` for plain HTTP to another machine: a secret would travel readable."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return
    raise OpsError(
        tr("{url} is not encrypted: no secret is sent there.", url=url),
        hint=tr("Write the address with https://."),
    )


def is_loopback(host: str) -> bool:
    """Whether `host` is this very machine, as written (no name but localhost is resolved)."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
