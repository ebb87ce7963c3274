"""Long computing in a process of its own, so that the window stays fluid and cancel is instant.

The process is spawned (never forked: we have threads).  In the frozen program the entry points
call `multiprocessing.freeze_support()` first, or the child would open the program again.
"""

from __future__ import annotations

import gc
import multiprocessing
import pickle
import signal
from collections.abc import Callable
from io import BytesIO
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import ForkingPickler
from typing import ParamSpec, TypeVar, cast

from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import current, tr, use
from gmops_desktop.spawned import Outcome, outcome_of, value_of

P = ParamSpec("P")
T = TypeVar("T")

# The collector of garbage goes through all parts of a long document again and again; seldomer, a
# year's report took 22.7 s instead of 25.0, and 5 MB more.
_COLLECT = (100_000, 20, 50)


def run(context: Context, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `function` returns; it and its arguments must be picklable.

    Its `OpsError` is raised here as it was there.  A cancelled context ends the process.
    """
    worker = Worker()
    try:
        return worker.run(context, function, *args, **kwargs)
    finally:
        worker.close()


class Worker:
    """A process that stays for the next call, with the libraries it has loaded: one call at a
    time, begun by the first, ended by `close`."""

    def __init__(self) -> None:
        self._process: SpawnProcess | None = None
        self._line: Connection | None = None

    def run(
        self, context: Context, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return what `function` returns there, as `run` does; after a fault in the process, or
        when `context` is cancelled, it is gone and the next call begins another."""
        process, line = self._begun()
        try:
            with context.on_cancel(process.terminate):
                line.send_bytes(_packed((current(), function, args, kwargs)))
                outcome = cast(Outcome, line.recv())
        except (EOFError, OSError) as error:
            process.join()
            code = process.exitcode
            self.close()
            context.check()
            raise OpsError(
                tr(
                    "The computing process ended early ({why}).",
                    why=tr("exit code {code}", code=code),
                ),
                hint=tr("There may be too little memory: close other programs and try again."),
            ) from error
        except BaseException:
            self.close()  # what it would still answer must not meet the next question
            raise
        return cast(T, value_of(outcome))

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.terminate()
            self._process.join()
            self._process.close()
        self._process = self._line = None

    def _begun(self) -> tuple[SpawnProcess, Connection]:
        if self._process is not None and self._line is not None and self._process.is_alive():
            return self._process, self._line
        self.close()
        spawn = multiprocessing.get_context("spawn")
        ours, theirs = spawn.Pipe()
        with theirs:  # the child has its own; ours must go, or its death would go unseen
            self._process = spawn.Process(
                target=_work, args=(theirs,), name="gmops-worker", daemon=True
            )
            self._process.start()
        self._line = ours
        return self._process, ours


class _Patient(ForkingPickler):
    """Packs as the pipe would, but lets other threads have their turns: a method of Python's is
    called for every object.  In one go a month of 1,000 tickets kept the window for 138 ms."""

    def persistent_id(self, obj: object) -> None:
        """Name nothing: everything is packed as it is."""


def _packed(value: object) -> bytes:
    file = BytesIO()
    _Patient(file, pickle.HIGHEST_PROTOCOL).dump(value)
    return file.getvalue()


def _work(line: Connection) -> None:
    """Run in the child, until the parent hangs up.  Ctrl+C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*_COLLECT)
    while True:
        try:
            language, function, args, kwargs = line.recv()
        except EOFError:
            return
        use(language)
        line.send(outcome_of(function, *args, **kwargs))
