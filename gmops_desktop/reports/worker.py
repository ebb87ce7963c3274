"""Long computing in a process of its own, so that the window stays fluid and cancel is instant.

The process is spawned (never forked: we have threads).  In the frozen program the entry points
call `multiprocessing.freeze_support()` first, or the child would open the program again.
"""

from __future__ import annotations

import multiprocessing
import signal
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar, cast

from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import Language, current, tr, use

P = ParamSpec("P")
T = TypeVar("T")


def run(context: Context, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `function` returns; it and its arguments must be picklable.

    Its `OpsError` is raised here as it was there.  A cancelled context ends the process.
    """
    spawn = multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    call = (sender, current(), function, args, kwargs)
    process = spawn.Process(target=_work, args=call, name="gmops-worker", daemon=True)
    with receiver:
        with sender:  # the child has its own end; ours must go, or its death would go unseen
            process.start()
        try:
            with context.on_cancel(process.terminate):
                outcome = cast(tuple[bool, Any], receiver.recv())
        except EOFError as error:
            process.join()
            context.check()
            raise OpsError(
                tr("The computing process ended early (exit code {code}).", code=process.exitcode),
                hint=tr("There may be too little memory: close other programs and try again."),
            ) from error
        finally:
            process.terminate()  # cancelled, or its answer is here
            process.join()
            process.close()
    done, value = outcome
    if done:
        return cast(T, value)
    if isinstance(value, OpsError):
        raise value
    raise RuntimeError(f"in the computing process:\n{value}")


def _work(
    sender: Connection,
    language: Language,
    function: Callable[..., object],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> None:
    """Run in the child.  Ctrl+C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    use(language)
    try:
        sender.send((True, function(*args, **kwargs)))
    except OpsError as error:
        sender.send((False, error))
    except Exception:
        sender.send((False, traceback.format_exc()))
