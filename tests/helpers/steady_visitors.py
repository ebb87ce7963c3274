"""Visitors who ask a website, and its database, for the same things all the time, and keep a log of
what they were given.

Each answer must be, to the letter, one that is known beforehand: of a table that is restored only
half, count, sum or page would be others.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from pymysql.connections import Connection
from pymysql.cursors import Cursor

Given = tuple[int, str]  # a status (200 where all went well), and all that was said
Ask = Callable[[], Given]

_PAUSE = 0.003  # seconds between two questions of a visitor: the machine is not his alone
_PATIENCE = 20.0  # seconds in which a visitor must have been given an answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked when (seconds of one clock), and what came back."""

    began: float
    ended: float
    what: str
    status: int
    said: str


class Visitors:
    """One thread for each of `rounds`: a dictionary of questions, asked in turn until the end."""

    def __init__(self, rounds: Sequence[Mapping[str, Ask]]) -> None:
        self.answers: list[Answer] = []
        self.marks: list[tuple[float, str]] = []
        self._rounds = rounds
        self._changed = threading.Condition()
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(asks,)) for asks in rounds]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def mark(self, name: str) -> float:
        """Note a moment, and return only when each question was asked after it, and answered."""
        moment = time.monotonic()
        wanted = {what for asks in self._rounds for what in asks}
        with self._changed:
            self.marks.append((moment, name))
            answered = self._changed.wait_for(
                lambda: wanted <= {a.what for a in self.answers[-400:] if a.began > moment},
                _PATIENCE,
            )
        assert answered, f"the visitors have no answer since {name!r}"
        return moment

    def between(self, first: float, last: float, what: str = "") -> list[Answer]:
        """Return the answers asked for and given between two moments."""
        return [
            answer
            for answer in self.answers
            if first < answer.began and answer.ended < last and what in ("", answer.what)
        ]

    def _ask(self, asks: Mapping[str, Ask]) -> None:
        while not self._done.is_set():
            for what, ask in asks.items():
                began = time.monotonic()
                try:
                    status, said = ask()
                except Exception as error:  # whatever it was: the visitor was not served
                    status, said = 0, repr(error)
                answer = Answer(began, time.monotonic(), what, status, said)
                with self._changed:
                    self.answers.append(answer)
                    self._changed.notify_all()
                self._done.wait(_PAUSE)


class States:
    """The states in which a site may be seen, by name: for each question, what is answered then."""

    def __init__(self, asks: Mapping[str, Ask]) -> None:
        self._asks = asks
        self._known: dict[tuple[str, str], str] = {}

    def learn(self, state: str) -> None:
        """Ask everything now, when nobody changes anything, and call it `state`."""
        for what, ask in self._asks.items():
            status, said = ask()
            assert status == 200, said
            other = self._known.setdefault((what, said), state)
            assert other == state, f"{what} does not tell {other} from {state}"

    def of(self, answer: Answer) -> str:
        """Name the state that an answer shows; "neither" where it shows none of them whole."""
        if answer.status != 200:
            return "failed"
        return self._known.get((answer.what, answer.said), "neither")

    def seen(self, answers: Sequence[Answer]) -> list[str]:
        """Return the states in the order in which answers came, each run of the same one once."""
        ordered = sorted(answers, key=lambda answer: answer.ended)
        return [state for state, _ in groupby(self.of(answer) for answer in ordered)]

    def write(self, log: Path, visitors: Visitors) -> str:
        """Write the log of requests and of what was done meanwhile; return all that is wrong."""
        lines = [
            (answer.ended, f"{answer.what}: {answer.status} {self.of(answer)}")
            for answer in visitors.answers
        ] + [(moment, f"---- {name}") for moment, name in visitors.marks]
        lines.sort()
        start = lines[0][0]
        log.write_text("".join(f"{at - start:9.4f} {line}\n" for at, line in lines), "utf-8")
        wrong = [a for a in visitors.answers if self.of(a) in ("failed", "neither")]
        return "\n".join(f"{a.ended - start:9.4f} {a.what}: {a.status} {a.said[:300]}"
                         for a in wrong[:5])  # fmt: skip


def page(client: httpx.Client, url: str) -> Ask:
    """Return what asks for a page of a website."""

    def ask() -> Given:
        answer = client.get(url)
        return answer.status_code, answer.text

    return ask


def sums(connection: Connection[Cursor], statement: str) -> Ask:
    """Return what asks the website's database on a connection in autocommit; one at a time."""

    def ask() -> Given:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return 200, repr(cursor.fetchall())

    return ask
