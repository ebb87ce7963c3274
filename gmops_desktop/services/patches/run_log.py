"""The log of a run as it arrives in pieces: its digest, its end, and as much of it as is kept."""

from __future__ import annotations

import hashlib
from typing import Final

from gmops_desktop.contract.runs import RunLook

_HEAD: Final = 200_000  # bytes that are kept of its begin
_TAIL: Final = 700_000  # and of its end: together less than a megabyte
_LAST: Final = 4_000  # bytes that stand in the record itself


class RunLog:
    """Grows by what each look brings; `offset` is where the next one goes on."""

    def __init__(self) -> None:
        self.offset = 0
        self.size = 0
        self._whole = hashlib.sha256()
        self._head = b""
        self._tail = b""
        self._all = True
        self._told = ""

    def add(self, look: RunLook) -> None:
        """Take in what a look brought."""
        data = look.log.encode()
        self.offset = look.offset
        self._told = look.log_digest
        self.size += len(data) + look.skipped
        if look.skipped:
            self._all = False
            data = f"[… {look.skipped} bytes …]\n".encode() + data
        self._whole.update(data)
        room = max(0, _HEAD - len(self._head))
        if room and not self._tail:
            self._head, data = self._head + data[:room], data[room:]
        self._tail = (self._tail + data)[-_TAIL:]

    @property
    def digest(self) -> str:
        """The SHA-256 of the whole log: of what was read, or, where only its end was sent (a long
        one that is taken up later), what the server makes of the file; "" where it does not say."""
        return self._whole.hexdigest() if self._all else self._told

    @property
    def kept(self) -> bytes:
        """The begin and the end; what lies between is named."""
        lost = self.size - len(self._head) - len(self._tail)
        gap = f"\n[… {lost} bytes …]\n".encode() if lost > 0 else b""
        return self._head + gap + self._tail

    @property
    def tail(self) -> str:
        """The last lines."""
        return (self._head + self._tail)[-_LAST:].decode("utf-8", "replace")
