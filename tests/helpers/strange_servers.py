"""Servers that misbehave on purpose: an SSH server in this process, and bare TCP listeners."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import paramiko

Behaviour = Callable[[socket.socket], object]
Command = Callable[[paramiko.Channel, bytes], object]


@contextmanager
def listener(behave: Behaviour) -> Iterator[int]:
    """Run `behave` on every connection to a loopback port; yield the port."""
    door = socket.create_server(("127.0.0.1", 0))
    streams: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                stream, _ = door.accept()
                streams.append(stream)
                thread = threading.Thread(target=_quietly, args=(behave, stream), daemon=True)
                threads.append(thread)
                thread.start()

    accepting = threading.Thread(target=serve, daemon=True)
    accepting.start()
    try:
        yield door.getsockname()[1]
    finally:
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        accepting.join(5)  # first: what it takes in the last moment is to be closed, too
        door.close()
        for stream in streams:
            with suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)
            stream.close()
        for thread in threads:
            thread.join(5)


def silent(stream: socket.socket) -> None:
    """Read what comes and never answer."""
    while stream.recv(65536):
        pass


def free_port() -> int:
    """Return a loopback port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


class SshServer:
    """An SSH server on a loopback port whose commands are answered by `command`.

    `command` gets the channel and the command line, in a thread of its own.
    """

    def __init__(self, command: Command, *, password: str = "right", methods: str = "password"):
        self.key = paramiko.RSAKey.generate(2048)
        self.command = command
        self.password = password
        self.methods = methods
        self.before_reply: Callable[[], bool] = lambda: True  # False refuses the command
        self.passwords_seen: list[str] = []
        self.transports: list[paramiko.Transport] = []

    @contextmanager
    def listening(self) -> Iterator[int]:
        """Serve until the block ends; yield the port."""
        with listener(self._serve) as port:
            yield port
            for transport in self.transports:
                transport.close()
                transport.packetizer.complete_handshake()

    def _serve(self, stream: socket.socket) -> None:
        transport = paramiko.Transport(stream)
        transport.add_server_key(self.key)
        self.transports.append(transport)
        transport.start_server(event=threading.Event(), server=_Rules(self))


class _Rules(paramiko.ServerInterface):
    def __init__(self, server: SshServer) -> None:
        self._server = server

    def get_allowed_auths(self, username: str) -> str:
        return self._server.methods

    def check_auth_password(self, username: str, password: str) -> int:
        self._server.passwords_seen.append(password)
        right = password == self._server.password and "password" in self._server.methods
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        if not self._server.before_reply():
            return False
        # The reply to the request leaves after this returns, and must come before the output.
        threading.Timer(0.05, _quietly, (self._server.command, channel, command)).start()
        return True


def _quietly(work: Callable[..., object], *arguments: object) -> None:
    """A server whose client is gone has nothing to say."""
    with suppress(OSError, EOFError, paramiko.SSHException):
        work(*arguments)
