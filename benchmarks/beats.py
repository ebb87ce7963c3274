"""From beat to beat of the window's event loop: how long a turn took, and whose time it was."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure

# Between two beats.  Without a rest the window's thread would itself be what keeps the others, and
# the simulated hosts, from the processors.
_BEAT_MS: Final = 1


class Beats:
    """Turns of the event loop: of each the wall's time, the thread's own, and the time in which it
    waited for a processor, ready to run; in ms."""

    def __init__(self) -> None:
        self._turns: list[tuple[float, ...]] = []

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Count the turns that end while this lasts."""
        from PySide6.QtCore import QTimer

        last = _now()

        def beat() -> None:
            nonlocal last
            now = _now()
            self._turns.append(
                tuple((one - before) * 1000 for one, before in zip(now, last, strict=True))
            )
            last = now

        timer = QTimer()
        timer.timeout.connect(beat)
        timer.start(_BEAT_MS)
        try:
            yield
        finally:
            timer.stop()

    def tell(self, what: str, bar: float, add: Callable[[Figure], None]) -> None:
        """Add the figures of all turns: by the wall, and without what other programs had."""
        walls, cpus = sorted(one[0] for one in self._turns), [one[1] for one in self._turns]
        add(Figure(what, len(walls), walls[len(walls) // 2], walls[-1], max(cpus), bar))
        owns = sorted(wall - waited for wall, _, waited in self._turns)
        add(Figure("  of them, without what other programs had the processors", len(owns),
                   owns[len(owns) // 2], owns[-1], max(cpus), bar))  # fmt: skip


def _now() -> tuple[float, float, float]:
    return time.perf_counter(), time.thread_time(), _waited()


def _waited() -> float:
    """Return how many seconds this thread has waited for a processor, ready to run."""
    seen = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text("utf-8")
    return int(seen.split()[1]) / 1e9
