"""The four states of anything we look at.  Unknown is never ok."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from gmops_desktop.language import mark, tr

State = Literal["ok", "warning", "critical", "unknown"]

STATES: Final[tuple[State, ...]] = ("ok", "warning", "critical", "unknown")
_WORDS: Final[dict[State, str]] = {
    "ok": mark("OK"),
    "warning": mark("Warning"),
    "critical": mark("Critical"),
    "unknown": mark("Unknown"),
}
_WORST_FIRST: Final[tuple[State, ...]] = ("critical", "warning", "unknown", "ok")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what it is, how it stands, and what to do where it does not stand well.

    `text` is the finding in one line, `detail` what folds out, `remedy` the next step.
    """

    name: str
    state: State
    text: str
    detail: str = ""
    remedy: str = ""


def word_of(state: State) -> str:
    """Return the word that always stands beside the state's shape."""
    return tr(_WORDS[state])


def worst(states: Iterable[State]) -> State:
    """Return the most pressing of `states`; nothing looked at is unknown."""
    seen = set(states)
    return next((state for state in _WORST_FIRST if state in seen), "unknown")
