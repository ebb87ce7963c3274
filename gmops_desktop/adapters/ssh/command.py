"""A command on the server with its streams apart: bytes in, bytes out, complaints beside them.

Whatever goes in and out is never held whole: a thread feeds standard input while the caller reads.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

import paramiko

from gmops_desktop.adapters.ssh.conversing import PIECE, SLICE
from gmops_desktop.adapters.ssh.endings import end_input

_COMPLAINTS: Final = 1 << 20  # bytes of standard error that are kept


class Command(io.RawIOBase):
    """A running command; reading gives its standard output.

    `check` is called at every wait with the seconds since anything moved; it raises to end it all.
    """

    def __init__(
        self, channel: paramiko.Channel, stdin: Iterable[bytes], check: Callable[[float], object]
    ) -> None:
        super().__init__()
        self._channel = channel
        self._check = check
        self._moved = time.monotonic()
        self._complaints = bytearray()
        self._fault: BaseException | None = None
        channel.settimeout(SLICE)
        self._feeder = threading.Thread(target=self._feed, args=(stdin,), name="feed", daemon=True)
        self._feeder.start()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # typeshed wants any Buffer; BufferedReader hands a memoryview
        """Read some of the standard output; 0 at its end."""
        while True:
            self._watch()
            try:
                piece = self._channel.recv(min(len(buffer), PIECE))
            except TimeoutError:
                continue
            self._moved = time.monotonic()
            buffer[: len(piece)] = piece
            return len(piece)

    def finish(self) -> tuple[int, bytes]:
        """Read to the end; return the exit status (255 for a signal) and the complaints."""
        while self.read(PIECE):
            pass
        while not (self._channel.exit_status_ready() and not self._feeder.is_alive()):
            self._watch()
            self._feeder.join(0.01)
        self._watch()
        status = self._channel.recv_exit_status()
        return (status if status >= 0 else 255), bytes(self._complaints)

    def close(self) -> None:
        """End the command."""
        self._channel.close()
        super().close()

    def _watch(self) -> None:
        while self._channel.recv_stderr_ready():
            piece = self._channel.recv_stderr(PIECE)
            self._complaints += piece[: _COMPLAINTS - len(self._complaints)]
        if self._fault is not None:
            raise self._fault
        self._check(time.monotonic() - self._moved)

    def _feed(self, stdin: Iterable[bytes]) -> None:
        try:
            for piece in stdin:
                view = memoryview(piece)
                while view:
                    try:
                        sent = self._channel.send(bytes(view[:PIECE]))
                    except TimeoutError:
                        if self._channel.closed:
                            return
                        continue
                    self._moved = time.monotonic()
                    view = view[sent:]
            end_input(self._channel)
        except (OSError, EOFError):
            return  # the command reads no more; its exit status, or the lost line, tells why
        except BaseException as error:  # what makes the bytes failed: told to who reads
            self._fault = error
            with suppress(OSError, EOFError):
                self._channel.close()
