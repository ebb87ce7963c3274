"""A context that hides no step from those who watch it."""

from __future__ import annotations

from gmops_desktop.context import Context


class Everything(Context):
    """A context that reports each step, however quickly they come."""

    _INTERVAL = 0.0
