"""A port of this machine that leads through an SSH connection, for clients that want a real socket
(TLS from end to end cannot run over a bare channel)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from gmops_desktop.adapters.ssh.connection import Ssh
from gmops_desktop.adapters.ssh.tunnel import Tunnel
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError

_PIECE: Final = 65536
_WAITING: Final = 4  # connections not yet taken


@contextmanager
def forwarded(server: Ssh, host: str, port: int, context: Context) -> Iterator[int]:
    """While inside, lead connections to the port given (on 127.0.0.1) to `host`:`port` as the
    server sees it.

    The first connection through the server is tried at once: raises `TunnelRefused` or
    `ConnectionLost` where there is none.  Whoever may open a port here may use it, too, so what
    goes through must carry its own secrets encrypted (as TLS does).
    """
    first: list[Tunnel] = [server.channel(host, port, context)]
    with socket.create_server(("127.0.0.1", 0), backlog=_WAITING) as listener:
        streams: list[socket.socket] = []
        pumps: list[threading.Thread] = []

        def serve() -> None:
            while True:
                try:
                    stream, _ = listener.accept()
                except OSError:
                    return  # the block was left
                streams.append(stream)
                try:
                    tunnel = first.pop() if first else server.channel(host, port, context)
                except (OpsError, Cancelled):
                    stream.close()  # the client sees a connection that ends, and says so
                    continue
                for ways in ((stream, tunnel), (tunnel, stream)):
                    pump = threading.Thread(target=_pump, args=ways, daemon=True)
                    pumps.append(pump)
                    pump.start()

        accepting = threading.Thread(target=serve, name="forward", daemon=True)
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes `accept`
            listener.close()
            accepting.join(timeout=5)
            for stream in streams:
                with suppress(OSError):
                    stream.shutdown(socket.SHUT_RDWR)
            for tunnel in first:
                tunnel.close()
            for pump in pumps:
                pump.join(timeout=5)
            for stream in streams:
                stream.close()


def _pump(source: socket.socket | Tunnel, target: socket.socket | Tunnel) -> None:
    """Carry bytes one way until either side ends; then end both."""
    with suppress(OSError, EOFError):
        while data := source.recv(_PIECE):
            target.sendall(data)
    for stream in (source, target):
        with suppress(OSError, EOFError):
            stream.shutdown(socket.SHUT_RDWR)
