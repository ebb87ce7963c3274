"""Everything that is owed for a month, made in one go: a document that fails stops no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.language import DEFAULT, Language, tr
from gmops_desktop.services.reports.register import Kind, Report, word_of_kind

logger = logging.getLogger(__name__)


class Makes(Protocol):
    """What makes a document: `Reports`."""

    def make(
        self,
        kind: Kind,
        of: str,
        context: Context,
        *,
        out: Path | None = None,
        language: Language = DEFAULT,
    ) -> Report: ...


@dataclass(frozen=True, slots=True)
class Owed:
    """A document that a month still lacks: `of` is the month or a ticket's number, `why` says what
    it is owed for.  `due` is false while its period is not over: it may be made, and is not owed
    yet."""

    kind: Kind
    of: str
    why: str = ""
    due: bool = True

    @property
    def title(self) -> str:
        """What it is, in words."""
        return tr("{kind} {of}", context="document", kind=word_of_kind(self.kind), of=self.of)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one: the document, or why there is none and what to do."""

    owed: Owed
    report: Report | None = None
    fault: str = ""
    hint: str = ""


class MonthEnd:
    """Finds what is owed (`find`, by the month) and makes it."""

    def __init__(self, reports: Makes, find: Callable[[str], tuple[Owed, ...]]) -> None:
        self._reports, self._find = reports, find

    def owed(self, period: str) -> tuple[Owed, ...]:
        """Return what a month ("2018-03") still lacks, in the order in which it is made."""
        return self._find(period)

    def make_all(
        self,
        owed: Sequence[Owed],
        context: Context,
        told: Callable[[Outcome], object] = lambda _one: None,
        language: Language = DEFAULT,
    ) -> tuple[Outcome, ...]:
        """Make them one after the other; `told` hears of each as it ends.

        Cancelling ends it between two documents or within one; those made stay.
        """
        found: list[Outcome] = []
        for place, one in enumerate(owed):
            context.progress(100 * place // len(owed), one.title)
            outcome = self._make(one, context, language)
            found.append(outcome)
            context.note(
                tr("{title}: {number}", title=one.title, number=outcome.report.number)
                if outcome.report is not None
                else tr("{title} failed: {why}", title=one.title, why=outcome.fault)
            )
            told(outcome)
        return tuple(found)

    def _make(self, one: Owed, context: Context, language: Language) -> Outcome:
        try:
            return Outcome(one, self._reports.make(one.kind, one.of, context, language=language))
        except Cancelled:
            raise
        except OpsError as error:
            return Outcome(one, fault=error.message, hint=error.hint)
        except Exception as error:  # a bug in one kind of document keeps nobody from the others
            logger.exception("%s of %s hit a bug", one.kind, one.of)
            said = (str(error).strip() or type(error).__name__).splitlines()[-1]
            return Outcome(
                one,
                fault=tr("A fault of the program: {why}", why=said),
                hint=tr("The log has the details; the other documents are not affected."),
            )
