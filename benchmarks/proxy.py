"""A TCP proxy on the loopback that throttles what it passes on, counts it, and can cut the line.

    python -m benchmarks.proxy TARGET_PORT BITS_PER_SECOND_DOWN BITS_PER_SECOND_UP

as a process of its own, so that neither side's work slows the line: it prints the port it listens
on, then answers each line on standard input with the bytes passed so far, `DOWN UP`.  Down is what
the server sends.  Tests use `Proxy` within their process.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_CHUNK: Final = 8 << 10  # bytes passed at once: a fifth of what a queue in the kernel would hold
_BURST: Final = 32 << 10  # bytes that may pass at once after a pause, as `tbf burst 32kb`


class _Direction:
    """One direction of the line: what passed so far, and when the next bytes may."""

    def __init__(self, rate: float) -> None:
        self.passed = 0
        self.bytes_per_second = rate / 8
        self._used_until = 0.0
        self._lock = threading.Lock()

    def carry(self, size: int) -> float:
        """Count `size` bytes; return the seconds until the line has carried them."""
        with self._lock:
            self.passed += size
            if not self.bytes_per_second:
                return 0.0
            now = time.monotonic()
            idle_since = now - _BURST / self.bytes_per_second
            self._used_until = max(self._used_until, idle_since) + size / self.bytes_per_second
            return max(self._used_until - now, 0.0)


class Proxy:
    """Passes connections on to a loopback port.

    `rate` and `rate_up` are in bits per second, 0 for unthrottled.  With `cut_after` set, every
    connection is cut as soon as that many bytes came down; `cut()` does so at once.  Cut, it
    refuses new connections until `mend()`.
    """

    def __init__(self, target: int, *, rate: float = 0, rate_up: float = 0) -> None:
        self.target = target
        self.cut_after: int | None = None
        self._down = _Direction(rate)
        self._up = _Direction(rate_up)
        self._cut = threading.Event()
        self._lock = threading.Lock()
        self._streams: set[socket.socket] = set()
        self._door = socket.create_server((LOOPBACK, 0), backlog=64)
        self.port: int = self._door.getsockname()[1]

    def throttle(self, rate: float) -> None:
        """Let no more than `rate` bits a second come down from now on."""
        self._down.bytes_per_second = rate / 8

    def cut(self) -> None:
        """Cut every connection, as a pulled cable and a dead peer would look to both ends."""
        self._cut.set()
        with self._lock:
            streams, self._streams = self._streams, set()
        for stream in streams:
            with suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let connections through again, as many bytes as they want."""
        self.cut_after = None
        self._cut.clear()

    @property
    def down(self) -> int:
        """Bytes that came from the server so far."""
        return self._down.passed

    @property
    def up(self) -> int:
        return self._up.passed

    @property
    def is_cut(self) -> bool:
        return self._cut.is_set()

    @contextmanager
    def listening(self) -> Iterator[Proxy]:
        """Pass connections on until the block ends."""
        accepting = threading.Thread(target=self._accept, daemon=True)
        accepting.start()
        try:
            yield self
        finally:
            with suppress(OSError):
                self._door.shutdown(socket.SHUT_RDWR)
            self._door.close()
            self.cut()
            accepting.join(5)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near:
            if self._cut.is_set():
                return
            with suppress(OSError), socket.create_connection((LOOPBACK, self.target)) as far:
                for stream in (near, far):
                    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._streams |= {near, far}
                upward = threading.Thread(
                    target=self._pass, args=(near, far, self._up), daemon=True
                )
                upward.start()
                try:
                    self._pass(far, near, self._down)
                finally:
                    upward.join(30)
                    with self._lock:
                        self._streams -= {near, far}

    def _pass(self, source: socket.socket, sink: socket.socket, way: _Direction) -> None:
        """Pass bytes one way until it ends; an end is passed on as one, a break as a break."""
        try:
            while data := source.recv(_CHUNK):
                self._cut.wait(way.carry(len(data)))
                if self.cut_after is not None and self.down >= self.cut_after:
                    self.cut()
                if self._cut.is_set():
                    return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            for stream in (source, sink):
                with suppress(OSError):
                    stream.shutdown(socket.SHUT_RDWR)


def main() -> int:
    """Serve until standard input ends."""
    port, down, up = sys.argv[1:]
    proxy = Proxy(int(port), rate=float(down), rate_up=float(up))
    with proxy.listening():
        print(proxy.port, flush=True)
        for _ in sys.stdin:
            print(proxy.down, proxy.up, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
