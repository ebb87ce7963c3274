"""Talking with a command at once to its end: what it is told and what it says, never in a lock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import paramiko

from gmops_desktop.adapters.ssh.endings import end_input

SLICE: Final = 0.2  # seconds a wait lasts before it looks for cancellation and deadline
PIECE: Final = 65536


class Watched(threading.Event):
    """An event whose wait looks, now and then, whether it should go on."""

    def __init__(self, check: Callable[[], object]) -> None:
        super().__init__()
        self._check = check

    def wait(self, timeout: float | None = None) -> bool:
        while not super().wait(SLICE):
            self._check()
        return True


def converse(channel: paramiko.Channel, data: bytes, check: Callable[[], object]) -> bytes:
    """Send `data` to a command and read to its end, whichever of the two can move.

    `check` is called at every wait; it raises to end it all.
    """
    unsent = memoryview(data)
    output: list[bytes] = []
    while True:
        check()
        if unsent and channel.send_ready():
            unsent = unsent[_send(channel, unsent) :]
            if not unsent:
                end_input(channel)
            if not channel.recv_ready():
                continue
        try:
            channel.settimeout(0.02 if unsent else SLICE)
            piece = channel.recv(PIECE)
        except TimeoutError:
            continue
        if not piece:
            return b"".join(output)
        output.append(piece)


def _send(channel: paramiko.Channel, unsent: memoryview) -> int:
    """Send a piece; return how much of `unsent` is dealt with."""
    channel.settimeout(SLICE)
    try:
        sent = channel.send(bytes(unsent[:PIECE]))
    except TimeoutError:
        return 0
    except OSError:
        if not channel.get_transport().is_active():
            raise
        sent = 0
    return sent or len(unsent)  # with room and nothing sent, the command no longer reads
