"""What a job takes of the line: counted, measured, and held under a limit.

Everything a job's connections receive and send passes through one `Line`.  A limit works by reading
late: the kernel's small buffer fills, and the sender slows down, so the website keeps the rest.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Final, Protocol

BUFFER: Final = 64 << 10  # bytes of the kernel's receive buffer under a limit
WINDOW: Final = 24  # 16 MB, for answers with rows in them
_SPAN: Final = 1.0  # seconds over which the rate is measured
_BURST: Final = 0.1  # seconds' worth of bytes that may come at once under a limit


class Stream(Protocol):
    """What moves bytes as a socket does."""

    def recv(self, size: int, /) -> bytes: ...
    def send(self, data: bytes, /) -> int: ...


class Line:
    """The line as one job uses it.  `limit` is in bytes a second, 0 for none.

    `compress` says whether SSH should deflate what travels; `at_source` whether a database's
    answers should be compressed better, where it runs, and afterwards whether they were.  Then
    `window` is the power of 2 of the bytes that each connection holds at both ends to do so.
    """

    def __init__(
        self,
        limit: int = 0,
        *,
        compress: bool = False,
        at_source: bool = False,
        window: int = WINDOW,
    ) -> None:
        self.limit = limit
        self.compress = compress
        self.at_source = at_source
        self.window = window
        self._travelled = 0
        self._peak = 0.0
        self._since = 0.0
        self._bytes = 0
        self._free = 0.0  # when the limit lets the next bytes through
        self._lock = threading.Lock()
        self._pause = threading.Event()

    @property
    def compression(self) -> str:
        """By what the job's tunnels compress: "zstd", "ssh", or nothing."""
        return "zstd" if self.at_source else "ssh" if self.compress else ""

    @property
    def travelled(self) -> int:
        """Bytes that crossed the line so far, both ways."""
        return self._travelled

    @property
    def rate(self) -> float:
        """The most that the line carried towards us, in bytes a second, over about a second."""
        return self._peak

    def sent(self, count: int) -> None:
        """Count bytes that were sent."""
        with self._lock:
            self._travelled += count

    def received(self, count: int) -> None:
        """Count bytes that came, and under a limit wait until more may."""
        now = time.monotonic()
        with self._lock:
            self._travelled += count
            if now - self._since > _SPAN:
                if self._bytes and now - self._since < 3 * _SPAN:
                    self._peak = max(self._peak, self._bytes / (now - self._since))
                self._since, self._bytes = now, 0
            self._bytes += count
            if not self.limit:
                return
            self._free = max(self._free, now - _BURST) + count / self.limit
            wait = self._free - now
        if wait > 0:
            self._pause.wait(wait)

    def through(self, stream: Stream) -> Metered:
        """Return `stream` with everything that passes counted here."""
        return Metered(stream, self)


class Metered:
    """A socket whose bytes are counted by a line."""

    def __init__(self, stream: Stream, line: Line) -> None:
        self._stream = stream
        self._line = line

    def recv(self, size: int) -> bytes:
        """Return up to `size` bytes, as a socket does; in small pieces under a limit."""
        data = self._stream.recv(min(size, 16 << 10) if self._line.limit else size)
        self._line.received(len(data))
        return data

    def send(self, data: bytes) -> int:
        """Send some of `data`, as a socket does."""
        count = self._stream.send(data)
        self._line.sent(count)
        return count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)  # everything that moves no bytes
