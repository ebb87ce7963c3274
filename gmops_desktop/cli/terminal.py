"""What a command has in hand of the terminal: the answer on standard output, everything else on
standard error, questions, and the one job it runs until it ends or Ctrl+C cancels it."""

from __future__ import annotations

import gc
import getpass
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final, TextIO, TypeVar

from gmops_desktop.cli.plain import plain
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.language import tr
from gmops_desktop.log import redact, remember_secret

if TYPE_CHECKING:
    from rich.console import Console

Result = TypeVar("Result")

PASSWORD_FILE: Final = "GMOPS_PASSWORD_FILE"
_PIPE_WIDTH: Final = 160  # columns of a table that nobody looks at directly
_LINE_SECONDS: Final = 5.0  # between two progress lines where there is no terminal to redraw
_POLL_SECONDS: Final = 0.1  # how soon Ctrl+C is noticed
# Rows are many objects and hardly ever cycles: looking for these as often as usual takes time.
_SELDOM: Final = (100_000, 20, 100)


class BadAnswer(Exception):
    """A command did its work, and the answer is bad: `result` for scripts, `error` for people."""

    def __init__(self, result: object, error: OpsError) -> None:
        super().__init__(error.message)
        self.result = result
        self.error = error


class Terminal:
    """One command's view of the terminal.  `json` answers scripts: one document on stdout."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    # ------------------------------------------------------------ answers

    def answer(self, result: object, *lines: str) -> None:
        """Give the result: as JSON where asked for, else as `lines` for a person."""
        if self.as_json:
            self._write(json.dumps(plain(result), ensure_ascii=False, indent=2))
        else:
            for line in lines:
                self._write(redact(line))

    def table(self, result: object, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Give the result as JSON where asked for, else as a table with one row per thing."""
        if self.as_json:
            self.answer(result)
            return
        from rich.table import Table
        from rich.text import Text

        table = Table(*heads, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for row in rows:
            table.add_row(*(Text(redact(cell)) for cell in row))
        console = _console(sys.stdout)
        with console.capture() as drawn:
            console.print(table)
        for line in drawn.get().splitlines():
            self._write(line.rstrip())  # what is piped on has no blanks at its ends

    def tell(self, line: str) -> None:
        """Say something beside the answer, on standard error."""
        print(redact(line), file=sys.stderr, flush=True)  # noqa: T201 - the terminal is our output

    @staticmethod
    def _write(text: str) -> None:
        print(text, flush=True)  # noqa: T201 - the terminal is our output

    # ------------------------------------------------------------ questions

    @property
    def can_ask(self) -> bool:
        """Whether a person sits here to answer."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def ask(self, question: str) -> str:
        """Ask on standard error and return what was typed, trimmed."""
        sys.stderr.write(f"{question} ")
        sys.stderr.flush()
        return sys.stdin.readline().strip()

    def password(
        self, name: str, find: Callable[[str], str | None], *, from_file: bool
    ) -> str | None:
        """Return the password kept under `name`: where `from_file`, out of the file named by
        `GMOPS_PASSWORD_FILE`, else from the keyring (`find`), else typed; None where none has it.
        """
        secret = password_from_file() if from_file else None
        if secret is None:
            try:
                secret = find(name)
            except OpsError:
                if not self.can_ask:
                    raise  # it says what to do where no keyring answers
        if secret is None and self.can_ask:
            secret = getpass.getpass(f"{tr('Password for {name}:', name=name)} ")
        if secret is not None:
            remember_secret(secret)
        return secret

    # ------------------------------------------------------------ the job

    def run(self, job: Callable[[Context], Result], title: str, *, terse: bool = False) -> Result:
        """Run `job` with progress on standard error; the first Ctrl+C cancels it cleanly.

        `terse` leaves the progress out where standard error is no terminal: a log wants results.

        The job has a thread of its own, as in the window, so that cancelling can close a socket on
        which it waits.  Raises `Cancelled`, or whatever the job raises.
        """
        if not gc.isenabled():  # everything is loaded now
            gc.freeze()
            gc.set_threshold(*_SELDOM)
            gc.enable()
        with _progress(title, terse=terse) as report, _interrupts() as interrupted:
            context = Context(report, self.tell)
            with ThreadPoolExecutor(1, thread_name_prefix="job") as pool:
                future = pool.submit(job, context)
                while not wait([future], timeout=_POLL_SECONDS).done:
                    if interrupted.is_set() and not context.cancelled:
                        self.tell(tr("Stopping; what is being written is cleaned up first."))
                        context.cancel()
            error = future.exception()
            if error is not None and context.cancelled:
                raise Cancelled from error
            return future.result()


def password_from_file() -> str | None:
    """Return the first line of the file named by `GMOPS_PASSWORD_FILE`, if one is named."""
    if not (named := os.environ.get(PASSWORD_FILE)):
        return None
    try:
        lines = Path(named).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise OpsError(
            tr("The password file {path} cannot be read: {why}.", path=named, why=error),
            hint=tr("Name a readable file with the password on its first line."),
        ) from error
    return lines[0] if lines else ""


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """While inside, Ctrl+C and a polite kill set the event instead of unwinding anything."""
    interrupted = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        interrupted.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _progress(title: str, *, terse: bool) -> Iterator[Callable[[Progress], None]]:
    """Show progress on standard error: a bar on a terminal, now and then a line elsewhere."""
    if not sys.stderr.isatty():
        yield (lambda _progress: None) if terse else _lines(title)
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=_console(sys.stderr), transient=True) as bar:
        shown = bar.add_task(title, total=None)

        def report(progress: Progress) -> None:
            total = None if progress.percent is None else 100
            text = progress.text or title
            bar.update(shown, description=text, total=total, completed=progress.percent or 0)

        yield report


def _lines(title: str) -> Callable[[Progress], None]:
    last = time.monotonic()

    def report(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _LINE_SECONDS:
            last = now
            share = "" if progress.percent is None else f"{progress.percent:3d} % "
            sys.stderr.write(f"{share}{redact(progress.text or title)}\n")
            sys.stderr.flush()

    return report


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    return Console(file=stream, width=None if stream.isatty() else _PIPE_WIDTH, highlight=False)
