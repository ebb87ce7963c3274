"""Identifiers that two machines never give out twice, and that sort by when they were made."""

from __future__ import annotations

import secrets
import threading
import time

_lock = threading.Lock()
_last = 0  # the 60 bits before the random ones of the newest id: milliseconds, then a counter


def uuid7() -> str:
    """Return a UUID version 7 (RFC 9562, 5.7) as text.

    Within one process each id is greater than the one before, also when the clock stands still or
    is set back: the 12 bits after the milliseconds count on (RFC 9562, 6.2, method 1).
    """
    global _last
    now = (time.time_ns() // 1_000_000) << 12 | secrets.randbits(11)
    with _lock:
        _last = stamp = max(now, _last + 1)
    value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64
    value |= 0b10 << 62 | secrets.randbits(62)
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
