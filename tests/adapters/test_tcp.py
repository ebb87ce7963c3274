"""Why a connection does not come about, told apart."""

from __future__ import annotations

import threading
import time

import pytest

from gmops_desktop.adapters import tcp
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled
from strange_servers import free_port, listener, silent

NOWHERE = "192.0.2.1"  # RFC 5737: nobody answers for it


def test_an_open_port_gives_a_blocking_socket() -> None:
    with (
        listener(lambda stream: stream.sendall(b"hello")) as port,
        tcp.connect("127.0.0.1", port, Context()) as stream,
    ):
        assert stream.gettimeout() is None
        assert stream.recv(5) == b"hello"


def test_a_closed_port_is_refused() -> None:
    port = free_port()
    with pytest.raises(tcp.PortClosed, match=f"port {port}") as caught:
        tcp.connect("127.0.0.1", port, Context())
    assert "security group" in caught.value.hint


def test_an_unknown_name_says_so() -> None:
    with pytest.raises(tcp.NameNotFound, match=r"host\.invalid"):
        tcp.connect("host.invalid", 22, Context())


def test_a_label_too_long_for_dns_is_an_unknown_name() -> None:
    with pytest.raises(tcp.NameNotFound):
        tcp.connect("x" * 70 + ".example", 22, Context())


def test_a_host_that_is_down_ends_at_the_deadline() -> None:
    begun = time.monotonic()
    with pytest.raises((tcp.HostSilent, tcp.PortClosed)):  # without a route the kernel refuses
        tcp.connect(NOWHERE, 22, Context(), deadline=0.5)
    assert time.monotonic() - begun < 15


def test_cancel_wakes_a_waiting_connect() -> None:
    # A full backlog lets the kernel drop further SYNs: a host that is silent, on any machine.
    import socket

    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        port = door.getsockname()[1]
        fillers = []
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
            fillers.append(filler)
        context = Context()
        threading.Timer(0.3, context.cancel).start()
        begun = time.monotonic()
        with pytest.raises(Cancelled):
            tcp.connect("127.0.0.1", port, context, deadline=20)
        assert time.monotonic() - begun < 15
        for filler in fillers:
            filler.close()


def test_a_silent_server_still_accepts() -> None:
    with listener(silent) as port:
        tcp.connect("127.0.0.1", port, Context()).close()
