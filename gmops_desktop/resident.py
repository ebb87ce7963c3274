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
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol, cast

from gmops_desktop.changes import Change
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.language import Language, current, tr, use
from gmops_desktop.log import hush, remember_secret

Outcome = tuple[bool, Any]  # whether it was done; what came of it, or what was raised
Ask = Callable[[str], str]

logger = logging.getLogger(__name__)

_BEATS: Final = 6  # signs of life within the patience
_STARTING: Final = 4.0  # so many times as patient with one that gave no sign yet: it loads libraries
_NICE: Final = 5  # what computes behind the window leaves it the processors, too
_FAREWELL: Final = 3.0  # seconds for closing what it holds open


class Served(Protocol):
    """What lives in the process: its methods are called by name, each with a context first."""

    def close(self) -> None:
        """Let go of what is held open; calls may still be on their way."""
        ...


# ---------------------------------------------------------------- how calls end, in any process


def outcome_of(function: Callable[..., object], *args: object, **kwargs: object) -> Outcome:
    """Call `function`; return what came of it, in a form that travels."""
    try:
        return True, function(*args, **kwargs)
    except (OpsError, Cancelled) as error:
        return False, error
    except Exception:
        return False, traceback.format_exc()


def value_of(outcome: Outcome) -> Any:
    """Return what the function returned there, or raise here what it raised."""
    done, value = outcome
    if done:
        return value
    if isinstance(value, OpsError | Cancelled):
        raise value
    raise RuntimeError(f"in the computing process:\n{value}")


# ---------------------------------------------------------------- here


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
            target=_live, args=(there, current(), level, beat, serve, args),
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


# ---------------------------------------------------------------- there


def _live(
    pipe: Connection,
    language: Language,
    level: int,
    beat: float,
    serve: Callable[..., Served],
    args: tuple[object, ...],
) -> None:
    """Be the process, to its end.  Ctrl+C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    use(language)
    house = _House(pipe)
    log = logging.getLogger()
    log.addHandler(_Teller(house))
    log.setLevel(level)
    hush()
    if sys.platform != "win32":
        os.nice(_NICE)
    threading.Thread(target=house.beat, args=(beat,), daemon=True).start()
    house.live(serve, args)
    os._exit(0)  # what still hangs in a thread is not waited for


class _House:
    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._sending = threading.Lock()
        self._busy = threading.Event()
        self._busy.set()  # it is being furnished
        self._lock = threading.Lock()
        self._calls: dict[int, Context] = {}
        self._asked: dict[int, SimpleQueue[Outcome]] = {}
        self._numbers = count(1)

    def live(self, serve: Callable[..., Served], args: tuple[object, ...]) -> None:
        """Take calls until the pipe ends, or the parent says so."""
        made = outcome_of(serve, self.ask, *args)
        while True:
            try:
                message = self._pipe.recv()
            except (EOFError, OSError):
                return
            match message:
                case ("call", number, language, verb, words):
                    if not made[0]:
                        self.send(("ended", number, made))
                        return
                    use(language)
                    self._begin(number, getattr(made[1], verb), words)
                case ("cancel", number):
                    with self._lock:
                        context = self._calls.get(number)
                    if context is not None:
                        context.cancel()
                case ("answer", number, outcome):
                    self._asked.pop(number).put(outcome)
                case _:
                    break
        for context in list(self._calls.values()):
            context.cancel()
        if made[0]:
            made[1].close()

    def ask(self, word: str) -> str:
        """Ask the parent for a secret by its name; raises what was raised there."""
        number = next(self._numbers)
        waiting = self._asked[number] = SimpleQueue[Outcome]()
        self.send(("ask", number, word))
        secret = cast(str, value_of(waiting.get()))
        remember_secret(secret)
        return secret

    def beat(self, seconds: float) -> None:
        """Give signs of life while there is work; an idle process sleeps."""
        pause = threading.Event()
        while True:
            self._busy.wait()
            self.send(("alive",))
            pause.wait(seconds)

    def send(self, message: tuple[object, ...]) -> None:
        try:
            with self._sending:
                self._pipe.send(message)
        except OSError:
            os._exit(0)  # nobody is there any more

    def _begin(self, number: int, method: Callable[..., object], words: tuple[object, ...]) -> None:
        def tell(kind: str) -> Callable[[Progress | str | Change], None]:
            return lambda value: self.send((kind, number, value))

        context = Context(tell("progress"), tell("note"), tell("change"))
        with self._lock:
            self._calls[number] = context
            self._busy.set()
        work = threading.Thread(target=self._work, args=(number, method, context, words))
        work.daemon = True
        work.start()

    def _work(
        self,
        number: int,
        method: Callable[..., object],
        context: Context,
        words: tuple[object, ...],
    ) -> None:
        outcome = outcome_of(method, context, *words)
        with self._lock:
            del self._calls[number]
            if not self._calls:
                self._busy.clear()
        self.send(("ended", number, outcome))


class _Teller(logging.Handler):
    """Lets the parent write the log: one file, one hand."""

    def __init__(self, house: _House) -> None:
        super().__init__()
        self._house = house

    def emit(self, record: logging.LogRecord) -> None:
        self._house.send(("log", record.name, record.levelno, self.format(record)))
