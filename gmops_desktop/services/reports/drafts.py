"""A document before it is made: its facts are gathered once, its pages set anew as texts change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gmops_desktop.context import Context
from gmops_desktop.contract.report_texts import OwnText, TextKey, tidied
from gmops_desktop.language import Language, mark, speaking, tr
from gmops_desktop.reports.orders import Built, Document, Revision, Secrecy
from gmops_desktop.reports.worker import Worker

_NUMBER: Final = mark("draft")


class Draft:
    """The facts of one document, and a process that sets its pages; `close` ends the process.

    `versions` are those there were, the oldest first."""

    def __init__(
        self,
        key: TextKey,
        facts: Any,
        order: Callable[[Any, Document], Built],
        language: Language,
        versions: tuple[Revision, ...] = (),
    ) -> None:
        self.key = key
        self._versions = versions
        self._facts, self._order, self._language = facts, order, language
        self._worker = Worker()

    def draw(
        self,
        texts: tuple[OwnText, ...],
        context: Context,
        secrecy: Secrecy = "internal",
        corrects: str = "",
    ) -> Built:
        """Return the whole document with these words in it, as it would be made now."""
        with speaking(self._language):
            number = tr(_NUMBER)
        shown = tuple(replaced for one in texts if (replaced := _tidied(one)).text)
        before = self._versions[-1].number if self._versions else ""
        document = Document(
            number, self._language, before, shown, secrecy, self._versions, corrects.strip()
        )
        return self._worker.run(context, self._order, self._facts, document)

    def close(self) -> None:
        """End the process; `draw` would begin another."""
        self._worker.close()


def _tidied(one: OwnText) -> OwnText:
    return OwnText(one.section, tidied(one.text), one.by, one.at)
