"""The four states of anything we look at.  Unknown is never ok."""

from __future__ import annotations

from collections.abc import Iterable
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


def word_of(state: State) -> str:
    """Return the word that always stands beside the state's shape."""
    return tr(_WORDS[state])


def worst(states: Iterable[State]) -> State:
    """Return the most pressing of `states`; nothing looked at is unknown."""
    seen = set(states)
    return next((state for state in _WORST_FIRST if state in seen), "unknown")
