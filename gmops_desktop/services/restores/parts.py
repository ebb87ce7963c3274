"""Parts of a job, each of which counts its own progress from 0 to 100."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled


class _Part(Context):
    """Reports every step: the whole decides how often somebody hears of it."""

    def progress(
        self,
        percent: int | None,
        text: str = "",
        travelled: int = 0,
        detail: Callable[[], object] | None = None,
    ) -> None:
        self.check()
        self._report(Progress(percent, text, travelled, detail() if detail else None))


@contextmanager
def part(context: Context, low: int, high: int) -> Iterator[Context]:
    """Let a part of the work count its own 0 to 100 within `low` to `high` of the whole.

    It uses the same line, unless it takes another.
    """

    def report(progress: Progress) -> None:
        percent = progress.percent
        whole = None if percent is None else min(99, low + percent * (high - low) // 100)
        with suppress(Cancelled):  # the part is cancelled, too, unless it must not be cut now
            context.progress(whole, progress.text, progress.travelled, lambda: progress.detail)

    inner = _Part(report, context.note)
    inner.line = context.line
    with context.on_cancel(inner.cancel):
        yield inner
