"""The pages of a document before it is made, set anew in the background as its texts change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from gmops_desktop.context import Context
from gmops_desktop.contract.report_texts import OwnText
from gmops_desktop.language import tr
from gmops_desktop.reports.orders import Built
from gmops_desktop.services.reports import Kind, Reports
from gmops_desktop.services.reports.drafts import Draft
from gmops_desktop.tasks import Task, TaskRunner
from ui.report_bound import USUAL, Bound

_LANE: Final = "draft"
_IDLE_MS: Final = 120_000  # after which the process that sets pages is let go


@dataclass(frozen=True, slots=True)
class Drawn:
    """A draft as it was set: the whole PDF, and the page (from 0) on which `typing` stands."""

    kind: Kind
    of: str
    built: Built
    page: int | None


class Drafting(QObject):
    """One draft at a time.  While one is set, only the newest wish waits."""

    drawn = Signal(object)  # Drawn
    busy = Signal(bool)

    def __init__(self, reports: Reports, runner: TaskRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._reports, self._runner = reports, runner
        self._draft: tuple[Kind, str, Draft] | None = None
        self._task: Task | None = None
        self._wish: tuple[Kind, str, tuple[OwnText, ...], str, Bound] | None = None
        self._stale = False  # what is being set was gathered before the record changed
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.setInterval(_IDLE_MS)
        self._idle.timeout.connect(self.close)

    def show(
        self, kind: Kind, of: str, texts: tuple[OwnText, ...], typing: str = "",
        bound: Bound = USUAL,
    ) -> None:  # fmt: skip
        """Set the pages of a document with these texts; `typing` are words to be shown."""
        self._wish = (kind, of, texts, typing, bound)
        if self._task is None:
            self._begin()

    @Slot()
    def forget(self) -> None:
        """The record changed: gather the facts anew for the next draft."""
        self.close()

    @Slot()
    def close(self) -> None:
        """Let the process go; the next wish begins another."""
        if self._draft is not None and self._task is None:
            self._draft[2].close()
            self._draft = None
        elif self._task is not None:
            self._stale = True

    def _begin(self) -> None:
        assert self._wish is not None
        (kind, of, texts, typing, bound), self._wish = self._wish, None
        self._stale = False
        before, reports = self._draft, self._reports
        kept = before[2] if before is not None and before[:2] == (kind, of) else None
        self._idle.start()
        self.busy.emit(True)

        def job(context: Context) -> tuple[Draft, Drawn]:
            if before is not None and kept is None:
                before[2].close()
            draft = kept or reports.draft(kind, of, context)
            built = draft.draw(texts, context, bound.secrecy, bound.corrects)
            page = reports.page_of(built.content, typing) if typing else None
            return draft, Drawn(kind, of, built, page)

        if kept is None:
            self._draft = None
        self._task = self._runner.start(job, tr("Drawing the draft"), lane=_LANE, quiet=True)
        self._task.succeeded.connect(self._took)
        self._task.finished.connect(self._ended)

    @Slot(object)
    def _took(self, found: tuple[Draft, Drawn]) -> None:
        draft, drawn = found
        self._draft = (drawn.kind, drawn.of, draft)
        if self._wish is None or self._wish[:2] == (drawn.kind, drawn.of):
            self.drawn.emit(drawn)

    @Slot()
    def _ended(self) -> None:
        self._task = None
        if self._stale:
            self.close()
        if self._wish is not None:
            self._begin()
        else:
            self.busy.emit(False)
