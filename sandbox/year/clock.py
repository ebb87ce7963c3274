"""A clock that can be put forward, for this process and all that it starts.

Debian's libfaketime stands before the system's clock and adds what a file says.  Servers, workers
and what runs over SSH read the same file, so they agree on the day: certificates hold, signatures
of requests fit, and nobody finds a clock that is wrong.  What measures how long something takes
goes on undisturbed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NoReturn

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically

_LIBRARY: Final = "faketime/libfaketimeMT.so.1"
_PLACES: Final = ("/usr/lib", "/usr/lib64", "/usr/local/lib")
_FILE: Final = "FAKETIME_TIMESTAMP_FILE"
# Read the file at each look at the clock; leave durations and the times of files alone.
_AT_EACH_LOOK: Final = "FAKETIME_NO_CACHE"
_MANNERS: Final = {
    _AT_EACH_LOOK: "1",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    "NO_FAKE_STAT": "1",
}


def library() -> Path:
    """Return where libfaketime is; raise `OpsError` where it is not."""
    for place in _PLACES:
        for found in sorted(Path(place).glob(f"**/{_LIBRARY}")):
            return found
    raise OpsError(
        tr("The sandbox needs {name}, which is not installed.", name="libfaketime"),
        hint=tr("Debian and Ubuntu: apt-get install {package}", package="libfaketime"),
    )


def begin_at(moment: datetime, file: Path, words: Sequence[str]) -> NoReturn:
    """Become `python -m sandbox.year words` in a world in which it is now `moment`; `file` says
    so."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, _shift(moment - datetime.now(UTC)))
    world = {**_MANNERS, "TZ": "Asia/Shanghai", _FILE: str(file), "LD_PRELOAD": str(library())}
    os.execve(
        sys.executable, [sys.executable, "-m", "sandbox.year", *words], {**os.environ, **world}
    )


class Clock:
    """The clock of this process, which `begin_at` began."""

    def __init__(self) -> None:
        if _FILE not in os.environ:
            raise AssertionError("this process has the world's own clock")
        self._file = Path(os.environ[_FILE])

    @staticmethod
    def began() -> bool:
        """Whether this process has such a clock."""
        return _FILE in os.environ

    @property
    def environment(self) -> dict[str, str]:
        """What the environment of a command must say for it to have this clock.

        It reads the file when it begins; a command is over before the clock is moved.
        """
        names = (name for name in (*_MANNERS, _FILE, "LD_PRELOAD") if name != _AT_EACH_LOOK)
        return {name: os.environ[name] for name in names}

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def move(self, to: datetime) -> None:
        """Make it `to`, for everyone; the clock never goes back."""
        ahead = to - self.now
        if ahead > timedelta():
            before = timedelta(seconds=float(self._file.read_text("ascii")))
            write_atomically(self._file, _shift(before + ahead))


def _shift(by: timedelta) -> bytes:
    return f"{by.total_seconds():+.6f}".encode("ascii")
