"""What the tests of `gmops_desktop.resident` let live in the process: one method for each fate."""

from __future__ import annotations

import logging
import os
import signal
import threading
from pathlib import Path

from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import current
from gmops_desktop.resident import Resident
from gmops_desktop.spawned import Ask


class Served:
    def __init__(self, ask: Ask, folder: Path) -> None:
        self._ask, self._folder = ask, folder

    def close(self) -> None:
        (self._folder / "closed").touch()

    def who(self, _context: Context) -> tuple[int, str]:
        return os.getpid(), current()

    def report(self, context: Context) -> str:
        context.progress(100, "all of it", 7)
        context.note("noted")
        context.changed(Change.SERVERS)
        return "reported"

    def secret(self, _context: Context, name: str) -> str:
        return self._ask(name)

    def refuse(self, _context: Context) -> None:
        raise OpsError("refused there", hint="the hint", unharmed="the rest")

    def bug(self, _context: Context) -> int:
        return int("bug")

    def warn(self, _context: Context) -> None:
        logging.getLogger("served").warning("a warning from there")

    def wait(self, context: Context) -> None:
        context.note("waiting")
        context.wait(600)

    def hang(self, context: Context) -> None:
        """Stop all of the process, as a machine without memory would."""
        context.note("hanging")
        os.kill(os.getpid(), signal.SIGSTOP)
        threading.Event().wait(600)

    def die(self, _context: Context) -> None:
        os._exit(7)


def furnish(ask: Ask, folder: Path) -> Served:
    return Served(ask, folder)


def refuse(_ask: Ask, _folder: Path) -> Served:
    raise OpsError("nothing can be made there", hint="look why")


def main() -> None:
    """Print the number of the process, and wait to be killed."""
    resident = Resident(furnish, Path(), answer=str)
    print(resident.call(Context(), "who")[0], flush=True)  # noqa: T201 - to the test
    threading.Event().wait()


if __name__ == "__main__":
    main()
