"""Failures a user can act on.  Everything else that is raised is a bug of ours."""

from __future__ import annotations


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


class ProofFailed(OpsError):
    """Something that should be the same is not: a digest, a chain, a signature (exit code 3)."""


class Cancelled(Exception):
    """The user asked to stop; unwinds a task and is never shown."""
