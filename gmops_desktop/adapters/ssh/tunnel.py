"""A stream through an SSH connection that a database client takes for a socket."""

from __future__ import annotations

import io
from typing import Final

import paramiko

_PIECE: Final = 65536


class Tunnel:
    """A stream through the SSH connection with the part of a socket's interface pymysql uses.

    It is encrypted already and cannot carry TLS of its own: give pymysql `ssl_disabled=True`.
    """

    def __init__(self, channel: paramiko.Channel) -> None:
        self._channel = channel

    def settimeout(self, seconds: float | None) -> None:
        """Give up reads and writes after `seconds` of silence (`TimeoutError`)."""
        self._channel.settimeout(seconds)

    def sendall(self, data: bytes | bytearray | memoryview) -> None:
        """Send everything, or raise `OSError`."""
        self._channel.sendall(bytes(data))

    def recv(self, size: int) -> bytes:
        """Return up to `size` bytes; none at the end of the stream."""
        return self._channel.recv(size)

    def recv_into(self, buffer: memoryview) -> int:
        """Read into `buffer`; return how many bytes came, 0 at the end of the stream."""
        piece = self.recv(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def makefile(self, mode: str = "rb") -> io.BufferedReader:
        """Return a buffered reader over this stream."""
        return io.BufferedReader(_Raw(self), _PIECE)

    def shutdown(self, how: int) -> None:
        """Tell both sides that nothing more will come."""
        self._channel.shutdown(how)

    def close(self) -> None:
        """Close the stream; the connection stays."""
        self._channel.close()


class _Raw(io.RawIOBase):
    def __init__(self, tunnel: Tunnel) -> None:
        self._tunnel = tunnel

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # typeshed wants any Buffer; BufferedReader hands a memoryview
        return self._tunnel.recv_into(buffer)
