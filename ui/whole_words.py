"""The backup of everything in words, for the window and the terminal alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmops_desktop.language import tr

if TYPE_CHECKING:  # `gmops --help` reads this, and must not wait for the store
    from gmops_desktop.services.whole_backups import Outcome


def outcome_word(outcome: Outcome) -> str:
    """Return the word for how a part ended."""
    match outcome:
        case "whole":
            return tr("proved", context="whole backup")
        case "incomplete":
            return tr("proved, with omissions")
        case "unproved":
            return tr("not proved", context="whole backup")
        case "failed":
            return tr("failed", context="whole backup")
        case "cancelled":
            return tr("cancelled", context="whole backup")
