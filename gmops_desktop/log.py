"""The program's log file, from which every secret we know is struck out."""

from __future__ import annotations

import logging
import re
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

MASK: Final = "●●●"

# Secrets that announce themselves: key=value, JSON members, URLs with a password, bearer headers.
# The second group is the secret.
_NAMES: Final = (
    r"password|passwd|pwd|secret|secretkey|secret_key|appsecret|access_token|token|authorization"
    r"|signature|q-signature|private_key|identity"
)
_PATTERNS: Final = (
    re.compile(rf"(?i)\b((?:{_NAMES})[\"']?\s*[:=]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&\"'}}]+)"),
    re.compile(r"(?i)(\bIDENTIFIED\s+BY\s+)('(?:[^'\\]|\\.|'')*')"),
    re.compile(r"(://[^\s/:@]+:)([^\s/@]+)(?=@)"),
    re.compile(r"(AGE-SECRET-KEY-)([A-Z0-9]+)"),
    re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.*?)(?=-----END)", re.DOTALL),
)

_known: set[str] = set()
_lock = threading.Lock()


def remember_secret(secret: str) -> None:
    """Strike `secret` out of everything shown or logged from now on (the vault calls this)."""
    if len(secret) >= 4:
        with _lock:
            _known.add(secret)


def redact(text: str) -> str:
    """Return `text` with every known or self-announcing secret replaced by dots."""
    with _lock:
        known = tuple(_known)
    # All are looked for in the text as it came: a mask put in early could hide what gives another
    # secret away (a password that reads "secret" would unmask the one behind "secret=").
    spans = [
        (found.start(), found.end()) for one in known for found in re.finditer(re.escape(one), text)
    ]
    spans += [found.span(2) for pattern in _PATTERNS for found in pattern.finditer(text)]
    kept, end = list[str](), 0
    for start, stop in sorted(spans):
        if start >= end:
            kept += (text[end:start], MASK)
        end = max(end, stop)
    return "".join((*kept, text[end:]))


class _Redacted(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def start_log(folder: Path, *, level: int = logging.INFO) -> logging.Handler:
    """Write the log to `folder`/gmops.log (5 files of 1 MB); return the handler, for closing."""
    handler = RotatingFileHandler(
        folder / "gmops.log", maxBytes=1_000_000, backupCount=4, encoding="utf-8", delay=True
    )
    handler.setFormatter(_Redacted("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level)
    hush()
    return handler


def hush() -> None:
    """Keep out what libraries write that name whole addresses and bodies, signed ones included."""
    for chatty in (
        "httpx",
        "httpcore",
        "tencentcloud_sdk_common",
        "paramiko",
        "pyhanko",
        "urllib3",
    ):
        logging.getLogger(chatty).setLevel(logging.WARNING)
