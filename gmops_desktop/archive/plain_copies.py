"""A private folder for the plain copies of sealed archives, each gone when its use ends, and the
copies of a killed program swept away by the next one."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

logger = logging.getLogger(__name__)

_LOCK: Final = ".in-use"


class PlainCopies:
    """Plain copies live in `folder`, which belongs to its owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def room(self, name: str) -> Iterator[Path]:
        """Give the path of a file named `name` that does not exist yet; it is gone afterwards."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._in_use():
            place = self.folder / secrets.token_hex(8)
            place.mkdir(mode=0o700)
            try:
                yield place / name
            finally:
                shutil.rmtree(place)

    def sweep(self) -> int:
        """Remove what a killed program left, unless another one is at work; return how many."""
        if not self.folder.is_dir():
            return 0
        swept = 0
        with self._alone() as alone:
            for place in self.folder.iterdir() if alone else ():
                if place.is_dir():
                    try:
                        shutil.rmtree(place)
                        swept += 1
                    except OSError as error:  # on Windows what is in use cannot be removed
                        logger.info("The plain copy %s was not removed: %s", place, error)
        return swept

    # Everyone who has a copy open shares the lock; who has it alone knows that nobody has.

    if sys.platform == "win32":

        @contextmanager
        def _in_use(self) -> Iterator[None]:
            yield

        @contextmanager
        def _alone(self) -> Iterator[bool]:
            yield True

    else:

        @contextmanager
        def _in_use(self) -> Iterator[None]:
            import fcntl

            handle = self._lock()
            try:
                fcntl.flock(handle, fcntl.LOCK_SH)
                yield
            finally:
                os.close(handle)

        @contextmanager
        def _alone(self) -> Iterator[bool]:
            import fcntl

            handle = self._lock()
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
            finally:
                os.close(handle)

        def _lock(self) -> int:
            return os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
