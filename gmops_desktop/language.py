"""Words in the user's language, for window, terminal, errors and reports alike.

English sources are looked up in the catalogues under `resources/translations/<language>/`: one
JSON object per subject, English to translation.  The same English with two meanings is told apart
by a context, written `context|English` in the catalogue.  Reports are always Chinese unless asked
otherwise, so a language may also be chosen for one block of work (`speaking`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from typing import Final, Literal

Language = Literal["zh_CN", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("zh_CN", "en")
DEFAULT: Final[Language] = "zh_CN"

# Threads started by the task runner see the process-wide choice; a report overrides it for itself.
_chosen: Language = DEFAULT
_here: ContextVar[Language | None] = ContextVar("language", default=None)


def use(language: Language) -> None:
    """Speak `language` from now on, in every thread."""
    global _chosen
    _chosen = language


def current() -> Language:
    """Return the language spoken here."""
    return _here.get() or _chosen


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak `language` inside the block only (a report in Chinese from an English window)."""
    token = _here.set(language)
    try:
        yield
    finally:
        _here.reset(token)


def mark(source: str) -> str:
    """Mark a constant for translation; `tr` it where it is shown."""
    return source


def tr(source: str, *, context: str = "", **values: object) -> str:
    """Return `source` in the current language with `{name}` places filled from `values`."""
    language = current()
    text = source
    if language != "en":
        words = catalogue(language)
        text = words.get(f"{context}|{source}" if context else source, source)
    return text.format(**values) if values else text


def tr_n(one: str, many: str, count: int, **values: object) -> str:
    """Like `tr` for a counted thing: `one` for exactly one, else `many`; both may use `{count}`.

    Chinese has one form: the catalogue translates `many`.
    """
    source = one if count == 1 and current() == "en" else many
    return tr(source).format(count=f"{count:,}", **values)


@cache
def catalogue(language: Language) -> dict[str, str]:
    """Return every translation of `language`, the subjects' files merged."""
    words: dict[str, str] = {}
    folder = files("resources") / "translations" / language
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".json"):
            words |= json.loads(file.read_text("utf-8"))
    return words
