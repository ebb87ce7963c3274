"""What lives in a process of our own: it takes calls through a pipe, side by side, and asks and
reports through it.  `resident` is the other end.

How a call ends (`outcome_of`, `value_of`) is the same for every process that is started.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from itertools import count
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, Final, Protocol, cast

from gmops_desktop.changes import Change
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.language import Language, use
from gmops_desktop.log import hush, remember_secret

Outcome = tuple[bool, Any]  # whether it was done; what came of it, or what was raised
Ask = Callable[[str], str]

_NICE: Final = 5  # what computes behind the window leaves it the processors, too


class Served(Protocol):
    """What lives in the process: its methods are called by name, each with a context first."""

    def close(self) -> None:
        """Let go of what is held open; calls may still be on their way."""
        ...


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


def live(
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
