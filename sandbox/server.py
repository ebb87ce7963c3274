"""What every server of the sandbox is: a folder of its own, a process in a session of its own, and
a loopback port that it keeps.

The process and port are noted in the folder's `process.json`; so a later program finds the server
running, or knows the port it had.
"""

from __future__ import annotations

import json
import os
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import ROOT, write_atomically
from sandbox.processes import (
    Process,
    answers,
    end_strays,
    free_port,
    greeted,
    launch,
    marking,
    pause,
)


class Server(ABC):
    """The server of `folder`; `port` 0 takes a free one at the first start and keeps it.

    As a context manager it starts and stops.
    """

    name: ClassVar[str]
    patience: ClassVar[float] = 10.0  # seconds to stop by itself
    greets: ClassVar[bool] = False  # speaks first, and listens some time before it is ready

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.process: Process | None = None
        self.port = port
        note = folder / "process.json"
        if note.exists():
            kept = json.loads(note.read_text("utf-8"))
            self.process = Process(kept["pid"], kept["began"])
            self.port = port or kept["port"]

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.alive()

    def start(self) -> None:
        """Start it unless it runs; return when it answers.

        One that is about to end is waited for.  Raises `OpsError` with the end of its log where it
        does not answer.
        """
        if self.process and self._answered(self.process, self.port):
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        end_strays(self.folder)
        self._start()

    def stop(self) -> None:
        """Stop it in order, with all it started; nothing to do for one that does not run."""
        if self.process:
            self.process.end(patience=self.patience)
            self.process = None
        end_strays(self.folder)

    def kill(self) -> None:
        """Let it vanish as in a crash (for tests of what a client then says)."""
        if self.process:
            self.process.kill()
            self.process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @abstractmethod
    def _start(self) -> None:
        """Prepare what it needs, then `_listen`."""

    def _listen(
        self,
        words: Callable[[int], Sequence[str | Path]],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Launch the server that `words(port)` names, and wait until it answers.

        A port that is taken is replaced by a free one.
        """
        marked = {**(environment or {}), **marking(self.folder)}
        for attempt in range(5):
            wanted = self.port if attempt == 0 and self.port and not answers(self.port) else 0
            port = wanted or free_port()
            process = launch(words(port), self.log, environment=marked)
            note = {"pid": process.pid, "began": process.began, "port": port}
            write_atomically(self.folder / "process.json", json.dumps(note).encode())
            if self._answered(process, port):
                self.process, self.port = process, port
                return
            process.end()
            if not answers(port):
                break  # it failed, and not because somebody snatched the port
        tail = "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-8:])
        raise OpsError(
            tr("{name} of the sandbox did not start.", name=self.name),
            hint=tr("The end of its log {log}: {tail}", log=self.log, tail=tail),
        )

    def _listen_as(self, module: str) -> None:
        """The same for a server of our own: `python -m module FOLDER PORT`."""
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self._listen(
            lambda port: [sys.executable, "-m", module, self.folder, str(port)],
            {"PYTHONPATH": path},
        )

    def _answered(self, process: Process, port: int) -> bool:
        ready = greeted if self.greets else answers
        deadline = time.monotonic() + 60
        while process.alive() and time.monotonic() < deadline:
            if ready(port):
                return process.alive()
            pause()
        return False
