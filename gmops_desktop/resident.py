"""A process of our own that stays: it takes calls side by side, and what it must be told on the way
it asks back.

Threads of one process share one interpreter's turns, so the window waits for whatever computes
beside it; another process has turns of its own.  It is spawned (never forked: we have threads), and
all that passes between the two goes through one pipe: no secret stands in its arguments or its
environment.  It ends when that pipe does, however its parent came to its end.
"""

from __future__ import annotations

import logging
import multiprocessing
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from multiprocessing.process import BaseProcess
from queue import Empty, SimpleQueue
from typing import Any, Final, cast

from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.language import current, tr
from gmops_desktop.spawned import Ask, Outcome, Served, live, outcome_of, value_of

_BEATS: Final = 6  # signs of life within the patience
_STARTING: Final = 4.0  # so many times as patient before the first: it loads libraries
_FAREWELL: Final = 3.0  # seconds for closing what it holds open


class Resident:
    """Starts the process when it is first called, and again after it ended.

    `serve(ask, *args)` makes in it what the calls go to; both must be picklable, and no argument
    may be a secret: those the process asks for by name, and `answer` gives them, in a thread of
    this process.  One that gives no sign of life for `patience` seconds while it has work is ended.
    """

    def __init__(
        self,
        serve: Callable[..., Served],
        *args: object,
        answer: Ask,
        patience: float = 30.0,
    ) -> None:
        self._serve, self._args = serve, args
        self._answer, self._patience = answer, patience
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._over = False

    @property
    def pid(self) -> int | None:
        """The number of the process that runs now, if one does."""
        child = self._child
        return child.process.pid if child is not None and not child.gone else None

    def call(self, context: Context, verb: str, *args: object) -> Any:
        """Return what the method `verb` returns there; what it reports on the way is reported here.

        Raises what it raised, `Cancelled`, or an `OpsError` where the process ended or hung.
        """
        context.check()
        child = self._living()
        call = child.begin(verb, args)
        with context.on_cancel(lambda: call.put(("cancelled", None))):
            return value_of(self._followed(child, call, context))

    def tell(self, verb: str, *args: object) -> None:
        """Call a method there, if the process runs, and wait for nothing."""
        child = self._child
        if child is not None and not child.gone:
            with suppress(OpsError):  # it has just ended, and needs to be told nothing
                child.begin(verb, args)

    def close(self) -> None:
        """End the process; it is not started again."""
        with self._lock:
            self._over = True
            child, self._child = self._child, None
        if child is not None:
            child.dismiss()

    def _living(self) -> _Child:
        with self._lock:
            if self._over:
                raise Cancelled
            if self._child is None or self._child.gone:
                self._child = _Child(self._serve, self._args, self._answer, self._patience)
            return self._child

    def _followed(self, child: _Child, call: _Call, context: Context) -> Outcome:
        """Hand on what is reported until the call ends; end a process that hangs."""
        heard, silent = -1, 0.0
        step = self._patience / _BEATS
        while True:
            try:
                kind, value = call.get(timeout=step)
            except Empty:
                # Counted in steps that were waited, not by a clock: a machine may have slept.
                silent = 0.0 if child.heard != heard else silent + step
                heard = child.heard
                if silent >= self._patience * (1 if heard else _STARTING):
                    child.hangs()
                continue
            match kind:
                case "ended":
                    return cast(Outcome, value)
                case "cancelled":
                    child.cancel(call)
                case "note":
                    context.note(value)
                case "change":
                    context.changed(value)
                case _ if not context.cancelled:
                    with suppress(Cancelled):  # just now; the process is told, and ends the call
                        context.progress(value.percent, value.text, value.travelled)


class _Call(SimpleQueue[tuple[str, Any]]):
    """What is heard of one call, until its end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class _Child:
    """One such process, from its start to its end."""

    def __init__(
        self, serve: Callable[..., Served], args: tuple[object, ...], answer: Ask, patience: float
    ) -> None:
        self.heard = 0  # messages, signs of life among them
        self._over = threading.Event()
        self._answer = answer
        self._why = ""
        self._dismissed = False
        self._numbers = count(1)
        self._calls: dict[int, _Call] = {}
        self._lock, self._sending = threading.Lock(), threading.Lock()
        spawn = multiprocessing.get_context("spawn")
        self._pipe, there = spawn.Pipe()
        level = logging.getLogger().getEffectiveLevel()
        beat = patience / _BEATS
        self.process: BaseProcess = spawn.Process(
            target=live, args=(there, current(), level, beat, serve, args),
            name="gmops-resident", daemon=True,
        )  # fmt: skip
        try:
            with there:  # the child has its own end; ours must go, or its death would go unseen
                self.process.start()
        except OSError as error:
            self._pipe.close()
            raise OpsError(
                tr("The computing process could not be started: {why}.", why=error),
                hint=tr("There may be too little memory: close other programs and try again."),
            ) from error
        threading.Thread(target=self._read, name="resident", daemon=True).start()

    @property
    def gone(self) -> bool:
        """Whether it has ended."""
        return self._over.is_set()

    def begin(self, verb: str, args: tuple[object, ...]) -> _Call:
        """Ask for a call; what is heard of it comes through what is returned."""
        with self._lock:
            call = _Call(next(self._numbers))
            if self.gone:
                raise self._ended()
            self._calls[call.number] = call
        self._send(("call", call.number, current(), verb, args))
        return call

    def cancel(self, call: _Call) -> None:
        """Ask the process to stop a call; its end comes as ever."""
        self._send(("cancel", call.number))

    def hangs(self) -> None:
        """End a process that gives no sign of life."""
        self._why = tr("it gave no sign of life any more")
        self.process.kill()

    def dismiss(self) -> None:
        """Ask it to end, and insist."""
        self._dismissed = True
        # A process that hangs with a full pipe would hold up whoever writes to it.
        threading.Thread(target=self._send, args=(("end",),), daemon=True).start()
        if not self._over.wait(_FAREWELL):
            self.process.kill()
            self._over.wait()

    def _send(self, message: tuple[object, ...]) -> None:
        with self._sending, suppress(OSError):  # it ended: whoever reads tells the calls
            self._pipe.send(message)

    def _read(self) -> None:
        """Take what the process says, until it has ended."""
        with suppress(EOFError, OSError):
            while True:
                self._hear(self._pipe.recv())
        self.process.join()
        with self._sending:
            self._pipe.close()
        with self._lock:
            self._over.set()
            left, self._calls = list(self._calls.values()), {}
        for call in left:
            call.put(("ended", (False, self._ended())))

    def _hear(self, message: tuple[Any, ...]) -> None:
        self.heard += 1
        match message:
            case ("alive",):
                pass
            case ("log", name, level, text):
                logging.getLogger(name).log(level, "%s", text)
            case ("ask", number, word):  # a keyring may wait for its owner
                asked = threading.Thread(target=self._tell, args=(number, word), daemon=True)
                asked.start()
            case (kind, number, value):
                with self._lock:
                    call = self._calls.get(number)
                    if kind == "ended":
                        self._calls.pop(number, None)
                if call is not None:
                    call.put((kind, value))

    def _tell(self, number: int, word: str) -> None:
        self._send(("answer", number, outcome_of(self._answer, word)))

    def _ended(self) -> OpsError | Cancelled:
        if self._dismissed:
            return Cancelled()
        code = tr("exit code {code}", code=self.process.exitcode)
        return OpsError(
            tr("The computing process ended early ({why}).", why=self._why or code),
            hint=tr("It is started anew the next time. If it ends again, there may be too little "
                    "memory: close other programs."),
        )  # fmt: skip
