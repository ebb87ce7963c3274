"""Everything at once: each kind of backup of each resource, one record, one verdict.

The kinds are handed in, so that a new one joins with a line where the program is put together.
A part that fails is told and does not stop the others.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from db.engine import Database
from db.ids import uuid7
from db.journal import Journal
from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context, Progress
from gmops_desktop.contract.record import EntryView
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from gmops_desktop.language import tr, tr_n
from gmops_desktop.log import redact
from gmops_desktop.states import State, worst

logger = logging.getLogger(__name__)

# Whole: kept, proved, nothing left out.  Incomplete: kept and proved, but the verdict names what is
# not in it.  Unproved: written, but not what was to be written.
Outcome = Literal["whole", "incomplete", "unproved", "failed", "cancelled"]

_STATES: Final[Mapping[Outcome, State]] = {
    "whole": "ok",
    "incomplete": "warning",
    "unproved": "critical",
    "failed": "critical",
    "cancelled": "unknown",
}
_RECORD: Final = "backup"  # the kind of its entries in the journal
_ACTION: Final = "all"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a kind of backup says of an archive it wrote: `faults` where the proof failed."""

    archive_id: str
    path: Path
    file_bytes: int
    complete: bool
    verdict: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of backup: its `key` for scripts, its word, the resources it is for, and how one is
    written and proved."""

    key: str
    word: Callable[[], str]
    resources: Callable[[], Sequence[Resource]]
    take: Callable[[Resource, Context], Kept]


@dataclass(frozen=True, slots=True)
class Part:
    """How the backup of one resource ended; `text` says it in sentences."""

    kind: str
    resource_id: str
    name: str
    outcome: Outcome
    text: str
    seconds: float = 0.0
    archive_id: str = ""
    path: str = ""
    file_bytes: int = 0

    @property
    def state(self) -> State:
        """The state that stands beside it."""
        return _STATES[self.outcome]


@dataclass(frozen=True, slots=True)
class WholeBackup:
    """One run over everything."""

    id: str
    at: datetime
    seconds: float
    parts: tuple[Part, ...]

    @property
    def state(self) -> State:
        """The worst of its parts."""
        return worst(part.state for part in self.parts)

    @property
    def verdict(self) -> str:
        """The one verdict, in plain words."""
        good = [part for part in self.parts if part.outcome in ("whole", "incomplete")]
        bad = tr(", ").join(part.name for part in self.parts if part not in good)
        if bad:
            return tr("{good} of {all} parts are backed up and proved. Not: {names}.",
                      good=len(good), all=len(self.parts), names=bad)  # fmt: skip
        if open_ends := [part.name for part in good if part.outcome == "incomplete"]:
            return tr("Everything is backed up and proved; something is left out of: {names}.",
                      names=tr(", ").join(open_ends))  # fmt: skip
        return tr_n("{count} part is backed up and proved: everything.",
                    "{count} parts are backed up and proved: everything.", len(good))  # fmt: skip


class WholeBackups:
    """Takes every kind of backup of every resource, one after another."""

    def __init__(self, database: Database, journal: Journal, kinds: Sequence[Kind]) -> None:
        self._database, self._journal, self._kinds = database, journal, tuple(kinds)

    def planned(self) -> tuple[tuple[Kind, Resource], ...]:
        """Return what would be taken, in order."""
        return tuple((kind, resource) for kind in self._kinds for resource in kind.resources())

    def word_of(self, key: str) -> str:
        """Return the word of a kind; its key, where an older program knew it."""
        return next((kind.word() for kind in self._kinds if kind.key == key), key)

    def take(self, context: Context) -> WholeBackup:
        """Take and prove everything; what fails is told in its part.  The run is recorded.

        Raises `OpsError` where there is nothing to back up; a cancelled run is recorded as far as
        it came, and raises `Cancelled`.
        """
        planned = self.planned()
        if not planned:
            raise OpsError(
                tr("There is nothing to back up yet."),
                hint=tr("Add the resources of the contract in the window's settings."),
            )
        begun, clock = datetime.now(UTC), time.monotonic()
        parts: list[Part] = []
        try:
            for place, (kind, resource) in enumerate(planned):
                within = _within(context, place, len(planned))
                with context.on_cancel(within.cancel):
                    parts.append(_part(kind, resource, within))
        finally:
            parts += [
                Part(kind.key, resource.id, resource.name, "cancelled", tr("Cancelled."))
                for kind, resource in planned[len(parts) :]
            ]
            whole = WholeBackup(uuid7(), begun, time.monotonic() - clock, tuple(parts))
            self._record(whole)
        context.progress(100, whole.verdict)
        return whole

    def all(self) -> tuple[WholeBackup, ...]:
        """Return every recorded run, newest first."""
        runs = [_whole(entry) for entry in self._journal.entries(_RECORD) if _is_run(entry)]
        return tuple(sorted(runs, key=lambda run: run.at, reverse=True))

    def last(self) -> WholeBackup | None:
        """Return the newest run."""
        return next(iter(self.all()), None)

    def _record(self, whole: WholeBackup) -> None:
        parts: list[Any] = [asdict(part) for part in whole.parts]
        with self._database.session() as session, session.begin():
            self._journal.record(
                session,
                _RECORD,
                whole.id,
                _ACTION,
                begun=whole.at,
                seconds=str(round(whole.seconds, 1)),
                parts=[{**part, "seconds": str(round(part["seconds"], 1))} for part in parts],
                text=whole.verdict,
            )


def _part(kind: Kind, resource: Resource, context: Context) -> Part:
    """Take one backup; whatever the world refuses becomes the part's text."""
    clock = time.monotonic()

    def ended(outcome: Outcome, text: str, **more: Any) -> Part:
        seconds = time.monotonic() - clock
        return Part(kind.key, resource.id, resource.name, outcome, redact(text), seconds, **more)

    try:
        kept = kind.take(resource, context)
    except Cancelled:
        raise
    except OpsError as error:
        context.check()  # a socket closed by a cancellation fails, too
        outcome: Outcome = "unproved" if isinstance(error, ProofFailed) else "failed"
        return ended(outcome, " ".join(filter(None, (error.message, error.hint))))
    except Exception as error:
        logger.exception("The backup of %s hit a bug", resource.name)
        return ended("failed", tr("The program made a mistake: {what}.",
                                  what=f"{type(error).__name__}: {error}"))  # fmt: skip
    facts = {
        "archive_id": kept.archive_id,
        "path": str(kept.path),
        "file_bytes": kept.file_bytes,
    }
    if kept.faults:
        return ended("unproved", " ".join(kept.faults), **facts)
    return ended("whole" if kept.complete else "incomplete", kept.verdict, **facts)


def _within(context: Context, place: int, count: int) -> Context:
    """Return the context of one part, with its share of the progress and a line of its own."""

    def report(progress: Progress) -> None:
        share = None if progress.percent is None else (100 * place + progress.percent) // count
        context.progress(share, progress.text, progress.travelled)

    return Context(report, context.note)


def _is_run(entry: EntryView) -> bool:
    return entry.action == _ACTION


def _whole(entry: EntryView) -> WholeBackup:
    note = entry.note
    return WholeBackup(
        id=entry.subject,
        at=datetime.fromisoformat(str(note["begun"])),
        seconds=float(str(note["seconds"])),
        parts=tuple(Part(**{**part, "seconds": float(part["seconds"])}) for part in note["parts"]),
    )
