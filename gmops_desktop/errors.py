"""Failures a user can act on.  Everything else that is raised is a bug of ours."""

from __future__ import annotations

from typing import Any


class OpsError(Exception):
    """The world refused: a finished sentence that says what failed, and what to try next.

    Both texts are already in the user's language; `unharmed` says what was not touched.
    """

    def __init__(self, message: str, *, hint: str = "", unharmed: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.unharmed = unharmed
        if hint:
            self.add_note(hint)  # for tracebacks: often it holds what the other side said

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes as it is: a kind of its own is made of other words."""
        return _as_it_was, (type(self), self.args, self.__dict__)


class ProofFailed(OpsError):
    """Something that should be the same is not: a digest, a chain, a signature (exit code 3)."""


class Cancelled(Exception):
    """The user asked to stop; unwinds a task and is never shown."""


def _as_it_was(kind: type[OpsError], args: tuple[Any, ...], facts: dict[str, Any]) -> OpsError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(facts)
    return error
